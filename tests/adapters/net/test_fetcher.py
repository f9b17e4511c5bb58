"""The fetcher against web servers that redirect, flood, dribble, lie about names and point inwards."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from adapters.net.fetcher import HttpsFetcher
from bot.ports import Addresses
from bot.settings import Settings
from tests.support.authority import Authority, Issued, self_signed
from tests.support.misbehaving import server_context
from tests.support.zone_table import Records, ZoneTable

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
HERE: Records = {"A": ["127.0.0.1"]}
Answer = Callable[[str], bytes]
AUTHORITY = Authority("Fetch Root")


def page(body: bytes = b"hello", status: str = "200 OK", extra: str = "") -> bytes:
    """One HTTP reply."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@asynccontextmanager
async def web(answer: Answer | None, context: ssl.SSLContext | None) -> AsyncIterator[int]:
    """A web server; gives its port. `answer` gets the path; None never answers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            if answer is None:
                await asyncio.sleep(30)
            else:
                writer.write(answer(head.split(b" ")[1].decode()))
                await writer.drain()
        writer.close()

    tasks: set[asyncio.Task[None]] = set()

    def began(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(began, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


@pytest.fixture
def trusted(tmp_path: Path) -> ssl.SSLContext:
    return server_context(AUTHORITY.issue("good.test", "other.test"), tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    root = AUTHORITY.write_root(tmp_path / "root.pem")
    return Settings(ca_file=str(root), allowed_networks=LOOPBACK)


def fetcher(settings: Settings, table: dict[str, Records] | None = None) -> HttpsFetcher:
    zones = {"good.test": HERE, "other.test": HERE, "inside.test": {"A": ["10.0.0.1"]}} | (table or {})
    return HttpsFetcher(settings, ZoneTable(zones, allowed=settings.allowed_networks))


async def test_a_document_comes_whole(settings: Settings, trusted: ssl.SSLContext) -> None:
    async with web(lambda path: page(path.encode()), trusted) as port:
        got = await fetcher(settings).fetch(f"https://good.test:{port}/x")
    assert (got.status, got.http_status, got.body, got.content_type) == ("ok", 200, b"/x", "text/plain")


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        pytest.param(page(status="404 Not Found"), "not-found", id="404"),
        pytest.param(page(status="410 Gone"), "not-found", id="410"),
        pytest.param(page(status="500 Oops"), "http-error", id="500"),
        pytest.param(page(status="301 Moved", extra="Location: /y\r\n"), "redirect", id="a redirect"),
        pytest.param(page(b"x" * 2000), "too-large", id="a body over the limit"),
        pytest.param(page(b"x", extra="Content-Encoding: gzip\r\n"), "broken", id="packed unasked"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000, "broken", id="headers without end"),
        pytest.param(b"\x00\x01 rubbish\r\n\r\n", "broken", id="no HTTP"),
        pytest.param(b"", "broken", id="hung up"),
    ],
)
async def test_what_a_server_may_answer(
    reply: bytes, status: str, settings: Settings, trusted: ssl.SSLContext
) -> None:
    async with web(lambda _: reply, trusted) as port:
        got = await fetcher(settings).fetch(f"https://good.test:{port}/", limit=1000)
    assert got.status == status


async def test_a_body_without_length_is_limited_too(settings: Settings, trusted: ssl.SSLContext) -> None:
    async with web(lambda _: b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000, trusted) as port:
        got = await fetcher(settings).fetch(f"https://good.test:{port}/", limit=1000)
    assert (got.status, got.body) == ("too-large", b"")


async def test_silence_is_a_time_out(settings: Settings, trusted: ssl.SSLContext) -> None:
    async with web(None, trusted) as port:
        got = await fetcher(settings).fetch(f"https://good.test:{port}/", deadline_s=0.3)
    assert got.status == "timeout"


@pytest.mark.parametrize(
    "issued",
    [
        pytest.param(lambda: self_signed("good.test"), id="self-signed"),
        pytest.param(lambda: AUTHORITY.issue("else.test"), id="for another name"),
        pytest.param(lambda: AUTHORITY.issue(common_name="good.test"), id="the name only as common name"),
        pytest.param(lambda: AUTHORITY.issue("good.test", days=-1), id="expired"),
    ],
)
async def test_a_certificate_that_does_not_hold(
    issued: Callable[[], Issued], settings: Settings, tmp_path: Path
) -> None:
    async with web(lambda _: page(), server_context(issued(), tmp_path / "bad")) as port:
        got = await fetcher(settings).fetch(f"https://good.test:{port}/")
    assert got.status == "tls"
    assert got.detail


async def test_redirects_are_followed_as_often_as_allowed(
    settings: Settings, trusted: ssl.SSLContext
) -> None:
    def answer(path: str) -> bytes:
        if path == "/end":
            return page(b"here")
        where = "/end" if path == "/2" else "/2"
        return page(status="302 Found", extra=f"Location: {where}\r\n")

    async with web(answer, trusted) as port:
        enough = await fetcher(settings).fetch(f"https://good.test:{port}/1", redirects=2)
        too_few = await fetcher(settings).fetch(f"https://good.test:{port}/1", redirects=1)
    assert (enough.status, enough.body) == ("ok", b"here")
    assert too_few.status == "redirect"


@pytest.mark.parametrize(
    ("location", "status"),
    [
        pytest.param("https://inside.test/", "forbidden", id="to a private address"),
        pytest.param("https://169.254.169.254/latest/", "forbidden", id="to the cloud's metadata"),
        pytest.param("https://[::ffff:10.0.0.1]/", "forbidden", id="to a private address in IPv6 dress"),
        pytest.param("http://good.test/", "broken", id="to plain http"),
        pytest.param("file:///etc/passwd", "broken", id="to a file"),
        pytest.param("https://user:pass@good.test/", "broken", id="with a password in it"),
        pytest.param("https://0x7f000001/", "dns", id="to a number in disguise: no such name"),
    ],
)
async def test_a_redirect_is_judged_like_the_first_address(
    location: str, status: str, settings: Settings, trusted: ssl.SSLContext
) -> None:
    reply = page(status="302 Found", extra=f"Location: {location}\r\n")
    async with web(lambda _: reply, trusted) as port:
        got = await fetcher(settings).fetch(f"https://good.test:{port}/", redirects=3)
    assert got.status == status


class Rebinding(ZoneTable):
    """A name that is harmless when judged and inside when asked again."""

    async def addresses(self, name: str, *, lifetime: float | None = None) -> Addresses:
        self._table["good.test"] = HERE if not self.asked else {"A": ["10.0.0.1"]}
        return await super().addresses(name, lifetime=lifetime)


async def test_a_name_is_resolved_once_and_the_judged_address_is_used(
    settings: Settings, trusted: ssl.SSLContext
) -> None:
    resolver = Rebinding({"good.test": HERE}, allowed=LOOPBACK)
    async with web(lambda _: page(), trusted) as port:
        got = await HttpsFetcher(settings, resolver).fetch(f"https://good.test:{port}/")
    assert got.status == "ok"
    assert resolver.asked == [("good.test", "A"), ("good.test", "AAAA")]


@pytest.mark.parametrize(
    ("records", "status", "detail"),
    [
        pytest.param({"A": ["127.0.0.1"]}, "forbidden", "127.0.0.1 (loopback)", id="this machine"),
        pytest.param({"status": "timeout"}, "dns", "timeout", id="a silent DNS"),
        pytest.param({"status": "servfail"}, "dns", "servfail", id="a failing DNS"),
        pytest.param({"TXT": ["x"]}, "dns", "nodata", id="no address"),
    ],
)
async def test_where_there_is_nothing_to_connect_to(records: Records, status: str, detail: str) -> None:
    got = await fetcher(Settings(), {"good.test": records}).fetch("https://good.test/")
    assert (got.status, got.detail) == (status, detail)


async def test_an_unknown_name_is_told_as_such() -> None:
    got = await fetcher(Settings()).fetch("https://absent.test/")
    assert (got.status, got.detail) == ("dns", "nxdomain")


async def test_a_closed_port_is_refused(settings: Settings) -> None:
    async with web(lambda _: page(), None) as port:
        pass
    assert (await fetcher(settings).fetch(f"https://good.test:{port}/")).status == "refused"


async def test_plain_http_only_where_asked(settings: Settings) -> None:
    async with web(lambda _: page(b"plain"), None) as port:
        refused = await fetcher(settings).fetch(f"http://good.test:{port}/")
        allowed = await fetcher(settings).fetch(f"http://good.test:{port}/", plain_http=True)
    assert refused.status == "broken"
    assert (allowed.status, allowed.body) == ("ok", b"plain")


async def test_proxies_of_the_environment_are_ignored(
    settings: Settings, trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with web(lambda _: page(), trusted) as port:
        assert (await fetcher(settings).fetch(f"https://good.test:{port}/")).status == "ok"


async def test_a_missing_ca_file_is_told_and_does_not_raise(trusted: ssl.SSLContext) -> None:
    broken = Settings(ca_file="/nowhere.pem", allowed_networks=LOOPBACK)
    async with web(lambda _: page(), trusted) as port:
        got = await fetcher(broken).fetch(f"https://good.test:{port}/")
    assert (got.status, "MAILPORT_CA_FILE" in got.detail) == ("tls", True)
