"""One warm probe at 50 ms round trip, as multiples of it, beside peers."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import sys

from benchmarks.delayed_link import Link, delayed_link
from benchmarks.measure import row, wall_ms
from benchmarks.probe import make_network, probe_once
from bot.probes.run import wait_for_goodbyes
from tests.support.servers import Sandbox

ONE_WAY_S = 0.025
# The round trips that the protocols need (PERFORMANCE: Postfix's Nagle takes one more).
GOALS = {25: 7, 465: 5, 143: 5, 993: 3}


def main() -> None:
    """Print the rows."""
    with delayed_link(ONE_WAY_S) as link, Sandbox() as sandbox:
        issued = sandbox.authority.issue(link.here)
        sandbox.postfix(issued, address=link.here, ports="standard", services=("smtp", "submissions"))
        sandbox.dovecot(issued, address=link.here, ports="standard", services=("imap", "imaps"))
        words = [sys.executable, "-m", "benchmarks.probe_delayed", link.here, str(sandbox.ca_file)]
        done = subprocess.run(link.command(words), capture_output=True, text=True, check=True)
        taken = {int(port): ms for port, ms in json.loads(done.stdout).items()}
        for port, ms in taken.items():
            goal = GOALS[port] * link.round_trip_ms + 15
            row(
                f"one warm probe of {port} at {link.round_trip_ms:.0f} ms",
                f"{ms:.0f} ms",
                f"{ms / link.round_trip_ms:.1f} round trips, goal {goal:.0f} ms",
            )
        _peers(link, taken[25])


def _peers(link: Link, ours: float) -> None:
    for name, command in {
        "openssl s_client -starttls smtp": f"openssl s_client -starttls smtp -connect {link.here}:25",
        "check_smtp -S": f"/usr/lib/nagios/plugins/check_smtp -H {link.here} -S",
    }.items():
        words = command.split()
        if shutil.which(words[0]) is None:
            row(name, "not here")
            continue
        taken = wall_ms(link.command(words), runs=5)
        row(f"{name}, whole process", f"{taken:.0f} ms", f"ours is {ours / taken:.2f} x")


async def _inside(address: str, ca_file: str) -> dict[int, float]:
    network = make_network(ca_file)
    taken: dict[int, float] = {}
    for port in GOALS:
        seen = []
        for _ in range(6):
            seen.append(await probe_once(address, port, network))
            await wait_for_goodbyes()
        taken[port] = statistics.median(seen[1:])
    return taken


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_inside(sys.argv[1], sys.argv[2]))))
