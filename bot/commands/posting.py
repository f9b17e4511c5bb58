"""From a message of the outbox to the card that is posted, in the language and zone of its channel.

The card is made when it is sent, not when the message was put in: a channel that has changed its
language in between reads it in the new one.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from bot.advice.findings import advise, catalogue, slots
from bot.cards.alert import Manner, alert_card, group_card, own_card
from bot.cards.finding import Advice
from bot.cards.model import Block, Card, plain
from bot.cards.places import Place, places_blocks
from bot.model.value import replace
from bot.model.verdict import Finding
from bot.ports import Tools
from bot.watches.message import Message

_WORTH_COMPARING = ("broke", "still-broken", "blind")


async def card_of(message: Message, tools: Tools) -> Card | None:
    """The card of a message; None when there is nothing to post any more (its report was removed).

    Raises:
        Unavailable: The database does not work now.
    """
    manner = await manner_of(message.workspace, message.channel, tools)
    match message.type:
        case "alert":
            card = alert_card(message.payload, manner)
            return replace(card, blocks=(*card.blocks, *await _elsewhere(message, manner, tools)))
        case "group":
            return group_card(message.payload, manner)
        case "uplink" | "vantage":
            return own_card(message.type, message.payload, manner)
        case "report":
            return await _report_card(message, tools)


async def _elsewhere(message: Message, manner: Manner, tools: Tools) -> tuple[Block, ...]:
    """What other places see of a target that is broken, or not seen, from one."""
    target, vantage = message.payload.get("target"), message.payload.get("vantage")
    if message.payload.get("kind") not in _WORTH_COMPARING:
        return ()
    stores = await tools.stores()
    others = {
        watch.id: watch.vantage
        for watch in await stores.watches.of_workspace(message.workspace)
        if watch.target == target and watch.vantage != vantage and not watch.paused
    }
    if not others:
        return ()
    states = await stores.watches.states(message.workspace, list(others))
    digests = await stores.watches.digests(message.workspace, list(others))
    places = {
        others[one]: Place(others[one], state.last_word, state.last_at, digests.get(one, {}))
        for one, state in states.items()
        if state.last_word and state.last_at is not None
    }
    return places_blocks(sorted(places.values(), key=_by_name), tools.clock.now(), manner.language)


def _by_name(place: Place) -> str:
    return place.vantage


async def _report_card(message: Message, tools: Tools) -> Card | None:
    # Imported here: answers to people need none of it.
    from bot.cards.report import report_card
    from bot.commands.report_build import build_report

    stores = await tools.stores()
    report = await stores.reports.by_id(int(message.payload["report"]))
    if report is None:
        return None
    due = datetime.fromisoformat(message.payload["due"])
    missed = [datetime.fromisoformat(one) for one in message.payload.get("missed", ())]
    summary = await build_report(report, tools, due, missed, _untold)
    manner = await manner_of(report.workspace, report.channel, tools)
    return report_card(summary, replace(manner, timezone=report.timezone))


async def _untold(_: str, __: int, ___: int) -> None:
    """Nobody watches a scheduled report being made."""


async def manner_of(workspace: str, channel: str, tools: Tools) -> Manner:
    """Language and time zone of a channel that no request came from."""
    stores = await tools.stores()
    chosen = await stores.channels.settings_by_id(workspace, channel)
    return manner_for(
        chosen.get("language") or tools.settings.language, chosen.get("timezone") or tools.settings.timezone
    )


def manner_for(language: str, timezone: str) -> Manner:
    """How to speak in a language and zone."""
    return Manner(language=language, timezone=timezone, in_words=partial(advise_stored, language=language))


def advise_stored(finding: Finding, language: str) -> Advice:
    """A finding in words that was stored a while ago, perhaps without all that its sentences need."""
    if finding.id not in catalogue():
        return Advice(title=plain(finding.id), detail=(), fix=(), sources=())
    host, _, port = finding.subject.rpartition(":")
    known = {"host": host or finding.subject, "port": port if host else "…", **finding.details}
    needed = slots(finding.id, language)
    details = {"subject": finding.subject, **dict.fromkeys(needed, "…"), **known}
    return advise(
        Finding(id=finding.id, severity=finding.severity, subject=finding.subject, details=details), language
    )
