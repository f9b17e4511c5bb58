"""Alerts and reports: posted once, edited, threaded, charted; the failures that the outbox knows."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from aiohttp import web

from adapters.slack import outbound
from adapters.slack.outbound import Outbound
from bot.cards.model import Card, Chart, Table
from bot.errors import NotFound, Unavailable
from bot.ports import Post
from tests.adapters.slack.conftest import Bench
from tests.support.scripted import said
from tests.support.slack_blocks import words_of
from tests.support.slack_standin import CHANNEL, TEAM, too_many

CHART = Chart(
    title="Answers", alt="Answers took 20 to 90 ms", points=(("Mon", 20.0), ("Tue", None), ("Wed", 90.0))
)


def alert(key: str = "alert-1-1", card: Card | None = None, **more: object) -> Post:
    return Post(key=key, workspace=f"slack:{TEAM}", channel=CHANNEL, card=card or said("broke"), **more)  # type: ignore[arg-type]


def refused(word: str) -> Callable[[], web.Response]:
    return lambda: web.json_response({"ok": False, "error": word})


async def test_an_alert_is_posted_with_its_key(bench: Bench) -> None:
    ts = await bench.adapter.post(alert())
    (message,) = bench.slack.messages
    assert message["ts"] == ts
    assert message["metadata"]["event_payload"] == {"key": "alert-1-1"}
    assert message["unfurl_links"] is False


async def test_a_try_that_arrived_unheard_is_not_posted_again(bench: Bench) -> None:
    bench.slack.swallow = 1
    with pytest.raises(Unavailable):
        await bench.adapter.post(alert())
    ts = await bench.adapter.post(alert(retry=True))
    assert [one["ts"] for one in bench.slack.messages] == [ts]


async def test_a_retry_that_never_arrived_is_posted(bench: Bench) -> None:
    await bench.adapter.post(alert("alert-1-0"))
    await bench.adapter.post(alert(retry=True))
    assert len(bench.slack.messages) == 2


async def test_later_news_go_into_the_thread(bench: Bench) -> None:
    first = await bench.adapter.post(alert())
    await bench.adapter.post(alert("alert-1-2", said("recovered"), reply_to=first))
    assert bench.slack.messages[1]["thread_ts"] == first
    assert await bench.adapter.post(alert("alert-1-2", reply_to=first, retry=True))
    assert len(bench.slack.messages) == 2


async def test_an_edit_changes_the_message_or_posts_anew(bench: Bench) -> None:
    first = await bench.adapter.post(alert())
    assert await bench.adapter.post(alert("k2", said("on it"), edit=first)) == first
    assert words_of(bench.slack.messages[0]).strip() == "on it"
    assert await bench.adapter.post(alert("k3", said("new"), edit="1.000001")) != "1.000001"
    assert len(bench.slack.messages) == 2


async def test_a_chart_is_a_native_block_where_slack_takes_it(bench: Bench) -> None:
    await bench.adapter.post(alert(card=Card(title="Report #3", blocks=(CHART,))))
    kinds = [block["type"] for block in bench.slack.messages[0]["blocks"]]
    assert "data_visualization" in kinds
    assert bench.slack.files == []


async def test_a_chart_is_an_uploaded_picture_where_it_does_not(bench: Bench) -> None:
    bench.slack.natives = False
    table = Table(("Target", "State"), (("example.com", "up"),))
    ts = await bench.adapter.post(alert(card=Card(title="Report #3", blocks=(CHART, table))))
    assert len(bench.slack.messages) == 1
    (picture,) = bench.slack.files
    assert picture["filename"].endswith(".png")
    assert picture["thread"] == ts
    assert "20 to 90 ms" in words_of(bench.slack.messages[0])


async def test_when_no_block_is_taken_the_words_still_arrive(bench: Bench) -> None:
    bench.slack.refuse["chat.postMessage"] = [refused("invalid_blocks"), refused("invalid_blocks")]
    await bench.adapter.post(alert())
    assert bench.slack.messages[0]["text"] == "broke"
    assert not bench.slack.messages[0].get("blocks")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        pytest.param("channel_not_found", NotFound, id="the channel is gone"),
        pytest.param("is_archived", NotFound, id="archived"),
        pytest.param("not_in_channel", NotFound, id="we were removed"),
        pytest.param("invalid_auth", Unavailable, id="the token is refused"),
        pytest.param("internal_error", Unavailable, id="Slack is ill"),
    ],
)
async def test_failures_are_told_apart(bench: Bench, word: str, kind: type[Exception]) -> None:
    bench.slack.refuse["chat.postMessage"] = [refused(word)] * 5
    with pytest.raises(kind):
        await bench.adapter.post(alert())


async def test_a_429_loses_nothing_and_keeps_order(bench: Bench) -> None:
    bench.slack.refuse["chat.postMessage"] = [too_many]
    await bench.adapter.post(alert("k1", said("one")))
    await bench.adapter.post(alert("k2", said("two")))
    assert [one["text"] for one in bench.slack.messages] == ["one", "two"]


async def test_a_long_429_is_left_to_the_outbox_with_its_seconds(bench: Bench) -> None:
    bench.slack.refuse["chat.postMessage"] = [lambda: too_many("0")] * 3 + [lambda: too_many("30")]
    with pytest.raises(Unavailable) as caught:
        await bench.adapter.post(alert())
    assert caught.value.details["retry_after"] == 30.0


async def test_before_slack_is_reached_nothing_is_lost(bench: Bench) -> None:
    await bench.adapter.stop(0.1)
    with pytest.raises(Unavailable):
        await bench.adapter.post(alert())


async def test_a_burst_goes_out_at_once_until_slack_asks_to_slow_down() -> None:
    now, slept = [0.0], list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    queues = Outbound(lambda: now[0], sleep)

    async def nothing() -> None:
        """Sent."""

    for _ in range(outbound.BURST):
        await queues.send("T1", CHANNEL, nothing)
    assert slept == []
    queues.slow_down()
    for _ in range(5):
        await queues.send("T1", CHANNEL, nothing)
    assert slept == pytest.approx([1.0] * 5, abs=0.01) or slept[1:] == pytest.approx([1.0] * 4)
    now[0] += outbound.SLOW_S + 1
    slept.clear()
    for _ in range(5):
        await queues.send("T1", CHANNEL, nothing)
    assert slept == []


async def test_half_a_second_is_half_a_second(bench: Bench) -> None:
    bench.slack.refuse["chat.postMessage"] = [lambda: too_many("0.5")]
    began = time.monotonic()
    await bench.adapter.post(alert())
    assert 0.5 <= time.monotonic() - began < 5.0
    assert len(bench.slack.messages) == 1


async def test_an_edit_with_blocks_that_slack_does_not_take_goes_out_plainer(bench: Bench) -> None:
    first = await bench.adapter.post(alert())
    bench.slack.refuse["chat.update"] = [refused("invalid_blocks"), refused("invalid_blocks")]
    assert await bench.adapter.post(alert("k2", said("on it"), edit=first)) == first
    assert bench.slack.messages[0]["text"] == "on it"
    assert bench.slack.messages[0]["blocks"] == []


async def test_a_retry_that_cannot_look_back_is_posted(bench: Bench) -> None:
    bench.slack.refuse["conversations.history"] = [refused("missing_scope")]
    assert await bench.adapter.post(alert(retry=True))


async def test_a_retry_waits_while_nothing_can_be_looked_up(bench: Bench) -> None:
    bench.slack.refuse["conversations.history"] = [refused("internal_error")] * 3
    with pytest.raises(Unavailable):
        await bench.adapter.post(alert(retry=True))
    assert bench.slack.messages == []


async def test_many_channels_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "MAX_CHANNELS", 10)
    now = [0.0]
    queues = Outbound(lambda: now[0])

    async def nothing() -> None:
        """Sent."""

    for number in range(50):
        now[0] += 30.0
        await queues.send("T1", f"C{number}", nothing)
    assert len(queues._channels) <= 11
