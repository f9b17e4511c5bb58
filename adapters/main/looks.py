"""What `mailport doctor` looks at on this machine; each look gives one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from adapters.main.environment import unknown_names
from bot.errors import MailportError
from bot.settings import SETTINGS, Settings

State = Literal["ok", "warning", "broken", "unknown", "off"]
# The kernel's word that its clock is not synchronised (adjtimex(2), STA_UNSYNC).
_STA_UNSYNC = 0x40


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at.

    Attributes:
        name: Key of `doctor.name-<name>`.
        seen: Key of `doctor.seen-<seen>`: what was seen.
        details: Fill that sentence; may come from outside.
        mend: Key of `doctor.mend-<mend>`; "" when nothing is to be mended.
    """

    name: str
    state: State
    seen: str
    details: Mapping[str, object] = field(default_factory=dict)
    mend: str = ""


async def names() -> Line:
    """Settings that are spelt like none of ours, and secrets that others can read."""
    import difflib

    unknown = unknown_names(os.environ)
    if unknown:
        known = [setting.name for setting in SETTINGS]
        near = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.7)
        details = {"names": ", ".join(unknown)[:200], "near": near[0] if near else ""}
        return Line("names", "warning", "names-near" if near else "names-unknown", details, "names")
    for path in (Path(".env"), Path("mailport.toml")):
        if path.is_file() and path.stat().st_mode & 0o077:
            return Line("names", "warning", "names-open", {"path": path.resolve()}, "names-open")
    return Line("names", "ok", "names")


async def database(settings: Settings, stores: Callable[[], Awaitable[object]]) -> Line:
    """Whether it opens (and is brought up to date), and can be written."""
    from storage.open import database_url

    try:
        where = database_url(settings.database_url).render_as_string(hide_password=True)
        await stores()
    except MailportError as problem:
        why = str(problem.details.get("why", problem.key))
        return Line("database", "broken", "why", {"why": why}, "database")
    return Line("database", "ok", "database", {"where": where})


async def clock() -> Line:
    """Whether the kernel calls its clock synchronised; certificates are judged by it."""
    import ctypes

    try:
        state = ctypes.create_string_buffer(512)
        result = ctypes.CDLL(None).adjtimex(state)
        status = int.from_bytes(state.raw[40:44], sys.byteorder)
    except (OSError, AttributeError):
        return Line("clock", "unknown", "clock-unknown")
    if result < 0:
        return Line("clock", "unknown", "clock-unknown")
    if status & _STA_UNSYNC:
        return Line("clock", "warning", "clock-free", mend="clock")
    return Line("clock", "ok", "clock")


async def zones() -> Line:
    """Whether time zones are known."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo("Europe/Madrid")
    except ZoneInfoNotFoundError:
        return Line("zones", "broken", "zones-missing", mend="zones")
    return Line("zones", "ok", "zones", {"zone": zone.key})


async def trust(settings: Settings) -> Line:
    """Whether the trust anchors can be read."""
    from adapters.net.trust import PinnedTrust

    try:
        store = PinnedTrust(settings.ca_file)
        store.load()
    except (MailportError, OSError, ValueError) as problem:
        return Line("trust", "broken", "trust-bad", {"file": settings.ca_file, "why": problem}, "trust")
    return Line("trust", "ok", "trust", {"store": store.name})


async def ehlo(name: str) -> Line:
    """Whether the name to be said in EHLO is one; some servers turn address literals away."""
    if name.startswith("["):
        return Line("ehlo", "warning", "ehlo-literal", {"name": name}, "ehlo")
    return Line("ehlo", "ok", "ehlo", {"name": name})
