"""One warm probe against a real Postfix at no delay, beside its peers; CPU per probe with 64 at once."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from adapters.net import trust as trust_module
from adapters.net.dialer import TcpDialer
from adapters.net.trust import PinnedTrust
from benchmarks.measure import row, wall_ms
from bot.model.outcome import Endpoint
from bot.model.services import service_for
from bot.ports import Network
from bot.probes.run import INTERACTIVE, probe_endpoint, wait_for_goodbyes
from bot.settings import read_settings
from tests.support.servers import Sandbox, own_address


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def main() -> None:
    """Print the rows."""
    with Sandbox() as sandbox:
        address = own_address()
        sandbox.postfix(
            sandbox.authority.issue(address), address=address, ports="standard", services=("smtp",)
        )
        ours = asyncio.run(_probe(address, str(sandbox.ca_file)))
        _peers(address, ours)


async def _probe(address: str, ca_file: str) -> float:
    settings = read_settings({"MAILPORT_ALLOWED_NETWORKS": ("127.0.0.0/8", "benchmark")})
    network = Network(
        dialer=TcpDialer(settings),
        resolver=None,  # type: ignore[arg-type]  # nothing is resolved here
        fetcher=None,  # type: ignore[arg-type]  # nothing is fetched here
        trust=PinnedTrust(ca_file),
    )
    endpoint = Endpoint(host=address, address=address, family=4, service=service_for(25))

    async def one() -> float:
        outcome = await probe_endpoint(endpoint, network, _Clock(), INTERACTIVE, "bench.example")
        assert outcome.tls == "starttls", outcome
        return outcome.total_ms

    for _ in range(3):
        await one()
    taken = []
    for _ in range(20):
        taken.append(await one())
        await wait_for_goodbyes()
    median = statistics.median(taken)
    row("one warm probe, Postfix 25 STARTTLS, no delay", f"{median:.1f} ms", "goal 15 ms")
    before = time.process_time()
    for _ in range(4):
        await asyncio.gather(*(one() for _ in range(64)))
        await wait_for_goodbyes()
    cpu = (time.process_time() - before) / 256 * 1000
    row("CPU per probe, 64 at once", f"{cpu:.2f} ms")
    row("trust store module", Path(trust_module.__file__).name, "anchors are loaded once per process")
    return median


def _peers(address: str, ours: float) -> None:
    commands = {
        "openssl s_client -starttls smtp": [
            "openssl",
            "s_client",
            "-starttls",
            "smtp",
            "-connect",
            f"{address}:25",
        ],
        "check_smtp -S": ["/usr/lib/nagios/plugins/check_smtp", "-H", address, "-S"],
    }
    for name, command in commands.items():
        if shutil.which(command[0]) is None:
            row(name, "not here")
            continue
        taken = wall_ms(command)
        row(f"{name} (whole process)", f"{taken:.1f} ms", f"ours is {ours / taken:.2f} x")
