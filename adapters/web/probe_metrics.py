"""`/probe`: one live check as Prometheus text, in the shape that monitoring people know from exporters.

The names that blackbox_exporter uses (`probe_success`, `probe_duration_seconds`,
`probe_ssl_earliest_cert_expiry` ...) mean here what they mean there, so that its dashboards and alert rules
work. `probe_success` knows only two states, so "could not tell" is no success; `mailport_probe_success` has
all three, and `mailport_probe_verdict` the word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.model.outcome import EndpointOutcome
from bot.model.verdict import CheckResult

_SUCCESS = {"pass": 1, "warn": 1, "fail": 0, "unknown": -1}
_PROBLEMS = ("critical", "warning", "info")

Sample = tuple[Mapping[str, str], float]


def probe_text(result: CheckResult) -> str:
    """Every gauge of one check, in the Prometheus text format 0.0.4."""
    success = _SUCCESS[result.verdict]
    families = (
        _family("probe_success", "1 when the verdict is pass or warn, else 0", [({}, max(success, 0))]),
        _family("probe_duration_seconds", "How long the probe took", [({}, result.duration_ms / 1000)]),
        *_connection(result.outcomes),
        _family("mailport_probe_success", "1 pass or warn, 0 fail, -1 could not tell", [({}, success)]),
        _family("mailport_probe_verdict", "1 for the verdict that holds", _verdicts(result)),
        _family("mailport_probe_endpoint_open", "1 open, 0 not, per endpoint", _states(result.outcomes)),
        _family("mailport_probe_phase_seconds", "Time of each phase that was reached", _phases(result)),
        _family("mailport_probe_certificate_not_after", "End of the certificate, Unix time", _ends(result)),
        _family("mailport_probe_findings", "Findings by severity", _counts(result)),
        _family("mailport_probe_finding", "1 for each finding", _findings(result)),
    )
    return "".join(families)


def _family(name: str, explained: str, samples: Iterable[Sample]) -> str:
    lines = [f"{name}{_labels(labels)} {value:.10g}" for labels, value in samples]
    if not lines:
        return ""
    return "\n".join([f"# HELP {name} {explained}", f"# TYPE {name} gauge", *lines]) + "\n"


def _connection(outcomes: tuple[EndpointOutcome, ...]) -> Iterable[str]:
    """What blackbox_exporter says of its one connection, of the first endpoint that was reached."""
    reached = next((one for one in outcomes if one.state == "open"), None)
    if reached is None:
        return
    yield _family("probe_ip_protocol", "4 or 6", [({}, reached.endpoint.family)])
    phases: list[Sample] = [
        ({"phase": phase}, milliseconds / 1000) for phase, milliseconds in reached.phases_ms.items()
    ]
    yield _family("probe_phase_duration_seconds", "Time of each phase of the connection", phases)
    if reached.tls_version:
        version = reached.tls_version.replace("TLSv", "TLS ")
        yield _family("probe_tls_version_info", "The TLS version used", [({"version": version}, 1)])
    ends = [one.certificate.not_after.timestamp() for one in outcomes if one.certificate is not None]
    if ends:
        yield _family(
            "probe_ssl_earliest_cert_expiry", "Earliest end of a certificate, Unix time", [({}, min(ends))]
        )


def _verdicts(result: CheckResult) -> list[Sample]:
    return [({"verdict": word}, int(word == result.verdict)) for word in _SUCCESS]


def _states(outcomes: tuple[EndpointOutcome, ...]) -> list[Sample]:
    return [
        ({**_where(one), "service": one.endpoint.service.name, "state": one.state}, int(one.state == "open"))
        for one in outcomes
    ]


def _phases(result: CheckResult) -> list[Sample]:
    return [
        ({**_where(outcome), "phase": phase}, milliseconds / 1000)
        for outcome in result.outcomes
        for phase, milliseconds in outcome.phases_ms.items()
    ]


def _ends(result: CheckResult) -> list[Sample]:
    return [
        (_where(outcome), outcome.certificate.not_after.timestamp())
        for outcome in result.outcomes
        if outcome.certificate is not None
    ]


def _counts(result: CheckResult) -> list[Sample]:
    return [
        ({"severity": severity}, sum(one.severity == severity for one in result.findings))
        for severity in _PROBLEMS
    ]


def _findings(result: CheckResult) -> list[Sample]:
    seen = {(one.id, one.severity, one.subject): None for one in result.findings}
    return [({"id": found, "severity": severity, "subject": subject}, 1) for found, severity, subject in seen]


def _where(outcome: EndpointOutcome) -> dict[str, str]:
    return {
        "host": outcome.endpoint.host,
        "address": outcome.endpoint.address,
        "port": str(outcome.endpoint.port),
    }


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escaped = (
        (name, value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"))
        for name, value in labels.items()
    )
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"
