"""What people name when they want something probed: a domain, a host, or host and port."""

from __future__ import annotations

import re

from bot.errors import BadInput
from bot.model.names import IPAddress, parse_address, parse_name
from bot.model.value import frozen

_SCHEME = re.compile(r"(?:smtps?|imaps?|pop3?s?|https?|ssl|tls|mailto)(?:://|(?<=mailto):)", re.IGNORECASE)
_SLACK_LINK = re.compile(r"<(?:https?://|mailto:)([^|>]+)(?:\|([^>]+))?>")


@frozen(kw_only=True)
class Target:
    """A target as understood.

    Attributes:
        name: ASCII name, or the address in canonical form.
        address: Set when the target is an IP address literal.
        port: The port, when one was named.
        local_part: What stood before the @, when an e-mail address was given.
    """

    name: str
    address: IPAddress | None = None
    port: int | None = None
    local_part: str | None = None

    def __str__(self) -> str:
        host = f"[{self.name}]" if self.address is not None and self.address.version == 6 else self.name
        return host if self.port is None else f"{host}:{self.port}"


def parse_target(text: str) -> Target:
    """Read a target: `example.com`, `mx.example.com:25`, `[2001:db8::25]:587`, `user@example.com`.

    Forgives what chat programs add: `<http://example.com|example.com>`, a scheme, a path, back-quotes.

    Raises:
        BadInput: `target-empty`, `target-bad` or `port-bad`.
    """
    cleaned = _SLACK_LINK.sub(lambda link: link[2] or link[1], text.strip()).strip("`'\"<> ,;")
    cleaned = _SCHEME.sub("", cleaned, count=1).split("/")[0] if not cleaned.startswith("[") else cleaned
    if not cleaned:
        raise BadInput("target-empty")
    local, at, rest = cleaned.rpartition("@")
    host, port = _split_port(rest if at else cleaned)
    address = parse_address(host)
    if address is not None:
        return Target(name=str(address), address=address, port=port)
    name = parse_name(host)
    if name is None:
        raise BadInput("target-bad", text=text.strip()[:80])
    return Target(name=name, port=port, local_part=local or None)


def _split_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise BadInput("target-bad", text=text[:80])
        return host[1:], parse_port(rest[1:]) if rest else None
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, parse_port(port or text)
    return text, None


def parse_port(text: str) -> int:
    """A TCP port.

    Raises:
        BadInput: `port-bad`.
    """
    if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return int(text)
    raise BadInput("port-bad", text=text[:40])


def parse_ports(text: str) -> tuple[int, ...]:
    """Ports separated by commas or spaces, each once, in the order given.

    Raises:
        BadInput: `port-bad`.
    """
    words = [word for word in re.split(r"[,\s]+", text.strip()) if word]
    if not words:
        raise BadInput("port-bad", text=text[:40])
    return tuple(dict.fromkeys(parse_port(word) for word in words))
