"""Compiles the TOML that people edit into the JSON that is read at run time (`make generate`)."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text("utf-8"))


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def providers() -> dict[str, str]:
    """providers.json: one provider a line."""
    rows = ",\n".join(_line(row) for row in _load("providers.toml")["provider"])
    return {"bot/knowledge/providers.json": f"[{rows}]\n"}
