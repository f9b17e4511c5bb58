"""Puts right what hands and screens do to an error text: mistyped words, and an end that was cut off.

Used when the text as pasted says nothing, so that nothing that is understood can be made worse.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise

from bot.knowledge.explain_flat import Flat
from bot.knowledge.explain_rules import phrases
from bot.knowledge.words import slips
from bot.model.value import replace

MIN_WORD = 5
MIN_END = 8  # letters of a phrase that must be there before the rest is taken for cut off
_SHARE = 0.55
_WORD = re.compile(r"[a-z]+")
# What the person adds in brackets comes after the end of the paste.
_ADDED = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])?\s*$")
MAX_MENDED = 4000
MAX_PHRASE = 100


def mend(flat: Flat) -> Flat | None:
    """The text with slips put right and its end completed; None when there is nothing to mend."""
    if len(flat.text) > MAX_MENDED:
        return None
    # The end first, so that a cut word is not taken for a mistyped one; afterwards only what was both.
    whole = _complete(flat.text)
    text = _corrected(whole) if whole != flat.text else _complete(_corrected(whole))
    return replace(flat, text=text) if text != flat.text else None


def _corrected(text: str) -> str:
    """Mistyped words put right: the nearest word, of several the one that follows the word before it."""
    known, by_length, pairs = _words()
    before = ""

    def correct(match: re.Match[str]) -> str:
        nonlocal before
        word = match[0]
        if len(word) >= MIN_WORD and word not in known:
            near = list(slips(word, by_length))
            word = next((one for one in near if (before, one) in pairs), near[0] if near else word)
        before = word
        return word

    return _WORD.sub(correct, text)


def _complete(text: str) -> str:
    end = _ADDED.search(text)
    said, added = (text[: end.start()], text[end.start() :]) if end else (text, "")
    said = said.rstrip(" .'\"")
    rest = next(filter(None, (_rest_of(said[start:]) for start in _starts(said))), "")
    return said + rest + added if rest else text


def _starts(said: str) -> Iterator[int]:
    """Where a cut phrase may begin: at the words near the end, the longest rest first."""
    near = max(0, len(said) - MAX_PHRASE)
    return (near + match.start() for match in re.finditer(r"(?<!\w)\w", said[near:]))


def _rest_of(begun: str) -> str:
    """What the shortest phrase that begins like this goes on with; empty when too little of it is there.

    Cut within a word: what ends with a word may be all there was.
    """
    cores = _cores()
    fitting = []
    for place in range(bisect_left(cores, begun), len(cores)):
        core = cores[place]
        if not core.startswith(begun):
            break
        if (
            len(begun) >= max(MIN_END, int(len(core) * _SHARE))
            and core[len(begun) - 1 : len(begun) + 1].isalnum()
        ):
            fitting.append(core)
    return min(fitting, key=len)[len(begun) :] if fitting else ""


@cache
def _cores() -> tuple[str, ...]:
    return tuple(sorted({core for core in _pieces() if len(core) > MIN_END}))


@cache
def _words() -> tuple[frozenset[str], dict[int, list[str]], frozenset[tuple[str, str]]]:
    """The words of all phrases, by length too, and which follow each other."""
    said = [_WORD.findall(core) for core in _pieces()]
    known = frozenset(word for words in said for word in words)
    by_length: dict[int, list[str]] = {}
    for word in sorted(known):
        if len(word) >= MIN_WORD:
            by_length.setdefault(len(word), []).append(word)
    return known, by_length, frozenset(pair for words in said for pair in pairwise(words))


def _pieces() -> Iterator[str]:
    flattened: Iterable[str] = (core for phrase in phrases() for core, _, _ in phrase)
    yield from flattened
