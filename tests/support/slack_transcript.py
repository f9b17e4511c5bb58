"""One session in Slack as text: real adapter, real core, a real server on loopback, the stand-in between.

`python -m tests.support.slack_transcript` writes docs/transcripts/slack.md.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import tempfile
from typing import Any

from adapters.main.compose import close_tools, make_tools
from adapters.slack.adapter import SlackAdapter
from bot.settings import Settings
from tests.support.misbehaving import Server, greets_late
from tests.support.slack_blocks import words_of
from tests.support.slack_standin import ADMIN, APP_TOKEN, BOT_TOKEN, CHANNEL, DIRECT, MEMBER, SlackStandIn
from tests.support.transcript import GREETING, GREETING_AFTER_S, HEADERS, PAGES, same_every_time
from tests.support.waiting import until

PATH = PAGES / "slack.md"
NAMES = {MEMBER: "alice", ADMIN: "boss"}
Message = dict[str, Any]
HEAD = """# A session in Slack

What people see, written down by `python -m tests.support.slack_transcript`: the adapter and the core as they run, a mail
server without TLS on this machine, and the tests' stand-in in Slack's place. A test holds who sees what to the program.
Blocks are indented, buttons stand in brackets; `(only alice)` marks what nobody else sees.

"""


class Session:
    """Does things in Slack and writes down what is seen."""

    def __init__(self, slack: SlackStandIn, adapter: SlackAdapter, port: int) -> None:
        self.slack = slack
        self.adapter = adapter
        self.port = port
        self.lines: list[str] = []

    async def command(self, text: str, *, person: str = MEMBER) -> Message:
        """A slash command."""
        self.lines.append(f"**{NAMES[person]}**: /mailport {text}")
        return await self._sent("slash_commands", self.slack.command(text, person=person), person)

    async def says(self, text: str, *, person: str = MEMBER, **more: Any) -> Message:
        """A mention, `!mailport` in a thread, or a direct message."""
        direct, thread = more.get("channel") == DIRECT, "thread_ts" in more
        place = ", in a direct message" if direct else ", in a thread" if thread else ""
        plain = direct or text.startswith("!")
        self.lines.append(f"**{NAMES[person]}**{place}: {text if plain else '@Mailport ' + text}")
        said = (self.slack.said if plain else self.slack.mention)(text, person=person, **more)
        return await self._sent("events_api", self.slack.event(said), person)

    async def presses(self, message: Message, number: int = 0, *, person: str = MEMBER) -> Message:
        """A button."""
        elements = [
            one for block in message["blocks"] if block["type"] == "actions" for one in block["elements"]
        ]
        self.lines.append(f"**{NAMES[person]}** presses [{elements[number]['text']['text']}]")
        pressed = self.slack.pressed({**message, "channel": CHANNEL}, number, person=person)
        return await self._sent("interactive", pressed, person)

    async def fills_in(self, words: dict[str, str], *, person: str = MEMBER) -> Message:
        """The form that is open."""
        self.lines.append(f"**{NAMES[person]}** pastes the headers of a message")
        return await self._sent("interactive", self.slack.submitted(self.slack.views[-1], words), person)

    async def _sent(self, kind: str, payload: Message, person: str) -> Message:
        slack = self.slack
        messages, ephemerals, views = len(slack.messages), len(slack.ephemerals), len(slack.views)
        await slack.acked(await slack.deliver(kind, payload))
        await until(
            lambda: (
                (len(slack.messages), len(slack.ephemerals), len(slack.views))
                != (messages, ephemerals, views)
                or slack.edits
            )
        )
        edits = len(slack.edits)
        seen = len(slack.messages) > messages and "⏳" in words_of(slack.messages[-1])
        if seen:
            self.show(slack.messages[-1], "")
        await until(lambda: not self.adapter._tasks, 20.0)
        if len(slack.views) > views:
            self.form(slack.views[-1])
        for message in slack.messages[messages:]:
            if seen and len(slack.edits) > edits:
                self.lines.append("> … the same message, edited:")
            self.show(message, "(in the thread) " if message.get("thread_ts") and not seen else "")
        for message in slack.ephemerals[ephemerals:]:
            self.show(message, f"(only {NAMES[person]}) ")
        self.lines.append("")
        return (slack.messages[messages:] or slack.ephemerals[ephemerals:] or [{}])[-1]

    def form(self, view: Message) -> None:
        """An open form."""
        self.lines.append(f"> a form opens: **{view['title']['text']}**")
        labels = [block["label"]["text"] for block in view["blocks"] if block["type"] == "input"]
        self.lines += [f">     [ {label} ]" for label in labels]

    def show(self, message: Message, mark: str) -> None:
        """A message as people see it."""
        words = "".join(map(_block, message.get("blocks") or [])) or str(message.get("text", ""))
        lines = [line.rstrip() for line in _plain(words).strip().split("\n")]
        self.lines.append(f"> {mark}".rstrip())
        self.lines += [f">     {line}".rstrip() for line in lines]
        buttons = [
            one["text"]["text"]
            for block in message.get("blocks") or []
            if block["type"] == "actions"
            for one in block["elements"]
        ]
        if buttons:
            self.lines.append(">     " + " ".join(f"[{label}]" for label in buttons))

    def text(self) -> str:
        """The page, with what differs from run to run made the same."""
        whole = same_every_time(self.lines, self.port)
        return HEAD + re.sub(r"(?:>\n){2,}", ">\n", whole).rstrip() + "\n"


def _block(block: Message) -> str:
    """A block as text; a table as rows, buttons apart."""
    if block["type"] == "actions":
        return ""
    if block["type"] == "table":
        rows = [" | ".join(cell["text"] for cell in row) for row in block["rows"]]
        return "\n".join(rows) + "\n\n"
    return words_of({"blocks": [block]}) + "\n"


def _plain(text: str) -> str:
    """Without the invisible joiners and the signs of Slack's own links."""
    text = text.replace("\N{WORD JOINER}", "").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    return re.sub(r"<(https?://[^|>]*)\|([^>]*)>", r"\2", text)


async def play(session: Session) -> None:
    """The session itself."""
    target = f"127.0.0.1:{session.port}"
    await session.command("which port should I use to send mail?")
    await session.command("check 10.0.0.1")
    await session.command(f"check {target}")
    slip = await session.command("wach list")
    await session.presses(slip)
    await session.command(f"watch add {target} every 1h")
    await session.command(f"watch add {target} every 1h", person=ADMIN)
    await session.says("explain 535 5.7.8 authentication failed")
    await session.says("!mailport help check", thread_ts="1699999999.000001")
    await session.command("trace")
    await session.fills_in({"text.0": HEADERS})
    await session.command("settings language es", person=ADMIN)
    question = await session.command("watch remove #1", person=ADMIN)
    await session.presses(question, person=ADMIN)
    await session.says("which port for imap?", channel=DIRECT)


async def transcript() -> str:
    """Play the session once."""
    slack = SlackStandIn()
    await slack.start()
    async with Server(greets_late(GREETING, GREETING_AFTER_S)) as server:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(
                slack_bot_token=BOT_TOKEN,
                slack_app_token=APP_TOKEN,
                slack_api_url=slack.api_url,
                database_url=f"sqlite:///{folder}/mailport.db",
                dns_servers=(("127.0.0.1", 9),),
                allowed_networks=(ipaddress.ip_network("127.0.0.0/8"),),
                extra_ports=frozenset({server.port}),
                ehlo_name="mailport.example.com",
            )
            tools = make_tools(settings)
            adapter = SlackAdapter(tools)
            await adapter.start()
            await until(lambda: adapter.status() == "ok")
            session = Session(slack, adapter, server.port)
            await play(session)
            await adapter.stop(1.0)
            await close_tools(tools)
    await slack.stop()
    return session.text()


if __name__ == "__main__":
    PATH.write_text(asyncio.run(transcript()), "utf-8")
