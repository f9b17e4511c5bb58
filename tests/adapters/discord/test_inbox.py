"""Payloads of any shape: read or left alone, never an exception, because one would cost the connection."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.asked import Asked, Completing, command_of, form_of, words_of
from adapters.discord.inbox import read_interaction, read_message

NAMES = st.sampled_from(
    ["id", "token", "type", "data", "member", "user", "author", "channel_id", "channel", "guild_id", "options",
     "name", "value", "focused", "custom_id", "components", "component", "resolved", "attachments", "permissions",
     "roles", "context", "authorizing_integration_owners", "content", "mentions", "referenced_message", "url",
     "size", "filename", "locale", "bot", "username"]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 12), st.floats(allow_nan=False), st.text(max_size=8),
    st.sampled_from(["mailport:run:check x", "mailport:form:trace", "mailport:sure#:1", "check", "watch", "32", "<@100> hi"]),
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=25,
)
# Every field that is read, with anything in it.
DATA = st.one_of(
    ANYTHING,
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("options", "custom_id", "components", "resolved", "name"), ANYTHING),
    ),
)
MESSAGE = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("guild_id", "member", "mentions", "referenced_message", "attachments", "type", "content"), ANYTHING
    ),
)
BASE = {"id": "1", "token": "t", "channel_id": "3", "user": {"id": "4"}, "member": {"user": {"id": "4"}}}


@given(st.dictionaries(NAMES, ANYTHING, max_size=8), st.integers(0, 6), DATA)
def test_no_interaction_raises(more: dict[str, Any], kind: int, data: Any) -> None:
    for payload in ({**more, "type": kind, "data": data}, {**BASE, "type": kind, "data": data}, more):
        read = read_interaction(payload)
        asked = read.asked if isinstance(read, Completing) else read
        if asked is not None:
            assert isinstance(asked, Asked)
            assert all(isinstance(value, str) for value in asked.arguments.values())
            assert asked.workspace.startswith("discord:")
            command_of(asked), form_of(asked), words_of(asked)


@given(st.one_of(MESSAGE, st.dictionaries(NAMES, ANYTHING, max_size=8)), ANYTHING)
def test_no_message_raises(more: dict[str, Any], author: Any) -> None:
    written = {"id": "1", "channel_id": "3", "author": {"id": "5"}, "content": "<@100> x"}
    for payload in (more, {**written, **more}, {**written, **more, "author": author}):
        read = read_message(payload, own_id="100")
        assert read is None or read.person != "100"


ODD: tuple[Any, ...] = (3, "x", True, None, [3], [[1]], {"a": 1}, [{"type": 1, "options": 7}], [{"type": 11, "value": [1]}],
    [{"type": 3, "name": ["a"], "value": {"a": 1}}])  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", [2, 3, 4, 5])
def test_each_field_of_an_interaction_may_hold_anything(kind: int, odd: Any) -> None:
    for name in ("options", "custom_id", "components", "resolved"):
        read_interaction({**BASE, "type": kind, "data": {"custom_id": "mailport:form:trace", name: odd}})
    for name in (*BASE, "type", "data", "guild_id", "channel", "locale", "authorizing_integration_owners"):
        read_interaction({**BASE, "type": kind, "data": {}, name: odd})


@pytest.mark.parametrize("odd", ODD)
def test_each_field_of_a_message_may_hold_anything(odd: Any) -> None:
    written = {"id": "1", "channel_id": "3", "guild_id": "2", "author": {"id": "5"}, "content": "hi"}
    for name in (*written, "mentions", "attachments", "referenced_message", "type", "member", "webhook_id"):
        read_message({**written, name: odd}, own_id="100")


@pytest.mark.parametrize(
    ("payload", "workspace"),
    [
        pytest.param({"guild_id": "200"}, "discord:200", id="a server"),
        pytest.param({}, "discord:dm:4", id="a direct message"),
        pytest.param({"context": 2}, "discord:group:3", id="between others"),
    ],
)
def test_whose_world_it_is(payload: dict[str, Any], workspace: str) -> None:
    read = read_interaction({**BASE, "type": 2, "data": {"name": "mailport"}, **payload})
    assert isinstance(read, Asked)
    assert read.workspace == workspace
    assert read.text == "help"


def test_words_are_as_somebody_would_type_them() -> None:
    asked = Asked(
        kind="command", id="1", channel="3", person="4", command=("watch", "add"),
        arguments={"target": "mx.example.com", "every": "15m"},
    )  # fmt: skip
    assert words_of(asked) == "watch add mx.example.com every 15m"


def test_forms_of_the_older_kind_are_read() -> None:
    row = {"type": 1, "components": [{"type": 4, "custom_id": "text.0", "value": "Received: x"}]}
    data = {"custom_id": "mailport:form:trace", "components": [row]}
    read = read_interaction({**BASE, "type": 5, "data": data})
    assert isinstance(read, Asked)
    assert read.command == ("trace",)
    assert read.arguments == {"text": "Received: x"}
