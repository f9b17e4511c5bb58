"""Asked on Discord, answered on Discord: where, to whom, once, in order, with progress."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.discord import conversation
from bot.cards.model import Attachment, Button, Card, Chart, Code, Paragraph, Pending, Reply, plain
from bot.i18n import say
from bot.model.request import Place, Request
from bot.model.value import replace
from bot.ports import Progress
from bot.watches.schedule import parse_schedule
from tests.adapters.discord.conftest import Bench
from tests.support.discord_standin import (
    ADMIN,
    APPLICATION,
    CHANNEL,
    DIRECT,
    GUILD,
    MEMBER,
    OTHER_CHANNEL,
    OWN,
    OWNER,
    PLAIN_ROLE,
    error,
    too_many,
    words_of,
)
from tests.support.scripted import said, slow
from tests.support.waiting import until


async def test_a_question_is_answered_by_the_real_core_for_all_to_see(bench: Bench) -> None:
    made = await bench.discord.command("ask", options={"question": "which port should I use to send mail?"})
    await bench.settled()
    assert made.first is not None
    assert made.first["type"] == 4
    assert not made.ephemeral
    assert "587" in words_of(made.shown)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        pytest.param(("check",), {"target": "10.0.0.1"}, id="a private address"),
        pytest.param(("check",), {"target": "not a host!"}, id="no target"),
        pytest.param(("check",), {"target": "example.com", "ports": "22"}, id="no mail port"),
        pytest.param(("settings", "timezone"), {"value": "Mars/Base"}, id="no time zone"),
        pytest.param(("settings", "language"), {"value": "es"}, id="no right to"),
    ],
)
async def test_a_refusal_goes_to_the_asker_alone(
    bench: Bench, path: tuple[str, ...], options: dict[str, str]
) -> None:
    made = await bench.discord.command(*path, options=options)
    await bench.settled()
    assert made.first is not None
    assert made.first["type"] == 4
    assert made.ephemeral
    assert words_of(made.shown).count("\n") < 4


async def test_a_verdict_edits_the_deferred_answer_even_when_it_is_quick(bench: Bench) -> None:
    bench.answers_with(said("all right"))
    made = await bench.discord.command("check", options={"target": "example.com"})
    await bench.settled()
    assert made.first == {"type": 5}
    assert words_of(made.edits[-1]) == "all right"
    assert made.follow_ups == []


async def test_a_slow_check_is_deferred_at_once_shows_progress_and_is_edited(bench: Bench) -> None:
    bench.answers(slow(said("all right")))
    made = await bench.discord.command("check", options={"target": "example.com"})
    await until(lambda: made.first)
    assert made.first == {"type": 5}
    assert made.first_at - made.at < 1.6  # before the check was done
    await until(lambda: made.edits)
    assert "Probing 3 endpoints  1/3" in words_of(made.shown)
    await bench.settled()
    assert words_of(made.shown) == "all right"
    assert made.follow_ups == []
    assert bench.discord.messages == []


async def test_that_it_works_on_it_is_said_in_the_channels_language(bench: Bench) -> None:
    async def quiet(_: Request, __: Progress) -> Reply:
        await asyncio.sleep(1.6)
        return Reply(card=said("todo bien"))

    bench.answers(quiet)
    place = Place(platform="discord", workspace=f"discord:{GUILD}", channel=CHANNEL)
    stores = await bench.adapter._tools.stores()
    await stores.channels.set_setting(place, "language", "es", person="400")
    made = await bench.discord.command("check", options={"target": "example.com"})
    await until(lambda: made.edits)
    assert made.first == {"type": 5}
    assert "Trabajando en ello" in words_of(made.edits[0])
    await bench.settled()
    assert words_of(made.shown) == "todo bien"


async def test_a_refusal_found_late_is_for_the_asker_alone_all_the_same(bench: Bench) -> None:
    bench.answers(slow(said("not that one", private=True), 0.6))
    made = await bench.discord.command("check", options={"target": "example.com"})
    await bench.settled()
    assert made.deleted
    assert made.follow_ups[0]["flags"] == 64
    assert words_of(made.follow_ups[0]) == "not that one"


async def test_what_is_private_is_deferred_privately(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "ANSWER_S", 0.1)
    bench.answers(slow(said("who changed what", private=True), 0.4))
    made = await bench.discord.command("audit")
    await bench.settled()
    assert made.first == {"type": 5, "data": {"flags": 64}}
    assert words_of(made.shown) == "who changed what"
    assert made.ephemeral


async def test_a_database_that_hangs_does_not_delay_the_first_response(bench: Bench) -> None:
    parts = bench.adapter._parts
    assert parts is not None

    async def stuck(name: str) -> bool:
        await asyncio.sleep(2.5)
        return True

    parts.seen.first_anywhere = stuck  # type: ignore[method-assign]
    made = await bench.discord.command("ask", options={"question": "which port for imap?"})
    await until(lambda: made.first)
    assert made.first_at - made.at < 2.5  # before the database said anything
    await bench.settled()
    assert "993" in words_of(made.shown)


async def test_an_unknown_interaction_becomes_a_message_in_the_channel(bench: Bench) -> None:
    bench.answers_with(said("all right"))
    bench.discord.refuse["POST /interactions/-/-/callback"] = [
        lambda: error(404, 10062, "Unknown interaction")
    ]
    await bench.discord.command("check", options={"target": "example.com"})
    await bench.settled()
    (message,) = bench.discord.messages
    assert message["channel_id"] == CHANNEL
    assert words_of(message) == "all right"


async def test_a_private_answer_that_came_too_late_is_told_directly(bench: Bench) -> None:
    bench.discord.refuse["POST /interactions/-/-/callback"] = [
        lambda: error(404, 10062, "Unknown interaction")
    ]
    await bench.discord.command("check", options={"target": "10.0.0.1"})
    await bench.settled()
    assert [one["channel_id"] for one in bench.discord.messages] == [DIRECT]


async def test_what_another_process_answered_is_left_alone(bench: Bench) -> None:
    bench.answers_with(said("all right"))
    bench.discord.refuse["POST /interactions/-/-/callback"] = [
        lambda: error(400, 40060, "Interaction has already been acknowledged.")
    ]
    made = await bench.discord.command("ask", options={"question": "anything"})
    await bench.settled()
    assert made.edits == made.follow_ups == bench.discord.messages == []


async def test_a_removed_answer_becomes_a_message(bench: Bench) -> None:
    bench.answers(slow(said("all right"), 0.5))
    made = await bench.discord.command("check", options={"target": "example.com"})
    await until(lambda: made.first)
    made.deleted = True
    await bench.settled()
    assert words_of(bench.discord.messages[0]) == "all right"


async def test_429_is_waited_for(bench: Bench) -> None:
    bench.answers_with(said("all right"))
    bench.discord.refuse["PATCH /webhooks/-/-/messages/@original"] = [too_many, too_many]
    made = await bench.discord.command("check", options={"target": "example.com"})
    await bench.settled()
    assert words_of(made.shown) == "all right"
    assert bench.discord.called()["PATCH /webhooks/-/-/messages/@original"] == 3


async def test_a_redelivered_interaction_is_answered_once(bench: Bench) -> None:
    bench.answers_with(said("once"))
    made = await bench.discord.command("ask", options={"question": "anything"})
    await bench.discord.dispatch("INTERACTION_CREATE", made.payload)
    await bench.settled()
    assert len(bench.asked) == 1
    assert bench.discord.called()["POST /interactions/-/-/callback"] == 1


async def test_equal_requests_in_flight_share_one_run(bench: Bench) -> None:
    bench.answers(slow(said("all right"), 0.4))
    first = await bench.discord.command("check", options={"target": "example.com"})
    second = await bench.discord.command("check", options={"target": "example.com"})
    other = await bench.discord.command("check", options={"target": "example.com"}, person=ADMIN)
    await bench.settled()
    assert len(bench.asked) == 2
    assert [words_of(one.shown) for one in (first, second, other)] == ["all right"] * 3


async def test_answers_keep_the_order_of_the_questions(bench: Bench) -> None:
    async def script(request: Request, _: Progress) -> Reply:
        await asyncio.sleep(0.3 if request.arguments["question"] == "0" else 0.0)
        return Reply(card=said(request.arguments["question"]))

    bench.answers(script)
    made = [await bench.discord.command("ask", options={"question": str(number)}) for number in range(5)]
    await bench.settled()
    assert bench.discord.order == [one.id for one in made]


async def test_a_slow_channel_holds_up_no_other(bench: Bench) -> None:
    async def script(request: Request, _: Progress) -> Reply:
        await asyncio.sleep(0.6 if request.place.channel == CHANNEL else 0.0)
        return Reply(card=said("yes"))

    bench.answers(script)
    first = await bench.discord.command("ask", options={"question": "a"})
    second = await bench.discord.command("ask", options={"question": "b"}, channel=OTHER_CHANNEL)
    await bench.settled()
    assert bench.discord.order == [second.id, first.id]


# ---- messages


async def test_a_mention_is_answered_by_a_reply(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    message = await bench.discord.mention("is all right?")
    await bench.settled()
    (answer,) = bench.discord.messages
    assert answer["message_reference"] == {"message_id": message["id"], "fail_if_not_exists": False}
    assert bench.asked[0].text == "is all right?"
    assert bench.asked[0].place.workspace == "discord:200"
    assert (bench.asked[0].person.id, bench.asked[0].person.name) == (MEMBER, "@somebody")


async def test_progress_and_verdict_of_a_mention_are_one_message(bench: Bench) -> None:
    bench.answers(slow(said("all right")))
    await bench.discord.mention("check example.com")
    await until(lambda: bench.discord.messages)
    assert "Probing" in words_of(bench.discord.messages[0])
    await bench.settled()
    assert [words_of(one) for one in bench.discord.messages] == ["all right"]


async def test_a_direct_message_needs_no_prefix_and_is_a_world_of_its_own(bench: Bench) -> None:
    bench.answers_with(said("yes", private=True))
    await bench.discord.direct("status")
    await bench.discord.direct("status", person=ADMIN)
    await bench.settled()
    assert [one.place.workspace for one in bench.asked] == ["discord:dm:400", "discord:dm:401"]
    assert all(one.place.private for one in bench.asked)
    assert [one["channel_id"] for one in bench.discord.messages] == [DIRECT, DIRECT]


async def test_an_answer_to_our_message_is_a_question(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    ours = {"id": "1", "author": {"id": OWN}}
    await bench.discord.message(
        "and for imap?", type=19, referenced_message=ours, mentions=[{"id": OWN, "username": "mailport"}]
    )
    await bench.settled()
    assert bench.asked[0].text == "and for imap?"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"author": {"id": "7", "username": "bot", "bot": True}}, id="another bot"),
        pytest.param({"author": {"id": OWN, "username": "mailport"}}, id="we ourselves"),
        pytest.param({"webhook_id": "5"}, id="a webhook"),
        pytest.param({"type": 7}, id="somebody joined"),
        pytest.param({"content": "hello all"}, id="not to us"),
        pytest.param({"content": "@everyone look"}, id="to everybody"),
    ],
)
async def test_what_no_person_said_to_us_is_not_answered(bench: Bench, more: dict[str, Any]) -> None:
    bench.answers_with(said("yes"))
    await bench.discord.mention("hello", **more)
    await bench.settled()
    assert bench.asked == []


async def test_a_refusal_of_a_mention_is_told_directly(bench: Bench) -> None:
    await bench.discord.mention("check 10.0.0.1")
    await bench.settled()
    assert [one["channel_id"] for one in bench.discord.messages] == [DIRECT]


async def test_somebody_without_direct_messages_is_told_in_the_channel(bench: Bench) -> None:
    bench.discord.closed_directs.add(MEMBER)
    await bench.discord.mention("wach list")
    await bench.settled()
    (answer,) = bench.discord.messages
    assert answer["channel_id"] == CHANNEL
    assert "watch list" in words_of(answer)


async def test_a_redelivered_message_is_answered_once(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    message = await bench.discord.mention("hello")
    await bench.discord.dispatch("MESSAGE_CREATE", message)
    await bench.settled()
    assert len(bench.discord.messages) == 1


@pytest.mark.parametrize(
    ("person", "roles", "admin"),
    [
        pytest.param(MEMBER, [PLAIN_ROLE], False, id="a member"),
        pytest.param(MEMBER, ["500"], True, id="a role that may manage the server"),
        pytest.param(OWNER, [], True, id="the owner"),
        pytest.param(MEMBER, ["777"], True, id="a listed role"),
    ],
)
async def test_who_may_change_things_by_message(
    bench: Bench, person: str, roles: list[str], admin: bool
) -> None:
    bench.adapter._parts.conversation._desk.people._admin_roles = frozenset({"777"})  # type: ignore[union-attr]
    bench.answers_with(said("done"))
    await bench.discord.mention("settings language es", person=person, roles=roles)
    await bench.settled()
    assert bench.asked[0].person.admin is admin


async def test_an_admin_changes_settings_by_command(bench: Bench) -> None:
    made = await bench.discord.command("settings", "language", options={"value": "es"}, person=ADMIN)
    await bench.settled()
    assert not made.ephemeral
    made = await bench.discord.command("help")
    await bench.settled()
    assert "Lo que hace Mailport" in words_of(made.shown)


async def test_settings_of_one_server_are_not_those_of_another(bench: Bench) -> None:
    await bench.discord.command("settings", "language", options={"value": "es"}, person=ADMIN)
    await bench.settled()
    other = await bench.discord.command("status", guild="201", channel=CHANNEL)
    await bench.settled()
    assert "Database" in words_of(other.shown)


# ---- cards


async def test_a_button_runs_its_words_and_says_them(bench: Bench) -> None:
    card = replace(said("all right"), buttons=(Button("Run again", "check example.com"),))
    bench.answers_with(card)
    made = await bench.discord.command("check", options={"target": "example.com"})
    await bench.settled()
    pressed = await bench.discord.press(made.shown)
    await bench.settled()
    assert bench.asked[-1].text == "check example.com"
    assert words_of(pressed.shown).startswith("-# check example.com")


async def test_a_long_button_lies_in_storage_and_survives_a_restart(bench: Bench) -> None:
    words = "watch add " + ", ".join(f"mail{number}.example.com" for number in range(30))
    card = replace(said("sure?"), buttons=(Button("Add", words, confirmed=True),))
    bench.answers_with(card)
    made = await bench.discord.command("ask", options={"question": "watch them"})
    await bench.settled()
    assert len(made.shown["components"][0]["components"][0]["custom_id"]) <= 100
    await bench.adapter.stop(1.0)
    await bench.adapter.start()
    await until(lambda: bench.adapter.status() == "ok")
    await bench.discord.press(made.shown)
    await bench.settled()
    assert bench.asked[-1].text == words
    assert bench.asked[-1].confirmed


async def test_a_confirmed_question_is_replaced_by_its_answer(bench: Bench) -> None:
    bench.answers_with(
        replace(said("sure?"), buttons=(Button("Remove", "watch remove #3", "danger", confirmed=True),))
    )
    made = await bench.discord.command("ask", options={"question": "remove it"})
    await bench.settled()
    bench.answers_with(said("removed"))
    pressed = await bench.discord.press(made.shown)
    await bench.settled()
    assert pressed.first is not None
    assert pressed.first["type"] == 7
    assert pressed.first["data"]["components"] == []


async def test_a_button_of_an_older_time_says_so(bench: Bench) -> None:
    row = {"type": 1, "components": [{"type": 2, "custom_id": "mailport:run#:gone", "label": "x"}]}
    pressed = await bench.discord.press({"components": [row], "channel_id": CHANNEL})
    await bench.settled()
    assert pressed.ephemeral
    assert "too old" in words_of(pressed.shown)


async def test_an_over_long_answer_goes_on_in_follow_ups_and_a_file(bench: Bench) -> None:
    card = Card(title="Long", blocks=tuple(Paragraph(plain("word " * 700)) for _ in range(8)), summary="long")
    bench.answers_with(card)
    made = await bench.discord.command("ask", options={"question": "tell me all"})
    await bench.settled()
    assert len(made.follow_ups) == 2
    assert made.follow_ups[-1]["attachments"][-1]["filename"] == "mailport.txt"


async def test_charts_and_files_come_along(bench: Bench) -> None:
    chart = Chart(title="Times", alt="steady", points=(("1", 1.0), ("2", None)))
    blocks = (chart, Attachment("watches.csv", b"a,b"), Code("x\n" * 2000, name="zone.txt"))
    bench.answers_with(Card(title="Report", blocks=blocks, summary="a report"))
    made = await bench.discord.command("check", options={"target": "example.com"})
    await bench.settled()
    names = [one["filename"] for one in made.shown["attachments"]]
    assert names == ["chart1.png", "watches.csv", "zone.txt"]
    assert made.shown["embeds"][0]["image"] == {"url": "attachment://chart1.png"}


# ---- forms, files, typing


async def test_trace_opens_a_form_and_answers_it(bench: Bench) -> None:
    made = await bench.discord.command("trace", locale="es-ES")
    await until(lambda: made.first)
    assert made.first is not None
    assert made.first["type"] == 9
    form = made.first["data"]
    assert form["title"] == "Seguir un mensaje"
    hop = (
        "Received: from a.example.com (a.example.com [203.0.113.5]) by b.example.com with ESMTPS "
        "(TLS1.3) id 1; Tue, 24 Nov 2026 10:00:00 +0000"
    )
    sent = await bench.discord.submit(form, {"text.0": hop, "text.1": "Subject: x"})
    await bench.settled()
    assert not sent.ephemeral
    assert "a.example.com" in words_of(sent.shown)


async def test_a_file_is_traced_without_a_form(bench: Bench) -> None:
    url = bench.discord.file_url(
        "Received: from a.example.com by b.example.com; Tue, 24 Nov 2026 10:00:00 +0000\n"
    )
    file = {"id": "77", "filename": "message.eml", "size": 90, "url": url, "proxy_url": url}
    made = await bench.discord.command("trace", files=[file])
    await bench.settled()
    assert "b.example.com" in words_of(made.shown)


async def test_a_file_with_a_mention_is_explained(bench: Bench) -> None:
    url = bench.discord.file_url("535 5.7.8 Error: authentication failed")
    await bench.discord.mention("", attachments=[{"id": "1", "filename": "log.txt", "size": 40, "url": url}])
    await bench.settled()
    assert "password is not accepted" in words_of(bench.discord.messages[0])


@pytest.mark.parametrize(
    ("file", "words"),
    [
        pytest.param({"size": 9_000_000}, "too large", id="too large"),
        pytest.param({"url": "http://127.0.0.1:9/x"}, "cannot be fetched", id="gone"),
    ],
)
async def test_a_file_that_cannot_be_read_says_so(bench: Bench, file: dict[str, Any], words: str) -> None:
    whole = {"id": "1", "filename": "log.txt", "size": 40, "url": bench.discord.file_url("x"), **file}
    made = await bench.discord.command("trace", files=[whole])
    await bench.settled()
    assert made.ephemeral
    assert words in words_of(made.shown)


async def test_what_we_refuse_ourselves_is_said_in_the_channels_language(bench: Bench) -> None:
    await bench.discord.command("settings", "language", options={"value": "es"}, person=ADMIN)
    await bench.settled()
    row = {"type": 1, "components": [{"type": 2, "custom_id": "mailport:run#:gone", "label": "x"}]}
    pressed = await bench.discord.press({"components": [row], "channel_id": CHANNEL})
    await bench.settled()
    assert "demasiado antiguo" in words_of(pressed.shown)


async def test_a_message_without_text_gets_a_button_that_opens_the_form(bench: Bench) -> None:
    await bench.discord.direct("trace")
    await bench.settled()
    (answer,) = bench.discord.messages
    pressed = await bench.discord.press(answer, guild=None)
    await until(lambda: pressed.first)
    assert pressed.first is not None
    assert pressed.first["type"] == 9


@pytest.mark.parametrize(
    ("path", "option", "typed", "expected"),
    [
        pytest.param(("help",), "command", "che", ["check"], id="commands"),
        pytest.param(("settings", "timezone"), "value", "madrid", ["Europe/Madrid"], id="time zones"),
        pytest.param(("check",), "ports", "25,46", ["25,465"], id="one port more"),
        pytest.param(("check",), "ports", "59", [], id="nothing fits"),
    ],
)
async def test_options_are_completed(
    bench: Bench, path: tuple[str, ...], option: str, typed: str, expected: list[str]
) -> None:
    made = await bench.discord.command(*path, options={option: typed}, focused=option)
    await until(lambda: made.first)
    assert made.first is not None
    assert made.first["type"] == 8
    assert [one["value"] for one in made.first["data"]["choices"]] == expected


async def test_all_time_zones_are_never_more_than_discord_takes(bench: Bench) -> None:
    made = await bench.discord.command(
        "settings", "timezone", options={"value": ""}, focused="value", channel=CHANNEL
    )
    await until(lambda: made.first)
    assert made.first is not None
    assert len(made.first["data"]["choices"]) == 25


async def test_a_persons_own_installation_changes_nothing_where_we_are_not(bench: Bench) -> None:
    made = await bench.discord.command(
        "settings", "language", options={"value": "es"}, person=ADMIN,
        authorizing_integration_owners={"1": ADMIN},
    )  # fmt: skip
    await bench.settled()
    assert made.ephemeral
    assert "in this server" in words_of(made.shown)


async def test_between_others_nobody_is_trusted_and_nothing_is_shared(bench: Bench) -> None:
    bench.answers_with(said("yes"))
    await bench.discord.command("status", guild=None, channel="888", context=2)
    await bench.settled()
    assert bench.asked[0].place.workspace == "discord:group:888"
    assert not bench.asked[0].place.private


async def test_the_application_of_the_interaction_is_the_one_that_is_answered_to(bench: Bench) -> None:
    bench.answers(slow(said("yes"), 0.4))
    await bench.discord.command("check", options={"target": "example.com"}, application_id=APPLICATION)
    await bench.settled()
    assert bench.discord.faults == []


async def test_a_burst_is_answered_once_each_in_order(bench: Bench) -> None:
    async def script(request: Request, progress: Progress) -> Reply:
        await progress(Pending(plain("Probing")))
        await asyncio.sleep(0.6 if request.command == ("check",) else 0.0)
        return Reply(card=said(next(iter(request.arguments.values()))))

    bench.answers(script)
    made = []
    for number in range(60):
        path, option = ("check", "target") if number % 4 == 0 else ("ask", "question")
        channel = (CHANNEL, OTHER_CHANNEL)[number % 2]
        made.append(await bench.discord.command(path, options={option: f"{number}.example"}, channel=channel))
    await bench.settled()
    assert [words_of(one.shown) for one in made] == [f"{number}.example" for number in range(60)]
    assert all(one.first_at - one.at < 3.0 for one in made)
    assert bench.discord.called()["POST /interactions/-/-/callback"] == 60
    for channel in (CHANNEL, OTHER_CHANNEL):
        asked = [one.id for one in made if one.channel == channel]
        assert [one for one in bench.discord.order if one in asked] == asked


@pytest.mark.parametrize("path", ["ask", "check"])
async def test_a_card_that_discord_does_not_take_is_sent_as_text(bench: Bench, path: str) -> None:
    bench.answers_with(replace(said("all right"), title="Verdict"))
    call = {"ask": "POST /interactions/-/-/callback", "check": "PATCH /webhooks/-/-/messages/@original"}[path]
    bench.discord.refuse[call] = [lambda: error(400, 50035, "Invalid Form Body")]
    option = {"ask": "question", "check": "target"}[path]
    made = await bench.discord.command(path, options={option: "example.com"})
    await bench.settled()
    assert made.shown["content"] == "all right"
    assert made.shown["embeds"] == []
    assert made.shown["attachments"][0]["filename"] == "mailport.txt"


async def test_a_mention_where_we_may_not_write_is_answered_directly(bench: Bench) -> None:
    bench.answers_with(said("all right"))
    await bench.discord.mention("hello", channel="700")
    await bench.settled()
    assert [one["channel_id"] for one in bench.discord.messages] == [DIRECT]


async def test_a_refused_confirmation_leaves_the_question(bench: Bench) -> None:
    bench.answers_with(replace(said("sure?"), buttons=(Button("Remove", "watch remove #3", "danger", True),)))
    made = await bench.discord.command("ask", options={"question": "remove it"})
    await bench.settled()
    bench.answers(slow(said("you may not", private=True), 1.2))
    pressed = await bench.discord.press(made.shown)
    await bench.settled()
    assert pressed.first == {"type": 6}
    assert not pressed.deleted
    assert pressed.follow_ups[0]["flags"] == 64
    assert pressed.edits == []


async def test_programs_are_completed(bench: Bench) -> None:
    made = await bench.discord.command("port", options={"program": "postf"}, focused="program")
    await until(lambda: made.first)
    assert made.first is not None
    assert made.first["data"]["choices"][0] == {"name": "Postfix", "value": "postfix"}


async def test_nothing_is_kept_of_an_interaction_that_is_over(bench: Bench) -> None:
    bench.answers(slow(said("yes"), 0.4))
    await bench.discord.command("check", options={"target": "example.com"})
    await bench.discord.command("trace")
    await bench.discord.command("help", options={"command": "c"}, focused="command")
    await bench.settled()
    parts = bench.adapter._parts
    assert parts is not None
    assert [key for key in parts.api._http._buckets if "token1" in key] == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_schedules_that_are_offered_are_understood(language: str) -> None:
    for number in (1, 2, 3, 4):
        assert parse_schedule(say(language, f"discord.schedule.{number}"))


@pytest.mark.parametrize(
    ("permissions", "channel", "warned"),
    [
        pytest.param("1024", 0, True, id="may see, may not write"),
        pytest.param("3072", 0, False, id="may write"),
        pytest.param("3072", 11, True, id="may not write in threads"),
        pytest.param("8", 0, False, id="may do everything"),
        pytest.param("0", 0, False, id="not said"),
        pytest.param("x", 0, False, id="not to be read"),
    ],
)
async def test_what_will_be_posted_later_says_at_once_when_it_could_not_be(
    bench: Bench, permissions: str, channel: int, warned: bool
) -> None:
    bench.answers_with(said("watched"))
    made = await bench.discord.command(
        "watch", "add", options={"target": "example.com"}, person=ADMIN,
        app_permissions=permissions, channel_type=channel,
    )  # fmt: skip
    await bench.settled()
    assert ("may not write" in words_of(made.shown)) is warned
