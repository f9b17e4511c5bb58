"""Compiles `causes/*.toml` into JSON (`make generate`)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
_BRACES = re.compile(r"\{([^{}]*)\}")
_FOLDED = str.maketrans("áéíóúüñ’‘“”`", "aeiouun''\"\"'")


def causes() -> dict[str, str]:
    """causes.json: facts, rules (sorted by weight) and what is known per cause."""
    facts: dict[str, object] = {}
    rules: list[list[object]] = []
    about: dict[str, object] = {}
    for path in sorted((FOLDER / "causes").glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        for name, phrases in data.get("fact", {}).items():
            facts[name] = _compile(phrases)
        about.update(data.get("about", {}))
        for cause, rows in data.get("rules", {}).items():
            rules.extend(_rule(cause, row) for row in rows)
    rules.sort(key=lambda rule: -float(str(rule[1])))
    compiled = {"rules": rules, "facts": facts}
    return {
        "bot/knowledge/causes.json": _json(compiled),
        "bot/knowledge/causes_about.json": json.dumps(about, ensure_ascii=False, indent=0, sort_keys=True)
        + "\n",
    }


def _json(compiled: Mapping[str, object]) -> str:
    rules = compiled["rules"]
    assert isinstance(rules, list)
    lines = ",\n".join(json.dumps(rule, ensure_ascii=False, separators=(",", ":")) for rule in rules)
    facts = json.dumps(compiled["facts"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f'{{"facts":{facts},\n"rules":[\n{lines}\n]}}\n'


def _rule(cause: str, row: Mapping[str, object]) -> list[object]:
    unknown = set(row) - {"weight", "says", "needs", "bars"}
    if unknown:
        raise SystemExit(f"rule of {cause}: {unknown}?")
    says = row.get("says", [])
    assert isinstance(says, list)
    return [cause, row["weight"], _compile(says), row.get("needs", []), row.get("bars", [])]


def _compile(phrases: list[str]) -> list[list[tuple[str, str, str]]]:
    return [[_piece(part) for part in text.split("..")] for phrase in phrases for text in _expand(phrase)]


def _expand(phrase: str) -> Iterator[str]:
    parts = _BRACES.split(phrase)
    choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts)]
    for chosen in product(*choices):
        yield "".join(chosen)


def _piece(text: str) -> tuple[str, str, str]:
    folded = text.lower().translate(_FOLDED)
    left = "w" if folded.startswith("|") else ""
    right = "w" if folded.endswith("|") else ""
    core = folded.strip("|")
    if not core:
        raise SystemExit(f"phrase piece {text!r} is empty")
    if len(core) < 3 and not core.isdigit():
        left = right = "w"  # "no" is not in "note"
    left = left or ("d" if core[0].isdigit() else "")
    right = right or ("d" if core[-1].isdigit() else "")
    return core, left, right
