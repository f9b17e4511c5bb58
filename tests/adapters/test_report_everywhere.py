"""A report of one, of many, and of hostile targets on every platform: within limits, with a chart, in few messages."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from rich.console import Console

from adapters.discord import limits as discord_limits
from adapters.discord.render import render_messages
from adapters.picture import chart_png
from adapters.slack.render import render_card
from adapters.terminal.render import render_card as print_card
from adapters.web.render import render_html
from bot.cards.model import Card
from bot.cards.report import report_card
from bot.cards.report_csv import report_csv
from bot.commands.posting import manner_for
from bot.model.verdict import Word
from bot.watches.figures import Figures, State
from bot.watches.history import Incident
from bot.watches.report import Report
from bot.watches.summary import Change, Row, Summary
from tests.bot.cards.test_verdict import HOSTILE
from tests.support.slack_blocks import faults, living_texts, words_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WORDS: tuple[Word, ...] = get_args(Word)
STATES: tuple[State, ...] = get_args(State)


def row(number: int, name: str = "", slots: int = 84) -> Row:
    target = name or f"mx{number}.department-{number}.example.com:25"
    finding = ["cert-expired", "critical", target, {"port": "25"}]
    incident = Incident(
        watch_id=number, began_at=NOW - timedelta(hours=number + 2), ended_at=NOW, reason="port-refused"
    )
    return Row(
        target=target,
        vantage="local" if number % 3 else "eu",
        number=number if number % 4 else None,
        word=WORDS[number % 4],
        figures=Figures(runs=672, uptime=99.123 - number, median_ms=41.5, p95_ms=1999.0),
        states=tuple(STATES[(slot + number) % 5] for slot in range(slots)),
        values=tuple(None if (slot + number) % 5 else 30.0 + slot for slot in range(slots)),
        certificate_ends=NOW + timedelta(days=number),
        policies={"spf": "ok", "dmarc": "none", "mta_sts": "policy-cert-invalid", "dane": "unknown"},
        findings=(finding,) * (number % 4),
        incidents=(incident,) * (number % 3),
        why=HOSTILE if name else "",
    )


def summary(count: int, name: str = "", slots: int = 84) -> Summary:
    report = Report(
        id=1, number=3, workspace="slack:T1", channel="C1", cron="0 9 * * 1", timezone="Europe/Madrid", targets=(),
        grace_s=1.0, created_at=NOW, created_by="U1", next_at=NOW,
    )  # fmt: skip
    rows = tuple(row(number, name, slots) for number in range(count))
    changes = tuple(Change(one.target, "came", finding=f"cert-expired {one.target}") for one in rows)
    return Summary(
        report=report,
        since=NOW - timedelta(days=7),
        until=NOW,
        starts=tuple(NOW - timedelta(hours=2 * (slots - slot)) for slot in range(slots)),
        rows=rows,
        changes=changes,
        missed=(NOW - timedelta(days=7),),
    )


CASES = [
    pytest.param(summary(1, slots=1), id="one target, one point"),
    pytest.param(summary(4), id="four"),
    pytest.param(summary(60), id="sixty"),
    pytest.param(summary(3, HOSTILE), id="hostile"),
]


def card_of(given: Summary, language: str) -> Card:
    return report_card(given, manner_for(language, "Europe/Madrid"), report_csv(given))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("given", CASES)
def test_slack(given: Summary, language: str) -> None:
    rendered = render_card(card_of(given, language))
    shown: list[Any] = [block for message in rendered.messages for block in message.blocks]
    for message in rendered.messages:
        assert faults(list(message.blocks)) == []
    assert living_texts({"blocks": [block for block in shown if block["type"] != "context"]}) == []
    assert sum(block["type"] == "data_visualization" for block in shown) == 1
    assert len(rendered.messages) <= 3
    assert [file.name for file in rendered.files][-1] == "report-3.csv"
    assert "#3" in words_of({"blocks": shown})
    assert "#3" in rendered.messages[0].text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("given", CASES)
def test_discord(given: Summary, language: str) -> None:
    messages = render_messages(card_of(given, language), chart_png)
    assert len(messages) <= discord_limits.MESSAGES
    files = [file for message in messages for file in message.files]
    assert sum(file.filename.startswith("chart") for file in files) == 1
    assert any(file.filename == "report-3.csv" for file in files)
    (picture,) = [file for file in files if file.filename.startswith("chart")]
    assert picture.description  # the words for those who cannot see it
    for message in messages:
        assert sum(len(embed) for embed in message.embeds) <= discord_limits.EMBED_TOTAL


@pytest.mark.parametrize("given", CASES)
def test_browser_and_terminal(given: Summary) -> None:
    html = render_html(card_of(given, "en"))
    assert "<svg" in html
    assert "<script" not in html
    stream = io.StringIO()
    print_card(card_of(given, "en"), Console(file=stream, width=100))
    assert "Report #3" in stream.getvalue()
    assert "\x1b]" not in stream.getvalue()
