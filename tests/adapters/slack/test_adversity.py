"""What Slack, proxies and lesser stand-ins really do: methods missing, triggers late, 429, constants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from adapters.slack import socket_mode
from bot.cards.model import Attachment, Card, Code, Paragraph, Pending, Reply, plain
from bot.model.request import Request
from bot.ports import Progress
from tests.adapters.slack.conftest import Bench, make_adapter, settings_for
from tests.support.scripted import said
from tests.support.slack_blocks import words_of
from tests.support.slack_standin import CHANNEL, MEMBER, TEAM, SlackStandIn, too_many
from tests.support.waiting import until

OPTIONAL = {
    "auth.test", "users.info", "conversations.info", "usergroups.users.list", "users.conversations",
    "chat.update", "chat.delete", "chat.postEphemeral", "views.open", "views.publish",
    "files.getUploadURLExternal", "assistant.threads.setSuggestedPrompts",
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("short_pauses")


@pytest.fixture
async def bare() -> AsyncIterator[Bench]:
    """A Slack that knows how to post and nothing else."""
    slack = SlackStandIn(without=set(OPTIONAL))
    await slack.start()
    adapter = make_adapter(settings_for(slack))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    yield Bench(slack, adapter)
    await adapter.stop(2.0)
    await slack.stop()


def refused(word: str) -> web.Response:
    return web.json_response({"ok": False, "error": word})


async def slow(_: Request, progress: Progress) -> Reply:
    await progress(Pending(plain("still at it")))
    await asyncio.sleep(1.3)
    return Reply(card=said("done"))


# ---- a Slack that knows little


async def test_a_mention_is_answered_by_a_slack_that_can_only_post(bare: Bench) -> None:
    bare.answers_with(said("yes"))
    await bare.event(bare.slack.mention("is all right?"))
    await bare.settled()
    assert bare.asked[0].text == "is all right?"
    assert words_of(bare.slack.messages[0]).strip() == "yes"


async def test_our_own_messages_are_ours_even_when_nobody_says_who_we_are(bare: Bench) -> None:
    bare.answers_with(said("yes"))
    await bare.event({**bare.slack.said("!mailport status"), "bot_id": "B9"})
    await bare.settled()
    assert bare.asked == []


async def test_a_verdict_that_cannot_edit_its_progress_is_posted(bare: Bench) -> None:
    bare.answers(slow)
    await bare.event(bare.slack.mention("check example.com"))
    await bare.settled()
    assert [words_of(one).strip() for one in bare.slack.messages] == ["⏳ still at it", "done"]


async def test_what_is_for_the_asker_alone_comes_as_a_direct_message_at_worst(bare: Bench) -> None:
    bare.answers_with(said("only you", private=True))
    await bare.event(bare.slack.mention("audit"))
    await bare.settled()
    assert [one["channel"] for one in bare.slack.messages] == [MEMBER]


async def test_nobody_has_rights_that_slack_does_not_confirm(bare: Bench) -> None:
    await bare.command("settings language es")
    await until(lambda: bare.slack.ephemerals)
    assert "admin" in words_of(bare.slack.ephemerals[0])


async def test_a_file_that_slack_does_not_take_follows_as_text(bare: Bench) -> None:
    bare.answers_with(
        Card(title="Export", blocks=(Attachment("w.csv", b"a,<!here>\n" * 2000), Code("x" * 7000)))
    )
    await bare.event(bare.slack.mention("watch export"))
    await bare.settled()
    rest = "".join(words_of(one) for one in bare.slack.messages[1:])
    assert rest.count("a,<\u2060!here>") == 2000
    assert "x" * 2000 in rest
    assert {one["thread_ts"] for one in bare.slack.messages} == {bare.slack.messages[0]["thread_ts"]}


async def test_a_form_that_does_not_open_says_so_and_offers_another_try(bare: Bench) -> None:
    await bare.command("trace")
    await until(lambda: bare.slack.ephemerals)
    message = bare.slack.ephemerals[0]
    assert "did not open" in words_of(message)
    bare.slack.without.discard("views.open")
    await bare.press(message)
    await until(lambda: len(bare.slack.views) == 2)


async def test_a_link_that_never_says_hello_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_mode, "HELLO_S", 0.2)
    slack = SlackStandIn(greets=False)
    await slack.start()
    adapter = make_adapter(settings_for(slack))
    await adapter.start()
    await until(lambda: adapter.status() == "ok")
    await adapter.stop()
    await slack.stop()


# ---- late, twice, out of order


async def test_a_trigger_that_expired_is_told_to_the_asker(bench: Bench) -> None:
    payload = bench.slack.command("explain")
    bench.slack._triggers[payload["trigger_id"]] -= 4.0
    await bench.slack.acked(await bench.slack.deliver("slash_commands", payload))
    await until(lambda: bench.slack.ephemerals)
    assert "/mailport explain" in words_of(bench.slack.ephemerals[0])
    assert bench.slack.views == []


async def test_trace_in_a_thread_offers_a_button_that_opens_the_form(bench: Bench) -> None:
    await bench.event(bench.slack.mention("trace", thread_ts="1699999999.000001"))
    await until(lambda: bench.slack.ephemerals)
    await bench.press(bench.slack.ephemerals[0])
    await until(lambda: len(bench.slack.views) == 2)


async def test_different_words_with_the_same_ids_are_different_questions(bench: Bench) -> None:
    """Test tools send the same trigger and address each time; nobody loses an answer for that."""
    bench.answers_with(said("yes"))
    first = bench.slack.command("help check")
    for text in ("help check", "help port", "help check"):
        await bench.slack.acked(await bench.slack.deliver("slash_commands", {**first, "text": text}))
    await bench.settled()
    assert [request.text for request in bench.asked] == ["help check", "help port"]


async def test_a_message_without_ts_is_known_by_its_event_id(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    for text in ("one", "two"):
        event = bench.slack.mention(text)
        del event["ts"]
        payload = bench.slack.event(event)
        for _ in range(2):
            await bench.slack.acked(await bench.slack.deliver("events_api", payload))
    await bench.settled()
    assert [request.text for request in bench.asked] == ["one", "two"]


async def test_an_edit_that_mentions_us_is_answered_once(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    mention = bench.slack.mention("prot 25?")
    await bench.event(mention)
    await bench.event(
        {**mention, "text": mention["text"].replace("prot", "port"), "edited": {"user": MEMBER}}
    )
    later = bench.slack.mention("added by an edit", edited={"user": MEMBER, "ts": "1.1"})
    await bench.event(later)
    await bench.settled()
    assert [request.text for request in bench.asked] == ["prot 25?", "added by an edit"]


async def test_acknowledgements_do_not_wait_for_one_another(bench: Bench) -> None:
    bench.answers(slow)
    envelopes = [
        await bench.slack.deliver("slash_commands", bench.slack.command(f"check {number}.example"))
        for number in range(10)
    ]
    await asyncio.wait_for(asyncio.gather(*map(bench.slack.acked, envelopes)), 1.0)
    assert bench.slack.messages == []


async def test_another_command_of_the_app_is_ours_too(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    await bench.command("status", command="/mailport-dev")
    await bench.settled()
    assert len(bench.asked) == 1


async def test_a_shortcut_that_is_none_of_ours_is_acknowledged_without_words(bench: Bench) -> None:
    envelope = await bench.slack.deliver(
        "interactive",
        {
            "type": "shortcut",
            "callback_id": "x",
            "user": {"id": MEMBER},
            "team": {"id": TEAM},
            "trigger_id": "1",
        },
    )
    await bench.slack.acked(envelope)
    assert envelope not in bench.slack.ack_payloads


# ---- links


async def test_what_comes_over_a_link_announced_to_end_is_answered(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    old = await bench.slack.linked()
    await old.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
    await bench.slack.linked(2)
    payload = bench.slack.command("status")
    await old.send_json({"type": "slash_commands", "envelope_id": "late", "payload": payload})
    await bench.slack.acked("late")
    await bench.settled()
    assert len(bench.slack.messages) == 1


async def test_too_many_links_are_a_reason_and_no_loop(bench: Bench) -> None:
    for _ in range(2):
        link = await bench.slack.linked()
        await link.send_json({"type": "disconnect", "reason": "too_many_websockets"})
        await until(lambda: "too many" in bench.adapter.status() or bench.adapter.status() == "ok")
        await asyncio.sleep(0.02)
    assert bench.slack.opened_links <= 3
    await until(lambda: bench.adapter.status() == "ok")


async def test_links_refreshed_without_end_come_to_a_pause(bench: Bench) -> None:
    async def refresh_all() -> None:
        while True:
            link = await bench.slack.linked()
            await link.send_json({"type": "disconnect", "reason": "refresh_requested"})
            await asyncio.sleep(0.005)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(refresh_all(), 1.0)
    assert bench.slack.opened_links < 60


# ---- 429


async def test_an_answer_survives_more_429_than_the_library_waits_for(bench: Bench) -> None:
    bench.answers_with(said("at last"))
    bench.slack.refuse["chat.postMessage"] = [lambda: too_many("0")] * 9
    await bench.event(bench.slack.mention("hello"))
    await until(lambda: bench.slack.messages, 20.0)
    assert words_of(bench.slack.messages[0]).strip() == "at last"


async def test_a_response_address_that_says_429_is_used_again(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    bench.slack.refuse["response_url"] = [lambda: too_many("0")]
    await bench.command("status")
    await bench.settled()
    assert [one["via"] for one in bench.slack.messages] == ["response_url"]


async def test_an_update_that_failed_for_a_moment_is_tried_again(bench: Bench) -> None:
    bench.answers(slow)
    bench.slack.refuse["chat.update"] = [lambda: web.Response(status=502)] * 2
    await bench.event(bench.slack.mention("check example.com"))
    await bench.settled()
    assert [words_of(one).strip() for one in bench.slack.messages] == ["done"]


@pytest.mark.parametrize("word", ["not_in_channel", "channel_not_found", "is_archived", "restricted_action"])
async def test_where_we_may_not_post_the_response_address_serves(bench: Bench, word: str) -> None:
    bench.answers_with(
        Card(title="", blocks=(Paragraph(plain("yes")), Attachment("a.csv", b"1")), summary="yes")
    )
    bench.slack.refuse["chat.postMessage"] = [lambda: refused(word)] * 2
    await bench.command("watch export", channel=CHANNEL)
    await bench.settled()
    assert [one["via"] for one in bench.slack.messages[:1]] == ["response_url"]


@pytest.mark.parametrize("word", ["invalid_blocks", "msg_blocks_too_long", "invalid_blocks_format"])
async def test_blocks_that_slack_does_not_take_lose_no_words(bench: Bench, word: str) -> None:
    bench.answers(slow)
    bench.slack.refuse["chat.update"] = [lambda: refused(word)] * 2
    await bench.event(bench.slack.mention("check example.com"))
    await bench.settled()
    (message,) = bench.slack.messages
    assert message["text"] == "done"
    assert message["blocks"] == []


# ---- response addresses and uploads


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda: web.Response(status=404, text="used_url"), id="used up"),
        pytest.param(lambda: web.Response(status=500, text="expired_url"), id="expired, said with 500"),
        pytest.param(lambda: web.Response(status=503), id="ill"),
        pytest.param(lambda: web.json_response({"ok": False, "error": "used_url"}), id="refused with 200"),
        pytest.param(
            lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}), id="led away"
        ),
    ],
)
async def test_a_response_address_that_does_not_work_is_not_the_only_way(
    bench: Bench, answer: object
) -> None:
    bench.answers_with(said("yes"))
    bench.slack.refuse["response_url"] = [answer] * 4  # type: ignore[list-item]
    await bench.command("status")
    await bench.settled()
    assert [one.get("via") for one in bench.slack.messages] == [None]


async def test_blocks_refused_by_a_response_address_lose_no_words(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    bench.slack.refuse["response_url"] = [lambda: web.Response(status=400, text="invalid_blocks")] * 2
    await bench.command("status")
    await bench.settled()
    assert [one["text"] for one in bench.slack.messages] == ["yes"]


async def test_an_upload_that_breaks_off_follows_as_text(bench: Bench) -> None:
    bench.slack.refuse["files.completeUploadExternal"] = [lambda: refused("file_not_found")]
    bench.answers_with(Card(title="Export", blocks=(Attachment("w.csv", b"target,every\n"),)))
    await bench.command("watch export")
    await bench.settled()
    assert "target,every" in words_of(bench.slack.messages[-1])
    assert bench.slack.files == []
