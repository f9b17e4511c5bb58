"""What is offered while somebody types: this channel's own, never another's; nothing when nothing is known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.discord.asked import Asked, Completing
from adapters.discord.complete import complete
from bot.errors import Unavailable
from bot.model.request import Place
from bot.model.value import replace
from bot.ports import Tools
from bot.settings import Settings
from bot.watches.report import ReportDraft
from bot.watches.stores import Stores
from bot.watches.watch import Draft
from tests.support.core import make_test_tools

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HERE = Place(platform="discord", workspace="discord:200", channel="300")


async def tools_with_watches() -> Tools:
    tools = make_test_tools(Settings(extra_ports=frozenset({2626})))
    stores = await tools.stores()
    drafts = (
        Draft(target="mx1.example.com:25"),
        Draft(target="mx2.example.com"),
        Draft(target="mx2.example.com", vantage="eu"),
        Draft(target=f"{'a' * 60}.{'b' * 50}.example"),
    )
    await stores.watches.add(HERE, drafts, person="1", now=NOW)
    elsewhere = replace(HERE, workspace="discord:201")
    await stores.watches.add(elsewhere, (Draft(target="secret.example.net"),), person="1", now=NOW)
    report = ReportDraft(cron="0 9 * * 1", timezone="Europe/Madrid", targets=(), next_at=NOW)
    await stores.reports.add(HERE, report, person="1", now=NOW)
    return tools


def typing(path: str, option: str, typed: str, locale: str = "en-US") -> Completing:
    asked = Asked(
        kind="command", id="1", token="t", guild="200", channel="300", person="1",
        command=tuple(path.split()), locale=locale,
    )  # fmt: skip
    return Completing(asked=asked, option=option, typed=typed)


@pytest.mark.parametrize(
    ("path", "option", "typed", "expected"),
    [
        pytest.param("watch show", "target", "mx1", ["mx1.example.com:25"], id="a watch by its target"),
        pytest.param("watch show", "target", "mx2", ["#2", "#3"], id="one target from two places"),
        pytest.param("watch show", "target", "#4", ["#4"], id="a target too long for a choice"),
        pytest.param("watch show", "target", "secret", [], id="nothing of another server"),
        pytest.param("check", "target", "mx1", ["mx1.example.com:25"], id="a watched target"),
        pytest.param(
            "report add", "targets", "a.example, mx1", ["a.example, mx1.example.com:25"], id="one more"
        ),
        pytest.param("report run", "id", "", ["#5"], id="a report"),
        pytest.param("watch add", "vantage", "", ["local", "eu"], id="places to probe from"),
        pytest.param("watch add", "every", "1", ["15m", "1h", "1d"], id="intervals"),
        pytest.param("watch mute", "time", "8", ["8h"], id="durations"),
        pytest.param("report add", "when", "every mon", ["every Monday at 09:00"], id="schedules"),
        pytest.param("check", "ports", "25,262", ["25,2626"], id="ports that the operator permits"),
        pytest.param("ask", "question", "x", [], id="a free text"),
        pytest.param("check", "unknown", "x", [], id="an option that is not there"),
        pytest.param("no such", "target", "x", [], id="a command that is not there"),
    ],
)
async def test_what_is_offered(path: str, option: str, typed: str, expected: list[str]) -> None:
    found = await complete(typing(path, option, typed), await tools_with_watches())
    wanted = [one for one in found if one["value"] in expected] if option == "every" else found
    assert [one["value"] for one in wanted] == expected


async def test_schedules_in_the_persons_language() -> None:
    found = await complete(typing("report add", "when", "lunes", "es-419"), await tools_with_watches())
    assert [one["value"] for one in found] == ["cada lunes a las 09:00"]


async def test_a_database_that_does_not_work_offers_nothing() -> None:
    async def broken() -> Stores:
        raise Unavailable("database-unavailable", why="gone")

    tools = replace(make_test_tools(), stores=broken)
    assert await complete(typing("watch show", "target", ""), tools) == []
