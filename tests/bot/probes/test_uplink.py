"""Whose doing a dropped port is: the decision table, and how often controls are asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Literal, cast

import pytest

from bot.advice.rules_uplink import reasons_with, with_uplinks
from bot.cards.documents import uplink_document
from bot.commands.controls import controls_for
from bot.model.outcome import Endpoint, EndpointOutcome, State
from bot.model.services import service_for
from bot.model.uplink import Uplink
from bot.ports import Connection, Fetcher, Network, TrustStore
from bot.probes.uplink import KEEP_S, Control, Uplinks
from bot.settings import Settings, read_settings
from tests.support.core import FixedClock
from tests.support.zone_table import ZoneTable

HOSTS = ("a.test", "b.test", "c.test", "d.test")


class _Quiet:
    """A connection on which nothing comes."""

    async def read(self) -> bytes:
        return b""

    async def write(self, data: bytes) -> None: ...

    async def close(self) -> None: ...


class FakeDialer:
    """Takes, refuses or drops by host and port."""

    def __init__(self, takes: set[tuple[str, int]], refuses: set[tuple[str, int]] = frozenset()) -> None:  # type: ignore[assignment]
        self.takes, self.refuses = takes, refuses
        self.dialled: Counter[tuple[str, int]] = Counter()

    async def dial(self, endpoint: Endpoint) -> Connection:
        place = (endpoint.host, endpoint.port)
        self.dialled[place] += 1
        if place in self.takes:
            return cast("Connection", _Quiet())
        raise ConnectionRefusedError if place in self.refuses else TimeoutError

    def has_route(self, family: Literal[4, 6]) -> bool:
        return True


def make(
    dialer: FakeDialer, clock: FixedClock, hosts: Sequence[str] = HOSTS, *, known: bool = True
) -> Uplinks:
    zone = ZoneTable({host: {"A": [f"8.8.8.{at}"]} for at, host in enumerate(HOSTS)})
    network = Network(dialer, zone, cast("Fetcher", None), cast("TrustStore", None))
    return Uplinks(network, clock, lambda _: [Control(host, known) for host in hosts])


def seen(port: int, state: State, host: str = "mx.test", family: Literal[4, 6] = 4) -> EndpointOutcome:
    endpoint = Endpoint(host=host, address="9.9.9.9", family=family, service=service_for(port))
    return EndpointOutcome(endpoint=endpoint, checked_at=FixedClock().now(), state=state)


def places(port: int, *hosts: str) -> set[tuple[str, int]]:
    return {(host, port) for host in hosts}


@pytest.mark.parametrize(
    ("takes", "outcomes", "hosts", "expected"),
    [
        pytest.param(set(), [seen(25, "filtered"), seen(587, "open")], HOSTS, "network-blocks sure", id="25 only"),
        pytest.param(set(), [seen(25, "filtered"), seen(587, "refused")], HOSTS, "network-blocks sure", id="a refusal came back"),
        pytest.param(places(587, "a.test"), [seen(25, "filtered")], HOSTS, "network-blocks sure", id="other ports of controls"),
        pytest.param(set(), [seen(25, "filtered")], HOSTS, "no-way-out likely", id="nothing answers at all"),
        pytest.param(places(25, "a.test"), [seen(25, "filtered")], HOSTS, "they-drop likely", id="one control answers"),
        pytest.param(places(25, "a.test"), [seen(25, "filtered"), seen(587, "open")], HOSTS, "they-drop sure", id="it, too, on another port"),
        pytest.param(set(), [seen(25, "filtered"), seen(25, "open", "mx2.test")], HOSTS, "they-drop sure", id="another host of theirs took it"),
        pytest.param(set(), [seen(25, "filtered"), seen(587, "open")], HOSTS[:2], "network-blocks likely", id="two controls"),
        pytest.param(set(), [seen(25, "filtered"), seen(587, "open")], HOSTS[:1], "network-blocks unsure", id="one control"),
        pytest.param(set(), [seen(25, "filtered"), seen(587, "open")], (), "cannot-tell unsure", id="no control"),
    ],
)  # fmt: skip
async def test_who_is_to_blame(
    takes: set[tuple[str, int]], outcomes: list[EndpointOutcome], hosts: Sequence[str], expected: str
) -> None:
    (uplink,) = await make(FakeDialer(takes), FixedClock(), hosts).explain(outcomes)
    assert f"{uplink.blame} {uplink.confidence}" == expected


async def test_a_refusal_of_a_control_is_an_answer() -> None:
    dialer = FakeDialer(set(), places(25, "b.test"))
    (uplink,) = await make(dialer, FixedClock()).explain([seen(25, "filtered")])
    assert (uplink.blame, uplink.answered) == ("they-drop", ("b.test",))


async def test_silence_of_hosts_not_known_to_listen_proves_nothing() -> None:
    asker = make(FakeDialer(set()), FixedClock(), known=False)
    (uplink,) = await asker.explain([seen(993, "filtered"), seen(587, "open")])
    assert uplink.blame == "cannot-tell"


async def test_controls_are_asked_once_in_ten_minutes_whoever_asks() -> None:
    dialer, clock = FakeDialer(set()), FixedClock()
    asker = make(dialer, clock)
    question = [seen(25, "filtered"), seen(587, "open")]
    await asyncio.gather(*(asker.explain(question) for _ in range(5)))
    clock.move(KEEP_S - 1)
    (later,) = await asker.explain(question)
    assert set(dialer.dialled.values()) == {1}
    assert later.age_s == KEEP_S - 1
    assert (
        "9 min ago" in uplink_document(later, "en")["text"]
        or "10 min ago" in uplink_document(later, "en")["text"]
    )
    clock.move(2)
    await asker.explain(question)
    assert set(dialer.dialled.values()) == {2}
    assert KEEP_S >= 600


async def test_nothing_dropped_asks_nobody() -> None:
    dialer = FakeDialer(set())
    assert await make(dialer, FixedClock()).explain([seen(25, "open"), seen(587, "refused")]) == ()
    assert not dialer.dialled


async def test_a_silent_host_costs_two_questions_at_most() -> None:
    found = await make(FakeDialer(set()), FixedClock()).explain(
        [seen(port, "filtered") for port in (993, 25, 465, 587, 143)]
    )
    assert [one.port for one in found] == [25, 143]


def test_our_own_block_takes_the_blame_from_the_server() -> None:
    from bot.advice.findings import find

    uplink = Uplink(port=25, family=4, blame="network-blocks", confidence="sure", why="only-this-port")
    pair = ("9.9.9.9", 25)
    findings = [
        find("mx-host-down", "mx.test", endpoints=[pair], host="mx.test", port=25),
        find("spf-missing", "mx.test", line="x"),
    ]
    got = with_uplinks(findings, [seen(25, "filtered")], [uplink])
    assert [one.id for one in got] == ["spf-missing", "egress-25-blocked"]
    assert reasons_with(["filtered", "dns-timeout"], [uplink]) == ("filtered-network-blocks", "dns-timeout")
    theirs = Uplink(port=25, family=4, blame="they-drop", confidence="sure", why="controls-answer")
    assert with_uplinks(findings, [seen(25, "filtered")], [theirs]) == tuple(findings)


def test_default_controls_are_enough_and_listen() -> None:
    for port in (25, 465, 587, 993, 995):
        controls = controls_for(port, Settings())
        assert len(controls) >= 3, port
        assert all(one.known for one in controls)
    assert controls_for(10025, Settings()) == []


def test_named_controls_are_asked_on_every_port_and_believed_on_theirs() -> None:
    settings = read_settings(
        {"MAILPORT_CONTROL_TARGETS": ("10.0.0.1, mx.test:587, bad host!, c.test", "test")}
    )
    assert [(one.host, one.known) for one in controls_for(25, settings)] == [
        ("10.0.0.1", True),
        ("mx.test", True),
        ("c.test", True),
    ]
    assert [(one.host, one.known) for one in controls_for(587, settings)] == [
        ("10.0.0.1", False),
        ("mx.test", True),
        ("c.test", False),
    ]
