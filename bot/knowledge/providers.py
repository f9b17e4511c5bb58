"""Mail providers and the settings they publish.

People edit `providers.toml`; `make generate` writes `providers.json`, which is read here on first
use. Published settings are a hint: a live probe outranks them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from bot.knowledge.data import read_data
from bot.knowledge.words import fold
from bot.model.value import frozen
from bot.typed import Any, Literal

Security = Literal["implicit", "starttls"]
ServiceKind = Literal["submission", "imap", "pop3"]


@frozen
class ProviderServer:
    """One published way in.

    Attributes:
        host: Name to connect to; may hold `<region>` where each customer has another.
        security: TLS from the first byte, or STARTTLS.
    """

    host: str
    port: int
    security: Security


@frozen(kw_only=True)
class Provider:
    """What one provider publishes, best way first.

    Attributes:
        key: Our own short name.
        topic: Label of the answer it belongs to, such as "provider:gmail".
        aliases: What people call it, folded (lower case, no accents).
        domains: Mail domains whose addresses live there.
        mx: Suffixes of its MX hosts.
        bridge: Servers of a helper program on the user's own computer (Proton Mail Bridge).
        login: How to log in, by language; "" when nothing special is known.
        note: What else to know, by language.
        source_ref: Where it was read; `sure` is "A" (the vendor's page or ISPDB), "B" or "C".
    """

    key: str
    topic: str
    name: str
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    mx: tuple[str, ...]
    submission: tuple[ProviderServer, ...]
    imap: tuple[ProviderServer, ...]
    pop3: tuple[ProviderServer, ...]
    bridge: tuple[ProviderServer, ...]
    login: dict[str, str]
    note: dict[str, str]
    source_ref: str
    source_url: str
    sure: str

    def servers(self, kind: ServiceKind) -> tuple[ProviderServer, ...]:
        """The published servers of a service, best first."""
        return {"submission": self.submission, "imap": self.imap, "pop3": self.pop3}[kind]


@cache
def all_providers() -> tuple[Provider, ...]:
    """Every provider of the table that has settings."""
    return tuple(_read(row) for row in _rows() if row["submission"])


def find_provider(text: str) -> Provider | None:
    """The provider that a short text names: "gmail", "Office 365", "outlook.es", "user@gmx.net"."""
    wanted = " ".join(fold(text).strip(" .@`'\"<>?!¿¡").split())
    if not wanted:
        return None
    for provider in all_providers():
        if wanted in (provider.key, provider.name.lower()) or wanted in provider.aliases:
            return provider
    return provider_of_domain(wanted.rpartition("@")[2])


def provider_of_domain(domain: str) -> Provider | None:
    """The provider whose own mail domain it is ("gmail.com"), or a subdomain of one."""
    return next((p for p in all_providers() if _under(domain, p.domains)), None)


def provider_of_mx(host: str) -> Provider | None:
    """The provider that runs an MX host; the longest suffix decides."""
    found = [
        (len(suffix), provider)
        for provider in all_providers()
        for suffix in provider.mx
        if _under(host, (suffix,))
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _under(name: str, suffixes: Sequence[str]) -> bool:
    name = name.lower().rstrip(".")
    return any(name == suffix or name.endswith("." + suffix) for suffix in suffixes)


@cache
def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(read_data("providers.json"))
    return rows


def provider_named(key: str) -> Provider | None:
    """The provider with that key of ours."""
    return next((_read(row) for row in _rows() if row["id"] == key), None)


def _read(row: dict[str, Any]) -> Provider:
    return Provider(
        key=row["id"],
        topic=row["topic"],
        name=row["name"],
        aliases=tuple(row["aliases"]),
        domains=tuple(row["domains"]),
        mx=tuple(row["mx"]),
        submission=_servers(row["submission"]),
        imap=_servers(row["imap"]),
        pop3=_servers(row["pop3"]),
        bridge=_servers(row.get("bridge", ())),
        login=row.get("login", {}),
        note=row.get("note", {}),
        source_ref=row["source"]["ref"],
        source_url=row["source"]["url"],
        sure=row["sure"],
    )


def _servers(lines: Sequence[str]) -> tuple[ProviderServer, ...]:
    parts = (line.split() for line in lines)
    return tuple(
        ProviderServer(host, int(port), "implicit" if mode == "S" else "starttls")
        for host, port, mode in parts
    )
