"""`/try`: a conversation in the browser, with the same core as every other place.

Works without JavaScript (a form and a whole page back); with it, answers stream in as server-sent
events while a probe runs. It asks and checks; it changes nothing, because a page knows nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import uuid
from html import escape
from pathlib import Path

from aiohttp import web

from adapters.web.guarding import Handler, security_headers
from adapters.web.pages import framed, language_of
from adapters.web.render import render_html
from bot.cards.model import Pending
from bot.cards.plaintext import text_of
from bot.commands.rate import Limiter
from bot.dispatch import answer
from bot.i18n import say
from bot.model.request import Language, Person, Place, Request
from bot.ports import Tools

_STATIC = Path(__file__).parent / "static"
_COOKIE = "mailport_visit"
MAX_TEXT = 40_000
MAX_STREAMS = 64


class TryPage:
    """The page and its two ways to ask."""

    def __init__(self, tools: Tools, limiter: Limiter) -> None:
        self._tools = tools
        self._limiter = limiter
        self._streams = 0

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
        language = language_of(request, self._tools.settings.language)
        reply = await answer(self._request(request, "help"), self._tools, limiter=None)
        return self._page(language, render_html(reply.card), request)

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        text = await _typed(request)
        language = language_of(request, self._tools.settings.language)
        if not text:
            return await self._show(request)
        reply = await answer(self._request(request, text), self._tools, limiter=self._limiter)
        asked = f'<div class="asked"><bdi>{escape(text[:2000])}</bdi></div>'
        return self._page(language, asked + render_html(reply.card), request)

    def _page(self, language: str, log: str, request: web.Request) -> web.Response:
        response = framed("Mailport", _body(language, log), language)
        if _COOKIE not in request.cookies:
            response.set_cookie(
                _COOKIE, secrets.token_urlsafe(12), httponly=True, samesite="Strict", path="/"
            )
        return response

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        text = await _typed(request)
        if self._streams >= MAX_STREAMS:
            raise web.HTTPServiceUnavailable(text="busy\n")
        self._streams += 1
        try:
            return await self._streamed(request, text)
        finally:
            self._streams -= 1

    async def _streamed(self, request: web.Request, text: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={**security_headers(), "Content-Type": "text/event-stream"})
        await response.prepare(request)

        async def progress(pending: Pending) -> None:
            await _send(response, "progress", _progress_html(pending))

        working = asyncio.create_task(
            answer(
                self._request(request, text or "help"), self._tools, progress=progress, limiter=self._limiter
            )
        )
        try:
            reply = await working
            await _send(response, "answer", render_html(reply.card))
        except ConnectionError:
            pass  # the visitor has gone
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await working
        return response

    def _request(self, request: web.Request, text: str) -> Request:
        # The address counts against the rate; the cookie only keeps two visitors of one address apart.
        visit = request.cookies.get(_COOKIE, "")[:32] or "new"
        place = Place(platform="web", workspace="web", channel=f"try:{visit}")
        language = language_of(request, "")
        person = Person(id=request.remote or "unknown", locale=language or None)
        chosen: Language | None = "es" if language == "es" else "en" if language == "en" else None
        command = text.split(" ", 1)[0].lower()
        return Request(
            id=uuid.uuid4().hex[:12],
            place=place,
            person=person,
            text=text[:MAX_TEXT],
            language=chosen if command in ("help", "status", "why") else None,
        )


def _body(language: str, log: str) -> str:
    def said(key: str) -> str:
        return escape(say(language, f"web.{key}"), quote=True)

    lost = escape(f'<p class="note">{said("lost")}</p>', quote=True)
    return (
        f'<a class="skip" href="#text">{said("skip")}</a>'
        f'<header><h1>Mailport</h1><p class="note">{said("intro")}</p></header>'
        f'<main><div id="log" role="log" aria-live="polite" aria-label="{said("log")}">{log}</div>'
        '<form id="press" method="post" action="/try"></form>'
        f'<form class="ask" method="post" action="/try" data-lost="{lost}">'
        f'<label for="text">{said("label")}</label>'
        '<input id="text" name="text" autocomplete="off" maxlength="40000" autofocus>'
        f'<button class="send" type="submit">{said("send")}</button></form></main>'
        '<script src="/static/mailport.js" defer></script>'
    )


async def _typed(request: web.Request) -> str:
    form = await request.post()
    value = form.get("press") or form.get("text") or ""
    return value.strip() if isinstance(value, str) else ""


async def _send(response: web.StreamResponse, event: str, html: str) -> None:
    lines = "".join(f"data: {line}\n" for line in html.split("\n"))
    await response.write(f"event: {event}\n{lines}\n".encode())


def _progress_html(pending: Pending) -> str:
    text = text_of(pending.text)
    if pending.total:
        text = f"{text} ({pending.done}/{pending.total})"
    return f'<p class="note spinner">{escape(text)}</p>'


def _file(name: str, media_type: str) -> Handler:
    content = (_STATIC / name).read_bytes()

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=content, content_type=media_type, headers={"Cache-Control": "max-age=300"})

    return serve
