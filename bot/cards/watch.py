"""Cards about watches: what was added, what there is, one in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.cards.alert import Manner, why_of
from bot.cards.model import (
    Block,
    Bullets,
    Button,
    Card,
    Facts,
    Note,
    Paragraph,
    Span,
    Table,
    Text,
    Tone,
    plain,
    rich,
)
from bot.cards.moment import show_length, show_moment, show_short
from bot.cards.plaintext import text_of
from bot.cards.verdict import shown_target
from bot.i18n import counted, has, say, template
from bot.model.duration import show_duration
from bot.model.value import frozen
from bot.model.verdict import Finding
from bot.watches.alert import AlertState
from bot.watches.standing import Standing, standing_of
from bot.watches.watch import Watch

MAX_ROWS = 60
MAX_SHOWN = 10
_TONES: Mapping[str, Tone] = {
    "new": "waiting", "up": "good", "warn": "warning", "down": "bad", "unknown": "unknown",
}  # fmt: skip


@frozen
class Seen:
    """A watch with what its runs found.

    Attributes:
        digest: What the last run found (`observation.digest`); None before the first.
    """

    watch: Watch
    state: AlertState
    digest: Mapping[str, Any] | None = None


def watch_buttons(watch: Watch, language: str) -> tuple[Button, ...]:
    """What one does with a watch next."""
    turn = (
        ("resume", f"watch resume #{watch.number}")
        if watch.paused
        else ("pause", f"watch pause #{watch.number}")
    )
    return (
        Button(label=say(language, "button.check-now"), command=f"check {watch.target}"),
        Button(label=say(language, "button.history"), command=f"history #{watch.number}"),
        Button(label=say(language, f"button.{turn[0]}"), command=turn[1]),
        Button(label=say(language, "button.remove"), command=f"watch remove #{watch.number}", style="danger"),
    )


def facts_of(watch: Watch, manner: Manner, now: datetime) -> Facts:
    """Target, interval, place, channel, thresholds, next check: what every answer repeats."""
    language = manner.language
    rows: list[tuple[str, Text]] = [
        (
            say(language, "watch.target"),
            (Span(shown_target(watch.target), "code"), Span(f" (#{watch.number})")),
        ),
        (say(language, "watch.every"), plain(show_duration(watch.interval_s))),
        (say(language, "watch.from"), plain(watch.vantage)),
        (say(language, "watch.channel"), plain(channel_words(watch.workspace, language))),
        (say(language, "watch.alerts"), plain(_alerts(watch, language))),
        (say(language, "watch.next"), plain(next_words(watch, manner, now))),
    ]
    return Facts(tuple(rows))


def channel_words(workspace: str, language: str) -> str:
    """Where alerts and reports go; those of the command line are told by `mailport serve`."""
    return say(language, "watch.the-terminal" if workspace == "local" else "watch.this-channel")


def _alerts(watch: Watch, language: str) -> str:
    key = "watch.alerts-one" if watch.failures == 1 else "watch.alerts-after"
    return say(language, key, failures=watch.failures, recoveries=watch.recoveries)


def next_words(watch: Watch, manner: Manner, now: datetime) -> str:
    """When it is checked next, in words."""
    if watch.next_due is None:
        return say(manner.language, "watch.mark-paused")
    if watch.next_due <= now:
        return say(manner.language, "watch.next-now")
    moment = show_moment(watch.next_due, manner.language, manner.timezone)
    return say(manner.language, "watch.next-in", moment=moment, left=show_length(watch.next_due - now))


def changed_card(watch: Watch, key: str, manner: Manner, now: datetime, **values: object) -> Card:
    """A watch after somebody changed it: what was done (`watch.done-<key>`), and how it is now.

    Args:
        values: Fill the sentence; `target` and `number` are always there.
    """
    filled = {"target": shown_target(watch.target), "number": watch.number, **values}
    text = rich(template(manner.language, f"watch.done-{key}"), filled)
    return Card(
        title="",
        tone="good",
        blocks=(Paragraph(text), facts_of(watch, manner, now)),
        buttons=watch_buttons(watch, manner.language),
        summary=text_of(text, links=False),
        language=manner.language,
    )


def list_card(seen: Sequence[Seen], manner: Manner, now: datetime, lonely: Sequence[str]) -> Card:
    """All watches of a channel as a table.

    Args:
        lonely: Places without a living worker.
    """
    language = manner.language
    if not seen:
        return empty_card(language)
    standings = [standing_of(one.watch, one.state, now) for one in seen]
    broken = sum(standing.word == "down" for standing in standings)
    title = say(
        language, "watch.list-broken" if broken else "watch.list-fine", count=len(seen), broken=broken
    )
    rows = tuple(_row(one, how, manner, now) for one, how in zip(seen[:MAX_ROWS], standings, strict=False))
    columns = tuple(
        say(language, f"watch.column-{name}") for name in ("number", "target", "state", "every", "next")
    )
    tones = tuple(_TONES[how.word] for how in standings[:MAX_ROWS])
    blocks: list[Block] = [Table(columns, rows, tones)]
    if len(seen) > MAX_ROWS:
        blocks.append(Note(plain(say(language, "watch.more", count=len(seen) - MAX_ROWS))))
    blocks += lonely_notes(lonely, language)
    return Card(
        title=title,
        tone="bad" if broken else "plain",
        blocks=tuple(blocks),
        summary=title,
        language=language,
    )


def lonely_notes(lonely: Sequence[str], language: str) -> list[Block]:
    """A line per place that nobody probes from."""
    return [Note(rich(template(language, "watch.lonely"), {"vantage": vantage})) for vantage in lonely]


def empty_card(language: str) -> Card:
    """A channel that watches nothing yet."""
    text = rich(template(language, "watch.empty"))
    return Card(title="", blocks=(Paragraph(text),), summary=text_of(text, links=False), language=language)


def _row(seen: Seen, how: Standing, manner: Manner, now: datetime) -> tuple[str, ...]:
    watch = seen.watch
    place = "" if watch.vantage == "local" else f" ({watch.vantage})"
    due = (
        "–"
        if watch.next_due is None
        else show_short(max(watch.next_due, now), manner.language, manner.timezone)
    )
    return (
        f"#{watch.number}",
        shown_target(watch.target) + place,
        standing_words(how, manner, now),
        show_duration(watch.interval_s),
        due,
    )


def standing_words(how: Standing, manner: Manner, now: datetime) -> str:
    """How it stands, since when, and what qualifies it."""
    language = manner.language
    word = say(language, f"watch.state-{how.word}")
    if how.since is not None and how.word in ("down", "up", "warn"):
        word = say(language, "watch.state-since", word=word, length=show_length(now - how.since))
    return ", ".join([word, *(say(language, f"watch.mark-{extra}") for extra in how.extras)])


def show_card(seen: Seen, manner: Manner, now: datetime, lonely: Sequence[str]) -> Card:
    """One watch in detail."""
    watch, language = seen.watch, manner.language
    how = standing_of(watch, seen.state, now)
    words = standing_words(how, manner, now)
    title = f"{shown_target(watch.target)} (#{watch.number})"
    blocks: list[Block] = [Paragraph((Span(words, "bold"), *_why(seen, manner)))]
    blocks += _found(seen, manner)
    blocks.append(facts_of(watch, manner, now))
    blocks.append(Facts(tuple(_more_rows(seen, manner, now))))
    blocks += lonely_notes(lonely, language)
    buttons = watch_buttons(watch, language)
    if how.word == "down" and "acknowledged" not in how.extras:
        acknowledge = Button(label=say(language, "button.acknowledge"), command=f"watch ack #{watch.number}")
        buttons = (acknowledge, *buttons)
    return Card(
        title=title,
        tone=_TONES[how.word],
        blocks=tuple(blocks),
        buttons=buttons,
        summary=f"{title}: {words}",
        language=language,
    )


def _why(seen: Seen, manner: Manner) -> Text:
    if seen.state.last_word not in ("fail", "unknown"):
        return ()
    why = why_of({"reason": seen.state.last_reason, "target": seen.watch.target}, manner)
    return plain(f": {why}") if why else ()


def _found(seen: Seen, manner: Manner) -> list[Block]:
    findings = [
        Finding(
            id=str(one[0]), severity=one[1], subject=str(one[2]), details=dict(one[3]) if len(one) > 3 else {}
        )
        for one in (seen.digest or {}).get("findings", ())
        if one[1] != "info"
    ]
    if not findings:
        return []
    lines = [(*manner.in_words(one).title, Span(f" ({one.subject})")) for one in findings[:MAX_SHOWN]]
    if len(findings) > MAX_SHOWN:
        more, language = len(findings) - MAX_SHOWN, manner.language
        lines.append(plain(say(language, counted(language, "check.more-findings", more), count=more)))
    return [Bullets(tuple(lines))]


def _more_rows(seen: Seen, manner: Manner, now: datetime) -> list[tuple[str, Text]]:
    watch, state, language = seen.watch, seen.state, manner.language

    def moment(at: datetime) -> str:
        return show_moment(at, language, manner.timezone)

    rows: list[tuple[str, str]] = []
    if state.last_at is not None:
        took = f", {state.last_ms:.0f} ms" if state.last_ms is not None else ""
        rows.append(("last", moment(state.last_at) + took))
    if state.certificate_ends is not None:
        rows.append(("certificate", moment(state.certificate_ends)))
    rows.append(("reminder", say(language, "watch.every-length", length=show_duration(watch.reminder_s))))
    rows.append(("days", ", ".join(map(str, watch.certificate_days)) or say(language, "watch.never")))
    if watch.ignored:
        rows.append(("ignored", ", ".join(watch.ignored)))
    if watch.muted_until is not None and watch.muted_until > now:
        rows.append(("muted", moment(watch.muted_until)))
    rows += [
        ("window", f"{moment(window.start)} – {moment(window.end)}")
        for window in watch.windows
        if window.end > now
    ]
    known = watch.acknowledged
    if known is not None and known.incident == state.incident and state.status == "down":
        rows.append(("acknowledged", f"{known.person}, {moment(known.at)}: {known.reason}".rstrip(": ")))
    rows.append(("created", f"{moment(watch.created_at)}, {watch.created_by}"))
    return [(say(language, f"watch.{name}"), plain(value)) for name, value in rows]


def refused_lines(refused: Sequence[tuple[str, str, Mapping[str, object]]], language: str) -> Bullets:
    """Targets that were not taken, each with why: (target, error key, details)."""
    lines: list[Text] = []
    for target, key, details in refused:
        sentence = f"error.{key}" if has(language, f"error.{key}") else "error.generic"
        lines.append((Span(target, "code"), Span(": "), *rich(template(language, sentence), details)))
    return Bullets(tuple(lines))
