"""The matrix of a check: every endpoint by every stage of its conversation, with milliseconds.

Made from the document (`mailport.check/1`), so that it shows exactly what scripts get.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text as RichText

from bot.cards.model import Block, Table
from bot.cards.plaintext import harmless
from bot.i18n import counted, say

STAGES = ("connect", "greeting", "hello", "starttls", "tls", "hello_tls")
_STATE_STYLES = {"refused": "dim", "filtered": "cyan", "unreachable": "cyan", "forbidden": "dim"}
_TLS_STYLES = {"implicit": "green", "starttls": "green", "none": "yellow", "broken": "red", "unknown": "cyan"}
# A stage slower than this is worth an eye; greet delays begin at 2 s.
SLOW_MS = 2000.0


# Columns of the wide form: those before it are numbers and stand to the right.
_FIRST_WORDS = 2 + len(STAGES)
_GAP = 2


def check_matrix(document: Mapping[str, object], language: str, width: int) -> RenderableType | None:
    """The matrix; None when the document is no check or nothing was tried.

    Args:
        width: Columns of the terminal. What does not fit stage by stage is told in two lines an endpoint.
    """
    endpoints: Any = document.get("endpoints")
    if document.get("schema") != "mailport.check/1" or not endpoints:
        return None
    head = [RichText(word, style="bold") for word in _head(language)]
    rows = [(_place(endpoint), _cells(endpoint, language), endpoint) for endpoint in endpoints]
    places = list(dict.fromkeys(place for place, _, _ in rows))
    rows.sort(key=lambda row: places.index(row[0]))
    full = [row for _, row, _ in rows if len(row) == len(head)]
    widths = [max(cell.cell_len for cell in column) for column in zip(head, *full, strict=True)]
    widths[0] = max(widths[0], *(row[0].cell_len for _, row, _ in rows))
    wide = sum(widths) + _GAP * (len(widths) - 1) <= width
    lines: list[RichText] = [_aligned(head, widths)] if wide else []
    before = ""
    for place, cells, endpoint in rows:
        if place != before:
            lines.append(RichText(place, style="bold"))
            before = place
        lines += [_aligned(cells, widths)] if wide else _told(cells, widths[0], endpoint, language)
    return Group(*lines)


def _head(language: str) -> list[str]:
    stages = [say(language, f"check.stage-{stage}") for stage in (*STAGES, "total")]
    rest = [say(language, f"check.column-{name}") for name in ("tls", "certificate")]
    return [say(language, "check.column-endpoint"), *stages, *rest]


def _aligned(cells: Sequence[RichText], widths: Sequence[int]) -> RichText:
    line = RichText()
    for number, (cell, width) in enumerate(zip(cells, widths, strict=False)):
        room = " " * (width - cell.cell_len)
        to_the_right = 0 < number < _FIRST_WORDS and len(cells) == len(widths)
        line.append(" " * _GAP if number else "")
        line.append_text(RichText.assemble(room, cell) if to_the_right else RichText.assemble(cell, room))
    line.rstrip()
    return line


def _told(
    cells: Sequence[RichText], name_width: int, endpoint: Mapping[str, Any], language: str
) -> list[RichText]:
    """One endpoint where the matrix is too wide: the result, then the stages that were reached."""
    name, *rest = cells
    first = RichText.assemble(name, " " * (name_width - name.cell_len + _GAP))
    if endpoint["state"] != "open":
        return [RichText.assemble(first, *rest)]
    tls, certificate = rest[-2:]
    first.append_text(tls)
    if endpoint["certificate"] is not None:
        first.append_text(RichText.assemble("  ", certificate))
    stages = RichText("    ", style="dim")
    for stage in (*STAGES, "total"):
        spent = endpoint["total_ms"] if stage == "total" else endpoint["phases_ms"].get(stage)
        if spent is not None:
            stages.append(f"{say(language, f'check.stage-{stage}')} {spent:.0f}  ")
    stages.append("ms")
    return [first, stages]


def is_endpoint_table(block: Block, language: str) -> bool:
    """Whether a block is the card's short table of endpoints."""
    return isinstance(block, Table) and block.columns[:1] == (say(language, "check.column-endpoint"),)


def _place(endpoint: Mapping[str, Any]) -> str:
    host, address = endpoint["host"], endpoint["address"]
    return harmless(str(host) if host == address or not address else f"{host} ({address})")


def _cells(endpoint: Mapping[str, Any], language: str) -> list[RichText]:
    state = endpoint["state"]
    name = RichText(f"  {endpoint['port']} {endpoint['service']}")
    if state != "open":
        words = say(language, f"check.short-{state}")
        return [name, RichText(words, style=_STATE_STYLES[state])]
    stages = [_stage(endpoint["phases_ms"].get(stage)) for stage in STAGES]
    tls = endpoint["tls_version"] or say(language, f"check.tls-{endpoint['tls']}")
    return [
        name,
        *stages,
        RichText(f"{endpoint['total_ms']:.0f}"),
        RichText(harmless(tls), style=_TLS_STYLES[endpoint["tls"]]),
        _certificate(endpoint["certificate"], language),
    ]


def _stage(spent_ms: float | None) -> RichText:
    if spent_ms is None:
        return RichText("·", style="dim")
    return RichText(f"{spent_ms:.0f}", style="yellow" if spent_ms > SLOW_MS else "green")


def _certificate(certificate: Mapping[str, Any] | None, language: str) -> RichText:
    if certificate is None:
        return RichText("·", style="dim")
    if certificate["faults"]:
        words = ", ".join(say(language, f"check.cert-{fault}") for fault in certificate["faults"])
        return RichText(words, style="red" if certificate["status"] != "expiring" else "yellow")
    days = certificate["days_left"]
    return RichText(say(language, counted(language, "check.cert-valid", days), days=days), style="green")
