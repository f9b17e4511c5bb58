"""The table of domains in the documentation is the one that the tests check."""

from __future__ import annotations

from tests.support.matrix import PATH, page


def test_the_table_of_domains_is_up_to_date() -> None:
    assert PATH.read_text("utf-8") == page(), "run `python -m tests.support.matrix`"
