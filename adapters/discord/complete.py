"""What is offered while somebody types an option: watches and reports of here, ports, zones, commands."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

from adapters.discord import limits
from adapters.discord.asked import Completing
from adapters.discord.markup import shortened
from bot.commands.catalog import BY_PATH, COMMANDS
from bot.errors import MailportError
from bot.i18n import LANGUAGES, say
from bot.model.services import SERVICES
from bot.ports import Tools

Json = dict[str, Any]

INTERVALS = ("5m", "15m", "30m", "1h", "6h", "1d")
DURATIONS = ("30m", "1h", "4h", "8h", "1d", "7d")
COMMON_PORTS = ("25", "465", "587", "143", "993", "110", "995", "25,465,587", "143,993")
COMMON_ZONES = ("UTC", "Europe/Madrid", "Europe/London", "America/New_York", "America/Mexico_City")
_LOG = logging.getLogger("mailport.discord")


async def complete(completing: Completing, tools: Tools) -> list[Json]:
    """At most 25 choices that go on with what is typed; none where nothing is known. Never raises."""
    command = BY_PATH.get(completing.asked.command or ())
    option = (
        next((one for one in command.options if one.name == completing.option), None) if command else None
    )
    if option is None:
        return []
    typed = completing.typed.strip()
    try:
        found = await _offered(option.kind, typed, completing, tools)
    except MailportError as problem:
        _LOG.info("nothing can be offered while somebody types: %s", problem)
        found = []
    return _fitting(found, typed)


async def _offered(kind: str, typed: str, completing: Completing, tools: Tools) -> list[tuple[str, str]]:
    language = _language(completing, tools)
    match kind:
        case "watch":
            return _numbered(await _watches(completing, tools))
        case "target" | "targets":
            return _targets(typed, [target for _, target in await _watches(completing, tools)], kind)
        case "id":
            return await _reports(completing, tools)
        case "ports":
            return _ports(typed, tools)
        case "text":
            return await _named(completing, tools)
        case "command":
            return [(one.name, one.name) for one in COMMANDS if one.chat]
        case "timezone":
            return [(zone, zone) for zone in (*COMMON_ZONES, *_zones())]
        case "interval" | "duration":
            return [(one, one) for one in INTERVALS]
        case "schedule":
            lines = (say(language, f"discord.schedule.{number}") for number in (1, 2, 3, 4))
            return [(line, line) for line in lines]
        case _:
            return []


async def _watches(completing: Completing, tools: Tools) -> list[tuple[int, str]]:
    asked = completing.asked
    watches = await (await tools.stores()).watches.of_channel(asked.workspace, asked.channel)
    return [(watch.number, watch.target) for watch in watches]


async def _reports(completing: Completing, tools: Tools) -> list[tuple[str, str]]:
    asked = completing.asked
    reports = await (await tools.stores()).reports.of_channel(asked.workspace, asked.channel)
    return [(f"#{one.number} {one.cron} {one.timezone}", f"#{one.number}") for one in reports]


def _numbered(watches: list[tuple[int, str]]) -> list[tuple[str, str]]:
    """Watches with their numbers; a target that two vantages watch is told apart by the number alone."""
    every = [target for _, target in watches]
    return [
        (
            f"#{number} {target}",
            target if every.count(target) == 1 and len(target) <= limits.CHOICE_NAME else f"#{number}",
        )
        for number, target in watches
    ]


async def _named(completing: Completing, tools: Tools) -> list[tuple[str, str]]:
    """Free texts that have a list all the same: programs, times, places to probe from."""
    if completing.option == "program":
        from bot.advice.snippets.programs import PROGRAMS

        return [(program.name, program.id) for program in PROGRAMS]
    if completing.option == "time":
        return [(one, one) for one in DURATIONS]
    if completing.option == "vantage":
        known = await (await tools.stores()).watches.vantages()
        return [(name, name) for name in dict.fromkeys((tools.settings.vantage, *sorted(known)))]
    return []


def _targets(typed: str, watched: list[str], kind: str) -> list[tuple[str, str]]:
    """Watched targets; in a list of targets, after those that stand there already."""
    before, _, _ = typed.rpartition(",")
    if kind == "targets" and before:
        return [(f"{before}, {one}", f"{before}, {one}") for one in watched if one not in before]
    return [(one, one) for one in watched]


def _ports(typed: str, tools: Tools) -> list[tuple[str, str]]:
    known = {str(port): service.name for port, service in SERVICES.items()}
    before = ",".join(part.strip() for part in typed.split(",")[:-1] if part.strip())
    if before:
        each = [*known, *map(str, sorted(tools.settings.extra_ports))]
        return [(f"{before},{one}", f"{before},{one}") for one in each if one not in before.split(",")]
    return [(f"{one} {known[one]}" if one in known else one, one) for one in COMMON_PORTS]


@cache
def _zones() -> tuple[str, ...]:
    from zoneinfo import available_timezones

    return tuple(sorted(zone for zone in available_timezones() if "/" in zone))


def _language(completing: Completing, tools: Tools) -> str:
    wanted = (completing.asked.locale or "")[:2].lower()
    return wanted if wanted in LANGUAGES else tools.settings.language


def _fitting(found: Iterable[tuple[str, str]], typed: str) -> list[Json]:
    """Those with what is typed in them: at the beginning first, each once."""
    wanted = typed.lower().replace("_", " ")
    rated: dict[str, tuple[int, str]] = {}
    for name, value in found:
        shown = name.lower().replace("_", " ")
        if wanted in shown and len(value) <= limits.CHOICE_NAME:
            rated.setdefault(value, (0 if shown.startswith(wanted) else 1, name))
    best = sorted(rated.items(), key=lambda one: one[1][0])[: limits.CHOICES]
    return [{"name": shortened(name, limits.CHOICE_NAME), "value": value} for value, (_, name) in best]
