"""Cross-validation over the corpus: `python -m tests.bot.knowledge.crossvalidate [FOLDS]`.

A whole line stands on one side, with all its readings, so nothing asked was learnt in other words.
"""

from __future__ import annotations

import random
import sys
from collections import Counter

from bot.knowledge.classify import Classifier, classify
from bot.knowledge.entities import find_entities
from bot.knowledge.generate import corpus
from bot.knowledge.training import Example, encode, expand, train

Line = tuple[str, str, str]


def lines() -> list[Line]:
    """Every line of the corpus with topic and language, shuffled the same way each time."""
    found = [
        (topic, language, line.strip())
        for topic, languages in sorted(corpus().items())
        for language, block in sorted(languages.items())
        for line in block.split("\n")
        if line.strip()
    ]
    random.Random(1).shuffle(found)
    return found


def _learnt(kept: list[Line]) -> Classifier:
    examples = [
        Example(topic, language, text, len(expand(line)) ** -0.5)
        for topic, language, line in kept
        for text in expand(line)
    ]
    return Classifier(encode(train(examples)))


def main() -> None:
    """Print right/asked per language, off-topic declined, and what was declined wrongly."""
    folds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    asked, right = Counter[str](), Counter[str]()
    declined = Counter[tuple[bool, bool]]()
    everything = lines()
    for fold in range(folds):
        model = _learnt([line for index, line in enumerate(everything) if index % folds != fold])
        for topic, language, line in everything[fold::folds]:
            text = expand(line)[0]
            found = classify(text, find_entities(text), model).topic
            asked[language] += 1
            right[language] += found == topic
            declined[topic == "off-topic", found == "off-topic"] += 1
    for language in sorted(asked):
        print(f"{language}: {right[language]}/{asked[language]} = {right[language] / asked[language]:.3f}")
    print(f"off-topic declined: {declined[True, True]}/{declined[True, True] + declined[True, False]}")
    print(f"declined although answerable: {declined[False, True]}")


if __name__ == "__main__":
    main()
