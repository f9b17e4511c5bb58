"""Questions and errors by somebody who did not see the corpus: floors a little under what was measured.

Neither file was read while the knowledge base was built, and nobody should tune on them: they say how well
it does on what it has not seen (docs/decisions/0020). The figures: `python -m tests.bot.knowledge.evaluate
tests/bot/knowledge/heldout/questions.jsonl` and `... evaluate_errors tests/bot/knowledge/heldout/errors.jsonl`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge.explain import diagnose
from tests.bot.knowledge.evaluate import Judged, judge, read, share

FOLDER = Path(__file__).parent / "heldout"


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    """Every held-out question with what was right about its answer."""
    return [judge(question) for question in read(FOLDER / "questions.jsonl")]


def test_topics_of_unseen_questions(judged: list[Judged]) -> None:
    assert share(one.topic for one in judged) >= 0.79


def test_required_facts_of_unseen_questions(judged: list[Judged]) -> None:
    assert share(not one.missing for one in judged) >= 0.89


def test_unseen_questions_that_are_not_for_us_are_declined(judged: list[Judged]) -> None:
    assert share(one.decline for one in judged) >= 0.77


def test_unseen_requests_become_their_command(judged: list[Judged]) -> None:
    assert share(one.action for one in judged) >= 0.9


def test_unseen_questions_are_answered_in_their_language(judged: list[Judged]) -> None:
    assert share(one.language for one in judged) >= 0.99


def test_few_unseen_questions_are_declined_wrongly(judged: list[Judged]) -> None:
    asked = [one for one in judged if not one.question.get("decline")]
    assert share(one.document["topic"] == "off-topic" for one in asked) <= 0.04


def test_causes_of_unseen_errors() -> None:
    rows = read(FOLDER / "errors.jsonl")
    assert (
        share(diagnose(row["text"]).cause in (row["cause"], *row.get("also_ok", ())) for row in rows) >= 0.89
    )
