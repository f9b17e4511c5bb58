"""Learns the classifier's weights out of `corpus/*.toml` (at `make generate`, never at run time).

Multinomial logistic regression by stochastic gradient descent with word dropout: a few thousand
short questions, seconds of plain Python, the same result on every machine for the same corpus.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import product

from bot.knowledge.entities import find_entities
from bot.knowledge.features import BEGINNING, features, words_of
from bot.knowledge.words import WORD
from bot.model.value import frozen, mutable

EPOCHS = 24
RATE = 1.2
DROPOUT = 0.25
PENALTY = 3e-5
AVERAGED = 12  # the last epochs, whose weights are averaged
MAX_VARIANTS = 6
SCALE = 100
SEEDS = (25, 465, 587)


@frozen
class Example:
    """One question of the corpus."""

    topic: str
    language: str
    text: str
    weight: float


def expand(line: str) -> list[str]:
    """All readings of a line with `(a|b)` alternatives, spread out to at most MAX_VARIANTS."""
    parts = [part.split("|") for part in re.split(r"\(([^()]*\|[^()]*)\)", line)]
    parts = [part if index % 2 else ["|".join(part)] for index, part in enumerate(parts)]
    readings = [" ".join("".join(choice).split()) for choice in product(*parts)]
    if len(readings) <= MAX_VARIANTS:
        return readings
    step = len(readings) / MAX_VARIANTS
    return [readings[int(index * step + index) % len(readings)] for index in range(MAX_VARIANTS)]


def read_corpus(tables: Mapping[str, Mapping[str, str]]) -> list[Example]:
    """Every question of the corpus with its weight: the readings of a line share one."""
    examples = []
    for topic, languages in sorted(tables.items()):
        for language, block in languages.items():
            for line in filter(None, map(str.strip, block.split("\n"))):
                readings = expand(line)
                examples += [Example(topic, language, text, len(readings) ** -0.5) for text in readings]
    return examples


@mutable
class Model:
    """Weights by feature and topic."""

    topics: list[str]
    weights: dict[str, list[float]]
    vocabulary: list[str]


Vector = list[tuple[str, float]]


def vector_of(text: str, correct: Callable[[str], str] = lambda word: word) -> Vector:
    """The features of a text with their values: length 1 in all."""
    entities = find_entities(text)
    names = list(dict.fromkeys(features(words_of(entities.marked, correct), entities)))
    value = 1 / math.sqrt(max(len(names), 1))
    return [(name, value) for name in names]


def train(examples: Sequence[Example], *, epochs: int = EPOCHS) -> Model:
    """Learn weights."""
    topics = sorted({example.topic for example in examples})
    index = {topic: position for position, topic in enumerate(topics)}
    vectors = [vector_of(example.text) for example in examples]
    seen = Counter(name for vector in vectors for name, _ in vector)
    kept = {name for name, count in seen.items() if count > 1 or name[0] in "!@#"}
    totals = Counter[str]()
    for example in examples:
        totals[example.topic] += example.weight  # type: ignore[assignment]
    middle = sorted(totals.values())[len(totals) // 2]
    rows = [
        (
            [pair for pair in vector if pair[0] in kept],
            index[example.topic],
            example.weight * min(2.0, math.sqrt(middle / totals[example.topic])),
        )
        for vector, example in zip(vectors, examples, strict=True)
    ]
    weights = _averaged([_descend(list(rows), len(topics), epochs, seed) for seed in SEEDS])
    words = Counter(
        word
        for example in examples
        for word in WORD.findall(find_entities(example.text).marked)
        if word.isalpha()
    )
    return Model(topics, weights, sorted(word for word in words if len(word) > 3))


def _averaged(runs: Sequence[Mapping[str, list[float]]]) -> dict[str, list[float]]:
    """The mean of several runs: one alone depends by a hundredth of the questions on how it was shuffled."""
    return {
        name: [sum(column) / len(runs) for column in zip(*(run[name] for run in runs), strict=True)]
        for name in runs[0]
    }


def _descend(
    rows: list[tuple[Vector, int, float]], size: int, epochs: int, seed: int
) -> dict[str, list[float]]:
    chance = random.Random(seed)  # noqa: S311  # shuffling, not secrets
    weights: dict[str, list[float]] = defaultdict(lambda: [0.0] * size)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * size)
    for epoch in range(epochs):
        chance.shuffle(rows)
        rate = RATE / (1 + 0.12 * epoch)
        for vector, right, weight in rows:
            kept = [pair for pair in vector if chance.random() > DROPOUT] or vector
            scores = [
                6 * sum(column)
                for column in zip(*([value * w for w in weights[name]] for name, value in kept), strict=False)
            ]
            top = max(scores)
            powers = [math.exp(score - top) for score in scores]
            total = sum(powers)
            steps = [
                (position, -rate * weight * (power / total - (position == right)))
                for position, power in enumerate(powers)
                if position == right or power / total > 0.004
            ]
            for name, value in kept:
                row = weights[name]
                for position, step in steps:
                    row[position] += step * value
        for row in weights.values():
            row[:] = [w * (1 - PENALTY * len(rows) ** 0.5 * 3) for w in row]
        if epoch >= epochs - AVERAGED:
            for name, row in weights.items():
                total_row = sums[name]
                for position, w in enumerate(row):
                    total_row[position] += w / AVERAGED
    return sums


def encode(model: Model) -> dict[str, object]:
    """The model as small JSON: per feature "topic:weight" pairs as text, weights in hundredths.

    Features that begin alike stand in one text (`|port=3:41 7:-20|port 25=...|`): a question needs few
    of them, and a thousand texts are read in a quarter of the time of ten thousand.
    """
    table: dict[str, str] = {}
    for name, row in sorted(model.weights.items()):
        pairs = [(position, round(w * SCALE)) for position, w in enumerate(row)]
        kept = [f"{position}:{w}" for position, w in pairs if abs(w) >= 12]
        if kept:
            table[name[:BEGINNING]] = f"{table.get(name[:BEGINNING], '|')}{name}={' '.join(kept)}|"
    return {"topics": model.topics, "weights": table, "vocabulary": " ".join(model.vocabulary)}
