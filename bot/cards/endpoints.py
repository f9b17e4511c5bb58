"""Endpoints on a card: what answered as a table, what TLS gives where, what did not answer in a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from bot.cards.documents import assurance_of
from bot.cards.model import Block, Facts, Note, Table, Text, Tone, plain
from bot.i18n import counted, say
from bot.model.outcome import EndpointOutcome
from bot.model.verdict import Finding, Severity

# A chat message is read on a phone.
MAX_ROWS = 14
_TONES: dict[Severity, Tone] = {"critical": "bad", "warning": "warning", "info": "good"}
_PROPERTIES = ("encrypted", "authenticated", "integrity")


def endpoint_blocks(
    outcomes: Sequence[EndpointOutcome], findings: Sequence[Finding], language: str
) -> list[Block]:
    """What answered as a table; what did not in a line."""
    told = [outcome for outcome in outcomes if outcome.state == "open"]
    quiet = [outcome for outcome in outcomes if outcome.state != "open"]
    blocks: list[Block] = []
    if told:
        blocks.append(_table(told, findings, language))
        blocks.append(Facts(_assurance_rows(told, language)))
    if quiet:
        blocks.append(Note(_quiet_line(quiet, outcomes, language)))
    return blocks


def _table(outcomes: Sequence[EndpointOutcome], findings: Sequence[Finding], language: str) -> Table:
    several = len({outcome.endpoint.host for outcome in outcomes}) > 1
    mark = _marker(outcomes)
    shown = outcomes[:MAX_ROWS]
    columns = tuple(
        say(language, f"check.column-{name}") for name in ("endpoint", "tls", "certificate", "time")
    )
    return Table(
        columns=columns,
        rows=tuple(_row(outcome, language, with_host=several, mark=mark(outcome)) for outcome in shown),
        tones=tuple(_row_tone(outcome, findings) for outcome in shown),
    )


def _marker(outcomes: Iterable[EndpointOutcome]) -> Callable[[EndpointOutcome], str]:
    """What tells an outcome from the others: nothing, its family, or its very address."""
    addresses = {(one.endpoint.host, one.endpoint.family, one.endpoint.address) for one in outcomes}
    in_family = Counter((host, family) for host, family, _ in addresses)
    families = {family for _, family in in_family}

    def mark(outcome: EndpointOutcome) -> str:
        endpoint = outcome.endpoint
        if in_family[endpoint.host, endpoint.family] > 1:
            return f" ({endpoint.address})"
        return f" (IPv{endpoint.family})" if len(families) > 1 else ""

    return mark


def _row(outcome: EndpointOutcome, language: str, *, with_host: bool, mark: str) -> tuple[str, ...]:
    endpoint = outcome.endpoint
    place = f"{endpoint.host}:{endpoint.port}" if with_host else f"{endpoint.port} {endpoint.service.name}"
    return (
        place + mark,
        _tls_words(outcome, language),
        _certificate_words(outcome, language),
        f"{outcome.total_ms:.0f} ms",
    )


def _tls_words(outcome: EndpointOutcome, language: str) -> str:
    """Mode and version in a few words."""
    mode = say(language, f"check.tls-{outcome.tls}")
    return f"{mode}, {outcome.tls_version}" if outcome.tls_version else mode


def _certificate_words(outcome: EndpointOutcome, language: str) -> str:
    """Every fault of the certificate, or how long it is good for."""
    certificate = outcome.certificate
    if certificate is None:
        return "–"
    if certificate.faults:
        return ", ".join(say(language, f"check.cert-{fault}") for fault in certificate.faults)
    days = certificate.days_left
    return say(language, counted(language, "check.cert-valid", days), days=days)


def _row_tone(outcome: EndpointOutcome, findings: Iterable[Finding]) -> Tone:
    """The tone of an endpoint's row: its worst finding, or good."""
    pair = (outcome.endpoint.address, outcome.endpoint.port)
    severities = {finding.severity for finding in findings if pair in finding.endpoints}
    for severity in ("critical", "warning"):
        if severity in severities:
            return _TONES[severity]
    return "unknown" if outcome.tls == "unknown" else "good"


def _assurance_rows(outcomes: Sequence[EndpointOutcome], language: str) -> tuple[tuple[str, Text], ...]:
    """Per thing that TLS gives: the ports where it holds, where not, and where it could not be told."""
    rows: list[tuple[str, Text]] = []
    for name in _PROPERTIES:
        parts = [
            (word, [outcome for outcome in outcomes if assurance_of(outcome)[name] is value])
            for word, value in (("yes", True), ("no", False), ("unclear", None))
        ]
        words = "; ".join(
            say(language, f"check.assurance-{word}", ports=_ports(group)) for word, group in parts if group
        )
        rows.append((say(language, f"check.{name}"), plain(words)))
    return tuple(rows)


def _ports(outcomes: Iterable[EndpointOutcome]) -> str:
    return ", ".join(str(port) for port in sorted({outcome.endpoint.port for outcome in outcomes}))


def _quiet_line(quiet: Sequence[EndpointOutcome], tried: Sequence[EndpointOutcome], language: str) -> Text:
    """Closed, silent and unreachable ports: facts, in one line."""
    parts: list[str] = []
    for state in ("refused", "filtered", "unreachable", "forbidden"):
        group = [outcome for outcome in quiet if outcome.state == state]
        if group:
            parts.append(say(language, f"check.state-{state}", ports=_quiet_ports(group, tried)))
    return plain(" · ".join(parts))


def _quiet_ports(group: Sequence[EndpointOutcome], tried: Sequence[EndpointOutcome]) -> str:
    """Ports, with host and address family only where they make a difference."""
    several = len({outcome.endpoint.host for outcome in tried}) > 1
    mark = _marker(tried)
    shown: dict[str, None] = {}
    for outcome in group:
        endpoint = outcome.endpoint
        same = [one for one in tried if _spot(one) == _spot(outcome)]
        place = endpoint.label if several else str(endpoint.port)
        mixed = any(one.state != outcome.state for one in same)
        shown[place + mark(outcome) if mixed else place] = None
    return ", ".join(shown)


def _spot(outcome: EndpointOutcome) -> tuple[str, int]:
    return outcome.endpoint.host, outcome.endpoint.port
