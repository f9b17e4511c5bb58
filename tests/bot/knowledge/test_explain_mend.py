"""Error texts as they come out of chats: typed from a screen, and cut off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.explain import MENDED_CONFIDENCE, diagnose
from bot.knowledge.explain_flat import flatten
from bot.knowledge.explain_mend import mend


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("connect to mx.example.org[192.0.2.1]:25: Connection timed ou", "port-blocked"),
        ("454 4.7.1 <bob@example.net>: Relay acces den", "relay-denied"),
        ("tls: first record does not look like a TLS hands (port 587, ssl on)", "wrong-tls-mode-implicit-on-starttls-port"),
        ("Conection refussed by mail.example.com", "connection-refused"),
        ("x509: certificat has expierd", "cert-expired"),
    ],
)  # fmt: skip
def test_what_was_mistyped_or_cut_off_is_still_understood(text: str, cause: str) -> None:
    found = diagnose(text)
    assert found.cause == cause
    assert found.confidence <= MENDED_CONFIDENCE


def test_what_is_understood_as_pasted_is_left_alone() -> None:
    assert diagnose("Relay access denied").confidence > MENDED_CONFIDENCE


@pytest.mark.parametrize(
    "text", ["", "hello there", "550", "Traceback (most recent call last):", "z" * 30_000]
)
def test_nothing_is_made_up(text: str) -> None:
    assert diagnose(text).cause in ("unknown", "content-rejected", "recipient-unknown")


@given(st.text(max_size=400))
def test_any_text_can_be_mended(text: str) -> None:
    flat = flatten(text)
    mended = mend(flat)
    assert mended is None or (mended.starts == flat.starts and mended.text != flat.text)
