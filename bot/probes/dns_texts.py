"""Policies that are TXT records made of tags, such as `v=DMARC1; p=none` (RFC 6376 section 3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from bot.model.value import frozen
from bot.ports import DnsAnswer

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

Absence = Literal["none", "servfail", "timeout", "refused"]


@frozen
class Tags:
    """Tags by lower-case name, in order.

    Attributes:
        bad: The first part that is no tag, or stands twice; empty when all is well.
    """

    values: Mapping[str, str]
    bad: str = ""


def parse_tags(text: str) -> Tags:
    """Split a record into tags. Spaces around names, values and semicolons do not count."""
    values: dict[str, str] = {}
    bad = ""
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not part.strip():
            continue
        if not equals or _NAME.fullmatch(name) is None or name in values:
            bad = bad or part.strip()
            continue
        values[name] = value.strip()
    return Tags(values, bad)


def versioned(answer: DnsAnswer, version: str) -> tuple[str, ...]:
    """The records that begin with `v=<version>`, as the whole first tag."""
    pattern = re.compile(rf"\s*v\s*=\s*{version}\s*(?:;|$)", re.IGNORECASE)
    return tuple(text for text in answer.records if pattern.match(text))


def absence(answer: DnsAnswer) -> Absence:
    """What an answer without the wanted record means: only a clear "no" is absence."""
    if answer.status in ("ok", "nodata", "nxdomain"):
        return "none"
    match answer.status:
        case "timeout" | "refused" as silent:
            return silent
    return "servfail"
