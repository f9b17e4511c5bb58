"""Whole mail domains on loopback: signed DNS, mail hosts on port 25, policies over HTTPS on port 443.

Ports 25 and 443 are part of what is tested, so everything is bound to addresses of a network of its
own within 127.0.0.0/8; that needs the right to use low ports. Importable without pytest.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from adapters.net.clock import SystemClock
from adapters.net.dialer import TcpDialer
from adapters.net.fetcher import HttpsFetcher
from adapters.net.resolver import DnsResolver
from adapters.net.trust import PinnedTrust
from bot.ports import Network
from bot.settings import Settings
from tests.support.authority import Authority, Issued, self_signed
from tests.support.dns_lab import DnsLab, LabZone
from tests.support.loopback import own_network

Page = Literal["policy", "missing", "redirect", "huge", "slow", "html", "nonsense"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHost:
    """A mail host on port 25.

    Attributes:
        last: Last part of its address.
        issued: Its certificate; None for a host without STARTTLS.
    """

    name: str
    last: int
    issued: Issued | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySite:
    """What https://mta-sts.<domain>/.well-known/mta-sts.txt does."""

    domain: str
    page: Page = "policy"
    text: str = ""
    trusted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPage:
    """Any other document of the web server.

    Attributes:
        page: "policy" for the body as it is; the other words as for policies.
    """

    host: str
    path: str
    body: bytes = b""
    kind: str = "application/octet-stream"
    page: Page = "policy"
    trusted: bool = True


class MailLab:
    """The running lab.

    Attributes:
        web_address: Where all policies lie.
        connections: How many connections each mail host got.
    """

    def __init__(self, prefix: str | None = None, *, resolver: tuple[str, int] | None = None) -> None:
        self.prefix = prefix or own_network()
        self._resolver = resolver
        self.web_address = f"{self.prefix}.200"
        self.authority = Authority("Lab Root")
        self.connections: dict[str, int] = {}
        self.most_at_once = 0
        self._open = 0
        self._stack = AsyncExitStack()
        self._folder = Path()
        self._hosts: list[MailHost] = []
        self._sites: dict[str, PolicySite] = {}
        self._pages: dict[tuple[str, str], WebPage] = {}
        self._dropping: list[int] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.dns: DnsLab | None = None

    def address(self, last: int) -> str:
        """An address of the lab's network."""
        return f"{self.prefix}.{last}"

    def add_host(self, host: MailHost) -> MailHost:
        """Run a mail host."""
        self._hosts.append(host)
        return host

    def drop(self, last: int) -> str:
        """An address whose port 25 drops every connection: its queue is full and nobody takes from it."""
        self._dropping.append(last)
        return self.address(last)

    def add_site(self, site: PolicySite) -> None:
        """Serve a policy."""
        self._sites[f"mta-sts.{site.domain}"] = site

    def add_page(self, page: WebPage) -> None:
        """Serve a document; a query after the path does not count."""
        self._pages[page.host, page.path] = page

    @property
    def reverse_zone(self) -> str:
        """Name of the zone with the PTR records of the lab's network."""
        return ".".join(reversed(self.prefix.split("."))) + ".in-addr.arpa"

    def settings(self, *, trust_ad: bool = True, allowed: bool = True) -> Settings:
        """Settings of a Mailport that lives in the lab."""
        assert self.dns is not None
        ca_file = self.authority.write_root(self._folder / "root.pem")
        return Settings(
            dns_servers=(self.dns.resolver,),
            dns_trust_ad=trust_ad,
            ca_file=str(ca_file),
            allowed_networks=(ipaddress.ip_network(f"{self.prefix}.0/24"),) if allowed else (),
        )

    def network(self, settings: Settings | None = None) -> Network:
        """The real adapters."""
        chosen = settings or self.settings()
        resolver = DnsResolver(chosen)
        return Network(
            dialer=TcpDialer(chosen),
            resolver=resolver,
            fetcher=HttpsFetcher(chosen, resolver),
            trust=PinnedTrust(chosen.ca_file),
        )

    @property
    def clock(self) -> SystemClock:
        """The real time."""
        return SystemClock()

    async def start(self, zones: Sequence[LabZone]) -> None:
        """Start DNS, mail hosts and web server."""
        try:
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mailport-lab-"))
            self._folder = Path(folder)
            self.dns = self._stack.enter_context(DnsLab(zones, resolver=self._resolver))
            for host in self._hosts:
                await self._serve_mail(host)
            await self._serve_web()
            for last in self._dropping:
                self._fill_queue(self.address(last))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()
        await asyncio.sleep(0)

    async def __aenter__(self) -> MailLab:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _fill_queue(self, address: str) -> None:
        listener = self._stack.enter_context(socket.socket())
        listener.bind((address, 25))
        listener.listen(0)
        for _ in range(2):
            waiting = self._stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((address, 25))

    async def _serve_mail(self, host: MailHost) -> None:
        context = self._context(host.issued, host.name) if host.issued else None

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections[host.name] = self.connections.get(host.name, 0) + 1
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
            try:
                await _speak_smtp(host.name, reader, writer, context)
            finally:
                self._open -= 1

        await self._listen(talk, self.address(host.last), 25)

    async def _serve_web(self) -> None:
        trusted = {name: site.trusted for name, site in self._sites.items()}
        trusted |= {page.host: page.trusted for page in self._pages.values()}
        contexts = {name: self._web_context(name, trusted=word) for name, word in trusted.items()}
        outer = self._context(self.authority.issue("web.test"), "web.test")

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name in contexts:
                connection.context = contexts[name]

        outer.sni_callback = choose

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _speak_http(self._sites, self._pages, reader, writer)

        await self._listen(talk, self.web_address, 443, outer)

    def _web_context(self, name: str, *, trusted: bool) -> ssl.SSLContext:
        return self._context(self.authority.issue(name) if trusted else self_signed(name), name)

    def _context(self, issued: Issued, name: str) -> ssl.SSLContext:
        chain, key = issued.write(self._folder / name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        return context

    async def _listen(
        self,
        talk: object,
        address: str,
        port: int,
        context: ssl.SSLContext | None = None,
    ) -> None:
        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            with suppress(OSError, ssl.SSLError, EOFError, asyncio.CancelledError):
                await talk(reader, writer)  # type: ignore[operator]
            writer.close()
            self._tasks.discard(task)

        server = await asyncio.start_server(guarded, address, port, ssl=context)
        self._stack.callback(server.close)


async def _speak_smtp(
    name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext | None
) -> None:
    offers = [b"PIPELINING"] + ([b"STARTTLS"] if context else [])
    writer.write(b"220 %s ESMTP\r\n" % name.encode())
    while line := await reader.readline():
        verb = line.split()[0].upper() if line.split() else b""
        if verb == b"EHLO":
            writer.write(
                b"".join(b"250-%s\r\n" % word for word in (name.encode(), *offers)) + b"250 8BITMIME\r\n"
            )
        elif verb == b"STARTTLS" and context is not None:
            writer.write(b"220 go ahead\r\n")
            await writer.drain()
            await writer.start_tls(context)
            offers.remove(b"STARTTLS")
        elif verb == b"QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            writer.write(b"502 not here\r\n")
    await writer.drain()


async def _speak_http(
    sites: Mapping[str, PolicySite],
    pages: Mapping[tuple[str, str], WebPage],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    host = next(line[5:].strip() for line in head.split("\r\n") if line.lower().startswith("host:"))
    path = head.split(" ")[1].partition("?")[0]
    site = sites.get(host)
    if (page := pages.get((host, path))) is not None:
        await _serve_page(writer, host, page.page, page.body, page.kind)
    elif site is None or path != "/.well-known/mta-sts.txt":
        await _reply(writer, "404 Not Found", b"no")
    else:
        kind = "text/html" if site.page == "html" else "text/plain; charset=utf-8"
        await _serve_page(writer, host, site.page, site.text.encode(), kind)


async def _serve_page(writer: asyncio.StreamWriter, host: str, page: Page, body: bytes, kind: str) -> None:
    if page == "missing":
        await _reply(writer, "404 Not Found", b"no")
    elif page == "redirect":
        await _reply(writer, "301 Moved", b"", f"Location: https://{host}/elsewhere.txt\r\n")
    elif page == "slow":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        for _ in range(600):
            writer.write(b"#")
            await writer.drain()
            await asyncio.sleep(0.1)
    else:
        bodies = {"huge": b"version: STSv1\r\n" * 20_000, "nonsense": b"<no policy at all>"}
        await _reply(writer, "200 OK", bodies.get(page, body), f"Content-Type: {kind}\r\n")


async def _reply(writer: asyncio.StreamWriter, status: str, body: bytes, extra: str = "") -> None:
    head = f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


def policy_text(*hosts: str, mode: str = "enforce") -> str:
    """A policy file with CRLF, as the RFC writes it."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {host}" for host in hosts), "max_age: 604800"]
    return "\r\n".join(lines) + "\r\n"
