"""What programs and servers say, each line with its cause (`errors.tsv`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge.explain import diagnose

LINES = (Path(__file__).parent / "errors.tsv").read_text("utf-8").splitlines()


@pytest.mark.parametrize("line", LINES)
def test_the_cause_of_what_programs_say(line: str) -> None:
    cause, text = line.split("\t")
    assert diagnose(text).cause == cause


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("telnet mail.example.com 25 does not connect", "mail.example.com", "25"),
        ("connect to mx.example.com[192.0.2.1]:25: Connection refused", "mx.example.com", "25"),
        ("smtps://smtp.example.com:465 ETIMEDOUT", "smtp.example.com", "465"),
    ],
)
def test_host_and_port_are_taken_as_they_stand(text: str, host: str, port: str) -> None:
    entities = diagnose(text).entities
    assert (entities["host"], entities["port"]) == (host, port)
