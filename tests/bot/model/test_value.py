"""The value classes keep the promises of `dataclasses`, beside which they are held here."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import pytest

from bot.model.value import OFTEN, field, fields, frozen, mutable, replace

T = TypeVar("T")


@frozen
class Point:
    """Somewhere."""

    x: int
    y: int = 0

    @property
    def total(self) -> int:
        return self.x + self.y


@frozen(kw_only=True)
class Named:
    name: str
    at: Point = Point(0)
    notes: Mapping[str, str] = field(default_factory=dict)
    bulk: bytes = field(default=b"", repr=False, compare=False)
    must: int


@frozen
class Alone:
    text: str


@frozen
class Nothing:
    pass


@frozen
class Held(Generic[T]):
    value: T


@frozen
class Spoken:
    word: str

    def __str__(self) -> str:
        return self.word

    def __repr__(self) -> str:
        return f"<{self.word}>"


@mutable
class Count:
    number: int = 0
    seen: list[str] = field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class _DataPoint:
    x: int
    y: int = 0


VALUES = [
    pytest.param(Point(1, 2), id="by position"),
    pytest.param(Named(name="a", must=3, notes={"k": "v"}), id="by keyword, with what is not compared"),
    pytest.param(Alone("a"), id="one field"),
    pytest.param(Nothing(), id="no field"),
    pytest.param(Held(Point(1)), id="generic"),
    pytest.param(Count(1, ["a"]), id="mutable"),
]


def test_the_arguments_are_those_of_a_function() -> None:
    assert (Point(1, y=2).x, Point(1).y, Point(1, 2).total) == (1, 0, 3)
    named = Named(must=1, name="n")
    assert (named.at, named.notes, named.bulk) == (Point(0), {}, b"")
    assert Named(name="a", must=1).notes is not Named(name="b", must=1).notes


def test_the_first_values_and_those_of_a_class_often_called_are_the_same() -> None:
    @frozen
    class Often:
        x: int
        y: tuple[int, ...] = (1,)
        z: list[int] = field(default_factory=list)

    values = [Often(3, z=[]) for _ in range(OFTEN + 2)]
    assert Often.__init__.__code__.co_varnames == ("self", "x", "y", "z")
    assert all(value == values[0] and repr(value) == repr(values[0]) for value in values)
    for _ in range(2):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
            Often()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        pytest.param(lambda: Point(), "missing 1 required positional argument: 'x'", id="one missing"),  # type: ignore[call-arg]
        pytest.param(lambda: Point(1, 2, 3), "takes from 2 to 3 positional", id="one too many"),  # type: ignore[call-arg]
        pytest.param(lambda: Point(1, z=2), "unexpected keyword argument 'z'", id="unknown"),  # type: ignore[call-arg]
        pytest.param(lambda: Named("a", must=1), "takes 1 positional argument", id="by position"),  # type: ignore[call-arg]
        pytest.param(lambda: Named(name="a"), "missing 1 required keyword-only", id="keyword missing"),  # type: ignore[call-arg]
        pytest.param(lambda: Nothing(1), "takes 1 positional argument", id="no field takes none"),  # type: ignore[call-arg]
    ],
)
def test_wrong_arguments_are_refused_at_every_call(call: Any, told: str) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match=told):
            call()


@pytest.mark.parametrize("name", ["x", "other"])
def test_what_is_frozen_stays(name: str) -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match=f"{name}.*Point.*frozen"):
        setattr(point, name, 2)
    with pytest.raises(AttributeError, match="frozen"):
        delattr(point, name)
    assert point == Point(1)


def test_what_is_mutable_changes_in_its_fields_alone() -> None:
    count = Count()
    count.number += 1
    assert count == Count(1)
    assert Count().seen is not Count().seen
    with pytest.raises(AttributeError):
        count.other = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="unhashable"):
        hash(count)


def test_equal_by_the_fields_and_the_class() -> None:
    assert Point(1) == Point(1, 0)
    assert Point(1) != Point(2)
    others: list[object] = [_DataPoint(1), Spoken("a"), "a", None]
    assert not any(one == other for other in others for one in (Point(1), Alone("a")))
    assert Nothing() == Nothing()
    assert len({Point(1), Point(1, 0), Point(2), Alone("a"), Alone("a"), Nothing(), Nothing()}) == 4


def test_a_field_may_be_left_out_of_the_comparison() -> None:
    assert Named(name="a", must=1, bulk=b"1") == Named(name="a", must=1, bulk=b"2")
    assert Named(name="a", must=1) != Named(name="a", must=2)


def test_shown_as_dataclasses_are() -> None:
    assert repr(Point(1, 2)) == repr(_DataPoint(1, 2)).replace("_DataPoint", "Point")
    assert (
        repr(Named(name="a", must=1, bulk=b"much")) == "Named(name='a', at=Point(x=0, y=0), notes={}, must=1)"
    )
    assert (repr(Nothing()), repr(Spoken("hm")), str(Spoken("hm"))) == ("Nothing()", "<hm>", "hm")


@pytest.mark.parametrize("value", VALUES)
def test_copies(value: Any) -> None:
    assert replace(value) == value
    assert replace(value) is not value
    assert copy.copy(value) == copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert not hasattr(value, "__dict__")


def test_replaced_fields() -> None:
    before = Named(name="a", must=1, bulk=b"1")
    after = replace(before, name="b", notes={"k": "v"})
    assert (after.name, after.must, after.bulk, after.notes) == ("b", 1, b"1", {"k": "v"})
    assert before.name == "a"
    assert replace(Alone("a"), text="b") == Alone("b")
    assert replace(_DataPoint(1, 2), x=3) == _DataPoint(3, 2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        replace(before, other=1)  # type: ignore[call-arg]


def test_patterns() -> None:
    match Point(1, 2):
        case Point(x, 2):
            assert x == 1
        case _:
            pytest.fail("no match")
    assert Named.__match_args__ == ()


def test_the_class_is_as_written() -> None:
    assert fields(Named) == ("name", "at", "notes", "bulk", "must")
    assert (Point.__name__, Point.__module__, Point.__doc__) == ("Point", __name__, "Somewhere.")
    assert Held.__qualname__ == "Held"
    assert Held[int](1) == Held(1)
