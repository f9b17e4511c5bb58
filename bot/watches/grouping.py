"""From the news of many watches to few messages, and what to think when nothing at all answers.

Pure: the engine claims watches, checks them, calls `judge_batch`, and writes what comes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from bot.model.value import frozen, replace
from bot.watches.alert import AlertState, News, Turn, advance, policy_of
from bot.watches.message import Message
from bot.watches.observation import UPLINK_LOST, Observation
from bot.watches.watch import Watch
from bot.watches.watch_store import Claimed

# From this many watches of one channel on, equal news of one batch become one message.
GROUP_FROM = 3
GROUPED = frozenset({"broke", "recovered", "still-broken", "blind", "sighted"})


@frozen
class Judged:
    """What a run means for one watch."""

    claimed: Claimed
    seen: Observation
    state: AlertState
    turn: Turn | None


@frozen
class Batch:
    """What a batch of runs means: per watch its new state, and the messages of all of them."""

    judged: tuple[Judged, ...]
    messages: tuple[Message, ...]


def judge_batch(runs: Sequence[tuple[Claimed, Observation]]) -> Batch:
    """Advance the state of every watch of a batch and make the messages, grouped.

    Runs that were made while our own uplink was lost must have gone through `while_uplink_lost` first.
    """
    judged: list[Judged] = []
    news: list[tuple[Watch, News]] = []
    for claimed, seen in runs:
        step = advance(claimed.state, seen, policy_of(claimed.watch, seen.at, alerts=claimed.alerts))
        judged.append(Judged(claimed, seen, step.state, step.turn))
        news.extend((claimed.watch, one) for one in step.news)
    messages, opened = messages_of(news)
    return Batch(tuple(_with_key(one, opened) for one in judged), messages)


def _with_key(judged: Judged, opened: Mapping[int, str]) -> Judged:
    key = opened.get(judged.claimed.watch.id, judged.state.first_key)
    if not judged.state.told and not judged.state.flapping:
        key = None
    return replace(judged, state=replace(judged.state, first_key=key))


def messages_of(news: Sequence[tuple[Watch, News]]) -> tuple[tuple[Message, ...], dict[int, str]]:
    """Messages of news, and per watch id the key of the message that opens its incident's thread."""
    groups: dict[tuple[str, str, str], list[tuple[Watch, News]]] = {}
    for watch, one in news:
        alone = "" if one.kind in GROUPED else alert_key(watch, one)
        groups.setdefault((watch.workspace, watch.channel, one.kind + alone), []).append((watch, one))
    messages: list[Message] = []
    opened: dict[int, str] = {}
    for members in groups.values():
        if len(members) >= GROUP_FROM:
            made = [_group_message(members)]
        else:
            made = [message for watch, one in members for message in _alert_messages(watch, one)]
        messages.extend(made)
        for watch, one in members:
            if one.kind in ("broke", "flapping"):
                opened[watch.id] = made[0].key if len(members) >= GROUP_FROM else alert_key(watch, one)
    return tuple(messages), opened


def alert_key(watch: Watch, news: News) -> str:
    """The natural key of one watch's news."""
    return f"alert-{watch.id}-{news.number}"


def _alert_messages(watch: Watch, news: News) -> list[Message]:
    message = Message(
        key=alert_key(watch, news),
        workspace=watch.workspace,
        channel=watch.channel,
        type="alert",
        payload=payload_of(watch, news),
        thread_of=news.first_key,
    )
    if news.kind not in ("recovered", "steady") or news.first_key is None:
        return [message]
    if news.first_key.startswith("group-"):
        return [message]
    # The first message is changed too, so that scrolling back shows at once that it is over.
    return [message, replace(message, key=f"{message.key}-edit", thread_of=None, edits=news.first_key)]


def _group_message(members: Sequence[tuple[Watch, News]]) -> Message:
    keys = sorted(alert_key(watch, news) for watch, news in members)
    digest = hashlib.blake2b(" ".join(keys).encode(), digest_size=12).hexdigest()
    first = members[0][0]
    threads = {news.first_key for _, news in members}
    return Message(
        key=f"group-{digest}",
        workspace=first.workspace,
        channel=first.channel,
        type="group",
        payload={
            "kind": members[0][1].kind,
            # One line each is told of them, so one finding is enough.
            "members": [payload_of(watch, replace(news, told=news.told[:1])) for watch, news in members],
        },
        # All of one thread (they broke together and recover together): the answer belongs into it.
        thread_of=threads.pop() if len(threads) == 1 else None,
    )


def payload_of(watch: Watch, news: News) -> dict[str, Any]:
    """News as JSON, with what the card needs of the watch."""
    return {
        "kind": news.kind,
        "watch": watch.number,
        "target": watch.target,
        "vantage": watch.vantage,
        "failures": watch.failures,
        "at": news.at.isoformat(),
        "since": news.since.isoformat() if news.since else None,
        "began": news.began.isoformat() if news.began else None,
        "reason": news.reason,
        "added": list(news.added),
        "removed": list(news.removed),
        "ends_at": news.ends_at.isoformat() if news.ends_at else None,
        "down": news.down,
        "told": [[one.id, one.severity, one.subject, dict(one.details)] for one in news.told],
    }


def uplink_lost(controls: Sequence[bool | None]) -> bool:
    """Whether our own way out is gone: control targets were asked and not one of them answered.

    Args:
        controls: Per control target whether TCP reached it; None if it was not asked.
    """
    asked = [answer for answer in controls if answer is not None]
    return bool(asked) and not any(asked)


def worth_asking_controls(seen: Sequence[Observation]) -> bool:
    """Whether a batch looks so bad that the control targets should be asked before believing it.

    One target alone may be down; of several, more than half failing together is suspicious.
    """
    known = [one for one in seen if one.word != "unknown"]
    failed = sum(one.word == "fail" for one in known)
    return failed >= 1 and failed * 2 > len(known)


def while_uplink_lost(seen: Observation) -> Observation:
    """The run as it counts when our own uplink was lost: nothing that failed is held against a target."""
    if seen.word in ("pass", "warn"):
        return seen
    return replace(seen, word="unknown", reason=UPLINK_LOST, findings=frozenset(), ms=None, told=())


def vantage_messages(
    type_: Literal["uplink", "vantage"],
    vantage: str,
    kind: Literal["lost", "gone", "back"],
    since: datetime,
    at: datetime,
    watches: Sequence[Watch],
) -> tuple[Message, ...]:
    """One message per workspace that watches from this vantage, into the channel with most watches.

    Args:
        type_: Whether its uplink ("lost") or everybody who probes from there ("gone") is meant.
        kind: "back" goes into the thread of what it ends.
    """
    messages: list[Message] = []
    for workspace in sorted({watch.workspace for watch in watches}):
        own = [watch.channel for watch in watches if watch.workspace == workspace]
        key = f"{type_}-{vantage}-{int(since.timestamp())}-{workspace}"
        begun = f"{key}-lost" if type_ == "uplink" else f"{key}-gone"
        messages.append(
            Message(
                key=f"{key}-{kind}",
                workspace=workspace,
                channel=max(sorted(set(own)), key=own.count),
                type=type_,
                payload={
                    "kind": kind,
                    "vantage": vantage,
                    "since": since.isoformat(),
                    "at": at.isoformat(),
                    "watches": len(own),
                },
                thread_of=begun if kind == "back" else None,
            )
        )
    return tuple(messages)
