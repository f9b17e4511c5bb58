"""`mailport.check/1` against its published schema."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice.findings import advise
from bot.cards.documents import assurance_of, check_document
from bot.model.outcome import EndpointOutcome
from tests.bot.cards.test_verdict import HOSTILE, result_of
from tests.support.outcomes import V6, bare, certificate, closed, good, plain

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/schemas/check-1.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

OUTCOMES = [
    pytest.param(good(25), id="good"),
    pytest.param(good(465, V6, certificate=certificate("expired", "wrong-host", days=-3)), id="two faults"),
    pytest.param(plain(587, auth_before=("PLAIN",)), id="in clear"),
    pytest.param(bare(25, signs=["greeting-rejected"], greeting=HOSTILE, greeting_code=554), id="rejected"),
    pytest.param(
        bare(25, tls="broken", signs=["handshake-failed"], tls_reason="handshake-failed"), id="broken"
    ),
    pytest.param(closed(25), id="refused"),
    pytest.param(closed(25, state="filtered"), id="dropped"),
    pytest.param(closed(25, V6, "unreachable", signs=["no-route-here"]), id="no route"),
    pytest.param(closed(25, "10.0.0.1", "forbidden"), id="forbidden"),
]


def document_of(*outcomes: EndpointOutcome, language: str = "en") -> dict[str, Any]:
    document = check_document(result_of(*outcomes), language, partial(advise, language=language))
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]  # what scripts get


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_document_fits_the_schema(outcome: EndpointOutcome, language: str) -> None:
    VALIDATOR.validate(document_of(outcome, language=language))


def test_an_endpoint_names_the_findings_that_hold_for_it_and_no_others() -> None:
    document = document_of(good(465, certificate=certificate("expired", days=-3)), good(465, V6), plain(587))
    by_place = {(one["address"], one["port"]): one["findings"] for one in document["endpoints"]}
    assert by_place["192.0.2.25", 465] == ["cert-expired"]
    assert by_place[V6, 465] == []
    assert "starttls-missing" in by_place["192.0.2.25", 587]


def test_reasons_are_plain_words_in_the_language() -> None:
    assert "nothing listens" in document_of(closed(25))["endpoints"][0]["state_reason"]
    assert document_of(closed(25), language="es")["endpoints"][0]["state_reason"].startswith(
        "El equipo respondió"
    )


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param(good(465), (True, True, True), id="all three"),
        pytest.param(good(465, certificate=certificate("self-signed")), (True, False, True), id="not proven"),
        pytest.param(good(465, certificate=None), (True, None, True), id="no certificate was learnt"),
        pytest.param(plain(25), (False, False, False), id="in clear"),
        pytest.param(bare(25, tls="broken"), (False, False, False), id="broken"),
        pytest.param(bare(25, signs=["timed-out"]), (None, None, None), id="could not tell"),
        pytest.param(closed(25), (None, None, None), id="closed"),
    ],
)
def test_assurance(outcome: EndpointOutcome, expected: tuple[bool | None, ...]) -> None:
    assurance = assurance_of(outcome)
    assert (assurance["encrypted"], assurance["authenticated"], assurance["integrity"]) == expected


@given(st.text(max_size=3000), st.lists(st.text(max_size=300), max_size=5))
def test_hostile_text_is_harmless_and_short(greeting: str, words: list[str]) -> None:
    document = document_of(
        bare(
            25,
            greeting=greeting,
            detail=greeting,
            capabilities_before=tuple(words),
            signs=["greeting-rejected"],
        )
    )
    VALIDATOR.validate(document)
    endpoint = document["endpoints"][0]
    assert len(endpoint["greeting"]) <= 512
    text = json.dumps(document, ensure_ascii=False)
    text.encode("utf-8")
    assert not any(ord(character) < 32 or ord(character) == 127 for character in text)
