"""Rules as tables: what a probe saw -> which findings, how bad."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.advice.findings import advise
from bot.advice.rules import findings_of
from bot.advice.situation import PolicyInForce, Situation
from bot.model.certificate import CertificateFault
from bot.model.outcome import EndpointOutcome, Sign
from bot.model.verdict import Finding
from tests.support.outcomes import V4, V6, bare, certificate, closed, good, plain


def ids(
    outcomes: list[EndpointOutcome], asked: set[int] | None = None, policy: PolicyInForce = "none"
) -> list[str]:
    """`id:severity`, sorted; every sentence of every finding must have all it needs."""
    found = findings_of(outcomes, Situation(policy=policy, asked=frozenset(asked or ())))
    _all_filled(found)
    return sorted(f"{finding.id}:{finding.severity}" for finding in found)


def _all_filled(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        for language in ("en", "es"):
            advice = advise(finding, language)
            text = "".join(span.text for part in (advice.title, advice.detail, advice.fix) for span in part)
            assert "{" not in text.replace("${if def:tls_cipher {*}}", ""), (finding.id, text)


@pytest.mark.parametrize("port", [25, 465, 587, 2525, 143, 993, 110, 995, 4190])
def test_a_good_server_has_no_findings(port: int) -> None:
    assert ids([good(port), good(port, V6)]) == []


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param(plain(25), ["starttls-missing:warning"], id="port 25 without STARTTLS is a warning"),
        pytest.param(
            plain(587), ["no-encryption:critical", "starttls-missing:critical"], id="submission must encrypt"
        ),
        pytest.param(
            plain(587, signs=["hello-limited"]),
            ["hello-refused:warning"],
            id="a 421 in mid-dialogue is never a no",
        ),
        pytest.param(
            bare(25, signs=["greeting-rejected"]), ["greeting-rejected:warning"], id="554 is about us"
        ),
        pytest.param(bare(25, signs=["timed-out"]), ["server-stalls:warning"], id="a time-out is never a no"),
        pytest.param(bare(25, signs=["deadline"]), ["server-stalls:warning"], id="nor is our deadline"),
        pytest.param(bare(25, signs=["silent"]), ["silent-server:warning"], id="a silent server"),
        pytest.param(bare(25, signs=["tarpit", "timed-out"]), ["tarpit:warning"], id="a tarpit"),
        pytest.param(bare(25, signs=["reset-before-greeting"]), ["closed-early:warning"], id="reset"),
        pytest.param(bare(25, signs=["closed-before-greeting"]), ["closed-early:warning"], id="hung up"),
        pytest.param(bare(25, signs=["hello-refused"]), ["hello-refused:warning"], id="EHLO refused"),
        pytest.param(bare(25, signs=["greeting-not-mail"]), ["protocol-error:critical"], id="HTTP on 25"),
        pytest.param(
            bare(25, signs=["greeting-not-mail", "protocol-error"]),
            ["protocol-error:critical"],
            id="told once",
        ),
        pytest.param(bare(25, signs=["reply-hostile"]), ["reply-hostile:critical"], id="endless reply"),
        pytest.param(
            good(25, signs=["greeting-hostile"]), ["greeting-hostile:warning"], id="hostile greeting"
        ),
        pytest.param(good(25, signs=["bare-lf"]), ["bare-lf:info"], id="bare LF is forgiven and noted"),
        pytest.param(
            bare(465, tls="starttls", signs=["mode-swapped"]),
            ["tls-mode-mismatch:critical"],
            id="465 in clear",
        ),
        pytest.param(
            good(587, tls="implicit", signs=["mode-swapped"]), ["tls-mode-mismatch:critical"], id="587 as 465"
        ),
        pytest.param(
            bare(465, tls="none", signs=["mode-swapped"]),
            ["tls-mode-mismatch:critical"],
            id="465 with no TLS at all",
        ),
        pytest.param(
            bare(25, tls="broken", signs=["starttls-refused"], detail="500 no"),
            ["starttls-broken:critical"],
            id="offered and then refused",
        ),
        pytest.param(
            bare(25, signs=["starttls-temporary"], detail="454 later"),
            ["starttls-temporary:warning"],
            id="454",
        ),
        pytest.param(
            bare(25, tls="broken", signs=["starttls-injection"]),
            ["starttls-injection:critical"],
            id="injection",
        ),
        pytest.param(
            plain(25, signs=["starttls-stripped"]), ["starttls-stripped:critical"], id="overwritten with X"
        ),
        pytest.param(
            bare(465, tls="broken", signs=["handshake-failed"], phases_ms={"connect": 1.0}),
            ["tls-handshake-failed:critical"],
            id="implicit handshake broken",
        ),
        pytest.param(
            bare(587, tls="broken", signs=["handshake-failed"]),
            ["starttls-broken:critical"],
            id="after STARTTLS",
        ),
        pytest.param(
            bare(465, tls="broken", signs=["handshake-failed", "tls-old-only"], tls_version="TLSv1.1"),
            ["tls-version-old:critical"],
            id="old TLS only is named as such, once",
        ),
        pytest.param(
            good(25, tls_version="TLSv1"), ["tls-version-old:warning"], id="old TLS on 25 is a warning"
        ),
        pytest.param(good(993, tls_version="TLSv1.1"), ["tls-version-old:critical"], id="old TLS on 993"),
        pytest.param(good(587, auth_before=("PLAIN",)), ["auth-before-tls:warning"], id="AUTH before TLS"),
        pytest.param(good(587, auth_before=("SCRAM-SHA-256",)), [], id="SCRAM gives no password away"),
        pytest.param(
            plain(143, auth_before=("LOGIN",)),
            ["auth-before-tls:critical", "no-encryption:critical", "starttls-missing:critical"],
            id="passwords in clear and no TLS",
        ),
        pytest.param(
            plain(143, signs=["preauth"]), ["imap-preauth:critical", "no-encryption:critical"], id="PREAUTH"
        ),
        pytest.param(
            good(25, signs=["greeting-delayed"], phases_ms={"greeting": 14_000.0}),
            ["greeting-delayed:info"],
            id="a greet delay on 25 is normal",
        ),
        pytest.param(
            good(587, signs=["greeting-delayed"], phases_ms={"greeting": 14_000.0}),
            ["greeting-delayed:warning"],
            id="where people send it costs them time",
        ),
    ],
)
def test_one_endpoint(outcome: EndpointOutcome, expected: list[str]) -> None:
    assert ids([outcome]) == expected


@pytest.mark.parametrize(
    ("port", "policy", "severity"),
    [
        pytest.param(25, "none", "info", id="nobody checks it without a policy"),
        pytest.param(25, "testing", "warning", id="MTA-STS testing"),
        pytest.param(25, "enforce", "critical", id="MTA-STS enforce"),
        pytest.param(25, "dane-ta", "critical", id="DANE-TA checks name and chain"),
        pytest.param(25, "dane-ee", "info", id="DANE-EE: only the key counts"),
        pytest.param(465, "none", "critical", id="programs refuse it on 465"),
        pytest.param(587, "none", "critical", id="and on 587"),
        pytest.param(993, "none", "critical", id="and on 993"),
        pytest.param(143, "dane-ee", "critical", id="DANE of the MX says nothing about IMAP"),
    ],
)
@pytest.mark.parametrize("fault", ["expired", "not-yet-valid", "self-signed", "wrong-host", "untrusted"])
def test_a_bad_certificate(port: int, policy: PolicyInForce, severity: str, fault: CertificateFault) -> None:
    (found,) = ids([good(port, certificate=certificate(fault))], policy=policy)
    assert found.endswith(f":{severity}")


@pytest.mark.parametrize("fault", ["expiring", "key-weak"])
@pytest.mark.parametrize(("port", "severity"), [(25, "info"), (465, "warning"), (993, "warning")])
def test_a_mild_fault_never_breaks(fault: CertificateFault, port: int, severity: str) -> None:
    (found,) = ids([good(port, certificate=certificate(fault, days=5))])
    assert found.endswith(f":{severity}")


def test_every_fault_is_named() -> None:
    faults = get_args(CertificateFault)
    found = ids([good(465, certificate=certificate(*faults, days=-3))])
    assert len(found) == len(faults)


@pytest.mark.parametrize("policy", ["enforce", "dane-ee", "dane-ta"])
def test_no_starttls_under_a_binding_policy_is_critical(policy: PolicyInForce) -> None:
    assert ids([plain(25)], policy=policy) == ["starttls-missing:critical"]


@pytest.mark.parametrize(
    ("outcomes", "asked", "expected"),
    [
        pytest.param([good(25), closed(110)], set(), [], id="a closed port nobody asked for is a fact"),
        pytest.param([closed(25)], {25}, ["port-refused:critical"], id="an asked port refused"),
        pytest.param(
            [closed(25, state="filtered")],
            {25},
            ["port-filtered:warning"],
            id="an asked port dropped is no no",
        ),
        pytest.param(
            [good(25), closed(25, "192.0.2.26")],
            {25},
            ["port-refused:warning"],
            id="refused on one of two addresses",
        ),
        pytest.param([good(25), closed(25, V6)], {25}, ["ipv6-broken:warning"], id="v6 refused, v4 works"),
        pytest.param(
            [good(25), closed(25, V6, "filtered")], set(), ["ipv6-broken:warning"], id="v6 dropped, v4 works"
        ),
        pytest.param(
            [good(25), closed(25, V6, "unreachable", signs=["no-route-here"])],
            {25},
            [],
            id="no v6 here is not the server's fault",
        ),
        pytest.param(
            [closed(25), closed(465)],
            set(),
            ["port-refused:critical"],
            id="everything refused: no mail service",
        ),
        pytest.param(
            [closed(25, state="filtered"), closed(465, state="filtered")],
            set(),
            ["host-unreachable:warning"],
            id="everything dropped: could not tell",
        ),
        pytest.param(
            [closed(25, state="filtered"), closed(465)],
            set(),
            ["host-unreachable:warning"],
            id="25 dropped beside refusals: 25 may be the one that counts",
        ),
        pytest.param(
            [closed(25, state="filtered"), good(587)],
            set(),
            ["port-filtered:warning"],
            id="only 25 is dropped",
        ),
        pytest.param(
            [closed(25, state="filtered"), good(993)],
            set(),
            ["port-filtered:info"],
            id="25 of an IMAP server",
        ),
        pytest.param(
            [good(25), plain(25, V6)], set(), ["starttls-stripped:warning"], id="STARTTLS on one address only"
        ),
        pytest.param(
            [good(587), plain(587, "192.0.2.26")],
            set(),
            ["starttls-stripped:critical"],
            id="unequal where people send",
        ),
        pytest.param(
            [good(25), bare(25, V6, signs=["greeting-rejected"])],
            set(),
            ["greeting-rejected:warning"],
            id="a refusal on v6 is not a missing STARTTLS",
        ),
        pytest.param(
            [good(587), closed(587, "192.0.2.26"), closed(25), closed(25, "192.0.2.26")],
            set(),
            ["port-refused:warning"],
            id="open at one address and closed at the other",
        ),
        pytest.param(
            [good(587, V6), closed(587, state="filtered")],
            set(),
            ["port-filtered:warning"],
            id="open over IPv6 only",
        ),
        pytest.param([good(993), plain(143)], set(), ["starttls-missing:critical"], id="IMAP still has 993"),
        pytest.param(
            [good(25), closed(25, "10.0.0.1", "forbidden")],
            set(),
            ["target-forbidden:warning"],
            id="a private address beside a public one",
        ),
    ],
)
def test_endpoints_of_a_host_together(
    outcomes: list[EndpointOutcome], asked: set[int], expected: list[str]
) -> None:
    assert ids(outcomes, asked) == expected


def test_the_same_fault_on_two_addresses_is_one_finding() -> None:
    expired = certificate("expired", days=-3)
    (finding,) = findings_of([good(465, certificate=expired), good(465, V6, certificate=expired)])
    assert finding.endpoints == ((V4, 465), (V6, 465))
    assert finding.details["address"] == f"{V4}, {V6}"


@pytest.mark.parametrize("sign", get_args(Sign))
@pytest.mark.parametrize("tls", ["unknown", "none", "broken"])
def test_no_sign_makes_a_rule_stumble(sign: Sign, tls: str) -> None:
    for port in (25, 465, 587, 143):
        ids([bare(port, signs=[sign], tls=tls)])
