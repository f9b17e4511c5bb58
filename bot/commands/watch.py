"""`watch list`, `show`, `pause`, `resume`, `remove`."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards.alert import Manner
from bot.cards.model import Block, Button, Card, Note, Paragraph, Reply, rich
from bot.cards.plaintext import text_of
from bot.cards.verdict import shown_target
from bot.cards.watch import Seen, changed_card, list_card, show_card
from bot.commands.definition import Call
from bot.commands.posting import manner_for
from bot.commands.watching import (
    find_one,
    find_some,
    vantages_without_worker,
    watch_document,
    watches_here,
)
from bot.errors import NotFound
from bot.i18n import say, template
from bot.model.value import replace
from bot.watches.stores import Stores
from bot.watches.watch import Watch, first_due


async def list_(call: Call) -> Reply:
    """All watches of the channel, each with how it stands."""
    stores, watches = await watches_here(call)
    now = call.tools.clock.now()
    place = call.request.place
    states = await stores.watches.states(place.workspace, [watch.id for watch in watches])
    seen = [Seen(watch, states[watch.id]) for watch in watches if watch.id in states]
    lonely = await vantages_without_worker(call, stores, [one.vantage for one in watches if not one.paused])
    card = list_card(seen, manner_of_call(call), now, lonely)
    if place.platform == "terminal":
        card = replace(card, blocks=(*card.blocks, *await _of_chats(call, stores, len(watches))))
    documents = [watch_document(one.watch, one.state, now) for one in seen]
    return Reply(card=card, document={"schema": "mailport.watches/1", "watches": documents})


async def _of_chats(call: Call, stores: Stores, own: int) -> tuple[Block, ...]:
    """For whoever runs Mailport: that chats watch more than this list shows."""
    others = sum((await stores.watches.vantages()).values()) - own
    if others <= 0:
        return ()
    return (Note(rich(template(call.language, "watch.of-chats"), {"count": others})),)


def manner_of_call(call: Call) -> Manner:
    """How the asker is spoken to."""
    return manner_for(call.language, call.timezone)


async def show(call: Call) -> Reply:
    """One watch in detail; a target that is watched from several places shows them all as a list."""
    stores, watches = await find_some(call)
    if len(watches) > 1:
        return await list_(call)
    (watch,) = watches
    now = call.tools.clock.now()
    workspace = call.request.place.workspace
    states = await stores.watches.states(workspace, [watch.id])
    digests = await stores.watches.digests(workspace, [watch.id])
    seen = Seen(watch, states[watch.id], digests.get(watch.id))
    lonely = await vantages_without_worker(call, stores, [] if watch.paused else [watch.vantage])
    card = show_card(seen, manner_of_call(call), now, lonely)
    document = {**watch_document(watch, seen.state, now), "last": seen.digest}
    return Reply(card=card, document={"schema": "mailport.watch/1", **document})


async def pause(call: Call) -> Reply:
    """Stop checking for now."""
    stores, watches = await find_some(call, all_allowed=True)
    return await change_all(call, stores, [replace(watch, next_due=None) for watch in watches], "pause")


async def resume(call: Call) -> Reply:
    """Check again; what is running already stays as it is."""
    stores, watches = await find_some(call, all_allowed=True)
    now = call.tools.clock.now()
    resumed = [
        replace(watch, next_due=first_due(f"{watch.workspace}/{watch.number}", watch.interval_s, now))
        if watch.paused
        else watch
        for watch in watches
    ]
    return await change_all(call, stores, resumed, "resume")


async def change_all(
    call: Call,
    stores: Stores,
    watches: Sequence[Watch],
    action: str,
    key: str | None = None,
    **values: object,
) -> Reply:
    """Write changed watches and say so: one in detail, several in a line.

    Args:
        key: Of the sentence (`watch.done-<key>`), when it is not the action itself.

    Raises:
        NotFound: `watch-gone`: somebody removed it meanwhile.
    """
    person, now = call.request.person.id, call.tools.clock.now()
    name = f"watch {action}"
    done = [one for one in watches if await stores.watches.change(one, person=person, action=name, now=now)]
    if not done:
        raise NotFound("watch-gone")
    manner = manner_of_call(call)
    if len(done) == 1:
        card = changed_card(done[0], key or action, manner, now, **values)
    else:
        text = rich(template(call.language, f"watch.all-{key or action}"), {"count": len(done), **values})
        card = Card(
            title="", tone="good", blocks=(Paragraph(text),), summary=text_of(text), language=call.language
        )
    documents = [watch_document(one, None, now) for one in done]
    return Reply(card=card, document={"schema": "mailport.watches/1", "watches": documents})


async def remove(call: Call) -> Reply:
    """Remove a watch with its history, after asking."""
    stores, watch = await find_one(call)
    if not call.request.confirmed:
        return Reply(card=_question(watch, call.language), status=0)
    now = call.tools.clock.now()
    if not await stores.watches.remove(watch, person=call.request.person.id, now=now):
        raise NotFound("watch-gone")
    values = {"target": shown_target(watch.target), "number": watch.number}
    text = rich(template(call.language, "watch.done-remove"), values)
    card = Card(
        title="", tone="good", blocks=(Paragraph(text),), summary=text_of(text), language=call.language
    )
    return Reply(card=card, document={"schema": "mailport.removed/1", "number": watch.number})


def _question(watch: Watch, language: str) -> Card:
    values = {"target": shown_target(watch.target), "number": watch.number}
    text = rich(template(language, "watch.ask-remove"), values)
    button = Button(
        label=say(language, "button.remove"),
        command=f"watch remove #{watch.number}",
        style="danger",
        confirmed=True,
    )
    return Card(
        title="",
        tone="warning",
        blocks=(Paragraph(text),),
        buttons=(button,),
        summary=text_of(text, links=False),
        language=language,
    )
