"""The one way from a request to its card: look up, parse, may this person, rate, language, run.

Whatever goes wrong becomes a card here: a MailportError is told in the asker's language, a bug of
ours is logged with the request id and the card shows that id.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.cards.failure import failure_card
from bot.cards.model import Reply
from bot.commands.definition import Call, load_handler
from bot.commands.parse import Parsed, parse_request
from bot.commands.permission import refuse_unallowed
from bot.commands.rate import Limiter
from bot.errors import MailportError
from bot.i18n import LANGUAGES
from bot.model.request import CURRENT_REQUEST, Language, Request
from bot.ports import Progress, Tools, silence
from bot.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger

_INFO = 20  # logging.INFO, without importing logging
# Families of commands that open the database anyway.
_STORING = frozenset({"watch", "report", "history", "settings", "audit"})


async def answer(
    request: Request, tools: Tools, *, progress: Progress = silence, limiter: Limiter | None = None
) -> Reply:
    """Answer a request. Never raises, except when it is cancelled.

    Args:
        progress: Called with intermediate states while something takes time.
        limiter: Counts requests per person, channel and workspace; None counts nothing (terminal).
    """
    token = CURRENT_REQUEST.set(request.id)
    try:
        return await _answered(request, tools, progress, limiter)
    finally:
        CURRENT_REQUEST.reset(token)


async def _answered(request: Request, tools: Tools, progress: Progress, limiter: Limiter | None) -> Reply:
    language, timezone = await _here(request, tools)
    began = tools.clock.monotonic()
    try:
        if limiter is not None:
            limiter.count(request, tools.clock.monotonic())
        parsed = parse_request(request)
        refuse_unallowed(parsed.command, request)
        reply = await _run(parsed, request, tools, language, timezone, progress)
        _tell_log(parsed.command.name, request, tools.clock.monotonic() - began)
        return reply
    except MailportError as problem:
        _tell_log(problem.key, request, tools.clock.monotonic() - began)
        return _failed(problem, language)
    except Exception:  # noqa: BLE001  # a bug of ours must not take the conversation down
        _log().exception("request failed", extra={"request_id": request.id})
        return _failed(MailportError("bug", id=request.id), language, status=3)


async def _run(
    parsed: Parsed, request: Request, tools: Tools, language: Language, timezone: str, progress: Progress
) -> Reply:
    call = Call(
        request=request,
        command=parsed.command,
        tools=tools,
        language=language,
        timezone=timezone,
        progress=progress,
        values=parsed.values,
    )
    return await load_handler(parsed.command)(call)


async def _here(request: Request, tools: Tools) -> tuple[Language, str]:
    """Language and time zone here: the wish, the channel's, the person's where alone, else the setting."""
    default: Language = "es" if tools.settings.language == "es" else "en"
    stored: Mapping[str, str] = {}
    if _is_remembered(request):
        try:
            stored = await (await tools.stores()).channels.settings_of(request.place)
        except MailportError:
            # On a terminal whoever asked is told, or needs no database.
            if request.place.platform != "terminal":
                _log().warning("channel settings unavailable", exc_info=True)
    chosen = request.language or stored.get("language") or _of_locale(request) or default
    language: Language = "es" if chosen == "es" else "en"
    return language, stored.get("timezone") or tools.settings.timezone


def _is_remembered(request: Request) -> bool:
    """Whether the place has settings that are worth opening the database for."""
    if request.place.platform == "web":  # of a page nothing is kept
        return False
    first = request.command[0] if request.command else request.text.partition(" ")[0]
    return not request.lean or first in _STORING


def _of_locale(request: Request) -> str | None:
    locale = (request.person.locale or "")[:2].lower()
    alone = request.place.private or request.place.platform == "web"  # a page is read by one person
    return locale if alone and locale in LANGUAGES else None


def _tell_log(what: str, request: Request, seconds: float) -> None:
    """A line per answer, for whoever runs a server: never what was said."""
    if request.place.platform == "terminal":
        return
    logger = _log()
    if logger.isEnabledFor(_INFO):
        place = request.place
        extra = {"platform": place.platform, "workspace": place.workspace, "ms": round(seconds * 1000, 1)}
        logger.info("answered: %s", what, extra=extra)


def _log() -> Logger:
    import logging  # late: `mailport ask` never logs, and starts faster without it

    return logging.getLogger(__name__)


def _failed(problem: MailportError, language: Language, status: int | None = None) -> Reply:
    card = failure_card(problem, language)
    document = {"schema": "mailport.error/1", "error": problem.key, "message": card.summary}
    return Reply(card=card, document=document, status=problem.exit_status if status is None else status)
