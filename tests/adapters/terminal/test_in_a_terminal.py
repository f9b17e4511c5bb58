"""Mailport in a real pseudo-terminal: colours, widths, progress, history, completion, Ctrl-C and Ctrl-D."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.terminals import ROOT, mailport_in_terminal


class MailServer:
    """Greets, after a while; then a QUIT is all it understands."""

    def __init__(self, greeting: bytes, wait_s: float = 0.0) -> None:
        self.greeting, self.wait_s = greeting, wait_s
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.gone = threading.Event()
        self.stop = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._one, args=self.listener.accept()[:1], daemon=True).start()

    def _one(self, peer: socket.socket) -> None:
        with peer, suppress(OSError):
            peer.settimeout(20)
            self.stop.wait(self.wait_s)
            peer.sendall(self.greeting)
            while data := peer.recv(4096):
                peer.sendall(b"221 bye\r\n" if b"QUIT" in data else b"250 mx.example.test\r\n")
        self.gone.set()

    def settings(self) -> dict[str, str]:
        return {"MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8", "MAILPORT_EXTRA_PORTS": str(self.port)}


HOSTILE = b"220 \x1b[31mred\x1b]0;owned\x07\x1b[2J\x9b5m [bold]x[/] \xe2\x80\xaeevil\r\n"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer(HOSTILE)
    yield server
    server.stop.set()
    server.listener.close()


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_check_fits_and_carries_no_orders_from_servers(
    columns: int, mail: MailServer, tmp_path: Path
) -> None:
    target = f"127.0.0.1:{mail.port}"
    with mailport_in_terminal(
        "check", target, "--details", home=tmp_path, columns=columns, environment=mail.settings()
    ) as terminal:
        assert terminal.end() == 1
    assert "\x1b[1m127" in terminal.raw  # ours: a bold title
    for order in ("\x1b[31mred", "\x1b]0;owned", "\x1b[2J", "\x9b", "\u202e"):
        assert order not in terminal.raw
    assert "[bold]x[/]" in terminal.text
    # Lines to copy are folded by the terminal itself; all else keeps within its width.
    lines = [line for shown in terminal.text.split("\n") for line in shown.split("\r")]
    assert max(len(line) for line in lines if not line.startswith("    ")) <= columns


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_where_it_is_not_wanted(name: str, value: str, mail: MailServer, tmp_path: Path) -> None:
    with mailport_in_terminal(
        "check", f"127.0.0.1:{mail.port}", home=tmp_path, environment={**mail.settings(), name: value}
    ) as terminal:
        terminal.end()
    assert "31m" not in terminal.raw
    assert "something is broken" in terminal.text


def test_progress_is_written_over_and_leaves_no_trace(tmp_path: Path) -> None:
    late = MailServer(b"220 mx.example.test\r\n", wait_s=2.0)
    with mailport_in_terminal(
        "check", f"127.0.0.1:{late.port}", home=tmp_path, environment=late.settings()
    ) as terminal:
        terminal.wait_for("[0/1]")
        terminal.end()
    late.listener.close()
    assert "\x1b[2K" in terminal.raw
    assert terminal.raw.rindex("\x1b[2K") < terminal.raw.rindex("something is broken")


def test_a_conversation(tmp_path: Path) -> None:
    with mailport_in_terminal("chat", home=tmp_path) as terminal:
        terminal.wait_for("mailport>")
        terminal.type("hlep\r")
        terminal.wait_for("[1] ")
        terminal.wait_for("mailport>")
        terminal.type("1\r")
        terminal.wait_for("What Mailport does")
        terminal.wait_for("mailport>")
        terminal.type("half a line\x03")  # Ctrl-C clears it
        terminal.wait_for("mailport>")
        terminal.type("which port should I use?\r")
        terminal.wait_for("RFC 8314 prefers 465")
        terminal.wait_for("mailport>")
        terminal.type("\x1b[A")  # up: the line before
        terminal.wait_for("which port should I use?")
        terminal.type("\x15\x04")  # clear it; Ctrl-D leaves
        terminal.wait_for("Bye.")
        assert terminal.end() == 0
    history = tmp_path / ".local/state/mailport/chat-history"
    assert "+which port should I use?" in history.read_text("utf-8")
    assert history.stat().st_mode & 0o077 == 0  # what somebody asked is nobody else's business


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        pytest.param("expl\t", "ain", id="a command"),
        pytest.param("watch mai\t", "ntenance", id="a second word"),
        pytest.param("check mx.example.com --fr\t", "esh", id="an option"),
        pytest.param("settings timez\t", "one", id="another second word"),
        pytest.param("help stat\t", "us", id="a command to be explained"),
    ],
)
def test_tab_completes(typed: str, completed: str, tmp_path: Path) -> None:
    with mailport_in_terminal("chat", home=tmp_path) as terminal:
        terminal.wait_for("mailport>")
        terminal.type(typed)
        terminal.wait_for(completed)


def test_targets_that_were_named_are_completed(tmp_path: Path) -> None:
    with mailport_in_terminal("chat", home=tmp_path) as terminal:
        terminal.wait_for("mailport>")
        terminal.type("check 10.11.12.13\r")
        terminal.wait_for("private")
        terminal.wait_for("mailport>")
        terminal.type("check 10.1\t")
        terminal.wait_for("1.12.13")


def test_ctrl_c_stops_the_check_and_not_the_conversation(tmp_path: Path) -> None:
    mute = MailServer(b"", wait_s=20.0)
    with mailport_in_terminal("chat", home=tmp_path, environment=mute.settings()) as terminal:
        terminal.wait_for("mailport>")
        terminal.type(f"check 127.0.0.1:{mute.port}\r")
        terminal.wait_for("[0/1]")
        terminal.type("\x03")
        terminal.wait_for("Stopped.")
        terminal.wait_for("mailport>")
        mute.stop.set()
        assert mute.gone.wait(10)  # the connection is not left open
        terminal.type("status\r")
        terminal.wait_for("Mailport is doing fine")
        terminal.type("exit\r")
        assert terminal.end() == 0
    mute.listener.close()
    assert "Traceback" not in terminal.text


def test_ctrl_c_ends_a_command(tmp_path: Path) -> None:
    mute = MailServer(b"", wait_s=20.0)
    with mailport_in_terminal(
        "check", f"127.0.0.1:{mute.port}", home=tmp_path, environment=mute.settings()
    ) as terminal:
        terminal.wait_for("[0/1]")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.text
        mute.stop.set()
        assert mute.gone.wait(10)
    mute.listener.close()


def test_the_conversation_speaks_the_language_wished_for(tmp_path: Path) -> None:
    with mailport_in_terminal("chat", "--lang", "es", home=tmp_path) as terminal:
        terminal.wait_for("Pregunta sobre puertos")
        terminal.type("which port should I use?\r")
        terminal.wait_for("prefiere el 465")
        terminal.wait_for("mailport>")
        terminal.type("\x04")
        terminal.wait_for("Hasta luego")


def test_piped_lines_are_answered_and_whatever_bytes_they_hold(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "adapters.main.cli", "chat"],
        cwd=ROOT,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        input=b"\xff\xfe\x1b[2J\n\n  \ncheck\x00 10.0.0.1\nstatus",
        capture_output=True,
        timeout=60,
        check=False,
    )
    said = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Mailport is doing fine" in said
    assert said.endswith("Bye.\n")
    assert not set("\x1b\x00") & set(said)


def test_a_waiting_conversation_ends_at_a_signal(tmp_path: Path) -> None:
    with mailport_in_terminal("chat", home=tmp_path) as terminal:
        terminal.wait_for("mailport>")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() != 0


def test_many_targets_have_a_bar_and_whole_lines(tmp_path: Path) -> None:
    targets = tmp_path / "targets"
    targets.write_bytes(b"127.0.0.1\n# a comment\n10.0.0.1\n\xff\xfe\n")
    with mailport_in_terminal(
        "check", "--from-file", str(targets), "--jsonl", "--concurrency", "1", home=tmp_path
    ) as terminal:
        assert terminal.end() == 2
    assert "[##########--------------------] 1/3" in terminal.text
    assert "[##############################] 3/3" in terminal.text
    documents = [line.split("\r")[-1] for line in terminal.text.split("\n") if '"schema"' in line]
    assert [json.loads(line)["target"] for line in documents] == ["127.0.0.1", "10.0.0.1", "\ufffd\ufffd"]


def test_targets_that_come_slowly_are_checked_as_they_come_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "adapters.main.cli", "check", "--from-file", "-", "--jsonl"],
        cwd=ROOT, env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"10.0.0.1\n")
    process.stdin.flush()
    assert b"target-forbidden" in process.stdout.readline()  # before the input has ended
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=20)
    assert (process.returncode, complaints) == (130, b"")
