"""A program in a real pseudo-terminal, typed to and read from."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Escape sequences (ECMA-48): colours, cursor movements, titles, hyperlinks.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>()][0-9A-B]?")


class Terminal:
    """The person's side of a pseudo-terminal.

    Attributes:
        raw: All that came so far, escapes and all.
    """

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master = master
        self.process = process
        self.raw = ""
        self._seen = 0

    @property
    def text(self) -> str:
        """What came so far, without escapes."""
        return _ESCAPES.sub("", self.raw).replace("\r\n", "\n")

    def type(self, text: str) -> None:
        """Type, as keys."""
        os.write(self._master, text.encode())

    def wait_for(self, words: str, *, within_s: float = 30.0) -> str:
        """Read until these words appear after what was waited for before; returns all since then."""
        deadline = time.monotonic() + within_s
        while words not in self.text[self._seen :]:
            assert time.monotonic() < deadline, f"no {words!r} in {self.text[self._seen :]!r}"
            if not self._read(0.1) and self.process.poll() is not None and not self._read(0.1):
                assert words in self.text[self._seen :], self.text[self._seen :]
        start = self._seen
        self._seen = self.text.index(words, start) + len(words)
        return self.text[start : self._seen]

    def end(self, *, within_s: float = 30.0) -> int:
        """Read to the end; the exit status."""
        deadline = time.monotonic() + within_s
        while self._read(0.1) or self.process.poll() is None:
            assert time.monotonic() < deadline, f"still running: {self.text!r}"
        return self.process.wait(1)

    def _read(self, wait_s: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], wait_s)
        if not ready:
            return False
        try:
            got = os.read(self._master, 65536)
        except OSError:  # EIO: the program has closed its side
            return False
        self.raw += got.decode("utf-8", "replace")
        # The terminal answers "where is the cursor?", as prompt_toolkit asks (CPR).
        if b"\x1b[6n" in got:
            os.write(self._master, b"\x1b[1;1R")
        return bool(got)


@contextmanager
def mailport_in_terminal(
    *words: str, home: Path, columns: int = 100, environment: Mapping[str, str] = {}
) -> Iterator[Terminal]:
    """`mailport` with these words in a terminal of its own."""
    kept: Mapping[str, str] = {name: value for name, value in os.environ.items() if name == "PATH"}
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "adapters.main.cli", *words],
        cwd=ROOT,
        env={**kept, "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        os.close(master)
