"""Measure answers against labelled questions: `python -m tests.bot.knowledge.evaluate [file.jsonl]`."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

from bot.knowledge.answer import answer_question, to_document

DEVELOPMENT = Path(__file__).resolve().parents[4] / "shared/knowledge/questions.dev.jsonl"


def plain(text: str) -> str:
    """Lower case without accents, as the labels are matched."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(character for character in decomposed if unicodedata.category(character) != "Mn")


def holds(alternative: str, text: str) -> bool:
    """Whether an answer mentions an alternative: numbers stand alone, short words are whole words."""
    wanted = re.escape(plain(alternative))
    if alternative.isdigit():
        return re.search(rf"(?<!\d){wanted}(?!\d)", text) is not None
    if len(alternative) <= 3:
        return re.search(rf"(?<!\w){wanted}(?!\w)", text) is not None
    return plain(alternative) in text


def judge(row: dict[str, Any]) -> dict[str, bool]:
    """What is right about the answer to one labelled question."""
    document = to_document(answer_question(row["text"], None, "en"))
    text = plain(document["text"])
    judged = {
        "topic": document["topic"] in (row["topic"], *row["also_ok"]),
        "must": all(any(holds(one, text) for one in group) for group in row["must"]),
        "language": document["lang"] == row["lang"],
    }
    if row["decline"]:
        judged["declined"] = document["topic"] == "off-topic"
    if row["action"]:
        found = document["action"] or {}
        wanted = row["action"]["arguments"]["target"]
        judged["action"] = (
            found.get("command") == row["action"]["command"] and found.get("arguments", {}).get("target") == wanted
        )
    return judged


def evaluate(path: Path, *, show: bool = False) -> tuple[Counter[str], Counter[str]]:
    """(right, counted) by measure, and by measure and language."""
    right: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        for measure, good in judge(row).items():
            for key in (measure, f"{measure} {row['lang']}"):
                counted[key] += 1
                right[key] += good
            if show and not good:
                document = to_document(answer_question(row["text"], None, "en"))
                missing = [g for g in row["must"] if not any(holds(o, plain(document["text"])) for o in g)]
                print(measure, row["topic"], "<-", document["topic"], row["text"][:90], missing, document["action"])
    return right, counted


def main() -> None:
    """Print the figures."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEVELOPMENT
    right, counted = evaluate(path, show="--show" in sys.argv)
    for key in sorted(counted):
        print(f"{key}: {right[key]}/{counted[key]} = {right[key] / counted[key]:.1%}")


if __name__ == "__main__":
    main()
