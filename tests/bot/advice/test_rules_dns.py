"""How a host's name was resolved: absence, failure and silence are three things."""

from __future__ import annotations

import ipaddress

import pytest

from bot.advice.rules_dns import judge_addresses
from bot.ports import Addresses, DnsAnswer, DnsStatus

ADDRESS = ipaddress.ip_address("192.0.2.25")


@pytest.mark.parametrize(
    ("v4", "v6", "expected", "undetermined"),
    [
        pytest.param("nxdomain", "nxdomain", "name-not-found", (), id="no such name is a clear answer"),
        pytest.param("nodata", "nodata", "no-address", (), id="the name has no address"),
        pytest.param("servfail", "servfail", "dns-servfail", (), id="SERVFAIL is the domain's fault"),
        pytest.param("timeout", "timeout", "dns-timeout", ("dns-timeout",), id="silence tells nothing"),
        pytest.param("timeout", "nodata", "dns-timeout", ("dns-timeout",), id="half an answer tells nothing"),
        pytest.param("refused", "refused", "dns-refused", ("dns-refused",), id="our resolver refuses us"),
        pytest.param("bogus", "bogus", "dnssec-bogus", (), id="broken signatures"),
    ],
)
def test_nothing_to_probe(v4: DnsStatus, v6: DnsStatus, expected: str, undetermined: tuple[str, ...]) -> None:
    resolved = judge_addresses("mx.example.com", Addresses((), (), DnsAnswer(v4), DnsAnswer(v6)))
    assert [finding.id for finding in resolved.findings] == [expected]
    assert resolved.undetermined == undetermined


def test_one_family_unanswered_is_a_warning_beside_the_probe() -> None:
    resolved = judge_addresses(
        "mx.example.com", Addresses((ADDRESS,), (), DnsAnswer("ok"), DnsAnswer("servfail"))
    )
    assert [(finding.id, finding.severity) for finding in resolved.findings] == [("dns-servfail", "warning")]
    assert resolved.undetermined == ()


def test_a_loop_of_aliases() -> None:
    looped = DnsAnswer("nodata", cname_loop=True)
    resolved = judge_addresses("mx.example.com", Addresses((), (), looped, looped))
    assert [finding.id for finding in resolved.findings] == ["cname-loop"]
