"""One JSON object a line, with the id of the request, the watch or the message that it belongs to."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from adapters.main.logs import set_up_logs
from bot.dispatch import answer
from bot.model.request import Person, Place, Request
from bot.model.value import replace
from tests.support.core import make_test_tools


@pytest.fixture(autouse=True)
def _handlers_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def test_an_answer_is_logged_with_its_request_and_without_what_was_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("info", as_json=True)
    request = Request(
        id="r-17",
        place=Place(platform="slack", workspace="slack:T1", channel="C1"),
        person=Person(id="U1"),
        text="help check",
    )
    await answer(request, make_test_tools())
    await answer(replace(request, id="r-18", text="check 127.0.0.1"), make_test_tools())
    helped, refused = lines(capsys)
    assert (helped["event"], helped["request_id"], helped["workspace"]) == (
        "answered: help",
        "r-17",
        "slack:T1",
    )
    assert (refused["event"], refused["request_id"]) == ("answered: target-forbidden", "r-18")
    assert "127.0.0.1" not in str(refused)


def test_lines_carry_what_is_bound_and_tracebacks_stay_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", as_json=True)
    with structlog.contextvars.bound_contextvars(watch=3, target="mx.example.com"):
        try:
            raise ValueError("oops")
        except ValueError:
            logging.getLogger("mailport.engine").exception("a run failed")
    (line,) = lines(capsys)
    assert (line["watch"], line["target"], line["level"]) == (3, "mx.example.com", "error")
    assert "oops" in json.dumps(line["exception"])


def test_lines_for_people_are_one_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("warning")
    logging.getLogger("mailport").info("not shown")
    logging.getLogger("mailport").warning("shown")
    (line,) = capsys.readouterr().err.splitlines()
    assert "shown" in line
    assert "\x1b" not in line
