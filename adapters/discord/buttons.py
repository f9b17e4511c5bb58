"""Buttons that work for ever: what they do stands in their custom id, so a restart forgets nothing.

mailport:run:<words>      as if typed
mailport:sure:<words>     the confirmation of a question just asked
mailport:run#:<key>       the same, with words too long for a custom id: they lie in storage
mailport:form:<path>      a form's own id
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.discord import limits
from adapters.discord.markup import shortened
from bot.cards.model import Button
from bot.cards.plaintext import harmless

_STYLES = {"primary": 1, "plain": 2, "danger": 4}
_ROW, _BUTTON = 1, 2
STORED_S = 180 * 86400.0

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a custom id says.

    Attributes:
        stored: Key of the words in storage, when they are not here.
        form: Path of a form's command.
    """

    words: str = ""
    confirmed: bool = False
    stored: str = ""
    form: tuple[str, ...] | None = None


def custom_id(button: Button) -> str:
    """The id of a button."""
    kind = "sure" if button.confirmed else "run"
    words = _sendable(button.command)
    direct = f"mailport:{kind}:{words}"
    if len(direct.encode()) <= limits.CUSTOM_ID:
        return direct
    return f"mailport:{kind}#:{stored_key(words)}"


def _sendable(words: str) -> str:
    """Words without halves of characters, which no JSON in UTF-8 can hold."""
    return words.encode("utf-8", "replace").decode()


def stored_key(words: str) -> str:
    """Under which over-long words lie in storage."""
    return hashlib.sha256(words.encode()).hexdigest()[:40]


def form_id(path: Sequence[str]) -> str:
    """The id of a command's form."""
    return f"mailport:form:{'-'.join(path)}"


def read_custom_id(text: str) -> Pressed | None:
    """What a custom id asks for; None when it is none of ours."""
    owner, _, rest = text.partition(":")
    kind, _, words = rest.partition(":")
    if owner != "mailport" or not words:
        return None
    match kind:
        case "run" | "sure":
            return Pressed(words=words, confirmed=kind == "sure")
        case "run#" | "sure#":
            return Pressed(stored=words, confirmed=kind == "sure#")
        case "form":
            return Pressed(form=tuple(words.split("-")))
        case _:
            return None


def long_commands(buttons: Sequence[Button]) -> list[str]:
    """Words that have to be stored before these buttons are shown."""
    return [
        _sendable(button.command)
        for button in buttons
        if (pressed := read_custom_id(custom_id(button))) is not None and pressed.stored
    ]


def rows(buttons: Sequence[Button]) -> list[Json]:
    """The rows of buttons; two that do the same are one, because Discord refuses equal ids."""
    made: dict[str, Json] = {}
    for button in buttons:
        if not button.command or len(made) >= limits.ROWS * limits.BUTTONS_PER_ROW:
            continue
        name = custom_id(button)
        label = shortened(harmless(button.label).strip(), limits.BUTTON_LABEL) or "–"
        made.setdefault(
            name, {"type": _BUTTON, "style": _STYLES[button.style], "label": label, "custom_id": name}
        )
    each = list(made.values())
    return [
        {"type": _ROW, "components": each[start : start + limits.BUTTONS_PER_ROW]}
        for start in range(0, len(each), limits.BUTTONS_PER_ROW)
    ]
