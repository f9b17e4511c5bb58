"""The value classes of the core: what `dataclasses` makes, without its price at the start of a program.

`frozen` and `mutable` stand for `@dataclass(frozen=True, slots=True)` and `@dataclass(slots=True)`, and are
the same to a type checker. A class costs 13 µs here, not 550, and nothing is imported for it: a command line
that answers one question makes forty classes and twenty of them a value or two. So the fields of the first
values are filled in one by one, an `__init__` is written for a class that is called often, and what compares,
hashes and shows values reads their fields by name (`docs/decisions/0506-value-classes-of-our-own.md`).

Left out, because nothing here needs it: inherited fields, `__post_init__`, ordering, `ClassVar`.
"""

from __future__ import annotations

from functools import cache, partial
from operator import attrgetter

from bot.typed import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

K = TypeVar("K", bound=type)
OFTEN = 20  # calls from which on a written `__init__` pays
_MISSING: Any = object()


class _Field:
    """What is said of a field beside its type."""

    __slots__ = ("compare", "default", "factory", "shown")

    def __init__(
        self,
        *,
        default: Any = _MISSING,
        default_factory: Any = _MISSING,
        compare: bool = True,
        repr: bool = True,  # noqa: A002  # the word of `dataclasses.field`
    ) -> None:
        self.default = default
        self.factory = default_factory
        self.compare = compare
        self.shown = repr


if TYPE_CHECKING:  # so that their arguments are checked against the fields of a class
    from dataclasses import field, replace  # noqa: TID251
else:
    field = _Field

    def replace(value: Any, /, **changes: Any) -> Any:
        """A copy with other fields, of a value or of a dataclass with slots; as `dataclasses.replace`."""
        kind = type(value)
        names, read = _whole(kind)
        return kind(**{**dict(zip(names, read(value), strict=True)), **changes})


__all__ = ("field", "fields", "frozen", "mutable", "replace")


@overload
def frozen(kind: K, /) -> K: ...
@overload
def frozen(*, kw_only: bool = ...) -> Callable[[K], K]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: Any = None, /, *, kw_only: bool = False) -> Any:
    """A class whose values never change: equal by their fields, hashable, with slots."""
    make = partial(_made, methods=_FROZEN, kw_only=kw_only)
    return make if kind is None else make(kind)


@dataclass_transform(field_specifiers=(field,))
def mutable(kind: K) -> K:
    """A class whose fields may be set: equal by them, not hashable, with slots."""
    made: K = _made(kind, methods=_MUTABLE, kw_only=False)
    return made


def fields(kind: Any) -> tuple[str, ...]:
    """The names of the fields of a class, in order; all of them are arguments of its `__init__`."""
    names: tuple[str, ...] = kind.__slots__
    return names


def _made(kind: Any, *, methods: Mapping[str, Any], kw_only: bool) -> Any:
    """The class anew, with slots: they cannot be added to a class that exists."""
    space = {**methods, **vars(kind)}
    del space["__dict__"], space["__weakref__"]
    names = tuple(kind.__annotations__)

    calls = 0

    def init(self: Any, *given: Any, **named: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > OFTEN or not _fill(self, made, () if kw_only else names, given, named):
            made.__init__ = _init(made, kw_only=kw_only)
            made.__init__(self, *given, **named)

    said = {name: space.pop(name) for name in names if name in space}
    apart = {name for name, one in said.items() if isinstance(one, _Field) and not one.compare}
    space |= {
        "__compared__": _reader([name for name in names if name not in apart]),
        "__init__": init,
        "__match_args__": () if kw_only else names,
        "__qualname__": kind.__qualname__,
        "__said__": said,
        "__slots__": names,
    }
    made = type(kind)(kind.__name__, kind.__bases__, space)
    return made


def _fill(
    self: Any, kind: Any, by_place: Sequence[str], given: Sequence[Any], named: Mapping[str, Any]
) -> bool:
    """Set every field, or none and False when the arguments are wrong: a real `__init__` tells it best."""
    values = {**dict(zip(by_place, given, strict=False)), **named}
    names = fields(kind)
    if len(values) != len(given) + len(named) or not values.keys() <= frozenset(names):
        return False
    for name in names:
        if name not in values:
            said = _said(kind, name)
            if said.default is _MISSING and said.factory is _MISSING:
                return False
            values[name] = said.default if said.factory is _MISSING else said.factory()
    for name in names:
        object.__setattr__(self, name, values[name])
    return True


def _init(kind: Any, *, kw_only: bool) -> Any:
    """The `__init__` of a class, as one would write it by hand; what is frozen is set past `__setattr__`."""
    names = fields(kind)
    heads, lines = ["self", "*"] if kw_only and names else ["self"], ["pass"]
    space: dict[str, Any] = {"MISSING": _MISSING}
    for name in names:
        said = _said(kind, name)
        if said.factory is not _MISSING:
            space[f"make_{name}"] = said.factory
            heads.append(f"{name}=MISSING")
            lines.append(f"if {name} is MISSING: {name} = make_{name}()")
        elif said.default is not _MISSING:
            space[f"default_{name}"] = said.default
            heads.append(f"{name}=default_{name}")
        else:
            heads.append(name)
        space[f"set_{name}"] = vars(kind)[name].__set__
        lines.append(f"set_{name}(self, {name})" if _is_frozen(kind) else f"self.{name} = {name}")
    source = f"def __init__({', '.join(heads)}):\n " + "\n ".join(lines)
    # Not through `compile`, which makes every class of `ast` first: 2 ms. Only names of fields are in it.
    exec(source, space)  # noqa: S102
    space["__init__"].__qualname__ = f"{kind.__qualname__}.__init__"
    return space["__init__"]


def _said(kind: Any, name: str) -> _Field:
    said = kind.__said__.get(name, _MISSING)
    return said if isinstance(said, _Field) else _Field(default=said)


def _is_frozen(kind: Any) -> bool:
    return kind.__setattr__ is _refuse


def _reader(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What reads these fields of a value."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


@cache
def _whole(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    return fields(kind), _reader(fields(kind))


def _equal(self: Any, other: object) -> Any:
    if type(self) is not type(other):
        return NotImplemented
    kind: Any = type(self)
    return kind.__compared__(self) == kind.__compared__(other)


def _hash(self: Any) -> int:
    return hash(type(self).__compared__(self))


def _show(self: Any) -> str:
    kind = type(self)
    shown = (f"{name}={getattr(self, name)!r}" for name in fields(kind) if _said(kind, name).shown)
    return f"{kind.__qualname__}({', '.join(shown)})"


def _refuse(self: Any, name: str, *_: Any) -> None:
    raise AttributeError(f"cannot change {name!r} of a {type(self).__qualname__}: it is frozen")


def _remade(kind: Any, values: tuple[Any, ...]) -> Any:
    return kind(**dict(zip(fields(kind), values, strict=True)))


def _reduce(self: Any) -> Any:
    """For `copy` and `pickle`, which would set the fields one by one."""
    kind: Any = type(self)
    return _remade, (kind, _whole(kind)[1](self))


_FROZEN = {
    "__delattr__": _refuse,
    "__eq__": _equal,
    "__hash__": _hash,
    "__reduce__": _reduce,
    "__repr__": _show,
    "__setattr__": _refuse,
}
_MUTABLE = {"__eq__": _equal, "__hash__": None, "__repr__": _show}
