"""`/try`: a conversation in the browser, with the same core as every other place.

Works without JavaScript (a form and a whole page back); with it, answers stream in as server-sent
events while a probe runs. It asks and checks; it changes nothing, because a page knows nobody. Nothing of
a conversation is kept here: what was said stands in the visitor's browser alone.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path

from aiohttp import web

from adapters.web.guarding import Handler, asker_of, security_headers
from adapters.web.pages import framed, language_of
from adapters.web.render import render_html, render_progress
from bot.cards.model import Button, Card, Facts, Paragraph, Pending, Reply, Span, rich
from bot.cards.plaintext import harmless
from bot.commands.parse import find_command
from bot.commands.rate import Limiter
from bot.dispatch import answer
from bot.errors import MailportError
from bot.i18n import say, template
from bot.model.request import Person, Place, Request
from bot.model.value import replace
from bot.ports import Progress, Tools, silence

_STATIC = Path(__file__).parent / "static"
_COOKIE = "mailport_visit"
MAX_TEXT = 40_000
MAX_RUNNING = 64
# A form that does not arrive within this is dropped.
FORM_S = 15.0
# Between progress, a comment keeps proxies from closing the stream and notices that the visitor has gone.
HEARTBEAT_S = 5.0
_FIRST = ("ask", "port", "check", "explain")
_EXAMPLES = 4


class TryPage:
    """The page and its two ways to ask."""

    def __init__(self, tools: Tools, limiter: Limiter) -> None:
        self._tools = tools
        self._limiter = limiter
        self._running = 0

    def routes(self) -> list[web.RouteDef]:
        """Routes of the page and its files."""
        return [
            web.get("/try", self._show),
            web.post("/try", self._ask),
            web.post("/try/stream", self._stream),
            web.get("/static/mailport.css", _file("mailport.css", "text/css")),
            web.get("/static/mailport.js", _file("mailport.js", "text/javascript")),
        ]

    async def _show(self, request: web.Request) -> web.StreamResponse:
        language = self._language(request)
        return self._page(request, language, render_html(_welcome(language)))

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        text = await _typed(request)
        if not text:
            return await self._show(request)
        async with self._slot():
            reply = await self._answered(request, text, silence)
        typed = escape(harmless(text[:2000], keep_newlines=True))
        asked = f'<div class="asked" id="answer"><bdi>{typed}</bdi></div>'
        return self._page(request, self._language(request), asked + render_html(_offered(reply.card)))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        text = await _typed(request)
        async with self._slot():
            response = web.StreamResponse(
                headers={
                    **security_headers(),
                    "Content-Type": "text/event-stream; charset=utf-8",
                    "X-Accel-Buffering": "no",
                }
            )
            await response.prepare(request)
            await self._stream_answer(request, response, text or "help")
        return response

    async def _stream_answer(self, request: web.Request, response: web.StreamResponse, text: str) -> None:
        steps: asyncio.Queue[Pending] = asyncio.Queue()
        working = asyncio.create_task(self._answered(request, text, steps.put))
        try:
            async for event, html in _events(working, steps, self._language(request)):
                await _send(response, event, html)
            await response.write_eof()
        except ConnectionError:
            pass  # the visitor has gone, and the probe with them
        finally:
            working.cancel()
            await asyncio.wait((working,))

    async def _answered(self, request: web.Request, text: str, progress: Progress) -> Reply:
        return await answer(
            self._request(request, text), self._tools, progress=progress, limiter=self._limiter
        )

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """One of the answers that may be made at once."""
        if self._running >= MAX_RUNNING:
            raise web.HTTPServiceUnavailable(text="busy\n", headers={"Retry-After": "5"})
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def _request(self, request: web.Request, text: str) -> Request:
        # The address counts against the rate; the cookie only keeps two visitors of one address apart.
        visit = request.cookies.get(_COOKIE, "")[:32] or "new"
        return Request(
            id=uuid.uuid4().hex[:12],
            place=Place(platform="web", workspace="web", channel=f"try:{visit}"),
            person=Person(id=asker_of(request), locale=self._language(request)),
            text=text[:MAX_TEXT],
        )

    def _language(self, request: web.Request) -> str:
        return language_of(request, self._tools.settings.language)

    def _page(self, request: web.Request, language: str, log: str) -> web.Response:
        response = framed("Mailport", _body(language, log), language, path="/try", script=True)
        if _COOKIE not in request.cookies:
            secure = (self._tools.settings.public_url or "").startswith("https://")
            response.set_cookie(
                _COOKIE,
                secrets.token_urlsafe(12),
                httponly=True,
                samesite="Strict",
                secure=secure,
                path="/try",
            )
        return response


async def _events(
    working: asyncio.Task[Reply], steps: asyncio.Queue[Pending], language: str
) -> AsyncIterator[tuple[str, str]]:
    """What to send, in order: steps while the work lasts, the answer at its end."""
    while True:
        waiting = asyncio.create_task(steps.get())
        try:
            await asyncio.wait((working, waiting), timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if working.done():
            yield "answer", render_html(_offered(working.result().card))
            return
        if waiting.done() and not waiting.cancelled():
            latest = waiting.result()
            while not steps.empty():
                latest = steps.get_nowait()
            yield "progress", render_progress(latest, language)
        else:
            yield "", ""


def _offered(card: Card) -> Card:
    """The card without buttons that this page would refuse."""
    return replace(card, buttons=tuple(one for one in card.buttons if not _changes(one.command)))


def _changes(words: str) -> bool:
    try:
        return find_command(words)[0].changes
    except MailportError:
        return False


def _welcome(language: str) -> Card:
    """What the page says before anything was asked."""
    rows = tuple((name, (Span(template(language, f"command.{name}.summary")),)) for name in _FIRST)
    examples = tuple(say(language, f"web.example-{number}") for number in range(1, _EXAMPLES + 1))
    return Card(
        title=say(language, "web.welcome"),
        blocks=(Paragraph(rich(template(language, "help.intro"))), Facts(rows)),
        buttons=(
            *(Button(label=one, command=one) for one in examples),
            Button(label=say(language, "web.all-commands"), command="help"),
        ),
        language=language,
    )


def _body(language: str, log: str) -> str:
    def said(key: str) -> str:
        return escape(say(language, f"web.{key}"), quote=True)

    words = " ".join(
        f'data-{name}="{said(name)}"' for name in ("lost", "busy", "working", "answered", "copy", "copied")
    )
    return (
        f'<h1>{said("title")}</h1><p class="note">{said("intro")}</p>'
        f'<div id="log" role="log" aria-live="polite" aria-label="{said("log")}">{log}</div>'
        '<p id="live" class="unseen" role="status"></p>'
        f'<form id="press" method="post" action="/try?lang={language}#answer"></form>'
        f'<form class="ask" id="ask" method="post" action="/try?lang={language}#answer" '
        f'data-stream="/try/stream?lang={language}" {words}>'
        f'<label for="text">{said("label")}</label>'
        f'<textarea id="text" name="text" rows="1" autocomplete="off" maxlength="{MAX_TEXT}" '
        'aria-describedby="keys" autofocus></textarea>'
        f'<button class="send" type="submit">{said("send")}</button>'
        f'<p id="keys" class="note">{said("keys")}</p></form>'
    )


async def _typed(request: web.Request) -> str:
    """What was typed, or what the pressed button stands for.

    Raises:
        web.HTTPException: The form is none, is too large, or does not arrive.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType(text="a form, please\n")
    try:
        async with asyncio.timeout(FORM_S):
            form = await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="too slow\n") from None
    except (ValueError, LookupError):
        raise web.HTTPBadRequest(text="not a form\n") from None
    value = form.get("press") or form.get("text") or ""
    return value.strip() if isinstance(value, str) else ""


async def _send(response: web.StreamResponse, event: str, html: str) -> None:
    """One server-sent event (WHATWG HTML section 9.2); a comment when there is nothing to say."""
    if not event:
        await response.write(b": still here\n\n")
        return
    lines = "".join(f"data: {line}\n" for line in html.split("\n"))
    await response.write(f"event: {event}\n{lines}\n".encode("utf-8", "replace"))


def _file(name: str, media_type: str) -> Handler:
    content = (_STATIC / name).read_bytes()

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=content, content_type=media_type, charset="utf-8")

    return serve
