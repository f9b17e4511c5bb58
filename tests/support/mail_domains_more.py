"""More of the matrix: addresses that must not be probed, certificates under each policy, rarer failures."""

from __future__ import annotations

from tests.support.authority import self_signed
from tests.support.dns_lab import LabZone
from tests.support.mail_lab import MailHost, MailLab, PolicySite, policy_text

MX = "@ IN MX 10 mx.good.test."
SPF = '@ IN TXT "v=spf1 mx -all"'
DMARC = '_dmarc IN TXT "v=DMARC1; p=reject; rua=mailto:d@{}"'


def forbidden_rows(lab: MailLab) -> list[dict[str, object]]:
    """MX hosts that lead into networks of our own."""
    inside = {
        "loopback.test": ("loopback", "mx IN A 127.0.0.1"),
        "metadata.test": ("the cloud's metadata address", "mx IN A 169.254.169.254"),
        "mapped.test": ("a private address in IPv6 dress", "mx IN AAAA ::ffff:10.0.0.1"),
        "nat64.test": ("loopback behind NAT64", "mx IN AAAA 64:ff9b::7f00:1"),
    }
    rows: list[dict[str, object]] = [
        {
            "name": name,
            "why": f"the MX host leads to {why}",
            "records": ["@ IN MX 10 mx", record, SPF, DMARC.format(name)],
            "says": {"mx.status": "forbidden-address"},
            "verdict": "fail",
            "found": frozenset({"target-forbidden"}),
            "never": frozenset({"starttls-missing", "mx-host-down"}),
        }
        for name, (why, record) in inside.items()
    ]
    rows.append(
        {
            "name": "mixed.test",
            "why": "a good address and a private one",
            "records": [
                "@ IN MX 10 mx",
                f"mx IN A {lab.address(25)}",
                "mx IN A 10.9.8.7",
                SPF,
                DMARC.format("mixed.test"),
            ],
            "says": {"mx.status": "ok"},
        }
    )
    return rows


def certificate_rows(lab: MailLab) -> list[dict[str, object]]:
    """The same self-signed certificate under each policy: nobody cares, a warning, mail that stays away."""
    lab.add_host(MailHost(name="mx.selfsigned.test", last=40, issued=self_signed("mx.selfsigned.test")))
    rows: list[dict[str, object]] = []
    for mode, verdict in (("enforce", "fail"), ("testing", "warn"), ("none", "pass")):
        name = f"cert{mode}.test"
        lab.add_site(PolicySite(domain=name, text=policy_text("mx.selfsigned.test", mode=mode)))
        rows.append(
            {
                "name": name,
                "why": f"a self-signed certificate under mode: {mode}",
                "records": [
                    "@ IN MX 10 mx.selfsigned.test.",
                    SPF,
                    DMARC.format(name),
                    '_mta-sts IN TXT "v=STSv1; id=1"',
                    f"mta-sts IN A {lab.web_address}",
                ],
                "says": {"mta_sts.status": "ok", "mta_sts.mode": mode},
                "verdict": verdict,
                "found": frozenset({"cert-self-signed"}),
            }
        )
    return rows


def dane_rows(lab: MailLab) -> list[dict[str, object]]:
    """TLSA without STARTTLS, and the other usage that mail servers do not know."""
    lab.add_host(MailHost(name="mx.tlsaclear.test", last=41, issued=None))
    lab.add_host(MailHost(name="mx.tlsazero.test", last=42, issued=lab.authority.issue("mx.tlsazero.test")))
    return [
        {
            "name": "tlsaclear.test",
            "why": "TLSA, but the host has no STARTTLS: nobody delivers",
            "records": [
                "@ IN MX 10 mx",
                f"mx IN A {lab.address(41)}",
                f"_25._tcp.mx IN TLSA 3 1 1 {'ab' * 32}",
                SPF,
                DMARC.format("tlsaclear.test"),
            ],
            "says": {"dane.status": "mismatch", "dane.reasons": {"mx.tlsaclear.test": "no-starttls"}},
            "verdict": "fail",
            "found": frozenset({"dane-mismatch", "starttls-missing"}),
        },
        {
            "name": "tlsazero.test",
            "why": "TLSA of usage 0: TLS without authentication, no failure",
            "records": [
                "@ IN MX 10 mx",
                f"mx IN A {lab.address(42)}",
                f"_25._tcp.mx IN TLSA 0 1 1 {'ab' * 32}",
                SPF,
                DMARC.format("tlsazero.test"),
            ],
            "says": {"dane.status": "unusable"},
            "found": frozenset({"dane-unusable"}),
            "never": frozenset({"dane-mismatch"}),
        },
    ]


def failure_rows(lab: MailLab) -> list[dict[str, object]]:
    """Single questions that fail: never the same as "there is none"."""
    lab.add_site(PolicySite(domain="twosts.test", text=policy_text("mx.good.test")))
    return [
        {
            "name": "spfmute.test",
            "why": "an include whose name server does not answer",
            "records": [MX, '@ IN TXT "v=spf1 include:spf.mute1.test -all"', DMARC.format("spfmute.test")],
            "says": {"spf.status": "timeout", "spf.all": "-all"},
            "never": frozenset({"spf-missing", "spf-invalid"}),
        },
        {
            "name": "dmarcfail.test",
            "why": "the DMARC question fails",
            "records": [MX, SPF],
            "says": {"dmarc.status": "servfail", "dmarc.policy": None},
            "never": frozenset({"dmarc-missing"}),
        },
        {
            "name": "stsfail.test",
            "why": "the MTA-STS question fails",
            "records": [MX, SPF, DMARC.format("stsfail.test")],
            "says": {"mta_sts.status": None, "mta_sts.reason": "servfail"},
            "never": frozenset({"mta-sts-missing", "mta-sts-invalid"}),
        },
        {
            "name": "twosts.test",
            "why": "two MTA-STS records count as none",
            "records": [
                MX,
                SPF,
                DMARC.format("twosts.test"),
                '_mta-sts IN TXT "v=STSv1; id=1"',
                '_mta-sts IN TXT "v=STSv1; id=2"',
                f"mta-sts IN A {lab.web_address}",
            ],
            "says": {"mta_sts.status": "invalid", "mta_sts.reason": "record-multiple"},
            "found": frozenset({"mta-sts-invalid"}),
        },
        {
            "name": "badrpt.test",
            "why": "a TLS reporting record without a place to report to",
            "records": [MX, SPF, DMARC.format("badrpt.test"), '_smtp._tls IN TXT "v=TLSRPTv1"'],
            "says": {"tls_rpt.status": "invalid"},
            "found": frozenset({"tls-rpt-invalid"}),
            "never": frozenset({"tls-rpt-missing"}),
        },
        {
            "name": "mxmute.test",
            "why": "the only MX host's own DNS does not answer",
            "records": ["@ IN MX 10 mx.mute2.test.", SPF, DMARC.format("mxmute.test")],
            "verdict": "unknown",
            "never": frozenset({"mx-unresolvable", "starttls-missing"}),
        },
        {
            "name": "noptr.test",
            "why": "an address without a reverse name",
            "records": ["@ IN MX 10 mx", f"mx IN A {lab.address(42)}", SPF, DMARC.format("noptr.test")],
            "found": frozenset({"ptr-missing"}),
        },
    ]


def more_zones(lab: MailLab) -> list[LabZone]:
    """Zones of the single questions that fail, and of hosts that several domains share."""
    return [
        LabZone(name="selfsigned.test", records=[f"mx IN A {lab.address(40)}"]),
        LabZone(name="_dmarc.dmarcfail.test", security="dead"),
        LabZone(name="_mta-sts.stsfail.test", security="dead"),
        # One each: after twelve seconds of silence Unbound says at once that a zone's server fails.
        LabZone(name="mute1.test", security="mute"),
        LabZone(name="mute2.test", security="mute"),
    ]
