"""From the text of an option to its value, or to the one line that says what would be right."""

from __future__ import annotations

import re

from bot.commands.definition import Option
from bot.commands.zone import read_timezone
from bot.errors import BadInput
from bot.model.duration import parse_duration
from bot.model.names import parse_domain
from bot.model.target import parse_ports, parse_target

MAX_TARGETS = 200
MAX_NUMBER = 100_000


def read_value(option: Option, text: str) -> object:
    """Turn the text of an option into its value.

    Shapes: target -> Target; targets -> tuple[Target, ...]; ports -> tuple[int, ...]; interval and
    duration -> float seconds; number and id -> int; address -> str; everything else -> str.

    Raises:
        BadInput: Naming what was wrong and what would be right.
    """
    match option.kind:
        case "target":
            return parse_target(text)
        case "targets":
            words = [word for word in re.split(r"[,\s]+", text) if word]
            if len(words) > MAX_TARGETS:
                raise BadInput("too-many-targets", count=len(words), limit=MAX_TARGETS)
            return tuple(parse_target(word) for word in words)
        case "ports":
            return parse_ports(text)
        case "interval" | "duration":
            seconds = parse_duration(text)
            if seconds is None or seconds <= 0:
                raise BadInput("duration-bad", text=text[:40])
            return seconds
        case "number":
            if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MAX_NUMBER):
                raise BadInput("number-bad", option=option.name, text=text[:40], most=MAX_NUMBER)
            return int(text)
        case "id":
            found = re.fullmatch(r"#?(\d{1,9})", text, re.ASCII)
            if found is None:
                raise BadInput("id-bad", text=text[:40])
            return int(found[1])
        case "address":
            local, at, domain = text.strip("<>").removeprefix("mailto:").rpartition("@")
            name = parse_domain(domain.split("|")[0])
            if (
                not at
                or not local
                or name is None
                or len(local) > 64
                or not local.isprintable()
                or " " in local
            ):
                raise BadInput("address-bad", text=text[:80])
            return f"{local}@{name}"
        case "language":
            known = {
                "en": "en",
                "english": "en",
                "inglés": "en",
                "es": "es",
                "spanish": "es",
                "español": "es",
                "espanol": "es",
            }
            if text.lower() not in known:
                raise BadInput("language-bad", text=text[:40])
            return known[text.lower()]
        case "timezone":
            return read_timezone(text)
        case "choice":
            if text.lower() not in option.choices:
                raise BadInput(
                    "choice-bad", option=option.name, text=text[:40], known=", ".join(option.choices)
                )
            return text.lower()
        case _:
            return text
