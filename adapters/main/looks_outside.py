"""What `mailport doctor` looks at outside this machine: DNS, routes, port 25, the chat platforms.

Nobody is asked who is not named in the settings or needed for them: resolvers, the control targets, and the
platforms whose tokens are set.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any, Literal

from adapters.main.looks import Line
from bot.errors import MailportError
from bot.model.outcome import Endpoint
from bot.model.services import service_for
from bot.ports import Connection, Network
from bot.settings import Settings

DNS_S = 3.0
DIAL_S = 3.0
HTTP_S = 6.0


async def web(settings: Settings) -> Line:
    """Whether the web server could listen, or is listening already."""
    where = {"address": f"{settings.http_host}:{settings.http_port}"}
    try:
        server = await asyncio.start_server(
            lambda _reader, writer: writer.close(), settings.http_host, settings.http_port
        )
    except OSError as problem:
        if await _is_mailport(settings):
            return Line("web", "ok", "web-runs", where)
        return Line("web", "broken", "web-taken", {**where, "why": problem.strerror or problem}, "web")
    server.close()
    return Line("web", "ok", "web-free", where)


async def _is_mailport(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.http_host, settings.http_host)  # noqa: S104
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(2.0):
            reader, writer = await asyncio.open_connection(host, settings.http_port)
            writer.write(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = await reader.read(4096)
            writer.close()
            return b'"parts"' in answer
    return False


async def dns(settings: Settings) -> Line:
    """Whether each resolver answers: the names of the root, which every resolver knows."""
    from adapters.net.nameservers import Nameservers

    servers = Nameservers(settings.dns_servers).servers()
    if not servers:
        return Line("dns", "broken", "dns-none", mend="dns")
    answers = await asyncio.gather(*(_one_resolver(settings, server) for server in servers))
    said = ", ".join(answer for answer, _ in answers)
    good = [works for _, works in answers]
    if all(good):
        return Line("dns", "ok", "dns", {"servers": said})
    if any(good):
        return Line("dns", "warning", "dns", {"servers": said}, "dns-some")
    return Line("dns", "broken", "dns", {"servers": said}, "dns")


async def _one_resolver(settings: Settings, server: tuple[str, int]) -> tuple[str, bool]:
    from adapters.net.resolver import DnsResolver
    from bot.model.value import replace

    start = time.monotonic()
    answer = await DnsResolver(replace(settings, dns_servers=(server,))).query(".", "NS", lifetime=DNS_S)
    spent = f"{(time.monotonic() - start) * 1000:.0f} ms"
    address = f"[{server[0]}]" if ":" in server[0] else server[0]
    # "No such name" is an answer too: a resolver of a closed network gives it.
    works = answer.status in ("ok", "nodata", "nxdomain")
    return f"{address}:{server[1]} {spent if works else answer.status}", works


async def dnssec(settings: Settings, network: Network) -> Line:
    """Whether the resolver's word on DNSSEC counts, and whether it gives one."""
    if not settings.dns_trust_ad:
        return Line("dnssec", "off", "dnssec-off", mend="dnssec-off")
    answer = await network.resolver.query(".", "SOA", lifetime=DNS_S)
    if answer.status != "ok":
        return Line("dnssec", "unknown", "dns", {"servers": answer.status}, "dns")
    if answer.secure:
        return Line("dnssec", "ok", "dnssec")
    return Line("dnssec", "broken", "dnssec-no", mend="dnssec")


async def route(network: Network, family: Literal[4, 6]) -> Line:
    """Whether there is a way out for that family."""
    if network.dialer.has_route(family):
        return Line(f"ipv{family}", "ok", "route")
    return Line(f"ipv{family}", "broken" if family == 4 else "warning", "route-none", mend=f"ipv{family}")


async def egress(network: Network, settings: Settings) -> Line:
    """Whether any of the control targets takes a connection on 25 from here."""
    if not settings.control_targets:
        return Line("egress", "off", "egress-off")
    found = await asyncio.gather(*(_greeted(network, name) for name in settings.control_targets))
    good = [name for name, word in zip(settings.control_targets, found, strict=True) if word == "ok"]
    if good:
        return Line("egress", "ok", "egress", {"names": ", ".join(good)})
    names = ", ".join(settings.control_targets)
    if all(word == "dns" for word in found):
        return Line("egress", "unknown", "egress-dns", {"names": names})
    return Line("egress", "warning", "egress-blocked", {"names": names}, "egress")


async def _greeted(network: Network, name: str) -> Literal["ok", "dns", "blocked"]:
    """Connect, hear the greeting, say goodbye."""
    addresses = await network.resolver.addresses(name, lifetime=2.0)
    address = next(iter(sorted(addresses.allowed, key=lambda one: one.version)), None)
    if address is None:
        return "dns"
    endpoint = Endpoint(
        host=name,
        address=str(address),
        family=4 if address.version == 4 else 6,
        service=service_for(25),
    )
    try:
        async with asyncio.timeout(DIAL_S):
            connection = await network.dialer.dial(endpoint)
    except (OSError, TimeoutError, MailportError):
        return "blocked"
    await _take_leave(connection)
    return "ok"


async def _take_leave(connection: Connection) -> None:
    try:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.5):
                await connection.read()
                await connection.write(b"QUIT\r\n")
                await connection.read()
    finally:
        await connection.close()


async def slack(settings: Settings) -> Line:
    """Whether Slack takes the tokens, and whether the app has the scopes that it needs."""
    if not settings.slack_bot_token:
        if settings.slack_client_id and settings.slack_client_secret:
            return Line("slack", "ok", "slack-oauth")
        return Line("slack", "off", "off", mend="slack")
    base = (settings.slack_api_url or "https://slack.com/api/").rstrip("/")
    body, headers = await _ask(f"{base}/auth.test", f"Bearer {settings.slack_bot_token}", post=True)
    if isinstance(body, str):
        return Line("slack", "unknown", "why", {"why": body}, "reach")
    if not body.get("ok"):
        return Line("slack", "broken", "token", {"why": body.get("error", "?")}, "token")
    missing = _missing_scopes(headers.get("x-oauth-scopes", ""))
    if missing:
        return Line("slack", "warning", "slack-scopes", {"scopes": ", ".join(missing)}, "slack-scopes")
    if not settings.slack_app_token:
        word = "slack-http" if settings.slack_signing_secret else "slack-half"
        state: Literal["ok", "broken"] = "ok" if settings.slack_signing_secret else "broken"
        mend = "" if settings.slack_signing_secret else "slack"
        return Line("slack", state, word, {"team": body.get("team", "")}, mend)
    body, _ = await _ask(f"{base}/apps.connections.open", f"Bearer {settings.slack_app_token}", post=True)
    if isinstance(body, str):
        return Line("slack", "unknown", "why", {"why": body}, "reach")
    if not body.get("ok"):
        return Line("slack", "broken", "token-app", {"why": body.get("error", "?")}, "token-app")
    return Line("slack", "ok", "slack-socket")


def _missing_scopes(granted: str) -> list[str]:
    """Scopes of the manifest that the app was not given; none when Slack does not say."""
    from adapters.slack.manifest import BOT_SCOPES

    has = {scope.strip() for scope in granted.split(",") if scope.strip()}
    return [scope for scope in BOT_SCOPES if scope not in has] if has else []


async def discord(settings: Settings) -> Line:
    """Whether Discord takes the token."""
    if not settings.discord_token:
        return Line("discord", "off", "off", mend="discord")
    base = (settings.discord_api_url or "https://discord.com/api/v10").rstrip("/")
    body, headers = await _ask(f"{base}/users/@me", f"Bot {settings.discord_token}")
    if isinstance(body, str):
        return Line("discord", "unknown", "why", {"why": body}, "reach")
    if headers["status"] == "200":
        return Line("discord", "ok", "discord", {"name": body.get("username", "")})
    return Line("discord", "broken", "token", {"why": f"HTTP {headers['status']}"}, "token")


async def _ask(url: str, authorization: str, *, post: bool = False) -> tuple[Any, dict[str, str]]:
    """The JSON object of an API and its headers in lower case; the reason as a text when there is none."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=HTTP_S)
    headers = {"Authorization": authorization}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.request("POST" if post else "GET", url, headers=headers) as answer,
        ):
            body = await answer.json(content_type=None)
            kept = {name.lower(): value for name, value in answer.headers.items()}
            status = str(answer.status)
    except (aiohttp.ClientError, ValueError, TimeoutError, OSError) as problem:
        return str(problem)[:120] or type(problem).__name__, {}
    if not isinstance(body, dict):
        return f"HTTP {status}", {}
    return body, {**kept, "status": status}
