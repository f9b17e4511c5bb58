"""Charts as Slack draws them itself: `data_visualization` (docs.slack.dev, June 2026)."""

from __future__ import annotations

from typing import Any

from adapters.slack import limits
from adapters.slack.markup import defused, shortened
from bot.cards.model import Chart

Json = dict[str, Any]


def plottable(chart: Chart) -> bool:
    """Whether a native chart can show it: two values and labels that differ."""
    return len([value for _, value in chart.points if value is not None]) >= 1


def chart_block(chart: Chart) -> Json:
    """A native line chart (June 2026). It knows no gaps: points without a value are left out."""
    points = _thinned([(label, value) for label, value in chart.points if value is not None])
    labels = _unique([defused(label) for label, _ in points])
    data = [
        {"label": label, "value": round(value, 1)} for label, (_, value) in zip(labels, points, strict=True)
    ]
    unit = shortened(chart.unit, limits.CHART_LABEL_CHARACTERS) or "value"
    return {
        "type": "data_visualization",
        "title": shortened(defused(chart.title), limits.CHART_TITLE_CHARACTERS) or "–",
        "chart": {
            "type": "line",
            "series": [{"name": unit, "data": data}],
            "axis_config": {"categories": labels, "y_label": unit},
        },
    }


def _thinned(points: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """At most as many points as Slack draws: the worst of each stretch stands for it."""
    if len(points) <= limits.CHART_POINTS:
        return points
    step = len(points) / limits.CHART_POINTS
    stretches = (
        points[int(number * step) : max(int(number * step) + 1, int((number + 1) * step))]
        for number in range(limits.CHART_POINTS)
    )
    return [max(stretch, key=lambda point: point[1]) for stretch in stretches]


def _unique(labels: list[str]) -> list[str]:
    made: list[str] = []
    for label in labels:
        shown, number = shortened(label, limits.CHART_LABEL_CHARACTERS) or "–", 2
        while shown in made:
            tail = f" ({number})"
            shown = shortened(label, limits.CHART_LABEL_CHARACTERS - len(tail)) + tail
            number += 1
        made.append(shown)
    return made
