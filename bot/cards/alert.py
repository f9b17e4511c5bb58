"""The cards of what a channel is told without asking: alerts, groups of them, our own network.

Each says which target, since when, what is wrong and what to do. What a message holds is JSON that was
written some time ago, perhaps by an older version: whatever is absent is left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.cards.finding import InWords
from bot.cards.model import Block, Bullets, Button, Card, Note, Paragraph, Span, Text, Tone, plain, rich
from bot.cards.moment import show_length, show_moment
from bot.cards.plaintext import text_of
from bot.cards.verdict import findings_blocks, shown_target
from bot.i18n import has, say, template
from bot.model.value import frozen
from bot.model.verdict import Finding

MAX_MEMBERS = 15
MAX_TOLD = 3
_TONES: Mapping[str, Tone] = {
    "broke": "bad", "still-broken": "bad", "recovered": "good", "changed": "warning",
    "certificate": "warning", "renewed": "good", "flapping": "warning", "steady": "good",
    "blind": "unknown", "sighted": "good", "lost": "unknown", "back": "good", "gone": "unknown",
}  # fmt: skip
# These ask for somebody: only they can be acknowledged.
_CALLS = ("broke", "still-broken")


@frozen(kw_only=True)
class Manner:
    """How a channel is spoken to.

    Attributes:
        timezone: IANA name.
        in_words: Puts a finding into words of the language.
    """

    language: str
    timezone: str
    in_words: InWords


def alert_card(payload: Mapping[str, Any], manner: Manner) -> Card:
    """The card of one watch's news."""
    kind, language = _kind(payload), manner.language
    values = _values(payload, manner)
    text = rich(template(language, f"alert.text-{_text_key(kind, payload)}"), values)
    blocks = [Paragraph(text), *_body(kind, payload, manner, values)]
    title = say(language, f"alert.title-{_title_key(kind, payload)}", **values)
    return Card(
        title=title,
        tone="bad" if kind == "steady" and payload.get("down") else _TONES[kind],
        blocks=tuple(blocks),
        buttons=_buttons(kind, payload, language),
        summary=text_of(text, links=False),
        language=language,
    )


def group_card(payload: Mapping[str, Any], manner: Manner) -> Card:
    """The card of many watches with the same news."""
    kind, language = _kind(payload), manner.language
    members = [one for one in payload.get("members", ()) if isinstance(one, Mapping)]
    summary = say(language, f"alert.group-text-{kind}", count=len(members))
    blocks: list[Block] = [
        Paragraph(plain(summary)),
        Bullets(tuple(_member(kind, one, manner) for one in members[:MAX_MEMBERS])),
    ]
    if len(members) > MAX_MEMBERS:
        more = template(language, "alert.group-more")
        blocks.append(Note(rich(more, {"count": len(members) - MAX_MEMBERS})))
    return Card(
        title=say(language, f"alert.group-{kind}", count=len(members)),
        tone=_TONES[kind],
        blocks=tuple(blocks),
        buttons=_group_buttons(kind, language),
        summary=summary,
        language=language,
    )


def _group_buttons(kind: str, language: str) -> tuple[Button, ...]:
    shown = Button(label=say(language, "button.watch-list"), command="watch list")
    if kind not in _CALLS:
        return (shown,)
    return (
        Button(label=say(language, "button.acknowledge-all"), command="watch ack all"),
        Button(label=say(language, "button.mute-all"), command="watch mute all 1h"),
        shown,
    )


def own_card(subject: str, payload: Mapping[str, Any], manner: Manner) -> Card:
    """The card about Mailport itself: its network ("uplink") or a place without a worker ("vantage")."""
    kind, language = str(payload.get("kind", "")), manner.language
    values = _values(payload, manner)
    text = rich(template(language, f"alert.{subject}-text-{kind}"), values)
    buttons = (Button(label=say(language, "button.watch-list"), command="watch list"),)
    return Card(
        title=say(language, f"alert.{subject}-{kind}", **values),
        tone=_TONES[kind],
        blocks=(Paragraph(text),),
        buttons=buttons,
        summary=text_of(text, links=False),
        language=language,
    )


def _kind(payload: Mapping[str, Any]) -> str:
    return str(payload["kind"])


def _values(payload: Mapping[str, Any], manner: Manner) -> dict[str, object]:
    at, since, ends = (_moment(payload, name) for name in ("at", "since", "ends_at"))
    began = _moment(payload, "began")
    first, last = (began, since) if began is not None else (since, at)

    def shown(moment: datetime | None) -> str:
        return show_moment(moment, manner.language, manner.timezone) if moment is not None else "?"

    return {
        "target": shown_target(str(payload.get("target", "?"))),
        "number": payload.get("watch", "?"),
        "vantage": payload.get("vantage", "?"),
        "failures": payload.get("failures", ""),
        "watches": payload.get("watches", ""),
        "at": shown(at),
        "since": shown(since or at),
        "ends": shown(ends),
        "left": show_length(_left(at, ends)),
        "length": show_length(last - first) if last is not None and first is not None else "?",
    }


def _left(at: datetime | None, ends: datetime | None) -> timedelta:
    """Time until the end, in whole days while there are any."""
    if at is None or ends is None:
        return timedelta()
    left = ends - at
    return timedelta(days=left.days) if left.days > 0 else left


def _moment(payload: Mapping[str, Any], name: str) -> datetime | None:
    text = payload.get(name)
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _title_key(kind: str, payload: Mapping[str, Any]) -> str:
    if kind == "steady":
        return f"steady-{'down' if payload.get('down') else 'up'}"
    if kind == "certificate" and _is_over(payload):
        return "certificate-over"
    return kind


def _text_key(kind: str, payload: Mapping[str, Any]) -> str:
    if kind == "broke" and payload.get("failures") == 1:
        return "broke-one"
    if kind == "recovered" and payload.get("began"):
        return "recovered-after"
    if kind == "changed" and not payload.get("added"):
        return "changed-better"
    return _title_key(kind, payload)


def _is_over(payload: Mapping[str, Any]) -> bool:
    at, ends = _moment(payload, "at"), _moment(payload, "ends_at")
    return at is not None and ends is not None and ends <= at


def _body(
    kind: str, payload: Mapping[str, Any], manner: Manner, values: Mapping[str, object]
) -> Iterable[Block]:
    """What is wrong and what to do; of a change only the difference."""
    language, told = manner.language, findings_in(payload)
    if kind == "changed":
        yield from _difference(payload, told, manner)
    elif told:
        yield from findings_blocks(told[:MAX_TOLD], language, manner.in_words)
    elif kind in _CALLS:
        why = why_of(payload, manner)
        if why:
            yield Paragraph(rich(template(language, "alert.why"), {"why": why}))
    if kind in ("flapping", "blind") or (kind == "certificate" and not told):
        fix = rich(template(language, f"alert.fix-{kind}"), values)
        yield Paragraph((*rich(template(language, "check.fix")), Span(" "), *fix))


def _difference(payload: Mapping[str, Any], told: Sequence[Finding], manner: Manner) -> Iterable[Block]:
    known = {f"{one.id} {one.subject}" for one in told}
    yield from findings_blocks(told, manner.language, manner.in_words)
    untold = [one for one in payload.get("added", ()) if one not in known]
    for word, names in (("new", untold), ("gone", payload.get("removed", ()))):
        if names:
            yield Paragraph((Span(say(manner.language, f"alert.{word}"), "bold"),))
            yield Bullets(tuple(_title(_named(str(name)), manner) for name in names))


def _title(finding: Finding, manner: Manner) -> Text:
    title = manner.in_words(finding).title
    return title if finding.subject in text_of(title) else (*title, Span(f" ({finding.subject})"))


def _named(name: str) -> Finding:
    """A finding of which only "id subject" is known."""
    id_, _, subject = name.partition(" ")
    return Finding(id=id_, severity="info", subject=subject)


def findings_in(payload: Mapping[str, Any]) -> tuple[Finding, ...]:
    """The findings that a message carries, worst first."""
    found: list[Finding] = []
    for one in payload.get("told", ()):
        id_, severity, subject, details = one
        texts = {str(name): str(value) for name, value in details.items()}
        found.append(Finding(id=str(id_), severity=severity, subject=str(subject), details=texts))
    return tuple(found)


def why_of(payload: Mapping[str, Any], manner: Manner) -> str:
    """The reason in one line, empty when nothing is known."""
    told = findings_in(payload)
    if told:
        return text_of(manner.in_words(told[0]).title, links=False)
    reason = str(payload.get("reason", ""))
    if has(manner.language, f"undetermined.{reason}"):
        return say(manner.language, f"undetermined.{reason}")
    if has(manner.language, f"finding.{reason}.title"):
        finding = Finding(id=reason, severity="critical", subject=str(payload.get("target", "")))
        return text_of(manner.in_words(finding).title, links=False)
    return ""


def _member(kind: str, payload: Mapping[str, Any], manner: Manner) -> Text:
    values = {**_values(payload, manner), "why": why_of(payload, manner) if kind == "broke" else ""}
    key = "alert.group-member" if values["why"] else "alert.group-member-since"
    return rich(template(manner.language, key), values)


def _buttons(kind: str, payload: Mapping[str, Any], language: str) -> tuple[Button, ...]:
    number, target = payload.get("watch"), str(payload.get("target", ""))
    buttons: list[Button] = []
    if kind in _CALLS:
        buttons.append(Button(label=say(language, "button.acknowledge"), command=f"watch ack #{number}"))
    if kind not in ("recovered", "renewed", "sighted"):
        buttons.append(Button(label=say(language, "button.mute-hour"), command=f"watch mute #{number} 1h"))
    buttons.append(Button(label=say(language, "button.check-now"), command=f"check {target}"))
    buttons.append(Button(label=say(language, "button.history"), command=f"history {target}"))
    return tuple(buttons)
