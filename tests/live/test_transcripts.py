"""The written sessions in docs/transcripts go as the program goes: who says what, when, and how it ends."""

from __future__ import annotations

import re

import pytest

from tests.support.page_transcripts import FOLDER, browser_transcript, terminal_transcript

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]


# What is typed and pressed, what the live region says, exit statuses. The answers' words have tests of their own.
_COURSE = re.compile(r"(?m)^(?:mailport> .+|\$ .+|\(exit .+\)|\*\*.+\*\*|> ♪ .+|.*Did you mean.*)$")


async def test_the_session_in_the_browser_is_as_written() -> None:
    # To renew it: python -m tests.support.page_transcripts
    written = _COURSE.findall((FOLDER / "browser.md").read_text("utf-8"))
    assert _COURSE.findall(await browser_transcript()) == written
    assert len(written) > 12


async def test_the_session_in_the_terminal_is_as_written() -> None:
    written = _COURSE.findall((FOLDER / "terminal.md").read_text("utf-8"))
    assert _COURSE.findall(await terminal_transcript()) == written
    assert len(written) > 8
