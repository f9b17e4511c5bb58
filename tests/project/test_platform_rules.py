"""docs/platform-rules.md names tests that exist, for each of its 21 points."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(r"^\| (\d+) \|(.*)\|$", (ROOT / "docs/platform-rules.md").read_text("utf-8"), re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


@cache
def names_in(path: str) -> frozenset[str]:
    """Names of the test functions of a file, with those of its classes."""
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


def test_all_points_stand_there_in_order() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 22))


@pytest.mark.parametrize(("number", "row"), ROWS)
def test_every_cell_names_tests_that_exist(number: str, row: str) -> None:
    cells = row.split(" | ")[2:]
    assert cells, number
    for cell in cells:
        named = NAMED.findall(cell)
        assert named, f"point {number}: no test in {cell}"
        for path, name in named:
            assert name in names_in(path), f"point {number}: {path} has no {name}"
