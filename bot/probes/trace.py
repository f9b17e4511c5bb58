"""A message's headers, read as its way from the sender to the mailbox.

Theory of operation: the text is bounded, unfolded (RFC 5322 section 2.2.3) and cut into headers; each
Received header is one hop (`trace_received`); they stand newest first, so reading order is reversed.
A hop's delay is its time minus the time of the hop before: a negative one means that two clocks
disagree. Only the headers written by servers that one trusts are evidence; a sender can invent those
below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from bot.errors import BadInput
from bot.model.trace import Hop, Trace
from bot.model.value import replace
from bot.probes.trace_authentication import read_authentication
from bot.probes.trace_received import read_received

MAX_BYTES = 256 * 1024
MAX_HOPS = 100
MAX_HEADERS = 2000

_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:(.*)", re.DOTALL)
_QUOTED = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+(?=[A-Za-z \t])")
# Chat programs may swallow line ends; these names then begin a new header inside the line.
_GLUED = re.compile(
    r"\s+(?=(?:Received|Authentication-Results|ARC-Seal|ARC-Message-Signature|ARC-Authentication-Results"
    r"|DKIM-Signature|Return-Path|Delivered-To|Message-ID|Subject|MIME-Version):\s)",
    re.IGNORECASE,
)
_MAILTO = re.compile(r"<mailto:([^|>\s]{1,254})\|[^>]{1,254}>")


def read_trace(text: str) -> Trace:
    """Read the headers of a message; a body after them is ignored.

    Args:
        text: Headers as copied from a mail program, quoted or in a code fence if need be.

    Raises:
        BadInput: `trace-no-headers`: there is no Received header in it.
    """
    cut: list[Literal["bytes", "hops"]] = []
    if len(text) > MAX_BYTES:
        text, cut = text[:MAX_BYTES], ["bytes"]
    headers = split_headers(text)
    received = [value for name, value in headers if name == "received"]
    if not received:
        raise BadInput("trace-no-headers")
    if len(received) > MAX_HOPS:
        received = received[:MAX_HOPS]
        cut.append("hops")
    hops = _with_delays([read_received(value, number) for number, value in enumerate(reversed(received), 1)])
    return Trace(
        hops=hops,
        authentication=read_authentication(headers),
        total_s=_total(hops),
        readable_at=_readable_at(hops),
        cut=tuple(cut),
    )


def split_headers(text: str) -> tuple[tuple[str, str], ...]:
    """Headers as (lower-case name, unfolded value), in the order in which they stand."""
    found: list[list[str]] = []
    for line in _lines(text):
        if not line.strip():
            # The body begins at the first empty line, but people paste with empty lines before.
            if any(entry[0] == "received" for entry in found):
                break
            continue
        if line[0] in " \t" and found:
            found[-1][1] += " " + line.strip()
            continue
        header = _HEADER.fullmatch(line)
        if header is not None:
            found.append([header[1].lower(), header[2].strip()])
        if len(found) >= MAX_HEADERS:
            break
    return tuple((name, value) for name, value in found)


def _lines(text: str) -> list[str]:
    text = _MAILTO.sub(r"<\1>", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))
    lines = [_QUOTED.sub("", line) for line in text.strip("\n").split("\n") if not line.startswith("```")]
    if sum(bool(line.strip()) for line in lines) == 1:
        lines = _GLUED.sub("\n", " ".join(lines).strip()).split("\n")
    return lines


def _with_delays(hops: Sequence[Hop]) -> tuple[Hop, ...]:
    done: list[Hop] = []
    before: datetime | None = None
    for hop in hops:
        delay = (hop.at - before).total_seconds() if hop.at is not None and before is not None else None
        done.append(replace(hop, delay_s=delay))
        before = hop.at or before
    return tuple(done)


def _total(hops: Sequence[Hop]) -> float | None:
    times = [hop.at for hop in hops if hop.at is not None]
    return (times[-1] - times[0]).total_seconds() if len(times) > 1 else None


def _readable_at(hops: Sequence[Hop]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(hop.receiver.lower() for hop in hops if hop.receiver))
