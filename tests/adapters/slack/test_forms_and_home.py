"""Modals, the Home tab, the assistant pane."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from adapters.slack.home import Shown, home_view, tone_of
from bot.commands import catalog
from bot.model.request import Place
from bot.watches.alert import AlertState
from bot.watches.watch import Draft, Watch
from tests.adapters.slack.conftest import Bench
from tests.support.scripted import said
from tests.support.slack_blocks import faults, living_texts, words_of
from tests.support.slack_standin import CHANNEL, MEMBER, OTHER_CHANNEL, TEAM
from tests.support.waiting import until

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def watch(number: int = 1, channel: str = CHANNEL, target: str = "example.com") -> Watch:
    return Watch(
        id=number, number=number, workspace=f"slack:{TEAM}", channel=channel, target=target, kind=None,
        interval_s=900, vantage="local", failures=2, recoveries=2, reminder_s=3600, certificate_days=(21,),
        ignored=(), created_at=NOW, created_by="U", next_due=NOW,
    )  # fmt: skip


async def test_trace_without_headers_opens_a_form_at_once_and_fills_it_in(bench: Bench) -> None:
    await bench.command("trace")
    await until(lambda: len(bench.slack.views) == 2)
    loading, form = bench.slack.views
    assert [block["type"] for block in loading["blocks"]] == ["section"]
    assert "submit" not in loading
    assert [block["block_id"] for block in form["blocks"] if block["type"] == "input"] == [
        "text.0", "text.1", "text.2",
    ]  # fmt: skip
    assert bench.slack.messages == []


async def test_pasted_headers_in_parts_are_put_together(bench: Bench) -> None:
    bench.answers_with(said("two hops"))
    await bench.command("trace")
    await until(lambda: len(bench.slack.views) == 2)
    await bench.submit(bench.slack.views[1], {"text.0": "Received: from a", "text.1": "Received: from b"})
    await until(lambda: bench.slack.messages)
    assert bench.asked[0].command == ("trace",)
    assert bench.asked[0].arguments == {"text": "Received: from a\nReceived: from b"}
    assert bench.slack.messages[0]["via"] == "response_url"
    assert bench.slack.messages[0]["channel"] == CHANNEL


async def test_an_empty_form_says_so_in_the_form(bench: Bench) -> None:
    await bench.command("explain")
    await until(lambda: len(bench.slack.views) == 2)
    envelope = await bench.submit(bench.slack.views[1], {"text.0": "  "})
    answer = bench.slack.ack_payloads[envelope]
    assert answer["response_action"] == "errors"
    assert list(answer["errors"]) == ["text.0"]


async def test_a_form_speaks_the_channels_language(bench: Bench) -> None:
    stores = await bench.adapter._tools.stores()
    place = Place(platform="slack", workspace=f"slack:{TEAM}", channel=CHANNEL)
    await stores.channels.set_setting(place, "language", "es", person="U")
    await bench.command("explain")
    await until(lambda: len(bench.slack.views) == 2)
    assert bench.slack.views[1]["title"]["text"] == "Explicar un error"


async def test_a_trigger_that_expired_is_one_log_line(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    payload = bench.slack.command("trace")
    bench.slack._triggers.clear()
    await bench.slack.deliver("slash_commands", payload)
    await bench.settled()
    assert "Traceback" not in caplog.text
    assert bench.slack.views == []


async def test_the_home_tab_shows_this_persons_channels_only(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = await bench.adapter._tools.stores()
    for workspace, channel, target in (
        (f"slack:{TEAM}", CHANNEL, "mine.example"),
        (f"slack:{TEAM}", OTHER_CHANNEL, "theirs.example"),
        ("slack:T2", CHANNEL, "foreign.example"),
    ):
        place = Place(platform="slack", workspace=workspace, channel=channel)
        await stores.watches.add(place, [Draft(target=target)], person="U", now=NOW)
    bench.slack.member_of[MEMBER] = [CHANNEL]
    bench.slack.locales[MEMBER] = "es-ES"
    await bench.event({"type": "app_home_opened", "user": MEMBER, "channel": "D1", "tab": "home"})
    await until(lambda: bench.slack.homes)
    shown = words_of(bench.slack.homes[MEMBER])
    assert "mine.example" in shown
    assert "theirs.example" not in shown
    assert "foreign.example" not in shown
    assert "Lo que vigilan tus canales" in shown


async def test_the_messages_tab_publishes_nothing(bench: Bench) -> None:
    await bench.event({"type": "app_home_opened", "user": MEMBER, "channel": "D1", "tab": "messages"})
    await bench.settled()
    assert bench.slack.homes == {}


async def test_a_button_of_the_home_tab_opens_a_form_and_answers_in_private(bench: Bench) -> None:
    bench.slack.member_of[MEMBER] = []
    await bench.event({"type": "app_home_opened", "user": MEMBER, "channel": "D1", "tab": "home"})
    await until(lambda: bench.slack.homes)
    home = bench.slack.homes[MEMBER]
    pressed = bench.slack.pressed({"blocks": home["blocks"]}, 0, container={"type": "view", "view_id": "V0"})
    for name in ("channel", "response_url", "message"):
        del pressed[name]
    await bench.slack.deliver("interactive", pressed)
    await until(lambda: len(bench.slack.views) == 2)
    bench.answers_with(said("explained"))
    asked_for = [block["block_id"] for block in bench.slack.views[1]["blocks"] if block["type"] == "input"]
    await bench.submit(
        bench.slack.views[1], {name: "15m" if name == "every.0" else "x" for name in asked_for}
    )
    await until(lambda: bench.asked)


def test_a_home_tab_of_many_watches_stays_within_the_limits() -> None:
    states = (None, AlertState(status="up"), AlertState(status="down"))
    shown = [Shown(watch(number, target="<!here> x" * 20), states[number % 3]) for number in range(500)]
    view = home_view("en", shown, {}, "https://mailport.example.com/")
    assert faults(view["blocks"], limit=100) == []
    assert living_texts({"blocks": [block for block in view["blocks"] if block["type"] != "context"]}) == []
    assert "440 more" in words_of(view)


def test_a_paused_watch_waits() -> None:
    assert [tone_of(Shown(watch(), state)) for state in (None, AlertState(status="up"), AlertState(status="down"))] == [
        "waiting", "good", "bad",
    ]  # fmt: skip


async def test_the_assistant_pane_suggests_questions_that_work(bench: Bench) -> None:
    thread = {"user_id": MEMBER, "channel_id": "D1", "thread_ts": "1.1", "context": {}}
    await bench.event({"type": "assistant_thread_started", "assistant_thread": thread})
    await until(lambda: bench.slack.prompts)
    prompts = bench.slack.prompts[0]["prompts"]
    assert 1 <= len(prompts) <= 4
    words = [prompt["message"].split()[0].lower() for prompt in prompts]
    assert any((word,) in catalog.BY_PATH for word in words)


async def test_a_question_in_the_assistant_pane_is_answered_in_its_thread(bench: Bench) -> None:
    bench.answers_with(said("587"))
    await bench.event(bench.slack.said("which port?", channel="D1", thread_ts="1.1"))
    await bench.settled()
    assert bench.slack.messages[0]["thread_ts"] == "1.1"
    await asyncio.sleep(0)
