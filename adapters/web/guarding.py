"""What holds for every page: security headers, no foreign origins, no foreign host names.

A page on 127.0.0.1 can be reached by any web site that a browser has open (cross-site requests, DNS
rebinding). So the Host header has to be ours, and what changes or probes has to come from our page.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.settings import Settings

_LOG = logging.getLogger(__name__)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def host_of(request: web.Request) -> str:
    """The host that the client named, without port and brackets."""
    return urlsplit(f"//{request.host}").hostname or ""


def guarding(settings: Settings) -> Middleware:
    """The middleware."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/try") and not _try_allowed(request, settings):
            raise web.HTTPNotFound(text="not here\n")
        response = await _answered(request, handler)
        if not response.prepared:
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    return guard


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as problem:
        return problem
    except Exception:  # noqa: BLE001  # a bug of ours: logged, and no traceback for strangers
        _LOG.exception("web request failed", extra={"path": request.path})
        return web.Response(status=500, text="Something of ours broke; it is logged.\n")


def _try_allowed(request: web.Request, settings: Settings) -> bool:
    if settings.try_page == "off":
        return False
    if settings.try_page == "loopback" and host_of(request) not in LOOPBACK_NAMES:
        return False
    return request.method in ("GET", "HEAD") or _own_origin(request)


def _own_origin(request: web.Request) -> bool:
    """Whether a POST comes from a page of ours (browsers always say where from)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def security_headers() -> dict[str, str]:
    """For responses that are prepared before the middleware sees them (streams)."""
    return dict(_HEADERS)
