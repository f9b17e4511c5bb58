"""`explain`: from a pasted error to its cause and its remedy, offline."""

from __future__ import annotations

from ipaddress import ip_address

from bot.cards.model import Block, Button, Card, Code, Note, Paragraph, Reply, Span, Text, rich
from bot.cards.plaintext import given_back
from bot.commands.definition import Call
from bot.i18n import say
from bot.knowledge.explain import Diagnosis, Explanation, diagnose, explanation_of

_LOCAL_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".invalid", ".localdomain", ".home.arpa")
_SURE = 0.5
# What is given back of a paste: enough for any error, and no log file.
MAX_INPUT = 8192
_ENTITIES = ("host", "port", "code", "enhanced_code", "product")


async def explain(call: Call) -> Reply:
    """Say what an error text means and what to do about it."""
    text = call.need("text", str)
    language = call.request.language or call.language
    diagnosis = diagnose(text)
    words = explanation_of(diagnosis, language)
    return Reply(
        card=_card(diagnosis, words, language, _target(diagnosis)), document=_document(text, diagnosis, words)
    )


def _card(diagnosis: Diagnosis, words: Explanation, language: str, target: str | None) -> Card:
    blocks: list[Block] = []
    if diagnosis.line:
        blocks.append(Note((Span(say(language, "explain.line", number=diagnosis.line_number)),)))
        blocks.append(Code(diagnosis.line))
    blocks.append(Paragraph(rich(words.explanation)))
    blocks.append(Paragraph((Span(say(language, "explain.fix") + " ", "bold"), *rich(words.fix))))
    if diagnosis.cause != "unknown" and diagnosis.confidence < _SURE:
        blocks.append(Note((Span(say(language, "explain.unsure")),)))
    blocks.append(Note(_sources(words, language)))
    buttons = (
        (Button(label=say(language, "explain.check", target=target), command=f"check {target}"),)
        if target
        else ()
    )
    return Card(
        title=words.title,
        tone="plain" if diagnosis.cause == "unknown" else "warning",
        blocks=tuple(blocks),
        buttons=buttons,
        summary=f"{words.title}. {words.fix}".replace("`", "").replace("**", ""),
        language=language,
    )


def _sources(words: Explanation, language: str) -> Text:
    spans = [Span(say(language, "explain.sources") + " ")]
    for index, source in enumerate(words.sources):
        if index:
            spans.append(Span(" · "))
        spans.append(Span(source.ref, url=source.url))
    return tuple(spans)


def _target(diagnosis: Diagnosis) -> str | None:
    """host:port to check next, when the text names both and others can reach the host."""
    host, port = diagnosis.entities.get("host"), diagnosis.entities.get("port")
    if not host or not port or "." not in host or host.endswith(_LOCAL_ENDINGS):
        return None
    try:
        reachable = ip_address(host).is_global
    except ValueError:
        reachable = True
    target = f"{host}:{port}"
    return target if reachable and len(target) <= 60 else None


def _document(text: str, diagnosis: Diagnosis, words: Explanation) -> dict[str, object]:
    return {
        "schema": "mailport.diagnosis/1",
        "input": given_back(text, MAX_INPUT),
        "cause": diagnosis.cause,
        "confidence": diagnosis.confidence,
        "title": words.title,
        "explanation": words.explanation,
        "fix": words.fix,
        "sources": [{"ref": source.ref, "url": source.url} for source in words.sources],
        "entities": {name: diagnosis.entities.get(name) for name in _ENTITIES},
    }
