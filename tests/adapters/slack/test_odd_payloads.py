"""Payloads with parts missing, of other types, or huge: taken or refused, never an exception of ours, never a 5xx."""

from __future__ import annotations

import copy
import json
import logging
import random
from collections.abc import Iterator
from typing import Any

import pytest
from multidict import CIMultiDict

from adapters.slack.web import understood
from tests.adapters.slack.conftest import Bench
from tests.support.slack_standin import SlackStandIn

JUNK: tuple[Any, ...] = (
    None,
    "",
    0,
    -1,
    True,
    [],
    {},
    "x",
    [1],
    {"a": 1},
    "\ud800",
    "<@U1>",
    1e308,
    ["x"] * 3,
    "C" * 5000,
)
ROUNDS = 400
VIEW = {
    "id": "V1", "hash": "h", "type": "modal", "callback_id": "mailport.form.explain", "blocks": [],
    "private_metadata": '{"channel": "C1"}', "title": {"type": "plain_text", "text": "x"},
    "state": {"values": {"text.0": {"value": {"type": "plain_text_input", "value": "535 5.7.8"}}}},
}  # fmt: skip
Path = tuple[Any, ...]


class _Signed:
    """What the handler sees of a request whose signature was checked."""

    query_string = ""
    headers = CIMultiDict({"Content-Type": "application/json"})
    content_type = "application/json"


def seeds(slack: SlackStandIn) -> list[dict[str, Any]]:
    person = {"user": {"id": "U1", "team_id": "T1"}, "team": {"id": "T1"}}
    return [
        slack.command("which port?"),
        slack.command("trace"),
        slack.event(slack.mention("check 10.0.0.1")),
        slack.event(slack.said("help", channel="D1")),
        slack.event({"type": "app_home_opened", "user": "U1", "tab": "home", "channel": "D1"}),
        slack.event(
            {
                "type": "assistant_thread_started",
                "assistant_thread": {"user_id": "U1", "channel_id": "D1", "thread_ts": "1.1"},
            }
        ),
        slack.event({"type": "tokens_revoked", "tokens": {"bot": ["U"]}}),
        slack.pressed(
            {"blocks": [{"type": "actions", "elements": [{"action_id": "mailport.run.0", "value": "help"}]}]}
        ),
        {"type": "view_submission", "view": VIEW, **person},
        {"type": "view_closed", "view": VIEW, **person},
        {"type": "message_action", "callback_id": "x", **person},
    ]


def paths(node: object, at: Path = ()) -> Iterator[Path]:
    yield at
    if isinstance(node, dict):
        for name, value in node.items():
            yield from paths(value, (*at, name))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from paths(value, (*at, number))


def spoiled(payload: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    payload = copy.deepcopy(payload)
    for _ in range(chance.randint(1, 3)):
        at = chance.choice([path for path in paths(payload) if path] or [()])
        node: Any = payload
        for step in at[:-1]:
            node = node[step]
        if at and chance.random() < 0.3:
            del node[at[-1]]
        elif at:
            node[at[-1]] = copy.deepcopy(chance.choice(JUNK))
    return payload


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_no_payload_breaks_anything(bench: Bench, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(seed)
    parts = bench.adapter._parts
    assert parts is not None
    for _ in range(ROUNDS):
        payload = spoiled(chance.choice(seeds(bench.slack)), chance)
        await bench.adapter._envelope({"payload": payload, "envelope_id": "x"})
        body = json.dumps(payload)
        if understood(body, "application/json"):
            answer = await bench.adapter._web._dispatch(parts.app, _Signed(), body)  # type: ignore[arg-type]
            assert answer.status < 500
    await bench.settled()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "Traceback" not in caplog.text
