"""`/`: how every part does and what else there is, for the people who run it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from importlib.metadata import version

from aiohttp import web

from adapters.web.pages import framed, language_of
from bot.cards.plaintext import harmless
from bot.i18n import has, say
from bot.settings import Settings

_ENDPOINTS = ("/try", "/healthz", "/readyz", "/metrics")


def status_page(
    parts: Mapping[str, str], settings: Settings, request: web.Request, since: datetime
) -> web.Response:
    """The page; parts as in `/readyz`."""
    language = language_of(request, settings.language)
    good = all(word in ("ok", "off") for word in parts.values())
    title = say(language, "status.fine" if good else "status.broken")
    rows = "".join(_row(language, name, word) for name, word in sorted(parts.items()))
    facts = {
        "status.version": version("mailport"),
        "status.vantage": settings.vantage,
        "status.since": f"{since:%Y-%m-%d %H:%M} UTC",
    }
    about = "".join(_pair(say(language, key), value) for key, value in facts.items())
    body = (
        f"<h1>{escape(say(language, 'web.status-title'))}</h1>"
        f'<article class="card tone-{"good" if good else "bad"}"><h2>{escape(title)}</h2>'
        f"<dl>{rows}</dl><dl>{about}</dl></article>"
        f'<article class="card"><h2>{escape(say(language, "web.endpoints"))}</h2>'
        f"<dl>{''.join(_endpoint(language, path) for path in _ENDPOINTS)}"
        # A probe is made by whoever wants it, not by a click or a browser that loads links ahead.
        f"<div><dt><code>/probe</code></dt><dd>{escape(say(language, 'web.endpoint-probe'))} "
        "<code>/probe?target=mx.example.com:25</code></dd></div></dl></article>"
    )
    return framed(f"Mailport: {title}", body, language, path="/")


def _row(language: str, name: str, word: str) -> str:
    label = say(language, f"status.part-{name}") if has(language, f"status.part-{name}") else name
    state = word if word in ("ok", "off") else "broken"
    shown = say(language, f"status.{word}") if word in ("ok", "off") else word
    mend = ""
    if word == "off" and has(language, f"doctor.mend-{name}"):
        parts = escape(say(language, f"doctor.mend-{name}")).split("`")
        inside = "".join(f"<code>{one}</code>" if number % 2 else one for number, one in enumerate(parts))
        mend = f'<span class="note">{inside}</span>'
    sign = {"ok": "✓", "off": "–", "broken": "✗"}[state]
    words = f'<span aria-hidden="true">{sign}</span> {escape(harmless(shown))}'
    return f'<div><dt>{escape(label)}</dt><dd><span class="state {state}">{words}</span>{mend}</dd></div>'


def _pair(label: str, value: str) -> str:
    return f"<div><dt>{escape(label)}</dt><dd><bdi>{escape(harmless(value))}</bdi></dd></div>"


def _endpoint(language: str, path: str) -> str:
    words = escape(say(language, f"web.endpoint-{path.strip('/')}"))
    return f'<div><dt><a href="{path}"><code>{path}</code></a></dt><dd>{words}</dd></div>'
