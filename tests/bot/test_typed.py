"""The stand-ins for `typing`: the same names, and harmless to a run."""

from __future__ import annotations

import typing
from typing import Any

import pytest

import bot.typed as typed


def test_every_word_is_one_of_typing() -> None:
    assert set(typed.__all__) <= set(dir(typing))
    assert all(hasattr(typed, name) for name in typed.__all__)


def test_a_literal_takes_part_in_unions() -> None:
    words: Any = typed.Literal
    assert words["a", "b"] | None == str | None


def test_decorators_and_casts_give_back_what_they_get() -> None:
    transform: Any = typed.dataclass_transform
    original = object()
    assert typed.overload(original) is original  # type: ignore[type-var]
    assert transform(frozen_default=True)(original) is original
    assert typed.cast("str", original) is original


def test_what_never_comes_is_told() -> None:
    with pytest.raises(AssertionError, match="'x'"):
        typed.assert_never("x")  # type: ignore[arg-type]
