"""From outcomes and findings to the verdict.

critical -> fail; nothing learnt of what was asked -> unknown, with reasons; warnings -> warn; else
pass. A closed port that nobody asked for is a fact and no fault: a mail host need not run POP3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.advice.rules_tls import INCONCLUSIVE
from bot.model.outcome import EndpointOutcome, Sign
from bot.model.value import frozen
from bot.model.verdict import Finding, Word

# Why an endpoint told nothing, most telling first; each is a sentence `undetermined.<key>`.
_REASONS: tuple[tuple[Sign, str], ...] = (
    ("no-route-here", "no-route"),
    ("greeting-rejected", "greeting-rejected"),
    ("hello-limited", "greeting-rejected"),
    ("hello-refused", "greeting-rejected"),
    ("starttls-temporary", "starttls-temporary"),
    ("reset-before-greeting", "closed-early"),
    ("closed-before-greeting", "closed-early"),
    ("silent", "silent"),
    ("tarpit", "silent"),
    ("timed-out", "timed-out"),
    ("deadline", "timed-out"),
)


@frozen
class Judgement:
    """The verdict and, when something could not be told, why (keys of `undetermined.<key>`)."""

    verdict: Word
    undetermined: tuple[str, ...]


def conclusive(outcome: EndpointOutcome) -> bool:
    """Whether the endpoint gave an answer, good or bad: a refusal is one, a time-out is none."""
    if outcome.state == "refused":
        return True
    return outcome.state == "open" and outcome.tls != "unknown" and not INCONCLUSIVE & outcome.signs


def reason_of(outcome: EndpointOutcome) -> str:
    """Why an endpoint gave no answer."""
    for sign, reason in _REASONS:
        if sign in outcome.signs:
            return reason
    return outcome.state if outcome.state in ("filtered", "unreachable", "forbidden") else "timed-out"


def judge(
    outcomes: Sequence[EndpointOutcome],
    findings: Iterable[Finding],
    *,
    asked: frozenset[int] = frozenset(),
    undetermined: Iterable[str] = (),
) -> Judgement:
    """Judge a whole check.

    Args:
        outcomes: Every endpoint that was tried.
        findings: All findings, of endpoints and of the DNS.
        asked: Ports that must have given an answer each; empty when any answer will do.
        undetermined: Reasons known before any probe, such as a resolver that did not answer.
    """
    severities = {finding.severity for finding in findings}
    reasons = tuple(dict.fromkeys((*undetermined, *_open_questions(outcomes, asked))))
    if "critical" in severities:
        return Judgement("fail", reasons)
    if reasons:
        return Judgement("unknown", reasons)
    return Judgement("warn" if "warning" in severities else "pass", ())


def _open_questions(outcomes: Sequence[EndpointOutcome], asked: frozenset[int]) -> list[str]:
    """Reasons for every question that nobody answered: each asked port of each host, or the host at all."""
    groups: dict[tuple[str, int], list[EndpointOutcome]] = {}
    for outcome in outcomes:
        port = outcome.endpoint.port if asked else 0
        if not asked or port in asked:
            groups.setdefault((outcome.endpoint.host, port), []).append(outcome)
    return [
        reason_of(outcome)
        for group in groups.values()
        if not _answered(group, any_will_do=not asked)
        for outcome in group
        if not conclusive(outcome)
    ]


def _answered(group: Sequence[EndpointOutcome], *, any_will_do: bool) -> bool:
    """Whether a group of outcomes settles its question.

    Unasked, a refusal beside dropped ports settles nothing: the ports that count may be the dropped ones.
    """
    if any(outcome.state == "open" and conclusive(outcome) for outcome in group):
        return True
    if any_will_do:
        return all(outcome.state == "refused" for outcome in group)
    return any(outcome.state == "refused" for outcome in group)
