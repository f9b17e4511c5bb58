"""The card of a check: verdict, what it gives, findings by severity with what mends them, endpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from bot.cards.documents import assurance_of
from bot.cards.model import (
    Block,
    Bullets,
    Button,
    Card,
    Facts,
    Heading,
    Note,
    Paragraph,
    Span,
    Table,
    Text,
    Tone,
    plain,
    rich,
)
from bot.cards.plaintext import harmless, text_of
from bot.i18n import has, say, template
from bot.model.outcome import EndpointOutcome
from bot.model.verdict import CheckResult, Finding, Setting, Word


class SourceWords(Protocol):
    """A reference and where to read it."""

    @property
    def ref(self) -> str:
        """Such as "RFC 8314 §3.3"."""
        ...

    @property
    def url(self) -> str:
        """Where it stands."""
        ...


class AdviceWords(Protocol):
    """A finding in words, as the catalogue of findings gives them."""

    @property
    def title(self) -> Text:
        """What it is."""
        ...

    @property
    def detail(self) -> Text:
        """Why it matters."""
        ...

    @property
    def fix(self) -> Text:
        """What to do."""
        ...

    @property
    def sources(self) -> Sequence[SourceWords]:
        """Who says so."""
        ...


Worded = Callable[[Finding], AdviceWords]
_TONES: dict[Word, Tone] = {"pass": "good", "warn": "warning", "fail": "bad", "unknown": "unknown"}
_ENDPOINT_TONES: dict[str, Tone] = {"open": "good", "refused": "plain", "filtered": "unknown"}
MAX_FINDINGS = 8
MAX_ROWS = 24


def verdict_card(result: CheckResult, language: str, worded: Worded) -> Card:
    """The whole card."""
    title = say(language, f"check.verdict-{result.verdict}", target=result.target)
    summary = _summary(result, language, worded)
    blocks: list[Block] = [Paragraph(plain(summary))]
    blocks += _why_unknown(result, language)
    blocks += _findings(result, language, worded)
    blocks += _recommended(result, language)
    blocks += _assurance(result, language)
    if result.outcomes:
        blocks += [Heading(say(language, "check.endpoints")), endpoint_table(result.outcomes, language)]
    blocks.append(Note(_small_print(result, language)))
    return Card(
        title=title,
        tone=_TONES[result.verdict],
        blocks=tuple(blocks),
        buttons=_buttons(result, language),
        summary=f"{title}. {summary}",
        language=language,
    )


def _summary(result: CheckResult, language: str, worded: Worded) -> str:
    told = [one for one in result.findings if one.severity != "info"]
    if told:
        first = text_of(worded(told[0]).title, links=False)
        more = say(language, "check.more", count=len(told) - 1) if len(told) > 1 else ""
        return f"{first}{more}"
    opened = sum(outcome.state == "open" for outcome in result.outcomes)
    key = "check.nothing-learnt" if result.verdict == "unknown" else "check.all-good"
    return say(language, key, opened=opened, tried=len(result.outcomes))


def _why_unknown(result: CheckResult, language: str) -> list[Block]:
    if not result.undetermined:
        return []
    sentences = [
        say(language, f"undetermined.{key}") if has(language, f"undetermined.{key}") else key
        for key in result.undetermined
    ]
    return [Heading(say(language, "check.could-not-tell")), Bullets(tuple(plain(one) for one in sentences))]


def _findings(result: CheckResult, language: str, worded: Worded) -> list[Block]:
    if not result.findings:
        return []
    items = tuple(_finding(one, language, worded(one)) for one in result.findings[:MAX_FINDINGS])
    blocks: list[Block] = [Heading(say(language, "check.findings")), Bullets(items)]
    left = len(result.findings) - MAX_FINDINGS
    if left > 0:
        blocks.append(Note(plain(say(language, "check.findings-left", count=left))))
    return blocks


def _finding(finding: Finding, language: str, advice: AdviceWords) -> Text:
    severity = Span(f"{say(language, f'check.severity-{finding.severity}')}: ", "bold")
    parts: list[Span] = [severity, *advice.title, Span(f" ({finding.subject})"), Span("\n"), *advice.detail]
    if finding.severity != "info" or advice.fix:
        parts += [Span("\n"), Span(f"{say(language, 'check.fix')} ", "bold"), *advice.fix]
    for source in advice.sources[:2]:
        parts += [Span(" "), Span(f"[{source.ref}]", "plain", source.url)]
    return tuple(parts)


def _recommended(result: CheckResult, language: str) -> list[Block]:
    rows = [
        (say(language, f"check.service-{service}"), _setting(setting, language))
        for service, setting in result.recommended.items()
        if setting is not None
    ]
    return [Heading(say(language, "check.recommended")), Facts(tuple(rows))] if rows else []


def _setting(setting: Setting, language: str) -> Text:
    proof = say(language, "check.verified" if setting.verified else "check.unverified")
    security = say(language, f"check.security-{setting.security}")
    return (Span(f"{setting.host}:{setting.port}", "code"), Span(f" {security}, {proof} ({setting.source})"))


def _assurance(result: CheckResult, language: str) -> list[Block]:
    tried = [outcome for outcome in result.outcomes if outcome.state == "open"]
    if not tried:
        return []
    rows = []
    for name in ("encrypted", "authenticated", "integrity"):
        values = [assurance_of(outcome)[name] for outcome in tried]
        yes, no = values.count(True), values.count(False)
        text = say(language, "check.assured", yes=yes, no=no, unknown=len(values) - yes - no)
        rows.append((say(language, f"check.{name}"), plain(text)))
    return [Facts(tuple(rows))]


def endpoint_table(outcomes: tuple[EndpointOutcome, ...], language: str) -> Table:
    """One row per endpoint: where, whether it is open, TLS, certificate, milliseconds."""
    columns = tuple(
        say(language, f"check.column-{name}") for name in ("where", "state", "tls", "certificate", "ms")
    )
    shown = outcomes[:MAX_ROWS]
    return Table(
        columns=columns,
        rows=tuple(_row(outcome, language) for outcome in shown),
        tones=tuple(_row_tone(outcome) for outcome in shown),
    )


def _row(outcome: EndpointOutcome, language: str) -> tuple[str, ...]:
    endpoint = outcome.endpoint
    where = f"{endpoint.label} ({endpoint.service.name})"
    if endpoint.address and endpoint.address != endpoint.host:
        where = f"{where} {endpoint.address}"
    tls = say(language, f"check.tls-{outcome.tls}") if outcome.state == "open" else "-"
    if outcome.tls_version:
        tls = f"{tls} {outcome.tls_version}"
    certificate = outcome.certificate
    faults = (
        ", ".join(say(language, f"check.fault-{fault}") for fault in certificate.faults)
        if certificate
        else "-"
    )
    if certificate and not certificate.faults:
        faults = say(language, "check.days-left", days=certificate.days_left)
    return (where, say(language, f"check.state-{outcome.state}"), tls, faults, f"{outcome.total_ms:.0f}")


def _row_tone(outcome: EndpointOutcome) -> Tone:
    if outcome.state == "open" and (outcome.tls in ("none", "broken")):
        return "bad"
    if outcome.certificate is not None and not outcome.certificate.authenticates:
        return "warning"
    return _ENDPOINT_TONES.get(outcome.state, "unknown")


def _small_print(result: CheckResult, language: str) -> Text:
    key = "check.small-print" if result.cached_age_s is None else "check.small-print-cached"
    return rich(
        template(language, key),
        {
            "vantage": result.vantage,
            "at": f"{result.checked_at:%Y-%m-%d %H:%M:%S} UTC",
            "ms": f"{result.duration_ms:.0f}",
            "age": f"{result.cached_age_s or 0:.0f}",
        },
    )


def _buttons(result: CheckResult, language: str) -> tuple[Button, ...]:
    target = harmless(result.target)
    return (
        Button(label=say(language, "check.again"), command=f"check {target} as {result.kind}"),
        Button(label=say(language, "check.watch"), command=f"watch add {target}"),
    )


def unfinished_text(waiting: tuple[str, ...], done: int, total: int, language: str, *, patient: bool) -> Text:
    """Progress in words."""
    key = "check.patient" if patient else "check.progress"
    values = {"done": done, "total": total, "waiting": ", ".join(waiting[:3])}
    return rich(template(language, key), values)
