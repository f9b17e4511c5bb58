"""Commands about reports, the report itself, and the card that a schedule posts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.cards.model import Attachment, Bullets, Card, Chart, Reply, Table
from bot.cards.plaintext import render_plain, text_of
from bot.commands.posting import card_of
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.request import Person
from bot.model.value import replace
from bot.probes import together
from bot.watches.report import Report
from bot.watches.schedule import turn_over
from tests.support.outcomes import closed, good
from tests.support.watching import ELSEWHERE, PLACE, Channel, certificate


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    async def probe(endpoint: Endpoint, *rest: object) -> EndpointOutcome:
        made: Callable[..., EndpointOutcome] = good if endpoint.port in (25, 465, 587, 993) else closed
        return replace(made(endpoint.port), endpoint=endpoint)

    monkeypatch.setattr(together, "probe_endpoint", probe)
    made = Channel()
    made.tools = replace(made.tools, ehlo_name=lambda: "probe.test")
    return made


def next_lines(reply: Reply) -> list[str]:
    (times,) = [block for block in reply.card.blocks if isinstance(block, Bullets)]
    return [text_of(item) for item in times.items]


async def reports(channel: Channel) -> tuple[Report, ...]:
    return await (await channel.tools.stores()).reports.of_channel(PLACE.workspace, PLACE.channel)


# ---- adding


async def test_the_answer_repeats_the_rule_the_zone_and_the_next_three_times(channel: Channel) -> None:
    reply = await channel.ask("report add every Monday at 09:00 Europe/Madrid for example.com, example.org")
    text = render_plain(reply.card)
    assert "Report #1 comes every Monday at 09:00 (Europe/Madrid)" in text
    assert "example.com, example.org" in text
    assert next_lines(reply) == [
        "Mon 30 Nov 2026, 09:00 CET", "Mon 7 Dec 2026, 09:00 CET", "Mon 14 Dec 2026, 09:00 CET",
    ]  # fmt: skip
    (report,) = await reports(channel)
    assert (report.cron, report.timezone, report.targets) == (
        "0 9 * * 1",
        "Europe/Madrid",
        ("example.com", "example.org"),
    )


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        pytest.param("daily at 8:30", "every day at 08:30", id="daily"),
        pytest.param("every weekday at 9 and 17", "Monday to Friday at 09:00 and 17:00", id="twice a day"),
        pytest.param("0 9 * * 1", "every Monday at 09:00", id="cron"),
        pytest.param("*/15 * * * *", "every 15 minutes", id="cron with steps"),
        pytest.param("every minute", "every minute", id="every minute"),
        pytest.param(
            "first monday of the month at 10", "every first Monday of the month at 10:00", id="first"
        ),
        pytest.param("last friday of each month", "every last Friday of the month at 09:00", id="last"),
        pytest.param("monthly on the 1st at 7", "on day 1 of every month at 07:00", id="a day of the month"),
        pytest.param("tuesdays and fridays at 6pm", "every Tuesday and Friday at 18:00", id="two days"),
        pytest.param("17 3 1-7 1,7 *", "by the rule 17 3 1-7 1,7 *", id="no plain words"),
    ],
)
async def test_rules_in_words(channel: Channel, words: str, rule: str) -> None:
    assert f"Report #1 comes {rule} (UTC)" in await channel.say(f"report add {words}")


async def test_in_spanish_with_the_channels_zone(channel: Channel) -> None:
    await channel.ask("settings language es")
    await channel.ask("settings timezone Europe/Madrid")
    text = await channel.say("report add cada lunes y jueves a las 9 para example.com")
    assert "El informe #1 llega cada lunes y jueves a las 09:00 (Europe/Madrid)" in text
    assert "jue 26 nov 2026, 09:00 CET" in text


@pytest.mark.parametrize("zone", ["europe/madrid", "Europe/Madrid"])
async def test_zones_as_people_write_them(channel: Channel, zone: str) -> None:
    await channel.ask("", command=("report", "add"), arguments={"when": "daily at 9", "timezone": zone})
    assert (await reports(channel))[0].timezone == "Europe/Madrid"


async def test_named_options_may_hold_whole_sentences(channel: Channel) -> None:
    words = {"when": "every Monday at 9 Europe/Madrid for example.com"}
    await channel.ask("", command=("report", "add"), arguments=words)
    (report,) = await reports(channel)
    assert (report.timezone, report.targets) == ("Europe/Madrid", ("example.com",))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("", "needs when", id="nothing"),
        pytest.param("whenever", "no time for a report", id="no rule"),
        pytest.param("0 25 * * *", "`25` is no hour", id="a bad hour"),
        pytest.param("61 9 * * *", "is no minute", id="a bad minute"),
        pytest.param("0 9 * *", "has 4 fields", id="four fields"),
        pytest.param("0 9 30 2 *", "never comes", id="no such day"),
        pytest.param("every 7 minutes", "does not divide", id="an odd step"),
        pytest.param("daily at 9:00 and 17:30", "different minutes", id="different minutes"),
        pytest.param("daily at 9 Europe/Atlantis", "no time zone", id="a bad zone"),
        pytest.param("daily at 9 for 10.0.0.1", "not a public address", id="a private target"),
        pytest.param("daily at 9 for example.com:22", "not a mail port", id="another port"),
    ],
)
async def test_what_is_wrong_is_one_clear_line(channel: Channel, words: str, said: str) -> None:
    reply = await channel.ask(f"report add {words}")
    assert said.replace("`", "") in reply.card.summary
    assert reply.card.private
    assert len(render_plain(reply.card).strip().splitlines()) == 1
    assert await reports(channel) == ()


# ---- listing, pausing, removing


async def test_an_empty_list_says_how_to_begin(channel: Channel) -> None:
    assert "report add every Monday at 09:00" in (await channel.ask("report list")).card.summary


async def test_the_list(channel: Channel) -> None:
    await channel.ask("report add every Monday at 9")
    await channel.ask("report add daily at 8 for example.com")
    await channel.ask("report pause #2")
    text = await channel.say("report list")
    assert "all watches of this channel" in text
    assert "every day at 08:00 (UTC)" in text
    assert "paused" in text


async def test_pausing_and_resuming(channel: Channel) -> None:
    await channel.ask("report add daily at 9")
    await channel.ask("report pause 1")
    assert (await reports(channel))[0].paused
    channel.clock.move(3 * 86400)
    assert "Sat 28 Nov 2026, 09:00 UTC" in await channel.say("report resume #1")


async def test_removing_asks_first(channel: Channel) -> None:
    await channel.ask("report add daily at 9")
    (button,) = (await channel.ask("report remove #1")).card.buttons
    assert (button.label, button.command, button.confirmed) == ("Remove", "report remove #1", True)
    assert len(await reports(channel)) == 1
    await channel.ask(button.command, confirmed=True)
    assert await reports(channel) == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("report run #9", "There are: #1 every day at 09:00"),
        ("report run #2", "is a watch, not a report"),
        ("report pause first", "Right would be #3"),
    ],
)
async def test_wrong_numbers(channel: Channel, words: str, said: str) -> None:
    await channel.ask("report add daily at 9")
    await channel.ask("watch add example.com")
    assert said in (await channel.ask(words)).card.summary


async def test_another_channels_report_is_not_there(channel: Channel) -> None:
    await channel.ask("report add daily at 9")
    assert "no reports yet" in (await channel.ask("report run #1", place=ELSEWHERE)).card.summary


async def test_only_those_who_may_add(channel: Channel) -> None:
    assert (await channel.ask("report add daily at 9", person=Person(id="U2"))).card.private


# ---- the report


async def outage(channel: Channel) -> None:
    """A day of two watches: one fails for an hour and recovers."""
    await channel.ask("watch add example.com")
    await channel.ask("watch add example.org")
    await channel.ask("report add daily at 9")
    channel.clock.move(90)
    await channel.letters("....xxxx....", certificate=certificate(channel, 89))


def chart_of(card: Card) -> Chart:
    (chart,) = [block for block in card.blocks if isinstance(block, Chart)]
    return chart


async def test_a_report_tells_all(channel: Channel) -> None:
    await outage(channel)
    reply = await channel.ask("report run #3")
    text = render_plain(reply.card)
    assert reply.card.title == "Report #3: 2 targets, all fine"
    assert "2 of 2 targets work. Uptime 66.66 %, 2 incidents." in text
    assert "This is the first of this report" in text
    (table,) = [block for block in reply.card.blocks if isinstance(block, Table)]
    assert table.rows[0] == ("example.com", "all right", "66.66 %", "40 ms", "40 ms", "87 days")
    assert "SPF ok, DMARC none, MTA-STS none, DANE ok" in text
    assert "24 Nov 13:01 – 24 Nov 14:01 (1 h)" in text
    assert "Nothing listens on port" in text
    assert "every day at 09:00 (UTC)" in text
    chart = chart_of(reply.card)
    assert [strip.label for strip in chart.strips] == ["example.com", "example.org"]
    assert "d" in chart.strips[0].states
    assert None in [value for _, value in chart.points]
    assert "median 40 ms" in chart.alt
    assert "example.com 66.66 %" in chart.alt


async def test_the_next_one_tells_what_changed(channel: Channel) -> None:
    await outage(channel)
    await channel.ask("report run #3")
    channel.clock.move(60)
    assert "Nothing has changed" in await channel.say("report run #3")
    await channel.letters("xx")
    await channel.ask("watch add mx.example.com")
    await channel.ask("watch remove #2", confirmed=True)
    text = await channel.say("report run #3")
    assert text.startswith("Report #3: 1 of 2 targets broken")
    assert "example.com: was all right, is now broken" in text
    assert "example.com: new: Nothing listens on port 25" in text
    assert "mx.example.com is new in this report" in text
    assert "example.org is not in this report any more" in text


async def test_what_is_not_watched_is_checked_for_it(channel: Channel) -> None:
    await channel.ask("report add daily at 9 for mail.example.net")
    reply = await channel.ask("report run #1")
    text = render_plain(reply.card)
    assert "Checked just now for this report: mail.example.net" in text
    chart = chart_of(reply.card)
    assert len(chart.points) == 1
    assert chart.strips[0].states in ("u", "w")


async def test_what_has_never_run_is_checked_for_it(channel: Channel) -> None:
    await channel.ask("watch add mail.example.net")
    await channel.ask("report add daily at 9")
    chart = chart_of((await channel.ask("report run #2")).card)
    assert len([value for _, value in chart.points if value is not None]) == 1


async def test_a_target_that_leads_inside_is_not_probed(channel: Channel) -> None:
    stores = await channel.tools.stores()
    await channel.ask("report add daily at 9 for example.com")
    (report,) = await reports(channel)
    await stores.reports.change(
        replace(report, targets=("inside.example.com",)), person="U1", action="x", now=channel.clock.now()
    )
    reply = await channel.ask("report run #1")
    assert "Whether inside.example.com works could not be told" in render_plain(reply.card)
    assert chart_of(reply.card).strips[0].states == "?"


async def test_with_nothing_to_tell_it_says_so_kindly(channel: Channel) -> None:
    await channel.ask("report add daily at 9")
    reply = await channel.ask("report run #1")
    assert reply.card.title == "Report #1: nothing to report yet"
    assert "watch add example.com every 15m" in render_plain(reply.card)


async def test_csv_on_request(channel: Channel) -> None:
    await outage(channel)
    assert "report run #3 csv" in [
        button.command for button in (await channel.ask("report run #3")).card.buttons
    ]
    reply = await channel.ask("report run 3 csv")
    (file,) = [block for block in reply.card.blocks if isinstance(block, Attachment)]
    assert file.name == "report-3.csv"
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert [row["target"] for row in rows] == ["example.com", "example.org"]
    assert rows[0]["uptime_percent"] == "66.666"
    assert rows[0]["down_seconds"] == "3600"


async def test_in_the_zone_and_language_that_hold(channel: Channel) -> None:
    await channel.ask("settings language es")
    await outage(channel)
    await channel.ask("report add daily at 9 America/New_York")
    text = await channel.say("report run #4")
    assert "Informe #4: 2 objetivos, todo bien" in text
    assert "EST" in text
    assert "{" not in text


async def test_the_post_of_a_schedule(channel: Channel) -> None:
    await outage(channel)
    (report,) = await reports(channel)
    missed = (datetime.fromisoformat("2026-11-20T09:00:00+00:00"),)
    assert report.next_at is not None
    turnover = turn_over(replace(report, missed=missed), report.next_at)
    assert turnover.message is not None
    channel.clock.time = report.next_at + timedelta(seconds=2)
    card = await card_of(turnover.message, channel.tools)
    assert card is not None
    text = render_plain(card)
    assert "Report #3" in card.title
    assert "Not posted, because Mailport did not run then: 20 Nov 09:00" in text
    again = await card_of(turnover.message, channel.tools)
    assert again is not None
    assert render_plain(again) == text  # a second sending says the same, not "nothing changed"


async def test_a_removed_report_is_not_posted(channel: Channel) -> None:
    await channel.ask("report add daily at 9")
    (report,) = await reports(channel)
    assert report.next_at is not None
    message = turn_over(report, report.next_at).message
    assert message is not None
    await channel.ask("report remove #1", confirmed=True)
    assert await card_of(message, channel.tools) is None


async def test_documents_are_json(channel: Channel) -> None:
    await outage(channel)
    for words in ("report list", "report run #3", "report pause #3"):
        document: Any = (await channel.ask(words)).document
        assert json.loads(json.dumps(document))["schema"].startswith("mailport.report")
