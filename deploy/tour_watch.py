"""The part of the tour that keeps watch: a server is watched, breaks, is told about, recovers, is reported.

Two real servers on loopback are watched every second by `mailport serve` on a database of its own. One of
them is reached through a relay; ending the relay is the outage. Takes about a quarter of a minute.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAILPORT = [sys.executable, "-m", "adapters.main.cli"]
PATIENCE_S = 12.0

Run = Callable[..., int]


class Served:
    """`mailport serve` in the background; what it says about watches is shown as it comes."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._output = folder / "serve.txt"
        with self._output.open("wb") as stream:
            self._process = subprocess.Popen(
                [*MAILPORT, "serve"], cwd=ROOT, env=environment, stdout=stream, stderr=subprocess.STDOUT
            )
        self._shown = 0

    def start(self) -> None:
        """Wait until it serves and has said that it is alive."""
        end = time.monotonic() + PATIENCE_S
        while "http://" not in self.said() and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(0.5)

    def said(self) -> str:
        """Everything that was printed so far."""
        return self._output.read_text("utf-8", "replace")

    def skip(self) -> None:
        """What was printed until now is not shown."""
        self._shown = len(self.said())

    def wait_for(self, pattern: str) -> bool:
        """Wait for a line of the output, and show what came until then; False when it did not come."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self._process.poll() is None:
            new = self.said()[self._shown :]
            if re.search(pattern, new):
                time.sleep(0.3)  # the rest of the message
                new = self.said()[self._shown :]
                self._shown += len(new)
                print("\n".join(f"    {line}".rstrip() for line in new.strip().splitlines()), flush=True)
                return True
            time.sleep(0.1)
        print(f"    (nothing came within {PATIENCE_S:.0f} s)\n{self.said()[-1500:]}", flush=True)
        return False

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)


def watching(good: str, behind: str, shaky: str, port: int, environment: Mapping[str, str], run: Run) -> bool:
    """Watch, break, recover, report; False when an alert did not come.

    Args:
        good: Address with a mail server on port 25.
        behind: Address of the server that the relay leads to.
        shaky: Address for the relay; nothing listens there yet.
        port: Free port for the status page of `mailport serve`.
    """
    with tempfile.TemporaryDirectory(prefix="mailport-tour-") as name:
        own = {
            **environment,
            "MAILPORT_DATABASE_URL": f"sqlite:///{name}/tour.db",
            "MAILPORT_MIN_INTERVAL": "1s",
            "MAILPORT_HTTP_PORT": str(port),
            # Loopback is the whole world here: control targets on the internet need not answer.
            "MAILPORT_CONTROL_TARGETS": f"{good}:25",
        }
        relay = _relay(shaky, behind)
        served = Served({**os.environ, **own}, Path(name))
        try:
            served.start()
            run(["watch", "add", f"{good}:25", f"{shaky}:25", "every", "1s"], **own)
            run(["report", "add", "every", "Monday", "at", "09:00", "Europe/Madrid"], **own)
            time.sleep(2.5)
            served.skip()
            print(
                f"\nNow {shaky}:25 goes down. After two failures in a row, `mailport serve` says:\n",
                flush=True,
            )
            _end(relay)
            told = served.wait_for("is broken")
            run(["watch", "list"], **own)
            print("\nIt comes back:\n", flush=True)
            relay = _relay(shaky, behind)
            told = served.wait_for("works again") and told
            print("\nThe report, which would come every Monday, now; in Spanish:", flush=True)
            run(["report", "run", "3", "--lang", "es"], **own)
            run(["history", f"{shaky}:25"], **own)
        finally:
            served.stop()
            _end(relay)
    return told


def _relay(address: str, behind: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(ROOT / "deploy/relay.py"), address, "25", behind, "25"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(5)
