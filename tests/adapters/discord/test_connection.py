"""Staying connected: dropped, silent and refused links, resumed sessions, shards, commands, an orderly end."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from adapters.discord import declare, shard
from bot.cards.model import Reply
from bot.model.request import Request
from bot.ports import Progress
from tests.adapters.discord.conftest import Bench, make_adapter, settings_for
from tests.support.discord_standin import CHANNEL, GUILD, TOKEN, DiscordStandIn, error, too_many, words_of
from tests.support.scripted import said
from tests.support.waiting import until


async def test_no_privileged_intent_is_asked_for(bench: Bench) -> None:
    (identify,) = bench.discord.identifies
    privileged = (1 << 1) | (1 << 8) | (1 << 15)
    assert identify["intents"] & privileged == 0
    assert identify["shard"] == [0, 1]


async def test_a_dropped_socket_is_resumed_and_nothing_is_lost(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    bench.discord.drop()
    await bench.discord.command("ask", options={"question": "meanwhile"})
    await until(lambda: bench.discord.resumes and bench.asked)
    await bench.settled()
    assert bench.discord.resumes[0]["session_id"] == "session1"
    assert len(bench.discord.identifies) == 1
    assert len(bench.asked) == 1


async def test_reconnect_asked_for_is_everyday_business(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.discord.send_raw({"op": 7, "d": None})
    await until(lambda: bench.discord.resumes)
    assert bench.adapter.status() == "ok"
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("resumable", [True, False])
async def test_an_invalid_session(bench: Bench, *, resumable: bool) -> None:
    await bench.discord.send_raw({"op": 9, "d": resumable})
    if resumable:
        await until(lambda: bench.discord.resumes)
        assert len(bench.discord.identifies) == 1
    else:
        await until(lambda: len(bench.discord.identifies) == 2)
        assert bench.discord.resumes == []
    await until(lambda: bench.adapter.status() == "ok")


async def test_a_session_that_is_gone_is_begun_anew(bench: Bench) -> None:
    bench.discord.invalidate_sessions()
    bench.discord.drop()
    await until(lambda: len(bench.discord.identifies) == 2)
    await until(lambda: bench.adapter.status() == "ok")


async def test_a_heartbeat_asked_for_is_given(bench: Bench) -> None:
    before = bench.discord.heartbeats
    await bench.discord.send_raw({"op": 1, "d": None})
    await until(lambda: bench.discord.heartbeats > before)


@pytest.mark.parametrize("interval_ms", [200, 41_250])
async def test_a_link_without_acknowledgements_is_left_and_resumed(
    discord: DiscordStandIn, interval_ms: int
) -> None:
    discord.heartbeat_ms = interval_ms
    adapter = make_adapter(settings_for(discord, discord_heartbeat_timeout=0.6))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    discord.acknowledge = False
    await until(lambda: discord.resumes, 5.0)
    discord.acknowledge = True
    await until(lambda: adapter.status() == "ok")
    await adapter.stop(1.0)


async def test_a_quiet_link_is_kept(discord: DiscordStandIn) -> None:
    discord.heartbeat_ms = 41_250
    adapter = make_adapter(settings_for(discord, discord_heartbeat_timeout=0.4))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    await asyncio.sleep(1.5)
    assert len(discord.links) == 1
    await adapter.stop(1.0)


async def test_a_refused_token_is_one_line_and_heals_by_itself(
    discord: DiscordStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    discord.tokens.clear()
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: discord.called()["GET /users/@me"] >= 3)
    assert "DISCORD_TOKEN" in adapter.status()
    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(lines) == 1
    assert all(one.exc_info is None for one in caplog.records)
    assert TOKEN not in caplog.text
    discord.tokens.add(TOKEN)
    await until(lambda: adapter.status() == "ok")
    await adapter.stop(1.0)


async def test_a_token_that_only_the_gateway_refuses(
    discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    discord.close_with = 4004
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: "DISCORD_TOKEN" in adapter.status())
    discord.close_with = None
    await until(lambda: adapter.status() == "ok")
    await adapter.stop(1.0)


async def test_disallowed_intents_are_said(discord: DiscordStandIn) -> None:
    discord.close_with = 4014
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: "intents" in adapter.status())
    assert "4014" in adapter.status()
    await adapter.stop(1.0)


async def test_an_unreachable_discord_is_one_line_and_heals_by_itself(
    discord: DiscordStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    await discord.stop()
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: "cannot be reached" in adapter.status())
    await asyncio.sleep(0.5)
    assert len([one for one in caplog.records if one.levelno >= logging.WARNING]) == 1
    assert all(one.exc_info is None for one in caplog.records)
    await discord.start()
    await until(lambda: adapter.status() == "ok")
    await adapter.stop(1.0)


async def test_a_gateway_that_dies_is_said_and_found_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.discord.stop()
    await until(lambda: "cannot be reached" in bench.adapter.status())
    await bench.discord.start()
    await until(lambda: bench.adapter.status() == "ok")
    assert all(one.exc_info is None for one in caplog.records)


async def test_a_stand_in_with_the_bare_minimum_is_enough(discord: DiscordStandIn) -> None:
    discord.minimal = True
    discord.answer_gateway = False
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    made = await discord.command("ask", options={"question": "which port for imap?"})
    await until(lambda: made.first)
    assert "993" in words_of(made.shown)
    await discord.mention("which port for imap?")
    await until(lambda: discord.messages)
    assert "993" in words_of(discord.messages[0])
    discord.drop()
    await until(lambda: discord.resumes)
    await until(lambda: adapter.status() == "ok")
    await discord.direct("which port for pop3?")
    await until(lambda: len(discord.messages) == 2)
    await adapter.stop(1.0)


async def test_the_gateway_is_asked_for_when_no_setting_names_it(discord: DiscordStandIn) -> None:
    adapter = make_adapter(settings_for(discord, discord_gateway_url=None))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    await adapter.stop(1.0)
    assert discord.called()["GET /gateway/bot"] == 1


async def test_every_shard_is_connected(discord: DiscordStandIn) -> None:
    discord.shards = 3
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    assert sorted(one["shard"] for one in discord.identifies) == [[0, 3], [1, 3], [2, 3]]
    made = await discord.command("ask", options={"question": "which port for imap?"})
    await until(lambda: made.first)
    await adapter.stop(1.0)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param({"op": 0, "t": "GUILD_CREATE", "s": 9, "d": {"id": GUILD}}, id="half a server"),
        pytest.param({"op": 0, "t": "INTERACTION_CREATE", "s": 9, "d": None}, id="no interaction"),
        pytest.param(
            {"op": 0, "t": "INTERACTION_CREATE", "s": 9, "d": {"type": 2}}, id="half an interaction"
        ),
        pytest.param(
            {
                "op": 0,
                "t": "INTERACTION_CREATE",
                "s": 9,
                "d": {"id": 1, "type": 3, "channel_id": 3, "user": {"id": 4}},
            },
            id="a button without data",
        ),
        pytest.param({"op": 0, "t": "MESSAGE_CREATE", "s": 9, "d": {"author": 7}}, id="half a message"),
        pytest.param({"op": 0, "t": "NEW_THING", "s": 9, "d": {}}, id="a new event"),
        pytest.param({"op": 42, "d": None}, id="a new op code"),
        pytest.param({}, id="nothing"),
    ],
)
async def test_odd_frames_cost_nothing(bench: Bench, frame: dict[str, object]) -> None:
    await bench.discord.send_raw(frame)
    made = await bench.discord.command("ask", options={"question": "which port for imap?"})
    await until(lambda: made.first)
    assert len(bench.discord.links) == 1


# ---- commands


async def test_commands_are_registered_once_and_again_only_when_they_change(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench.discord.puts == 1
    for changed in (False, True):
        await bench.adapter.stop(1.0)
        if changed:
            monkeypatch.setattr(declare, "CONTEXTS", (0, 1))
        await bench.adapter.start()
        await until(lambda: bench.adapter.status() == "ok")
        assert bench.discord.puts == (2 if changed else 1)
    (command,) = bench.discord.commands[""]
    assert command["name"] == "mailport"


async def test_one_server_gets_the_commands_when_the_setting_says_so(discord: DiscordStandIn) -> None:
    adapter = make_adapter(settings_for(discord, discord_guild_id=int(GUILD)))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    assert list(discord.commands) == [GUILD]
    assert "contexts" not in discord.commands[GUILD][0]  # of commands everywhere only
    await adapter.stop(1.0)


async def test_commands_that_discord_does_not_take_are_said_and_tried_again(discord: DiscordStandIn) -> None:
    discord.refuse["PUT /applications/-/commands"] = [lambda: error(403, 50001, "Missing Access"), too_many]
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: "50001" in adapter.status())
    await until(lambda: adapter.status() == "ok")
    assert discord.puts == 1
    await adapter.stop(1.0)


# ---- the end


async def test_answers_under_way_are_delivered_before_the_end(bench: Bench) -> None:
    async def script(_: Request, __: Progress) -> Reply:
        await asyncio.sleep(0.5)
        return Reply(card=said("delivered"))

    bench.answers(script)
    made = await bench.discord.command("check", options={"target": "example.com"})
    await until(lambda: bench.asked)
    await bench.adapter.stop(5.0)
    assert words_of(made.shown) == "delivered"
    await until(lambda: bench.discord.closes)
    assert bench.discord.closes == [1000]


async def test_the_end_leaves_no_thread_and_no_task(discord: DiscordStandIn) -> None:
    before = asyncio.all_tasks()
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    await adapter.stop(1.0)
    await until(lambda: not [one for one in threading.enumerate() if "keep-alive" in one.name])
    await asyncio.sleep(0.1)
    ours = [one for one in asyncio.all_tasks() - before if "discord" in one.get_name()]
    assert ours == []


async def test_leaving_a_server_forgets_it(bench: Bench) -> None:
    stores = await bench.adapter._tools.stores()
    await bench.discord.command("settings", "language", options={"value": "es"}, person="401")
    await bench.settled()
    assert await stores.channels.settings_by_id(f"discord:{GUILD}", CHANNEL) == {"language": "es"}
    await bench.discord.dispatch("GUILD_DELETE", {"id": GUILD, "unavailable": True})
    await bench.settled()
    assert await stores.channels.settings_by_id(f"discord:{GUILD}", CHANNEL) == {"language": "es"}
    await bench.discord.dispatch("GUILD_DELETE", {"id": GUILD})
    await bench.settled()
    assert await stores.channels.settings_by_id(f"discord:{GUILD}", CHANNEL) == {}


def test_pauses_keep_within_discords_daily_identifies() -> None:
    assert 86_400 / (shard.REFUSED_S * 0.75) < 1000


async def test_an_answer_that_the_end_cuts_off_says_so_and_can_be_asked_again(bench: Bench) -> None:
    async def script(_: Request, __: Progress) -> Reply:
        await asyncio.sleep(60)
        raise AssertionError("cancelled before")

    bench.answers(script)
    made = await bench.discord.command("check", options={"target": "example.com", "ports": "25"})
    await until(lambda: made.first)
    await bench.adapter.stop(1.2)
    assert "restarted" in words_of(made.shown)
    assert made.shown["components"][0]["components"][0]["custom_id"] == "mailport:run:check example.com 25"


async def test_a_compressed_gateway_is_read(discord: DiscordStandIn) -> None:
    discord.compress = True
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    made = await discord.command("ask", options={"question": "which port for imap?"})
    await until(lambda: made.first)
    assert "993" in words_of(made.shown)
    await adapter.stop(1.0)


@pytest.mark.parametrize("minimal", [True, False])
async def test_who_is_in_no_server_is_told_how_to_get_into_one(
    discord: DiscordStandIn, caplog: pytest.LogCaptureFixture, *, minimal: bool
) -> None:
    discord.minimal = minimal  # which is in no server
    caplog.set_level(logging.INFO, "mailport.discord")
    adapter = make_adapter(settings_for(discord))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    await asyncio.sleep(0.1)
    assert ("client_id=100&" in caplog.text) is minimal
    await adapter.stop(1.0)
