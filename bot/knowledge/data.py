"""Reading the compiled data that lies beside this module."""

from __future__ import annotations

import json
from functools import cache

from bot.typed import Any


def read_data(name: str) -> str:
    """The text of a generated file of this package.

    The module's own loader reads it: `importlib.resources` would cost more time than the answer.
    """
    assert __spec__ is not None
    folder = __file__[: -len("data.py")] if __file__.endswith("data.py") else __file__[: -len("data.pyc")]
    text: bytes = __spec__.loader.get_data(folder + name)  # type: ignore[union-attr]  # file and zip loaders have it
    return text.decode("utf-8")


@cache
def read_table(name: str) -> dict[str, Any]:
    """A generated file of this package that several modules read; not to be changed."""
    table: dict[str, Any] = json.loads(read_data(name))
    return table
