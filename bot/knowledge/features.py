"""From a question to the features that the classifier weighs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, pairwise

from bot.knowledge.data import read_table
from bot.knowledge.entities import Entities
from bot.knowledge.words import WORD, stem

_SENTENCE = re.compile(r"(?<=[.!?;\n])(?:\s+|$)")
MAX_SENTENCES = 24
# Words that carry nothing here; everything else counts, "which" and "why" included.
_EMPTY = frozenset(
    """
    the a an of el la los las un una unos unas de del al lo s t please por favor hi hello hola hey
    """.split()  # noqa: SIM905  # hundreds of words read better as text
)
_LONGEST_PHRASE = 4
BEGINNING = 3  # letters that features in one text of the model have in common


@cache
def _phrases() -> tuple[dict[str, str], dict[str, str]]:
    """Phrases by their words, and beginnings of words (`block*`), each with its concepts."""
    table = read_table("entities.json")
    return table["concepts"], table["begun"]


def words_of(marked: str, correct: Callable[[str], str]) -> list[str]:
    """The words of a text whose entities are marked, mistyped ones put right."""
    return [word if word[0] == "@" else correct(word) for word in WORD.findall(marked)]


def concepts(words: list[str]) -> list[str]:
    """The ideas that the words speak of, in order."""
    exact, begun = _phrases()
    found: dict[str, None] = {}
    for start in range(len(words)):
        for size in range(1, min(_LONGEST_PHRASE, len(words) - start) + 1):
            phrase = " ".join(words[start : start + size])
            hit = exact.get(phrase) or _begun(phrase, begun)
            if hit:
                found.update(dict.fromkeys(hit.split(" ")))
    return list(found)


def _begun(phrase: str, begun: dict[str, str]) -> str | None:
    for end in range(len(phrase), max(2, len(phrase) - 8), -1):
        if (hit := begun.get(phrase[:end])) and " " not in phrase[end:]:
            return hit
    return None


def features(words: list[str], entities: Entities) -> Iterator[str]:
    """Each stem, each pair of neighbours, each concept and pair of concepts, and what is named."""
    kept = [word if word[0] == "@" else stem(word) for word in words if word not in _EMPTY]
    yield from kept
    yield from (f"{left} {right}" for left, right in pairwise(kept))
    ideas = [f"!{idea}" for idea in concepts(words)]
    ports = sorted({word for word in kept if word.startswith("@p") and word[2:].isdigit()})
    kinds = list(
        dict.fromkeys(
            word
            for word in kept
            if word
            in (
                "@prov",
                "@cloud",
                "@isp",
                "@other",
                "@domain",
                "@ip",
                "@address",
                "@code",
                "@blocklist",
                "@range",
            )
        )
    )
    yield from ideas
    yield from ("&".join(sorted(pair)) for pair in combinations([*ideas, *ports, *kinds][:14], 2))
    if len(ports) > 1:
        yield "#ports"
    if entities.targets or entities.addresses:
        yield "#target"
    if len(kept) <= 3:
        yield "#short"


def sentences(text: str) -> list[str]:
    """The sentences of a text with their marks, names and numbers with dots whole; of many the first and last."""
    parts = [part for part in _SENTENCE.split(text) if part.strip(" .!?;")]
    return (
        parts
        if len(parts) <= MAX_SENTENCES
        else parts[: MAX_SENTENCES // 3] + parts[-2 * MAX_SENTENCES // 3 :]
    )
