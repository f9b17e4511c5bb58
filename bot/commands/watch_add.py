"""`watch add`, and the way by which imported watches come in too."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.cards.model import (
    Block,
    Bullets,
    Button,
    Card,
    Note,
    Paragraph,
    Reply,
    Span,
    Text,
    Tone,
    plain,
    rich,
)
from bot.cards.plaintext import text_of
from bot.cards.verdict import shown_target
from bot.cards.watch import changed_card, lonely_notes, refused_lines, watch_buttons
from bot.commands.admission import Admitted, Refused, admit
from bot.commands.definition import Call
from bot.commands.posting import manner_for
from bot.commands.watching import ALL, vantages_without_worker, watch_document, watches_here
from bot.errors import BadInput
from bot.i18n import say, template
from bot.model.duration import show_duration
from bot.model.target import Target
from bot.model.value import frozen, replace
from bot.watches.stores import Stores
from bot.watches.watch import DEFAULT_INTERVAL_S, FAILURES, Draft, Watch, refuse_bad_interval

MAX_FAILURES = 20
MAX_NAMED = 20
_PLACE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


async def add(call: Call) -> Reply:
    """Watch one target or many; what is watched already is said kindly."""
    targets = call.need("target", tuple)
    if wrong := next((one for one in targets if str(one) in ALL), None):
        raise BadInput("target-bad", text=str(wrong))  # it stands for all that is watched already
    every = call.get("every", float)
    shortest = call.tools.settings.min_interval_s
    interval_s = every if every is not None else max(DEFAULT_INTERVAL_S, shortest)
    refuse_bad_interval(interval_s, shortest)
    failures = call.get("failures", int) or FAILURES
    if failures > MAX_FAILURES:
        raise BadInput("failures-too-many", given=failures, most=MAX_FAILURES)
    vantage = read_vantage(call.get("vantage", str) or "local")
    kind = call.get("kind", str)
    drafts = [
        Draft(
            target=str(target),
            kind="domain" if kind == "domain" or target.local_part else "host" if kind == "host" else None,
            interval_s=interval_s,
            vantage=vantage,
            failures=failures,
        )
        for target in targets
        if isinstance(target, Target)
    ]
    return await add_drafts(call, drafts)


def read_vantage(text: str) -> str:
    """The name of a place.

    Raises:
        BadInput: `vantage-bad`.
    """
    name = text.strip().lower()
    if _PLACE_NAME.fullmatch(name) is None:
        raise BadInput("vantage-bad", text=text[:40])
    return name


@frozen
class Outcome:
    """What came of drafts.

    Attributes:
        existing: Watches that were there already.
        lonely: Places of new watches that no living process probes from.
    """

    added: tuple[Watch, ...]
    existing: tuple[Watch, ...]
    admitted: Admitted
    lonely: tuple[str, ...]


async def add_drafts(call: Call, drafts: Sequence[Draft], bad: Sequence[Refused] = ()) -> Reply:
    """Add what may be added; say what was there already and what was refused, each with why.

    Args:
        bad: What could not even be read, to be told with the rest.

    Raises:
        TargetRefused: The only target must not be probed; no packet was sent to find that out.
        BadInput: `watch-limit`.
    """
    outcome = await _store(call, list(dict.fromkeys(drafts)))
    refused = (*bad, *outcome.admitted.refused)
    if len(drafts) + len(bad) == 1 and refused and not refused[0].by_dns:
        raise refused[0].problem
    return _reply(call, outcome, refused)


async def _store(call: Call, drafts: list[Draft]) -> Outcome:
    stores, own = await watches_here(call)
    now = call.tools.clock.now()
    known = {(watch.target, watch.vantage): watch for watch in own}
    existing = tuple(known[key] for draft in drafts if (key := (draft.target, draft.vantage)) in known)
    fresh = [draft for draft in drafts if (draft.target, draft.vantage) not in known]
    admitted = await admit(fresh, call.tools)
    await _refuse_too_many(call, stores, len(admitted.drafts))
    request = call.request
    added: tuple[Watch, ...] = ()
    if admitted.drafts:
        added = await stores.watches.add(request.place, admitted.drafts, person=request.person.id, now=now)
    lonely = await vantages_without_worker(call, stores, [watch.vantage for watch in added])
    return Outcome(added, existing, admitted, lonely)


async def _refuse_too_many(call: Call, stores: Stores, more: int) -> None:
    limit = call.tools.settings.max_watches
    have = len(await stores.watches.of_workspace(call.request.place.workspace)) if more else 0
    if have + more > limit:
        raise BadInput("watch-limit", have=have, more=more, limit=limit)


def _reply(call: Call, outcome: Outcome, refused: Sequence[Refused]) -> Reply:
    manner, now = manner_for(call.language, call.timezone), call.tools.clock.now()
    tail = _tail(call, outcome, refused)
    if len(outcome.added) == 1 and not outcome.existing:
        card = changed_card(outcome.added[0], "add", manner, now)
        card = _with(card, tail, "warning" if refused else card.tone)
    elif len(outcome.existing) == 1 and not outcome.added and not refused:
        watch = outcome.existing[0]
        card = changed_card(watch, "exists", manner, now)
        card = _with(card, (), "plain")
    else:
        card = _many_card(call, outcome, tail, refused)
    document: Mapping[str, object] = {
        "schema": "mailport.watches/1",
        "watches": [watch_document(watch, None, now) for watch in outcome.added],
        "existing": [watch_document(watch, None, now) for watch in outcome.existing],
        "refused": [{"target": one.target, "error": one.problem.key} for one in refused],
    }
    nothing = not outcome.added and not outcome.existing
    return Reply(card=card, document=document, status=2 if nothing and refused else 0)


def _with(card: Card, more: Sequence[Block], tone: Tone) -> Card:
    return replace(card, tone=tone, blocks=(*card.blocks, *more))


def _tail(call: Call, outcome: Outcome, refused: Sequence[Refused]) -> tuple[Block, ...]:
    """What else there is to say: unknown names, places without a worker, refusals."""
    language = call.language
    blocks: list[Block] = []
    if outcome.admitted.unknown:
        names = ", ".join(shown_target(one) for one in outcome.admitted.unknown[:MAX_NAMED])
        blocks.append(Note(rich(template(language, "watch.not-in-dns"), {"names": names})))
    blocks += lonely_notes(outcome.lonely, language)
    if refused:
        blocks.append(Paragraph((Span(say(language, "watch.refused", count=len(refused)), "bold"),)))
        lines = [(one.target, one.problem.key, one.problem.details) for one in refused[:MAX_NAMED]]
        blocks.append(refused_lines(lines, language))
    return tuple(blocks)


def _many_card(call: Call, outcome: Outcome, tail: Sequence[Block], refused: Sequence[Refused]) -> Card:
    language = call.language
    blocks: list[Block] = []
    if outcome.added:
        first = outcome.added[0]
        values = {
            "count": len(outcome.added), "every": show_duration(first.interval_s), "vantage": first.vantage,
        }  # fmt: skip
        blocks.append(Paragraph(rich(template(language, "watch.added-many"), values)))
        blocks.append(Bullets(tuple(_line(watch) for watch in outcome.added[:MAX_NAMED])))
        if len(outcome.added) > MAX_NAMED:
            blocks.append(Note(plain(say(language, "watch.more", count=len(outcome.added) - MAX_NAMED))))
    if outcome.existing:
        names = ", ".join(f"{one.target} (#{one.number})" for one in outcome.existing[:MAX_NAMED])
        blocks.append(Paragraph(rich(template(language, "watch.exist-many"), {"names": names})))
    if not blocks:
        blocks.append(Paragraph(rich(template(language, "watch.added-none"))))
    blocks += tail
    first_text = blocks[0].text if isinstance(blocks[0], Paragraph) else ()
    alone = outcome.added or outcome.existing
    buttons = (
        watch_buttons(alone[0], language)
        if len(alone) == 1
        else ((Button(label=say(language, "button.watch-list"), command="watch list"),) if alone else ())
    )
    return Card(
        title="",
        tone="warning" if refused else "good" if outcome.added else "plain",
        blocks=tuple(blocks),
        buttons=buttons,
        summary=text_of(first_text, links=False),
        language=language,
    )


def _line(watch: Watch) -> Text:
    return (Span(f"#{watch.number} "), Span(shown_target(watch.target), "code"))
