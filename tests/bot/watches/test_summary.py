"""What changed since the last report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.model.verdict import Word
from bot.watches.figures import Figures
from bot.watches.summary import (
    KEEP,
    Change,
    Row,
    changes_between,
    previous_snapshot,
    read_snapshots,
    snapshot_of,
    write_snapshots,
)

DUE = datetime(2026, 11, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def row(target: str, word: Word = "pass", *findings: str) -> Row:
    figures = Figures(runs=0, uptime=None, median_ms=None, p95_ms=None)
    listed = tuple([one, "warning", target, {}] for one in findings)
    return Row(target=target, vantage="local", number=1, word=word, figures=figures, findings=listed)


def test_verdicts_findings_and_targets() -> None:
    before = snapshot_of([row("a", "pass"), row("b", "warn", "key-weak"), row("c")])
    now = [row("a", "fail", "port-refused"), row("b", "pass"), row("d")]
    assert changes_between(before, now) == (
        Change("a", "word", before="pass", after="fail"),
        Change("a", "came", finding="port-refused a"),
        Change("b", "word", before="warn", after="pass"),
        Change("b", "went", finding="key-weak b"),
        Change("d", "new"),
        Change("c", "left"),
    )


def test_what_could_not_be_seen_has_neither_come_nor_gone() -> None:
    blind, seen = row("a", "unknown"), row("a", "warn", "key-weak")
    assert changes_between(snapshot_of([seen]), [blind]) == (
        Change("a", "word", before="warn", after="unknown"),
    )
    assert changes_between(snapshot_of([blind]), [seen]) == (
        Change("a", "word", before="unknown", after="warn"),
        Change("a", "came", finding="key-weak a"),
    )


def test_a_report_compares_with_the_one_due_before_it_however_often_it_is_made() -> None:
    text = None
    for day, word in enumerate(("pass", "fail", "warn", "pass", "fail")):
        kept, due = read_snapshots(text), DUE + day * DAY
        before = previous_snapshot(kept, due)
        assert (before is None) == (day == 0)
        text = write_snapshots(kept, due, [row("a", word)])  # type: ignore[arg-type]  # a word
        again = previous_snapshot(read_snapshots(text), due)
        assert again == before
        assert len(read_snapshots(text)) <= KEEP
    assert previous_snapshot(read_snapshots(text), DUE + 5 * DAY) == {"a local": ["fail", []]}
