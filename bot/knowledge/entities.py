"""What a question names: ports, targets, providers, clouds, access providers, error codes.

Everything found is also replaced by its kind (`@p25`, `@domain`, `@prov` ...) in the words that the
classifier sees, so that it learns kinds and never names.
"""

from __future__ import annotations

import re
from functools import cache

from bot.knowledge.data import read_table
from bot.knowledge.words import fold
from bot.model.services import MAIL_PORTS
from bot.model.value import frozen

KNOWN_PORTS = MAIL_PORTS | {24, 366, 443, 585, 588, 1025, 1143, 2000, 2096, 8025, 8465}
MAX_QUESTION = 8000

_ADDRESS = r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.)+[a-z][\w-]{1,62}"
_IPV6 = r"\[([0-9a-f:.]*:[0-9a-f:.]*)\](?::(\d{1,5}))?|(?<![\w:.])((?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})(?:[0-9a-f:]*))(?![\w.])"
_IPV4 = r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.]*\d)(?:(/\d{1,2})|:(\d{1,5}))?"
_NAME = r"(?<![\w@.-])(?:(?:smtps?|imaps?|pop3s?|https?|ssl|tls)://)?((?:[\w](?:[\w-]{0,61}\w)?\.)+[a-z][a-z0-9-]{1,62})\b(?::(\d{1,5})(?!\d))?(?:/\S*)?"
_CODE = r"\b0x800[0-9a-f]{5}\b|(?<![\d.])(?:[245]\d\d[ -])?[245]\.\d{1,3}\.\d{1,3}(?![\d.])|(?<![\d.])(?<!port )(?<!puerto )(?<!port: )(?:4[2-5]\d|5[0-5]\d)(?=[ -]+[a-z#(\"'<]|[:,?.)]*$|[,:)?])"
_CLOCK = r"(?<![\d:.])([01]?\d|2[0-3])[:.h]([0-5]\d)\s*(?:h\b|hrs?\b)?\s*([ap]\.?m\b\.?)?|\b(\d{1,2})\s*([ap]\.?m\b\.?)"
# Settings of Jakarta Mail and Spring, not hosts.
_PROPERTY = r"(?:spring\.)?mail\.(?:smtps?|imaps?|pop3s?|properties|transport|store)\.(?:auth|class|connectiontimeout|ehlo|from|host|localhost|mail|password|port|protocol|sasl|ssl|socketfactory|starttls|timeout|user|writetimeout)\b"
# Outlook the program, not Microsoft's mail service.
_OUTLOOK = (
    r"\b(?:(?:mi|my|al|el|un|the|our|nuestro) )?outlook (?:20[012]\d|9[78]|classic|desktop|clasico)\b|\b(?:mi|my|al|un|our|nuestro) outlook\b(?!\.)(?! (?:365|account|mail))"
    r"|\boutlook express\b|\boutlook (?:and|y|or|o|e) (?=thunderbird|apple mail|mail)|(?<=thunderbird )(?:and|y|or|o|e) outlook\b(?!\.)"
    r"|\b(?:in|en|sabe|let) outlook\b(?!\.)(?! (?:365|com|account|mail|web))"
    r"|\boutlook(?= (?:opens?|abre|keeps|still|says|suggests|can'?t|cannot|won'?t|does not|doesn'?t|no conecta|no me|me cambia|no env|no rec|shows|asks|warns|complains|dice|sugiere|muestra|pide|avisa)\b)"
)
_NUMBER = r"(?<![\w.])\d{1,6}(?![\w]|\.\d)"


@frozen
class Named:
    """A domain, host or address as typed, with the port that stood beside it."""

    name: str
    port: int | None = None

    def __str__(self) -> str:
        shown = f"[{self.name}]" if ":" in self.name else self.name
        return shown if self.port is None else f"{shown}:{self.port}"


@frozen(kw_only=True)
class Entities:
    """What was found, each in the order of the text.

    Attributes:
        ports: Mail ports, and any number called a port.
        targets: Domains, hosts and IP addresses that are no provider's.
        provider_hosts: Domains and hosts of known providers, as typed.
        addresses: E-mail addresses.
        providers: Keys of the provider table, "other" for known names without settings.
        clouds: Keys of `entities.toml`.
        isps: Keys of `entities.toml`.
        called: How clouds, then access providers, then providers without data of their own were written.
        elsewhere: Names of software and things that are no mail.
        codes: SMTP and enhanced codes.
        blocklists: Names of block lists.
        ranges: Address ranges, which are never probed.
        marked: The folded text with everything found replaced by its kind.
    """

    ports: tuple[int, ...] = ()
    targets: tuple[Named, ...] = ()
    provider_hosts: tuple[Named, ...] = ()
    addresses: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()
    isps: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    blocklists: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    marked: str = ""


_ALIAS_WORD = r"[a-z0-9&@][\w&.@+'-]*!?"
_LONGEST_ALIAS = 4


@cache
def _gazetteer() -> tuple[dict[str, tuple[str, str]], dict[str, str], frozenset[str]]:
    """Kind and key by alias, provider by end of host name, ends of what is no domain."""
    data = read_table("entities.json")
    names = {alias: (kind, key) for alias, kind, key in data["names"]}
    return names, data["hosts"], frozenset(data["not_domains"])


class _Finder:
    """One pass over one text."""

    def __init__(self, text: str) -> None:
        self.original = text[:MAX_QUESTION]
        self.folded = self.text = fold(self.original)
        self.found: dict[str, list[str]] = {}
        self.ports: list[int] = []
        self.targets: list[Named] = []
        self.provider_hosts: list[Named] = []

    def keep(self, kind: str, value: str) -> None:
        values = self.found.setdefault(kind, [])
        if value not in values:
            values.append(value)

    def keep_port(self, text: str | None) -> int | None:
        port = int(text) if text else 0
        if not 1 <= port <= 65535:
            return None
        if port not in self.ports:
            self.ports.append(port)
        return port

    def run(self) -> None:
        # Patterns are compiled when first needed: most questions need few of them.
        if "@" in self.text:
            self.text = re.sub(_ADDRESS, self.address, self.text)
        if self.text.count(":") > 1:
            self.text = re.sub(_IPV6, self.ipv6, self.text)
        digits = any(character.isdigit() for character in self.text)
        if digits and "." in self.text:
            self.text = re.sub(_IPV4, self.ipv4, self.text)
        if "." in self.text.rstrip(". "):
            self.text = re.sub(_NAME, self.name, self.text)
        if digits:
            self.text = re.sub(_CODE, self.code, self.text)
        if "outlook" in self.text:
            self.text = re.sub(_OUTLOOK, " thunderbird ", self.text)
        self.text = self.aliases()
        if digits:
            self.text = re.sub(_CLOCK, " @clock ", self.text)
            self.text = re.sub(_NUMBER, self.number, self.text)

    def aliases(self) -> str:
        """The text with every known name replaced, longest first at each word."""
        names = _gazetteer()[0]
        found = [match.span() for match in re.finditer(_ALIAS_WORD, self.text)]
        parts: list[str] = []
        done = index = 0
        while index < len(found):
            for size in range(min(_LONGEST_ALIAS, len(found) - index), 0, -1):
                start, end = found[index][0], found[index + size - 1][1]
                alias = " ".join(self.text[start:end].rstrip(".'!-").split())
                if alias in names:
                    parts += (self.text[done:start], self.alias_of(alias))
                    done = start + len(self.text[start:end].rstrip(".'!-"))
                    index += size - 1
                    break
            index += 1
        return "".join(parts) + self.text[done:]

    def address(self, match: re.Match[str]) -> str:
        self.keep("addresses", self.as_typed(match[0].rstrip(".")))
        return " @address "

    def ipv6(self, match: re.Match[str]) -> str:
        name = match[1] or match[3]
        if name.count(":") < 2:
            return match[0]
        self.targets.append(Named(name, self.keep_port(match[2])))
        return " @ip " + (f"@p{match[2]} " if match[2] else "")

    def ipv4(self, match: re.Match[str]) -> str:
        if any(int(part) > 255 for part in match[1].split(".")):
            return " @num "
        if match[2]:
            self.keep("ranges", match[1] + match[2])
            return " @range "
        self.targets.append(Named(match[1], self.keep_port(match[3])))
        return " @ip " + (f"@p{match[3]} " if match[3] else "")

    def name(self, match: re.Match[str]) -> str:
        name, port_text = match[1], match[2]
        names, hosts, not_domains = _gazetteer()
        if name in names:
            if names[name][0] == "providers":
                self.provider_hosts.append(Named(name, self.keep_port(port_text)))
            return self.alias_of(name) + (f" {port_text}" if port_text else "")
        if (
            name.rsplit(".", 1)[1] in not_domains
            or re.match(_PROPERTY, name)
            or name in ("asp.net", "vb.net", "e.g", "i.e")
        ):
            return match[0].replace(".", " ")
        provider = next((key for end, key in hosts.items() if name == end or name.endswith("." + end)), None)
        if provider is not None:
            self.keep("providers", provider)
            self.provider_hosts.append(Named(name, self.keep_port(port_text)))
            return " @prov @provhost " + (f" {port_text} " if port_text else "")
        blocklist = names.get(name.rsplit(".", 2)[-2])
        if blocklist is not None and blocklist[0] == "blocklists":
            return self.alias_of(name.rsplit(".", 2)[-2])
        self.targets.append(Named(self.as_typed(name), self.keep_port(port_text)))
        return " @domain " + (f"@p{port_text} " if port_text else "")

    def as_typed(self, name: str) -> str:
        start = self.folded.find(name)
        return self.original[start : start + len(name)].lower() if start >= 0 else name

    def as_written(self, alias: str) -> str:
        """What stands in the question for an alias, with its capitals."""
        start = self.folded.find(alias)
        return self.original[start : start + len(alias)] if start >= 0 else alias

    def code(self, match: re.Match[str]) -> str:
        self.keep("codes", match[0])
        return " @code "

    def alias_of(self, alias: str) -> str:
        kind, key = _gazetteer()[0][alias]
        self.keep(kind, alias if kind in ("elsewhere", "blocklists") else key)
        if key == "other":
            self.keep(f"{kind} called", self.as_written(alias))
        return {"providers": " @prov ", "clouds": " @cloud ", "isps": " @isp ", "elsewhere": " @other "}.get(
            kind, " @blocklist "
        )

    def number(self, match: re.Match[str]) -> str:
        value = int(match[0])
        before = match.string[max(0, match.start() - 9) : match.start()]
        after = match.string[match.end() : match.end() + 12]
        if re.match(
            r"\s*(?:h\b|hrs?\b|hours?|horas?|days?|dias?|min\b|mins?\b|minut|sec|seg|weeks?|semanas?|months?|mes\b|meses|years?|anos?|%|mb\b|kb\b|euros?|dollars?|people|personas|mails?\b|emails?\b|messages?|correos\b|users?\b|usuarios)",
            after,
        ):
            return " @num "
        called = re.search(r"(?:\b(?:tcp )?(?:ports?|puertos?) ?|:)$", before) is not None
        if value in KNOWN_PORTS or (called and 1 <= value <= 65535):
            self.keep_port(match[0])
            return f" @p{match[0]} " if value in KNOWN_PORTS else " @pother "
        return " @year " if 2010 <= value <= 2040 else " @num "


def find_entities(text: str) -> Entities:
    """Everything that a question names."""
    finder = _Finder(text)
    finder.run()
    found = finder.found
    return Entities(
        ports=tuple(finder.ports),
        targets=tuple(dict.fromkeys(finder.targets)),
        provider_hosts=tuple(dict.fromkeys(finder.provider_hosts)),
        addresses=tuple(found.get("addresses", ())),
        providers=tuple(found.get("providers", ())),
        clouds=tuple(found.get("clouds", ())),
        isps=tuple(found.get("isps", ())),
        called=tuple(
            name for kind in ("clouds", "isps", "providers") for name in found.get(f"{kind} called", ())
        ),
        elsewhere=tuple(found.get("elsewhere", ())),
        codes=tuple(found.get("codes", ())),
        blocklists=tuple(found.get("blocklists", ())),
        ranges=tuple(found.get("ranges", ())),
        marked=finder.text,
    )
