"""Puts an answer's text together: the topic's own, and what belongs to the names in the question."""

from __future__ import annotations

from collections.abc import Iterator

from bot.knowledge.answer import Answer, AnswerLanguage, AnswerSource, sources_of, texts
from bot.knowledge.classify import Guess
from bot.knowledge.entities import Entities
from bot.knowledge.providers import Provider, ProviderServer, provider_named
from bot.typed import Any

MAX_NAMED = 3
SURE_CAUSE = 0.8


# Topics whose answer gains by the settings of a provider that the question names.
_WITH_SETTINGS = frozenset(
    (
        "submission-port",
        "port-25",
        "port-465",
        "port-587",
        "port-2525",
        "starttls-vs-implicit",
        "ssl-vs-tls",
        "blocked-port",
        "cloud-port-25",
        "relayhost",
        "app-password",
        "oauth2",
        "smtp-auth",
        "testing-tools",
        "imap-ports",
        "pop3-ports",
    )
)
# Causes after which the settings of the provider help.
_LOGIN_CAUSES = (
    "auth-",
    "account-locked",
    "wrong-tls",
    "starttls-",
    "port-blocked",
    "connection-",
    "no-greeting",
    "client-config",
    "relay-denied",
)


def compose_topic(question: str, language: AnswerLanguage, guess: Guess, entities: Entities) -> Answer:
    """An answer out of the topic's text; clouds, access and mail providers get their own part."""
    table = texts(language)
    entry = table[guess.topic]
    parts = [entry["text"]]
    if guess.topic == "cloud-port-25":
        parts += _clouds(entities, table)
    elif guess.topic == "imap-ports" and "pop" in entities.marked:
        parts.append(table["pop3-ports"]["text"])
    elif guess.topic in ("blocked-port", "relayhost", "port-25", "submission-port"):
        parts += [
            table["isp"][isp]["text"]
            for isp in entities.isps[:MAX_NAMED]
            if isp != "other" or _called(entities)
        ]
        parts += [table["cloud"][cloud]["text"] for cloud in entities.clouds[:MAX_NAMED] if cloud != "other"]
    if guess.topic in _WITH_SETTINGS:
        parts += ["\n".join(_short(provider, language)) for provider in _providers(entities)]
    return Answer(
        question=question,
        language=language,
        topic=guess.topic,
        confidence=round(guess.confidence, 3),
        text="\n\n".join(parts),
        values=_called(entities),
        sources=sources_of(guess.topic, language),
        follow_ups=tuple(entry["follow_ups"]),
        key=guess.topic,
    )


def _called(entities: Entities) -> dict[str, str]:
    """The name of a cloud or access provider about which nothing is known, for the text's slot."""
    return {"name": entities.called[0]} if entities.called else {}


def _clouds(entities: Entities, table: dict[str, Any]) -> list[str]:
    named = entities.clouds or (("ovh",) if "ovh" in entities.providers else ())
    named = named or (("aws",) if "ses" in entities.providers else ())
    parts = [
        table["cloud"][cloud]["text"] for cloud in named[:MAX_NAMED] if cloud != "other" or _called(entities)
    ]
    return [*(parts or [table["cloud"]["overview"]["text"]]), table["cloud"]["general"]["text"]]


def _short(provider: Provider, language: str) -> Iterator[str]:
    """A provider's settings within another topic: its servers, and how to log in."""
    words = texts(language)["provider"]
    yield f"**{provider.name}**: {words['sending']} {_servers(provider.submission, words)}"
    if provider.imap:
        yield f"• {words['imap']}: {_servers(provider.imap, words)}"
    if provider.pop3:
        yield f"• {words['pop3']}: {_servers(provider.pop3, words)}"
    if provider.login:
        yield f"• {words['login']}: {provider.login[language]}"


def compose_provider(question: str, language: AnswerLanguage, guess: Guess, entities: Entities) -> Answer:
    """An answer out of the provider table; the first provider with settings decides the topic."""
    providers = _providers(entities)
    table = texts(language)
    if not providers:
        return _unknown_provider(question, language, guess, entities)
    first = providers[0]
    parts = ["\n".join(_settings(provider, language)) for provider in providers]
    if entities.clouds:
        parts += _clouds(entities, table)
    parts += _trouble(question, language)
    return Answer(
        question=question,
        language=language,
        topic=first.topic,
        confidence=round(guess.confidence, 3),
        text="\n\n".join(parts),
        values=_called(entities),
        sources=tuple(AnswerSource(provider.source_ref, provider.source_url) for provider in providers),
        follow_ups=_provider_follow_ups(first, table),
        key="provider",
    )


def _provider_follow_ups(provider: Provider, table: dict[str, Any]) -> tuple[str, ...]:
    best = provider.submission[0]
    more = () if "<" in best.host else (table["provider"]["check"].format(host=best.host, port=best.port),)
    return (*table["provider"]["follow_ups"], *more)


def _unknown_provider(question: str, language: AnswerLanguage, guess: Guess, entities: Entities) -> Answer:
    table = texts(language)
    return Answer(
        question=question,
        language=language,
        topic="provider:other",
        confidence=round(guess.confidence, 3),
        text=table["provider"]["unknown"],
        values=_called(entities) or {"name": "?"},
        sources=sources_of("submission-port", language),
        follow_ups=tuple(table["provider"]["follow_ups"]),
        key="provider",
    )


def _providers(entities: Entities) -> list[Provider]:
    found = [provider_named(key) for key in entities.providers if key != "other"]
    return [provider for provider in found if provider is not None][:MAX_NAMED]


def _sentence(provider: Provider, table: dict[str, Any]) -> str:
    best = provider.submission[0]
    text: str = table["provider"]["head"]
    return text.format(
        name=provider.name, host=best.host, port=best.port, security=table["provider"][best.security]
    )


def _settings(provider: Provider, language: str) -> Iterator[str]:
    table = texts(language)
    words = table["provider"]
    yield _sentence(provider, table)
    yield ""
    yield f"• {words['sending']}: {_servers(provider.submission, words)}"
    if (provider.imap or provider.pop3 or provider.domains) and not provider.bridge:
        yield f"• {words['imap']}: {_servers(provider.imap, words)}"
        yield f"• {words['pop3']}: {_servers(provider.pop3, words)}"
    if provider.login:
        yield f"• {words['login']}: {provider.login[language]}"
    if provider.note:
        yield ""
        yield provider.note[language]
    yield ""
    yield _fallback(provider, words)


def _fallback(provider: Provider, words: dict[str, str]) -> str:
    extra = [str(server.port) for server in provider.submission if server.port not in (25, 465, 587)]
    alternative = words["alternative"].format(ports=" / ".join(extra)) if extra else ""
    return words["fallback"].format(alternative=alternative)


def _servers(servers: tuple[ProviderServer, ...], words: dict[str, str]) -> str:
    if not servers:
        return words["none"]
    hosts: dict[str, list[str]] = {}
    for server in servers:
        hosts.setdefault(server.host, []).append(f"**{server.port}** {words[server.security]}")
    return "; ".join(f"`{host}` " + ", ".join(ports) for host, ports in hosts.items())


def _trouble(question: str, language: AnswerLanguage) -> list[str]:
    """What an error that is quoted beside a provider's name means, when it is plain."""
    from bot.knowledge.explain import diagnose, explanation_of

    diagnosis = diagnose(question)
    if diagnosis.cause == "unknown" or diagnosis.confidence < SURE_CAUSE:
        return []
    found = explanation_of(diagnosis, language)
    return [f"**{found.title}**\n{found.fix}"]


def compose_error(question: str, language: AnswerLanguage, guess: Guess, entities: Entities) -> Answer:
    """An answer out of the diagnosis of the error that the question holds."""
    from bot.knowledge.explain import diagnose, explanation_of

    diagnosis = diagnose(question)
    if diagnosis.cause == "unknown":
        return compose_topic(question, language, guess, entities)
    found = explanation_of(diagnosis, language)
    parts = [f"**{found.title}**", found.explanation, found.fix]
    if diagnosis.cause.startswith(_LOGIN_CAUSES):
        parts += ["\n".join(_short(provider, language)) for provider in _providers(entities)]
    return Answer(
        question=question,
        language=language,
        topic="error-diagnosis",
        confidence=round(max(guess.confidence, diagnosis.confidence), 3),
        text="\n\n".join(parts),
        values={},
        sources=tuple(AnswerSource(source.ref, source.url) for source in found.sources),
        follow_ups=tuple(texts(language)["error-diagnosis"]["follow_ups"]),
        cause=diagnosis.cause,
        key="error-diagnosis",
    )
