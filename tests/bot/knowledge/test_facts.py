"""Answers agree with the facts that they rest on, in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.answer import texts

FOLDER = Path(__file__).resolve().parents[3] / "bot" / "knowledge"
FACTS: list[dict[str, Any]] = [
    fact
    for path in sorted((FOLDER / "facts").glob("*.toml"))
    for fact in tomllib.loads(path.read_text("utf-8"))["fact"]
]


def text_of(key: str, language: str) -> str:
    table: Any = texts(language)
    for part in key.split("."):
        table = table[part]
    return str(table["text"])


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["claim"][:60])
def test_an_answer_says_what_its_fact_says(fact: dict[str, Any], language: str) -> None:
    for key in fact["answers"]:
        text = text_of(key, language).lower()
        assert [words for words in fact["says"] if words.lower() not in text] == []


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["claim"][:60])
def test_a_fact_names_its_source_when_it_was_read_and_how_sure_it_is(fact: dict[str, Any]) -> None:
    assert re.fullmatch(r"https://\S+", fact["source"]["url"])
    assert fact["source"]["ref"]
    assert re.fullmatch(r"20\d\d-\d\d", fact["checked"])
    assert fact["sure"] in ("A", "B", "C")


def test_both_languages_have_the_same_answers() -> None:
    def keys(table: dict[str, Any], prefix: str = "") -> set[str]:
        found: set[str] = set()
        for key, value in table.items():
            found |= keys(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
        return found

    assert keys(texts("en")) == keys(texts("es"))


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_answer_makes_a_claim_that_is_known_to_be_wrong(language: str) -> None:
    for key, entry in texts(language).items():
        text = str(entry.get("text", "")) if isinstance(entry, dict) else ""
        for wrong in (
            r"465 (is|was) (deprecated|obsolete)\b",
            r"\b465 est[aá] obsoleto",
            r"verify\s*=\s*false",
            r"turn on less secure",
        ):
            match = re.search(wrong, text, re.IGNORECASE)
            assert match is None or "no est" in text[max(0, match.start() - 12) : match.end()], (key, wrong)
