"""docs/domain-matrix.md: the matrix of domains as a table. `python -m tests.support.matrix` writes it."""

from __future__ import annotations

from pathlib import Path

from tests.support.mail_domains import Case, build_domains
from tests.support.mail_lab import MailLab

PATH = Path(__file__).resolve().parents[2] / "docs/domain-matrix.md"
_HEAD = """# The matrix of domains

Every row is a domain of the signed DNS laboratory (Knot, Unbound, real HTTPS with a test authority, mail hosts
on port 25) and what `check` has to say of it. `tests/live/test_domain.py` checks each of them, once for the
row and once, for SPF, against checkdmarc. Written by `python -m tests.support.matrix`; a test compares it.

| domain | what is the matter | has to say | verdict | findings | never |
|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    cases, _ = build_domains(MailLab())
    return _HEAD + "".join(_row(case) for case in cases)


def _row(case: Case) -> str:
    says = ", ".join(f"`{path}` = `{_json(value)}`" for path, value in case.says.items())
    found, never = (", ".join(f"`{one}`" for one in sorted(ids)) for ids in (case.found, case.never))
    return f"| `{case.name}` | {case.why} | {says} | {case.verdict or ''} | {found} | {never} |\n"


def _json(value: object) -> str:
    return "null" if value is None else str(value)


if __name__ == "__main__":
    PATH.write_text(page(), "utf-8")
