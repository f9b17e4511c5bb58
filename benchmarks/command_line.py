"""What a cold command line costs, as a ratio to bare Python, and what it does not import."""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.measure import cpu_ms, row
from tests.support.loopback import own_address
from tests.support.servers import Sandbox

ABSENT = ("sqlalchemy", "slack_bolt", "discord", "aiohttp")
CLI = [sys.executable, "-m", "adapters.main.cli"]
_LOADED = (
    "import sys\n"
    "from adapters.main.cli import main\n"
    "main(sys.argv[1:])\n"
    f"print('LOADED', sorted(set({ABSENT!r}) & set(sys.modules)), file=sys.stderr)"
)


def main() -> None:
    """Print the rows."""
    bare = cpu_ms([sys.executable, "-c", "pass"])
    row("bare Python, CPU", f"{bare:.1f} ms")
    with Sandbox() as sandbox:
        address = own_address()
        sandbox.postfix(
            sandbox.authority.issue(address), address=address, ports="standard", services=("smtp",)
        )
        environment = {
            # Compiled modules are kept where the program is installed, so they are here too.
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8",
            "MAILPORT_CA_FILE": str(sandbox.ca_file),
        }
        for name, words, goal in (
            ("mailport --help", ["--help"], "3 x or 45 ms"),
            ("mailport ask", ["ask", "which port should I use?"], "3 x or 45 ms"),
            ("mailport explain", ["explain", "535 5.7.8 authentication failed"], ""),
            ("mailport check 127.0.0.1:26 (refused)", ["check", "127.0.0.1:26"], ""),
            ("mailport check IP:25", ["check", f"{address}:25"], "110 ms"),
            ("mailport check localhost:25 (with DNS)", ["check", "localhost:25"], "220 ms"),
        ):
            cpu_ms([*CLI, *words], runs=1, env=environment)
            taken = cpu_ms([*CLI, *words], env=environment)
            said = f", goal {goal}" if goal else ""
            row(f"{name}, CPU", f"{taken:.1f} ms", f"{taken / bare:.1f} x bare Python{said}")
        for words in (["--help"], ["ask", "which port?"], ["check", f"{address}:25"]):
            command = [sys.executable, "-c", _LOADED, *words]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            loaded = done.stderr.rpartition("LOADED ")[2].strip()
            row(f"of {', '.join(ABSENT)}: loaded by {words[0]}", loaded)


if __name__ == "__main__":
    main()
