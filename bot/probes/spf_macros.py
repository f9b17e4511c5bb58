"""Macro expansion in SPF records (RFC 7208 section 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from bot.model.names import MAX_NAME, IPAddress
from bot.model.value import frozen

_MACRO = re.compile(r"%(?:\{([A-Za-z])([0-9]*)(r?)([.+,/_=-]*)\}|([%_-]))", re.IGNORECASE)
_FIXED = {"%": "%", "_": " ", "-": "%20"}
_UNRESERVED = "-._~"


@frozen(kw_only=True)
class Identity:
    """Who sends from where: what macros are filled with.

    Attributes:
        client: The sending address; IPv4-mapped forms already unwrapped.
        sender: Envelope sender with a local part.
        helo: The name said in HELO or EHLO.
        receiver: Our own name, for %{r}.
        seconds: Unix time, for %{t}.
    """

    client: IPAddress
    sender: str
    helo: str
    receiver: str = "unknown"
    seconds: int = 0

    def values(self, domain: str, validated: str) -> Mapping[str, str]:
        """What each macro letter stands for.

        Args:
            domain: The domain whose record is evaluated now.
            validated: The client's validated name, for %{p}.
        """
        local, _, sender_domain = self.sender.rpartition("@")
        return {
            "s": self.sender,
            "l": local,
            "o": sender_domain,
            "d": domain,
            "i": _dotted(self.client),
            "p": validated,
            "v": "in-addr" if self.client.version == 4 else "ip6",
            "h": self.helo,
            "c": str(self.client),
            "r": self.receiver,
            "t": str(self.seconds),
        }


def _dotted(address: IPAddress) -> str:
    # Nibbles in upper case, as the openspf.org suite has it; the DNS does not care.
    return str(address) if address.version == 4 else ".".join(address.exploded.replace(":", "").upper())


def needs_validated_name(template: str) -> bool:
    """Whether %{p} stands in it, which costs lookups."""
    return any((match[1] or "").lower() == "p" for match in _MACRO.finditer(template))


def has_macros(template: str) -> bool:
    """Whether it means something only for a given sender."""
    return any(match[1] for match in _MACRO.finditer(template))


def expand(template: str, values: Mapping[str, str]) -> str:
    """Fill in every macro of a text whose grammar was checked."""
    return _MACRO.sub(lambda match: _expand_one(match, values), template)


def _expand_one(match: re.Match[str], values: Mapping[str, str]) -> str:
    if match[5]:
        return _FIXED[match[5]]
    parts = re.split(f"[{re.escape(match[4] or '.')}]", values[match[1].lower()])
    if match[3]:
        parts.reverse()
    if match[2]:
        parts = parts[-int(match[2]) :]
    text = ".".join(parts)
    return quote(text, safe=_UNRESERVED) if match[1].isupper() else text


def expand_domain(template: str, values: Mapping[str, str]) -> str:
    """A domain-spec filled in; too long a name loses labels on its left (RFC 7208 section 7.3)."""
    name = expand(template, values).removesuffix(".")
    while len(name) > MAX_NAME and "." in name:
        name = name.partition(".")[2]
    return name
