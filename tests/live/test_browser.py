"""The page in a real Chromium: keyboard, live progress, no script, phone, both languages, axe-core."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from adapters.net.clock import SystemClock
from adapters.web.pages import framed
from adapters.web.render import render_html
from adapters.web.server import WebParts, WebServer
from bot.commands.rate import Limiter
from bot.model.value import replace
from bot.model.verdict import CheckResult
from bot.settings import Settings
from tests.support.browser import accessibility_faults, chromium
from tests.support.cards import GALLERY, HOSTILE_TEXTS
from tests.support.core import make_test_tools
from tests.support.misbehaving import Peer, Server
from tests.support.probing import LOOPBACK, network_for

pytestmark = [pytest.mark.live, pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="module")]


@dataclasses.dataclass(frozen=True)
class Site:
    """A running web server, and a mail server that greets late."""

    base: str
    mail_port: int


async def _late(peer: Peer) -> None:
    """A server that lets its client wait for the greeting, then says goodbye to everything."""
    await asyncio.sleep(1.5)
    await peer.send(b"220 mx.example.test <b>ESMTP</b>\r\n")
    while await peer.line():
        await peer.send(b"250 mx.example.test\r\n")


async def _gallery(_: web.Request) -> web.Response:
    return framed("Gallery", f"<h1>Gallery</h1>{render_html(GALLERY)}", "en", path="/try", script=False)


async def _no_check(_: str) -> CheckResult:
    raise AssertionError("nobody asks for a probe here")


async def _ready() -> Mapping[str, str]:
    return {"database": "ok", "slack": "off", "discord": "4004 invalid token", "web": "ok"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site() -> AsyncIterator[Site]:
    async with Server(_late) as mail:
        settings = Settings(http_port=0, allowed_networks=LOOPBACK, extra_ports=frozenset({mail.port}))
        network = network_for([mail.port])
        tools = replace(
            make_test_tools(settings),
            clock=SystemClock(),
            network=lambda: network,
            ehlo_name=lambda: "probe.test",
        )
        limiter = Limiter(per_person=1000, per_channel=1000, per_workspace=1000)
        parts = WebParts(
            ready=_ready, metrics=lambda: b"", check=_no_check, routes=[web.get("/gallery", _gallery)]
        )
        server = WebServer(tools, limiter, parts)
        yield Site(await server.start(), mail.port)
        await server.stop()


@asynccontextmanager
async def opened(browser: Browser, address: str, **wishes: Any) -> AsyncIterator[Page]:
    """A page of a fresh profile; what the browser complains about makes the test fail."""
    context = await browser.new_context(**{"locale": "en-US", **wishes})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    await page.goto(address)
    try:
        yield page
    finally:
        await context.close()
    assert complaints == []


async def ask(page: Page, text: str) -> None:
    """Type and send by keyboard, and wait for the answer."""
    count = await page.locator("#log > div.asked").count()
    await page.get_by_role("textbox").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator("#log > div.asked")).to_have_count(count + 1)
    await expect(page.locator("#log > [aria-busy]")).to_have_count(0, timeout=20_000)


async def test_a_conversation_by_keyboard_alone(browser: Browser, site: Site) -> None:
    async with opened(browser, f"{site.base}/try") as page:
        await expect(page.get_by_role("textbox")).to_be_focused()
        await page.keyboard.type("which port should I use")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("to send mail?")
        assert await page.get_by_role("textbox").input_value() == "which port should I use\nto send mail?"
        await page.keyboard.press("Enter")
        answer = page.get_by_role("log").get_by_role("article").last
        await expect(answer).to_contain_text("465")
        await expect(page.get_by_role("status")).to_have_text("Answered.")
        await expect(page.get_by_role("textbox")).to_be_focused()
        await expect(page.get_by_role("textbox")).to_have_value("")
        # The follow-up buttons of the answer are the next stops going back, and work by keyboard.
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator(".asked")).to_have_count(2)
        await expect(page.locator("#log > [aria-busy]")).to_have_count(0)
        await expect(page.get_by_role("log").get_by_role("article")).to_have_count(3)


async def test_steps_are_shown_while_a_probe_runs(browser: Browser, site: Site) -> None:
    async with opened(browser, f"{site.base}/try") as page:
        await page.get_by_role("textbox").fill(f"check 127.0.0.1:{site.mail_port} --fresh")
        await page.get_by_role("button", name="Send").click()
        busy = page.locator("#log > [aria-busy=true]")
        await expect(busy.locator(".spinner")).to_contain_text("0/1")
        await expect(page.get_by_role("status")).to_contain_text(str(site.mail_port))
        await expect(busy).to_have_count(0, timeout=20_000)
        card = page.get_by_role("article").last
        await expect(card).to_contain_text(f"127.0.0.1:{site.mail_port}")
        await expect(page.get_by_role("status")).to_have_text("Answered.")
        await card.get_by_role("button", name="Run again").click()
        await expect(page.locator(".asked").last).to_have_text("Run again")
        await expect(page.locator("#log > [aria-busy]")).to_have_count(0, timeout=20_000)


async def test_the_page_works_without_script(browser: Browser, site: Site) -> None:
    async with opened(browser, f"{site.base}/try?lang=es", java_script_enabled=False) as page:
        await page.get_by_role("textbox").fill("¿qué puerto uso para enviar correo?")
        await page.get_by_role("button", name="Enviar").click()
        await expect(page.locator(".asked")).to_have_text("¿qué puerto uso para enviar correo?")
        await expect(page.get_by_role("article")).to_contain_text("465")
        assert page.url.endswith("lang=es#answer")
        await page.get_by_role("article").get_by_role("button").first.click()
        await expect(page.locator(".asked")).not_to_have_text("¿qué puerto uso para enviar correo?")
        await expect(page.get_by_role("article")).to_have_count(1)


async def test_both_languages_are_a_click_apart(browser: Browser, site: Site) -> None:
    async with opened(browser, f"{site.base}/try", locale="es-MX") as page:
        await expect(page.get_by_role("heading", level=1)).to_have_text("Pregunta a Mailport")
        await ask(page, "status")
        await expect(page.get_by_role("article").last).to_contain_text("Mailport está bien")
        await page.get_by_role("link", name="English").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Ask Mailport")
        await page.get_by_role("link", name="Status").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("How Mailport is doing")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("language", ["en", "es"])
async def test_axe_finds_nothing(
    browser: Browser, site: Site, scheme: str, width: int, language: str
) -> None:
    wishes = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    async with opened(browser, f"{site.base}/try?lang={language}", **wishes) as page:
        await ask(page, "help")
        await ask(page, f"check 127.0.0.1:{site.mail_port}")
        await ask(page, "chek example.com")
        assert await accessibility_faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for path in ("/gallery", f"/?lang={language}"):
            await page.goto(f"{site.base}{path}")
            assert await accessibility_faults(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_nothing_moves_for_those_who_want_it_still(browser: Browser, site: Site) -> None:
    for motion, moving in (("reduce", "none"), ("no-preference", "pulse")):
        async with opened(browser, f"{site.base}/try", reduced_motion=motion) as page:
            await page.get_by_role("textbox").fill(f"check 127.0.0.1:{site.mail_port} --fresh")
            await page.keyboard.press("Enter")
            await expect(page.locator(".spinner")).to_contain_text("0/1")
            name = await page.locator(".spinner").evaluate(
                "one => getComputedStyle(one, '::before').animationName"
            )
            assert name == moving
            await expect(page.locator("#log > [aria-busy]")).to_have_count(0, timeout=20_000)


async def test_hostile_text_runs_nowhere(browser: Browser, site: Site) -> None:
    async with opened(browser, f"{site.base}/try") as page:
        for text in HOSTILE_TEXTS:
            if text.strip():
                await ask(page, text.encode("utf-8", "replace").decode())
        assert await page.evaluate("window.pwned === undefined")
        assert await page.locator("script").count() == 1
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_an_injected_script_would_not_run(browser: Browser, site: Site) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{site.base}/gallery")
    refused = page.evaluate(
        "() => new Promise((done) => { addEventListener('securitypolicyviolation', (e) => done(e.violatedDirective));"
        "const one = document.createElement('b'); one.setAttribute('onclick', 'window.pwned=1');"
        "document.body.append(one); one.click() })"
    )
    assert await refused == "script-src-attr"
    assert await page.evaluate("window.pwned === undefined")
    await context.close()


async def test_another_site_cannot_use_the_page(browser: Browser, site: Site) -> None:
    attack = (
        f"<form method=post action='{site.base}/try'><input name=text value='check 127.0.0.1'>"
        f"</form><img src='{site.base}/probe?target=127.0.0.1'><script>document.forms[0].submit()</script>"
    )
    context = await browser.new_context()
    page = await context.new_page()
    asked = (f"{site.base}/try", f"{site.base}/probe?target=127.0.0.1")
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if answer.url in asked else None)
    await page.route(
        "http://evil.example/", lambda route: route.fulfill(body=attack, content_type="text/html")
    )
    await page.goto("http://evil.example/")
    await expect(page.locator("body")).to_contain_text("another site", timeout=10_000)
    await context.close()
    assert statuses == [403] * len(statuses) != []


async def test_a_lost_connection_is_said(browser: Browser, site: Site) -> None:
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    await page.goto(f"{site.base}/try")
    await page.route("**/try/stream*", lambda route: route.abort())
    await ask(page, "status")
    await expect(page.get_by_role("log")).to_contain_text("The connection was lost")
    await context.close()
