"""`trace`: read a message's headers, hop by hop."""

from __future__ import annotations

from bot.cards.model import Reply
from bot.cards.trace import trace_card, trace_document
from bot.commands.definition import Call
from bot.errors import BadInput
from bot.probes.trace import read_trace


async def trace(call: Call) -> Reply:
    """Show the way of a message.

    Raises:
        BadInput: `trace-no-headers` when there is no Received header in the text.
    """
    found = read_trace(call.need("text", str))
    if not found.hops:
        raise BadInput("trace-no-headers")
    return Reply(card=trace_card(found, call.language), document=trace_document(found))
