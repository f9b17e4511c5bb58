"""From a DNS message to an answer that keeps absence, failure and forgery apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset

from bot.ports import DnsAnswer, DnsStatus

MAX_NAME = 255
# Extended errors that mean "the signatures do not hold" (RFC 8914 section 4).
_BOGUS_ERRORS = frozenset({6, 7, 8, 9, 10, 11, 12, 25})
_ANSWERED = ("ok", "nodata", "nxdomain")
_STYLE = dns.rdata.RdataStyle(hex_chunk_size=0, base64_chunk_size=0)

Chain = Literal["complete", "unfinished", "loop"]


def name_of(text: str) -> dns.name.Name | None:
    """A name from its dotted text, taking every other character literally; None if it is not one.

    SPF macros and strangers put anything into names; a backslash is no escape here.
    """
    inner = text.removesuffix(".")
    if len(inner) > MAX_NAME:
        return None
    labels = [label.encode("utf-8", "surrogateescape") for label in inner.split(".")] if inner else []
    try:
        return dns.name.Name([*labels, b""])
    except dns.exception.DNSException:
        return None


def text_of(name: dns.name.Name) -> str:
    """A name as lower-case text without the last dot."""
    return name.to_text(omit_final_dot=True).lower()


def answer_from(message: dns.message.QueryMessage, *, trust_ad: bool) -> tuple[DnsAnswer, Chain]:
    """The answer in a reply, and whether its CNAME chain came to an end.

    Args:
        trust_ad: Whether the AD bit of this server means anything.
    """
    kind = message.question[0].rdtype
    try:
        chain = message.resolve_chaining()
    except dns.message.ChainTooLong:
        return DnsAnswer("servfail", cname_loop=True, detail="cname-loop"), "loop"
    except dns.exception.DNSException as problem:
        return DnsAnswer("servfail", detail=type(problem).__name__), "complete"
    records = tuple(_records(chain.answer)) if chain.answer is not None else ()
    status = _status(message, has_records=bool(records))
    answer = DnsAnswer(
        status,
        records=records if status == "ok" else (),
        secure=bool(message.flags & dns.flags.AD) if trust_ad and status in _ANSWERED else None,
        canonical=text_of(chain.canonical_name),
        ttl=chain.minimum_ttl if status in _ANSWERED else 0,
        detail=_detail(message),
    )
    unfinished = (
        status == "nodata" and bool(chain.cnames) and kind != dns.rdatatype.CNAME and not message.authority
    )
    return answer, "unfinished" if unfinished else "complete"


def _status(message: dns.message.QueryMessage, *, has_records: bool) -> DnsStatus:
    match message.rcode():
        case dns.rcode.NOERROR:
            # A record that dnspython cannot read is there all the same: it is no absence.
            return "ok" if has_records or message.errors else "nodata"
        case dns.rcode.NXDOMAIN:
            return "nxdomain"
        case dns.rcode.REFUSED | dns.rcode.NOTAUTH:
            return "refused"
        case dns.rcode.SERVFAIL if _BOGUS_ERRORS.intersection(extended_errors(message)):
            return "bogus"
    return "servfail"


def extended_errors(message: dns.message.Message) -> tuple[int, ...]:
    """Codes of the extended DNS errors in a reply (RFC 8914)."""
    return tuple(int(option.code) for option in message.options if isinstance(option, dns.edns.EDEOption))


def _detail(message: dns.message.QueryMessage) -> str:
    if message.errors:
        return "malformed"
    texts = [option.to_text() for option in message.options if isinstance(option, dns.edns.EDEOption)]
    if texts:
        return "; ".join(texts)[:200]
    return "" if message.rcode() == dns.rcode.NOERROR else dns.rcode.to_text(message.rcode())


def _records(rrset: dns.rrset.RRset) -> Iterable[str]:
    for rdata in rrset:
        if rdata.rdtype in (dns.rdatatype.TXT, dns.rdatatype.SPF):
            yield b"".join(rdata.strings).decode("utf-8", "replace")
        else:
            yield rdata.to_styled_text(_STYLE)
