"""The grammar of an SPF record (RFC 7208 section 12): text to terms, or the place where it breaks."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

from bot.model.names import IPNetwork
from bot.model.value import frozen

Qualifier = Literal["+", "-", "~", "?"]
MechanismName = Literal["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"]
Why = Literal[
    "not-ascii",
    "unknown-mechanism",
    "domain-missing",
    "domain-bad",
    "macro-bad",
    "address-bad",
    "prefix-bad",
    "not-expected",
    "repeated",
]

# The mechanisms and the modifier that cost a lookup (RFC 7208 section 4.6.4).
COSTLY = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})

_VERSION = re.compile(r"v=spf1(?= |$)", re.IGNORECASE)
_TERM = re.compile(r"[^ ]+")
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)", re.DOTALL)
_MECHANISM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9]*)(.*)", re.DOTALL)
_PREFIXES = re.compile(r"(?P<rest>.*?)(?:/(?P<v4>0|[1-9][0-9]*))?(?://(?P<v6>0|[1-9][0-9]*))?", re.DOTALL)
_DOMAIN_MACRO = r"%(?:\{[slodiphvSLODIPHV](?:[1-9][0-9]*)?[rR]?[.+,/_=-]*\}|[%_-])"
_ANY_MACRO = r"%(?:\{[slodiphvcrtSLODIPHVCRT](?:[1-9][0-9]*)?[rR]?[.+,/_=-]*\}|[%_-])"
_LITERAL = r"[\x21-\x24\x26-\x7e]"
_TOP_LABEL = r"(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])"
_DOMAIN_SPEC = re.compile(rf"(?:{_DOMAIN_MACRO}|{_LITERAL})*(?:\.{_TOP_LABEL}\.?|{_DOMAIN_MACRO})")
_MACRO_STRING = re.compile(rf"(?:{_DOMAIN_MACRO}|{_LITERAL})*")
_EXPLANATION = re.compile(rf"(?:{_ANY_MACRO}|{_LITERAL}| )*")


class SpfSyntaxError(Exception):
    """The record does not follow the grammar.

    Attributes:
        why: What is wrong, as a word.
        term: The term that breaks it.
        position: Where the term begins, counted in characters from 1.
    """

    def __init__(self, why: Why, term: str, position: int) -> None:
        super().__init__(f"{why} at {position}: {term!r}")
        self.why = why
        self.term = term
        self.position = position


@frozen(kw_only=True)
class Mechanism:
    """One mechanism.

    Attributes:
        domain_spec: What stands after the colon, macros unexpanded; None when nothing does.
        network: Of ip4 and ip6.
        prefix_v4: Bits to compare, for a and mx.
        prefix_v6: The same for IPv6.
    """

    name: MechanismName
    qualifier: Qualifier = "+"
    domain_spec: str | None = None
    network: IPNetwork | None = None
    prefix_v4: int = 32
    prefix_v6: int = 128


@frozen(kw_only=True)
class SpfRecord:
    """A record that follows the grammar.

    Attributes:
        redirect: Domain-spec of the redirect modifier.
        explanation: Domain-spec of the exp modifier.
    """

    mechanisms: tuple[Mechanism, ...] = ()
    redirect: str | None = None
    explanation: str | None = None


def is_spf(text: str) -> bool:
    """Whether a TXT record is an SPF record (RFC 7208 section 4.5): what follows may still be wrong."""
    return _VERSION.match(text) is not None


def parse_spf(text: str) -> SpfRecord:
    """Read a record for which `is_spf` holds. Every error anywhere counts (RFC 7208 section 4.6).

    Raises:
        SpfSyntaxError: With the term and its position.
    """
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    for found in _TERM.finditer(text, len("v=spf1")):
        term, position = found[0], found.start() + 1
        if not term.isascii() or not term.isprintable():
            raise SpfSyntaxError("not-ascii", term, position)
        modifier = _MODIFIER.fullmatch(term)
        if modifier is None:
            mechanisms.append(_mechanism(term, position))
            continue
        name = modifier[1].lower()
        if name in modifiers:
            raise SpfSyntaxError("repeated", term, position)
        _check_modifier(name, modifier[2], term, position)
        if name in ("redirect", "exp"):
            modifiers[name] = modifier[2]
    return SpfRecord(
        mechanisms=tuple(mechanisms), redirect=modifiers.get("redirect"), explanation=modifiers.get("exp")
    )


def _check_modifier(name: str, value: str, term: str, position: int) -> None:
    if name in ("redirect", "exp"):
        _check_domain(value, term, position)
    elif _MACRO_STRING.fullmatch(value) is None:
        raise SpfSyntaxError("macro-bad", term, position)


def _mechanism(term: str, position: int) -> Mechanism:
    match = _MECHANISM.fullmatch(term)
    name = match[2].lower() if match else ""
    read = _READERS.get(name)
    if match is None or read is None:
        raise SpfSyntaxError("unknown-mechanism", term, position)
    qualifier: Qualifier = match[1] or "+"  # type: ignore[assignment]  # the pattern allows nothing else
    return read(name, qualifier, match[3], term, position)


def _read_all(name: str, qualifier: Qualifier, rest: str, term: str, position: int) -> Mechanism:
    if rest:
        raise SpfSyntaxError("not-expected", term, position)
    return Mechanism(name="all", qualifier=qualifier)


def _read_with_domain(name: str, qualifier: Qualifier, rest: str, term: str, position: int) -> Mechanism:
    """Of these, include and exists need a domain-spec; ptr may have one."""
    if not rest and name == "ptr":
        return Mechanism(name="ptr", qualifier=qualifier)
    domain_spec = _after_colon(rest, term, position)
    return Mechanism(name=name, qualifier=qualifier, domain_spec=domain_spec)  # type: ignore[arg-type]


def _read_with_prefixes(name: str, qualifier: Qualifier, rest: str, term: str, position: int) -> Mechanism:
    match = _PREFIXES.fullmatch(rest)
    if match is None:  # pragma: no cover  # every text matches: all its parts are optional
        raise SpfSyntaxError("prefix-bad", term, position)
    prefix_v4, prefix_v6 = int(match["v4"] or 32), int(match["v6"] or 128)
    if prefix_v4 > 32 or prefix_v6 > 128:
        raise SpfSyntaxError("prefix-bad", term, position)
    domain_spec = _after_colon(match["rest"], term, position) if match["rest"] else None
    return Mechanism(
        name=name,  # type: ignore[arg-type]  # a or mx
        qualifier=qualifier,
        domain_spec=domain_spec,
        prefix_v4=prefix_v4,
        prefix_v6=prefix_v6,
    )


def _read_network(name: str, qualifier: Qualifier, rest: str, term: str, position: int) -> Mechanism:
    address, slash, prefix = rest.removeprefix(":").partition("/")
    if not rest.startswith(":") or not address:
        raise SpfSyntaxError("address-bad", term, position)
    if slash and re.fullmatch(r"0|[1-9][0-9]*", prefix) is None:
        raise SpfSyntaxError("prefix-bad", term, position)
    kind = ipaddress.IPv4Address if name == "ip4" else ipaddress.IPv6Address
    try:
        start = kind(address)
    except ValueError:
        raise SpfSyntaxError("address-bad", term, position) from None
    if slash and int(prefix) > start.max_prefixlen:
        raise SpfSyntaxError("prefix-bad", term, position)
    network = ipaddress.ip_network((start, int(prefix) if slash else start.max_prefixlen), strict=False)
    return Mechanism(name=name, qualifier=qualifier, network=network)  # type: ignore[arg-type]


_READERS = {
    "all": _read_all,
    "include": _read_with_domain,
    "exists": _read_with_domain,
    "ptr": _read_with_domain,
    "a": _read_with_prefixes,
    "mx": _read_with_prefixes,
    "ip4": _read_network,
    "ip6": _read_network,
}


def _after_colon(rest: str, term: str, position: int) -> str:
    if not rest.startswith(":") or rest == ":":
        raise SpfSyntaxError("domain-missing" if rest in ("", ":") else "not-expected", term, position)
    return _check_domain(rest[1:], term, position)


def _check_domain(domain_spec: str, term: str, position: int) -> str:
    if not domain_spec:
        raise SpfSyntaxError("domain-missing", term, position)
    if _MACRO_STRING.fullmatch(domain_spec) is None:
        raise SpfSyntaxError("macro-bad", term, position)
    if _DOMAIN_SPEC.fullmatch(domain_spec) is None:
        raise SpfSyntaxError("domain-bad", term, position)
    return domain_spec


def is_explanation(text: str) -> bool:
    """Whether the text of an explanation follows its grammar (explain-string)."""
    return _EXPLANATION.fullmatch(text) is not None
