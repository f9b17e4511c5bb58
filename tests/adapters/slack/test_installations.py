"""Tokens of many workspaces: fresh for every send, renewed once, of organisations, taken away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.oauth.installation_store import Bot

from adapters.slack.parts import Parts
from bot.errors import NotFound
from bot.ports import Post
from tests.adapters.slack.conftest import Bench, make_adapter, settings_for
from tests.support.scripted import said
from tests.support.slack_standin import APP_TOKEN, BOT_ID, BOT_USER, CHANNEL, MEMBER, SlackStandIn
from tests.support.waiting import until

# slack_sdk 3.48 still uses it for oauth.v2.access.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


def bot(team: str | None, token: str, **more: Any) -> Bot:
    values: dict[str, Any] = {
        "app_id": "A1",
        "bot_id": BOT_ID,
        "bot_user_id": BOT_USER,
        "installed_at": time.time(),
    }
    return Bot(team_id=team, bot_token=token, **{**values, **more})


@pytest.fixture
async def many(slack: SlackStandIn) -> AsyncIterator[Bench]:
    """No token in the settings: all come from the store."""
    settings = settings_for(
        slack, slack_client_id="1.2", slack_client_secret="x", slack_bot_token=None, slack_app_token=APP_TOKEN
    )
    adapter = make_adapter(settings)
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    yield Bench(slack, adapter)
    await adapter.stop(2.0)


def parts_of(bench: Bench) -> Parts:
    assert bench.adapter._parts is not None
    return bench.adapter._parts


async def save(bench: Bench, saved: Bot) -> None:
    oauth = parts_of(bench).oauth
    assert oauth is not None
    await oauth.store.async_save_bot(saved)


async def alert(bench: Bench, team: str, key: str = "k1") -> None:
    await bench.adapter.post(Post(key=key, workspace=f"slack:{team}", channel=CHANNEL, card=said("broke")))


async def test_an_alert_goes_out_with_the_token_that_the_store_has_now(many: Bench) -> None:
    many.slack.tokens |= {"xoxb-old": "T2", "xoxb-new": "T2"}
    await save(many, bot("T2", "xoxb-old"))
    await alert(many, "T2")
    del many.slack.tokens["xoxb-old"]
    await save(many, bot("T2", "xoxb-new"))
    await alert(many, "T2", "k2")
    assert [one["team"] for one in many.slack.messages] == ["T2", "T2"]


async def test_workspaces_are_told_apart(many: Bench) -> None:
    many.slack.tokens |= {"xoxb-2": "T2", "xoxb-3": "T3"}
    await save(many, bot("T2", "xoxb-2"))
    await save(many, bot("T3", "xoxb-3"))
    many.answers_with(said("yes"))
    for team in ("T2", "T3"):
        payload = {**many.slack.event(many.slack.mention("hello")), "team_id": team}
        payload["authorizations"] = [
            {"team_id": team, "enterprise_id": None, "user_id": BOT_USER, "is_bot": True}
        ]
        await many.slack.acked(await many.slack.deliver("events_api", payload))
    await many.settled()
    assert sorted(one["team"] for one in many.slack.messages) == ["T2", "T3"]
    assert sorted(request.place.workspace for request in many.asked) == ["slack:T2", "slack:T3"]


async def test_a_token_about_to_expire_is_renewed_once_however_many_ask(many: Bench) -> None:
    many.slack.tokens["xoxe.xoxb-old"] = "T2"
    many.slack.refresh_tokens["xoxe-old"] = "T2"
    await save(
        many,
        bot("T2", "xoxe.xoxb-old", bot_refresh_token="xoxe-old", bot_token_expires_at=int(time.time()) + 60),
    )
    await asyncio.gather(*(alert(many, "T2", f"k{number}") for number in range(5)))
    assert many.slack.called()["oauth.v2.access"] == 1
    assert len(many.slack.messages) == 5
    assert "xoxe-old" not in many.slack.refresh_tokens


async def test_a_token_that_cannot_be_renewed_is_used_while_it_lasts(many: Bench) -> None:
    many.slack.tokens["xoxe.xoxb-old"] = "T2"
    await save(
        many,
        bot("T2", "xoxe.xoxb-old", bot_refresh_token="xoxe-gone", bot_token_expires_at=int(time.time()) + 60),
    )
    await alert(many, "T2")
    assert len(many.slack.messages) == 1


async def test_an_organisation_wide_installation_serves_its_workspaces_and_their_alerts(many: Bench) -> None:
    many.slack.tokens["xoxb-org"] = "T7"
    await save(many, bot(None, "xoxb-org", enterprise_id="E1", is_enterprise_install=True))
    with pytest.raises(NotFound):
        await alert(many, "T7")
    many.answers_with(said("yes"))
    await many.command("status", team_id="T7", enterprise_id="E1", is_enterprise_install="true")
    await many.settled()
    assert len(many.slack.messages) == 1
    assert many.asked[0].place.workspace == "slack:T7"
    await alert(many, "T7")  # the request has said to which organisation the workspace belongs
    assert len(many.slack.messages) == 2


async def test_a_workspace_of_an_organisation_with_its_own_installation(many: Bench) -> None:
    many.slack.tokens["xoxb-own"] = "T8"
    await save(many, bot("T8", "xoxb-own", enterprise_id="E1"))
    many.answers_with(said("yes"))
    await many.command("status", team_id="T8", enterprise_id="E1")
    await many.settled()
    await alert(many, "T8")
    assert len(many.slack.messages) == 2


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"type": "app_uninstalled"}, id="uninstalled"),
        pytest.param(
            {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}}, id="bot token revoked"
        ),
    ],
)
async def test_what_is_taken_away_is_forgotten_at_once(many: Bench, event: dict[str, object]) -> None:
    many.slack.tokens["xoxb-2"] = "T2"
    await save(many, bot("T2", "xoxb-2"))
    await alert(many, "T2")
    payload = {**many.slack.event(event), "team_id": "T2"}
    payload["authorizations"] = [
        {"team_id": "T2", "enterprise_id": None, "user_id": BOT_USER, "is_bot": True}
    ]
    await many.slack.acked(await many.slack.deliver("events_api", payload))
    await many.settled()
    with pytest.raises(NotFound):
        await alert(many, "T2", "k2")


async def test_a_persons_revoked_token_changes_nothing(many: Bench) -> None:
    many.slack.tokens["xoxb-2"] = "T2"
    await save(many, bot("T2", "xoxb-2"))
    event = {"type": "tokens_revoked", "tokens": {"oauth": [MEMBER], "bot": []}}
    payload = {**many.slack.event(event), "team_id": "T2"}
    await many.slack.acked(await many.slack.deliver("events_api", payload))
    await many.settled()
    await alert(many, "T2")
    assert len(many.slack.messages) == 1
