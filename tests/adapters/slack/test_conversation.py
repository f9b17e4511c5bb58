"""Asked in Slack, answered in Slack: where, to whom, once, in order, with progress."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.cards.model import Button, Card, Code, Paragraph, Pending, Reply, plain
from bot.model.request import Request
from bot.ports import Progress
from tests.adapters.slack.conftest import Bench
from tests.support.scripted import said, slow
from tests.support.slack_blocks import words_of
from tests.support.slack_standin import ADMIN, BOT_ID, BOT_USER, CHANNEL, DIRECT, MEMBER, OTHER_CHANNEL
from tests.support.waiting import until


async def test_a_question_is_answered_by_the_real_core_for_all_to_see(bench: Bench) -> None:
    await bench.command("which port should I use to send mail?")
    await until(lambda: bench.slack.messages)
    message = bench.slack.messages[0]
    assert message["response_type"] == "in_channel"
    assert "587" in words_of(message)
    assert "which port should I use" in words_of(message)
    assert "587" in message["text"]


async def test_a_refusal_of_a_slash_command_goes_to_the_asker_alone(bench: Bench) -> None:
    await bench.command("check 10.0.0.1")
    await until(lambda: bench.slack.ephemerals)
    assert bench.slack.ephemerals[0]["response_type"] == "ephemeral"
    assert bench.slack.messages == []


async def test_a_mistyped_command_gets_a_button_that_does_it(bench: Bench) -> None:
    await bench.command("hlep")
    await until(lambda: bench.slack.ephemerals)
    await bench.press(bench.slack.ephemerals[0])
    await until(lambda: bench.slack.messages)
    assert "check" in words_of(bench.slack.messages[0])


async def test_a_mention_is_answered_in_its_thread_and_only_once(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    mention = bench.slack.mention("is all right?")
    await bench.event(mention)
    await bench.event({**mention, "type": "message"})
    await bench.settled()
    (message,) = bench.slack.messages
    assert message["thread_ts"] == mention["ts"]
    assert bench.asked[0].text == "is all right?"


async def test_a_mention_in_a_thread_stays_in_it(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    await bench.event(bench.slack.mention("port example.com", thread_ts="1699999999.000001"))
    await bench.settled()
    assert bench.slack.messages[0]["thread_ts"] == "1699999999.000001"
    assert bench.asked[0].place.thread == "1699999999.000001"


async def test_exclamation_mailport_works_in_threads(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    words = "!mailport check <http://mx.example.com:25|mx.example.com:25>"
    await bench.event(bench.slack.said(words, thread_ts="1699999999.000001"))
    await bench.settled()
    assert bench.asked[0].text == "check mx.example.com:25"
    assert bench.slack.messages[0]["thread_ts"] == "1699999999.000001"


async def test_a_direct_message_needs_no_prefix(bench: Bench) -> None:
    bench.slack.locales[MEMBER] = "es-ES"
    bench.answers_with(said("sí", private=True))
    await bench.event(bench.slack.said("hola", channel=DIRECT))
    await bench.settled()
    assert bench.slack.messages[0]["channel"] == DIRECT
    assert bench.slack.ephemerals == []
    assert bench.asked[0].place.private
    assert bench.asked[0].person.locale == "es-ES"


async def test_a_private_answer_to_a_mention_is_ephemeral(bench: Bench) -> None:
    bench.answers_with(said("not for all", private=True))
    await bench.event(bench.slack.mention("audit"))
    await bench.settled()
    assert bench.slack.messages == []
    assert bench.slack.ephemerals[0]["user"] == MEMBER


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"bot_id": BOT_ID, "user": BOT_USER}, id="our own message"),
        pytest.param({"bot_id": "BOTHER"}, id="another bot's"),
        pytest.param({"subtype": "bot_message"}, id="a bot message without user"),
        pytest.param({"subtype": "message_changed"}, id="an edit"),
        pytest.param({"subtype": "channel_join"}, id="somebody joined"),
        pytest.param({"user": BOT_USER}, id="our bot user"),
    ],
)
async def test_what_no_person_said_to_us_is_not_answered(bench: Bench, event: dict[str, str]) -> None:
    bench.answers_with(said("yes"))
    await bench.event({**bench.slack.said("!mailport status", channel=DIRECT), **event})
    await bench.settled()
    assert bench.asked == []


async def test_talk_in_a_channel_is_not_for_us(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    await bench.event(bench.slack.said("mailport is nice, !mailport too"))
    await bench.event(bench.slack.said("!mailportal"))
    await bench.settled()
    assert bench.asked == []


async def test_a_redelivered_envelope_is_acknowledged_and_not_answered_again(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    payload = await bench.command("status")
    again = await bench.slack.deliver("slash_commands", payload)
    await bench.slack.acked(again)
    await bench.settled()
    assert len(bench.slack.messages) == 1


async def test_storage_remembers_what_was_answered_before_a_restart(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    payload = await bench.command("status")
    await bench.settled()
    parts = bench.adapter._parts
    assert parts is not None
    parts.seen._names.clear()  # as a new process would begin
    await bench.slack.deliver("slash_commands", payload)
    await bench.settled()
    assert len(bench.slack.messages) == 1


async def test_the_same_words_by_the_same_person_share_one_run(bench: Bench) -> None:
    bench.answers(slow(said("done"), 0.3))
    await bench.command("check example.com")
    await bench.command("check example.com")
    await bench.settled()
    assert len(bench.asked) == 1
    assert len(bench.slack.messages) == 2


async def test_progress_and_verdict_are_one_message(bench: Bench) -> None:
    bench.answers(slow(said("all right")))
    await bench.command("check example.com")
    await until(lambda: bench.slack.messages)
    message = bench.slack.messages[0]
    assert "Probing 3 endpoints" in words_of(message)
    ts = message["ts"]
    await bench.settled()
    assert [one["ts"] for one in bench.slack.messages] == [ts]
    assert "all right" in words_of(bench.slack.messages[0])


async def test_where_we_are_no_member_the_response_address_is_edited(bench: Bench) -> None:
    bench.answers(slow(said("all right")))
    await bench.command("check example.com", channel="CPRIVATE")
    await until(lambda: bench.slack.messages)
    assert "Probing" in words_of(bench.slack.messages[0])
    await bench.settled()
    assert len(bench.slack.messages) == 1
    assert "all right" in words_of(bench.slack.messages[0])
    assert bench.slack.edits


async def test_progress_of_an_answer_for_the_asker_alone_is_taken_back(bench: Bench) -> None:
    bench.answers(slow(said("refused", private=True)))
    await bench.command("check example.com")
    await until(lambda: bench.slack.messages)
    await bench.settled()
    assert bench.slack.messages == []
    assert "refused" in words_of(bench.slack.ephemerals[0])


async def test_a_button_answers_and_a_confirmed_one_replaces_its_question(bench: Bench) -> None:
    question = Card(title="Remove?", buttons=(Button("Remove", "watch remove #3", "danger", True),))
    bench.answers_with(question)
    await bench.command("watch remove #3", person=ADMIN)
    await bench.settled()
    bench.answers_with(said("removed"))
    message = bench.slack.messages[0]
    await bench.press(message, person=ADMIN)
    await bench.settled()
    assert bench.asked[-1].confirmed
    assert bench.asked[-1].person.admin


async def test_rights_come_from_slack_and_are_asked_only_when_they_matter(bench: Bench) -> None:
    bench.answers_with(said("ok"))
    await bench.command("ask anything", person=ADMIN)
    await bench.settled()
    assert bench.slack.called()["users.info"] == 0
    for person in (ADMIN, MEMBER, ADMIN):
        await bench.command("settings language es", person=person)
        await bench.settled()
    assert [request.person.admin for request in bench.asked] == [False, True, False, True]
    assert bench.slack.called()["users.info"] == 2


async def test_a_member_may_not_change_and_is_told_so_alone(bench: Bench) -> None:
    await bench.command("settings language es")
    await until(lambda: bench.slack.ephemerals)
    assert "admin" in words_of(bench.slack.ephemerals[0])


async def test_a_burst_is_acknowledged_at_once_and_answered_in_order(bench: Bench) -> None:
    async def script(request: Request, _: Progress) -> Reply:
        await asyncio.sleep(0.02 if request.text.endswith("0") else 0.0)
        return Reply(card=said(f"answer {request.text}"))

    bench.answers(script)
    began: dict[str, float] = {}
    for number in range(200):
        payload = bench.slack.command(f"ask {number}", channel=(CHANNEL, OTHER_CHANNEL)[number % 2])
        began[await bench.slack.deliver("slash_commands", payload)] = time.monotonic()
    await until(lambda: len(bench.slack.messages) == 200, 30.0)
    assert max(bench.slack.acks[envelope] - at for envelope, at in began.items()) < 3.0
    for channel, first in ((CHANNEL, 0), (OTHER_CHANNEL, 1)):
        numbers = [
            int(one["text"].rpartition(" ")[2]) for one in bench.slack.messages if one["channel"] == channel
        ]
        assert numbers == list(range(first, 200, 2))


async def test_one_slow_check_holds_nobody_up(bench: Bench) -> None:
    async def script(request: Request, progress: Progress) -> Reply:
        if request.text == "check slow.example":
            await progress(Pending(plain("still at it")))
            await asyncio.sleep(2.5)
        return Reply(card=said(request.text))

    bench.answers(script)
    await bench.command("check slow.example")
    await bench.command("quick")
    await until(lambda: len(bench.slack.messages) == 2)
    assert "still at it" in words_of(bench.slack.messages[0])
    assert "quick" in words_of(bench.slack.messages[1])
    await bench.settled()
    assert "slow" in words_of(bench.slack.messages[0])


async def test_files_go_into_the_thread_of_their_message(bench: Bench) -> None:
    bench.answers_with(Card(title="Export", blocks=(Code("x" * 9000, name="watches.txt"),)))
    await bench.command("watch export")
    await bench.settled()
    (sent,) = bench.slack.files
    assert sent["filename"] == "watches.txt"
    assert sent["content"] == b"x" * 9000
    assert sent["thread"] == bench.slack.messages[0]["ts"]


async def test_an_answer_too_long_continues_and_ends_in_a_file(bench: Bench) -> None:
    blocks = tuple(Paragraph(plain(f"{number} " + "word " * 500)) for number in range(40))
    bench.answers_with(Card(title="Long", blocks=blocks))
    await bench.command("help")
    await bench.settled()
    first, *rest = bench.slack.messages
    assert {one["thread_ts"] for one in rest} == {first["ts"]}
    assert bench.slack.files[0]["filename"] == "mailport.txt"


async def test_all_calls_share_one_connection_pool(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    for _ in range(10):
        await bench.event(bench.slack.mention("hello"))
        await bench.settled()
    assert len(bench.slack.connections) <= 2


async def test_a_mention_is_answered_whichever_of_its_two_events_comes_first(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    mention = bench.slack.mention("is all right?")
    await bench.event({**mention, "type": "message"})
    await bench.event(mention)
    await bench.settled()
    (message,) = bench.slack.messages
    assert message["thread_ts"] == mention["ts"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        pytest.param(f"<@{BOT_USER}> check example.com", "check example.com", id="at the beginning"),
        pytest.param(f"<@{BOT_USER}>: check example.com", "check example.com", id="with a colon"),
        pytest.param(f"<@{BOT_USER}|mailport>, check example.com", "check example.com", id="with a name"),
        pytest.param(f"hi <@{BOT_USER}> check example.com", "check example.com", id="after a greeting"),
        pytest.param(f"which port, <@{BOT_USER}>?", "which port,  ?", id="at the end of a question"),
        pytest.param(f"<@{BOT_USER}> `check example.com`", "check example.com", id="in code"),
        pytest.param(f"<@{BOT_USER}> ```explain 535 5.7.8```", "explain 535 5.7.8", id="in a code block"),
        pytest.param(f"<@{BOT_USER}> *check* _example.com_", "check example.com", id="in bold and italic"),
        pytest.param(
            f"<@{BOT_USER}> check example.com —details", "check example.com --details", id="a phone's dash"
        ),
        pytest.param(f"<@{BOT_USER}> /mailport status", "status", id="with the command's name"),
        pytest.param(f"<@{BOT_USER}>", "", id="nothing else"),
        pytest.param(
            f"<@{BOT_USER}> keys <mailto:a@example.com|a@example.com>", "keys a@example.com", id="an address"
        ),
        pytest.param(
            f"<@{BOT_USER}> check _dmarc.example.com", "check _dmarc.example.com", id="an underscore"
        ),
    ],
)
async def test_what_people_type_around_the_words(bench: Bench, typed: str, words: str) -> None:
    bench.answers_with(said("yes"))
    await bench.event({**bench.slack.said(typed), "type": "app_mention"})
    await bench.settled()
    assert bench.asked[0].text == words
