"""`mailport doctor`: what is set and where from, and whether what Mailport needs works from here."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from bot.cards.model import Block, Card, Facts, Heading, Paragraph, Span, Table, Text, Tone, plain, rich
from bot.errors import MailportError
from bot.i18n import say, template
from bot.model.outcome import Endpoint
from bot.model.services import service_for
from bot.ports import Network
from bot.settings import SETTINGS, Settings, shown_value

State = Literal["ok", "warning", "broken", "unknown", "off"]
_CHECK_S = 6.0
_SIGNS = {"ok": "✓", "warning": "!", "broken": "✗", "unknown": "?", "off": "-"}
_TONES: dict[State, Tone] = {
    "ok": "good",
    "warning": "warning",
    "broken": "bad",
    "unknown": "unknown",
    "off": "plain",
}
# The kernel's word that its clock is not synchronised (adjtimex(2), STA_UNSYNC).
_STA_UNSYNC = 0x40


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at.

    Attributes:
        name: Key of `doctor.name-<name>`.
        detail: Raw words: what was seen.
        mend: Key of `doctor.mend-<mend>`; "" when nothing is to be mended.
    """

    name: str
    state: State
    detail: str
    mend: str = ""


def run_doctor(settings: Settings, *, as_json: bool) -> int:
    """Look at everything and print it; 0 when nothing is broken, else 1."""
    lines = asyncio.run(_examine(settings))
    broken = any(line.state == "broken" for line in lines)
    if as_json:
        print(json.dumps(_document(settings, lines), ensure_ascii=False))
    else:
        from adapters.terminal.show import show_card

        show_card(_card(settings, lines), sys.stdout)
    return 1 if broken else 0


def _document(settings: Settings, lines: list[Line]) -> dict[str, object]:
    return {
        "schema": "mailport.doctor/1",
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
                "detail": line.detail,
                "mend": say(settings.language, f"doctor.mend-{line.mend}") if line.mend else None,
            }
            for line in lines
        ],
    }


def _card(settings: Settings, lines: list[Line]) -> Card:
    language = settings.language
    rows = tuple(
        (f"{_SIGNS[line.state]} {say(language, f'doctor.name-{line.name}')}", line.detail) for line in lines
    )
    columns = (say(language, "doctor.column-what"), say(language, "doctor.column-seen"))
    blocks: list[Block] = [Table(columns, rows, tuple(_TONES[line.state] for line in lines))]
    mends = [(line, template(language, f"doctor.mend-{line.mend}")) for line in lines if line.mend]
    if mends:
        blocks.append(Heading(say(language, "doctor.mend")))
        blocks += [
            Paragraph((Span(say(language, f"doctor.name-{one.name}") + ": ", "bold"), *rich(text)))
            for one, text in mends
        ]
    blocks += [Heading(say(language, "doctor.settings")), Facts(_setting_rows(settings))]
    broken = any(line.state == "broken" for line in lines)
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


async def _examine(settings: Settings) -> list[Line]:
    from adapters.main.compose import close_tools, make_tools

    tools = make_tools(settings)
    network = tools.network()
    checks: list[Callable[[], Awaitable[Line]]] = [
        lambda: _database(tools.stores),
        _clock,
        _time_zones,
        lambda: _trust(settings),
        lambda: _dns(network),
        lambda: _route(network, 4),
        lambda: _route(network, 6),
        lambda: _egress(network, settings),
        lambda: _slack(settings),
        lambda: _discord(settings),
    ]
    try:
        return list(await asyncio.gather(*(_bounded(check) for check in checks)))
    finally:
        await close_tools(tools)


async def _bounded(check: Callable[[], Awaitable[Line]]) -> Line:
    try:
        async with asyncio.timeout(_CHECK_S):
            return await check()
    except TimeoutError:
        return Line(getattr(check, "name", "late"), "unknown", "time-out", "")


async def _database(stores: Callable[[], Awaitable[object]]) -> Line:
    try:
        opened = await stores()
    except MailportError as problem:
        return Line("database", "broken", str(problem.details.get("why", problem.key)), "database")
    return Line("database", "ok", str(getattr(opened, "database", "")))


async def _clock() -> Line:
    import ctypes

    try:
        state = ctypes.create_string_buffer(512)
        result = ctypes.CDLL(None).adjtimex(state)
        status = int.from_bytes(state.raw[40:44], sys.byteorder)
    except (OSError, AttributeError):
        return Line("clock", "unknown", "adjtimex")
    if result < 0:
        return Line("clock", "unknown", "adjtimex")
    synchronised = not status & _STA_UNSYNC
    return Line(
        "clock",
        "ok" if synchronised else "warning",
        "NTP" if synchronised else "-",
        "" if synchronised else "clock",
    )


async def _time_zones() -> Line:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo("Europe/Madrid")
    except ZoneInfoNotFoundError:
        return Line("zones", "broken", "tzdata", "zones")
    return Line("zones", "ok", zone.key)


async def _trust(settings: Settings) -> Line:
    import certifi

    from adapters.net.trust import PinnedTrust

    try:
        store = PinnedTrust(settings.ca_file)
    except (MailportError, OSError, ValueError) as problem:
        return Line("trust", "broken", f"{settings.ca_file}: {problem}", "trust")
    return Line("trust", "ok", f"{store.name} (certifi {certifi.__version__})")


async def _dns(network: Network) -> Line:
    answer = await network.resolver.query("gmail.com", "MX", lifetime=4.0)
    if answer.status == "ok":
        return Line("dns", "ok", f"gmail.com MX: {len(answer.records)}")
    return Line("dns", "broken", f"gmail.com MX: {answer.status}", "dns")


async def _route(network: Network, family: Literal[4, 6]) -> Line:
    if network.dialer.has_route(family):
        return Line(f"ipv{family}", "ok", "")
    return Line(f"ipv{family}", "broken" if family == 4 else "warning", "-", f"ipv{family}")


async def _egress(network: Network, settings: Settings) -> Line:
    """Whether any well-known mail server takes a connection on 25 from here."""
    tried: list[str] = []
    for name in settings.control_targets:
        found = await network.resolver.addresses(name, lifetime=2.0)
        address = next((one for one in found.allowed if one.version == 4), None)
        if address is None:
            continue
        endpoint = Endpoint(host=name, address=str(address), family=4, service=service_for(25))
        try:
            async with asyncio.timeout(2.0):
                connection = await network.dialer.dial(endpoint)
            await connection.close()
        except (OSError, TimeoutError, MailportError):
            tried.append(name)
            continue
        return Line("egress", "ok", name)
    if not tried:
        return Line("egress", "unknown", "DNS", "dns")
    return Line("egress", "warning", ", ".join(tried), "egress")


async def _slack(settings: Settings) -> Line:
    if not settings.slack_bot_token and not settings.slack_client_id:
        return Line("slack", "off", "-", "slack")
    if not settings.slack_bot_token:
        return Line("slack", "ok", "OAuth")
    import aiohttp

    url = (settings.slack_api_url or "https://slack.com/api/").rstrip("/") + "/auth.test"
    headers = {"Authorization": f"Bearer {settings.slack_bot_token}"}
    try:
        async with aiohttp.ClientSession() as session, session.post(url, headers=headers) as answer:
            body = await answer.json()
    except (aiohttp.ClientError, ValueError) as problem:
        return Line("slack", "unknown", type(problem).__name__, "reach")
    if body.get("ok"):
        return Line("slack", "ok", str(body.get("team", "")))
    return Line("slack", "broken", str(body.get("error", "")), "token")


async def _discord(settings: Settings) -> Line:
    if not settings.discord_token:
        return Line("discord", "off", "-", "discord")
    import aiohttp

    url = (settings.discord_api_url or "https://discord.com/api/v10").rstrip("/") + "/users/@me"
    headers = {"Authorization": f"Bot {settings.discord_token}"}
    try:
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            status, body = answer.status, await answer.json()
    except (aiohttp.ClientError, ValueError) as problem:
        return Line("discord", "unknown", type(problem).__name__, "reach")
    if status == 200:
        return Line("discord", "ok", str(body.get("username", "")))
    return Line("discord", "broken", f"HTTP {status}", "token")
