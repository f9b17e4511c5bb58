"""Questions and errors by somebody who did not see the corpus: floors a little under what was measured.

Neither file was ever read by those who build the knowledge base, and nobody should tune on them: they say how
well it does on what it has not seen (docs/decisions/0020). The figures: `python -m tests.bot.knowledge.evaluate
tests/bot/knowledge/heldout/questions.jsonl` and `... evaluate_errors tests/bot/knowledge/heldout/errors.jsonl`.
Those in `labelled/` are part of the corpus, or rules were made after them: here they only must not get worse.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge.explain import diagnose
from tests.bot.knowledge.evaluate import Judged, judge, read, share

FOLDER = Path(__file__).parent / "heldout"
LABELLED = Path(__file__).parent / "labelled"


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    """Every held-out question with what was right about its answer."""
    return [judge(question) for question in read(FOLDER / "questions.jsonl")]


def test_topics_of_unseen_questions(judged: list[Judged]) -> None:
    assert share(one.topic for one in judged) >= 0.92


def test_required_facts_of_unseen_questions(judged: list[Judged]) -> None:
    assert share(not one.missing for one in judged) >= 0.94


def test_unseen_questions_that_are_not_for_us_are_declined(judged: list[Judged]) -> None:
    assert share(one.decline for one in judged) >= 0.95


def test_unseen_requests_become_their_command(judged: list[Judged]) -> None:
    assert share(one.action for one in judged) >= 0.95


def test_unseen_questions_are_answered_in_their_language(judged: list[Judged]) -> None:
    assert share(one.language for one in judged) >= 0.99


def test_few_unseen_questions_are_declined_wrongly(judged: list[Judged]) -> None:
    asked = [one for one in judged if not one.question.get("decline")]
    assert share(one.document["topic"] == "off-topic" for one in asked) <= 0.03


def test_causes_of_unseen_errors() -> None:
    rows = read(FOLDER / "errors.jsonl")
    assert (
        share(diagnose(row["text"]).cause in (row["cause"], *row.get("also_ok", ())) for row in rows) >= 0.94
    )


@pytest.mark.parametrize("path", sorted(LABELLED.glob("questions.*")), ids=lambda path: path.stem)
def test_questions_of_the_corpus_are_answered_as_before(path: Path) -> None:
    judged = [judge(question) for question in read(path)]
    assert share(one.topic for one in judged) >= 0.97
    assert share(not one.missing for one in judged) >= 0.96
    assert share(one.decline for one in judged) >= 0.95
    assert share(one.action for one in judged) >= 0.93
    assert share(one.language for one in judged) >= 0.99


@pytest.mark.parametrize("path", sorted(LABELLED.glob("errors.*")), ids=lambda path: path.stem)
def test_errors_that_rules_were_made_after_are_understood(path: Path) -> None:
    rows = read(path)
    assert (
        share(diagnose(row["text"]).cause in (row["cause"], *row.get("also_ok", ())) for row in rows) >= 0.94
    )
