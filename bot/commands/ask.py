"""`ask`: answers a question from the knowledge base and offers the live action that it asks for."""

from __future__ import annotations

from functools import lru_cache

from bot.cards.answer import AnswerView, answer_card
from bot.cards.model import Reply
from bot.cards.plaintext import given_back
from bot.commands.definition import Call
from bot.i18n import has, say
from bot.knowledge.answer import Answer, answer_question, to_document

REMEMBERED = 1024
REMEMBERED_CHARACTERS = 300
MAX_QUESTION = 8192


async def ask(call: Call) -> Reply:
    """Answer in the language wished for, else in the question's own, else in the channel's."""
    question = call.need("question", str)
    if len(question) > REMEMBERED_CHARACTERS:
        return _reply(question, call.request.language, call.language)
    return _remembered(question, call.request.language, call.language)


def _reply(question: str, wished: str | None, here: str) -> Reply:
    answer = answer_question(question, wished, here)
    return Reply(
        card=answer_card(_view(answer)),
        document=to_document(answer) | {"question": given_back(question, MAX_QUESTION)},
    )


# An answer follows from the words alone, and people ask the same things.
_remembered = lru_cache(maxsize=REMEMBERED)(_reply)


def _view(answer: Answer) -> AnswerView:
    return AnswerView(
        title=_title(answer),
        text=answer.text,
        values=answer.values,
        sources=tuple((source.ref, source.url) for source in answer.sources),
        follow_ups=answer.follow_ups,
        command=answer.action.words if answer.action else "",
        language=answer.language,
    )


def _title(answer: Answer) -> str:
    key = f"answer.title-{answer.topic}"
    return say(answer.language, key) if has(answer.language, key) else ""
