"""Short lines for what a question names besides its topic, so that nothing it asks about is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.knowledge.answer import Answer, AnswerLanguage, filled, texts
from bot.knowledge.classify import Guess
from bot.knowledge.entities import Entities
from bot.knowledge.words import fold

MAX_LINES = 3
# Below this the next best topic is worth a paragraph when it has at least this chance itself.
UNSURE = 0.85
WORTH = 0.08
_NO_PARAGRAPH = frozenset(("off-topic", "provider", "error-diagnosis", "cloud-port-25"))


def with_asides(answer: Answer, entities: Entities, guess: Guess, language: AnswerLanguage) -> Answer:
    """The answer with a paragraph of the next best topic when unsure, and lines for what is named."""
    table = texts(language)
    text = answer.text
    other = _other_topic(answer, guess, table)
    if other:
        text = f"{text}\n\n{table['aside']['maybe']} {other}"
    lines = list(_lines(fold(filled(replace(answer, text=text))), entities, answer.question, table["asides"]))
    if lines:
        text = "\n\n".join((text, "\n".join(f"• {line}" for line in lines[:MAX_LINES])))
    return replace(answer, text=text)


def _other_topic(answer: Answer, guess: Guess, table: Mapping[str, Any]) -> str:
    """The first paragraph of the next best topic, "" when it is not close."""
    if (
        guess.confidence >= UNSURE
        or answer.key == "provider"
        or guess.second_chance < WORTH
        or guess.second == answer.topic
        or guess.second in _NO_PARAGRAPH
        or guess.second.endswith("-request")
    ):
        return ""
    first: str = table[guess.second]["text"].split("\n\n", 1)[0]
    return first


def _lines(said: str, entities: Entities, question: str, asides: Mapping[str, Any]) -> Iterator[str]:
    for port in entities.ports:
        line = asides["ports"].get(str(port))
        if line and not re.search(rf"(?<!\d){port}(?!\d)", said):
            yield line
    asked = fold(question)
    for words, has, line in asides["terms"]:
        if not any(word in said for word in has) and any(
            re.search(rf"(?<![\w.@-]){re.escape(word)}(?![\w@])", asked) for word in words if word in asked
        ):
            yield line
