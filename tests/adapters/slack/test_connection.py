"""Staying connected: lost, silent and refused links, tokens that are refused, 429, and an orderly end."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import pytest

from adapters.slack import socket_mode
from adapters.slack.socket_mode import SocketMode
from bot.cards.model import Pending, Reply, plain
from bot.model.request import Request
from bot.ports import Progress
from tests.adapters.slack.conftest import Bench, make_adapter, settings_for
from tests.support.scripted import said
from tests.support.slack_blocks import words_of
from tests.support.slack_standin import APP_TOKEN, BOT_TOKEN, TEAM, SlackStandIn, too_many
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("short_pauses")


async def test_a_refresh_opens_a_new_link_and_nothing_is_lost(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    await (await bench.slack.linked()).send_json({"type": "disconnect", "reason": "refresh_requested"})
    await bench.slack.linked(2)
    await bench.command("status")
    await bench.settled()
    assert len(bench.slack.messages) == 1


async def test_a_dropped_socket_is_opened_again(bench: Bench) -> None:
    transport = (await bench.slack.linked())._req.transport  # type: ignore[union-attr]
    assert transport is not None
    transport.abort()
    await until(lambda: bench.slack.opened_links == 2 and bench.adapter.status() == "ok")


async def test_a_silent_link_is_left(slack: SlackStandIn) -> None:
    slack.mute = True

    async def nothing(_: object) -> None:
        return None

    async with aiohttp.ClientSession() as session:
        async with session.post(
            f"{slack.api_url}apps.connections.open", headers={"Authorization": f"Bearer {APP_TOKEN}"}
        ) as answer:
            address = (await answer.json())["url"]
        clock = asyncio.get_running_loop().time
        link = SocketMode(session, nothing, lambda: None, clock, ping_s=0.05, stale_s=0.3)
        assert await asyncio.wait_for(link.run(address), 5.0) == "stale"


async def test_pongs_keep_a_quiet_link(slack: SlackStandIn) -> None:
    async def nothing(_: object) -> None:
        return None

    async with aiohttp.ClientSession() as session:
        async with session.post(
            f"{slack.api_url}apps.connections.open", headers={"Authorization": f"Bearer {APP_TOKEN}"}
        ) as answer:
            address = (await answer.json())["url"]
        clock = asyncio.get_running_loop().time
        link = SocketMode(session, nothing, lambda: None, clock, ping_s=0.05, stale_s=0.3)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.run(address), 1.0)


async def test_the_watchdog_is_quicker_than_people_notice() -> None:
    assert socket_mode.PING_S < socket_mode.STALE_S <= 60


async def test_a_refused_token_is_one_line_and_heals_by_itself(
    slack: SlackStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    slack.tokens.clear()
    adapter = make_adapter(settings_for(slack))
    with caplog.at_level(logging.INFO):
        await adapter.start()
        await until(lambda: slack.called()["auth.test"] >= 4)
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 1
    assert "invalid_auth" in adapter.status()
    assert BOT_TOKEN not in caplog.text
    slack.tokens[BOT_TOKEN] = TEAM
    await until(lambda: adapter.status() == "ok")
    await adapter.stop()


async def test_an_unreachable_slack_is_a_reason_and_heals_by_itself() -> None:
    standin = SlackStandIn()
    await standin.start()
    port = int(standin.base.rpartition(":")[2])
    settings = settings_for(standin)
    await standin.stop()
    adapter = make_adapter(settings)
    await adapter.start()
    await until(lambda: "cannot be reached" in adapter.status())
    again = SlackStandIn()
    await again.start(port)
    await until(lambda: adapter.status() == "ok", 15.0)
    await adapter.stop()
    await again.stop()


async def test_socket_mode_switched_off_is_said(bench: Bench) -> None:
    bench.slack.tokens.clear()
    await (await bench.slack.linked()).send_json({"type": "disconnect", "reason": "link_disabled"})
    await until(lambda: "switched off" in bench.adapter.status() or "refuses" in bench.adapter.status())


async def test_a_way_to_write_without_a_way_in_is_said(slack: SlackStandIn) -> None:
    adapter = make_adapter(settings_for(slack, slack_app_token=None))
    await adapter.start()
    await until(lambda: "SLACK_SIGNING_SECRET" in adapter.status())
    await adapter.stop()


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param("no json", id="no JSON"),
        pytest.param("[]", id="a list"),
        pytest.param('{"type":"slash_commands","envelope_id":7,"payload":{}}', id="an id that is no text"),
        pytest.param('{"type":"events_api","envelope_id":"e1","payload":[1]}', id="a payload that is a list"),
        pytest.param('{"type":"events_api","envelope_id":"e2","payload":{"team":7}}', id="ids of odd types"),
        pytest.param(
            '{"type":"events_api","envelope_id":"e3","payload":{"type":"event_callback","event":"x"}}',
            id="an event that is a text",
        ),
        pytest.param(
            '{"type":"interactive","envelope_id":"e4","payload":{"type":"block_actions"}}', id="no action"
        ),
    ],
)
async def test_an_odd_frame_ends_nothing(bench: Bench, frame: str) -> None:
    bench.answers_with(said("yes"))
    await (await bench.slack.linked()).send_str(frame)
    await bench.command("status")
    await bench.settled()
    assert len(bench.slack.messages) == 1
    assert bench.slack.opened_links == 1


async def test_a_429_is_waited_out_and_order_kept(bench: Bench) -> None:
    async def script(request: Request, _: Progress) -> Reply:
        return Reply(card=said(request.text))

    bench.answers(script)
    bench.slack.refuse["chat.postMessage"] = [too_many]
    await bench.event(bench.slack.mention("one"))
    await bench.event(bench.slack.mention("two"))
    await bench.settled()
    assert [one["text"] for one in bench.slack.messages] == ["one", "two"]


async def test_stopping_delivers_what_is_under_way(slack: SlackStandIn) -> None:
    adapter = make_adapter(settings_for(slack))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")

    async def script(_: Request, __: Progress) -> Reply:
        await asyncio.sleep(0.4)
        return Reply(card=said("in time"))

    adapter.script = script
    await slack.acked(await slack.deliver("slash_commands", slack.command("status")))
    await asyncio.sleep(0.05)
    await adapter.stop(5.0)
    assert slack.messages[0]["text"] == "in time"


async def test_stopping_ends_in_time_whatever_hangs(slack: SlackStandIn) -> None:
    adapter = make_adapter(settings_for(slack))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    cancelled: list[bool] = []

    async def script(_: Request, __: Progress) -> Reply:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return Reply(card=said("never"))

    adapter.script = script
    await slack.acked(await slack.deliver("slash_commands", slack.command("status")))
    await asyncio.sleep(0.05)
    await asyncio.wait_for(adapter.stop(0.2), 3.0)
    assert cancelled == [True]


async def test_what_the_end_interrupts_says_so_and_offers_to_run_again(slack: SlackStandIn) -> None:
    adapter = make_adapter(settings_for(slack))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")

    async def script(_: Request, progress: Progress) -> Reply:
        await progress(Pending(plain("still at it")))
        await asyncio.sleep(60)
        return Reply(card=said("never"))

    adapter.script = script
    await slack.acked(await slack.deliver("slash_commands", slack.command("check example.com")))
    await until(lambda: slack.messages)
    await asyncio.wait_for(adapter.stop(1.2), 4.0)
    (message,) = slack.messages
    assert "not finished" in words_of(message)
    assert message["blocks"][-1]["elements"][0]["value"] == "check example.com"


async def test_the_refused_token_is_named(slack: SlackStandIn) -> None:
    adapter = make_adapter(settings_for(slack, slack_app_token="xapp-wrong"))
    await adapter.start()
    await until(lambda: "SLACK_APP_TOKEN" in adapter.status())
    await adapter.stop()
