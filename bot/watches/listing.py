"""Watches as CSV and JSON, out and in. Pure; what is wrong is told by its line.

The CSV has a header line and the columns of `COLUMNS`; for writing by hand `example.com` or
`example.com,15m` alone is enough. Spreadsheets read cells that begin with = + - @ as formulas: such
cells are refused on the way in, and never made on the way out.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.errors import BadInput, MailportError
from bot.model.duration import parse_duration, show_duration
from bot.model.target import parse_target
from bot.model.value import frozen
from bot.watches.watch import (
    DEFAULT_INTERVAL_S,
    FAILURES,
    RECOVERIES,
    REMINDER_S,
    Draft,
    Watch,
    refuse_bad_interval,
)

COLUMNS = (
    "target",
    "every",
    "from",
    "as",
    "failures",
    "recoveries",
    "reminder",
    "certificate_days",
    "ignored",
)
MAX_LINES = 1000
_PLACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


@frozen
class Line:
    """One watch as read: a draft, or what is wrong with it."""

    number: int
    text: str
    draft: Draft | None
    problem: MailportError | None = None


def row_of(watch: Watch) -> dict[str, Any]:
    """A watch by column."""
    return {
        "target": watch.target,
        "every": show_duration(watch.interval_s),
        "from": watch.vantage,
        "as": watch.kind or "",
        "failures": watch.failures,
        "recoveries": watch.recoveries,
        "reminder": show_duration(watch.reminder_s),
        "certificate_days": " ".join(map(str, watch.certificate_days)),
        "ignored": " ".join(watch.ignored),
    }


def write_csv(watches: Sequence[Watch]) -> str:
    """All of them as CSV (RFC 4180) with a header line."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(row_of(watch) for watch in watches)
    return out.getvalue()


def write_json(watches: Sequence[Watch]) -> str:
    """All of them as a JSON list of objects."""
    return json.dumps([row_of(watch) for watch in watches], ensure_ascii=False, indent=1) + "\n"


def read_watches(text: str, shortest_s: float) -> tuple[Line, ...]:
    """Read CSV or JSON.

    Raises:
        BadInput: `import-empty`, `import-json`, `import-many`.
    """
    stripped = text.strip().removeprefix("\ufeff").strip("`").strip()
    rows = list(_json_rows(stripped) if stripped[:1] in ("[", "{") else _csv_rows(stripped))
    if not rows:
        raise BadInput("import-empty")
    if len(rows) > MAX_LINES:
        raise BadInput("import-many", count=len(rows), limit=MAX_LINES)
    return tuple(_line(number, row, shortest_s) for number, row in rows)


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BadInput("import-json", why=str(problem)[:100]) from None
    if isinstance(loaded, Mapping):
        loaded = loaded.get("watches", [loaded])
    if not isinstance(loaded, list):
        raise BadInput("import-json", why="a list was expected")
    for number, one in enumerate(loaded, 1):
        fields = one if isinstance(one, Mapping) else {"target": one}
        yield number, {str(name): _flat(value) for name, value in fields.items()}


def _flat(value: object) -> str:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    header: Sequence[str] = COLUMNS
    lines = text.replace("\0", "").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        separator = next((one for one in (";", "\t") if one in line and "," not in line), ",")
        try:
            (cells,) = csv.reader([line], delimiter=separator)
        except (csv.Error, ValueError):
            cells = [line]
        cells = [cell.strip() for cell in cells]
        names = [cell.lower() for cell in cells]
        if "target" in names:
            header = names
            continue
        yield number, dict(zip(header, cells, strict=False))


def _line(number: int, row: Mapping[str, str], shortest_s: float) -> Line:
    text = row.get("target", "")[:80]
    try:
        return Line(number, text, _draft(row, shortest_s))
    except MailportError as problem:
        return Line(number, text, None, problem)


def _draft(row: Mapping[str, str], shortest_s: float) -> Draft:
    target = parse_target(row.get("target", ""))
    interval_s = _seconds(row.get("every", ""), max(DEFAULT_INTERVAL_S, shortest_s))
    refuse_bad_interval(interval_s, shortest_s)
    kind = row.get("as", "").lower()
    if kind not in ("", "domain", "host"):
        raise BadInput("choice-bad", option="as", text=kind[:40], known="domain, host")
    vantage = row.get("from", "").lower() or "local"
    if _PLACE.fullmatch(vantage) is None:
        raise BadInput("vantage-bad", text=vantage[:40])
    days = row.get("certificate_days")
    return Draft(
        target=str(target),
        kind="domain" if kind == "domain" or target.local_part else "host" if kind == "host" else None,
        interval_s=interval_s,
        vantage=vantage,
        failures=_count(row, "failures", FAILURES),
        recoveries=_count(row, "recoveries", RECOVERIES),
        reminder_s=_seconds(row.get("reminder", ""), REMINDER_S),
        **({} if days is None else {"certificate_days": _days(days)}),
        ignored=tuple(sorted(set(re.findall(r"[a-z0-9-]+", row.get("ignored", "").lower())))),
    )


def _seconds(text: str, default: float) -> float:
    if not text:
        return default
    seconds = parse_duration(text)
    if seconds is None or seconds <= 0:
        raise BadInput("duration-bad", text=text[:40])
    return seconds


def _count(row: Mapping[str, str], name: str, default: int) -> int:
    text = row.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 20):
        raise BadInput("number-bad", option=name, text=text[:40], most=20)
    return int(text)


def _days(text: str) -> tuple[int, ...]:
    words = re.split(r"[,/\s]+", text.strip()) if text.strip() else []
    if len(words) > 8 or not all(
        word.isascii() and word.isdigit() and len(word) <= 2 and int(word) for word in words
    ):
        raise BadInput("certificate-days-bad", text=text[:40])
    return tuple(sorted({int(word) for word in words}, reverse=True))
