"""Durations as people type them: `15m`, `90s`, `2 hours`, `7d`, `hour`; Spanish units begin alike."""

from __future__ import annotations

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_UNIT = (
    r"(?:(?P<s>s|secs?|seconds?|segs?|segundos?)|(?P<m>m|mins?|minutes?|minutos?)|(?P<h>h|hrs?|hours?|horas?)"
    r"|(?P<d>d|days?|d[ií]as?)|(?P<w>w|weeks?|semanas?))"
)
# Compiled when first used: every start would pay for it.
_SHAPE = rf"(?P<count>\d{{1,9}}(?:\.\d{{1,3}})?)\s*{_UNIT}"
_UNIT_ALONE = rf"(?!.$){_UNIT}"


def parse_duration(text: str) -> float | None:
    """Seconds of a duration such as `15m`, `2 hours` or `hour`; None if it is not one."""
    text, how = text.strip(), re.IGNORECASE | re.ASCII
    found = re.fullmatch(_SHAPE, text, how) or re.fullmatch(_UNIT_ALONE, text, how)
    if found is None:
        return None
    unit = next(name for name in _UNITS if found[name])
    return float(found.groupdict().get("count") or 1) * _UNITS[unit]


def show_duration(seconds: float) -> str:
    """The shortest exact form, such as `15m`, `90s` or `2h`."""
    for unit in ("d", "h", "m"):
        if seconds >= _UNITS[unit] and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:g}{unit}"
    return f"{seconds:g}s"
