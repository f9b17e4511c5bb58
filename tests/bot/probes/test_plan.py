"""Which endpoints a check looks at, and which it refuses before any packet."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

import pytest

from bot.errors import TargetRefused
from bot.model.services import DEFAULT_PORTS
from bot.model.target import parse_target
from bot.probes.plan import (
    MAX_ADDRESSES_PER_FAMILY,
    forbidden_outcomes,
    plan_endpoints,
    plan_ports,
    refuse_forbidden,
)

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("target", "named", "ports", "asked"),
    [
        pytest.param(
            "mx.example.com", (), DEFAULT_PORTS, set(), id="the usual ports, none of them asked for"
        ),
        pytest.param("mx.example.com:25", (), (25,), {25}, id="the target's own port"),
        pytest.param(
            "mx.example.com", (587, 25, 587), (587, 25), {25, 587}, id="named ports, each once, in order"
        ),
        pytest.param("mx.example.com:465", (25,), (465, 25), {25, 465}, id="both"),
        pytest.param("mx.example.com", (12525,), (12525,), {12525}, id="a port permitted by setting"),
    ],
)
def test_ports(target: str, named: tuple[int, ...], ports: tuple[int, ...], asked: set[int]) -> None:
    plan = plan_ports(parse_target(target), named, {12525})
    assert (plan.ports, plan.asked) == (ports, frozenset(asked))


@pytest.mark.parametrize("port", [22, 80, 443, 3306, 12525])
def test_a_port_that_is_no_mail_port_is_refused(port: int) -> None:
    with pytest.raises(TargetRefused, match="port-refused"):
        plan_ports(parse_target(f"mx.example.com:{port}"), (), ())


def test_too_many_ports_are_refused() -> None:
    with pytest.raises(TargetRefused, match="too-many-ports"):
        plan_ports(parse_target("mx.example.com"), range(10_000, 10_020), range(10_000, 10_020))


@pytest.mark.parametrize(
    "literal",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "fe80::1",
        "64:ff9b::7f00:1",
    ],
)
def test_addresses_that_must_not_be_probed(literal: str) -> None:
    with pytest.raises(TargetRefused, match="target-forbidden"):
        refuse_forbidden(literal, ipaddress.ip_address(literal), ())


def test_a_permitted_network_may_be_probed() -> None:
    refuse_forbidden("10.0.0.1", ipaddress.ip_address("10.0.0.1"), [ipaddress.ip_network("10.0.0.0/8")])


def test_endpoints_are_every_port_at_a_bounded_number_of_addresses() -> None:
    many = [ipaddress.ip_address(f"203.0.113.{number}") for number in range(1, 30)]
    six = [ipaddress.ip_address("2001:db8::1")]
    plan = plan_endpoints("mx.example.com", [*six, *many, *many], (25, 465))
    assert len(plan) == 2 * (MAX_ADDRESSES_PER_FAMILY + 1)
    assert [endpoint.family for endpoint in plan[:5]] == [4, 4, 4, 4, 6]
    assert {endpoint.host for endpoint in plan} == {"mx.example.com"}


def test_forbidden_endpoints_say_so() -> None:
    (outcome,) = forbidden_outcomes("mx", [(ipaddress.ip_address("10.0.0.1"), "private")], (25,), NOW)
    assert (outcome.state, outcome.state_reason, outcome.connections) == ("forbidden", "forbidden", 0)
