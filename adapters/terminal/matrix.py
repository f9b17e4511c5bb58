"""The matrix of a check: every endpoint by every stage of its conversation, with milliseconds.

Made from the document (`mailport.check/1`), so that it shows exactly what scripts get.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table as RichTable
from rich.text import Text as RichText

from bot.cards.model import Block, Table
from bot.cards.plaintext import harmless
from bot.i18n import say

STAGES = ("connect", "greeting", "hello", "starttls", "tls", "hello_tls")
_STATE_STYLES = {"refused": "dim", "filtered": "cyan", "unreachable": "cyan", "forbidden": "dim"}
_TLS_STYLES = {"implicit": "green", "starttls": "green", "none": "yellow", "broken": "red", "unknown": "cyan"}
# A stage slower than this is worth an eye; greet delays begin at 2 s.
SLOW_MS = 2000.0


def check_matrix(document: Mapping[str, object], language: str) -> RenderableType | None:
    """The matrix; None when the document is no check or nothing was tried."""
    endpoints: Any = document.get("endpoints")
    if document.get("schema") != "mailport.check/1" or not endpoints:
        return None
    table = RichTable(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    table.add_column(say(language, "check.column-endpoint"), no_wrap=True)
    for stage in (*STAGES, "total"):
        table.add_column(say(language, f"check.stage-{stage}"), justify="right")
    table.add_column(say(language, "check.column-tls"))
    table.add_column(say(language, "check.column-certificate"))
    place = ""
    for endpoint in endpoints:
        here = f"{endpoint['host']} [{endpoint['address']}]"
        if here != place:
            place = here
            table.add_row(RichText(harmless(_place(endpoint)), style="bold"))
        table.add_row(*_cells(endpoint, language))
    return table


def is_endpoint_table(block: Block, language: str) -> bool:
    """Whether a block is the card's short table of endpoints."""
    return isinstance(block, Table) and block.columns[:1] == (say(language, "check.column-endpoint"),)


def _place(endpoint: Mapping[str, Any]) -> str:
    host, address = endpoint["host"], endpoint["address"]
    return str(host) if host == address or not address else f"{host} ({address})"


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
    return RichText(say(language, "check.cert-valid", days=certificate["days_left"]), style="green")
