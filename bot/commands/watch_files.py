"""`watch export` and `watch import`."""

from __future__ import annotations

from bot.cards.model import Attachment, Card, Paragraph, Reply, rich
from bot.cards.plaintext import text_of
from bot.cards.watch import empty_card
from bot.commands.admission import Refused
from bot.commands.definition import Call
from bot.commands.watch_add import add_drafts
from bot.commands.watching import watches_here
from bot.i18n import counted, say, template
from bot.watches.listing import read_watches, row_of, write_csv, write_json


async def export(call: Call) -> Reply:
    """All watches of the channel as a file."""
    _, watches = await watches_here(call)
    kind = call.get("format", str) or "csv"
    document = {"schema": "mailport.watch-export/1", "watches": [row_of(watch) for watch in watches]}
    if not watches:
        return Reply(card=empty_card(call.language), document=document)
    content = write_json(watches) if kind == "json" else write_csv(watches)
    media_type = "application/json" if kind == "json" else "text/csv"
    key = counted(call.language, "watch.exported", len(watches))
    text = rich(template(call.language, key), {"count": len(watches), "name": f"watches.{kind}"})
    card = Card(
        title="",
        blocks=(Paragraph(text), Attachment(f"watches.{kind}", content.encode("utf-8"), media_type)),
        summary=text_of(text, links=False),
        language=call.language,
    )
    return Reply(card=card, document=document)


async def import_(call: Call) -> Reply:
    """Add watches from CSV or JSON; lines that cannot be taken are told by their number.

    Raises:
        BadInput: `import-empty`, `import-json`, `import-many`.
    """
    lines = read_watches(call.need("text", str), call.tools.settings.min_interval_s)
    bad = []
    for line in lines:
        if line.problem is not None:
            where = say(call.language, "watch.line", number=line.number, text=line.text)
            bad.append(Refused(where, line.problem))
    return await add_drafts(call, [line.draft for line in lines if line.draft is not None], bad)
