"""`/probe`: one live check as Prometheus text, in the shape that monitoring people know from exporters."""

from __future__ import annotations

from bot.model.outcome import EndpointOutcome
from bot.model.verdict import CheckResult


def probe_text(result: CheckResult) -> str:
    """Gauges of one check; "unknown" is -1, so that it is never taken for a failure or a success."""
    success = {"pass": 1, "warn": 1, "fail": 0, "unknown": -1}[result.verdict]
    lines = [
        "# HELP mailport_probe_success 1 pass or warn, 0 fail, -1 could not tell",
        "# TYPE mailport_probe_success gauge",
        f"mailport_probe_success {success}",
        "# HELP mailport_probe_duration_seconds How long the check took",
        "# TYPE mailport_probe_duration_seconds gauge",
        f"mailport_probe_duration_seconds {result.duration_ms / 1000:.6f}",
        "# HELP mailport_probe_finding 1 per finding",
        "# TYPE mailport_probe_finding gauge",
    ]
    lines += [
        f"mailport_probe_finding{_labels(id=one.id, severity=one.severity, subject=one.subject)} 1"
        for one in result.findings
    ]
    lines += _phases(result) + _certificates(result)
    return "\n".join(lines) + "\n"


def _phases(result: CheckResult) -> list[str]:
    lines = [
        "# HELP mailport_probe_phase_seconds Time of each phase",
        "# TYPE mailport_probe_phase_seconds gauge",
    ]
    for outcome in result.outcomes:
        lines += [
            f"mailport_probe_phase_seconds{_labels(**_where(outcome), phase=phase)} {milliseconds / 1000:.6f}"
            for phase, milliseconds in outcome.phases_ms.items()
        ]
    return lines


def _certificates(result: CheckResult) -> list[str]:
    name = "mailport_probe_certificate_not_after"
    lines = [f"# HELP {name} End of the certificate, unix time", f"# TYPE {name} gauge"]
    lines += [
        f"{name}{_labels(**_where(outcome))} {outcome.certificate.not_after.timestamp():.0f}"
        for outcome in result.outcomes
        if outcome.certificate is not None
    ]
    return lines


def _where(outcome: EndpointOutcome) -> dict[str, str]:
    return {
        "host": outcome.endpoint.host,
        "address": outcome.endpoint.address,
        "port": str(outcome.endpoint.port),
    }


def _labels(**labels: str) -> str:
    escaped = (
        (name, value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"))
        for name, value in labels.items()
    )
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"
