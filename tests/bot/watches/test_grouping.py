"""Few messages out of much news, and what a lost uplink means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.model.verdict import Word
from bot.watches.alert import AlertState
from bot.watches.grouping import (
    judge_batch,
    uplink_lost,
    vantage_messages,
    while_uplink_lost,
    worth_asking_controls,
)
from bot.watches.message import Message
from bot.watches.observation import Observation
from bot.watches.watch import Watch
from bot.watches.watch_store import Claimed

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def watch(number: int, channel: str = "C1", workspace: str = "slack:T1") -> Watch:
    return Watch(
        id=number, number=number, workspace=workspace, channel=channel, target=f"{number}.example", kind=None,
        interval_s=900, vantage="local", failures=1, recoveries=1, reminder_s=10**9,
        certificate_days=(21, 7, 3, 1), ignored=(), created_at=NOW, created_by="U1", next_due=NOW,
    )  # fmt: skip


def seen(word: Word) -> Observation:
    return Observation(at=NOW, word=word, reason="port-refused")


def claim(number: int, state: AlertState | None = None, **where: str) -> Claimed:
    return Claimed(watch=watch(number, **where), state=state or AlertState(), revision=1)


def states(
    numbers: range, word: Word, before: dict[int, AlertState] | None = None
) -> tuple[dict[int, AlertState], tuple[Message, ...]]:
    batch = judge_batch([(claim(number, (before or {}).get(number)), seen(word)) for number in numbers])
    return {one.claimed.watch.id: one.state for one in batch.judged}, batch.messages


def test_two_that_fail_together_are_two_messages_three_are_one() -> None:
    assert [message.type for message in states(range(1, 3), "fail")[1]] == ["alert", "alert"]
    (message,) = states(range(1, 4), "fail")[1]
    assert message.type == "group"
    assert [member["watch"] for member in message.payload["members"]] == [1, 2, 3]


def test_groups_are_made_per_channel_and_per_workspace() -> None:
    runs = [(claim(number), seen("fail")) for number in range(1, 4)]
    runs += [(claim(number, channel="C2"), seen("fail")) for number in range(4, 7)]
    runs += [(claim(7, workspace="slack:T2"), seen("fail"))]
    messages = judge_batch(runs).messages
    assert [(message.workspace, message.channel, message.type) for message in messages] == [
        ("slack:T1", "C1", "group"), ("slack:T1", "C2", "group"), ("slack:T2", "C1", "alert"),
    ]  # fmt: skip


def test_a_recovery_answers_in_the_thread_and_changes_the_first_message() -> None:
    after, (first,) = states(range(1, 2), "fail")
    assert after[1].first_key == first.key == "alert-1-1"
    recovered, messages = states(range(1, 2), "pass", after)
    assert [(one.key, one.thread_of, one.edits) for one in messages] == [
        ("alert-1-2", "alert-1-1", None), ("alert-1-2-edit", None, "alert-1-1"),
    ]  # fmt: skip
    assert recovered[1].first_key is None


def test_those_that_broke_together_recover_in_the_groups_thread() -> None:
    after, (group,) = states(range(1, 5), "fail")
    _, (all_of_them,) = states(range(1, 5), "pass", after)
    assert all_of_them.thread_of == group.key
    _, (alone,) = states(range(1, 2), "pass", after)
    assert (alone.thread_of, alone.edits) == (group.key, None)


def test_the_same_batch_judged_twice_has_the_same_keys() -> None:
    assert states(range(1, 9), "fail")[1] == states(range(1, 9), "fail")[1]


@pytest.mark.parametrize(
    ("controls", "lost"),
    [
        pytest.param([False, False, False], True, id="none answers"),
        pytest.param([False, True, False], False, id="one answers"),
        pytest.param([None, False], True, id="one was not asked, the other does not answer"),
        pytest.param([None, None], False, id="none was asked: nothing is known"),
        pytest.param([], False, id="no control targets"),
    ],
)
def test_the_uplink_is_lost_when_no_control_target_answers(controls: list[bool | None], lost: bool) -> None:
    assert uplink_lost(controls) is lost


@pytest.mark.parametrize(
    ("words", "ask"),
    [
        pytest.param("ffff", True, id="all fail"),
        pytest.param("fp", False, id="half"),
        pytest.param("f", True, id="the only one"),
        pytest.param("uuuf", True, id="all that is known fails"),
        pytest.param("pppp", False, id="all well"),
        pytest.param("uuuu", False, id="nothing known"),
    ],
)
def test_controls_are_asked_when_most_of_a_batch_fails(words: str, ask: bool) -> None:
    names: dict[str, Word] = {"f": "fail", "p": "pass", "u": "unknown"}
    assert worth_asking_controls([seen(names[word]) for word in words]) is ask


def test_a_lost_uplink_makes_no_alert_per_watch_and_one_message_per_workspace() -> None:
    before = {number: AlertState(status="up", bad=1) for number in range(1, 100)}
    runs = [(claim(number, before[number]), while_uplink_lost(seen("fail"))) for number in range(1, 100)]
    batch = judge_batch(runs)
    assert batch.messages == ()
    assert all(one.state.status == "up" and one.state.bad == 1 for one in batch.judged)
    watches = [watch(1), watch(2), watch(3, channel="C2"), watch(4, workspace="slack:T2")]
    lost = vantage_messages("uplink", "local", "lost", NOW, NOW, watches)
    assert [(one.workspace, one.channel) for one in lost] == [("slack:T1", "C1"), ("slack:T2", "C1")]
    back = vantage_messages("uplink", "local", "back", NOW, NOW, watches)
    assert [one.thread_of for one in back] == [one.key for one in lost]


def test_what_answered_while_the_uplink_seemed_lost_counts() -> None:
    assert while_uplink_lost(seen("pass")) == seen("pass")
