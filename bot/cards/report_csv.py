"""The figures of a report as CSV (RFC 4180), in English column names for programs."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from bot.watches.summary import Row, Summary

COLUMNS = (
    "target", "from", "verdict", "uptime_percent", "runs", "median_ms", "p95_ms", "certificate_days",
    "spf", "dmarc", "mta_sts", "dane", "incidents", "down_seconds", "findings",
)  # fmt: skip
# A spreadsheet takes cells that begin so for formulas.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report_csv(summary: Summary) -> bytes:
    """One line per target, UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in summary.rows:
        writer.writerow([_cell(value) for value in _values(row, summary.until)])
    return out.getvalue().encode("utf-8")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _values(row: Row, now: datetime) -> list[object]:
    down = sum(((one.ended_at or now) - one.began_at).total_seconds() for one in row.incidents)
    return [
        row.target,
        row.vantage,
        row.word,
        row.figures.uptime,
        row.figures.runs,
        _rounded(row.figures.median_ms),
        _rounded(row.figures.p95_ms),
        (row.certificate_ends - now).days if row.certificate_ends else None,
        *(row.policies.get(name) for name in ("spf", "dmarc", "mta_sts", "dane")),
        len(row.incidents),
        int(down),
        " ".join(str(one[0]) for one in row.findings),
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
