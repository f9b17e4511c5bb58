"""The card of a report: what works, what changed, figures per target, incidents, and always a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.cards.alert import Manner
from bot.cards.figures import incident_line, row_name, show_ms, show_percent
from bot.cards.model import (
    Attachment,
    Block,
    Bullets,
    Button,
    Card,
    Heading,
    Note,
    Paragraph,
    Table,
    Text,
    Tone,
    plain,
    rich,
)
from bot.cards.moment import show_moment, show_short
from bot.cards.plaintext import text_of
from bot.cards.report_chart import chart_of
from bot.cards.rule import rule_words
from bot.cards.verdict import TONES, shown_target
from bot.i18n import counted, say, template
from bot.model.verdict import Finding, Word
from bot.watches.summary import Change, Row, Summary

MAX_ROWS = 50
MAX_NAMED = 8
MAX_LINES = 12
_POLICIES = ("spf", "dmarc", "mta_sts", "dane")
_POLICY_NAMES = {"spf": "SPF", "dmarc": "DMARC", "mta_sts": "MTA-STS", "dane": "DANE"}


def report_card(summary: Summary, manner: Manner, csv: bytes | None = None) -> Card:
    """The card.

    Args:
        csv: The figures as a file, when they were asked for.
    """
    if not summary.rows:
        return _empty_card(summary, manner)
    language = manner.language
    words = summary_words(summary, manner)
    blocks: list[Block] = [Paragraph(plain(words)), *_missed(summary, manner), *_changes(summary, manner)]
    blocks += _figures(summary, manner)
    blocks.append(chart_of(summary, manner))
    blocks += _incidents(summary, manner)
    blocks += _findings(summary, manner)
    blocks.append(_period(summary, manner))
    if csv is not None:
        name = f"report-{summary.report.number}.csv"
        blocks.append(Note(rich(template(language, "report.csv"), {"name": name})))
        blocks.append(Attachment(name, csv, "text/csv"))
    return Card(
        title=_title(summary, language),
        tone=_tone(summary),
        blocks=tuple(blocks),
        buttons=_buttons(summary, language),
        summary=words,
        language=language,
    )


def _buttons(summary: Summary, language: str) -> tuple[Button, ...]:
    number = summary.report.number
    return (
        Button(label=say(language, "button.run-now"), command=f"report run #{number}"),
        Button(label=say(language, "button.csv"), command=f"report run #{number} csv"),
        Button(label=say(language, "button.watch-list"), command="watch list"),
    )


def _tone(summary: Summary) -> Tone:
    words = {row.word for row in summary.rows}
    order: tuple[Word, ...] = ("fail", "unknown", "warn", "pass")
    return TONES[next(word for word in order if word in words)]


def _title(summary: Summary, language: str) -> str:
    rows = summary.rows
    broken = sum(row.word == "fail" for row in rows)
    key = "title-broken" if broken else "title-unknown" if _named(rows, "unknown") else "title"
    if len(rows) == 1 and key != "title-unknown":
        key += "-one"
    return say(
        language, f"report.{key}", number=summary.report.number, count=len(rows), broken=broken,
        target=shown_target(rows[0].target),
    )  # fmt: skip


def _named(rows: Sequence[Row], word: Word) -> list[str]:
    return [shown_target(row.target) for row in rows if row.word == word]


def summary_words(summary: Summary, manner: Manner) -> str:
    """One sentence that alone would do."""
    language, rows = manner.language, summary.rows
    good = sum(row.word in ("pass", "warn") for row in rows)
    text = say(language, "report.summary", good=good, count=len(rows))
    if len(rows) == 1:
        text = say(language, f"report.summary-one-{rows[0].word}", target=row_name(rows[0]))
    else:
        text += _trouble(rows, language)
    uptimes = [row.figures.uptime for row in rows if row.figures.uptime is not None]
    if uptimes:
        text += say(language, "report.summary-uptime", uptime=show_percent(sum(uptimes) / len(uptimes)))
    incidents = sum(len(row.incidents) for row in rows)
    key = {0: "summary-no-incidents", 1: "summary-incident"}.get(incidents, "summary-incidents")
    return text + say(language, f"report.{key}", count=incidents) + "."


def _trouble(rows: Sequence[Row], language: str) -> str:
    """Which targets are broken, and of which it could not be told."""
    text = ""
    words: tuple[tuple[Word, str], ...] = (("fail", "broken"), ("unknown", "unknown"))
    for word, key in words:
        names = _named(rows, word)
        if names:
            more = ", …" if len(names) > MAX_NAMED else ""
            text += say(language, f"report.summary-{key}", names=", ".join(names[:MAX_NAMED]) + more)
    return text


def _missed(summary: Summary, manner: Manner) -> list[Block]:
    if not summary.missed:
        return []
    times = ", ".join(
        show_short(one, manner.language, manner.timezone) for one in summary.missed[-MAX_LINES:]
    )
    return [Note(rich(template(manner.language, "report.missed"), {"times": times}))]


def _changes(summary: Summary, manner: Manner) -> list[Block]:
    language = manner.language
    if summary.changes is None:
        return [Note(plain(say(language, "report.changes-first")))]
    if not summary.changes:
        return [Note(plain(say(language, "report.changes-none")))]
    lines = [_change(one, manner) for one in summary.changes[:MAX_LINES]]
    return [Heading(say(language, "report.changes")), _bullets(lines, len(summary.changes), language)]


def _change(change: Change, manner: Manner) -> Text:
    values: dict[str, object] = {"target": shown_target(change.target)}
    if change.kind == "word":
        values["before"] = say(manner.language, f"report.word-{change.before}")
        values["after"] = say(manner.language, f"report.word-{change.after}")
    elif change.finding:
        id_, _, subject = change.finding.partition(" ")
        values["finding"] = _title_of([id_, "info", subject], manner)
    return rich(template(manner.language, f"report.change-{change.kind}"), values)


def _bullets(lines: Sequence[Text], count: int, language: str) -> Bullets:
    """Lines with a last one that says how many were left out."""
    more = [plain(say(language, "report.more", count=count - len(lines)))] if count > len(lines) else []
    return Bullets((*lines, *more))


def _title_of(finding: Sequence[object], manner: Manner) -> str:
    details = finding[3] if len(finding) > 3 else {}
    assert isinstance(details, Mapping)
    known = Finding(id=str(finding[0]), severity="info", subject=str(finding[2]), details=dict(details))
    return text_of(manner.in_words(known).title, links=False)


# ---- figures


def _figures(summary: Summary, manner: Manner) -> list[Block]:
    language = manner.language
    names = ("target", "verdict", "uptime", "median", "p95", "certificate")
    columns = tuple(say(language, f"report.column-{name}") for name in names)
    rows = summary.rows[:MAX_ROWS]
    table = Table(
        columns,
        tuple(_figure_row(row, summary.until, language) for row in rows),
        tuple(TONES[row.word] for row in rows),
    )
    blocks: list[Block] = [table]
    if len(summary.rows) > MAX_ROWS:
        blocks.append(Note(plain(say(language, "report.more", count=len(summary.rows) - MAX_ROWS))))
    return [*blocks, *_policies(rows, language)]


def _figure_row(row: Row, now: datetime, language: str) -> tuple[str, ...]:
    return (
        row_name(row),
        say(language, f"report.word-{row.word}"),
        show_percent(row.figures.uptime),
        show_ms(row.figures.median_ms),
        show_ms(row.figures.p95_ms),
        _certificate(row.certificate_ends, now, language),
    )


def _certificate(ends: datetime | None, now: datetime, language: str) -> str:
    if ends is None:
        return "–"
    if ends <= now:
        return say(language, "report.over")
    days = (ends - now).days
    return say(language, counted(language, "report.days", days), days=days)


def _policies(rows: Sequence[Row], language: str) -> list[Block]:
    """Policies of the domains, one line each; hosts have none."""
    lines = [
        rich("`{target}`: {words}", {"target": row_name(row), "words": _policy_words(row)})
        for row in rows
        if row.policies
    ]
    if not lines:
        return []
    return [Heading(say(language, "report.policies")), _bullets(lines[:MAX_LINES], len(lines), language)]


def _policy_words(row: Row) -> str:
    return ", ".join(
        f"{_POLICY_NAMES[name]} {row.policies[name]}" for name in _POLICIES if name in row.policies
    )


# ---- incidents and findings


def _incidents(summary: Summary, manner: Manner) -> list[Block]:
    language = manner.language
    told = sorted(
        ((incident, row) for row in summary.rows for incident in row.incidents),
        key=lambda one: one[0].began_at,
        reverse=True,
    )
    if not told:
        return [Note(plain(say(language, "report.no-incidents")))]
    lines = [
        incident_line(incident, row_name(row), summary.until, manner) for incident, row in told[:MAX_LINES]
    ]
    return [Heading(say(language, "report.incidents")), _bullets(lines, len(told), language)]


def _findings(summary: Summary, manner: Manner) -> list[Block]:
    """What is wrong now, worst first."""
    told = [(row, one) for row in summary.rows for one in row.findings]
    told.sort(key=lambda one: one[1][1] != "critical")
    if not told:
        return []
    key = template(manner.language, "report.finding")
    lines = [
        rich(key, {"target": row_name(row), "title": _title_of(one, manner)}) for row, one in told[:MAX_LINES]
    ]
    heading = Heading(say(manner.language, "report.findings"))
    return [heading, _bullets(lines, len(told), manner.language)]


# ---- period, nothing at all


def _period(summary: Summary, manner: Manner) -> Note:
    report, language = summary.report, manner.language
    names = [row_name(row) for row in summary.rows]
    values = {
        "rule": rule_words(report.cron, language).replace("`", ""),
        "zone": report.timezone,
        "since": show_moment(summary.since, language, manner.timezone),
        "until": show_moment(summary.until, language, manner.timezone),
        "targets": ", ".join(names[:MAX_ROWS]) + (", …" if len(names) > MAX_ROWS else ""),
    }
    live = [row_name(row) for row in summary.rows if row.number is None]
    text = rich(template(language, "report.period"), values)
    if live:
        text = (*text, *plain(" "), *rich(template(language, "report.live"), {"targets": ", ".join(live)}))
    return Note(text)


def _empty_card(summary: Summary, manner: Manner) -> Card:
    text = rich(template(manner.language, "report.empty"))
    return Card(
        title=say(manner.language, "report.title-empty", number=summary.report.number),
        blocks=(Paragraph(text), *_missed(summary, manner)),
        summary=text_of(text, links=False),
        language=manner.language,
    )
