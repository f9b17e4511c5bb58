"""Who may do what in Slack: admins, owners, listed people and groups; refusals explained; every change logged."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.model.request import Place
from bot.watches.watch import find_watches
from tests.adapters.slack.conftest import Bench, make_adapter, settings_for
from tests.support.slack_blocks import words_of
from tests.support.slack_standin import ADMIN, CHANNEL, DIRECT, MEMBER, OTHER_CHANNEL, TEAM, SlackStandIn
from tests.support.waiting import until

LISTED, GROUPED = "ULISTED", "UGROUPED"
CHANGING = (
    "watch add 9.9.9.9:25 every 1h",
    "report add every Monday at 09:00",
    "settings language en",
    "settings timezone Europe/Madrid",
    "settings alerts off",
)


@pytest.fixture
async def trusted(slack: SlackStandIn) -> AsyncIterator[Bench]:
    slack.groups["S1"] = [GROUPED]
    adapter = make_adapter(settings_for(slack, slack_admins=(LISTED, "S1")))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    yield Bench(slack, adapter)
    await adapter.stop(2.0)


async def speak(bench: Bench, language: str) -> None:
    place = Place(platform="slack", workspace=f"slack:{TEAM}", channel=CHANNEL)
    stores = await bench.adapter._tools.stores()
    await stores.channels.set_setting(place, "language", language, person="U0")


@pytest.mark.parametrize("person", [ADMIN, LISTED, GROUPED])
@pytest.mark.parametrize("words", CHANGING)
async def test_the_trusted_may_change_things(trusted: Bench, person: str, words: str) -> None:
    await trusted.command(words, person=person)
    await until(lambda: trusted.slack.messages or trusted.slack.ephemerals)
    assert "admin" not in "".join(map(words_of, trusted.slack.ephemerals))


@pytest.mark.parametrize("words", [*CHANGING, "watch remove #1", "watch mute #1", "audit"])
@pytest.mark.parametrize(
    ("language", "refusal", "reason"),
    [("en", "workspace admins", "MAILPORT_SLACK_ADMINS"), ("es", "administradores", "MAILPORT_SLACK_ADMINS")],
)
async def test_others_are_refused_alone_and_why_explains(
    trusted: Bench, words: str, language: str, refusal: str, reason: str
) -> None:
    await speak(trusted, language)
    await trusted.command(words)
    await until(lambda: trusted.slack.ephemerals)
    said = words_of(trusted.slack.ephemerals[0])
    assert refusal in said
    assert len(said.strip().splitlines()) <= 4
    name = " ".join(words.split()[: 1 if words == "audit" else 2])
    assert f"why {name}" in said
    await trusted.command(f"why can't I {name}")
    await until(lambda: len(trusted.slack.ephemerals) == 2)
    explained = words_of(trusted.slack.ephemerals[1])
    assert reason in explained
    assert name in explained
    assert MEMBER in explained
    assert trusted.slack.messages == []


async def test_a_change_is_written_down_with_who_what_where_and_when(trusted: Bench) -> None:
    for words in CHANGING:
        await trusted.command(words, person=LISTED)
        await trusted.settled()
    stores = await trusted.adapter._tools.stores()
    entries = await stores.audit.latest(f"slack:{TEAM}", limit=50)
    assert {entry.person for entry in entries} == {LISTED}
    assert {entry.channel for entry in entries} == {CHANNEL}
    actions = [entry.action for entry in reversed(entries)]
    assert [action for action in actions if action.startswith("settings")] == [
        "settings language", "settings timezone", "settings alerts",
    ]  # fmt: skip
    assert "watch add" in actions


async def test_only_the_trusted_read_the_log_and_a_direct_message_shows_its_own(trusted: Bench) -> None:
    await trusted.command("settings language es", person=ADMIN)
    await trusted.event(trusted.slack.said("settings timezone Europe/Madrid", channel=DIRECT))
    await trusted.event(trusted.slack.said("audit", channel=DIRECT))
    await trusted.settled()
    own = words_of(trusted.slack.messages[-1])
    assert "settings timezone" in own
    assert "settings language" not in own
    await trusted.command("audit", person=ADMIN)
    await until(lambda: trusted.slack.ephemerals)
    everything = words_of(trusted.slack.ephemerals[-1])
    assert "settings timezone" in everything
    assert "settings language" in everything


async def test_removing_asks_first_and_the_button_needs_the_same_right(trusted: Bench) -> None:
    await trusted.command("watch add 9.9.9.9:25 every 1h", person=ADMIN)
    await trusted.settled()
    await trusted.command("watch remove #1", person=ADMIN)
    await trusted.settled()
    question = (trusted.slack.messages + trusted.slack.ephemerals)[-1]
    labels = [
        one["text"]["text"]
        for block in question["blocks"]
        if block["type"] == "actions"
        for one in block["elements"]
    ]
    assert any("Remove" in label for label in labels)
    stores = await trusted.adapter._tools.stores()

    await trusted.press({**question, "channel": CHANNEL}, person=MEMBER)
    await trusted.settled()
    assert find_watches(await stores.watches.of_channel(f"slack:{TEAM}", CHANNEL), "#1")

    await trusted.press({**question, "channel": CHANNEL}, person=ADMIN)
    await trusted.settled()
    assert not await stores.watches.of_channel(f"slack:{TEAM}", CHANNEL)


async def test_a_stranger_of_a_shared_channel_has_no_rights_even_as_admin_at_home(trusted: Bench) -> None:
    def elsewhere() -> object:
        from aiohttp import web

        user = {"id": "UX", "team_id": "T99", "is_admin": True, "is_stranger": True}
        return web.json_response({"ok": True, "user": user})

    trusted.slack.refuse["users.info"] = [elsewhere]  # type: ignore[list-item]
    await trusted.command("settings language es", person="UX")
    await until(lambda: trusted.slack.ephemerals)
    assert "admins" in words_of(trusted.slack.ephemerals[0])


async def test_an_admin_of_the_organisation_is_one_in_each_of_its_workspaces(trusted: Bench) -> None:
    def grid() -> object:
        from aiohttp import web

        user = {
            "id": "UG",
            "team_id": "E1",
            "is_owner": True,
            "enterprise_user": {"id": "UG", "teams": [TEAM]},
        }
        return web.json_response({"ok": True, "user": user})

    trusted.slack.refuse["users.info"] = [grid]  # type: ignore[list-item]
    await trusted.command("settings language en", person="UG")
    await until(lambda: trusted.slack.messages)


async def test_what_a_channel_watches_is_not_shown_in_another(trusted: Bench) -> None:
    await trusted.command("watch add 9.9.9.9:25 every 1h", person=ADMIN)
    await trusted.settled()
    await trusted.command("watch list", channel=OTHER_CHANNEL, person=ADMIN)
    await trusted.settled()
    assert "9.9.9.9" not in words_of((trusted.slack.messages + trusted.slack.ephemerals)[-1])
    await trusted.event(trusted.slack.said("watch list", channel=DIRECT, person=ADMIN))
    await trusted.settled()
    assert "9.9.9.9" not in words_of(trusted.slack.messages[-1])
