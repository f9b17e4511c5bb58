"""Write every generated file (`make generate`), or say which are stale (`--check`).

Each generator is a function that gives {path: text} and lives beside what it is made from.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def sentences() -> dict[str, str]:
    """bot/i18n/<language>.json out of bot/i18n/<language>/*.toml."""
    made: dict[str, str] = {}
    for language in ("en", "es"):
        flat: dict[str, str] = {}
        for path in sorted((ROOT / "bot/i18n" / language).glob("*.toml")):
            for key, text in _flatten(tomllib.loads(path.read_text("utf-8"))):
                if key in flat:
                    raise SystemExit(f"{path}: {key} stands twice")
                flat[key] = text
        made[f"bot/i18n/{language}.json"] = (
            json.dumps(flat, ensure_ascii=False, indent=0, sort_keys=True) + "\n"
        )
    return made


def _flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def findings() -> dict[str, str]:
    """bot/advice/findings.json out of the catalogue that people edit: one finding a line."""
    table = tomllib.loads((ROOT / "bot/advice/findings.toml").read_text("utf-8"))
    rows = (f"{json.dumps(id_)}: {json.dumps(row, ensure_ascii=False)}" for id_, row in table.items())
    return {"bot/advice/findings.json": "{\n" + ",\n".join(rows) + "\n}\n"}


# "module:function", each giving {path relative to the root: text}.
GENERATORS: tuple[str, ...] = (
    "bot.knowledge.generate:providers",
    "bot.knowledge.generate:entities",
    "bot.knowledge.generate:weights",
    "bot.knowledge.generate:answers",
    "bot.knowledge.explain_compile:causes",
    "deploy.pages:pages",
    "deploy.findings_page:pages",
    "deploy.alerts_page:pages",
    "deploy.dashboard:pages",
    "adapters.slack.manifest:manifests",
    "adapters.discord.install:files",
)


def _all() -> Iterator[Callable[[], Mapping[str, str]]]:
    yield sentences
    yield findings
    for name in GENERATORS:
        module, _, function = name.partition(":")
        yield getattr(import_module(module), function)


def main() -> int:
    """Write, or with `--check` only compare; 1 when something was stale."""
    stale = 0
    for generator in _all():
        for name, text in generator().items():
            path = ROOT / name
            if path.exists() and path.read_text("utf-8") == text:
                continue
            if "--check" in sys.argv:
                print(f"stale: {name} (run `make generate`)")
                stale = 1
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
                print(f"wrote {name}")
    return stale


if __name__ == "__main__":
    raise SystemExit(main())
