"""HTTPS GET of small documents from addresses that were checked.

Policies (MTA-STS), autoconfiguration and keys lie on web servers whose names come from strangers.
Therefore: the name is resolved here, every address is judged, and the connection goes to the judged
address (no second resolution that could answer differently); the same again for each redirect; size
and time are limited; nothing is unpacked; no proxy, no cookie, no credential is used.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.model.names import IPAddress, parse_address, parse_name
from bot.ports import Addresses, Fetched, FetchStatus, Resolver

if TYPE_CHECKING:
    from bot.settings import Settings

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ABSENT = frozenset({404, 410})
_CHUNK = 16384
_DNS_SHARE = 0.6  # of the deadline may go into resolving
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "Mailport", "Accept": "*/*"}


class HttpsFetcher:
    """The Fetcher port, on aiohttp."""

    def __init__(self, settings: Settings, resolver: Resolver) -> None:
        self._ca_file = settings.ca_file
        self._resolver = resolver

    async def fetch(
        self,
        url: str,
        *,
        limit: int = 65536,
        deadline_s: float = 5.0,
        redirects: int = 0,
        plain_http: bool = False,
    ) -> Fetched:
        """GET; never raises for what the server does.

        Args:
            url: Absolute; https unless `plain_http`.
            limit: Largest body in bytes; a longer one is "too-large".
            deadline_s: For everything: names, redirects and the body.
            redirects: How many may be followed; the next one is the result "redirect".
            plain_http: http:// is fine too, at the start and after a redirect.
        """
        try:
            async with asyncio.timeout(deadline_s):
                return await self._follow(url, limit, deadline_s, redirects, plain_http=plain_http)
        except TimeoutError:
            return Fetched("timeout", url=url, detail=f"no answer within {deadline_s:g} s")

    @cached_property
    def _context(self) -> ssl.SSLContext:
        import certifi

        context = ssl.create_default_context(cafile=certifi.where())
        if self._ca_file:
            context.load_verify_locations(cafile=self._ca_file)
        # RFC 9525: the common name is no name of the server.
        context.hostname_checks_common_name = False
        return context

    async def _follow(
        self, url: str, limit: int, deadline_s: float, redirects: int, *, plain_http: bool
    ) -> Fetched:
        for _ in range(redirects + 1):
            fetched = await self._get(url, limit, deadline_s, plain_http=plain_http)
            if fetched.status != "redirect":
                return fetched
            if not _same_ports(url, fetched.detail):
                # A stranger's redirect must not turn us into a port scanner.
                return Fetched("forbidden", url=url, detail=fetched.detail[:300])
            url = fetched.detail or url
        return fetched

    async def _get(self, text: str, limit: int, deadline_s: float, *, plain_http: bool) -> Fetched:
        url = _parse(text, plain_http=plain_http)
        if isinstance(url, str):
            return Fetched("broken", url=text, detail=url)
        addresses = await self._resolver.addresses(url.host or "", lifetime=deadline_s * _DNS_SHARE)
        if not addresses.allowed:
            return _unresolved(addresses, text)
        try:
            context = self._context
        except OSError as problem:
            return Fetched("tls", url=text, detail=f"MAILPORT_CA_FILE: {problem}")
        connector = aiohttp.TCPConnector(
            resolver=_Checked(addresses.allowed), ssl=context, use_dns_cache=False, force_close=True
        )
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                ) as session,
                session.get(url, headers=_HEADERS, allow_redirects=False) as response,
            ):
                return await _read(response, limit)
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            return _failure(problem, text)


@dataclass(frozen=True, slots=True)
class _Checked(AbstractResolver):
    """Gives aiohttp the addresses that were checked, whatever it asks for."""

    addresses: tuple[IPAddress, ...]

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


def _parse(text: str, *, plain_http: bool) -> URL | str:
    """The address in parts, or why it is not fetched."""
    try:
        url = URL(text)
    except ValueError:
        return "not an address"
    if url.scheme not in ("https", "http") or not url.host or url.user or url.password:
        return "not an address that may be fetched"
    if url.scheme == "http" and not plain_http:
        return "not https"
    if parse_address(url.host) is None and parse_name(url.host) is None:
        return "no host name"
    return url


def _same_ports(url: str, next_url: str) -> bool:
    """Whether a redirect leads to a web port, or to the very port that was asked for."""
    try:
        return not next_url or URL(next_url).port in (None, 80, 443, URL(url).port)
    except ValueError:
        return True  # told as "not an address" when it is fetched


def _unresolved(addresses: Addresses, url: str) -> Fetched:
    if addresses.refused:
        address, why = addresses.refused[0]
        return Fetched("forbidden", url=url, detail=f"{address} ({why})")
    words = {addresses.v4.status, addresses.v6.status}
    # Absence counts only when both questions were answered with it.
    for status in ("bogus", "servfail", "refused", "timeout", "nxdomain"):
        if status in words:
            return Fetched("dns", url=url, detail=status)
    return Fetched("dns", url=url, detail="nodata")


async def _read(response: aiohttp.ClientResponse, limit: int) -> Fetched:
    url, code = str(response.url), response.status
    if code in _REDIRECTS:
        return Fetched("redirect", code, url=url, detail=_location(response))
    if code != 200:
        return Fetched("not-found" if code in _ABSENT else "http-error", code, url=url)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        return Fetched("broken", code, url=url, detail="packed although plain was asked for")
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limit:
            return Fetched("too-large", code, url=url, detail=f"more than {limit} bytes")
    content_type = response.headers.get("Content-Type", "")[:200]
    return Fetched("ok", code, bytes(body), content_type, url)


def _location(response: aiohttp.ClientResponse) -> str:
    try:
        return str(response.url.join(URL(response.headers.get("Location", ""))))
    except ValueError:
        return ""


def _failure(problem: Exception, url: str) -> Fetched:
    status: FetchStatus = "broken"
    detail = str(problem) or type(problem).__name__
    if isinstance(problem, aiohttp.ClientConnectorCertificateError | ssl.SSLError):
        status, detail = "tls", _reason(getattr(problem, "certificate_error", problem))
    elif isinstance(problem, aiohttp.ClientSSLError):
        status, detail = "tls", _reason(problem.os_error)
    elif isinstance(problem, aiohttp.ClientConnectorError):
        status = "refused" if isinstance(problem.os_error, ConnectionRefusedError) else "broken"
    return Fetched(status, url=url, detail=detail[:300])


def _reason(problem: BaseException) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return problem.verify_message or str(problem)
    return getattr(problem, "reason", None) or str(problem)
