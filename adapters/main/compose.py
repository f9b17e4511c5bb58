"""Puts the tools together; each part is built on first use."""

from __future__ import annotations

import time
from functools import cached_property

from bot.errors import BadInput
from bot.ports import Network, Tools
from bot.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from adapters.net.resolver import DnsResolver
    from adapters.net.trust import PinnedTrust
    from bot.ports import Fetched, Fetcher
    from bot.settings import Settings
    from bot.watches.stores import Stores


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Now, UTC."""
        from datetime import UTC, datetime  # late: `mailport ask` never looks at the clock

        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()


def make_tools(settings: Settings) -> Tools:
    """The tools of this process."""
    network = _once(lambda: _make_network(settings))
    return Tools(
        settings=settings,
        clock=SystemClock(),
        network=network,
        stores=_once_async(lambda: _open_stores(settings)),
        ehlo_name=lambda: settings.ehlo_name or _own_name(),
    )


def _once(make: Callable[[], Network]) -> Callable[[], Network]:
    made: list[Network] = []

    def get() -> Network:
        if not made:
            made.append(make())
        return made[0]

    return get


def _once_async(make: Callable[[], Awaitable[Stores]]) -> Callable[[], Awaitable[Stores]]:
    import functools

    @functools.cache
    def lock() -> object:
        import asyncio

        return asyncio.Lock()

    made: list[Stores] = []

    async def get() -> Stores:
        if made:
            return made[0]
        async with lock():  # type: ignore[attr-defined]  # an asyncio.Lock, imported late
            if not made:
                made.append(await make())
        return made[0]

    get.opened = made  # type: ignore[attr-defined]  # lets close_tools see what was opened
    return get


def _make_network(settings: Settings) -> Network:
    _refuse_bad_anchors(settings)
    from adapters.net.dialer import TcpDialer
    from adapters.net.resolver import DnsResolver

    resolver = DnsResolver(settings)
    return Network(
        dialer=TcpDialer(settings),
        resolver=resolver,
        fetcher=_LateFetcher(settings, resolver),
        trust=_LateTrust(settings.ca_file),
    )


def load_for_probes(tools: Tools) -> None:
    """Load what a probe needs before there is a loop to hold up; a command line loads only what it uses.

    Raises:
        BadInput: `setting-bad`: the trust anchors cannot be used.
    """
    from bot.model.services import SERVICES
    from bot.probes import run, tls  # noqa: F401  # loaded, no more
    from bot.probes.detect import conversation_in

    for protocol in {service.protocol for service in SERVICES.values()}:
        conversation_in(protocol)
    trust = tools.network().trust
    if isinstance(trust, _LateTrust):
        trust.load()


def _refuse_bad_anchors(settings: Settings) -> None:
    """Say that the operator's own anchors cannot be used, before any server is judged without them.

    Raises:
        BadInput: `setting-bad`.
    """
    if not settings.ca_file:
        return
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=settings.ca_file)
    except OSError:  # ssl.SSLError is one
        source = settings.sources.get("MAILPORT_CA_FILE", "default")
        raise BadInput(
            "setting-bad", name="MAILPORT_CA_FILE", value=settings.ca_file, source=source, expected="anchors"
        ) from None


class _LateTrust:
    """The anchors, imported with the first chain: a port that is closed has none to judge."""

    def __init__(self, ca_file: str | None) -> None:
        self._ca_file = ca_file

    @cached_property
    def _made(self) -> PinnedTrust:
        from adapters.net.trust import PinnedTrust

        return PinnedTrust(self._ca_file)

    def load(self) -> None:
        """Read the anchors now."""
        self._made.load()

    @property
    def name(self) -> str:
        """See `TrustStore`."""
        return self._made.name

    def trusts(self, chain: Sequence[bytes], at: datetime) -> bool:
        """See `TrustStore.trusts`."""
        return self._made.trusts(chain, at)


class _LateFetcher:
    """The fetcher, imported when something is fetched: aiohttp costs more than a whole check of a host."""

    def __init__(self, settings: Settings, resolver: DnsResolver) -> None:
        self._settings = settings
        self._resolver = resolver
        self._made: Fetcher | None = None

    async def fetch(
        self,
        url: str,
        *,
        limit: int = 65536,
        deadline_s: float = 5.0,
        redirects: int = 0,
        plain_http: bool = False,
    ) -> Fetched:
        """See `Fetcher.fetch`."""
        if self._made is None:
            from adapters.net.fetcher import HttpsFetcher

            self._made = HttpsFetcher(self._settings, self._resolver)
        return await self._made.fetch(
            url, limit=limit, deadline_s=deadline_s, redirects=redirects, plain_http=plain_http
        )


async def _open_stores(settings: Settings) -> Stores:
    from storage.open import open_stores

    return await open_stores(settings.database_url)


async def close_tools(tools: Tools) -> None:
    """Close what was opened."""
    for part in (*getattr(tools.stores, "opened", ()),):
        closing = getattr(part, "close", None)
        if closing is not None:
            await closing()


def _own_name() -> str:
    """This host's full name, else the literal of its outgoing address (RFC 5321 section 4.1.3).

    No DNS look-up: a dead resolver must not hold up anything.
    """
    import socket

    name = socket.gethostname()
    if "." in name and not name.startswith("localhost"):
        return name
    for family, probe, prefix in (
        (socket.AF_INET, "192.0.2.1", ""),
        (socket.AF_INET6, "2001:db8::1", "IPv6:"),
    ):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                sender.connect((probe, 25))  # a datagram socket's connect sends nothing
                return f"[{prefix}{sender.getsockname()[0]}]"
        except OSError:
            continue
    return "[127.0.0.1]"
