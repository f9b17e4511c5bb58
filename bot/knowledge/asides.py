"""Short lines for what a question names besides its topic, so that nothing it asks about is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.knowledge.answer import Answer, AnswerLanguage, filled, texts
from bot.knowledge.classify import Guess
from bot.knowledge.entities import Entities
from bot.knowledge.words import fold
from bot.model.value import replace
from bot.typed import Any

MAX_LINES = 3
# Below this the next best topics are worth a paragraph when they have at least these chances themselves.
UNSURE = 0.9
WORTH = (0.05, 0.12)
INSTEAD = 0.15  # chance from which a topic replaces an error of which nothing is known
_NO_PARAGRAPH = frozenset(("off-topic", "provider", "error-diagnosis"))
# Signs of a text that a program wrote.
_QUOTES = r"[\"`\u201c\u00ab]|'[^']{12,}'|: |[A-Z_]{6,}|\w+(?:Exception|Error)\b|\b\d{3}[ -]"
# What an error's cause is explained by at more length.
_BEHIND = {
    "cert-": "certificates",
    "auth-not-offered": "smtp-auth",
    "auth-mechanism": "smtp-auth",
    "auth-app": "app-password",
    "auth-disabled": "oauth2",
    "starttls-": "starttls-vs-implicit",
    "wrong-tls": "starttls-vs-implicit",
    "tls-version": "tls-versions",
    "tls-policy": "mta-sts",
    "port-blocked": "blocked-port",
    "relay-denied": "relay-vs-submission",
    "ptr-": "dns-mx-ptr",
    "spf-": "spf-dkim-dmarc",
    "dkim-": "spf-dkim-dmarc",
    "dmarc-": "spf-dkim-dmarc",
    "sender-unauthenticated": "spf-dkim-dmarc",
    "no-mail-domain": "dns-mx-ptr",
}


def with_asides(answer: Answer, entities: Entities, guess: Guess, language: AnswerLanguage) -> Answer:
    """The answer with a paragraph of the next best topic when unsure, and lines for what is named."""
    table = texts(language)
    text = answer.text
    more = [_lead(topic, table) for topic in _other_topics(answer, guess)]
    if more:
        text = "\n\n".join((text, f"{table['aside']['maybe']} {more[0]}", *more[1:]))
    said = fold(filled(replace(answer, text=text)))
    lines = list(_lines(said, entities, answer.question, table["asides"]))[:MAX_LINES]
    first = [line for line, leads in lines if leads]
    rest = [f"• {line}" for line, leads in lines if not leads]
    # A diagnosis leads with its own cause.
    before, after = (first, rest) if answer.cause is None else ([], [*(f"• {line}" for line in first), *rest])
    return replace(answer, text="\n\n".join(filter(None, (" ".join(before), text, "\n".join(after)))))


def rather_topic(question: str, guess: Guess, entities: Entities) -> Guess:
    """The topic behind an error where no error is quoted: then its subject is asked about, or nothing is known of it."""
    from bot.knowledge.explain import diagnose

    if entities.codes or entities.blocklists or not guess.others:
        return guess
    cause = diagnose(question).cause
    behind = next((topic for begun, topic in _BEHIND.items() if cause.startswith(begun)), "")
    for place, (topic, chance) in enumerate(guess.others):
        if topic.endswith("-request") or topic in _NO_PARAGRAPH:
            continue
        if (cause == "unknown" and chance >= INSTEAD) or (
            topic == behind and not re.search(_QUOTES, question)
        ):
            rest = (*guess.others[:place], *guess.others[place + 1 :])
            return replace(guess, topic=topic, confidence=max(chance, 0.5), others=rest)
    return guess


def _other_topics(answer: Answer, guess: Guess) -> list[str]:
    """The topics behind an error, or the next best ones that are close."""
    if answer.cause is not None:
        return [topic for begun, topic in _BEHIND.items() if answer.cause.startswith(begun)][:1]
    if guess.confidence >= UNSURE or answer.key == "provider":
        return []
    return [
        topic
        for (topic, chance), least in zip(guess.others, WORTH, strict=False)
        if chance >= least and topic not in _NO_PARAGRAPH and not topic.endswith("-request")
    ]


def _lead(topic: str, table: Mapping[str, Any]) -> str:
    """The first paragraph of a topic's text."""
    first: str = table[topic]["text"].split("\n\n", 1)[0]
    return first


def _lines(
    said: str, entities: Entities, question: str, asides: Mapping[str, Any]
) -> Iterator[tuple[str, bool]]:
    """Lines, each with whether it stands before the rest."""
    for port in entities.ports:
        line = asides["ports"].get(str(port))
        if line and not re.search(rf"(?<!\d){port}(?!\d)", said):
            yield line, False
    asked = fold(question)
    for words, has, line, leads in asides["terms"]:
        if not any(word in said for word in has) and any(
            re.search(rf"(?<![\w.@-]){re.escape(word)}(?![\w@])", asked) for word in words if word in asked
        ):
            yield line, leads
