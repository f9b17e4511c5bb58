"""deploy/grafana-dashboard.json: made of rows of panels, so that a metric that is renamed is renamed once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        queries: (PromQL, legend).
        unit: Grafana's name of the unit.
        kind: "timeseries" or "stat".
        about: What a rise or a fall means.
    """

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    about: str = ""


def _quantile(name: str, share: float, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({name}_bucket[5m])))"


ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "At a glance",
        (
            Panel("Parts that do not work", (("sum(mailport_part_ready == bool 0)", ""),), kind="stat", width=4,
                  about="A platform, the database, the web server or the engine; the next panel names it."),
            Panel("Watches", (("sum(max by (vantage) (mailport_watches))", ""),), kind="stat", width=4),
            Panel("Messages waiting", (("max(mailport_outbox_waiting)", ""),), kind="stat", width=4),
            Panel("Oldest message", (("max(mailport_outbox_oldest_seconds)", ""),), "s", "stat", 4,
                  "Grows while a platform does not take messages."),
            Panel("Never to be posted", (("max(mailport_outbox_given_up)", ""),), kind="stat", width=4,
                  about="Their channel is gone or closed to Mailport."),
            Panel("Uplink", (("min(mailport_uplink_up)", ""),), kind="stat", width=4,
                  about="0 while no control target answers: alerts wait."),
        ),
    ),
    (
        "Watching",
        (
            Panel("Runs by verdict", (("sum by (verdict) (rate(mailport_runs_total[5m]))", "{{verdict}}"),), "ops"),
            Panel("Due and not yet claimed", (("max by (vantage) (mailport_watches_due)", "{{vantage}}"),),
                  about="Should be near 0; it grows where too few workers probe."),
            Panel("Lateness of runs", ((_quantile("mailport_run_lateness_seconds", 0.5), "median"),
                                       (_quantile("mailport_run_lateness_seconds", 0.95), "p95")), "s"),
            Panel("Time of a run", ((_quantile("mailport_run_seconds", 0.5), "median"),
                                    (_quantile("mailport_run_seconds", 0.95), "p95")), "s"),
            Panel("Phases of a probe, p95", ((_quantile("mailport_probe_phase_seconds", 0.95, "phase"), "{{phase}}"),), "s"),
            Panel("Probes by state", (("sum by (state) (rate(mailport_probes_total[5m]))", "{{state}}"),), "ops"),
            Panel("Workers alive", (("max by (vantage) (mailport_workers_alive)", "{{vantage}}"),)),
            Panel("Claimed and running", (("sum(mailport_runs_in_hand)", "in hand"),)),
        ),
    ),
    (
        "Telling",
        (
            Panel("News", (("sum by (kind) (increase(mailport_alerts_total[1h]))", "{{kind}}"),)),
            Panel("Reports", (("sum by (result) (increase(mailport_reports_total[1h]))", "{{result}}"),
                              (_quantile("mailport_report_lateness_seconds", 0.95), "lateness p95"))),
            Panel("Messages", (("sum by (type, result) (rate(mailport_messages_total[5m]))", "{{type}} {{result}}"),),
                  "ops"),
            Panel("From the outbox to the platform", ((_quantile("mailport_message_seconds", 0.5), "median"),
                                                      (_quantile("mailport_message_seconds", 0.95), "p95")), "s"),
        ),
    ),
    (
        "The process",
        (
            Panel("Event loop lag", ((_quantile("mailport_loop_lag_seconds", 0.5), "median"),
                                     (_quantile("mailport_loop_lag_seconds", 0.99), "p99")), "s"),
            Panel("Parts", (("mailport_part_ready", "{{part}}"), ("mailport_engine_part_ready", "engine: {{part}}"))),
            Panel("Requests over HTTP", (("sum by (code) (rate(mailport_http_requests_total[5m]))", "{{code}}"),), "reqps"),
            Panel("Leases held", (("mailport_leader", "{{instance}} {{lease}}"),)),
            Panel("CPU", (("rate(process_cpu_seconds_total[5m])", "{{instance}}"),), "percentunit"),
            Panel("Memory", (("process_resident_memory_bytes", "{{instance}}"),), "bytes"),
        ),
    ),
)  # fmt: skip


def pages() -> Mapping[str, str]:
    """The file, by path from the root."""
    return {"deploy/grafana-dashboard.json": json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"}


def dashboard() -> dict[str, object]:
    """The dashboard as Grafana imports it."""
    panels: list[dict[str, object]] = []
    top = 0
    for title, row in ROWS:
        panels.append({"type": "row", "title": title, "id": len(panels) + 1,
                       "gridPos": {"h": 1, "w": 24, "x": 0, "y": top}})  # fmt: skip
        top += 1
        left, height = 0, 4 if row[0].kind == "stat" else 8
        for panel in row:
            if left + panel.width > 24:
                left, top = 0, top + height
            panels.append(_panel(panel, len(panels) + 1, left, top, height))
            left += panel.width
        top += height
    return {
        "title": "Mailport",
        "uid": "mailport",
        "tags": ["mail", "mailport"],
        "schemaVersion": 39,
        "editable": True,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": panels,
    }


def _panel(panel: Panel, number: int, left: int, top: int, height: int) -> dict[str, object]:
    source = {"type": "prometheus", "uid": "${source}"}
    targets = [
        {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend, "datasource": source}
        for index, (query, legend) in enumerate(panel.queries)
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": source,
        "gridPos": {"h": height, "w": panel.width, "x": left, "y": top},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": targets,
    }
