"""Authentication-Results (RFC 8601) and ARC (RFC 8617): what the receiver found out about the sender.

Anybody can write such a header into a message. Only the topmost was put there by the server that
the message arrived at last (RFC 8601 section 5 asks servers to remove forged ones of their own name), so
only that one counts; the others are counted and not believed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.model.trace import Authentication, AuthResult

MAX_RESULTS = 30
_RESULT = re.compile(r"\s*([a-z][a-z0-9-]{0,39})(?:/\d{1,3})?\s*=\s*([a-z]{1,20})", re.IGNORECASE)
_PROPERTY = re.compile(r"\b((?:smtp|header|policy|body|dns)\.[a-z0-9-]{1,30}=[^\s;]{1,254})", re.IGNORECASE)
_INSTANCE = re.compile(r"(?:^|;)\s*i\s*=\s*(\d{1,2})\b")
_CHAIN = re.compile(r"(?:^|;)\s*cv\s*=\s*(none|pass|fail)\b", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]{0,1000}\)")
MAX_INSTANCES = 50


def read_authentication(headers: Sequence[tuple[str, str]]) -> Authentication:
    """What a message's headers say, in the order in which they stand (newest first)."""
    results = [value for name, value in headers if name == "authentication-results"]
    seals = [value for name, value in headers if name == "arc-seal"]
    server, read = _read_results(results[0]) if results else ("", ())
    instances, verdict = _read_seals(seals)
    return Authentication(
        server=server,
        results=read,
        untrusted=max(0, len(results) - 1),
        arc_instances=instances,
        arc_result=verdict,
    )


def _read_results(value: str) -> tuple[str, tuple[AuthResult, ...]]:
    parts = _COMMENT.sub(" ", value[:8192]).split(";")
    first = parts[0].split()
    # Exchange leaves the server's name out and begins with the first result.
    nameless = not first or "=" in parts[0]
    server = "" if nameless else first[0][:255]
    found: list[AuthResult] = []
    for part in parts if nameless else parts[1:]:
        result = _RESULT.match(part)
        if result is None:
            continue
        about = _PROPERTY.search(part)
        found.append(AuthResult(result[1].lower(), result[2].lower(), about[1] if about else ""))
        if len(found) == MAX_RESULTS:
            break
    return server, tuple(found)


def _read_seals(seals: Sequence[str]) -> tuple[int, str]:
    highest, verdict = 0, ""
    for seal in seals[:MAX_INSTANCES]:
        instance, chain = _INSTANCE.search(seal[:8192]), _CHAIN.search(seal[:8192])
        if instance is not None and int(instance[1]) > highest:
            highest = int(instance[1])
            verdict = chain[1].lower() if chain else ""
    return min(highest, MAX_INSTANCES), verdict
