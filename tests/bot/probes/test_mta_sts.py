"""MTA-STS policies and patterns (RFC 8461 sections 3.2 and 4.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.probes.mta_sts import covers, parse_policy

GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmx: *.example.net\r\nmax_age: 86400\r\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(GOOD, "", id="the RFC's own form"),
        pytest.param(GOOD.replace("\r\n", "\n"), "", id="bare LF is allowed"),
        pytest.param(GOOD.removesuffix("\r\n"), "", id="the last line need not end"),
        pytest.param(GOOD + "future: x\r\n", "", id="unknown fields are ignored"),
        pytest.param(GOOD + "mode: none\r\n", "", id="of a repeated field the first counts"),
        pytest.param(GOOD.replace("mode: enforce", "mode: strict"), "policy-mode", id="a mode that is none"),
        pytest.param(GOOD.replace("version: STSv1\r\n", ""), "policy-version", id="no version"),
        pytest.param(GOOD.replace("STSv1", "STSv2"), "policy-version", id="another version"),
        pytest.param(GOOD.replace("86400", "31557601"), "policy-max-age", id="more than a year"),
        pytest.param(GOOD.replace("86400", "-1"), "policy-max-age", id="a negative age"),
        pytest.param(GOOD.replace("86400", "١٢"), "policy-max-age", id="digits of another script"),
        pytest.param("version: STSv1\nmode: enforce\nmax_age: 1\n", "policy-no-mx", id="enforce without mx"),
        pytest.param("version: STSv1\nmode: none\nmax_age: 1\n", "", id="mode none needs no mx"),
        pytest.param(GOOD.replace("mx.example.com", "mx.*.com"), "policy-mx-pattern", id="a star inside"),
        pytest.param("<html>", "policy-line", id="a web page"),
        pytest.param("", "policy-version", id="an empty file"),
    ],
)
def test_a_policy_file(text: str, problem: str) -> None:
    assert parse_policy(text.encode()).problem == problem


@pytest.mark.parametrize(
    ("pattern", "host", "covered"),
    [
        ("mx.example.com", "mx.example.com", True),
        ("mx.example.com", "mx2.example.com", False),
        ("*.example.com", "mx.example.com", True),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", "example.com", False),
    ],
)
def test_a_star_is_exactly_one_label(pattern: str, host: str, covered: bool) -> None:
    assert covers(pattern, host) is covered


_PIECES = st.sampled_from(
    [b"version: STSv1", b"mode:", b"enforce", b"mx: *.", b"\r\n", b"\n", b"\xff", b":", b"max_age: 1", b" "]
)


@given(st.lists(_PIECES, max_size=30))
def test_no_bytes_make_it_fail(pieces: list[bytes]) -> None:
    policy = parse_policy(b"".join(pieces))
    assert policy.problem or (policy.mode is not None and policy.max_age_s is not None)
