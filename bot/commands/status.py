"""`status`: how Mailport itself is doing, said to people in a channel."""

from __future__ import annotations

from importlib.metadata import version

from bot.cards.model import Card, Facts, Reply, Tone, plain
from bot.commands.definition import Call
from bot.errors import MailportError
from bot.i18n import has, say


async def status(call: Call) -> Reply:
    """Version, vantage, and every part with its state; nothing about other workspaces."""
    language = call.language
    parts = dict(call.tools.status())
    if "database" not in parts:
        parts["database"] = await _database(call)
    rows = [
        (say(language, "status.version"), plain(version("mailport"))),
        (say(language, "status.vantage"), plain(call.tools.settings.vantage)),
    ]
    rows += [(_part(language, name), plain(_word(language, word))) for name, word in sorted(parts.items())]
    broken = [name for name, word in parts.items() if word not in ("ok", "off")]
    tone: Tone = "bad" if broken else "good"
    title = say(language, "status.broken" if broken else "status.fine")
    card = Card(title=title, tone=tone, blocks=(Facts(tuple(rows)),), summary=title, language=language)
    return Reply(card=card, document={"schema": "mailport.status/1", "parts": parts, "ok": not broken})


async def _database(call: Call) -> str:
    try:
        await call.tools.stores()
    except MailportError as problem:
        return str(problem.details.get("why", problem.key))
    return "ok"


def _part(language: str, name: str) -> str:
    return say(language, f"status.part-{name}") if has(language, f"status.part-{name}") else name


def _word(language: str, word: str) -> str:
    return say(language, f"status.{word}") if word in ("ok", "off") else word
