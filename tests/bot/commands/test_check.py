"""`check` from words to reply: domain or host, refusals without a packet, memory, politeness, status."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from bot.cards.model import Pending, Reply
from bot.cards.plaintext import render_plain, text_of
from bot.commands.check import ask_about, read_selectors, repeat_of, run_check
from bot.commands.examine import Examination
from bot.dispatch import answer
from bot.errors import BadInput, TargetRefused
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.request import Person, Place, Request
from bot.model.target import parse_target
from bot.model.value import replace
from bot.ports import Dialer, Fetcher, Network, Resolver, Tools, TrustStore
from bot.probes import together
from bot.settings import Settings
from tests.support.core import FixedClock, make_test_tools
from tests.support.misbehaving import Peer, Server
from tests.support.outcomes import bare, certificate, closed, good
from tests.support.probing import network_for
from tests.support.zone_table import ZoneTable

PUBLIC = "198.41.0.4"  # never dialled: the probe itself is a stand-in here
ZONE: dict[str, Any] = {
    "mx.example.com": {"A": [PUBLIC]},
    "both.example.com": {"A": [PUBLIC, "10.0.0.1"]},
    "inside.example.com": {"A": ["10.0.0.1"]},
    "metadata.example.com": {"A": ["169.254.169.254"]},
    "mapped.example.com": {"AAAA": ["::ffff:127.0.0.1"]},
    "dead.example.com": {"status": "timeout"},
    "shut.example.com": {"status": "refused"},
    "failing.example.com": {"status": "servfail", "status:MX": "nodata"},
    "empty.example.com": {"TXT": ["nothing else"]},
    "example.com": {"MX": ["10 mx.example.com."], "A": [PUBLIC]},
}
PLACE = Place(platform="web", workspace="web", channel="test", private=True)


class Lab:
    """Tools with a table for a resolver and a stand-in for the probe; records what was probed."""

    def __init__(self, judge: Callable[[Endpoint], EndpointOutcome]) -> None:
        self.judge = judge
        self.probed: list[Endpoint] = []
        self.clock = FixedClock()
        self.zone = ZoneTable(ZONE)
        self.network = Network(
            cast(Dialer, None), cast(Resolver, self.zone), cast(Fetcher, None), cast(TrustStore, None)
        )
        self.tools: Tools = replace(
            make_test_tools(Settings(), self.clock),
            network=lambda: self.network,
            ehlo_name=lambda: "probe.test",
        )
        self.pending: list[Pending] = []

    async def probe(self, endpoint: Endpoint, *rest: object) -> EndpointOutcome:
        self.probed.append(endpoint)
        await asyncio.sleep(endpoint.port % 7 / 1000)
        return replace(self.judge(endpoint), endpoint=endpoint)

    async def ask(self, text: str, **changed: Any) -> Reply:
        async def progress(pending: Pending) -> None:
            self.pending.append(pending)

        request = Request(id="test", place=PLACE, person=Person(id="p"), text=text, **changed)
        return await answer(request, self.tools, progress=progress)


def fine(endpoint: Endpoint) -> EndpointOutcome:
    return good(endpoint.port) if endpoint.port in (25, 465, 587, 993) else closed(endpoint.port)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = Lab(fine)
    monkeypatch.setattr(together, "probe_endpoint", made.probe)
    return made


def said(reply: Reply) -> dict[str, Any]:
    assert reply.document is not None
    return dict(reply.document)


async def test_a_good_host_passes(lab: Lab) -> None:
    reply = await lab.ask("check mx.example.com")
    document = said(reply)
    assert (reply.status, document["verdict"], document["as"], document["mail"]) == (0, "pass", "host", None)
    assert len(document["endpoints"]) == 8
    assert document["recommended"]["submission"] == {
        "host": "mx.example.com", "port": 465, "security": "implicit", "verified": True, "source": "probe",
        "username": None, "notes": [],
    }  # fmt: skip
    assert document["recommended"]["imap"]["port"] == 993
    assert document["recommended"]["pop3"] is None
    assert not reply.card.private


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        pytest.param("check example.com", "domain", id="MX records make it a domain"),
        pytest.param("check user@example.com", "domain", id="an address is about its domain"),
        pytest.param("check example.com as host", "host", id="unless somebody says so"),
        pytest.param("check example.com:25", "host", id="a port makes it a host"),
        pytest.param("check example.com 25,465", "host", id="so do ports"),
        pytest.param("check mx.example.com", "host", id="no MX records: a host"),
        pytest.param(f"check {PUBLIC}", "host", id="an address is a host"),
        pytest.param(
            "check dead.example.com", "domain", id="where nobody answers, the MX is the open question"
        ),
        pytest.param("check shut.example.com", "domain", id="the same where the resolver refuses"),
        pytest.param("check dead.example.com:25", "host", id="unless a port says that it is a host"),
    ],
)
async def test_domain_or_host(lab: Lab, words: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def domain(*_: object) -> object:
        asked.append("domain")
        raise TargetRefused("port-refused", port=1)

    monkeypatch.setattr("bot.commands.examine._domain", domain)
    reply = await lab.ask(words)
    assert ("domain" if asked else said(reply)["as"]) == kind


@pytest.mark.parametrize(
    ("name", "verdict", "status", "finding"),
    [
        ("missing.example.net", "fail", 1, "name-not-found"),
        ("empty.example.com", "fail", 1, "no-address"),
        ("failing.example.com", "fail", 1, "dns-servfail"),
        ("dead.example.com", "unknown", 3, "dns-timeout"),
        ("shut.example.com", "unknown", 3, "dns-refused"),
    ],
)
async def test_a_name_that_leads_nowhere(
    lab: Lab, name: str, verdict: str, status: int, finding: str
) -> None:
    reply = await lab.ask(f"check {name} as host")
    document = said(reply)
    assert (document["verdict"], reply.status) == (verdict, status)
    assert [one["id"] for one in document["findings"]] == [finding]
    assert lab.probed == []


@pytest.mark.parametrize(
    "target",
    [
        "127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "fe80::1",
        "64:ff9b::7f00:1", "[::1]:25", "inside.example.com", "metadata.example.com", "mapped.example.com",
        "mx.example.com:80", "mx.example.com:22",
    ],
)  # fmt: skip
async def test_what_must_not_be_probed_is_refused_in_one_line(lab: Lab, target: str) -> None:
    reply = await lab.ask(f"check {target} as host")
    assert reply.status == 2
    assert reply.card.private
    assert len(render_plain(reply.card).strip().splitlines()) == 1
    assert lab.probed == []


async def test_a_refusal_sends_no_packet() -> None:
    async def greet(peer: Peer) -> None:
        await peer.send(b"220 hello\r\n")

    async with Server(greet) as server:
        settings = Settings(extra_ports=frozenset({server.port}))
        tools = replace(make_test_tools(settings), network=lambda: network_for([server.port]))
        for literal in ("127.0.0.1", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"):
            with pytest.raises(TargetRefused):
                ask_about(parse_target(f"{literal}:{server.port}"), (), None, tools)
        assert server.connections == 0


async def test_a_forbidden_address_beside_a_public_one_is_shown_and_not_touched(lab: Lab) -> None:
    document = said(await lab.ask("check both.example.com 25"))
    assert {one["address"]: one["state"] for one in document["endpoints"]} == {
        PUBLIC: "open", "10.0.0.1": "forbidden",
    }  # fmt: skip
    assert [one["id"] for one in document["findings"]] == ["target-forbidden"]
    assert {endpoint.address for endpoint in lab.probed} == {PUBLIC}


async def test_asked_again_within_a_minute_it_is_remembered(lab: Lab) -> None:
    await lab.ask("check mx.example.com 25")
    lab.clock.move(20)
    reply = await lab.ask("check mx.example.com 25")
    assert said(reply)["cached_age_s"] == 20
    assert "20 s ago" in render_plain(reply.card)
    assert len(lab.probed) == 1
    again = next(button for button in reply.card.buttons if button.label == "Run again")
    assert said(await lab.ask(again.command))["cached_age_s"] is None
    assert len(lab.probed) == 2


async def test_details_come_from_memory_even_later(lab: Lab) -> None:
    reply = await lab.ask("check mx.example.com 25")
    details = next(button for button in reply.card.buttons if button.label == "Details")
    lab.clock.move(600)
    text = render_plain((await lab.ask(details.command)).card)
    assert "S: 220 hello" in text
    assert len(lab.probed) == 1


async def test_equal_questions_at_once_probe_once(lab: Lab) -> None:
    replies = await asyncio.gather(*(lab.ask("check mx.example.com 25") for _ in range(20)))
    assert {reply.status for reply in replies} == {0}
    assert len(lab.probed) == 1


async def test_other_ports_are_another_question(lab: Lab) -> None:
    await lab.ask("check mx.example.com 25")
    await lab.ask("check mx.example.com 465")
    assert [endpoint.port for endpoint in lab.probed] == [25, 465]


async def test_progress_is_in_the_language_of_the_asker(lab: Lab) -> None:
    await lab.ask("check mx.example.com", language="es")
    assert lab.pending
    assert text_of(lab.pending[-1].text).startswith("Comprobando")
    assert lab.pending[-1].total == 8


@pytest.mark.parametrize(
    ("judge", "verdict", "status"),
    [
        pytest.param(lambda e: closed(e.port, state="filtered"), "unknown", 3, id="every port dropped"),
        pytest.param(lambda e: closed(e.port), "fail", 1, id="every port refused"),
        pytest.param(lambda e: bare(e.port, signs=["greeting-rejected"]), "unknown", 3, id="421 everywhere"),
        pytest.param(lambda e: good(e.port, certificate=certificate("expired")), "fail", 1, id="expired"),
    ],
)
async def test_exit_status(
    judge: Callable[[Endpoint], EndpointOutcome], verdict: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(judge)
    monkeypatch.setattr(together, "probe_endpoint", lab.probe)
    reply = await lab.ask("check mx.example.com")
    assert (said(reply)["verdict"], reply.status) == (verdict, status)


async def test_a_scheduled_check_has_a_result_of_its_own(lab: Lab) -> None:
    async def quiet(_: object) -> None:
        """Nobody watches."""

    await lab.ask("check mx.example.com 25")
    wanted = ask_about(parse_target("mx.example.com"), (25,), None, lab.tools, scheduled=True)
    result = await run_check(wanted, lab.tools, quiet)
    assert (result.verdict, result.cached_age_s) == ("pass", None)
    assert len(lab.probed) == 2


async def test_the_dns_takes_its_time_from_the_connect(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    async def probe(endpoint: Endpoint, *rest: Any) -> EndpointOutcome:
        seen.append(rest[2].connect_s)
        return good(25)

    original = lab.zone.addresses

    async def slow(name: str, *, lifetime: float | None = None) -> object:
        lab.clock.move(4)
        return await original(name, lifetime=lifetime)

    monkeypatch.setattr(lab.zone, "addresses", slow)
    monkeypatch.setattr(together, "probe_endpoint", probe)
    await lab.ask("check mx.example.com 25")
    assert seen == [pytest.approx(3.5)]


@pytest.mark.parametrize(
    ("text", "selectors"),
    [
        ("s1", ("s1",)),
        ("S1, mail2026 s1", ("s1", "mail2026")),
        ("a.b_c-d", ("a.b_c-d",)),
        ("", ()),
    ],
)
def test_selectors_are_read(text: str, selectors: tuple[str, ...]) -> None:
    assert read_selectors(text) == selectors


@pytest.mark.parametrize("text", ["../x", "a b*", "ü", "-a", "x" * 64, "a,b,c,d,e,f,g,h,i", "s1;"])
async def test_bad_selectors_get_one_line(text: str) -> None:
    with pytest.raises(BadInput, match="selectors-bad"):
        read_selectors(text)


async def test_selectors_travel_with_the_button_to_run_again() -> None:
    wanted = Examination(target=parse_target("example.com"), kind="domain", selectors=("s1", "s2"))
    assert repeat_of(wanted) == "check example.com --as domain selectors s1,s2"
