"""Answers a question: its topic, the text with sources, and the live action it asks for, if any.

Pure and offline. One text per topic and language (`answers/*.toml`); what the question names (a
provider, a cloud, an error) adds its own part (`compose.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache

from bot.knowledge.classify import Guess, classify
from bot.knowledge.data import read_data
from bot.knowledge.entities import Entities, find_entities
from bot.knowledge.features import sentences
from bot.knowledge.requests import Action, Wanted, find_request
from bot.knowledge.words import WORD, detect_language, fold, other_language
from bot.model.value import frozen, replace
from bot.typed import Any, Literal

AnswerLanguage = Literal["en", "es"]
LONG = 160  # characters from which a message is a story around its question

_GREETINGS = frozenset(
    """hello hi hey hiya hola buenas buenos dias tardes noches good morning afternoon evening greetings
    saludos there mailport bot que tal how are you como estas""".split()  # noqa: SIM905
)
_THANKS = frozenset(
    """thanks thank you thx ty cheers gracias muchas mil very much perfect perfecto great genial ok okay
    vale bye adios goodbye nice cool muy amable a lot so awesome""".split()  # noqa: SIM905
)


@frozen
class AnswerSource:
    """What a statement rests on."""

    ref: str
    url: str


@frozen(kw_only=True)
class Answer:
    """An answer in one language.

    Attributes:
        topic: A label of the knowledge base; "off-topic" is a refusal that says what Mailport can do.
        confidence: 0 to 1.
        text: Our own markup (bold, code) in which `{name}` slots stand for `values`.
        values: Texts from the question, put in after the markup was read.
        cause: For questions about an error: the cause found, else None.
        key: Which text it is, finer than the topic ("greeting").
    """

    question: str
    language: AnswerLanguage
    topic: str
    confidence: float
    text: str
    values: Mapping[str, str]
    sources: tuple[AnswerSource, ...]
    follow_ups: tuple[str, ...]
    action: Action | None = None
    cause: str | None = None
    key: str = ""


def answer_question(text: str, language: str | None, default_language: str) -> Answer:
    """Answer a question; takes any text, never raises for it.

    Args:
        language: To answer in; None follows the question's own.
        default_language: For questions whose language cannot be told.
    """
    chosen = language or detect_language(text) or default_language
    spoken: AnswerLanguage = "es" if chosen == "es" else "en"
    entities = find_entities(text)
    small_talk = _small_talk(text)
    if small_talk is not None:
        return _plain(text, spoken, Guess("off-topic", 0.99), small_talk)
    if language is None and other_language(text):
        return _plain(text, "en", Guess("off-topic", 0.9), "other-language")
    wanted = _wanted(text, entities)
    if wanted is not None:
        return _request(text, spoken, wanted)
    return _explain(text, spoken, classify(text, entities), entities)


def _wanted(text: str, entities: Entities) -> Wanted | None:
    """The live action asked for; of a long message only the sentences that name a target count."""
    parts = sentences(text)
    if len(parts) < 2 or len(text) < LONG:
        return find_request(text, entities)
    for part in parts:
        inside = find_entities(part)
        if inside.targets or inside.provider_hosts or inside.addresses:
            wanted = find_request(part, inside)
            if wanted is not None and wanted.action is not None:
                return wanted
    return None


def _small_talk(text: str) -> str | None:
    words = [word for word in WORD.findall(fold(text)) if word.isalpha()]
    if not words or len(words) > 6:
        return None
    if set(words) <= _GREETINGS:
        return "greeting"
    return "thanks" if set(words) <= _THANKS | _GREETINGS else None


def _request(text: str, language: AnswerLanguage, wanted: Wanted) -> Answer:
    if wanted.action is None:
        return _plain(text, language, Guess(wanted.topic, 0.8), "target-missing")
    values = {"command": wanted.action.words, "target": str(wanted.action.arguments["target"])}
    key = "report-request" if wanted.action.command == "report-add" else wanted.topic
    answer = _plain(text, language, Guess(wanted.topic, 0.95), key)
    return replace(answer, values=values, action=wanted.action)


def _explain(text: str, language: AnswerLanguage, guess: Guess, entities: Entities) -> Answer:
    from bot.knowledge.asides import rather_topic, with_asides
    from bot.knowledge.compose import compose_error, compose_provider, compose_topic

    if guess.topic.endswith("-request"):
        return _plain(text, language, guess, "target-missing")
    if guess.topic == "off-topic":
        return _plain(text, language, guess, "off-topic")
    if guess.topic == "provider":
        answer = compose_provider(text, language, guess, entities)
    elif guess.topic == "error-diagnosis":
        guess = rather_topic(text, guess, entities)
        compose = compose_error if guess.topic == "error-diagnosis" else compose_topic
        answer = compose(text, language, guess, entities)
    else:
        answer = compose_topic(text, language, guess, entities)
    return with_asides(answer, entities, guess, language)


@cache
def texts(language: str) -> dict[str, Any]:
    """Every text of a language by key, sources included."""
    table: dict[str, Any] = json.loads(read_data(f"answers.{language}.json"))
    return table


def sources_of(topic: str, language: str) -> tuple[AnswerSource, ...]:
    """The sources of a topic."""
    rows = texts(language)["sources"].get(topic, ())
    return tuple(AnswerSource(row["ref"], row["url"]) for row in rows)


def _plain(text: str, language: AnswerLanguage, guess: Guess, key: str) -> Answer:
    entry = texts(language)[key]
    return Answer(
        question=text,
        language=language,
        topic=guess.topic,
        confidence=round(guess.confidence, 3),
        text=entry["text"],
        values={},
        sources=sources_of(guess.topic, language),
        follow_ups=tuple(entry["follow_ups"]),
        key=key,
    )


def filled(answer: Answer) -> str:
    """The answer as plain text, without markup."""
    text = re.sub(r"\*\*|`", "", answer.text)
    return re.sub(r"\{([a-z_]+)\}", lambda slot: answer.values.get(slot[1], slot[0]), text)


def to_document(answer: Answer) -> dict[str, object]:
    """The answer as `mailport.answer/1`."""
    action = answer.action
    return {
        "schema": "mailport.answer/1",
        "question": answer.question,
        "lang": answer.language,
        "topic": answer.topic,
        "confidence": answer.confidence,
        "text": filled(answer),
        "sources": [{"ref": source.ref, "url": source.url} for source in answer.sources],
        "follow_ups": list(answer.follow_ups),
        "action": None
        if action is None
        else {"command": action.command, "arguments": dict(action.arguments)},
        "cause": answer.cause,
    }
