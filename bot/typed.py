"""The words of `typing` that the modules of a cold start use, without importing it.

All of them matter to the type checker alone, and annotations are never evaluated; but importing `typing`
takes a tenth of `mailport --help` (`docs/decisions/0507-typing-without-its-import.md`). A checker sees the
originals, a run sees stand-ins that do nothing. Whoever needs more (`get_args`) imports `typing`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import (
        Any,
        Literal,
        Protocol,
        TextIO,
        TypeVar,
        assert_never,
        cast,
        dataclass_transform,
        overload,
    )
else:
    Any = Protocol = TextIO = object

    class Literal:
        """`Literal["a", "b"]` is `str` to a run, so that unions with it may be written."""

        def __class_getitem__(cls, _: object) -> type:
            return str

    def TypeVar(name: str, **_: object) -> str:  # noqa: N802
        """A name."""
        return name

    def assert_never(value: object) -> None:
        """Something has come here that no checker could foresee."""
        raise AssertionError(f"not expected here: {value!r}")

    def cast(_: object, value: object) -> object:
        """The value."""
        return value

    def dataclass_transform(**_: object) -> object:
        """A decorator that leaves things as they are."""
        return overload

    def overload(function: object) -> object:
        """The function."""
        return function


__all__ = (
    "TYPE_CHECKING",
    "Any",
    "Literal",
    "Protocol",
    "TextIO",
    "TypeVar",
    "assert_never",
    "cast",
    "dataclass_transform",
    "overload",
)
