"""The handshake: what the answer to a ClientHello is taken for, however it comes in."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.net.dialer import TcpDialer
from bot.ports import HandshakeFailed
from bot.settings import Settings
from tests.support.authority import Authority
from tests.support.misbehaving import Peer, Server, server_context
from tests.support.probing import HOST, LOOPBACK, endpoint_at

Cut = Callable[[bytes], int]


class InPieces(threading.Thread):
    """A TLS server whose answer comes in two pieces, the second when the client has read the first.

    Attributes:
        sent: The first piece is on its way.
        looked: The client has read it.
    """

    def __init__(self, context: ssl.SSLContext, cut: Cut) -> None:
        super().__init__(daemon=True)
        self._context = context
        self._cut = cut
        self.sent, self.looked = threading.Event(), threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    def run(self) -> None:
        peer, _ = self.listener.accept()
        with self.listener, peer, suppress(OSError, ssl.SSLError):
            coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = self._context.wrap_bio(coming, going, server_side=True)
            while True:
                try:
                    tls.do_handshake()
                except ssl.SSLWantReadError:
                    self._send(peer, going.read())
                    coming.write(peer.recv(65536))
                else:
                    peer.recv(1)
                    return

    def _send(self, peer: socket.socket, answer: bytes) -> None:
        if answer:
            at = self._cut(answer)
            peer.sendall(answer[:at])
            self.sent.set()
            self.looked.wait(10)
            peer.sendall(answer[at:])


def after_server_hello(answer: bytes, more: int = 0) -> int:
    return 5 + int.from_bytes(answer[3:5], "big") + more


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(lambda _: 3, id="within the first header"),
        pytest.param(lambda _: 40, id="within the ServerHello"),
        pytest.param(after_server_hello, id="after the ServerHello"),
        pytest.param(lambda answer: after_server_hello(answer, 6 + 3), id="within a later header"),
        pytest.param(lambda answer: after_server_hello(answer, 6 + 5 + 7), id="within a later record"),
    ],
)
async def test_an_answer_in_pieces_is_tls_when_this_process_is_slow(cut: Cut, tmp_path: Path) -> None:
    """The processor is taken away between our ClientHello and OpenSSL's first look at the answer."""
    server = InPieces(server_context(Authority().issue(HOST), tmp_path), cut)

    class Slow(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            try:
                super().do_handshake(block)
            except ssl.SSLWantReadError:
                if server.looked.is_set():
                    raise
                assert server.sent.wait(10)
                try:
                    super().do_handshake(block)
                finally:
                    server.looked.set()

    dialer = dialer_for(server.port)
    dialer.modern.sslsocket_class = Slow
    server.start()
    connection = await dialer.dial(endpoint_at(server.port))
    facts = await connection.start_tls(HOST)
    assert (facts.version, len(facts.chain)) == ("TLSv1.3", 1)
    await connection.close()
    server.join(10)


async def no_tls(answer: bytes) -> str:
    """The reason that is given when this is the answer to a ClientHello."""

    async def answers(peer: Peer) -> None:
        await peer.reader.read(10)
        await peer.send(answer)

    async with Server(answers) as server:
        connection = await dialer_for(server.port).dial(endpoint_at(server.port))
        with pytest.raises(HandshakeFailed) as failed:
            await connection.start_tls(HOST)
        await connection.close()
    return failed.value.reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(b"220 mx.example.test ESMTP\r\n", "PLAIN_TEXT", id="SMTP"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", "PLAIN_TEXT", id="HTTP"),
        pytest.param(b"no\r\n", "PLAIN_TEXT", id="a text shorter than a header"),
        pytest.param(b"\xff\xfe\xfd\xfc\xfb\xfa", "WRONG_VERSION_NUMBER", id="no text"),
        pytest.param(b"\x16\x03\x03\x00\x7a\x02\x00", "UNEXPECTED_EOF", id="the beginning of a ServerHello"),
        pytest.param(b"\x15\x03\x03\x00\x02\x02\x50", "TLSV1_ALERT_INTERNAL_ERROR", id="an alert"),
        pytest.param(b"", "HUNG_UP", id="nothing"),
    ],
)
async def test_what_is_no_tls_is_named(answer: bytes, reason: str) -> None:
    assert await no_tls(answer) == reason


def dialer_for(port: int) -> TcpDialer:
    return TcpDialer(Settings(allowed_networks=LOOPBACK, extra_ports=frozenset({port})))
