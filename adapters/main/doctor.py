"""`mailport doctor`: what is set and where from, and whether what Mailport needs works from here."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from adapters.main import looks, looks_outside
from adapters.main.looks import Line, State
from bot.cards.model import Block, Card, Facts, Heading, Paragraph, Span, Table, Text, Tone, plain, rich
from bot.cards.plaintext import text_of
from bot.i18n import say, template
from bot.model.value import replace
from bot.settings import SETTINGS, Settings, shown_value

# Longer than any look takes that ends by itself, so that a late one still says which it was.
LOOK_S = 8.0
_SIGNS = {"ok": "✓", "warning": "!", "broken": "✗", "unknown": "?", "off": "-"}
_TONES: dict[State, Tone] = {
    "ok": "good",
    "warning": "warning",
    "broken": "bad",
    "unknown": "unknown",
    "off": "plain",
}


def run_doctor(settings: Settings, *, as_json: bool) -> int:
    """Look at everything and print it; 0 when nothing is broken, else 1."""
    lines = asyncio.run(_look(settings))
    if as_json:
        print(json.dumps(_document(settings, lines), ensure_ascii=False))
    else:
        from adapters.terminal.show import show_card

        show_card(_card(settings, lines), sys.stdout)
    return 1 if _is_broken(lines) else 0


async def _look(settings: Settings) -> list[Line]:
    from adapters.main.compose import close_tools, make_tools

    # What is wrong with the trust store is a line of its own; no other look needs it.
    tools = make_tools(replace(settings, ca_file=None))
    network = tools.network()
    ways: Mapping[str, Callable[[], Awaitable[Line]]] = {
        "names": looks.names,
        "database": lambda: looks.database(settings, tools.stores),
        "web": lambda: looks_outside.web(settings),
        "clock": looks.clock,
        "zones": looks.zones,
        "trust": lambda: looks.trust(settings),
        "ehlo": lambda: looks.ehlo(tools.ehlo_name()),
        "dns": lambda: looks_outside.dns(settings),
        "dnssec": lambda: looks_outside.dnssec(settings, network),
        "ipv4": lambda: looks_outside.route(network, 4),
        "ipv6": lambda: looks_outside.route(network, 6),
        "egress": lambda: looks_outside.egress(network, settings),
        "slack": lambda: looks_outside.slack(settings),
        "discord": lambda: looks_outside.discord(settings),
    }
    try:
        return list(await asyncio.gather(*(_bounded(name, way) for name, way in ways.items())))
    finally:
        await close_tools(tools)


async def _bounded(name: str, look: Callable[[], Awaitable[Line]]) -> Line:
    try:
        async with asyncio.timeout(LOOK_S):
            return await look()
    except TimeoutError:
        return Line(name, "unknown", "late", {"seconds": f"{LOOK_S:g}"})


def _is_broken(lines: Sequence[Line]) -> bool:
    return any(line.state == "broken" for line in lines)


def _seen(line: Line, language: str) -> Text:
    return rich(template(language, f"doctor.seen-{line.seen}"), line.details)


def _document(settings: Settings, lines: Sequence[Line]) -> dict[str, object]:
    language = settings.language
    return {
        "schema": "mailport.doctor/1",
        "ok": not _is_broken(lines),
        "settings": [
            {
                "name": one.name,
                "value": shown_value(settings, one) or None,
                "source": settings.sources.get(one.name, "default"),
            }
            for one in SETTINGS
        ],
        "checks": [
            {
                "name": line.name,
                "state": line.state,
                "detail": text_of(_seen(line, language)),
                "mend": text_of(rich(template(language, f"doctor.mend-{line.mend}"))) if line.mend else None,
            }
            for line in lines
        ],
    }


def _card(settings: Settings, lines: Sequence[Line]) -> Card:
    language = settings.language
    rows = tuple(
        (
            f"{_SIGNS[line.state]} {say(language, f'doctor.name-{line.name}')}",
            text_of(_seen(line, language)),
        )
        for line in lines
    )
    columns = (say(language, "doctor.column-what"), say(language, "doctor.column-seen"))
    blocks: list[Block] = [Table(columns, rows, tuple(_TONES[line.state] for line in lines))]
    mends = [line for line in lines if line.mend]
    if mends:
        blocks.append(Heading(say(language, "doctor.mend")))
        blocks += [
            Paragraph(
                (
                    Span(say(language, f"doctor.name-{one.name}") + ": ", "bold"),
                    *rich(template(language, f"doctor.mend-{one.mend}")),
                )
            )
            for one in mends
        ]
    blocks += [Heading(say(language, "doctor.settings")), Facts(_setting_rows(settings))]
    broken = _is_broken(lines)
    title = say(language, "doctor.broken" if broken else "doctor.fine")
    return Card(
        title=title, tone="bad" if broken else "good", blocks=tuple(blocks), summary=title, language=language
    )


def _setting_rows(settings: Settings) -> tuple[tuple[str, Text], ...]:
    default = say(settings.language, "doctor.default")
    return tuple(
        (
            one.name,
            plain(f"{shown_value(settings, one) or '-'}  ({settings.sources.get(one.name) or default})"),
        )
        for one in SETTINGS
    )
