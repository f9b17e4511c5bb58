"""What to type into a program: the card and the JSON of a discovery (`mailport.settings/1`)."""

from __future__ import annotations

from typing import Any

from bot.cards.documents import clean, setting_document
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
    Text,
    Tone,
    plain,
    rich,
)
from bot.i18n import has, say, template
from bot.model.discovery import SERVICES_OF_CLIENTS, Candidate, Discovery

MAX_ALTERNATIVES = 8


def disagreements(discovery: Discovery) -> tuple[str, ...]:
    """Services for which two sources name different servers, as "imap: srv a:993, autoconfig b:993"."""
    found: list[str] = []
    for service in SERVICES_OF_CLIENTS:
        first: dict[str, str] = {}
        # Ranks count through a whole file, so that a service's first choice need not have rank 0.
        for claim in sorted(discovery.published, key=lambda one: one.rank):
            if claim.service == service:
                first.setdefault(claim.source, f"{claim.host}:{claim.port}")
        if len(set(first.values())) > 1:
            found.append(f"{service}: " + ", ".join(f"{source} {place}" for source, place in first.items()))
    return tuple(found)


def settings_document(target: str, discovery: Discovery, notes: tuple[str, ...]) -> dict[str, Any]:
    """`mailport.settings/1`."""
    best = {service: discovery.best(service) for service in SERVICES_OF_CLIENTS}
    others = [one for one in discovery.candidates if one.usable and one is not best[one.service]]
    return {
        "schema": "mailport.settings/1",
        "target": target,
        **{service: setting_document(discovery.recommended[service]) for service in SERVICES_OF_CLIENTS},
        "alternatives": [
            {"service": one.service, **(setting_document(one.as_setting()) or {})}
            for one in others[:MAX_ALTERNATIVES]
        ],
        "published": [
            {
                "source": claim.source,
                "service": claim.service,
                "host": clean(claim.host),
                "port": claim.port,
                "security": claim.security,
            }
            for claim in discovery.published
        ],
        "broken": [
            {"service": one.service, "host": one.host, "port": one.port, "reason": one.problem}
            for one in discovery.candidates
            if not one.usable
        ],
        "disagreements": list(disagreements(discovery)),
        "notes": list(notes),
        "duration_ms": round(discovery.duration_ms, 3),
    }


def settings_card(
    target: str,
    discovery: Discovery,
    notes: tuple[str, ...],
    language: str,
    age_s: float | None = None,
) -> Card:
    """The card: what to use, why, what else, what does not work.

    Args:
        age_s: How old all this is; None when it was found just now.
    """
    best = [one for service in SERVICES_OF_CLIENTS if (one := discovery.best(service)) is not None]
    proven = bool(best) and all(one.grade in ("verified", "no-auth") for one in best)
    tone: Tone = "good" if proven else "warning" if best else "unknown" if not discovery.conclusive else "bad"
    key = "found" if best else "none" if discovery.conclusive else "unclear"
    title = say(language, f"settings-card.{key}", target=target)
    blocks: list[Block] = []
    if best:
        blocks.append(Facts(tuple(_row(one, language) for one in best)))
    blocks += _broken(discovery, language)
    told = disagreements(discovery)
    if told:
        blocks += [
            Heading(say(language, "settings-card.disagree")),
            Bullets(tuple(plain(one) for one in told)),
        ]
    if notes:
        blocks.append(Bullets(tuple(rich(note) for note in notes)))
    if not best:
        why = "missing" if discovery.domain == "missing" else "null" if discovery.null_mx == "yes" else key
        values = {"domain": discovery.name}
        blocks.append(Paragraph(rich(template(language, f"settings-card.{why}-why"), values)))
    small_print = say(language, "settings-card.small-print", ms=f"{discovery.duration_ms:.0f}")
    if age_s is not None:
        small_print += " " + say(language, "check.cached", seconds=round(age_s))
    blocks.append(Note(plain(small_print)))
    buttons = tuple(
        Button(label=f"check {one.host}:{one.port}"[:80], command=f"check {one.host}:{one.port}")
        for one in best[:2]
    )
    return Card(
        title=title, tone=tone, blocks=tuple(blocks), buttons=buttons, summary=title, language=language
    )


def _row(candidate: Candidate, language: str) -> tuple[str, Text]:
    proof = say(language, f"settings-card.grade-{candidate.grade}")
    security = say(language, f"settings-card.security-{candidate.security}")
    spans = [
        Span(candidate.host, "code"),
        Span(" "),
        Span(str(candidate.port), "bold"),
        Span(f" {security}: {proof} ({candidate.source})"),
    ]
    if candidate.problem:
        spans.append(Span(f". {_reason(candidate.problem, language)}"))
    return say(language, f"settings-card.{candidate.service}"), tuple(spans)


def _reason(key: str, language: str) -> str:
    for name in (f"reason-for-setting.{key}", f"reason.{key}"):
        if has(language, name):
            return say(language, name)
    return key


def _broken(discovery: Discovery, language: str) -> list[Block]:
    failed = [one for one in discovery.candidates if not one.usable and one.claims]
    if not failed:
        return []
    items = tuple(
        (Span(f"{one.host}:{one.port}", "code"), Span(f" ({one.source}): {_reason(one.problem, language)}"))
        for one in failed[:MAX_ALTERNATIVES]
    )
    return [Heading(say(language, "settings-card.broken")), Bullets(items)]
