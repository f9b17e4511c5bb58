"""One real sweep: 1,000 watched endpoints on real Postfix and Dovecot servers of this machine; needs root.

    python -m benchmarks.real_sweep [--endpoints 1000]

The servers listen on all of 127.0.0.0/8, so each address is a host of its own, with its own politeness.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import resource
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from adapters.engine.engine import Duties, Engine, process_name
from adapters.main.compose import close_tools, make_tools
from benchmarks.measure import row
from benchmarks.sweep import Lag
from bot.model.request import Place
from bot.probes.run import wait_for_goodbyes
from bot.settings import Settings
from bot.watches.watch import Draft
from storage.open import open_stores
from tests.support.servers import Sandbox

POSTFIX, DOVECOT = (25, 465, 587), (143, 993, 110, 995)
HERE = Place(platform="slack", workspace="slack:T1", channel="C1")


def targets(count: int) -> list[str]:
    """Half of them on Postfix, half on Dovecot, as many addresses as that takes."""
    found: list[str] = []
    host = 0
    while len(found) < count:
        host += 1
        address = f"127.9.{host // 200}.{host % 200 + 1}"
        found += [f"{address}:{port}" for port in (POSTFIX if host % 7 < 4 else DOVECOT)]
    return found[:count]


async def sweep(url: str, sandbox: Sandbox, count: int) -> None:
    stores = await open_stores(url)
    wanted = targets(count)
    drafts = [Draft(target=one, kind="host", interval_s=86400.0) for one in wanted]
    added = await stores.watches.add(HERE, drafts, person="U1", now=datetime.now(UTC))
    await stores.watches.hurry([one.id for one in added], datetime.now(UTC))
    settings = Settings(
        database_url=url, allowed_networks=(ipaddress.ip_network("127.0.0.0/8"),),
        ca_file=str(sandbox.ca_file), ehlo_name="probe.example.org", control_targets=(),
    )  # fmt: skip
    tools = make_tools(settings)
    await tools.stores()
    engine, lag = Engine(tools, process_name(), Duties()), Lag()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    measuring = asyncio.create_task(lag.run())
    engine.start()
    done = False
    while not done:
        await asyncio.sleep(0.1)
        due = await stores.watches.next_due_at("local")
        done = not engine.busy and (due is None or due > datetime.now(UTC))
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    measuring.cancel()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    states = await stores.watches.states("slack:T1", [one.id for one in added])
    words = Counter(one.last_word for one in states.values())
    await engine.stop()
    await wait_for_goodbyes()
    await close_tools(tools)
    await stores.close()
    row(
        f"{count} endpoints on real servers: probes/s",
        f"{count / seconds:.0f}",
        f"{cpu / count * 1000:.2f} ms CPU a probe, all included; {seconds:.1f} s; loop lag p99 "
        f"{lag.p99_ms():.0f} ms; {dict(words)}",
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoints", type=int, default=1000)
    given = parser.parse_args([] if arguments is None else arguments)
    addresses = {one.rpartition(":")[0] for one in targets(given.endpoints)}
    with Sandbox() as sandbox, tempfile.TemporaryDirectory(prefix="mailport-real-") as folder:
        issued = sandbox.authority.issue("mx.example.test", *sorted(addresses))
        sandbox.postfix(
            issued, address="0.0.0.0", ports="standard", more="smtpd_client_connection_count_limit = 0\n"
        )
        sandbox.dovecot(issued, address="0.0.0.0", ports="standard")
        for server in sandbox.running:
            server.wait_until_open()
        asyncio.run(sweep(f"sqlite:///{Path(folder) / 'm.db'}", sandbox, given.endpoints))


if __name__ == "__main__":
    main(sys.argv[1:])
