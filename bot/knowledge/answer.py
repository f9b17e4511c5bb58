"""From a question to an answer: topic, what it names, the text, and the live action it may ask for.

Pure and offline. The text is made of one answer per topic (`answers/<language>.toml`) and of parts for
what the question names: a provider's settings, a cloud, an access provider, an error's explanation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from bot.knowledge.classify import REQUESTS, Guess, classify
from bot.knowledge.data import read_data
from bot.knowledge.entities import Entities, find_entities
from bot.knowledge.providers import Provider, ServiceKind, provider_named
from bot.knowledge.request_words import days_of, ports_of, schedule_of, target_of
from bot.knowledge.words import detect_language, fold

Language = Literal["en", "es"]
_GREETING = re.compile(
    r"\s*(hi|hello|hey|hola|buenas|buenos dias|good (morning|evening))\b[\s!.,]*(there|mailport)?[\s!.]*"
)
_THANKS = re.compile(
    r"\s*(thanks?( you)?( so much)?|thx|gracias|muchas gracias|mil gracias)\b.{0,20}", re.DOTALL
)
_KINDS: tuple[ServiceKind, ...] = ("submission", "imap", "pop3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer.

    Attributes:
        topic: A label of the topic list; "off-topic" when it was declined.
        text: Our own markup (bold, code), with line breaks.
        sources: (reference, address).
        action: {"command", "arguments"} of the live action asked for, else None.
        cause: The diagnosed cause, when the question was built around an error.
    """

    question: str
    language: Language
    topic: str
    confidence: float
    text: str
    sources: tuple[tuple[str, str], ...] = ()
    follow_ups: tuple[str, ...] = ()
    action: Mapping[str, Any] | None = None
    cause: str | None = None


@cache
def _texts(language: Language) -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(read_data(f"answers_{language}.json"))
    return table


@cache
def _sources() -> Mapping[str, list[list[str]]]:
    table: Mapping[str, list[list[str]]] = json.loads(read_data("sources.json"))
    return table


def answer_question(text: str, language: Language | None, default: Language) -> Answer:
    """Answer a question.

    Args:
        language: An explicit wish; None lets the question's own language decide.
        default: For questions whose language is not clear.
    """
    spoken: Language = language or detect_language(text) or default
    entities = find_entities(text)
    guess = classify(text, entities)
    if guess.topic in REQUESTS:
        return _request(text, spoken, guess, entities)
    if guess.topic == "off-topic":
        return _declined(text, spoken, guess)
    if guess.topic == "error-diagnosis":
        return _diagnosed(text, spoken, guess, entities)
    if guess.topic == "provider":
        return _of_provider(text, spoken, guess, entities)
    return _of_topic(text, spoken, guess, entities)


def to_document(answer: Answer) -> dict[str, Any]:
    """`mailport.answer/1`."""
    return {
        "schema": "mailport.answer/1",
        "question": answer.question,
        "lang": answer.language,
        "topic": answer.topic,
        "confidence": round(answer.confidence, 3),
        "text": answer.text.replace("**", "").replace("`", ""),
        "sources": [{"ref": ref, "url": url} for ref, url in answer.sources],
        "follow_ups": list(answer.follow_ups),
        "action": None if answer.action is None else dict(answer.action),
        "cause": answer.cause,
    }


def _made(
    text: str, language: Language, topic: str, guess: Guess, body: str, key: str | None = None, **more: Any
) -> Answer:
    row = _texts(language).get(key or topic, {})
    sources = tuple((ref, url) for ref, url in _sources().get(topic, []))
    follow_ups = tuple(row.get("follow_ups", ())) if isinstance(row, Mapping) else ()
    values: dict[str, Any] = {"sources": sources, "follow_ups": follow_ups} | more
    return Answer(
        question=text, language=language, topic=topic, confidence=guess.confidence, text=body, **values
    )


def _declined(text: str, language: Language, guess: Guess) -> Answer:
    folded = fold(text)
    key = "off-topic"
    if _GREETING.fullmatch(folded):
        key = "greeting"
    elif _THANKS.fullmatch(folded):
        key = "thanks"
    return _made(text, language, "off-topic", guess, _texts(language)[key]["text"], key)


def _of_topic(text: str, language: Language, guess: Guess, entities: Entities) -> Answer:
    texts = _texts(language)
    parts = [texts[guess.topic]["text"]]
    if guess.topic == "cloud-port-25":
        parts = [_cloud_text(texts, entities)]
    elif guess.topic in ("blocked-port", "port-25"):
        parts += [texts["cloud"][cloud]["text"] for cloud in entities.clouds if cloud in texts["cloud"]]
        parts += [texts["isp"][isp]["text"] for isp in entities.isps if isp in texts["isp"]]
    if guess.topic not in ("cloud-port-25",):
        parts += [_provider_lines(found, texts) for found in _named_providers(entities)[:1]]
    return _made(text, language, guess.topic, guess, "\n\n".join(parts))


def _cloud_text(texts: Mapping[str, Any], entities: Entities) -> str:
    named = [texts["cloud"][cloud]["text"] for cloud in entities.clouds if cloud in texts["cloud"]]
    middle = named or [texts["cloud"]["overview"]["text"]]
    return "\n\n".join([*middle, texts["cloud-port-25"]["text"] + "\n" + texts["cloud"]["general"]["text"]])


def _named_providers(entities: Entities) -> list[Provider]:
    found = (provider_named(key) for key in entities.providers)
    return [one for one in found if one is not None and one.submission]


def _of_provider(text: str, language: Language, guess: Guess, entities: Entities) -> Answer:
    texts = _texts(language)
    known = _named_providers(entities)
    if not known:
        name = entities.providers[0] if entities.providers else "?"
        body = str(texts["provider"]["unknown"]).replace("{name}", name)
        return _made(text, language, "provider:other", guess, body, "provider")
    first = known[0]
    parts = [_provider_lines(one, texts) for one in known[:2]]
    parts += [texts["cloud"][cloud]["text"] for cloud in entities.clouds if cloud in texts["cloud"]]
    source = ((first.source_ref, first.source_url),)
    return _made(text, language, first.topic, guess, "\n\n".join(parts), "provider", sources=source)


def _provider_lines(provider: Provider, texts: Mapping[str, Any]) -> str:
    words = texts["provider"]
    best = provider.submission[0]
    head = words["head"].format(
        name=provider.name, host=best.host, port=best.port, security=words[best.security]
    )
    lines = [head, ""]
    names = {"submission": words["sending"], "imap": words["imap"], "pop3": words["pop3"]}
    for kind in _KINDS:
        servers = provider.servers(kind)
        shown = "; ".join(f"`{one.host}` **{one.port}** {words[one.security]}" for one in servers)
        if servers or (kind != "submission" and provider.imap):
            lines.append(f"• {names[kind]}: {shown or words['none']}")
    if provider.bridge:
        shown = "; ".join(f"`{one.host}` **{one.port}** {words[one.security]}" for one in provider.bridge)
        lines.append(f"• Bridge: {shown}")
    language = "es" if words["login"] != "Login" else "en"
    if provider.login.get(language):
        lines.append(f"• {words['login']}: {provider.login[language]}.")
    if provider.note.get(language):
        lines.append(f"• {provider.note[language]}")
    if all(server.port != 465 for server in provider.submission):
        lines.append(f"• {words['only']}")
    others = [str(one.port) for one in provider.submission if one.port not in (25, 465, 587)]
    alternative = words["alternative"].format(ports=", ".join(others)) if others else ""
    lines.append("• " + words["fallback"].format(alternative=alternative))
    return "\n".join(lines)


def _diagnosed(text: str, language: Language, guess: Guess, entities: Entities) -> Answer:
    from bot.knowledge.explain import diagnose, explanation_of

    diagnosis = diagnose(text)
    if diagnosis.cause == "unknown":
        return _made(
            text,
            language,
            "error-diagnosis",
            guess,
            _texts(language)["error-diagnosis"]["text"],
            cause="unknown",
        )
    told = explanation_of(diagnosis, language)
    parts = [f"**{told.title}.** {told.explanation}", told.fix]
    parts += [_provider_lines(found, _texts(language)) for found in _named_providers(entities)[:1]]
    sources = tuple((source.ref, source.url) for source in told.sources)
    return _made(
        text, language, "error-diagnosis", guess, "\n\n".join(parts), sources=sources, cause=diagnosis.cause
    )


def _request(text: str, language: Language, guess: Guess, entities: Entities) -> Answer:
    action = _action(text, guess.topic, entities)
    texts = _texts(language)
    if action is None:
        return _made(text, language, guess.topic, guess, texts["target-missing"]["text"])
    target = str(action["arguments"]["target"])
    body = texts[guess.topic]["text"].replace("{command}", command_of(action)).replace("{target}", target)
    return _made(text, language, guess.topic, guess, body, action=action)


def _action(text: str, topic: str, entities: Entities) -> dict[str, Any] | None:
    target = target_of(entities)
    if topic in ("keys-request", "settings-request") and entities.addresses:
        target = entities.addresses[0]
    if target is None:
        return None
    arguments: dict[str, Any] = {"target": target}
    command = {
        "probe-request": "check",
        "settings-request": "port",
        "watch-request": "watch-add",
        "report-request": "report-add",
        "history-request": "history",
        "keys-request": "keys",
    }[topic]
    if topic == "probe-request" and (ports := ports_of(entities)):
        arguments["ports"] = ports
    if topic in ("watch-request", "report-request"):
        schedule = schedule_of(text)
        if schedule is not None:
            command = "report-add"
            arguments["schedule"] = schedule
        elif topic == "report-request":
            arguments["schedule"] = "every day at 09:00"
    if topic == "history-request" and (days := days_of(text)):
        arguments["days"] = days
    return {"command": command, "arguments": arguments}


def command_of(action: Mapping[str, Any]) -> str:
    """The words to type for an action."""
    arguments = action["arguments"]
    target = arguments["target"]
    match action["command"]:
        case "report-add":
            return f"report add {arguments.get('schedule', 'every day at 09:00')} for {target}"
        case "history":
            return f"history {target}" + (f" days {arguments['days']}" if "days" in arguments else "")
        case "check":
            return f"check {target} {arguments.get('ports', '')}".strip()
        case "watch-add":
            return f"watch add {target}"
        case other:
            return f"{other} {target}"
