"""Drawing a chart: CPU milliseconds of a warm process, size, memory."""

from __future__ import annotations

import resource
import statistics
import time

from adapters.picture import chart_png
from benchmarks.measure import row
from bot.cards.chart import chart_svg
from bot.cards.model import Chart, Strip

SLOTS = 120
RUNS = 40


def example(targets: int, slots: int = SLOTS) -> Chart:
    """A week of some targets with an outage and a gap."""
    states = "".join(
        "d" if 40 <= n < 44 else "w" if n in (70, 71) else "." if n > 115 else "u" for n in range(slots)
    )
    points = tuple(
        (f"{18 + n // 17} Nov {n % 24:02d}:00", None if states[n] in "d." else 90.0 + n * 37 % 61)
        for n in range(slots)
    )
    strips = tuple(
        Strip(f"mx{n}.mail.example.com:25", states[n:] + states[:n], "98.71 %") for n in range(targets)
    )
    return Chart("Time to answer and uptime", "words", points, states, strips=strips)


def _cpu_ms(chart: Chart) -> float:
    taken: list[float] = []
    for _ in range(RUNS):
        before = time.process_time()
        chart_png(chart)
        taken.append((time.process_time() - before) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Print the table."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    chart_png(example(1))
    row("first PNG of a process (library and font loaded)", f"{(time.process_time() - start) * 1000:.1f} ms")
    for targets in (1, 4, 16):
        chart = example(targets)
        size = len(chart_png(chart)) / 1024
        row(f"PNG, {SLOTS} slots, targets: {targets}", f"{_cpu_ms(chart):.1f} ms", f"{size:.0f} KiB")
    chart = example(4)
    start = time.process_time()
    for _ in range(100):
        chart_svg(chart)
    svg_ms = (time.process_time() - start) * 10
    row(f"SVG, {SLOTS} slots, targets: 4", f"{svg_ms:.2f} ms", f"{len(chart_svg(chart)) / 1024:.0f} KiB")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row("memory that drawing added at its highest", f"{(after - before) / 1024:.1f} MiB")


if __name__ == "__main__":
    main()
