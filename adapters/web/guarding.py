"""What holds for every page: security headers, no foreign host names, no foreign origins.

A page on 127.0.0.1 can be reached by any web site that a browser has open (cross-site requests, DNS
rebinding). So the name in the Host header has to be one of ours, what asks or probes has to come from our
own page, and the conversation is for this machine alone unless the operator says otherwise. Machines
without a browser (Prometheus, a load balancer, curl) send no Origin and come by address: they get through.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from adapters.web.pages import language_of, notice_page
from bot.i18n import say
from bot.settings import Settings

_LOG = logging.getLogger(__name__)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": with that, browsers send our own form with `Origin: null` (Fetch, section 3.1).
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# A life sign for everybody; and Slack, whose requests are signed and come under any name.
_OPEN_TO_ALL = ("/healthz", "/slack/")
_FORWARDING = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guarding(settings: Settings) -> Middleware:
    """The middleware."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = _refusal(request, settings)
        if refused is None:
            response = await _answered(request, handler)
        else:
            response = _refused(request, settings, *refused)
        if not response.prepared:
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    return guard


def security_headers() -> dict[str, str]:
    """For responses that are prepared before the middleware sees them (streams)."""
    return dict(_HEADERS)


def asker_of(request: web.Request) -> str:
    """The address that asks; behind a proxy on this machine, the one that the proxy names."""
    peer = request.remote or ""
    if _is_loopback(peer):
        named = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
        if _as_address(named) is not None:
            return named
    return peer or "unknown"


def host_of(request: web.Request) -> str:
    """The host that the client named, without port and brackets."""
    try:
        return (urlsplit(f"//{request.host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as problem:
        return web.Response(
            status=problem.status, reason=problem.reason, body=problem.body, headers=problem.headers
        )
    except Exception:  # noqa: BLE001  # a bug of ours: logged, and no traceback for strangers
        _LOG.exception("web request failed", extra={"path": request.path})
        return web.Response(status=500, text="Something of ours broke; it is logged.\n")


def _refusal(request: web.Request, settings: Settings) -> tuple[int, str] | None:
    """The status and the sentence of a refusal; None when the request may pass."""
    path = request.path
    if path.startswith(_OPEN_TO_ALL):
        return None
    if not _is_own_name(host_of(request), settings):
        return 421, "foreign-host"
    if (request.method not in ("GET", "HEAD") or path == "/probe") and not _own_origin(request, settings):
        return 403, "foreign-origin"
    if not path.startswith("/try"):
        return None
    if settings.try_page == "off":
        return 404, "try-off"
    if settings.try_page == "loopback" and not _from_this_machine(request):
        return 403, "try-loopback"
    return None


def _refused(request: web.Request, settings: Settings, status: int, key: str) -> web.Response:
    language = language_of(request, settings.language)
    words = say(language, f"web.{key}", host=host_of(request)[:100])
    if "text/html" in request.headers.get("Accept", ""):
        return notice_page(words, language, status)
    return web.Response(text=words.replace("`", "") + "\n", status=status)


def _is_own_name(host: str, settings: Settings) -> bool:
    """Whether a host name cannot be a rebound one.

    Rebinding needs a name that its attacker controls in the DNS: an address is none, nor is localhost, nor
    a single label (a container's or a machine's name on its own network).
    """
    if _as_address(host) is not None or "." not in host or host.endswith(".localhost"):
        return bool(host)
    own = {settings.http_host.lower(), socket.gethostname().lower()}
    if settings.public_url:
        own.add(urlsplit(settings.public_url).hostname or "")
    return host in own


def _from_this_machine(request: web.Request) -> bool:
    """Whether a request comes from here, under a name of here, and not through a proxy."""
    host = host_of(request)
    local_name = host == "localhost" or host.endswith(".localhost") or _is_loopback(host)
    return (
        local_name
        and _is_loopback(request.remote or "")
        and not any(name in request.headers for name in _FORWARDING)
    )


def _own_origin(request: web.Request, settings: Settings) -> bool:
    """Whether a request comes from a page of ours, or from no page at all (browsers say where from)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    own = {request.host.lower()}
    if settings.public_url:
        own.add(urlsplit(settings.public_url).netloc.lower())
    return urlsplit(origin).netloc.lower() in own


def _is_loopback(text: str) -> bool:
    address = _as_address(text)
    if address is None:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _as_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
