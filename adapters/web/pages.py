"""The frame of every page: bar, languages, body. Bodies are safe HTML already."""

from __future__ import annotations

from html import escape

from aiohttp import web

from bot.i18n import LANGUAGES, say

_LANGUAGE_NAMES = {"en": "English", "es": "Español"}
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='7' fill='%230b57a4'/%3E"
    "%3Cpath d='M6 10h20v12H6z M6 10l10 8 10-8' fill='none' stroke='white' stroke-width='2.5' "
    "stroke-linejoin='round'/%3E%3C/svg%3E"
)


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


def framed(title: str, body: str, language: str, *, path: str, script: bool = False) -> web.Response:
    """A whole page around the body of its `<main>`.

    Args:
        path: Of this page: marks it in the bar, and takes the links to the other languages.
        script: Whether the page has the conversation's script.
    """
    loaded = '<script src="/static/mailport.js" defer></script>' if script else ""
    page = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/static/mailport.css">'
        f'<link rel="icon" href="{_ICON}">{loaded}</head><body>'
        f'<a class="skip" href="#main">{_said(language, "skip")}</a>{_bar(language, path)}'
        f'<main id="main" tabindex="-1">{body}</main></body></html>'
    )
    return web.Response(text=page, content_type="text/html", headers={"Content-Language": language})


def notice_page(words: str, language: str, status: int) -> web.Response:
    """A page of one sentence, for refusals; `code` in it is set as code."""
    parts = escape(words).split("`")
    shown = "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
    body = f'<article class="card tone-warning"><h1>{_said(language, "refused")}</h1><p>{shown}</p></article>'
    response = framed("Mailport", body, language, path="/")
    response.set_status(status)
    return response


def _bar(language: str, path: str) -> str:
    pages = (("/try", "nav-try"), ("/", "nav-status"))
    links = "".join(
        f'<a href="{target}?lang={language}"{_current(target == path)}>{_said(language, key)}</a>'
        for target, key in pages
    )
    languages = "".join(
        f'<a href="{path}?lang={one}" lang="{one}" hreflang="{one}"{_current(one == language, "true")}>'
        f"{_LANGUAGE_NAMES[one]}</a>"
        for one in LANGUAGES
    )
    return (
        '<header class="bar"><span class="brand">Mailport</span>'
        f'<nav aria-label="{_said(language, "nav")}">{links}</nav>'
        f'<nav aria-label="{_said(language, "nav-language")}" class="languages">{languages}</nav></header>'
    )


def _current(yes: bool, word: str = "page") -> str:  # noqa: FBT001  # an attribute that is there or not
    return f' aria-current="{word}"' if yes else ""


def _said(language: str, key: str) -> str:
    return escape(say(language, f"web.{key}"), quote=True)
