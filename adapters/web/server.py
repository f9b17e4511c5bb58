"""The web server: health, metrics, one probe for monitoring, a status page, the try-it page.

Slack's HTTP mode mounts its own routes on the same application.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web

from adapters.web.guarding import guarding
from adapters.web.pages import status_page
from adapters.web.probe_metrics import probe_text
from adapters.web.try_page import TryPage
from bot.commands.rate import Limiter
from bot.errors import MailportError, Unavailable
from bot.model.verdict import CheckResult
from bot.ports import Tools

_LOG = logging.getLogger(__name__)
MAX_BODY = 1_000_000


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
        self._runner: web.AppRunner | None = None

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[guarding(self._tools.settings)], client_max_size=MAX_BODY)
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
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=5.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, settings.http_host, settings.http_port)
        try:
            await site.start()
        except OSError as problem:
            await self._runner.cleanup()
            address = f"{settings.http_host}:{settings.http_port}"
            raise Unavailable(
                "web-unavailable", address=address, why=problem.strerror or str(problem)
            ) from None
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
        return web.Response(body=self._parts.metrics(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def _status(self, request: web.Request) -> web.Response:
        return status_page(dict(await self._parts.ready()), self._tools.settings, request)

    async def _probe(self, request: web.Request) -> web.Response:
        target = request.query.get("target", "")
        try:
            return web.Response(text=probe_text(await self._parts.check(target)), content_type="text/plain")
        except MailportError as problem:
            return web.Response(text=f"{problem.key}\n", status=400, content_type="text/plain")


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")
