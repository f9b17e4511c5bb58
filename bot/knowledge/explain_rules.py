"""The rules that lead from what a text says to a cause.

A rule names phrases. A phrase is literal text, pieces of it apart by at most GAP characters, searched
with `str.find`: no regular expression, so no input can make it slow. Where a phrase's piece begins or
ends with a digit no further digit may follow it there ("5.7.1" is not in "5.7.133").
The weight of a rule says how telling it is; the heaviest rule that holds decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from bot.knowledge.data import read_data
from bot.knowledge.enhanced import cause_of
from bot.knowledge.explain_entities import Entities
from bot.knowledge.explain_flat import Flat
from bot.model.value import frozen

GAP = 140
_TRIES = 40
_SUPPORT = 0.5  # what further rules for the same cause add, in points of weight

Piece = tuple[str, str, str]
Phrase = tuple[Piece, ...]


@frozen
class Rule:
    """One way to see a cause.

    Attributes:
        cause: The label.
        weight: 0 to 100: how sure the cause is when the rule holds.
        phrases: Any of them must occur. Empty: the conditions alone suffice.
        needs: Facts that must all hold; "a|b" means either.
        bars: Facts of which none may hold.
    """

    cause: str
    weight: float
    phrases: tuple[Phrase, ...]
    needs: tuple[str, ...]
    bars: tuple[str, ...]


@frozen
class Verdict:
    """What the rules say; `position` is where in the flat text the deciding phrase begins."""

    cause: str
    confidence: float
    basis: str
    position: int = 0


@cache
def _load() -> tuple[tuple[Rule, ...], Mapping[str, tuple[Phrase, ...]]]:
    data = json.loads(read_data("causes.json"))
    rules = tuple(
        Rule(cause, weight, _phrases(phrases), tuple(needs), tuple(bars))
        for cause, weight, phrases, needs, bars in data["rules"]
    )
    return rules, {name: _phrases(phrases) for name, phrases in data["facts"].items()}


def _phrases(data: Iterable[Iterable[tuple[str, str, str]]]) -> tuple[Phrase, ...]:
    return data  # type: ignore[return-value]  # lists from JSON serve as well, and building tuples costs time


def phrases() -> Iterator[Phrase]:
    """Every phrase of the rules and facts."""
    rules, facts = _load()
    for rule in rules:
        yield from rule.phrases
    for known in facts.values():
        yield from known


def find_phrase(text: str, phrase: Phrase) -> int:
    """Position of a phrase in a flat text, -1 when it does not occur."""
    core, left, right = phrase[0]
    position = text.find(core)
    for _ in range(_TRIES):
        if position < 0:
            return -1
        end = position + len(core)
        if _stands_alone(text, position, end, left, right) and _rest_follows(text, end, phrase):
            return position
        position = text.find(core, position + 1)
    return -1


def _rest_follows(text: str, end: int, phrase: Phrase) -> bool:
    for core, left, right in phrase[1:]:
        position = text.find(core, end, end + GAP + len(core))
        while position >= 0 and not _stands_alone(text, position, position + len(core), left, right):
            position = text.find(core, position + 1, end + GAP + len(core))
        if position < 0:
            return False
        end = position + len(core)
    return True


def _stands_alone(text: str, begin: int, end: int, left: str, right: str) -> bool:
    if left and begin > 0:
        before = text[begin - 1]
        if before.isdigit() if left == "d" else before.isalnum():
            return False
        if left == "d" and before == "." and begin > 1 and text[begin - 2].isdigit():
            return False
    if right and end < len(text):
        after = text[end]
        if after.isdigit() if right == "d" else after.isalnum():
            return False
        if right == "d" and after == "." and end + 1 < len(text) and text[end + 1].isdigit():
            return False
    return True


def judge(flat: Flat, entities: Entities) -> Verdict:
    """The cause that the rules, or else the codes, point to."""
    rules, facts = _load()
    held = _Facts(flat.text, facts, entities.facts)
    best: dict[str, tuple[float, int]] = {}
    for rule in rules:
        position = _holds(rule, flat.text, held)
        if position >= 0:
            weight, at = best.get(rule.cause, (0.0, 0))
            if rule.weight > weight:
                best[rule.cause] = (rule.weight + (_SUPPORT if weight else 0), position)
            else:
                best[rule.cause] = (weight + _SUPPORT, at)
    if best:
        return _of_rules(best)
    return _of_codes(flat, entities)


def _holds(rule: Rule, text: str, held: _Facts) -> int:
    position = 0
    if rule.phrases:
        for phrase in rule.phrases:
            position = find_phrase(text, phrase)
            if position >= 0:
                break
        else:
            return -1
    if all(held.holds(name) for name in rule.needs) and not any(held.holds(name) for name in rule.bars):
        return position
    return -1


def _of_rules(best: Mapping[str, tuple[float, int]]) -> Verdict:
    ranked = sorted(best.items(), key=lambda item: -item[1][0])
    cause, (weight, position) = ranked[0]
    margin = weight - ranked[1][1][0] if len(ranked) > 1 else 30.0
    confidence = min(0.99, weight / 100) - (0.1 if margin < 3 else 0.0)
    if cause == "unknown":
        return Verdict("unknown", 0.1, "nothing")
    return Verdict(cause, round(max(confidence, 0.2), 2), "text", position)


def _of_codes(flat: Flat, entities: Entities) -> Verdict:
    found = cause_of(entities.enhanced_code, entities.code, flat.text)
    if found is None:
        return Verdict("unknown", 0.1, "nothing")
    cause, confidence, basis = found
    code = entities.enhanced_code if basis == "enhanced" else entities.code
    return Verdict(cause, confidence, basis, max(flat.text.find(code or ""), 0))


class _Facts:
    """Named circumstances (a local host, a TLS option), looked for once, when a rule asks."""

    def __init__(self, text: str, phrases: Mapping[str, tuple[Phrase, ...]], known: frozenset[str]) -> None:
        self._text = text
        self._phrases = phrases
        self._held: dict[str, bool] = dict.fromkeys(known, True)

    def holds(self, name: str) -> bool:
        """Whether a fact holds; "a|b" means either."""
        if name not in self._held:
            self._held[name] = (
                any(self.holds(part) for part in name.split("|"))
                if "|" in name
                else any(find_phrase(self._text, phrase) >= 0 for phrase in self._phrases.get(name, ()))
            )
        return self._held[name]
