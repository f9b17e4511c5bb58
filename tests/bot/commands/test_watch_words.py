"""Whatever is typed after a command about watches, reports or history is answered, never a bug of ours."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.plaintext import render_plain
from tests.support.watching import Channel

COMMANDS = [
    "watch add", "watch edit #1", "watch edit", "watch show", "watch mute #1", "watch ack #1", "watch maintenance #1",
    "watch maintenance all", "watch import", "watch export", "watch pause", "watch resume", "watch remove",
    "report add", "report run", "report pause", "report resume", "report remove", "history", "history #1",
]  # fmt: skip
PIECES = st.sampled_from(
    [
        "example.com", "10.0.0.1", "[::1]:25", "example.com:25", "#1", "#2", "1", "2", "#", "all", "every", "15m", "1h",
        "0s", "99999999999d", "cada", "from", "eu", "failures", "3", "0", "-1", "as", "host", "recoveries", "reminder",
        "off", "certificate", "21,7", "ignore", "ptr-missing", "alert", "none", "monday", "at", "9", "09:00", "25:61",
        "* * * * *", "0 9 31 2 *", "Europe/Madrid", "Europe/", "for", "tomorrow", "22:00", "to", "23:30", "now", "list",
        "remove", "csv", "json", "days", "30", "{", "[]", '[{"target":1}]', "=cmd()", "\u202e", "ñ", "🦆", ",", ";", "\n",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(COMMANDS), st.lists(PIECES | st.text(max_size=12), max_size=7), st.booleans())
def test_every_wording_is_answered(command: str, pieces: list[str], confirmed: bool) -> None:
    async def ask() -> None:
        channel = Channel()
        await channel.ask("watch add example.com")
        await channel.ask("report add daily at 9 for 192.0.2.1")
        await channel.ask("report add daily at 9")
        if command == "report run":
            return  # it would check a target, which needs a network
        reply = await channel.ask(f"{command} {' '.join(pieces)}", confirmed=confirmed)
        assert (reply.document or {}).get("error") != "bug", render_plain(reply.card)
        assert "{" not in reply.card.title
        assert reply.card.summary or not reply.card.private

    asyncio.run(ask())
