"""What the engine counts, for `/metrics`. The dashboard in `deploy/` is made of these names."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from bot.model.outcome import EndpointOutcome

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LAG = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_LATENESS = (0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 3600.0)

RUNS = Counter("mailport_runs", "Runs of watches, by verdict", ["vantage", "verdict"])
RUN_SECONDS = Histogram("mailport_run_seconds", "Time of one run of a watch", buckets=_SECONDS)
PROBES = Counter("mailport_probes", "Endpoints probed for watches", ["service", "state"])
PHASE_SECONDS = Histogram(
    "mailport_probe_phase_seconds", "Time of one phase of a probe", ["phase"], buckets=_SECONDS
)
RUN_LATENESS = Histogram(
    "mailport_run_lateness_seconds", "Start of a run after it was due", buckets=_LATENESS
)
RUNS_IN_HAND = Gauge("mailport_runs_in_hand", "Watches claimed by this process and not yet recorded")
WATCHES = Gauge("mailport_watches", "Watches, by place they are probed from", ["vantage"])
WATCHES_DUE = Gauge("mailport_watches_due", "Watches that are due and not yet claimed", ["vantage"])
ALERTS = Counter("mailport_alerts", "News put into the outbox", ["kind"])
REPORTS = Counter("mailport_reports", "Due reports, by what was done with them", ["result"])
REPORT_LATENESS = Histogram(
    "mailport_report_lateness_seconds", "Report put into the outbox after it was due", buckets=_LATENESS
)
MESSAGES = Counter("mailport_messages", "Tries to send a message", ["type", "result"])
MESSAGE_SECONDS = Histogram(
    "mailport_message_seconds", "From the outbox to the platform's answer", buckets=_LATENESS
)
OUTBOX_WAITING = Gauge("mailport_outbox_waiting", "Messages not yet accepted by a platform")
OUTBOX_OLDEST = Gauge("mailport_outbox_oldest_seconds", "Age of the oldest of them")
OUTBOX_GIVEN_UP = Gauge("mailport_outbox_given_up", "Messages that can never be posted")
WORKERS = Gauge("mailport_workers_alive", "Processes that probe", ["vantage"])
UPLINK = Gauge("mailport_uplink_up", "1 while control targets answer, 0 when none does")
LEADER = Gauge("mailport_leader", "1 while this process holds it", ["lease"])
PART = Gauge("mailport_engine_part_ready", "1 when a part of the engine works", ["part"])
LOOP_LAG = Histogram("mailport_loop_lag_seconds", "How late the event loop runs a timer", buckets=_LAG)


def count_outcome(outcome: EndpointOutcome) -> None:
    """Count one probe of an endpoint."""
    PROBES.labels(outcome.endpoint.service.name, outcome.state).inc()
    for phase, milliseconds in outcome.phases_ms.items():
        PHASE_SECONDS.labels(phase).observe(milliseconds / 1000)
