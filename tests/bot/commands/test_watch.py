"""Commands about watches, over stores in memory: what is said, and what is stored."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.cards.model import Attachment
from bot.cards.plaintext import render_plain
from bot.model.request import Person, Place
from bot.model.value import replace
from bot.settings import Settings
from tests.support.watching import ELSEWHERE, PLACE, Channel


@pytest.fixture
def channel() -> Channel:
    return Channel()


# ---- adding


async def test_the_answer_repeats_target_interval_place_channel_and_next_check(channel: Channel) -> None:
    reply = await channel.ask("watch add example.com every 15m")
    text = render_plain(reply.card)
    assert "example.com is watched from now on, as #1" in text
    for part in ("15m", "local", "this channel", "2 failures in a row", "24 Nov 2026, 12:0"):
        assert part in text
    assert [button.command for button in reply.card.buttons] == [
        "check example.com", "history #1", "watch pause #1", "watch remove #1",
    ]  # fmt: skip
    assert not reply.card.private
    (watch,) = await channel.watches()
    assert (watch.target, watch.interval_s, watch.vantage, watch.failures) == (
        "example.com",
        900.0,
        "local",
        2,
    )


async def test_every_option_is_taken(channel: Channel) -> None:
    await channel.ask("watch add mx.example.com:25 every 1h from EU failures 3 as host")
    (watch,) = await channel.watches()
    assert (watch.interval_s, watch.vantage, watch.failures, watch.kind) == (3600.0, "eu", 3, "host")


@pytest.mark.parametrize(
    "words", ["every 30 minutes", "cada 30 minutos", "--every 30m", "every=30m", "EVERY 30m"]
)
async def test_people_write_intervals_in_many_ways(channel: Channel, words: str) -> None:
    await channel.ask(f"watch add example.com {words}")
    assert (await channel.watches())[0].interval_s == 1800.0


async def test_in_spanish(channel: Channel) -> None:
    await (await channel.tools.stores()).channels.set_setting(PLACE, "language", "es", person="U1")
    await (await channel.tools.stores()).channels.set_setting(PLACE, "timezone", "Europe/Madrid", person="U1")
    text = await channel.say("watch add example.com cada 15m desde eu")
    assert "se vigila desde ahora" in text
    assert "mar 24 nov 2026, 13:0" in text
    assert "CET" in text


async def test_alerts_are_switched_in_words(channel: Channel) -> None:
    assert "están activados" in await channel.say("ajustes alertas on", language="es")
    assert "están desactivados" in await channel.say("settings alerts off", language="es")
    assert "are off from now on" in await channel.say("settings alerts off")


async def test_what_is_watched_already_is_said_kindly(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    reply = await channel.ask("watch add EXAMPLE.com every 1h")
    assert "already, as #1" in reply.card.summary
    assert reply.status == 0
    assert (await channel.watches())[0].interval_s == 900.0


async def test_the_same_target_from_another_place_or_channel_is_another_watch(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    await channel.ask("watch add example.com from eu")
    await channel.ask("watch add example.com", place=ELSEWHERE)
    assert [one.number for one in await channel.watches()] == [1, 2]
    assert [one.number for one in await channel.watches(ELSEWHERE)] == [3]


async def test_many_at_once(channel: Channel) -> None:
    await channel.ask("watch add example.org")
    text = await channel.say("watch add example.com, example.org mx.example.com:25 10.0.0.1 example.com:22")
    assert "2 targets are watched from now on" in text
    assert "Watched here already" in text
    assert "example.org (#1)" in text
    assert "Not taken (2)" in text
    assert "10.0.0.1" in text
    assert "22 is not a mail port" in text
    assert len(await channel.watches()) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("10.0.0.1", "not a public address", id="private address"),
        pytest.param("127.0.0.1:25", "not a public address", id="loopback"),
        pytest.param("[::ffff:10.0.0.1]:25", "not a public address", id="hidden inside IPv6"),
        pytest.param("example.com:22", "not a mail port", id="another port"),
        pytest.param("example.com every 1m", "shortest is 15m", id="too often"),
        pytest.param("example.com every 8d", "longest is 7d", id="too seldom"),
        pytest.param("example.com every often", "no length of time", id="no length"),
        pytest.param("example.com failures 99", "the most is 20", id="too many failures"),
        pytest.param("example.com from Köln!", "no name of a place", id="a bad place"),
        pytest.param("exa$mple", "no domain", id="no name"),
        pytest.param("all", "no domain", id="the word for every watch"),
        pytest.param("", "needs target", id="nothing"),
    ],
)
async def test_refusals_go_to_the_asker_alone_in_one_line(channel: Channel, words: str, said: str) -> None:
    reply = await channel.ask(f"watch add {words}")
    assert said in reply.card.summary
    assert reply.card.private
    assert reply.status == 2
    assert len(render_plain(reply.card).strip().splitlines()) <= 4
    assert await channel.watches() == ()


async def test_a_name_that_leads_inside_is_refused_for_all_to_see(channel: Channel) -> None:
    reply = await channel.ask("watch add inside.example.com")
    assert not reply.card.private
    assert "10.0.0.1" in render_plain(reply.card)
    assert reply.status == 2
    assert await channel.watches() == ()


async def test_a_domain_with_mail_hosts_may_have_a_private_address_itself(channel: Channel) -> None:
    await channel.ask("watch add inside-mx.example.com")
    assert len(await channel.watches()) == 1


async def test_a_silent_resolver_holds_nobody_up(channel: Channel) -> None:
    text = await channel.say("watch add dead.example.com")
    assert "is watched from now on" in text
    assert "knows no" not in text


async def test_a_typing_error_is_pointed_out(channel: Channel) -> None:
    assert "knows no exmple.test" in await channel.say("watch add exmple.test")


async def test_operators_may_allow_private_networks_and_short_intervals() -> None:
    import ipaddress

    networks = (ipaddress.ip_network("127.0.0.0/8"),)
    channel = Channel(Settings(allowed_networks=networks, min_interval_s=5.0))
    await channel.ask("watch add 127.0.0.1:25 every 5s")
    assert (await channel.watches())[0].interval_s == 5.0


async def test_the_limit_of_a_workspace() -> None:
    channel = Channel(Settings(max_watches=2))
    await channel.ask("watch add example.com example.org")
    reply = await channel.ask("watch add mx.example.com", place=ELSEWHERE)
    assert "more than 2 watches" in reply.card.summary
    assert await channel.watches(ELSEWHERE) == ()


async def test_a_place_without_a_worker_is_said(channel: Channel) -> None:
    assert "Nobody probes from mars" in await channel.say("watch add example.com from mars")


async def test_only_those_who_may(channel: Channel) -> None:
    reply = await channel.ask("watch add example.com", person=Person(id="U2"))
    assert reply.card.private
    assert await channel.watches() == ()


# ---- looking


async def test_an_empty_list_says_how_to_begin(channel: Channel) -> None:
    reply = await channel.ask("watch list")
    assert "watch add example.com every 15m" in reply.card.summary
    assert reply.document == {"schema": "mailport.watches/1", "watches": []}


async def test_the_list_shows_how_each_stands(channel: Channel) -> None:
    await channel.ask("watch add example.com example.org")
    channel.clock.move(90)
    await channel.letters("xxx")
    await channel.ask("watch pause example.org")
    text = await channel.say("watch list")
    assert text.startswith("2 watched here, 2 broken")
    assert "broken, for 45 min" in text
    assert "paused" in text


async def test_the_list_of_another_channel_is_its_own(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    assert "watches nothing yet" in await channel.say("watch list", place=ELSEWHERE)


async def test_one_in_detail(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    channel.clock.move(90)
    await channel.letters("xx")
    reply = await channel.ask("watch show #1")
    text = render_plain(reply.card)
    assert "broken, for" in text
    assert "Nothing listens on port 25" in text
    assert reply.card.buttons[0].command == "watch ack #1"
    assert reply.document is not None
    assert reply.document["status"] == "down"


async def test_a_target_from_several_places_is_listed(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    await channel.ask("watch add example.com from eu")
    assert "example.com (eu)" in await channel.say("watch show example.com")
    assert "#1 (local), #2 (eu)" in (await channel.ask("watch remove example.com")).card.summary


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("#9", "Near it: #1 example.com, #2 example.org", id="a wrong number"),
        pytest.param("9", "Near it: #1", id="without the hash"),
        pytest.param("exmple.com", "#1 example.com", id="a wrong name"),
        pytest.param("#3", "belongs to another channel", id="another channel's"),
        pytest.param("#", "There is no watch", id="a hash alone"),
    ],
)
async def test_what_is_not_there_is_answered_with_what_is_near(
    channel: Channel, words: str, said: str
) -> None:
    await channel.ask("watch add example.com example.org")
    await channel.ask("watch add mx.example.com", place=ELSEWHERE)
    reply = await channel.ask(f"watch show {words}")
    assert said in reply.card.summary
    assert reply.card.private


async def test_with_nothing_watched_a_number_says_how_to_begin(channel: Channel) -> None:
    assert "Begin with" in (await channel.ask("watch pause #1")).card.summary


async def test_the_command_line_says_what_chats_watch_beside_it(channel: Channel) -> None:
    await channel.ask("watch add example.com example.org")
    terminal = Place(platform="terminal", workspace="local", channel="terminal", private=True)
    assert "watch 2 more" in await channel.say("watch list", place=terminal)
    assert "more" not in await channel.say("watch list")


# ---- changing


async def test_pausing_and_resuming(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    reply = await channel.ask("watch pause #1")
    assert (await channel.watches())[0].paused
    assert "watch resume #1" in [button.command for button in reply.card.buttons]
    await channel.ask("watch resume example.com")
    assert not (await channel.watches())[0].paused


async def test_all_at_once(channel: Channel) -> None:
    await channel.ask("watch add example.com example.org")
    assert "All 2 watches" in await channel.say("watch pause all")
    assert all(one.paused for one in await channel.watches())


async def test_removing_asks_first(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    reply = await channel.ask("watch remove #1")
    assert reply.card.summary.startswith("Stop watching")
    (button,) = reply.card.buttons
    assert (button.command, button.confirmed, button.style) == ("watch remove #1", True, "danger")
    assert len(await channel.watches()) == 1
    assert "not watched any more" in await channel.say(button.command, confirmed=True)
    assert await channel.watches() == ()


async def test_what_changed_is_in_the_audit_log(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    await channel.ask("watch edit #1 every 1h")
    await channel.ask("watch remove #1", confirmed=True)
    entries = await (await channel.tools.stores()).audit.latest("slack:T1")
    assert [one.action for one in entries] == ["watch remove", "watch edit", "watch add"]


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        pytest.param("every 1h", {"interval_s": 3600.0}, id="interval"),
        pytest.param("failures 1 recoveries 3", {"failures": 1, "recoveries": 3}, id="thresholds"),
        pytest.param("reminder 2h", {"reminder_s": 7200.0}, id="reminder"),
        pytest.param("reminder off", {"reminder_s": 30 * 86400.0}, id="no reminder"),
        pytest.param("certificate 30,7", {"certificate_days": (30, 7)}, id="certificate days"),
        pytest.param("certificate off", {"certificate_days": ()}, id="no certificate alerts"),
        pytest.param(
            "ignore ptr-missing,tls-rpt-missing",
            {"ignored": ("ptr-missing", "tls-rpt-missing")},
            id="findings",
        ),
        pytest.param("as host", {"kind": "host"}, id="kind"),
    ],
)
async def test_editing(channel: Channel, words: str, changed: dict[str, Any]) -> None:
    await channel.ask("watch add example.com")
    (before,) = await channel.watches()
    await channel.ask(f"watch edit #1 {words}")
    assert (await channel.watches())[0] == replace(before, **changed)


async def test_findings_are_ignored_and_alerted_again(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    await channel.ask("watch edit #1 ignore ptr-missing,tls-rpt-missing")
    await channel.ask("watch edit #1 ignore dmarc-none alert ptr-missing")
    assert (await channel.watches())[0].ignored == ("dmarc-none", "tls-rpt-missing")
    await channel.ask("watch edit #1 alert all")
    assert (await channel.watches())[0].ignored == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("", "What shall change?", id="nothing"),
        pytest.param("every 1s", "shortest is 15m", id="too often"),
        pytest.param("certificate soon", "21,7,3,1", id="no days"),
        pytest.param("reminder 1s", "from 1m to 30d", id="too many reminders"),
        pytest.param("ignore cert-expird", "Near it: cert-expired", id="a finding misspelt"),
    ],
)
async def test_bad_edits_say_what_would_be_right(channel: Channel, words: str, said: str) -> None:
    await channel.ask("watch add example.com")
    assert said in (await channel.ask(f"watch edit #1 {words}")).card.summary


async def test_a_shorter_interval_takes_effect_soon(channel: Channel) -> None:
    await channel.ask("watch add example.com every 1d")
    channel.clock.move(2 * 3600)
    await channel.run("pass")
    await channel.ask("watch edit #1 every 15m")
    due = (await channel.watches())[0].next_due
    assert due is not None
    assert due - channel.clock.now() <= timedelta(minutes=2)


# ---- holding back


async def test_acknowledging(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    assert "nothing to acknowledge" in (await channel.ask("watch ack #1")).card.summary
    channel.clock.move(90)
    await channel.letters("xx")
    text = await channel.say("watch ack #1 renewing the certificate")
    assert "Ada is on it (renewing the certificate)" in text
    known = (await channel.watches())[0].acknowledged
    assert known is not None
    assert known.incident == (await channel.state()).incident == 1
    assert "acknowledged" in await channel.say("watch list")


async def test_acknowledging_all_that_is_broken(channel: Channel) -> None:
    await channel.ask("watch add example.com example.org")
    assert "is broken, so there is nothing" in (await channel.ask("watch ack all")).card.summary
    channel.clock.move(90)
    await channel.letters("xx")
    await channel.ask("watch add mx.example.com")
    assert "2 broken watches" in await channel.say("watch ack all the rack is being moved")
    assert [one.acknowledged is not None for one in await channel.watches()] == [True, True, False]


@pytest.mark.parametrize(
    ("words", "hours"), [("", 1), ("1h", 1), ("2 hours", 2), ("for 1d", 24), ("durante 3 horas", 3)]
)
async def test_muting(channel: Channel, words: str, hours: int) -> None:
    await channel.ask("watch add example.com")
    await channel.ask(f"watch mute #1 {words}")
    assert (await channel.watches())[0].muted_until == channel.clock.now() + timedelta(hours=hours)
    await channel.ask("watch mute #1 off")
    assert (await channel.watches())[0].muted_until is None


@pytest.mark.parametrize(("words", "said"), [("40d", "longest is 30 d"), ("soon", "no length of time")])
async def test_bad_mutes(channel: Channel, words: str, said: str) -> None:
    await channel.ask("watch add example.com")
    assert said in (await channel.ask(f"watch mute #1 {words}")).card.summary


async def test_maintenance_is_announced_listed_and_taken_back(channel: Channel) -> None:
    await channel.ask("watch add example.com")
    text = await channel.say("watch maintenance #1 tomorrow 22:00 to 23:30")
    assert "from Wed 25 Nov 2026, 22:00 UTC to Wed 25 Nov 2026, 23:30 UTC" in text
    await channel.ask("watch maintenance #1 now for 2h")
    assert "maintenance" in await channel.say("watch list")
    listed = await channel.say("watch maintenance #1 list")
    assert "#1 (1)  Tue 24 Nov 2026, 12:00 UTC – Tue 24 Nov 2026, 14:00 UTC" in listed
    await channel.ask("watch maintenance #1 remove 1")
    assert len((await channel.watches())[0].windows) == 1
    assert "There is no window" in (await channel.ask("watch maintenance #1 remove 7")).card.summary
    await channel.ask("watch maintenance #1 remove")
    assert "No maintenance is announced" in await channel.say("watch maintenance #1")


async def test_maintenance_is_read_in_the_channels_zone(channel: Channel) -> None:
    await channel.ask("settings timezone Europe/Madrid")
    await channel.ask("watch add example.com")
    await channel.ask("watch maintenance all 2026-12-01 22:00 to 01:00")
    (window,) = (await channel.watches())[0].windows
    assert (window.start.isoformat(), window.end.isoformat()) == (
        "2026-12-01T21:00:00+00:00", "2026-12-02T00:00:00+00:00",
    )  # fmt: skip


# ---- files


async def test_what_is_exported_can_be_imported_elsewhere(channel: Channel) -> None:
    await channel.ask("watch add example.com every 1h from eu failures 3")
    await channel.ask("watch edit #1 certificate 30,7 ignore ptr-missing recoveries 4 reminder 2h")
    for kind in ("csv", "json"):
        reply = await channel.ask(f"watch export {kind}")
        (file,) = [block for block in reply.card.blocks if isinstance(block, Attachment)]
        assert file.name == f"watches.{kind}"
        place = replace(PLACE, channel=kind)
        await channel.ask(
            "", place=place, command=("watch", "import"), arguments={"text": file.content.decode()}
        )
        (before,), (after,) = await channel.watches(), await channel.watches(place)
        same = (
            "target",
            "interval_s",
            "vantage",
            "failures",
            "recoveries",
            "reminder_s",
            "certificate_days",
            "ignored",
        )
        assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]


async def test_a_list_written_by_hand(channel: Channel) -> None:
    text = "# our servers\nexample.com,15m\n\nexample.org;1h\nmx.example.com:25\nbad name here\nexample.com,never"
    reply = await channel.ask("", command=("watch", "import"), arguments={"text": text})
    shown = render_plain(reply.card)
    assert "3 targets are watched" in shown
    assert "line 6, bad name here" in shown
    assert "line 7, example.com" in shown
    assert [one.interval_s for one in await channel.watches()] == [900.0, 3600.0, 900.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("#nothing", "no watch in that", id="empty"),
        pytest.param('[{"target": ', "cannot be read", id="broken JSON"),
        pytest.param("[" * 5000, "cannot be read", id="deep JSON"),
        pytest.param('["x y"]', "no domain", id="no name"),
        pytest.param("\n".join(f"h{n}.example.com" for n in range(1001)), "limit is 1000", id="too many"),
    ],
)
async def test_bad_files(channel: Channel, text: str, said: str) -> None:
    reply = await channel.ask("", command=("watch", "import"), arguments={"text": text})
    assert said in render_plain(reply.card)
    assert await channel.watches() == ()


async def test_documents_are_json(channel: Channel) -> None:
    for words in ("watch add example.com", "watch list", "watch show #1", "watch export", "watch pause #1"):
        json.dumps((await channel.ask(words)).document)
