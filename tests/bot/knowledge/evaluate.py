"""Measures answers against labelled questions: `python -m tests.bot.knowledge.evaluate [FILE ...]`.

Reads any file in the format of the shared question sets (`../shared/knowledge/README.md`). Questions
are split in two halves by a hash of their id; only half A is ever shown (`--show`), half B gives
figures alone, so that it stays a held-out set. `--show-all` shows everything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.knowledge.answer import answer_question, to_document
from bot.knowledge.words import fold

SHARED = Path(__file__).resolve().parents[4] / "shared" / "knowledge" / "questions.dev.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One question with what was right about its answer; None where nothing of the kind is asked."""

    question: Mapping[str, Any]
    document: Mapping[str, Any]
    half: str
    topic: bool
    missing: tuple[tuple[str, ...], ...]
    decline: bool | None
    action: bool | None
    language: bool


def half_of(identifier: str) -> str:
    """Half A or B, by a hash of the id."""
    return "AB"[int(hashlib.sha256(identifier.encode()).hexdigest(), 16) % 2]


def contains(text: str, wanted: str) -> bool:
    """Whether a text holds an alternative, by the rules of the question sets."""
    text, wanted = fold(text), fold(wanted)
    if wanted.isdigit():
        return re.search(rf"(?<!\d){wanted}(?!\d)", text) is not None
    if len(wanted) <= 3:
        return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None
    return wanted in text


def judge(question: Mapping[str, Any]) -> Judged:
    """Answer one question and compare."""
    document = to_document(answer_question(question["text"], None, "en"))
    text = str(document["text"])
    groups = question.get("must") or []
    wanted = question.get("action")
    return Judged(
        question=question,
        document=document,
        half=half_of(question["id"]),
        topic=document["topic"] in (question["topic"], *question.get("also_ok", ())),
        missing=tuple(tuple(group) for group in groups if not any(contains(text, word) for word in group)),
        decline=document["topic"] == "off-topic" if question.get("decline") else None,
        action=None if wanted is None else same_action(document["action"], wanted),
        language=document["lang"] == question["lang"],
    )


def same_action(found: Any, wanted: Mapping[str, Any]) -> bool:
    """Command and every wanted argument equal; more arguments are allowed."""
    if not found or found["command"] != wanted["command"]:
        return False
    return all(
        _plain(found["arguments"].get(name)) == _plain(value) for name, value in wanted["arguments"].items()
    )


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value).lower()


def read(path: Path) -> list[dict[str, Any]]:
    """The questions of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def share(values: Iterable[bool | None]) -> float:
    """The share of true among what is not None; 1.0 of nothing."""
    kept = [value for value in values if value is not None]
    return sum(kept) / len(kept) if kept else 1.0


def rate(values: Iterable[bool | None]) -> str:
    """What `share` gives, as "n/m (p %)"."""
    kept = [value for value in values if value is not None]
    return f"{sum(kept)}/{len(kept)} ({100 * share(kept):.1f} %)" if kept else "-"


def table(judged: list[Judged]) -> str:
    """The figures of each half and language."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        lang = one.question["lang"]
        for name in ("all", lang, f"half {one.half}", f"half {one.half} {lang}"):
            groups[name].append(one)
    lines = [
        f"{'group':<10} {'topic':<18} {'musts':<18} {'both':<18} {'declined':<16} {'actions':<16} language"
    ]
    for name, members in sorted(groups.items()):
        cells = (
            rate(one.topic for one in members),
            rate(not one.missing for one in members),
            rate(one.topic and not one.missing for one in members),
            rate(one.decline for one in members),
            rate(one.action for one in members),
        )
        widths = zip(cells, (18, 18, 18, 16, 16), strict=True)
        lines.append(
            f"{name:<10} "
            + " ".join(f"{cell:<{width}}" for cell, width in widths)
            + " "
            + rate(one.language for one in members)
        )
    false = sum(one.document["topic"] == "off-topic" and not one.question.get("decline") for one in judged)
    return "\n".join([*lines, f"declined although answerable: {false}"])


def faults(judged: list[Judged], halves: str) -> list[str]:
    """One line per question of these halves whose answer is not all right."""
    return [
        f"{one.question['id']} {one.question['topic']} -> {one.document['topic']} "
        f"({one.document['confidence']}) missing={list(one.missing)} action={one.document['action']} "
        f"wanted={one.question.get('action')} | {one.question['text']}"
        for one in judged
        if one.half in halves
        and not (one.topic and not one.missing and one.language and one.action is not False)
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[SHARED])
    parser.add_argument("--show", action="store_true", help="faults of half A")
    parser.add_argument("--show-all", action="store_true", help="every fault")
    options = parser.parse_args()
    for path in options.files:
        judged = [judge(question) for question in read(path)]
        print(f"{path}\n{table(judged)}")
        halves = "AB" if options.show_all else "A" if options.show else ""
        print("\n".join(faults(judged, halves)))


if __name__ == "__main__":
    main()
