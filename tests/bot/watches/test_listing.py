"""Watches out of CSV and JSON that people, spreadsheets and we ourselves write."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.watches.listing import read_watches, write_csv, write_json
from tests.bot.cards.test_alert import watch_of

SHORTEST = 900.0


def drafts(text: str) -> list[Any]:
    return [line.draft for line in read_watches(text, SHORTEST)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("example.com,1h,eu", id="by hand"),
        pytest.param("target;every;from\nexample.com;1h;eu", id="a European spreadsheet"),
        pytest.param("target\tevery\tfrom\nexample.com\t1h\teu", id="pasted from a spreadsheet"),
        pytest.param('"example.com","1h","eu"', id="quoted"),
        pytest.param("every,from,Target\n1h,eu,example.com", id="columns in another order"),
        pytest.param('[{"target": "example.com", "every": "1h", "from": "eu"}]', id="JSON"),
        pytest.param(
            '{"watches": [{"target": "example.com", "every": "1h", "from": "eu"}]}', id="JSON of --json"
        ),
        pytest.param('{"target": "example.com", "every": "1h", "from": "eu"}', id="one JSON object"),
        pytest.param("```\nexample.com,1h,eu\n```", id="pasted as code"),
        pytest.param("\ufeffexample.com,1h,eu\r\n", id="with a byte order mark"),
    ],
)
def test_forms(text: str) -> None:
    (draft,) = drafts(text)
    assert (draft.target, draft.interval_s, draft.vantage) == ("example.com", 3600.0, "eu")


def test_a_list_of_names_alone() -> None:
    assert [one.target for one in drafts('["example.com", "mx.example.com:25", null]') if one] == [
        "example.com", "mx.example.com:25",
    ]  # fmt: skip
    assert [one.interval_s for one in drafts("example.com\nexample.org")] == [900.0, 900.0]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("no name,1h", "target-bad"),
        ("example.com,1s", "interval-too-short"),
        ("example.com,often", "duration-bad"),
        ("example.com,1h,Köln!", "vantage-bad"),
        ("example.com,1h,eu,planet", "choice-bad"),
        ("example.com,1h,eu,host,many", "number-bad"),
        ("example.com,1h,eu,host,2,99", "number-bad"),
        ("example.com,1h,eu,host,2,2,6h,soon", "certificate-days-bad"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(line: str, key: str) -> None:
    good, bad = read_watches(f"example.org\n{line}", SHORTEST)
    assert good.draft is not None
    assert bad.problem is not None
    assert (bad.number, bad.problem.key) == (2, key)


def test_what_is_written_is_read_again() -> None:
    watches = [
        watch_of(target="example.com", kind="domain", ignored=("ptr-missing",)),
        watch_of(certificate_days=()),
    ]
    for text in (write_csv(watches), write_json(watches)):
        read = drafts(text)
        assert [one.target for one in read] == [one.target for one in watches]
        assert [one.certificate_days for one in read] == [(21, 7, 3, 1), ()]
        assert read[0].ignored == ("ptr-missing",)
    assert all(
        not cell.startswith(("=", "+", "@"))
        for row in csv.reader(io.StringIO(write_csv(watches)))
        for cell in row
    )


@given(st.text(alphabet='ab.,;\t\n"[]{}:#\\ 15mh\x00é', max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        lines = read_watches(text, SHORTEST)
    except BadInput:
        return
    assert all((line.draft is None) != (line.problem is None) for line in lines)
