"""The web server: health, metrics, one probe for monitoring, a status page, the try-it page.

Slack's HTTP mode mounts its own routes on the same application.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http import HttpProcessingError
from prometheus_client import Counter

from adapters.web.guarding import Handler, asker_of, guarding
from adapters.web.probe_metrics import probe_text
from adapters.web.status_page import status_page
from adapters.web.try_page import TryPage
from bot.cards.failure import failure_card
from bot.commands.rate import Limiter
from bot.errors import MailportError, SlowDown, Unavailable
from bot.model.request import Person, Place, Request
from bot.model.verdict import CheckResult
from bot.ports import Tools

_LOG = logging.getLogger(__name__)
_ANSWERED = Counter("mailport_http_requests", "Requests to the web server", ["path", "code"])
# 40,000 characters of four bytes, each percent-encoded, and no more.
MAX_BODY = 600_000
# An answer under way when the server stops is waited for: a check has its verdict within this.
STOP_S = 8.0
_TEXT = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """What the server shows and calls.

    Attributes:
        ready: Per part "ok", "off" or what is wrong; awaited on every /readyz.
        metrics: The Prometheus text.
        check: One live check of a target, under the same policy as chat.
        routes: Further routes, such as Slack's.
    """

    ready: Callable[[], Awaitable[Mapping[str, str]]]
    metrics: Callable[[], bytes]
    check: Callable[[str], Awaitable[CheckResult]]
    routes: Iterable[web.RouteDef] = ()


class WebServer:
    """Serves on the address of the settings; port 0 takes a free one."""

    def __init__(self, tools: Tools, limiter: Limiter, parts: WebParts) -> None:
        self._tools = tools
        self._parts = parts
        self._try = TryPage(tools, limiter)
        # Whoever scrapes has many targets under one address: only the sum of all probes is bounded.
        wide = tools.settings.rate_per_workspace
        self._probes = Limiter(per_person=wide, per_channel=wide, per_workspace=wide)
        self._since = tools.clock.now()
        self._runner: web.AppRunner | None = None

    def application(self) -> web.Application:
        """The aiohttp application."""
        middlewares = [_counting, guarding(self._tools.settings)]
        app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY)
        app.router.add_get("/healthz", _healthy)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/probe", self._probe)
        app.router.add_get("/", self._status)
        app.router.add_routes(self._try.routes())
        app.router.add_routes(self._parts.routes)
        return app

    async def start(self) -> str:
        """Listen; returns the base address.

        Raises:
            Unavailable: `web-unavailable`, when the address is taken or not ours.
        """
        settings = self._tools.settings
        logging.getLogger("aiohttp.server").addFilter(_without_traceback)
        # No client of ours sends compressed bodies; aiohttp answers broken ones with 500 and a traceback.
        self._runner = web.AppRunner(
            self.application(), access_log=None, shutdown_timeout=STOP_S, auto_decompress=False
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, settings.http_host, settings.http_port)
        try:
            await site.start()
        except OSError as problem:
            await self._runner.cleanup()
            address = f"{settings.http_host}:{settings.http_port}"
            raise Unavailable("web-unavailable", address=address, why=_why(problem)) from None
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening, let answers finish."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _ready(self, _: web.Request) -> web.Response:
        parts = dict(await self._parts.ready())
        good = all(word in ("ok", "off") for word in parts.values())
        return web.json_response({"ready": good, "parts": parts}, status=200 if good else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        await self._parts.ready()  # sets the gauges of the parts
        return web.Response(body=self._parts.metrics(), headers=_TEXT)

    async def _status(self, request: web.Request) -> web.Response:
        return status_page(dict(await self._parts.ready()), self._tools.settings, request, self._since)

    async def _probe(self, request: web.Request) -> web.Response:
        target = request.query.get("target", "").strip()
        try:
            self._probes.count(_probing(request), self._tools.clock.monotonic())
            return web.Response(text=probe_text(await self._parts.check(target)), headers=_TEXT)
        except SlowDown as problem:
            wait = str(problem.details.get("seconds", 60))
            return web.Response(text=_line(problem), status=429, headers={"Retry-After": wait})
        except Unavailable as problem:
            return web.Response(text=_line(problem), status=503)
        except MailportError as problem:
            return web.Response(text=_line(problem), status=400)


def is_open_to_others(http_host: str) -> bool:
    """Whether an address to listen on can be reached from other machines."""
    if http_host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(http_host).is_loopback
    except ValueError:
        return True


def _why(problem: OSError) -> str:
    """The system's own words; asyncio wraps them in a sentence of its own."""
    number = problem.errno or 0
    return os.strerror(number) if number > 0 else problem.strerror or str(problem)


def _probing(request: web.Request) -> Request:
    place = Place(platform="web", workspace="probe", channel="probe")
    return Request(id=uuid.uuid4().hex[:12], place=place, person=Person(id=asker_of(request)))


def _line(problem: MailportError) -> str:
    """What was wrong, in one line, with its key in front for programs."""
    return f"{problem.key}: {failure_card(problem, 'en').summary}\n"


@web.middleware
async def _counting(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else "other"
    _ANSWERED.labels(path, str(response.status)).inc()
    return response


def _without_traceback(record: logging.LogRecord) -> bool:
    """What is no HTTP is one line: aiohttp writes a traceback for each port scanner."""
    problem = record.exc_info[1] if record.exc_info else None
    if isinstance(problem, HttpProcessingError):
        record.msg, record.args, record.exc_info = (
            "a request is no HTTP (%s)",
            (type(problem).__name__,),
            None,
        )
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")
