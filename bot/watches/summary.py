"""What a report says: one row per target, what changed since the last one, and the incidents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from bot.model.value import field, frozen
from bot.model.verdict import Word
from bot.watches.figures import Figures, State
from bot.watches.history import Incident
from bot.watches.report import Report

# So many snapshots of a report are kept: the one before, this one, and one for a repeated sending.
KEEP = 3


@frozen(kw_only=True)
class Row:
    """One target of a report.

    Attributes:
        number: Of the watch; None when the target was only checked for this report.
        word: The verdict now.
        states: One per slot of the chart's axis.
        values: Milliseconds per slot, None for a gap.
        policies: Status by policy ("spf", "dmarc", "mta_sts", "dane"); empty for a host.
        findings: [id, severity, subject, details] as `observation.digest` keeps them, without infos.
        why: Reason of a run that failed or could not tell, as a finding id or catalogue key.
    """

    target: str
    vantage: str
    number: int | None
    word: Word
    figures: Figures
    states: tuple[State, ...] = ()
    values: tuple[float | None, ...] = ()
    certificate_ends: datetime | None = None
    policies: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Sequence[Any], ...] = ()
    incidents: tuple[Incident, ...] = ()
    why: str = ""

    @property
    def key(self) -> str:
        """Names the row from one report to the next."""
        return f"{self.target} {self.vantage}"


@frozen
class Change:
    """One difference from the last report.

    Attributes:
        kind: "word" (verdict), "new" and "left" (targets), "came" and "went" (findings).
        before, after: Words, for "word".
        finding: "id subject", for "came" and "went".
    """

    target: str
    kind: Literal["word", "new", "left", "came", "went"]
    before: str = ""
    after: str = ""
    finding: str = ""


@frozen(kw_only=True)
class Summary:
    """Everything a report says.

    Attributes:
        since, until: The period.
        starts: Of the slots of the chart.
        changes: None when there is no report to compare with.
        missed: Due times that were not posted.
    """

    report: Report
    since: datetime
    until: datetime
    starts: tuple[datetime, ...]
    rows: tuple[Row, ...]
    changes: tuple[Change, ...] | None
    missed: tuple[datetime, ...] = ()


Snapshot = Mapping[str, Sequence[Any]]  # row key -> [word, ["id subject", ...]]


def snapshot_of(rows: Sequence[Row]) -> Snapshot:
    """What the next report will compare itself with."""
    return {row.key: [row.word, sorted(f"{one[0]} {one[2]}" for one in row.findings)] for row in rows}


def changes_between(before: Snapshot, rows: Sequence[Row]) -> tuple[Change, ...]:
    """What is different now, by target in the order of the rows."""
    now = snapshot_of(rows)
    changes: list[Change] = []
    for row in rows:
        word, findings = now[row.key]
        if row.key not in before:
            changes.append(Change(row.target, "new"))
            continue
        old_word, old_findings = before[row.key]
        if old_word != word:
            changes.append(Change(row.target, "word", before=old_word, after=word))
        if word == "unknown":
            continue  # what could not be seen has neither come nor gone
        changes += [Change(row.target, "came", finding=one) for one in findings if one not in old_findings]
        if old_word != "unknown":
            changes += [
                Change(row.target, "went", finding=one) for one in old_findings if one not in findings
            ]
    changes += [Change(key.rpartition(" ")[0], "left") for key in before if key not in now]
    return tuple(changes)


def read_snapshots(text: str | None) -> list[tuple[float, Snapshot]]:
    """The snapshots that were kept, oldest first: (due time as a timestamp, snapshot)."""
    return [(at, rows) for at, rows in json.loads(text)] if text else []


def previous_snapshot(kept: Sequence[tuple[float, Snapshot]], due: datetime) -> Snapshot | None:
    """The newest one before this report; sending a report again compares with the same."""
    before = [rows for at, rows in kept if at < due.timestamp()]
    return before[-1] if before else None


def write_snapshots(kept: Sequence[tuple[float, Snapshot]], due: datetime, rows: Sequence[Row]) -> str:
    """The snapshots with this report's among them."""
    at = due.timestamp()
    others = [one for one in kept if one[0] != at]
    newest = sorted([*others, (at, snapshot_of(rows))], key=lambda one: one[0])[-KEEP:]
    return json.dumps(newest, ensure_ascii=False, separators=(",", ":"))
