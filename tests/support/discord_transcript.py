"""One session on Discord as text: real adapter, real core, a real server on loopback, the stand-in between.

`python -m tests.support.discord_transcript` writes docs/transcripts/discord.md.
"""

from __future__ import annotations

import asyncio
import ipaddress
import tempfile
from collections.abc import Callable
from typing import Any

from adapters.discord.adapter import DiscordAdapter
from adapters.main.compose import close_tools, make_tools
from bot.settings import Settings
from tests.support.discord_standin import ADMIN, CHANNEL, DIRECT, MEMBER, TOKEN, DiscordStandIn, Interaction
from tests.support.misbehaving import Server, greets_late
from tests.support.transcript import GREETING, GREETING_AFTER_S, HEADERS, PAGES, same_every_time
from tests.support.waiting import until

PATH = PAGES / "discord.md"
NAMES = {MEMBER: "alice", ADMIN: "boss"}
HEAD = """# A session on Discord

What people see, written down by `python -m tests.support.discord_transcript`: the adapter and the core as they run, a mail
server without TLS on this machine, and the tests' stand-in in Discord's place. A test holds who sees what to the program.
Embeds are indented, buttons stand in brackets; `(only alice)` marks what nobody else sees.

"""


class Session:
    """Does things on Discord and writes down what is seen."""

    def __init__(self, discord: DiscordStandIn, adapter: DiscordAdapter, port: int) -> None:
        self.discord = discord
        self.adapter = adapter
        self.port = port
        self.lines: list[str] = []

    async def command(
        self, *path: str, options: dict[str, Any] | None = None, person: str = MEMBER
    ) -> Interaction:
        given = " ".join(f"{name}: {value}" for name, value in (options or {}).items())
        self.lines.append(f"**{NAMES[person]}**: /mailport {' '.join(path)} {given}".rstrip())
        made = await self.discord.command(*path, options=options, person=person)
        await self.seen(made, person)
        return made

    async def seen(self, made: Interaction, person: str) -> None:
        await until(lambda: made.first)
        assert made.first is not None
        if made.first["type"] == 5:
            self.lines.append("> Mailport is thinking …")
            await until(lambda: made.edits, 10.0)
            self.show(made.edits[0], "")
        await until(lambda: not self.adapter._tasks, 20.0)
        if made.first["type"] == 9:
            self.form(made.first["data"])
        elif made.edits:
            if len(made.edits) > 1:
                self.lines.append("> … the same message, edited:")
                self.show(made.shown, "")
        else:
            self.show(made.shown, f"(only {NAMES[person]}) " if made.ephemeral else "")
        self.lines.append("")

    async def says(self, text: str, *, direct: bool = False) -> None:
        before = len(self.discord.messages)
        place = ", in a direct message" if direct else ""
        self.lines.append(f"**alice**{place}: {text if direct else '@Mailport ' + text}")
        await (self.discord.direct(text) if direct else self.discord.mention(text))
        await until(lambda: len(self.discord.messages) > before)
        await until(lambda: not self.adapter._tasks, 20.0)
        for message in self.discord.messages[before:]:
            told = message["channel_id"] == DIRECT and not direct
            self.show(message, "(in a direct message to alice) " if told else "(a reply) ")
        self.lines.append("")

    def form(self, form: dict[str, Any]) -> None:
        self.lines.append(f"> a form opens: **{form['title']}**")
        self.lines += [f">     [ {one['label']} ]" for one in form["components"]]

    def show(self, message: dict[str, Any], mark: str) -> None:
        self.lines.append(f"> {mark}{message.get('content') or ''}".rstrip())
        for embed in message.get("embeds") or []:
            text = "\n".join(part for part in (embed.get("title"), embed.get("description")) if part)
            self.lines += [f">     {line}".rstrip() for line in text.split("\n")]
        buttons = [one["label"] for row in message.get("components") or [] for one in row["components"]]
        if buttons:
            self.lines.append(">     " + " ".join(f"[{label}]" for label in buttons))

    def text(self) -> str:
        """The page, with what differs from run to run made the same."""
        whole = same_every_time(self.lines, self.port)
        return HEAD + whole.rstrip() + "\n"


async def play(session: Session) -> None:
    """The session itself."""
    target = f"127.0.0.1:{session.port}"
    await session.command("ask", options={"question": "which port should I use to send mail?"})
    await session.command("check", options={"target": "10.0.0.1"})
    await session.command("check", options={"target": target})
    await session.says("wach list")
    await session.command("watch", "add", options={"target": target, "every": "1h"})
    await session.command("watch", "add", options={"target": target, "every": "1h"}, person=ADMIN)
    await session.command("settings", "language", options={"value": "es"}, person=ADMIN)
    form = await session.command("trace")
    assert form.first is not None
    session.lines.append("**alice** pastes the headers of a message")
    sent = await session.discord.submit(form.first["data"], {"text.0": HEADERS})
    await session.seen(sent, MEMBER)
    removing = await session.command("watch", "remove", options={"target": "#1"}, person=ADMIN)
    button = removing.shown["components"][0]["components"][0]["label"]
    session.lines.append(f"**boss** presses [{button}]")
    await session.seen(await session.discord.press(removing.shown, person=ADMIN), ADMIN)
    await session.says("which port for imap?", direct=True)


async def transcript() -> str:
    """The page."""
    with tempfile.TemporaryDirectory() as folder:
        discord = DiscordStandIn()
        await discord.start()
        async with Server(greets_late(GREETING, GREETING_AFTER_S)) as mail:
            settings = Settings(
                database_url=f"sqlite:///{folder}/mailport.db",
                discord_token=TOKEN,
                discord_api_url=discord.api_url,
                discord_gateway_url=discord.gateway_url,
                allowed_networks=(ipaddress.ip_network("127.0.0.0/8"),),
                extra_ports=frozenset({mail.port}),
                dns_servers=(("127.0.0.1", 9),),
                ehlo_name="probe.example.org",
                sources={},
            )
            tools = make_tools(settings)
            adapter = DiscordAdapter(tools)
            await adapter.start()
            ready: Callable[[], bool] = lambda: adapter.status() == "ok"  # noqa: E731
            await until(ready)
            session = Session(discord, adapter, mail.port)
            try:
                await play(session)
                assert discord.faults == []
                assert all(one["channel_id"] in (CHANNEL, DIRECT) for one in discord.messages)
            finally:
                await adapter.stop(2.0)
                await close_tools(tools)
        await discord.stop()
    return session.text()


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(asyncio.run(transcript()), "utf-8")
