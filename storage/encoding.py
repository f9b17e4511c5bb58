"""Domain values as JSON columns and back. Unknown keys are ignored, absent ones have their default."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from bot.model.value import fields
from bot.watches.alert import AlertState
from bot.watches.watch import Acknowledgement, Window

_STATE_TIMES = frozenset(
    {
        "since",
        "down_since",
        "told_at",
        "bad_since",
        "good_since",
        "blind_since",
        "certificate_ends",
        "last_at",
    }
)
_STATE_SETS = frozenset({"findings", "candidate", "down_reasons"})
_STATE_NAMES = fields(AlertState)
_READ_STATE = attrgetter(*_STATE_NAMES)
_BLANK = _READ_STATE(AlertState())


def dump(value: object) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_millis(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def from_millis(value: int) -> datetime:
    """The moment of it, UTC."""
    return datetime.fromtimestamp(value / 1000, UTC)


def encode_state(state: AlertState) -> str:
    """Only what differs from a blank state: a watch that never had trouble takes a few bytes."""
    found: dict[str, object] = {}
    for name, value, blank in zip(_STATE_NAMES, _READ_STATE(state), _BLANK, strict=True):
        if value != blank:
            found[name] = _plain(value)
    return dump(found)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return to_millis(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def decode_state(text: str) -> AlertState:
    """The state that was encoded."""
    raw: Mapping[str, Any] = json.loads(text)
    return AlertState(**{name: _value(name, raw[name]) for name in _STATE_NAMES if name in raw})


def _value(name: str, value: Any) -> Any:
    if name in _STATE_TIMES:
        return from_millis(value)
    if name in _STATE_SETS:
        return frozenset(value)
    if name == "turns":
        return tuple(from_millis(item) for item in value)
    return value


@lru_cache(maxsize=256)
def decode_list(text: str) -> tuple[Any, ...]:
    """A list of plain values; nearly all watches have the same few."""
    return tuple(json.loads(text))


def encode_windows(windows: Sequence[Window]) -> str:
    """Maintenance windows as pairs of milliseconds."""
    return dump([[to_millis(window.start), to_millis(window.end)] for window in windows])


@lru_cache(maxsize=256)
def decode_windows(text: str) -> tuple[Window, ...]:
    """The windows that were encoded."""
    return tuple(Window(start=from_millis(start), end=from_millis(end)) for start, end in json.loads(text))


def encode_acknowledgement(value: Acknowledgement | None) -> str | None:
    """An acknowledgement, None when there is none."""
    if value is None:
        return None
    return dump([value.incident, value.person, value.reason, to_millis(value.at)])


def decode_acknowledgement(text: str | None) -> Acknowledgement | None:
    """The acknowledgement that was encoded."""
    if text is None:
        return None
    incident, person, reason, at = json.loads(text)
    return Acknowledgement(incident=incident, person=person, reason=reason, at=from_millis(at))


def encode_moments(moments: Sequence[datetime]) -> str:
    """A list of times."""
    return dump([to_millis(moment) for moment in moments])


def decode_moments(text: str) -> tuple[datetime, ...]:
    """The times that were encoded."""
    return tuple(from_millis(value) for value in json.loads(text))
