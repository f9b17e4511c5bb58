"""One session in the browser and one in the terminal, as text.

`python -m tests.support.page_transcripts` writes docs/transcripts/browser.md and terminal.md: the program as
it runs, a mail server without TLS on this machine, a real Chromium, a real pseudo-terminal.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.async_api import Page, expect

from adapters.net.clock import SystemClock
from adapters.web.server import WebParts, WebServer
from bot.commands.rate import Limiter
from bot.model.value import replace
from bot.model.verdict import CheckResult
from bot.settings import Settings
from tests.support.browser import chromium
from tests.support.core import make_test_tools
from tests.support.misbehaving import Peer, Server
from tests.support.probing import LOOPBACK, network_for
from tests.support.terminals import Terminal, mailport_in_terminal

FOLDER = Path(__file__).resolve().parents[2] / "docs/transcripts"
_PORT = "25025"
_BROWSER = """# A session in the browser

What people see and what screen readers are told, written down by `python -m tests.support.page_transcripts` from a real
Chromium. Lines with ♪ are what the live region says while one waits; buttons stand in brackets. A test keeps who says
what when in step with the program.
"""
_TERMINAL = """# A session in the terminal

`mailport chat` and two commands in a pseudo-terminal of 80 columns, written down by
`python -m tests.support.page_transcripts`; colours are left out. A test keeps its course in step with the
program.
"""
# Tells a card as people see it: texts of blocks, tables by row, buttons in brackets.
_TOLD = """card => {
  const lines = [];
  const one = (node) => {
    if (node.matches('.buttons')) lines.push([...node.children].map((b) => '[' + b.innerText + ']').join(' '));
    else if (node.matches('dl')) for (const row of node.children)
      lines.push(row.children[0].innerText + ': ' + row.children[1].innerText);
    else if (node.matches('.scroll')) for (const row of node.querySelectorAll('tr'))
      lines.push([...row.children].map((cell) => cell.innerText).join(' | '));
    else if (node.matches('ul, ol')) for (const item of node.children) lines.push('- ' + item.innerText);
    else lines.push(node.innerText);
    lines.push('');
  };
  for (const node of card.children) one(node);
  return lines.join('\\n').trim();
}"""
_LISTEN = """() => {
  window.heard = [];
  const live = document.getElementById('live');
  new MutationObserver(() => heard.push(live.textContent)).observe(live, { childList: true, characterData: true });
}"""


async def _late(peer: Peer) -> None:
    await asyncio.sleep(1.2)
    await peer.send(b"220 mx.example.com ESMTP\r\n")
    while line := await peer.line():
        await peer.send(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 mx.example.com\r\n")


def _same(text: str, port: int) -> str:
    """What differs from run to run, made the same."""
    text = text.replace(str(port), _PORT)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC", "2026-11-24 12:00:00 UTC", text)
    text = re.sub(r"\b\d+(\.\d+)? (ms|s)\b", r"7 \2", text)
    text = re.sub(r"(?m)^    Connect.*ms$", lambda line: re.sub(r"\d+", "7", line[0]), text)
    return re.sub(r"(?m)[ \t]+$", "", text)


# ---- the browser


async def browser_transcript() -> str:
    """The session in the browser."""
    async with Server(_late) as mail, chromium() as browser:
        settings = Settings(http_port=0, allowed_networks=LOOPBACK, extra_ports=frozenset({mail.port}))
        network = network_for([mail.port])
        tools = replace(
            make_test_tools(settings),
            clock=SystemClock(),
            network=lambda: network,
            ehlo_name=lambda: "probe.example.com",
        )
        limiter = Limiter(per_person=100, per_channel=100, per_workspace=100)
        server = WebServer(tools, limiter, WebParts(ready=_ready, metrics=lambda: b"", check=_no_check))
        base = await server.start()
        page = await (await browser.new_context(locale="en-US")).new_page()
        await page.goto(f"{base}/try")
        await page.evaluate(_LISTEN)
        told = [await page.locator("#log > .card").evaluate(_TOLD)]
        asked = (
            "which port should I use?",
            "check 10.0.0.1",
            f"check 127.0.0.1:{mail.port}",
            "watch add example.com",
            "chek example.com",
            "¿qué es STARTTLS?",
        )
        turns = [await _turn(page, text) for text in asked]
        await server.stop()
    said = [f"{_BROWSER}\nThe page opens with:\n\n{_quoted(told[0])}", *turns]
    return _same("\n\n".join(said), mail.port) + "\n"


async def _turn(page: Page, text: str) -> str:
    await page.evaluate("() => { heard.length = 0 }")
    await page.get_by_role("textbox").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator("#log > [aria-busy]")).to_have_count(0, timeout=20_000)
    card = await page.locator("#log > div > .card").last.evaluate(_TOLD)
    heard: list[str] = await page.evaluate("heard")
    live = "\n".join(f"> ♪ {words}" for words in dict.fromkeys(heard))
    return f"**{text}**\n\n{live}\n>\n{_quoted(card)}"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


async def _ready() -> Mapping[str, str]:
    return {"database": "ok"}


async def _no_check(_: str) -> CheckResult:
    raise AssertionError("nobody asks for a probe here")


# ---- the terminal


async def terminal_transcript() -> str:
    """The session in the terminal."""
    async with Server(_late) as mail:
        return await asyncio.to_thread(_terminal_session, mail.port)


def _terminal_session(port: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environment = {"MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8", "MAILPORT_EXTRA_PORTS": str(port)}
        commands = [
            _command(home, environment, "check", f"127.0.0.1:{port}"),
            _command(home, environment, "chek", "example.com"),
        ]
        with mailport_in_terminal("chat", home=home, columns=80, environment=environment) as terminal:
            chat = _conversation(terminal)
    blocks = [f"```\n{text.strip()}\n```" for text in (*commands, chat)]
    return _same("\n".join([_TERMINAL, *blocks]), port) + "\n"


def _command(home: Path, environment: Mapping[str, str], *words: str) -> str:
    with mailport_in_terminal(*words, home=home, columns=80, environment=environment) as terminal:
        status = terminal.end()
    shown = re.sub(r"(?m)^.*\r(?=\S)", "", terminal.text)  # progress that was written over
    return f"$ mailport {' '.join(words)}\n{shown.strip()}\n(exit status {status})"


# What is typed, and how its answer ends.
_TYPED = (
    ("which port should I use?", "[3] "),
    ("check 10.0.0.1", "MAILPORT_ALLOWED_NETWORKS."),
    ("hlep", "[1] Do that"),
    ("1", "[3] "),
    ("¿qué es STARTTLS?", "[3] "),
)


def _conversation(terminal: Terminal) -> str:
    said = ["$ mailport chat", terminal.wait_for("mailport>").removesuffix("mailport>").strip()]
    for line, end in _TYPED:
        before = len(terminal.text)
        terminal.type(f"{line}\r")
        terminal.wait_for(end)
        terminal.wait_for("mailport>")
        # The editor draws what is typed again and again; the answer follows the end of its line.
        answer = terminal.text[before:].rpartition("mailport>")[0]
        answer = (
            answer[answer.index("\n", answer.index(line)) :] if line != "1" else answer.partition("\n")[2]
        )
        said += [f"\nmailport> {line}", _clean(answer)]
    terminal.type("exit\r")
    terminal.end()
    return "\n".join([*said, "\nmailport> exit", terminal.text.rstrip().rpartition("\n")[2]])


def _clean(text: str) -> str:
    lines = [line.split("\r")[-1].rstrip() for line in text.split("\n")]
    lines = [line for line in lines if line != "mailport>"]  # drawn twice when the editor starts late
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n \b")


async def main() -> None:
    """Write both files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, made in (("browser", browser_transcript()), ("terminal", terminal_transcript())):
        (FOLDER / f"{name}.md").write_text(await made, "utf-8")
        print(f"wrote {name}.md")


if __name__ == "__main__":
    asyncio.run(main())
