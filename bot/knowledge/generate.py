"""Compiles the TOML that people edit into the JSON that is read at run time (`make generate`)."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from bot.knowledge.words import WORD, fold

FOLDER = Path(__file__).parent


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text("utf-8"))


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def providers() -> dict[str, str]:
    """providers.json: one provider a line."""
    rows = ",\n".join(_line(row) for row in _load("providers.toml")["provider"])
    return {"bot/knowledge/providers.json": f"[{rows}]\n"}


def entities() -> dict[str, str]:
    """entities.json: every alias with its kind, ends of host names by provider, the gate's words."""
    table = _load("entities.toml")
    rows = _load("providers.toml")["provider"]
    names = {alias: ("elsewhere", alias) for alias in table["elsewhere"]["words"]}
    names |= {alias: ("blocklists", alias) for alias in table["blocklists"]["words"]}
    for kind in ("isps", "clouds"):
        names |= {alias: (kind, key) for key, aliases in table[kind].items() for alias in aliases}
    names |= {fold(alias): ("providers", row["id"]) for row in reversed(rows) for alias in row["aliases"]}
    concepts = _concepts()
    made = {
        "names": [[alias, *meaning] for alias, meaning in sorted(names.items())],
        "hosts": {end: row["id"] for row in rows for end in _ends(row)},
        "not_domains": table["hosts"]["not_domains"],
        "evidence": table["gate"]["evidence"],
        "weak": table["gate"]["weak"],
        "terms": table["gate"]["terms"],
        "concepts": {phrase: found for phrase, found in concepts.items() if not phrase.endswith("*")},
        "begun": {phrase[:-1]: found for phrase, found in concepts.items() if phrase.endswith("*")},
        "priors": _load("concepts.toml")["priors"],
    }
    return {"bot/knowledge/entities.json": _line(made) + "\n"}


def _concepts() -> dict[str, str]:
    """Words and word pairs by concept, turned round: phrase -> concepts, `*` kept at its end."""
    turned: dict[str, list[str]] = {}
    for concept, phrases in _load("concepts.toml")["concepts"].items():
        for phrase in phrases:
            turned.setdefault(
                " ".join(WORD.findall(phrase)) + ("*" if phrase.endswith("*") else ""), []
            ).append(concept)
    return {phrase: " ".join(dict.fromkeys(concepts)) for phrase, concepts in sorted(turned.items())}


def _ends(row: dict[str, Any]) -> list[str]:
    servers = [line.split()[0] for kind in ("submission", "imap", "pop3") for line in row[kind]]
    ends = {*row["domains"], *(host for host in servers if "<" not in host)}
    if row["id"] == "ses":
        ends.add("amazonaws.com")
    return sorted(ends)


def weights() -> dict[str, str]:
    """model.json, learnt from the corpus; kept as it is while nothing that it is made from changed."""
    made = FOLDER / "model.json"
    stamp = _stamp()
    if made.exists() and json.loads(made.read_text("utf-8"))["made_from"] == stamp:
        return {"bot/knowledge/model.json": made.read_text("utf-8")}
    from bot.knowledge.training import encode, read_corpus, train

    model = encode(train(read_corpus(corpus())))
    return {"bot/knowledge/model.json": _line({**model, "made_from": stamp}) + "\n"}


def corpus() -> dict[str, dict[str, str]]:
    """Every topic's example questions by language, as blocks of lines."""
    tables: dict[str, dict[str, str]] = {}
    for path in sorted((FOLDER / "corpus").glob("*.toml")):
        loaded = tomllib.loads(path.read_text("utf-8"))
        for topic, languages in (loaded if "terms" not in loaded else _about(loaded["terms"])).items():
            kept = tables.setdefault(topic, {})
            for language, block in languages.items():
                kept[language] = kept.get(language, "") + "\n" + block
    return tables


def _about(terms: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    """Questions after the meaning of a term, as corpus blocks."""
    forms = {
        "en": ("what is {}", "(what does {} mean|explain {}|how does {} work|{})"),
        "es": ("qué es {}", "(qué significa {}|cómo funciona {}|explica {})"),
    }
    return {
        topic: {
            language: "\n".join(form.replace("{}", term) for term in names for form in shapes)
            for language, shapes in forms.items()
        }
        for topic, names in terms.items()
    }


def _stamp() -> str:
    made_from = [*sorted((FOLDER / "corpus").glob("*.toml"))]
    made_from += [
        FOLDER / name
        for name in (
            "providers.toml",
            "entities.toml",
            "concepts.toml",
            "entities.py",
            "features.py",
            "words.py",
            "training.py",
        )
    ]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in made_from)).hexdigest()


def answers() -> dict[str, str]:
    """answers.<language>.json: every text of a language, with the sources beside it."""
    sources = {
        topic: [dict(zip(("ref", "url"), line.split(" | "), strict=True)) for line in lines]
        for topic, lines in _load("answers/sources.toml").items()
    }
    return {
        f"bot/knowledge/answers.{language}.json": _line(
            {**_load(f"answers/{language}.toml"), "sources": sources, "asides": _asides(language)}
        )
        + "\n"
        for language in ("en", "es")
    }


def _asides(language: str) -> dict[str, object]:
    """One language of asides.toml: lines by port; words, what makes a line needless, line, whether first, by term."""
    table = _load("answers/asides.toml")
    return {
        "ports": {port: row[language] for port, row in table["ports"].items()},
        "terms": [
            [row["words"], [fold(word) for word in row["has"]], row[language], row.get("first", False)]
            for row in table["terms"].values()
        ],
    }
