"""A month of alerts: how many, of which kind, each justified, and the page that says so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bot.watches.grouping import while_uplink_lost
from bot.watches.observation import Observation
from deploy import alert_month
from deploy.alert_month import Month, simulate
from deploy.alerts_page import why

PAGE = Path(__file__).parents[2] / "docs/alerts.md"


@pytest.fixture(scope="module")
def month() -> Month:
    return simulate()


def test_the_messages_of_the_month(month: Month) -> None:
    assert month.runs == 28_800
    assert month.failed > 300
    kinds = Counter(message.payload["kind"] for _, message in month.told)
    assert kinds == {
        "certificate": 4, "broke": 5, "recovered": 5, "still-broken": 2, "flapping": 1, "steady": 1,
        "lost": 1, "back": 1, "renewed": 1,
    }  # fmt: skip


def test_every_message_is_justified_and_listed(month: Month) -> None:
    page = PAGE.read_text("utf-8")
    for at, message in month.told:
        assert f"| {why(at, message)} |" in page


def test_nothing_is_told_twice(month: Month) -> None:
    keys = [message.key for _, message in month.told]
    assert len(keys) == len(set(keys))


def test_while_our_own_network_is_gone_only_that_is_told(month: Month) -> None:
    start, end = alert_month.UPLINK
    inside = [
        message.payload["kind"] for at, message in month.told if start <= at <= end + 2 * alert_month.STEP
    ]
    assert inside == ["lost", "back"]


def test_a_network_that_is_never_lost_would_have_cost_a_message_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control targets are what keeps ten watches quiet: believed, each outage is told."""

    def believed(seen: Observation) -> Observation:
        return seen

    assert callable(while_uplink_lost)
    monkeypatch.setattr(alert_month, "while_uplink_lost", believed)
    start, end = alert_month.UPLINK
    told = [message for at, message in simulate().told if start <= at <= end + 2 * alert_month.STEP]
    assert [message.payload["kind"] for message in told if message.type == "group"] == ["broke", "recovered"]
