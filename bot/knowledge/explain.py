"""From a pasted error, log line, stack trace or bounce to its cause, and from a cause to an explanation.

Finding the cause is deterministic and offline. Rules (`causes/*.toml`) look for what programs and
providers really say; where no rule speaks, the enhanced status code (RFC 3463 and the IANA registry),
the basic reply code (RFC 5321) or an IMAP or POP3 response code decides. `explain_words.explanation_of`
puts the result into words.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.knowledge.explain_entities import Entities, find_entities
from bot.knowledge.explain_flat import Flat, flatten
from bot.knowledge.explain_rules import Verdict, judge
from bot.knowledge.explain_words import Explanation, Source
from bot.knowledge.explain_words import explanation_of as explanation_of
from bot.model.value import field, frozen, replace

MAX_INPUT = 40_000
MENDED_CONFIDENCE = 0.7
__all__ = ["Diagnosis", "Explanation", "Source", "diagnose", "explanation_of"]


@frozen(kw_only=True)
class Diagnosis:
    """The most likely cause of a pasted text.

    Attributes:
        cause: A cause label, or "unknown".
        confidence: 0 to 1; above 0.75 a text that only this cause makes, below 0.5 a guess from a code.
        entities: host, port, code, enhanced_code, product; None when the text does not say.
        basis: What decided: "text", "enhanced", "reply", "nothing".
        line: The line that decided, as pasted (bounded), when the paste has several; else "".
        line_number: Its number from 1; 0 when there is only one line.
    """

    cause: str
    confidence: float
    entities: Mapping[str, str | None] = field(default_factory=dict)
    basis: str = "nothing"
    line: str = ""
    line_number: int = 0


def is_known(text: str, confidence: float) -> bool:
    """Whether a text, as it stands, holds what a mail program or server says when something fails."""
    flat = flatten(text[:MAX_INPUT])
    verdict = judge(flat, find_entities(flat))
    return verdict.basis == "text" and verdict.confidence >= confidence


def _judge_mended(flat: Flat, entities: Entities, verdict: Verdict) -> Verdict:
    """What a mistyped or cut text says once it is put right: surer than a code alone, less than as pasted."""
    from bot.knowledge.explain_mend import mend  # seldom needed

    mended = mend(flat)
    if mended is None:
        return verdict
    found = judge(mended, entities)
    if found.basis != "text":
        return verdict
    return replace(found, confidence=min(found.confidence, MENDED_CONFIDENCE))


def diagnose(text: str) -> Diagnosis:
    """Find the cause of a pasted error. Takes any text, never raises."""
    flat = flatten(text[:MAX_INPUT])
    entities = find_entities(flat)
    verdict = judge(flat, entities)
    if verdict.basis != "text":
        verdict = _judge_mended(flat, entities, verdict)
    number, line = flat.line_at(verdict.position) if verdict.cause != "unknown" else (0, "")
    return Diagnosis(
        cause=verdict.cause,
        confidence=verdict.confidence,
        entities=entities.as_mapping(),
        basis=verdict.basis,
        line=line,
        line_number=number,
    )
