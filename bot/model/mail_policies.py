"""What a domain publishes about its mail in the DNS: facts, not yet judged.

Three outcomes everywhere: published, not published, could not tell ("timeout", "refused" by our own
resolver, "servfail", "unknown").
Severities and advice are made from these by `bot/advice/rules_mail.py`; the contract's JSON by
`bot/cards/mail.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bot.model.value import field, frozen

MxStatus = Literal[
    "ok",
    "implicit",
    "null",
    "none",
    "nxdomain",
    "cname",
    "cname-loop",
    "target-nxdomain",
    "target-is-ip",
    "servfail",
    "timeout",
    "refused",
    "forbidden-address",
]
MxHostStatus = Literal[
    "ok",
    "nxdomain",
    "no-address",
    "cname",
    "cname-loop",
    "is-ip",
    "servfail",
    "timeout",
    "refused",
    "forbidden",
    "null",
]
SpfStatus = Literal["ok", "none", "multiple", "too-many-lookups", "invalid", "servfail", "timeout", "refused"]
DmarcStatus = Literal["ok", "none", "multiple", "invalid", "servfail", "timeout", "refused"]
DmarcPolicy = Literal["none", "quarantine", "reject"]
DkimStatus = Literal["ok", "none", "invalid", "unknown"]
DkimFault = Literal[
    "revoked", "syntax", "key-unreadable", "key-short", "key-weak", "sha1-only", "testing", "not-for-email"
]
MtaStsStatus = Literal[
    "ok",
    "none",
    "invalid",
    "mx-mismatch",
    "policy-missing",
    "policy-cert-invalid",
    "policy-redirect",
    "policy-too-large",
    "policy-timeout",
    "forbidden-address",
    "servfail",
    "timeout",
    "refused",
]
MtaStsMode = Literal["enforce", "testing", "none"]
TextStatus = Literal["ok", "none", "invalid", "servfail", "timeout", "refused"]
DaneStatus = Literal["ok", "none", "mismatch", "insecure", "unusable", "unknown"]
DaneReason = Literal[
    "",
    "dns-failed",  # SERVFAIL or bogus: senders with DANE keep the mail back (RFC 7672 section 2.1)
    "no-usable-record",  # only usages 0 and 1 or unknown parameters: TLS without authentication
    "timeout",
    "not-validated",  # no trusted validating resolver
    "not-probed",
    "no-starttls",
    "no-match",
    "wrong-name",  # DANE-TA matched, but the name or the dates do not hold
    "mx-insecure",
    "host-insecure",
]
Dnssec = Literal["secure", "insecure", "bogus", "unknown"]
PtrStatus = Literal["ok", "missing", "mismatch", "servfail", "timeout", "refused"]


@frozen(kw_only=True)
class MxHost:
    """One host that takes mail for the domain.

    Attributes:
        preference: None for the implicit one.
        canonical: Where the name leads after aliases.
        addresses: May be probed.
        refused: (address, why) that must not be.
        secure: DNSSEC of its addresses; None when it could not be told.
    """

    name: str
    preference: int | None
    status: MxHostStatus
    canonical: str = ""
    addresses: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    secure: bool | None = None


@frozen(kw_only=True)
class MxFacts:
    """The hosts that take mail (RFC 5321 section 5.1), by preference.

    Attributes:
        status: What is wrong with one of them, worst first; "ok" when nothing is.
        bogus: The failure is a DNSSEC signature that does not hold.
        total: How many MX records there are, when not all were looked at.
        secure: DNSSEC of the MX records.
    """

    status: MxStatus
    hosts: tuple[MxHost, ...] = ()
    bogus: bool = False
    total: int = 0
    secure: bool | None = None
    detail: str = ""


@frozen(kw_only=True)
class SpfFacts:
    """The SPF policy, seen as a whole and not for one sender (RFC 7208).

    Attributes:
        records: Every SPF record found; the policy when there is exactly one.
        lookups: Terms that cost a lookup, includes and redirects followed; None when an include
            could not be read.
        void_lookups: Names in it that lead nowhere.
        all: What the record ends with, through its redirect.
        problem: What breaks it, as a word; `term`, `position` and `at` say where.
        permissive: Terms that let everybody, or nearly everybody, send.
        notes: Deprecated or doubtful things, as words.
    """

    status: SpfStatus
    records: tuple[str, ...] = ()
    lookups: int | None = None
    void_lookups: int = 0
    all: str | None = None
    problem: str = ""
    term: str = ""
    position: int = 0
    at: str = ""
    permissive: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def record(self) -> str | None:
        """The first record; the only one in a domain that is in order."""
        return self.records[0] if self.records else None


@frozen(kw_only=True)
class DmarcFacts:
    """The DMARC policy that holds for the domain (RFC 7489).

    Attributes:
        policy: In force: an inherited record's `sp` when it has one.
        found_at: The domain whose record it is.
        rua: Where aggregate reports go.
        unauthorised: Other domains that shall get reports and have not agreed to (section 7.1).
        problem: What breaks it, as a word; `tag` says where.
        notes: Doubtful things, as words.
    """

    status: DmarcStatus
    policy: DmarcPolicy | None = None
    records: tuple[str, ...] = ()
    found_at: str = ""
    percent: int = 100
    rua: tuple[str, ...] = ()
    unauthorised: tuple[str, ...] = ()
    problem: str = ""
    tag: str = ""
    notes: tuple[str, ...] = ()

    @property
    def record(self) -> str | None:
        """The first record."""
        return self.records[0] if self.records else None


@frozen(kw_only=True)
class DkimKey:
    """One published key.

    Attributes:
        kind: Such as "RSA 2048" or "Ed25519"; empty when unreadable or revoked.
        faults: What is wrong or doubtful; revoked keys, unreadable ones and short ones cannot be used.
    """

    selector: str
    kind: str = ""
    faults: tuple[DkimFault, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether a signature by it can be verified (RFC 8301)."""
        return not {"revoked", "syntax", "key-unreadable", "key-short", "sha1-only"} & set(self.faults)


@frozen(kw_only=True)
class DkimFacts:
    """Keys found under selectors that are in common use or were given.

    A domain's selectors cannot be listed: when none of them answers that is "unknown", except where
    the DNS says that nothing at all stands beneath `_domainkey`.
    """

    status: DkimStatus
    keys: tuple[DkimKey, ...] = ()
    asked: int = 0


@frozen(kw_only=True)
class MtaStsFacts:
    """MTA-STS: whether senders may insist on TLS with a valid certificate (RFC 8461).

    Attributes:
        mx: Patterns of the policy.
        unmatched: MX hosts that no pattern covers.
        problem: What is wrong, as a word; `detail` has the raw words.
    """

    status: MtaStsStatus
    record: str | None = None
    id: str | None = None
    mode: MtaStsMode | None = None
    mx: tuple[str, ...] = ()
    max_age_s: int | None = None
    unmatched: tuple[str, ...] = ()
    problem: str = ""
    detail: str = ""


@frozen(kw_only=True)
class TlsRptFacts:
    """TLS reporting: where senders tell of failures (RFC 8460)."""

    status: TextStatus
    record: str | None = None
    rua: tuple[str, ...] = ()
    problem: str = ""


@frozen(kw_only=True)
class Tlsa:
    """One TLSA record (RFC 6698 section 2.1); `data` is lower-case hex."""

    usage: int
    selector: int
    matching: int
    data: str

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data}"


@frozen(kw_only=True)
class DaneHost:
    """What TLSA records say of one MX host, and whether its certificates agree.

    Attributes:
        base: The name under which the records stand (RFC 7672 section 2.2.2).
        expected: The record that would match what the host shows now, for mending.
        usages: Certificate usages of the records that count.
    """

    status: DaneStatus
    reason: DaneReason = ""
    base: str = ""
    records: tuple[Tlsa, ...] = ()
    expected: str = ""
    mismatching: tuple[str, ...] = ()

    @property
    def usages(self) -> frozenset[int]:
        """Usages that SMTP knows: 2 (DANE-TA) and 3 (DANE-EE)."""
        return frozenset(record.usage for record in self.records if record.usage in (2, 3))


@frozen(kw_only=True)
class DaneFacts:
    """DANE of all MX hosts; `status` is the worst."""

    status: DaneStatus
    hosts: Mapping[str, DaneHost] = field(default_factory=dict)


@frozen(kw_only=True)
class PtrFacts:
    """The name that an address has, and whether that name leads back to it."""

    address: str
    host: str
    status: PtrStatus
    names: tuple[str, ...] = ()


@frozen(kw_only=True)
class BimiFacts:
    """A logo for mail programs (BIMI, draft-brand-indicators): information only."""

    status: TextStatus
    logo: str | None = None
    certificate: str | None = None


@frozen(kw_only=True)
class CaaFacts:
    """Who may issue certificates for the domain (RFC 8659): information only."""

    status: Literal["ok", "none", "servfail", "timeout", "refused"]
    found_at: str = ""
    issuers: tuple[str, ...] = ()


@frozen(kw_only=True)
class MailPolicies:
    """Everything that a domain's DNS says about its mail."""

    domain: str
    mx: MxFacts
    spf: SpfFacts
    dmarc: DmarcFacts
    dkim: DkimFacts
    mta_sts: MtaStsFacts
    tls_rpt: TlsRptFacts
    dane: DaneFacts
    dnssec: Dnssec
    ptr: tuple[PtrFacts, ...]
    bimi: BimiFacts
    caa: CaaFacts
    duration_ms: float = 0.0
