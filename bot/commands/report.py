"""`report add`, `list`, `run`, `pause`, `resume`, `remove`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.cards.model import (
    Block,
    Bullets,
    Button,
    Card,
    Facts,
    Heading,
    Paragraph,
    Pending,
    Reply,
    Table,
    Text,
    plain,
    rich,
)
from bot.cards.moment import show_moment
from bot.cards.plaintext import text_of
from bot.cards.report import report_card
from bot.cards.report_csv import report_csv
from bot.cards.rule import rule_words
from bot.cards.watch import channel_words
from bot.commands.admission import admit
from bot.commands.definition import Call
from bot.commands.posting import manner_for
from bot.commands.report_build import build_report
from bot.errors import BadInput, NotFound
from bot.i18n import say, template
from bot.model.target import Target
from bot.model.value import replace
from bot.watches.report import Report, ReportDraft
from bot.watches.schedule import next_time, next_times, parse_schedule
from bot.watches.stores import Stores
from bot.watches.summary import Row, Summary
from bot.watches.watch import Draft, find_watches

MAX_REPORTS = 50
SHOWN_TIMES = 3


async def add(call: Call) -> Reply:
    """Post a report here by a rule, in words or as cron; the answer repeats it with its next times.

    Raises:
        BadInput: What is wrong with the rule, the zone or the targets.
        TargetRefused: A target must not be probed.
    """
    cron = parse_schedule(call.need("when", str))
    timezone = call.get("timezone", str) or call.timezone
    now = call.tools.clock.now()
    targets = [target for target in call.get("targets", tuple) or () if isinstance(target, Target)]
    names = tuple(dict.fromkeys(str(target) for target in targets))
    admitted = await admit([Draft(target=name) for name in names], call.tools)
    if admitted.refused:
        raise admitted.refused[0].problem
    stores, own = await _reports_here(call)
    if len(own) >= MAX_REPORTS:
        raise BadInput("report-limit", limit=MAX_REPORTS)
    draft = ReportDraft(cron=cron, timezone=timezone, targets=names, next_at=next_time(cron, timezone, now))
    place, person = call.request.place, call.request.person.id
    report = await stores.reports.add(place, draft, person=person, now=now)
    return _changed(call, report, "add")


async def _reports_here(call: Call) -> tuple[Stores, tuple[Report, ...]]:
    place = call.request.place
    stores = await call.tools.stores()
    return stores, await stores.reports.of_channel(place.workspace, place.channel)


async def _find(call: Call) -> tuple[Stores, Report]:
    """The report that the option `id` names.

    Raises:
        NotFound: `report-none`, `report-unknown` with those there are, `report-is-watch`.
    """
    number = call.need("id", int)
    stores, own = await _reports_here(call)
    found = next((report for report in own if report.number == number), None)
    if found is not None:
        return stores, found
    if find_watches(await stores.watches.of_workspace(call.request.place.workspace), str(number)):
        raise NotFound("report-is-watch", number=number)
    if not own:
        raise NotFound("report-none", command=call.command.name)
    near = sorted(own, key=lambda report: abs(report.number - number))[:5]
    shown = ", ".join(f"#{one.number} {rule_words(one.cron, call.language)}" for one in near)
    raise NotFound("report-unknown", number=number, near=shown.replace("`", ""))


async def list_(call: Call) -> Reply:
    """The channel's reports with their rules and next times."""
    _, own = await _reports_here(call)
    language = call.language
    document = {"schema": "mailport.reports/1", "reports": [report_document(one) for one in own]}
    if not own:
        text = rich(template(language, "report.empty-list"))
        card = Card(
            title="", blocks=(Paragraph(text),), summary=text_of(text, links=False), language=language
        )
        return Reply(card=card, document=document)
    columns = tuple(say(language, f"report.column-{name}") for name in ("number", "when", "targets", "next"))
    rows = tuple(_list_row(report, language) for report in own)
    title = say(language, "report.list-title-one" if len(own) == 1 else "report.list-title", count=len(own))
    card = Card(title=title, blocks=(Table(columns, rows),), summary=title, language=language)
    return Reply(card=card, document=document)


def _list_row(report: Report, language: str) -> tuple[str, ...]:
    due = say(language, "report.paused")
    if report.next_at is not None:
        due = show_moment(report.next_at, language, report.timezone)
    rule = rule_words(report.cron, language).replace("`", "")
    return f"#{report.number}", f"{rule} ({report.timezone})", _targets(report, language), due


def _targets(report: Report, language: str) -> str:
    return ", ".join(report.targets) or say(language, "report.all-watches")


async def run(call: Call) -> Reply:
    """A report now, into the answer; `csv` sends the figures along."""
    _, report = await _find(call)

    async def tell(target: str, done: int, total: int) -> None:
        text = rich(template(call.language, "settings-card.progress"), {"place": target})
        await call.progress(Pending(text, done, total))

    now = call.tools.clock.now()
    summary = await build_report(report, call.tools, now, report.missed, tell)
    csv = report_csv(summary) if call.get("format", str) == "csv" else None
    card = report_card(summary, manner_for(call.language, report.timezone), csv)
    return Reply(card=card, document=summary_document(summary))


async def pause(call: Call) -> Reply:
    """No more posts for now."""
    stores, report = await _find(call)
    return await _change(call, stores, replace(report, next_at=None), "pause")


async def resume(call: Call) -> Reply:
    """Posts again, from the next time of its rule on."""
    stores, report = await _find(call)
    if report.paused:
        due = next_time(report.cron, report.timezone, call.tools.clock.now())
        report = replace(report, next_at=due)
    return await _change(call, stores, report, "resume")


async def _change(call: Call, stores: Stores, report: Report, action: str) -> Reply:
    person, now = call.request.person.id, call.tools.clock.now()
    if not await stores.reports.change(report, person=person, action=f"report {action}", now=now):
        raise NotFound("report-gone")
    return _changed(call, report, action)


async def remove(call: Call) -> Reply:
    """Remove a report, after asking."""
    stores, report = await _find(call)
    if not call.request.confirmed:
        command = f"report remove #{report.number}"
        label = say(call.language, "button.remove")
        button = Button(label=label, command=command, style="danger", confirmed=True)
        return Reply(card=_said(call, report, "ask-remove", buttons=(button,)))
    if not await stores.reports.remove(report, person=call.request.person.id, now=call.tools.clock.now()):
        raise NotFound("report-gone")
    document = {"schema": "mailport.removed/1", "number": report.number}
    return Reply(card=_said(call, report, "done-remove"), document=document)


def _said(
    call: Call, report: Report, key: str, blocks: Sequence[Block] = (), buttons: tuple[Button, ...] = ()
) -> Card:
    rule = rule_words(report.cron, call.language).replace("`", "")
    values = {"number": report.number, "rule": rule, "zone": report.timezone}
    text = rich(template(call.language, f"report.{key}"), values)
    return Card(
        title="",
        tone="warning" if buttons and key == "ask-remove" else "good",
        blocks=(Paragraph(text), *blocks),
        buttons=buttons,
        summary=text_of(text, links=False),
        language=call.language,
    )


def _changed(call: Call, report: Report, action: str) -> Reply:
    """What was done, the rule in words, its zone, its targets, and the next three times."""
    language, number = call.language, report.number
    rule: Text = rich(rule_words(report.cron, language))
    rows: list[tuple[str, Text]] = [
        (say(language, "report.when"), rule),
        (say(language, "report.zone"), plain(report.timezone)),
        (say(language, "report.targets"), plain(_targets(report, language))),
        (say(language, "report.posts-to"), plain(channel_words(report.workspace, language))),
    ]
    blocks: list[Block] = [Facts(tuple(rows))]
    if report.next_at is not None:
        times = (report.next_at, *next_times(report.cron, report.timezone, report.next_at, SHOWN_TIMES - 1))
        blocks.append(Heading(say(language, "report.next")))
        blocks.append(Bullets(tuple(plain(show_moment(at, language, report.timezone)) for at in times)))
    turn = "resume" if report.paused else "pause"
    buttons = (
        Button(label=say(language, "button.run-now"), command=f"report run #{number}"),
        Button(label=say(language, f"button.{turn}"), command=f"report {turn} #{number}"),
        Button(label=say(language, "button.remove"), command=f"report remove #{number}", style="danger"),
    )
    card = _said(call, report, f"done-{action}", blocks, buttons)
    return Reply(card=card, document={"schema": "mailport.reports/1", "reports": [report_document(report)]})


# ---- for scripts


def report_document(report: Report) -> Mapping[str, object]:
    """A report's rule as JSON."""
    times = []
    if report.next_at is not None:
        times = [report.next_at, *next_times(report.cron, report.timezone, report.next_at, SHOWN_TIMES - 1)]
    return {
        "number": report.number,
        "cron": report.cron,
        "timezone": report.timezone,
        "rule": rule_words(report.cron, "en").replace("`", ""),
        "targets": list(report.targets),
        "paused": report.paused,
        "next": [_stamp(at) for at in times],
    }


def summary_document(summary: Summary) -> Mapping[str, object]:
    """What a report says as JSON (`mailport.report/1`)."""
    return {
        "schema": "mailport.report/1",
        "report": summary.report.number,
        "since": _stamp(summary.since),
        "until": _stamp(summary.until),
        "targets": [_row_document(row) for row in summary.rows],
        "changes": None
        if summary.changes is None
        else [
            {name: getattr(one, name) for name in ("target", "kind", "before", "after", "finding")}
            for one in summary.changes
        ],
        "missed": [_stamp(at) for at in summary.missed],
    }


def _row_document(row: Row) -> Mapping[str, object]:
    return {
        "target": row.target,
        "vantage": row.vantage,
        "watch": row.number,
        "verdict": row.word,
        "uptime": row.figures.uptime,
        "runs": row.figures.runs,
        "median_ms": row.figures.median_ms,
        "p95_ms": row.figures.p95_ms,
        "certificate_ends": _stamp(row.certificate_ends),
        "policies": dict(row.policies),
        "findings": [{"id": one[0], "severity": one[1], "subject": one[2]} for one in row.findings],
        "incidents": [
            {"began_at": _stamp(one.began_at), "ended_at": _stamp(one.ended_at), "reason": one.reason}
            for one in row.incidents
        ],
    }


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at is not None else None
