"""docs/transcripts/slack.md is what the program does."""

from __future__ import annotations

import re

from tests.support.slack_transcript import PATH, transcript


async def test_the_session_on_the_page_is_the_session_of_the_program() -> None:
    kept = re.compile(
        r"^(\*\*.*|> … the same message.*|> a form opens.*|> \((?:only|in).*|>     \[.*)", re.MULTILINE
    )
    assert kept.findall(await transcript()) == kept.findall(PATH.read_text("utf-8"))
