"""`ask`: a question in one's own words."""

from __future__ import annotations

from bot.cards.answer import answer_card
from bot.cards.model import Reply
from bot.commands.definition import Call
from bot.knowledge.answer import answer_question, command_of, to_document


async def ask(call: Call) -> Reply:
    """Answer in the question's own language, unless another was wished for."""
    found = answer_question(call.need("question", str), call.request.language, call.language)
    card = answer_card(
        found.text,
        language=found.language,
        sources=found.sources,
        follow_ups=found.follow_ups,
        command=None if found.action is None else command_of(found.action),
        declined=found.topic == "off-topic",
    )
    return Reply(card=card, document=to_document(found))
