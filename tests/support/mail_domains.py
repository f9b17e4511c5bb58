"""The matrix of domains: one for each state of DNS and policies, with what a check has to say of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.authority import Issued
from tests.support.dns_lab import LabZone, Security
from tests.support.mail_domains_more import (
    certificate_rows,
    dane_rows,
    failure_rows,
    forbidden_rows,
    more_zones,
)
from tests.support.mail_lab import MailHost, MailLab, PolicySite, policy_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One domain.

    Attributes:
        why: What it is about, as a sentence.
        says: Paths into `mail` ("spf.status") and what stands there.
        verdict: Of the whole check; None where it is not the point.
        found: Findings that must be there.
        never: Findings that must not.
    """

    name: str
    why: str
    records: Sequence[str] = ()
    security: Security = "secure"
    says: Mapping[str, object] = field(default_factory=dict)
    verdict: str | None = None
    found: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()


def spki_sha256(issued: Issued) -> str:
    """Data of a `3 1 1` record."""
    key = issued.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()


def dkim_record(bits: int) -> str:
    """A DKIM key record, in strings of 200 characters."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    text = base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    full = f"v=DKIM1; k=rsa; p={text}"
    return " ".join(f'"{full[start : start + 200]}"' for start in range(0, len(full), 200))


MX = "@ IN MX 10 mx.good.test."
SPF = '@ IN TXT "v=spf1 mx -all"'
DMARC = '_dmarc IN TXT "v=DMARC1; p=reject; rua=mailto:d@{}"'
NO_FALSE_ABSENCE = frozenset({"starttls-missing", "spf-missing", "dmarc-missing", "mta-sts-missing", "no-mx"})


def build_domains(lab: MailLab) -> tuple[tuple[Case, ...], tuple[LabZone, ...]]:
    """Fill the lab; gives the cases and their zones."""
    good = lab.add_host(MailHost(name="mx.good.test", last=25, issued=lab.authority.issue("mx.good.test")))
    plain = lab.add_host(MailHost(name="mx.plain.test", last=26, issued=lab.authority.issue("mx.plain.test")))
    lab.add_host(MailHost(name="mx.clear.test", last=27, issued=None))
    cases = (
        *_whole_domains(lab, good, plain),
        *_mx_cases(lab),
        *_spf_cases(),
        *_dmarc_cases(),
        *_dkim_cases(),
        *_mta_sts_cases(lab),
        *_dane_cases(lab, good),
        *(
            Case(**row)  # type: ignore[arg-type]  # rows have the fields of a case
            for rows in (forbidden_rows, certificate_rows, dane_rows, failure_rows)
            for row in rows(lab)
        ),
    )
    zones = [
        LabZone(name=case.name, records=case.records, security=case.security)
        for case in cases
        if case.records
    ]
    zones += [
        LabZone(name=case.name, security=case.security) for case in cases if case.security in ("dead", "mute")
    ]
    zones.append(LabZone(name="_tcp.mx.tlsafail.test", security="dead"))
    zones += more_zones(lab)
    zones.append(
        LabZone(
            name=lab.reverse_zone,
            records=["25 IN PTR mx.good.test.", "26 IN PTR other.good.test."],
            security="insecure",
        )
    )
    return cases, tuple(zones)


def _whole_domains(lab: MailLab, good: MailHost, plain: MailHost) -> tuple[Case, ...]:
    assert good.issued is not None
    assert plain.issued is not None
    lab.add_site(PolicySite(domain="good.test", text=policy_text("mx.good.test")))
    return (
        Case(
            name="good.test",
            why="everything in order",
            records=[
                "@ IN MX 10 mx",
                f"mx IN A {lab.address(good.last)}",
                SPF,
                DMARC.format("good.test").replace("p=reject", "p=reject; sp=quarantine"),
                f"selector1._domainkey IN TXT {dkim_record(2048)}",
                '_mta-sts IN TXT "v=STSv1; id=20261124"',
                f"mta-sts IN A {lab.web_address}",
                '_smtp._tls IN TXT "v=TLSRPTv1; rua=mailto:tls@good.test"',
                f"_25._tcp.mx IN TLSA 3 1 1 {spki_sha256(good.issued)}",
                '@ IN CAA 0 issue "letsencrypt.org"',
                'default._bimi IN TXT "v=BIMI1; l=https://good.test/logo.svg"',
            ],
            says={
                "mx.status": "ok",
                "spf.status": "ok",
                "spf.all": "-all",
                "spf.lookups": 1,
                "dmarc.status": "ok",
                "dmarc.policy": "reject",
                "dkim.status": "ok",
                "mta_sts.status": "ok",
                "mta_sts.mode": "enforce",
                "tls_rpt.status": "ok",
                "dane.status": "ok",
                "dnssec": "secure",
                "caa.status": "ok",
                "bimi.status": "ok",
            },
            verdict="pass",
            never=NO_FALSE_ABSENCE,
        ),
        Case(
            name="plain.test",
            why="no DNSSEC and hardly any policy",
            records=[
                "@ IN MX 10 mx",
                f"mx IN A {lab.address(plain.last)}",
                f"_25._tcp.mx IN TLSA 3 1 1 {'00' * 32}",
            ],
            security="insecure",
            says={
                "spf.status": "none",
                "dmarc.status": "none",
                "mta_sts.status": "none",
                "tls_rpt.status": "none",
                "dane.status": "insecure",
                "dnssec": "insecure",
            },
            verdict="warn",
            found=frozenset(
                {"spf-missing", "dmarc-missing", "mta-sts-missing", "dane-insecure", "ptr-mismatch"}
            ),
        ),
        Case(
            name="clear.test",
            why="a mail host without STARTTLS",
            records=["@ IN MX 10 mx", f"mx IN A {lab.address(27)}", SPF, DMARC.format("clear.test")],
            says={"mx.status": "ok", "dane.status": "none"},
            verdict="warn",
            found=frozenset({"starttls-missing", "ptr-missing"}),
        ),
    )


def _mx_cases(lab: MailLab) -> tuple[Case, ...]:
    address = lab.address(25)
    return (
        Case(
            name="null.test",
            why="null MX",
            records=["@ IN MX 0 .", '@ IN TXT "v=spf1 -all"', DMARC.format("null.test")],
            says={"mx.status": "null", "mx.hosts": []},
            verdict="pass",
            found=frozenset({"null-mx"}),
            never=frozenset({"mta-sts-missing", "tls-rpt-missing"}),
        ),
        Case(
            name="implicit.test",
            why="no MX, but an address",
            records=[f"@ IN A {address}", SPF, DMARC.format("implicit.test")],
            says={"mx.status": "implicit"},
            verdict="pass",
            found=frozenset({"no-mx"}),
        ),
        Case(
            name="nomx.test",
            why="neither MX nor address",
            records=[SPF],
            says={"mx.status": "none"},
            verdict="fail",
            found=frozenset({"no-mx"}),
        ),
        Case(
            name="absent.test",
            why="the domain does not exist",
            says={"mx.status": "nxdomain", "spf.status": "none"},
            verdict="fail",
            found=frozenset({"name-not-found"}),
            never=frozenset({"spf-missing", "dmarc-missing"}),
        ),
        Case(
            name="alias.test",
            why="the MX host is an alias",
            records=["@ IN MX 10 alias", "alias IN CNAME mx.good.test.", SPF, DMARC.format("alias.test")],
            says={"mx.status": "cname"},
            found=frozenset({"mx-cname"}),
        ),
        Case(
            name="loop.test",
            why="the MX host's aliases go in circles",
            records=["@ IN MX 10 a", "a IN CNAME b", "b IN CNAME a", SPF],
            says={"mx.status": "cname-loop"},
            verdict="fail",
            found=frozenset({"cname-loop"}),
        ),
        Case(
            name="lost.test",
            why="the MX host does not exist",
            records=["@ IN MX 10 nowhere", SPF],
            says={"mx.status": "target-nxdomain"},
            verdict="fail",
            found=frozenset({"mx-unresolvable"}),
        ),
        Case(
            name="isip.test",
            why="an address instead of a name",
            records=["@ IN MX 10 192.0.2.1.", SPF],
            says={"mx.status": "target-is-ip"},
            verdict="fail",
            found=frozenset({"mx-is-ip"}),
        ),
        Case(
            name="dead.test",
            why="the name server fails",
            security="dead",
            says={"mx.status": "servfail", "spf.status": "servfail", "dmarc.status": "servfail"},
            verdict="fail",
            found=frozenset({"dns-servfail"}),
            never=NO_FALSE_ABSENCE,
        ),
        Case(
            name="mute.test",
            why="the name server does not answer",
            security="mute",
            says={
                "mx.status": "timeout",
                "spf.status": "timeout",
                "dmarc.status": "timeout",
                "mta_sts.status": None,
            },
            verdict="unknown",
            found=frozenset({"dns-timeout"}),
            never=NO_FALSE_ABSENCE,
        ),
        Case(
            name="bogus.test",
            why="the signatures do not hold",
            records=[MX, SPF],
            security="bogus",
            says={"mx.status": "servfail", "dnssec": "bogus", "spf.status": "servfail"},
            verdict="fail",
            found=frozenset({"dnssec-bogus"}),
            never=NO_FALSE_ABSENCE,
        ),
        Case(
            name="private.test",
            why="the MX host has a private address",
            records=["@ IN MX 10 mx", "mx IN A 10.1.2.3", SPF],
            says={"mx.status": "forbidden-address"},
            verdict="fail",
            found=frozenset({"target-forbidden"}),
        ),
        Case(
            name="half.test",
            why="one MX host works, the other does not exist",
            records=[MX, "@ IN MX 20 nowhere", SPF, DMARC.format("half.test")],
            says={"mx.status": "target-nxdomain"},
            verdict="warn",
            found=frozenset({"mx-unresolvable"}),
        ),
        Case(
            name="dropped.test",
            why="two MX hosts with three addresses each, and none of them answers",
            records=[
                "@ IN MX 10 mx1",
                "@ IN MX 20 mx2",
                *(f"mx{1 + number % 2} IN A {lab.drop(60 + number)}" for number in range(6)),
                SPF,
                DMARC.format("dropped.test"),
            ],
            says={"mx.status": "ok", "spf.status": "ok", "dane.status": "none"},
            verdict="unknown",
            found=frozenset({"mx-host-down"}),
            never=NO_FALSE_ABSENCE - {"mta-sts-missing"},
        ),
        Case(
            name="closed.test",
            why="nothing listens on the only MX host",
            records=["@ IN MX 10 mx", f"mx IN A {lab.address(99)}", SPF, DMARC.format("closed.test")],
            says={"mx.status": "ok"},
            verdict="fail",
            found=frozenset({"mx-host-down"}),
            never=frozenset({"starttls-missing"}),
        ),
    )


def _spf(name: str, record: str, **kind: object) -> Case:
    return Case(name=name, records=[MX, f'@ IN TXT "{record}"', DMARC.format(name)], **kind)  # type: ignore[arg-type]


def _spf_cases() -> tuple[Case, ...]:
    eleven = " ".join(f"include:i{number}.many.test" for number in range(11))
    return (
        Case(
            name="twospf.test",
            why="two SPF records",
            records=[MX, SPF, '@ IN TXT "v=spf1 ip4:192.0.2.1 ~all"'],
            says={"spf.status": "multiple"},
            found=frozenset({"spf-multiple"}),
        ),
        Case(
            name="many.test",
            why="eleven includes",
            records=[
                MX,
                f'@ IN TXT "v=spf1 {eleven} -all"',
                *(f'i{number} IN TXT "v=spf1 ip4:192.0.2.{number} -all"' for number in range(11)),
            ],
            says={"spf.status": "too-many-lookups", "spf.lookups": 11, "spf.all": "-all"},
            found=frozenset({"spf-too-many-lookups"}),
        ),
        _spf(
            "badspf.test",
            "v=spf1 ip4:1.2.3 -all",
            why="an impossible address in SPF",
            says={"spf.status": "invalid", "spf.position": 8, "spf.term": "ip4:1.2.3"},
            found=frozenset({"spf-invalid"}),
        ),
        _spf(
            "emptyinclude.test",
            "v=spf1 include:null2.test -all",
            why="an include that leads nowhere",
            says={"spf.status": "invalid", "spf.problem": "include-none"},
            found=frozenset({"spf-invalid"}),
        ),
        _spf(
            "deadinclude.test",
            "v=spf1 include:dead.test -all",
            why="an include whose DNS fails: not absent",
            says={"spf.status": "servfail", "spf.all": "-all", "spf.lookups": None},
            never=frozenset({"spf-missing", "spf-invalid"}),
        ),
        _spf(
            "void.test",
            "v=spf1 a:x1.void.test a:x2.void.test a:x3.void.test -all",
            why="three names that lead nowhere",
            says={"spf.status": "too-many-lookups", "spf.void_lookups": 3},
            found=frozenset({"spf-invalid"}),
        ),
        _spf(
            "open.test",
            "v=spf1 +all",
            why="everybody may send",
            says={"spf.status": "ok", "spf.all": "+all"},
            found=frozenset({"spf-permissive"}),
        ),
        _spf(
            "redirect.test",
            "v=spf1 redirect=good.test",
            why="redirected to a good record",
            says={"spf.status": "ok", "spf.all": "-all", "spf.lookups": 2},
            never=frozenset({"spf-permissive"}),
        ),
    )


def _dmarc_cases() -> tuple[Case, ...]:
    return (
        Case(
            name="sub.good.test",
            why="DMARC inherited from the organisational domain",
            says={"dmarc.status": "ok", "dmarc.policy": "quarantine", "dmarc.found_at": "good.test"},
        ),
        Case(
            name="twodmarc.test",
            why="two DMARC records",
            records=[MX, SPF, DMARC.format("a.test"), '_dmarc IN TXT "v=DMARC1; p=none"'],
            says={"dmarc.status": "multiple", "dmarc.policy": None},
            found=frozenset({"dmarc-invalid"}),
        ),
        Case(
            name="baddmarc.test",
            why="a policy that does not exist",
            records=[MX, SPF, '_dmarc IN TXT "v=DMARC1; p=block"'],
            says={"dmarc.status": "invalid", "dmarc.policy": None},
            found=frozenset({"dmarc-invalid"}),
        ),
        Case(
            name="watching.test",
            why="DMARC that only watches",
            records=[MX, SPF, '_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:d@watching.test"'],
            says={"dmarc.status": "ok", "dmarc.policy": "none"},
            found=frozenset({"dmarc-none"}),
        ),
    )


def _dkim_cases() -> tuple[Case, ...]:
    return (
        Case(
            name="revoked.test",
            why="the only DKIM key is revoked",
            records=[MX, SPF, 'default._domainkey IN TXT "v=DKIM1; p="'],
            says={"dkim.status": "invalid"},
        ),
        Case(
            name="shortkey.test",
            why="a DKIM key of 1024 bits",
            records=[MX, SPF, f"default._domainkey IN TXT {dkim_record(1024)}"],
            says={"dkim.status": "ok"},
            found=frozenset({"dkim-weak"}),
        ),
        Case(
            name="ownkey.test",
            why="a DKIM key under a selector nobody knows",
            records=[MX, SPF, f"x7f3._domainkey IN TXT {dkim_record(2048)}"],
            says={"dkim.status": "unknown"},
        ),
        Case(
            name="nokey.test",
            why="nothing beneath _domainkey",
            records=[MX, SPF],
            says={"dkim.status": "none"},
        ),
    )


def _mta_sts_cases(lab: MailLab) -> tuple[Case, ...]:
    def case(
        site: PolicySite, why: str, status: str, address: str | None = lab.web_address, **more: object
    ) -> Case:
        lab.add_site(site)
        records = [MX, SPF, DMARC.format(site.domain), '_mta-sts IN TXT "v=STSv1; id=1"']
        records += [f"mta-sts IN A {address}"] if address else []
        says = {"mta_sts.status": status, **more}
        found = frozenset({"mta-sts-mx-mismatch" if status == "mx-mismatch" else "mta-sts-invalid"})
        return Case(
            name=site.domain,
            why=why,
            records=records,
            says=says,
            found=found if status != "ok" else frozenset(),
        )

    text = policy_text("mx.good.test")
    return (
        case(PolicySite(domain="sts404.test", page="missing"), "no policy (404)", "policy-missing"),
        case(PolicySite(domain="stsnohost.test"), "no host for the policy", "policy-missing", None),
        case(
            PolicySite(domain="stsredirect.test", page="redirect"), "the policy redirects", "policy-redirect"
        ),
        case(
            PolicySite(domain="stscert.test", text=text, trusted=False),
            "a certificate that is not valid",
            "policy-cert-invalid",
        ),
        case(PolicySite(domain="stshuge.test", page="huge"), "a policy of 300 kB", "policy-too-large"),
        case(PolicySite(domain="stsslow.test", page="slow"), "a policy that dribbles", "policy-timeout"),
        case(PolicySite(domain="stsprivate.test"), "a private address", "forbidden-address", "10.1.2.3"),
        case(
            PolicySite(domain="stsmeta.test"),
            "the cloud's metadata address",
            "forbidden-address",
            "169.254.169.254",
        ),
        case(PolicySite(domain="stshtml.test", page="html", text=text), "a policy sent as HTML", "invalid"),
        case(PolicySite(domain="stsjunk.test", page="nonsense"), "no policy but junk", "invalid"),
        case(
            PolicySite(domain="stsother.test", text=policy_text("mx.other.test")),
            "a policy for another host",
            "mx-mismatch",
            **{"mta_sts.mode": "enforce"},
        ),
        case(
            PolicySite(domain="stswild.test", text=policy_text("*.good.test", mode="testing")),
            "a wildcard that covers the host",
            "ok",
            **{"mta_sts.mode": "testing"},
        ),
    )


def _dane_cases(lab: MailLab, good: MailHost) -> tuple[Case, ...]:
    root = lab.authority.issued
    cases: list[Case] = []
    for name, why, tlsa, status, found in (
        ("tlsaold.test", "TLSA of an old key", f"3 1 1 {'ab' * 32}", "mismatch", {"dane-mismatch"}),
        (
            "tlsaca.test",
            "usages that mail servers do not know",
            f"1 1 1 {'ab' * 32}",
            "unusable",
            {"dane-unusable"},
        ),
        (
            "tlsata.test",
            "the authority's certificate in full",
            f"2 0 0 {root.der_chain[0].hex()}",
            "ok",
            set(),
        ),
    ):
        certificate = lab.authority.issue(f"mx.{name}")
        last = 30 + len(cases)
        lab.add_host(MailHost(name=f"mx.{name}", last=last, issued=certificate))
        records = ["@ IN MX 10 mx", f"mx IN A {lab.address(last)}", SPF, f"_25._tcp.mx IN TLSA {tlsa}"]
        cases.append(
            Case(name=name, why=why, records=records, says={"dane.status": status}, found=frozenset(found))
        )
    cases.append(
        Case(
            name="tlsafail.test",
            why="the TLSA question fails: not the same as no TLSA",
            records=["@ IN MX 10 mx", f"mx IN A {lab.address(good.last)}", SPF],
            says={"dane.status": "unusable"},
            found=frozenset({"dane-unusable"}),
        )
    )
    return tuple(cases)
