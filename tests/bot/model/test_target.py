"""Targets as people and chat programs write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.model.target import parse_ports, parse_target


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("example.com", "example.com", id="domain"),
        pytest.param("MX.Example.com:25", "mx.example.com:25", id="host and port"),
        pytest.param("[2001:db8::25]:587", "[2001:db8::25]:587", id="IPv6 and port"),
        pytest.param("2001:db8::25", "[2001:db8::25]", id="bare IPv6"),
        pytest.param("192.0.2.1:465", "192.0.2.1:465", id="IPv4 and port"),
        pytest.param("user@example.com", "example.com", id="address"),
        pytest.param("<http://example.com|example.com>", "example.com", id="what Slack makes of a domain"),
        pytest.param(
            "<mailto:u@example.com|u@example.com>", "example.com", id="what Slack makes of an address"
        ),
        pytest.param("smtps://mail.example.com:465/", "mail.example.com:465", id="a URL"),
        pytest.param("`example.com`", "example.com", id="back-quoted"),
        pytest.param("::ffff:127.0.0.1", "[::ffff:7f00:1]", id="mapped address stays what it is"),
    ],
)
def test_targets(text: str, shown: str) -> None:
    assert str(parse_target(text)) == shown


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("", "target-empty", id="nothing"),
        pytest.param("example.com:99999", "port-bad", id="port too high"),
        pytest.param("example.com:", "port-bad", id="port missing"),
        pytest.param("example.com:0", "port-bad", id="port zero"),
        pytest.param("[2001:db8::25", "target-bad", id="bracket missing"),
        pytest.param("exa$mple.com", "target-bad", id="a character no name has"),
        pytest.param("fe80::1%eth0", "target-bad", id="a zone"),
        pytest.param("a b", "target-bad", id="two words"),
    ],
)
def test_refused_targets(text: str, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_target(text)
    assert caught.value.key == key


def test_ports_come_once_each_in_order() -> None:
    assert parse_ports("587, 25 587") == (587, 25)


@given(st.text(max_size=200))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    try:
        target = parse_target(text)
    except BadInput:
        return
    assert parse_target(str(target)).name == target.name
