"""`keys`: which end-to-end keys are published for an address, and what that is worth."""

from __future__ import annotations

from bot.cards.keys import keys_card, keys_document
from bot.cards.model import Pending, Reply, rich
from bot.commands.definition import Call
from bot.i18n import template
from bot.model.keys import KeyLook
from bot.probes.keys import look_for_keys


async def keys(call: Call) -> Reply:
    """Handle `keys ADDRESS`."""
    address = call.need("address", str)
    clock = call.tools.clock
    await call.progress(Pending(rich(template(call.language, "keys.progress"), {"address": address})))
    started = clock.monotonic()
    looks = await look_for_keys(address, call.tools.network(), clock.now())
    spent_ms = (clock.monotonic() - started) * 1000
    return Reply(
        card=keys_card(address, looks, call.language),
        document=keys_document(address, looks, spent_ms),
        status=_status(looks),
    )


def _status(looks: tuple[KeyLook, ...]) -> int:
    """3 when nothing was found and a place could not be asked; both other cases are answers."""
    words = {look.status for look in looks}
    return 3 if "found" not in words and "could-not-tell" in words else 0
