"""One Received header: who took the message from whom, how, and when.

RFC 5321 section 4.4 gives the clauses (`from`, `by`, `via`, `with`, `id`, `for`; then `;` and the date);
RFC 3848 and RFC 6531 give the `with` words, whose S says TLS and whose A says that the sender logged
in. What TLS it was stands in comments, and every program writes them its own way. The words come
from strangers: nothing here backtracks, and every part is cut to a length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.model.names import IPAddress, parse_address, refusal
from bot.model.trace import Encryption, Evidence, Hop, Reach
from bot.model.value import frozen

MAX_HEADER = 4096
MAX_WORD = 255

# The clause words, outside comments. "via" and "for" only end the clause before them.
_CLAUSES = ("from", "by", "via", "with", "id", "for")

# RFC 3848 section 1 and RFC 6531 section 4.3: protocol, then S for TLS, A for authentication.
_WITH = re.compile(r"(?P<base>UTF8SMTP|UTF8LMTP|E?SMTP|LMTP|ASMTP)(?P<flags>S?A?)", re.IGNORECASE)
_LOCAL_WITH = frozenset({"local", "mapi", "http", "https", "httprest", "nnfmp", "qmqp", "uucp", "store"})

_LOOSE_TLS = (
    r"\b(?P<version>TLSv?1[._][0-3])[ ,:;]{1,2}(?:cipher[ =]?)?"
    r"(?P<cipher>(?:TLS|ECDHE|DHE|AES|CHACHA)[\w-]{3,64})"
)
# Each program's way of naming TLS, most telling first; groups `version` and `cipher`.
_TLS_COMMENTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Gmail, Exchange, Sendmail: (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256)
        r"\bversion=(?P<version>(?:TLS|SSL)[\w.]{1,12}),? {1,2}cipher=(?P<cipher>[\w-]{3,64})",
        # Postfix, Dovecot: (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
        r"\busing (?P<version>(?:TLS|SSL)v?[\d.]{1,6}) with cipher (?P<cipher>[\w-]{3,64})",
        # Exim 4.93 and later: with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384
        r"\((?P<version>TLSv?[\d.]{1,6})\) tls (?P<cipher>[\w-]{3,64})",
        # Exim before: (TLS1.2:ECDHE_RSA_AES_256_GCM_SHA384:256) or (TLSv1.2:ECDHE-RSA-...:256)
        r"\((?P<version>TLSv?[\d.]{1,6}):(?P<cipher>[\w-]{3,64}):\d{1,4}\)",
        # OpenSMTPD: (TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO)
        r"\((?P<version>TLSv?[\d.]{1,6}):(?P<cipher>[\w-]{3,64}):\d{1,4}:\w{2,5}\)",
        # qmail with a TLS patch: with (ECDHE-RSA-AES256-GCM-SHA384 encrypted) SMTP
        r"\((?P<cipher>[\w-]{3,64}) encrypted\)(?P<version>)",
        # MDaemon, Haraka, mox: version and cipher beside each other
        _LOOSE_TLS,
        # Exchange before 2016: Microsoft SMTP Server (TLS)
        r"\bMicrosoft SMTP Server \((?P<version>TLS)\)(?P<cipher>)",
    )
)
_WITHOUT_TLS = re.compile(r"\(no TLS\)|\(unencrypted\)|\bwithout TLS\b", re.IGNORECASE)
_HELO = re.compile(r"\b(?:helo|ehlo)[ =:]+\[?([^\s()\[\];]{1,255})", re.IGNORECASE)
_BRACKETED = re.compile(r"\[(?:IPv6:)?([0-9a-fA-F:.]{2,45})\]")
_BARE_ADDRESS = re.compile(
    r"(?<![\w.:-])(\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w.:-])"
)
_QMAIL_LOCAL = re.compile(r"\(qmail \d{1,10} invoked (?:by|from|for)", re.IGNORECASE)
_BY_USER = re.compile(
    r"\(Postfix, from userid \d{1,10}\)|\bfrom userid \d|\binvoked by uid \d", re.IGNORECASE
)


@frozen
class _Clauses:
    """The header cut at its clause words; comments stay with the clause that they stand in."""

    parts: Mapping[str, str]
    whole: str
    date: str


def read_received(text: str, number: int) -> Hop:
    """Read one unfolded Received header's value. Never raises; what it can't read stays unknown.

    Args:
        text: Without the name and colon.
        number: Of the hop, 1 for the first.
    """
    clauses = _split(text[:MAX_HEADER])
    sender_clause, receiver = clauses.parts.get("from", ""), _first_word(clauses.parts.get("by", ""))
    address = _address(sender_clause)
    protocol, authenticated = _protocol(clauses)
    reach = _reach(address, clauses)
    version, cipher, commented = _tls(clauses.whole)
    encryption, evidence = _judge(protocol, clauses, reach, commented=commented)
    greeting = _greeting(sender_clause)
    return Hop(
        number=number,
        sender=_sender(sender_clause, greeting),
        greeting=greeting,
        address=str(address) if address else "",
        receiver=receiver,
        protocol=protocol,
        encryption=encryption,
        evidence=evidence,
        authenticated=authenticated,
        tls_version=version,
        cipher=cipher,
        reach=reach,
        at=read_date(clauses.date),
    )


def _split(text: str) -> _Clauses:
    body, _, date = _cut_at_date(text)
    parts: dict[str, list[str]] = {}
    current = ""
    depth = 0
    for word in body.split():
        bare = word.lower()
        if depth == 0 and bare in _CLAUSES and bare not in parts:
            current = bare
            parts[current] = []
        elif current:
            parts[current].append(word)
        depth = max(0, depth + word.count("(") - word.count(")"))
    return _Clauses({name: " ".join(words) for name, words in parts.items()}, body, date.strip())


def _cut_at_date(text: str) -> tuple[str, str, str]:
    # The date follows the last semicolon that stands outside a comment.
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        character = text[index]
        if character == ")":
            depth += 1
        elif character == "(":
            depth = max(0, depth - 1)
        elif character == ";" and depth == 0:
            return text[:index], ";", text[index + 1 :]
    return text, "", ""


def read_date(text: str) -> datetime | None:
    """A message date (RFC 5322 section 3.3) in UTC; None when it is none."""
    try:
        found = parsedate_to_datetime(text[:100])
        # -0000 and missing zones come back without one: RFC 5322 section 3.3 reads them as UTC.
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _first_word(clause: str) -> str:
    words = clause.split(None, 1)
    word = words[0] if words else ""
    return word.strip("()[]<>,;").rstrip(".")[:MAX_WORD]


def _greeting(clause: str) -> str:
    named = _HELO.search(clause)
    return named[1][:MAX_WORD] if named else _first_word(clause)


def _sender(clause: str, greeting: str) -> str:
    # Postfix, Sendmail, Gmail: "from greeting (reverse.name [192.0.2.1])". Exim and qmail put the
    # verified name first and the greeting into the comment.
    if _HELO.search(clause):
        return _first_word(clause) or greeting
    inside = re.search(r"\(([A-Za-z0-9_.-]{1,255})\.? \[", clause)
    return inside[1].rstrip(".") if inside and inside[1].lower() != "unknown" else greeting


def _address(clause: str) -> IPAddress | None:
    for pattern in (_BRACKETED, _BARE_ADDRESS):
        for found in pattern.finditer(clause):
            address = parse_address(found[1])
            if address is not None:
                return address
    return None


def _protocol(clauses: _Clauses) -> tuple[str, bool | None]:
    clause = clauses.parts.get("with", "")
    if clause.lower().startswith("microsoft smtp server"):
        return "Microsoft SMTP Server", None
    # qmail's patched form begins with the comment: with (CIPHER encrypted) ESMTPS
    outside = re.sub(r"\([^()]{0,500}\)", " ", clause)
    word = _first_word(outside)[:40]
    known = _WITH.fullmatch(word)
    if known is None:
        return word, None
    if known["base"].upper() == "ASMTP":
        return word, True
    return word, "A" in known["flags"].upper()


def _tls(text: str) -> tuple[str | None, str | None, bool]:
    for pattern in _TLS_COMMENTS:
        found = pattern.search(text)
        if found is not None:
            return _tidy_version(found["version"]), found["cipher"] or None, True
    return None, None, False


def _tidy_version(written: str) -> str | None:
    digits = re.fullmatch(r"(TLS|SSL)v?(\d)(?:[._](\d))?", written, re.IGNORECASE)
    if digits is None:
        return None
    minor = f".{digits[3]}" if digits[3] else ""
    return f"{digits[1].upper()}v{digits[2]}{minor}"


def _reach(address: IPAddress | None, clauses: _Clauses) -> Reach:
    if address is None:
        return "loopback" if _stays_inside(clauses) else "unknown"
    if address.is_loopback:
        return "loopback"
    return "private" if refusal(address) in ("private", "shared", "link-local") else "public"


def _stays_inside(clauses: _Clauses) -> bool:
    sender = _first_word(clauses.parts.get("from", "")).lower()
    receiver = _first_word(clauses.parts.get("by", "")).lower()
    if not sender:
        return bool(receiver) or _QMAIL_LOCAL.search(clauses.whole) is not None
    return sender in ("localhost", "local", receiver)


def _judge(protocol: str, clauses: _Clauses, reach: Reach, *, commented: bool) -> tuple[Encryption, Evidence]:
    known = _WITH.fullmatch(protocol)
    if known is not None and "S" in known["flags"].upper():
        return "encrypted", "with-keyword"
    if commented:
        return "encrypted", "tls-comment"
    stays = _QMAIL_LOCAL.search(clauses.whole) or _BY_USER.search(clauses.whole)
    if reach == "loopback" or stays or protocol.lower() in _LOCAL_WITH:
        return _local(protocol, clauses)
    if _WITHOUT_TLS.search(clauses.whole) or known is not None:
        return "clear", "with-keyword" if known else "no-tls-comment"
    if protocol == "Microsoft SMTP Server":
        # Exchange names TLS in a comment whenever there was some.
        return "clear", "no-tls-comment"
    return "unknown", "nothing"


def _local(protocol: str, clauses: _Clauses) -> tuple[Encryption, Evidence]:
    # A web form or an Exchange store hands over inside one system, but not always on one machine.
    if protocol.lower() in ("http", "https", "httprest", "mapi", "nnfmp") and "from" in clauses.parts:
        return "unknown", "nothing"
    return "local", "same-machine"
