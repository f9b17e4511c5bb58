"""Every metric that the dashboard shows exists under that name with those labels, and none is left out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import adapters.engine.metrics  # registers them
import adapters.main.serve  # noqa: F401
from deploy.dashboard import ROWS

ROOT = Path(__file__).resolve().parents[3]
# The Python client's own, on Linux.
OF_THE_PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
QUERIES = [query for _, row in ROWS for panel in row for query, _ in panel.queries]


def _families() -> dict[str, tuple[str, ...]]:
    """Sample names of our metrics with their labels."""
    found: dict[str, tuple[str, ...]] = {}
    for collector, names in REGISTRY._collector_to_names.items():
        labels = getattr(collector, "_labelnames", ())
        found.update((name, labels) for name in names if name.startswith("mailport_"))
    return found


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_what_there_is(query: str) -> None:
    families = _families()
    names = set(re.findall(r"\b(?:mailport|process)_[a-z_]+", query))
    assert names
    assert names - OF_THE_PROCESS <= set(families)
    for by in re.findall(r"by \(([^)]*)\)", query):
        wanted = {label.strip() for label in by.split(",")} - {"le"}
        assert all(wanted <= set(families[name]) for name in names)


def test_every_metric_of_ours_is_shown() -> None:
    shown = {name for query in QUERIES for name in re.findall(r"\bmailport_[a-z_]+", query)}
    ours = {
        name
        for name in _families()
        if name.startswith("mailport_") and not name.endswith(("_created", "_sum", "_count"))
    }
    base = {re.sub(r"_(total|bucket)$", "", name) for name in shown}
    assert {re.sub(r"_(total|bucket)$", "", name) for name in ours} == base


def test_the_file_is_what_grafana_imports() -> None:
    board = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text("utf-8"))
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
