"""Durations as people type them: `15m`, `90s`, `2h`, `7d`."""

from __future__ import annotations

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHAPE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(s|m|h|d)[a-z]*", re.IGNORECASE | re.ASCII)


def parse_duration(text: str) -> float | None:
    """Seconds of a duration such as `15m` or `2 hours`; None if it is not one."""
    match = _SHAPE.fullmatch(text.strip())
    return float(match[1]) * _UNITS[match[2].lower()] if match else None


def show_duration(seconds: float) -> str:
    """The shortest exact form, such as `15m`, `90s` or `2h`."""
    for unit in ("d", "h", "m"):
        if seconds >= _UNITS[unit] and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:g}{unit}"
    return f"{seconds:g}s"
