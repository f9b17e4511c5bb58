"""TCP and TLS with the kernel's own sockets: no buffer between the server and the conversation.

asyncio's `start_tls` keeps bytes that came in clear and hands them over as if they had come through
TLS. Here OpenSSL reads the socket itself, and the waiting bytes are looked at first. Verification
is off: judging comes later, offline, so that one connection shows every fault.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Any, Literal

from adapters.net.guard import check_address, check_port
from bot.model.outcome import Endpoint
from bot.ports import HandshakeFailed, TlsFacts
from bot.settings import Settings

CHUNK = 16 * 1024
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
# Routed like any other address (RFC 5737, RFC 3849), and nothing is sent to them.
_SOMEWHERE = {4: ("192.0.2.1", 9), 6: ("2001:db8::1", 9)}
# What a record may begin with: ChangeCipherSpec, Alert, Handshake, data (RFC 8446 section 5.1).
_RECORDS = (b"\x14", b"\x15", b"\x16", b"\x17")
_HEADER = 5
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class TcpDialer:
    """Opens connections from this machine.

    The two TLS contexts are built on first use and kept: one as modern clients have it, one that also
    speaks TLS 1.0 with weak keys. Neither loads a CA bundle.
    """

    def __init__(self, settings: Settings) -> None:
        self._allowed = settings.allowed_networks
        self._extra_ports = settings.extra_ports

    @cached_property
    def modern(self) -> ssl.SSLContext:
        """TLS 1.2 and 1.3."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    @cached_property
    def lenient(self) -> ssl.SSLContext:
        """Whatever OpenSSL still has."""
        import warnings

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.options |= 0x4  # SSL_OP_LEGACY_SERVER_CONNECT, without a name before Python 3.12
        return context

    async def dial(self, endpoint: Endpoint) -> TcpConnection:
        """Connect to the endpoint's address and port, after checking both once more.

        Raises:
            OSError: See `Dialer`.
            TargetRefused: The address or the port may not be probed.
        """
        check_address(endpoint.address, self._allowed)
        check_port(endpoint.port, self._extra_ports)
        connection = socket.socket(_FAMILIES[endpoint.family], socket.SOCK_STREAM)
        try:
            connection.setblocking(False)  # noqa: FBT003  # the standard library's own signature
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(connection, (endpoint.address, endpoint.port))
        except BaseException:
            connection.close()
            raise
        return TcpConnection(connection, self)

    def has_route(self, family: Literal[4, 6]) -> bool:
        """Whether the kernel knows a way to the world for that family; no packet is sent."""
        try:
            with socket.socket(_FAMILIES[family], socket.SOCK_DGRAM) as trial:
                trial.connect(_SOMEWHERE[family])
        except OSError:
            return False
        return True


class TcpConnection:
    """One TCP connection, in clear or under TLS."""

    __slots__ = ("_acknowledge", "_dialer", "_fd", "_socket")

    def __init__(self, connected: socket.socket, dialer: TcpDialer) -> None:
        self._socket: socket.socket | ssl.SSLSocket | None = connected
        self._dialer = dialer
        self._fd = connected.fileno()
        self._acknowledge = False

    async def read(self) -> bytes:
        """The next bytes, b"" at the end.

        Raises:
            ConnectionError: It broke.
        """
        while True:
            open_socket = self._open()
            try:
                return open_socket.recv(CHUNK)
            except (BlockingIOError, ssl.SSLWantReadError):
                await self._readable()
            except ssl.SSLWantWriteError:
                await self._writable()
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return b""
            except ssl.SSLError as problem:
                raise ConnectionError(problem.reason or "TLS") from None

    async def write(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            ConnectionError: It broke.
        """
        rest = memoryview(data)
        while rest:
            open_socket = self._open()
            try:
                rest = rest[open_socket.send(rest) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                await self._writable()
            except ssl.SSLWantReadError:
                await self._readable()
            except ssl.SSLError as problem:
                raise ConnectionError(problem.reason or "TLS") from None
        if self._acknowledge:
            self._acknowledge = False
            self._acknowledge_now()

    async def start_tls(self, server_name: str | None, *, old: bool = False) -> TlsFacts:
        """Do the handshake.

        Raises:
            HandshakeFailed: With OpenSSL's reason, or PLAIN_TEXT; HUNG_UP or RESET without any answer.
            BufferError: Bytes were waiting in clear.
        """
        if self._peek():
            raise BufferError
        context = self._dialer.lenient if old else self._dialer.modern
        try:
            secured = context.wrap_socket(
                self._open(), server_hostname=server_name, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as problem:
            raise HandshakeFailed(_reason(problem)) from None
        self._socket = secured
        await self._handshake(secured)
        # Postfix and nginx hold the answer to our EHLO back until their session tickets are
        # acknowledged (Nagle), and this kernel would delay that by 40 ms.
        self._acknowledge_now()
        self._acknowledge = True
        cipher = secured.cipher()
        return TlsFacts(secured.version() or "", cipher[0] if cipher else "", _chain(secured))

    async def _handshake(self, secured: ssl.SSLSocket) -> None:
        heard = b""
        while True:
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                await self._readable()
            except ssl.SSLWantWriteError:
                await self._writable()
                continue
            except (OSError, ValueError) as problem:
                raise HandshakeFailed(_failure(problem, heard)) from None
            else:
                return
            # A hint in case that it fails, and no more than that: when this process was slow, OpenSSL has
            # read the beginning of the answer already, and these bytes are from the middle of it.
            heard = heard or self._peek()

    async def close(self) -> None:
        """Close, with a close_notify under TLS; never raises, never waits."""
        closing, self._socket = self._socket, None
        if closing is None:
            return
        if isinstance(closing, ssl.SSLSocket):
            with suppress(OSError, ValueError):
                closing.unwrap()
        with suppress(OSError):
            closing.close()

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionAbortedError
        return self._socket

    def _peek(self) -> bytes:
        """Bytes that wait in the kernel, left there."""
        try:
            return socket.socket.recv(self._open(), 16, socket.MSG_PEEK)
        except OSError:
            return b""

    def _acknowledge_now(self) -> None:
        if _QUICKACK is not None:
            with suppress(OSError):
                self._open().setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        await _ready(self._fd, loop.add_reader, loop.remove_reader, loop.create_future())

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        await _ready(self._fd, loop.add_writer, loop.remove_writer, loop.create_future())


async def _ready(
    fd: int, add: Callable[..., Any], remove: Callable[[int], Any], ready: asyncio.Future[None]
) -> None:
    add(fd, _wake, ready)
    try:
        await ready
    finally:
        remove(fd)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _failure(problem: Exception, heard: bytes) -> str:
    """Why the handshake failed; `heard` are the first bytes that were seen of the answer."""
    reason = _reason(problem)
    if reason == "UNEXPECTED_EOF" and not heard:
        return "HUNG_UP"
    # OpenSSL says "wrong version number" once it has a header; a shorter text ends before that.
    no_record = reason == "WRONG_VERSION_NUMBER" or (reason == "UNEXPECTED_EOF" and len(heard) < _HEADER)
    text = heard.isascii() and not heard.startswith(_RECORDS)
    return "PLAIN_TEXT" if heard and no_record and text else reason


def _reason(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLEOFError):
        return "UNEXPECTED_EOF"
    if isinstance(problem, ssl.SSLError):
        return problem.reason or type(problem).__name__
    if isinstance(problem, ConnectionError):
        return "RESET"
    return type(problem).__name__


def _chain(secured: ssl.SSLSocket) -> tuple[bytes, ...]:
    """The certificates as sent, DER."""
    public = getattr(secured, "get_unverified_chain", None)
    if public is not None:  # Python 3.13
        return tuple(public())
    import _ssl  # private before Python 3.13, and the only way there

    shown = secured._sslobj.get_unverified_chain() or ()  # type: ignore[attr-defined]
    return tuple(certificate.public_bytes(_ssl.ENCODING_DER) for certificate in shown)
