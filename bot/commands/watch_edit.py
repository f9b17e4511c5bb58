"""`watch edit`: interval, thresholds, and which findings are told as a change."""

from __future__ import annotations

import difflib
import re
from typing import Any

from bot.advice.findings import FINDING_IDS
from bot.cards.model import Reply
from bot.commands.definition import Call
from bot.commands.watch import change_all
from bot.commands.watch_add import MAX_FAILURES
from bot.commands.watching import find_some
from bot.errors import BadInput
from bot.model.duration import parse_duration
from bot.model.value import replace
from bot.watches.watch import Watch, first_due, refuse_bad_interval

MIN_REMINDER_S = 60.0
MAX_REMINDER_S = 30 * 86400.0
MAX_DAYS = 90
MAX_STEPS = 8
_NONE = frozenset({"none", "off", "nothing", "never", "no", "nada", "ninguno", "nunca"})


async def edit(call: Call) -> Reply:
    """Change what was given and leave the rest.

    Raises:
        BadInput: `edit-nothing`, or what is wrong with a value.
    """
    stores, watches = await find_some(call, all_allowed=True)
    changes = _changes(call)
    ignoring, alerting = _ids(call.get("ignore", str)), _ids(call.get("alert", str))
    if not changes and ignoring is None and alerting is None:
        raise BadInput("edit-nothing", number=watches[0].number)
    edited = [_edited(call, watch, changes, ignoring, alerting) for watch in watches]
    return await change_all(call, stores, edited, "edit")


def _edited(
    call: Call,
    watch: Watch,
    changes: dict[str, Any],
    ignoring: frozenset[str] | None,
    alerting: frozenset[str] | None,
) -> Watch:
    changed = replace(watch, **changes)
    if ignoring is not None or alerting is not None:
        # `ignore none` and `alert all` both mean that every finding is told.
        kept = frozenset(watch.ignored) if ignoring != frozenset() else frozenset()
        ignored = (kept | (ignoring or frozenset())) - (alerting or frozenset())
        changed = replace(changed, ignored=tuple(sorted(ignored)) if alerting != frozenset() else ())
    if not watch.paused and changed.interval_s < watch.interval_s:
        due = first_due(f"{watch.workspace}/{watch.number}", changed.interval_s, call.tools.clock.now())
        changed = replace(changed, next_due=due)
    return changed


def _changes(call: Call) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    every = call.get("every", float)
    if every is not None:
        refuse_bad_interval(every, call.tools.settings.min_interval_s)
        changes["interval_s"] = every
    for name in ("failures", "recoveries"):
        count = call.get(name, int)
        if count is not None:
            if count > MAX_FAILURES:
                raise BadInput("failures-too-many", given=count, most=MAX_FAILURES)
            changes[name] = count
    reminder = call.get("reminder", str)
    if reminder is not None:
        changes["reminder_s"] = _reminder(reminder)
    days = call.get("certificate", str)
    if days is not None:
        changes["certificate_days"] = _days(days)
    kind = call.get("kind", str)
    if kind is not None:
        changes["kind"] = kind
    return changes


def _reminder(text: str) -> float:
    """Seconds between reminders; "off" is the longest there is."""
    if text.lower() in _NONE:
        return MAX_REMINDER_S
    seconds = parse_duration(text)
    if seconds is None or not MIN_REMINDER_S <= seconds <= MAX_REMINDER_S:
        raise BadInput("reminder-bad", text=text[:40])
    return seconds


def _days(text: str) -> tuple[int, ...]:
    """Days before the certificate's end at which it is told, most first; "off" tells none."""
    if text.lower() in _NONE:
        return ()
    words = [word for word in re.split(r"[,/\s]+", text) if word]
    if not words or len(words) > MAX_STEPS or not all(_is_day(word) for word in words):
        raise BadInput("certificate-days-bad", text=text[:40])
    return tuple(sorted({int(word) for word in words}, reverse=True))


def _is_day(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 3 and 1 <= int(word) <= MAX_DAYS


def _ids(text: str | None) -> frozenset[str] | None:
    """Finding ids; the empty set for "none" and "all", None when nothing was given."""
    if text is None:
        return None
    words = {word.lower() for word in re.split(r"[,\s]+", text) if word}
    if words <= _NONE | {"all", "todo", "todos"}:
        return frozenset()
    for word in sorted(words):
        if word not in FINDING_IDS:
            near = difflib.get_close_matches(word, FINDING_IDS, n=3, cutoff=0.4) or FINDING_IDS[:3]
            raise BadInput("finding-unknown", text=word[:40], near=", ".join(near))
    return frozenset(words)
