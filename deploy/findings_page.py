"""docs/findings.md out of the catalogue: every finding, how bad it can be, why, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.advice.findings import Row, catalogue, slots
from bot.i18n import template

_HEAD = """# Findings

Every finding that a check can tell. Generated from `bot/advice/findings.toml` and the English sentences
by `make generate`; don't edit it here. Words in braces are filled in by each check.

A verdict is `fail` when a finding is critical, `unknown` when what was asked could not be told, `warn`
when there are warnings, else `pass`. How bad a finding is depends on what is promised to senders: a bad
certificate on port 25 is only worth knowing as long as neither MTA-STS nor DANE demands a good one.
"""


def pages() -> Mapping[str, str]:
    """{path: text}."""
    rows = "\n".join(_section(row) for row in catalogue().values())
    return {"docs/findings.md": f"{_HEAD}\n{rows}"}


def _section(row: Row) -> str:
    severity = row.usual if row.usual == row.worst else f"{row.usual}, at worst {row.worst}"
    sources = ", ".join(f"[{source.ref}]({source.url})" for source in row.sources)
    title, detail, fix = (template("en", f"finding.{row.id}.{part}") for part in ("title", "detail", "fix"))
    filled = ", ".join(f"`{name}`" for name in sorted(slots(row.id)))
    return (
        f"## `{row.id}`\n\n**{title}** ({severity})\n\n{detail}\n\nWhat to do: {fix}\n\n"
        f"Sources: {sources}. Filled in: {filled}.\n"
    )
