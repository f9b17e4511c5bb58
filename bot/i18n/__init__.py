"""Every sentence that people read, in every language, by key."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "es")


@cache
def sentences(language: str) -> dict[str, str]:
    """All sentences of a language by key; an unknown language gets English."""
    language = language if language in LANGUAGES else "en"
    # People edit the TOML files; `make generate` writes the JSON beside them, which loads much faster.
    loaded: dict[str, str] = json.loads(files(__package__).joinpath(f"{language}.json").read_text("utf-8"))
    return loaded


def template(language: str, key: str) -> str:
    """The sentence of a key with its placeholders and markup.

    Raises:
        KeyError: No such sentence; a bug of ours that a test finds.
    """
    return sentences(language)[key]


def has(language: str, key: str) -> bool:
    """Whether a sentence of that key exists."""
    return key in sentences(language)


def say(language: str, key: str, **values: object) -> str:
    """The sentence of a key as a plain string, filled in; markup characters stay as typed."""
    text = template(language, key)
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text
