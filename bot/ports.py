"""What the core needs from the outside, as protocols; `Tools` holds all of it.

Adapters implement these. Nothing here opens anything: `Tools.network` and `Tools.stores` build
their parts on first use, so that `mailport ask` never imports a DNS library or a database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.model.value import field, frozen
from bot.typed import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from bot.cards.model import Card, Pending
    from bot.model.names import IPAddress
    from bot.model.outcome import Endpoint
    from bot.settings import Settings
    from bot.watches.stores import Stores


class Clock(Protocol):
    """The time, so that tests can set it."""

    def now(self) -> datetime:
        """Now, timezone-aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever go forward."""
        ...


@frozen
class TlsFacts:
    """What a handshake gave, unjudged.

    Attributes:
        version: Such as "TLSv1.3".
        cipher: OpenSSL's name of the suite.
        chain: DER certificates as sent, the server's own first.
        trusted: Whether the chain leads to an anchor of our store, judged apart from time and name.
    """

    version: str
    cipher: str
    chain: tuple[bytes, ...]


class HandshakeFailed(Exception):
    """TLS could not be set up; `reason` is OpenSSL's, such as "WRONG_VERSION_NUMBER"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Connection(Protocol):
    """A byte stream to one endpoint. Every call is cut off by the caller's deadline."""

    async def read(self) -> bytes:
        """The next bytes (at most 16 KiB), b"" at the end of the stream.

        Raises:
            ConnectionError: It broke.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Send all of it."""
        ...

    async def start_tls(self, server_name: str | None, *, old: bool = False) -> TlsFacts:
        """Do the TLS handshake, without verification: judging comes later, offline.

        Args:
            server_name: SNI; None for an address.
            old: Allow TLS 1.0 and weak keys, to tell "old only" from "broken".

        Raises:
            HandshakeFailed: With the reason.
            BufferError: Bytes were already waiting in clear: never start TLS on them.
        """
        ...

    async def close(self) -> None:
        """Close; never raises, never waits for the peer."""
        ...


class Dialer(Protocol):
    """Opens TCP connections to addresses that were checked."""

    async def dial(self, endpoint: Endpoint) -> Connection:
        """Connect to the endpoint's address and port.

        Raises:
            OSError: With the errno that tells refused, unreachable and filtered apart.
            TargetRefused: The address is not one that may be probed (checked again, here).
        """
        ...

    def has_route(self, family: Literal[4, 6]) -> bool:
        """Whether this machine has a route for that family at all (no packet is sent)."""
        ...


DnsStatus = Literal["ok", "nodata", "nxdomain", "servfail", "timeout", "bogus", "refused"]


@frozen
class DnsAnswer:
    """What the DNS said: six different things that must not be mixed up.

    Attributes:
        records: Record data in presentation form ("10 mx.example.com."), TXT joined and unquoted.
        secure: The validating resolver set AD, and its word counts (MAILPORT_DNS_TRUST_AD);
            None when its word does not count.
        canonical: The name at the end of a CNAME chain; the asked name if there was none.
        cname_loop: The chain went in circles or was too long.
    """

    status: DnsStatus
    records: tuple[str, ...] = ()
    secure: bool | None = None
    canonical: str = ""
    cname_loop: bool = False
    ttl: int = 0
    detail: str = ""


class Resolver(Protocol):
    """DNS with a deadline. Never raises for what a server says: that is in the answer."""

    async def query(self, name: str, kind: str, *, lifetime: float | None = None) -> DnsAnswer:
        """Ask for records of a type ("MX", "TXT", "TLSA", ...)."""
        ...

    async def addresses(self, name: str, *, lifetime: float | None = None) -> Addresses:
        """A and AAAA at once."""
        ...

    async def reverse(self, address: IPAddress) -> DnsAnswer:
        """PTR of an address."""
        ...


@frozen
class Addresses:
    """A host's addresses, already split by the target policy.

    Attributes:
        allowed: May be probed.
        refused: (address, why) that must not be.
        v4: How the A question went.
        v6: How the AAAA question went.
    """

    allowed: tuple[IPAddress, ...]
    refused: tuple[tuple[IPAddress, str], ...]
    v4: DnsAnswer
    v6: DnsAnswer


FetchStatus = Literal[
    "ok",
    "not-found",
    "http-error",
    "redirect",
    "too-large",
    "timeout",
    "tls",
    "refused",
    "dns",
    "forbidden",
    "broken",
]


@frozen
class Fetched:
    """What an HTTPS GET gave.

    Attributes:
        status: "redirect" when one came and redirects were not allowed; "forbidden" when the
            address is not one that may be probed.
        body: At most the limit asked for.
        detail: Where the redirect leads; "timeout", "servfail", "bogus", "refused", "nxdomain" or
            "nodata" when the status is "dns"; else words of the library.
    """

    status: FetchStatus
    http_status: int = 0
    body: bytes = b""
    content_type: str = ""
    url: str = ""
    detail: str = ""


class Fetcher(Protocol):
    """Fetches small documents over HTTPS from addresses that were checked, at every redirect too."""

    async def fetch(
        self,
        url: str,
        *,
        limit: int = 65536,
        deadline_s: float = 5.0,
        redirects: int = 0,
        plain_http: bool = False,
    ) -> Fetched:
        """GET; never raises for what the server does. http:// only where `plain_http` says so."""
        ...


class TrustStore(Protocol):
    """Judges chains offline against the pinned anchors and MAILPORT_CA_FILE."""

    @property
    def name(self) -> str:
        """Which store judged, for people."""
        ...

    def trusts(self, chain: Sequence[bytes], at: datetime) -> bool:
        """Whether the chain leads to an anchor, leaving time of the leaf and name aside."""
        ...


@frozen
class Network:
    """The parts that reach other machines."""

    dialer: Dialer
    resolver: Resolver
    fetcher: Fetcher
    trust: TrustStore


class Messenger(Protocol):
    """Posts cards into channels of one platform, outside any request (alerts, reports)."""

    async def post(self, post: Post) -> str:
        """Send once; returns the platform's message id.

        Raises:
            Unavailable: Try again later (`retry_after` in the details when known; `sent` is False there
                when it certainly did not reach the platform).
            NotFound: The channel is gone or closed to us; do not try again.
        """
        ...


@frozen(kw_only=True)
class Post:
    """A card on its way into a channel.

    Attributes:
        key: Unique for this message; makes a second sending harmless.
        reply_to: Message id to answer in a thread.
        edit: Message id to change instead of posting anew.
        retry: True when an earlier try may have arrived.
    """

    key: str
    workspace: str
    channel: str
    card: Card
    thread: str | None = None
    reply_to: str | None = None
    edit: str | None = None
    retry: bool = False


Progress = Callable[["Pending"], Awaitable[None]]


async def silence(_: Pending) -> None:
    """Progress that nobody watches."""


@frozen(kw_only=True)
class Tools:
    """All that the core may use.

    Attributes:
        network: Built on first call, then the same.
        stores: Opens (and migrates) the database on first call, then the same. Raises Unavailable.
        ehlo_name: The name to say in EHLO, found on first call.
        status: Per adapter a word on how it does, for `status` and `/readyz`.
        extras: For handlers that an adapter gives (doctor).
        memory: What handlers keep for the life of the process, by name (checks of the last minute).
    """

    settings: Settings
    clock: Clock
    network: Callable[[], Network]
    stores: Callable[[], Awaitable[Stores]]
    status: Callable[[], Mapping[str, str]] = dict
    ehlo_name: Callable[[], str] = str
    extras: Mapping[str, object] = field(default_factory=dict)
    memory: dict[str, object] = field(default_factory=dict)
