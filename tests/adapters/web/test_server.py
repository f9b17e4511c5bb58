"""The web server over real HTTP: health, metrics, the page, and who may ask what under which name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from adapters.web.server import WebParts, WebServer, is_open_to_others
from bot.commands.rate import Limiter
from bot.errors import TargetRefused, Unavailable
from bot.model.value import replace
from bot.model.verdict import CheckResult
from bot.settings import Settings
from tests.bot.cards.test_verdict import result_of
from tests.support.core import make_test_tools
from tests.support.hostile import HOSTILE
from tests.support.misbehaving import Peer, Server
from tests.support.outcomes import bare, certificate, closed, good
from tests.support.probing import LOOPBACK, network_for

WORDS: dict[str, str] = {}
RESULTS: dict[str, CheckResult] = {
    "good": result_of(good(25, certificate=certificate(days=60)), good(465)),
    "bad": result_of(good(465, certificate=certificate("expired", days=-3)), closed(110)),
    "unknown": result_of(bare(25, state="filtered")),
}


async def _ready() -> Mapping[str, str]:
    return {"database": "ok", "slack": "off", **WORDS}


async def _check(text: str) -> CheckResult:
    if text in RESULTS:
        return RESULTS[text]
    if text == "broken":
        raise Unavailable("database-unavailable", why="locked")
    raise TargetRefused("target-forbidden", target=text, why="loopback")


def server_for(settings: Settings, *, per_person: int = 1000) -> WebServer:
    tools = make_test_tools(settings)
    network = network_for(settings.extra_ports)
    tools = replace(tools, status=dict, network=lambda: network, ehlo_name=lambda: "test.example")
    limiter = Limiter(per_person=per_person, per_channel=1000, per_workspace=1000)
    return WebServer(tools, limiter, WebParts(ready=_ready, metrics=lambda: b"mailport_x 1\n", check=_check))


@pytest.fixture
async def base() -> AsyncIterator[str]:
    WORDS.clear()
    server = server_for(Settings(http_port=0))
    yield await server.start()
    await server.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


async def test_health_and_readiness(base: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{base}/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok\n")
    async with session.get(f"{base}/readyz") as answer:
        assert (answer.status, (await answer.json())["ready"]) == (200, True)
    WORDS["slack"] = "invalid_auth"
    async with session.get(f"{base}/readyz") as answer:
        assert (answer.status, (await answer.json())["parts"]["slack"]) == (503, "invalid_auth")
    async with session.get(f"{base}/healthz") as answer:
        assert answer.status == 200


async def test_metrics_are_prometheus_text(base: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{base}/metrics") as answer:
        assert (answer.status, await answer.text()) == (200, "mailport_x 1\n")
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize(
    ("target", "lines"),
    [
        pytest.param(
            "good",
            ["probe_success 1", "mailport_probe_success 1", 'mailport_probe_verdict{verdict="pass"} 1',
             "probe_ip_protocol 4", 'probe_tls_version_info{version="TLS 1.3"} 1'],
            id="a good server",
        ),
        pytest.param(
            "bad",
            ["probe_success 0", "mailport_probe_success 0", 'mailport_probe_verdict{verdict="fail"} 1',
             'mailport_probe_finding{id="cert-expired",severity="critical",subject="mx.example.com:465"} 1'],
            id="an expired certificate",
        ),
        pytest.param(
            "unknown",
            ["probe_success 0", "mailport_probe_success -1", 'mailport_probe_verdict{verdict="unknown"} 1'],
            id="could not tell: no success, and no failure either",
        ),
    ],
)  # fmt: skip
async def test_a_probe_has_the_names_of_exporters(
    target: str, lines: list[str], base: str, session: aiohttp.ClientSession
) -> None:
    from prometheus_client.parser import text_string_to_metric_families as parse

    async with session.get(f"{base}/probe", params={"target": target}) as answer:
        assert answer.status == 200
        text = await answer.text()
    for line in lines:
        assert line in text.splitlines()
    families = {family.name: family for family in parse(text)}
    assert families["probe_duration_seconds"].samples[0].value == pytest.approx(0.8124)
    ends = {sample.value for sample in _samples(families, "mailport_probe_certificate_not_after")}
    earliest = {sample.value for sample in _samples(families, "probe_ssl_earliest_cert_expiry")}
    assert earliest == ({min(ends)} if ends else set())


def _samples(families: Mapping[str, Any], name: str) -> list[Any]:
    return list(families[name].samples) if name in families else []


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        pytest.param({"target": "127.0.0.1"}, 400, "target-forbidden: ", id="a refused target"),
        pytest.param({}, 400, "target-forbidden: ", id="no target"),
        pytest.param(
            {"target": "broken"}, 503, "database-unavailable: ", id="something of ours does not work"
        ),
    ],
)
async def test_what_cannot_be_probed_is_one_line(
    query: dict[str, str], status: int, said: str, base: str, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{base}/probe", params=query) as answer:
        text = await answer.text()
    assert (answer.status, text.startswith(said), text.count("\n")) == (status, True, 1)


async def test_probes_have_a_limit(session: aiohttp.ClientSession) -> None:
    server = server_for(Settings(http_port=0, rate_per_workspace=2))
    base = await server.start()
    statuses = []
    for _ in range(3):
        async with session.get(f"{base}/probe", params={"target": "good"}) as answer:
            statuses.append(answer.status)
    await server.stop()
    assert statuses == [200, 200, 429]
    assert int(answer.headers["Retry-After"]) > 0


async def test_the_page_works_without_script(base: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{base}/try", params={"lang": "es"}) as answer:
        page = await answer.text()
        assert '<html lang="es"' in page
        assert "¿Qué puerto debo usar?" in page
    async with session.post(f"{base}/try", data={"text": "help check"}) as answer:
        assert "check example.com" in await answer.text()
    async with session.post(f"{base}/try", data={"press": "help check", "text": "status"}) as answer:
        assert "check example.com" in await answer.text()


async def test_every_answer_has_the_headers_that_keep_it_in_its_place(
    base: str, session: aiohttp.ClientSession
) -> None:
    paths = ("/", "/try", "/healthz", "/nowhere", "/static/mailport.js", "/probe?target=x")
    for path in paths:
        async with session.get(f"{base}{path}") as answer:
            headers = answer.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    async with session.post(f"{base}/try/stream", data={"text": "status"}) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_answers_stream_as_events(base: str, session: aiohttp.ClientSession) -> None:
    async with session.post(f"{base}/try/stream", data={"text": "which port should I use?"}) as answer:
        assert answer.content_type == "text/event-stream"
        text = await answer.text()
    assert text.startswith("event: answer\ndata: <article")
    assert "465" in text


async def test_the_language_of_the_page_is_the_language_of_its_answers(
    base: str, session: aiohttp.ClientSession
) -> None:
    async with session.post(f"{base}/try?lang=es", data={"text": "check 127.0.0.1"}) as answer:
        assert "no es una dirección pública" in await answer.text()
    async with session.post(
        f"{base}/try", data={"text": "status"}, headers={"Accept-Language": "es-MX"}
    ) as answer:
        assert "Mailport está bien" in await answer.text()
    async with session.post(f"{base}/try?lang=es", data={"text": "which port should I use?"}) as answer:
        assert "RFC 8314 prefers 465" in await answer.text()


FOREIGN = [
    pytest.param({"Host": "evil.example"}, 421, id="a foreign host name: DNS rebinding"),
    pytest.param({"Host": "localhost.evil.example"}, 421, id="a foreign name that begins like ours"),
    pytest.param({"Host": "127.0.0.1.evil.example"}, 421, id="a foreign name that begins like an address"),
    pytest.param({"Origin": "https://evil.example"}, 403, id="a foreign origin"),
    pytest.param({"Origin": "null"}, 403, id="an origin that hides itself"),
    pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="a cross-site request"),
    pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="another port of this machine"),
]


@pytest.mark.parametrize(("headers", "status"), FOREIGN)
async def test_other_sites_cannot_ask(
    base: str, session: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    for path in ("/try", "/try/stream"):
        async with session.post(f"{base}{path}", data={"text": "help"}, headers=headers) as answer:
            assert answer.status == status
    async with session.get(f"{base}/probe", params={"target": "good"}, headers=headers) as answer:
        assert answer.status == status


@pytest.mark.parametrize("path", ["/", "/try", "/readyz", "/metrics"])
async def test_a_rebound_name_sees_nothing(base: str, session: aiohttp.ClientSession, path: str) -> None:
    async with session.get(f"{base}{path}", headers={"Host": "evil.example:8025"}) as answer:
        assert answer.status == 421
    async with session.get(f"{base}/healthz", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        pytest.param({}, {}, 200, id="from this machine"),
        pytest.param({}, {"Host": "localhost:8025"}, 200, id="as localhost"),
        pytest.param({}, {"Host": "[::1]:8025"}, 200, id="as ::1"),
        pytest.param({}, {"Host": "192.0.2.7"}, 403, id="under a public address, as a proxy would"),
        pytest.param({}, {"X-Forwarded-For": "198.51.100.7"}, 403, id="through a proxy"),
        pytest.param({"try_page": "on"}, {"Host": "192.0.2.7"}, 200, id="opened: any address"),
        pytest.param({"try_page": "on"}, {"Host": "mail.example.org"}, 421, id="opened: but no foreign name"),
        pytest.param(
            {"try_page": "on", "public_url": "https://mail.example.org"},
            {
                "Host": "mail.example.org",
                "Origin": "https://mail.example.org",
                "X-Forwarded-For": "198.51.100.7",
            },
            200,
            id="opened under its public name, behind a proxy",
        ),
        pytest.param({"try_page": "off"}, {}, 404, id="switched off"),
    ],
)
async def test_who_may_see_the_page(
    settings: dict[str, Any], headers: dict[str, str], status: int, session: aiohttp.ClientSession
) -> None:
    server = server_for(Settings(http_port=0, **settings))
    base = await server.start()
    async with session.get(f"{base}/try", headers={**headers, "Accept": "text/html"}) as answer:
        page = await answer.text()
        assert answer.status == status
    async with session.post(f"{base}/try", headers=headers, data={"text": "help"}) as answer:
        assert answer.status == status
    await server.stop()
    assert status == 200 or "MAILPORT_" in page  # a refusal says what would open it


async def test_a_proxys_visitors_are_counted_apart(session: aiohttp.ClientSession) -> None:
    server = server_for(Settings(http_port=0, try_page="on"), per_person=2)
    base = await server.start()
    refused = {}
    for visitor in ("198.51.100.1", "198.51.100.2"):
        for _ in range(3):
            headers = {"X-Forwarded-For": f"10.0.0.1, {visitor}"}
            async with session.post(f"{base}/try", data={"text": "status"}, headers=headers) as answer:
                refused[visitor] = "Please wait" in await answer.text()
        assert refused[visitor]
    await server.stop()


async def test_too_many_questions_are_refused_kindly(session: aiohttp.ClientSession) -> None:
    server = server_for(Settings(http_port=0), per_person=5)
    base = await server.start()
    for number in range(6):
        async with session.post(f"{base}/try", data={"text": "help check"}) as answer:
            page = await answer.text()
        assert ("Please wait" in page) == (number == 5)
    await server.stop()


@pytest.mark.parametrize(
    ("send", "status"),
    [
        pytest.param({"data": {"text": "x" * 700_000}}, 413, id="a huge form"),
        pytest.param({"json": {"text": "help"}}, 415, id="no form"),
        pytest.param(
            {"data": aiohttp.FormData({"text": "help"}, default_to_multipart=True)}, 415, id="files"
        ),
        pytest.param({"data": {"other": "field"}}, 200, id="nothing asked"),
    ],
)
async def test_what_bodies_are_read(
    send: dict[str, Any], status: int, base: str, session: aiohttp.ClientSession
) -> None:
    async with session.post(f"{base}/try", **send) as answer:
        assert answer.status == status


async def test_what_was_typed_is_never_markup(base: str, session: aiohttp.ClientSession) -> None:
    for text in (
        "<script>alert(1)</script> \u202e port",
        "\ud800",
        "\0",
        "\x1b[2J",
        "x" * 40_000,
        "\n" * 400,
    ):
        encoded = text.encode("utf-8", "surrogatepass")
        async with session.post(
            f"{base}/try",
            data=b"text=" + b"".join(b"%%%02x" % byte for byte in encoded),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ) as answer:
            page = await answer.text()
            assert answer.status == 200
        assert "<script>alert" not in page
        assert not set("\x1b\0\u202e") & set(page)


async def test_a_hundred_hostile_questions_do_no_harm(
    base: str, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    for text in HOSTILE:
        for path in ("/try", "/try/stream"):
            body = urlencode({"text": text}, errors="replace").encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            async with session.post(f"{base}{path}", data=body, headers=headers) as answer:
                page = await answer.text()
            assert answer.status == 200
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert 'href="javascript:' not in page
            assert not set("\x1b\0\x07\u202e\u2066") & set(page)
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


async def test_the_page_changes_nothing(base: str, session: aiohttp.ClientSession) -> None:
    for text in ("settings language es", "watch add example.com", "report add every day at 09:00"):
        async with session.post(f"{base}/try", data={"text": text}) as answer:
            assert "does not do" in await answer.text()
    async with session.post(f"{base}/try", data={"text": "help"}) as answer:
        assert "settings" not in await answer.text()
    async with session.post(f"{base}/try", data={"text": "wach add example.com"}) as answer:
        assert "Do that" not in await answer.text()  # no button for what the page would refuse


async def test_visitors_are_kept_apart_and_nothing_is_kept(base: str) -> None:
    visits, pages = [], []
    for question in ("check 10.0.0.1", ""):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:
            async with visitor.get(f"{base}/try") as answer:
                cookie = answer.cookies["mailport_visit"]
                assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
                visits.append(cookie.value)
            if question:
                await (await visitor.post(f"{base}/try", data={"text": question})).release()
            async with visitor.get(f"{base}/try") as answer:
                pages.append(await answer.text())
    assert visits[0] != visits[1]
    assert all("10.0.0.1" not in page for page in pages)


async def test_a_visitor_who_leaves_takes_the_probe_along(caplog: pytest.LogCaptureFixture) -> None:
    come, gone = asyncio.Event(), asyncio.Event()

    async def mute(peer: Peer) -> None:
        come.set()
        await peer.line()
        gone.set()

    async with Server(mute) as mail:
        server = server_for(
            Settings(http_port=0, allowed_networks=LOOPBACK, extra_ports=frozenset({mail.port}))
        )
        base = await server.start()
        with caplog.at_level(logging.INFO):
            async with aiohttp.ClientSession() as visitor:
                answer = await visitor.post(
                    f"{base}/try/stream", data={"text": f"check 127.0.0.1:{mail.port}"}
                )
                await come.wait()
                answer.close()
            async with asyncio.timeout(20):
                await gone.wait()
        await server.stop()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_a_taken_port_is_one_clear_line(base: str) -> None:
    port = int(base.rsplit(":", 1)[1])
    with pytest.raises(Unavailable) as caught:
        await server_for(Settings(http_port=port)).start()
    assert caught.value.details == {"address": f"127.0.0.1:{port}", "why": "Address already in use"}


async def test_the_status_page_says_how_to_turn_things_on(base: str, session: aiohttp.ClientSession) -> None:
    WORDS["discord"] = "4004 <b>bad token</b>"
    async with session.get(f"{base}/", params={"lang": "es"}) as answer:
        page = await answer.text()
    assert "SLACK_BOT_TOKEN" in page
    assert "4004 &lt;b&gt;bad token&lt;/b&gt;" in page
    assert "Una parte de Mailport no funciona" in page or "tone-bad" in page


@pytest.mark.parametrize(
    ("host", "others"),
    [
        ("127.0.0.1", False), ("127.1.2.3", False), ("::1", False), ("localhost", False),
        ("0.0.0.0", True), ("::", True), ("192.0.2.1", True), ("mail.example.org", True),
    ],
)  # fmt: skip
def test_which_addresses_other_machines_reach(host: str, others: bool) -> None:
    assert is_open_to_others(host) is others


async def test_what_is_no_http_is_one_line_in_the_log(base: str, caplog: pytest.LogCaptureFixture) -> None:
    host, port = base.removeprefix("http://").split(":")
    for said in (b"\x16\x03\x01\x00 hello", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(said + b"\r\n\r\n")
        assert b" 400 " in await asyncio.wait_for(reader.readline(), 5.0)
        writer.close()
        await writer.wait_closed()
    assert "is no HTTP" in caplog.text
    assert "Traceback" not in caplog.text
