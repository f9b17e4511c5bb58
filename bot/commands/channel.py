"""What holds in one channel: its language, its time zone, its alerts; and who changed what."""

from __future__ import annotations

from bot.cards.model import Card, Paragraph, Reply, Table, rich
from bot.commands.definition import Call
from bot.i18n import say, template

MAX_ENTRIES = 20
LOOKED_AT = 1000


async def language(call: Call) -> Reply:
    """Set the channel's language; the answer is in the new one already."""
    value = call.need("value", str)
    return await _set(call, "language", value, value)


async def timezone(call: Call) -> Reply:
    """Set the channel's time zone."""
    return await _set(call, "timezone", call.need("value", str), call.language)


async def alerts(call: Call) -> Reply:
    """Switch the channel's alerts on or off."""
    value = call.need("value", str)
    return await _set(call, "alerts", value, call.language, f"channel.set-alerts-{value}")


async def _set(call: Call, name: str, value: str, spoken: str, key: str = "") -> Reply:
    stores = await call.tools.stores()
    await stores.channels.set_setting(call.request.place, name, value, person=call.request.person.id)
    text = rich(template(spoken, key or f"channel.set-{name}"), {"value": value})
    card = Card(
        title="",
        tone="good",
        blocks=(Paragraph(text),),
        summary="".join(one.text for one in text),
        language=spoken,
    )
    return Reply(card=card, document={"schema": "mailport.setting/1", "name": name, "value": value})


async def audit(call: Call) -> Reply:
    """The latest changes in this workspace; in a direct message, to whom has no right there, only its own."""
    stores = await call.tools.stores()
    place, admin = call.request.place, call.request.person.admin
    entries = await stores.audit.latest(place.workspace, limit=MAX_ENTRIES if admin else LOOKED_AT)
    if not admin:
        entries = tuple(entry for entry in entries if entry.channel == place.channel)[:MAX_ENTRIES]
    title = say(call.language, "channel.audit")
    if not entries:
        empty = rich(template(call.language, "channel.audit-empty"))
        return Reply(card=Card(title=title, blocks=(Paragraph(empty),), private=True, language=call.language))
    columns = tuple(say(call.language, f"channel.audit-{name}") for name in ("at", "who", "what"))
    rows = tuple(
        (f"{one.at:%Y-%m-%d %H:%M} UTC", one.person, f"{one.action} {one.subject}") for one in entries
    )
    card = Card(
        title=title, blocks=(Table(columns, rows),), private=True, summary=title, language=call.language
    )
    document = {
        "schema": "mailport.audit/1",
        "entries": [
            {"at": one.at.isoformat(), "person": one.person, "action": one.action, "subject": one.subject}
            for one in entries
        ],
    }
    return Reply(card=card, document=document)
