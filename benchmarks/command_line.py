"""What a cold command line costs, as a ratio to bare Python."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measure import cpu_ms, row

HEAVY = "{'asyncio','aiohttp','dns','sqlalchemy','slack_bolt','discord','rich','cryptography'}"
CLI = [sys.executable, "-m", "adapters.main.cli"]


def main() -> None:
    """Print the rows."""
    bare = cpu_ms([sys.executable, "-c", "pass"])
    row("bare Python, CPU", f"{bare:.1f} ms")
    for name, words in (
        ("mailport --help", ["--help"]),
        ("mailport ask", ["ask", "which port should I use?"]),
        ("mailport explain", ["explain", "535 5.7.8 authentication failed"]),
        ("mailport check 127.0.0.1 (refused)", ["check", "127.0.0.1"]),
    ):
        taken = cpu_ms([*CLI, *words])
        row(f"{name}, CPU", f"{taken:.1f} ms", f"{taken / bare:.1f} x bare Python")
    script = (
        "import sys; sys.argv=['mailport','ask','which port?']\n"
        "from adapters.main.cli import run\nrun()\n"
        f"print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    row("heavy modules loaded by ask", done.stderr.strip())
