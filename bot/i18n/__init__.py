"""Every sentence that people read, in every language, by key."""

from __future__ import annotations

import json
from functools import cache

from bot.typed import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import ResourceLoader

LANGUAGES = ("en", "es")


def _read(name: str) -> bytes:
    # The package's own loader, because importing importlib.resources costs 8 ms on every start.
    loader = cast("ResourceLoader", __spec__.loader)
    return loader.get_data(f"{__path__[0]}/{name}")


@cache
def sentences(language: str) -> dict[str, str]:
    """All sentences of a language by key; an unknown language gets English."""
    language = language if language in LANGUAGES else "en"
    # People edit the TOML files; `make generate` writes the JSON beside them, which loads much faster.
    loaded: dict[str, str] = json.loads(_read(f"{language}.json"))
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


def counted(language: str, key: str, count: int) -> str:
    """The key of the sentence for so many: `<key>-none` for 0, `<key>-one` for 1, where it exists."""
    special = {0: f"{key}-none", 1: f"{key}-one"}.get(count, key)
    return special if has(language, special) else key


def say(language: str, key: str, **values: object) -> str:
    """The sentence of a key as a plain string, filled in; markup characters stay as typed."""
    text = template(language, key)
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text
