"""A message's way: the card and the JSON (`mailport.trace/1`). Header text is made harmless and cut."""

from __future__ import annotations

from typing import Any

from bot.cards.documents import clean, time_text
from bot.cards.model import Block, Bullets, Card, Facts, Heading, Note, Paragraph, Table, Tone, plain, rich
from bot.cards.plaintext import harmless
from bot.i18n import counted, say, template
from bot.model.trace import Hop, Trace

MAX_NAME = 60
_TONES: dict[str, Tone] = {"encrypted": "good", "local": "good", "clear": "bad", "unknown": "unknown"}


def trace_document(trace: Trace) -> dict[str, Any]:
    """`mailport.trace/1`."""
    return {
        "schema": "mailport.trace/1",
        "hops": [_hop_document(hop) for hop in trace.hops],
        "total_s": trace.total_s,
        "readable_at": [clean(name) for name in trace.readable_at],
        "authentication": {
            "server": clean(trace.authentication.server) or None,
            "results": [
                {"method": clean(one.method), "result": clean(one.result), "about": clean(one.about)}
                for one in trace.authentication.results
            ],
            "untrusted": trace.authentication.untrusted,
            "arc_instances": trace.authentication.arc_instances,
            "arc_result": clean(trace.authentication.arc_result) or None,
        },
        "skewed": [hop.number for hop in trace.skewed],
        "cut": list(trace.cut),
    }


def _hop_document(hop: Hop) -> dict[str, Any]:
    return {
        "number": hop.number,
        "from": clean(hop.sender) or None,
        "address": clean(hop.address) or None,
        "by": clean(hop.receiver) or None,
        "with": clean(hop.protocol) or None,
        "encryption": hop.encryption,
        "evidence": hop.evidence,
        "reach": hop.reach,
        "tls_version": clean(hop.tls_version),
        "cipher": clean(hop.cipher),
        "authenticated": hop.authenticated,
        "at": None if hop.at is None else time_text(hop.at),
        "delay_s": hop.delay_s,
    }


def trace_card(trace: Trace, language: str) -> Card:
    """Hop by hop, then where it lay readable, then what the receiver found out about the sender."""
    clear = [hop for hop in trace.hops if hop.encryption == "clear"]
    title = say(language, counted(language, "trace.title", len(trace.hops)), count=len(trace.hops))
    summary = say(language, counted(language, "trace.clear", len(clear)), count=len(clear))
    blocks: list[Block] = [Paragraph(plain(summary)), _table(trace, language)]
    if any(hop.delay_s is not None and hop.delay_s < 0 for hop in trace.hops):
        blocks.append(Note(rich(template(language, "trace.skew"))))
    if trace.cut:
        blocks.append(Note(rich(template(language, "trace.cut"))))
    if trace.readable_at:
        shown = tuple(plain(harmless(name)[:MAX_NAME]) for name in trace.readable_at[:12])
        blocks += [Heading(say(language, "trace.readable")), Bullets(shown)]
    results = trace.authentication.results
    if results:
        rows = tuple(
            (harmless(one.method)[:20], plain(f"{one.result} {one.about}"[:120])) for one in results[:8]
        )
        blocks += [Heading(say(language, "trace.sender")), Facts(rows)]
    blocks.append(Note(rich(template(language, "trace.note"))))
    tone: Tone = "warning" if clear else "good"
    return Card(
        title=title, tone=tone, blocks=tuple(blocks), summary=f"{title}. {summary}", language=language
    )


def _table(trace: Trace, language: str) -> Table:
    columns = tuple(
        say(language, f"trace.column-{name}") for name in ("number", "from", "by", "encryption", "delay")
    )
    return Table(
        columns=columns,
        rows=tuple(_row(hop, language) for hop in trace.hops),
        tones=tuple(_TONES[hop.encryption] for hop in trace.hops),
    )


def _row(hop: Hop, language: str) -> tuple[str, ...]:
    said = say(language, f"trace.encryption-{hop.encryption}")
    if hop.tls_version:
        said = f"{said} {hop.tls_version}"
    delay = "-" if hop.delay_s is None else f"{hop.delay_s:+.0f} s"
    sender, receiver = hop.sender or hop.address or "?", hop.receiver or "?"
    return (str(hop.number), sender[:MAX_NAME], receiver[:MAX_NAME], harmless(said)[:MAX_NAME], delay)
