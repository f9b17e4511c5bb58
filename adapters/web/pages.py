"""The frame of every page, and the status page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from aiohttp import web

from bot.cards.plaintext import harmless
from bot.i18n import LANGUAGES, has, say
from bot.settings import Settings


def language_of(request: web.Request, default: str) -> str:
    """`?lang=`, else the first of the browser's languages that we speak, else the default."""
    asked = request.query.get("lang", "")
    if asked in LANGUAGES:
        return asked
    for part in request.headers.get("Accept-Language", "")[:200].split(","):
        language = part.strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return default


def framed(title: str, body: str, language: str) -> web.Response:
    """A whole page around a body that is safe HTML."""
    page = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/static/mailport.css">'
        '<link rel="icon" href="data:,">'
        f"</head><body>{body}</body></html>"
    )
    return web.Response(text=page, content_type="text/html")


def status_page(parts: Mapping[str, str], settings: Settings, request: web.Request) -> web.Response:
    """How every part does, for the people who run it."""
    language = language_of(request, settings.language)
    good = all(word in ("ok", "off") for word in parts.values())
    title = say(language, "status.fine" if good else "status.broken")
    rows = "".join(_row(language, name, word) for name, word in sorted(parts.items()))
    link = f'<p><a href="/try">{escape(say(language, "web.try-link"))}</a></p>'
    tone = "good" if good else "bad"
    body = (
        f'<header><h1>Mailport</h1></header><main><article class="card tone-{tone}"><h2>{escape(title)}</h2>'
        f"<dl>{rows}</dl></article>{link}</main>"
    )
    return framed(f"Mailport: {title}", body, language)


def _row(language: str, name: str, word: str) -> str:
    label = say(language, f"status.part-{name}") if has(language, f"status.part-{name}") else name
    shown = say(language, f"status.{word}") if word in ("ok", "off") else word
    return f"<div><dt>{escape(label)}</dt><dd>{escape(harmless(shown))}</dd></div>"
