"""A whole domain's check at 50 ms round trip, as multiples of it, beside checkdmarc in the same run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from adapters.net.clock import SystemClock
from adapters.net.dialer import TcpDialer
from adapters.net.fetcher import HttpsFetcher
from adapters.net.resolver import DnsResolver
from adapters.net.trust import PinnedTrust
from benchmarks.delayed_link import Link, delayed_link
from benchmarks.measure import row
from bot.commands.examine import Examination, examine
from bot.model.target import parse_target
from bot.model.value import replace
from bot.ports import Network
from bot.probes.run import wait_for_goodbyes
from bot.probes.together import Step
from bot.settings import read_settings
from tests.support.core import make_test_tools
from tests.support.dns_lab import LabZone
from tests.support.mail_domains import dkim_record, spki_sha256
from tests.support.mail_lab import MailHost, MailLab, PolicySite, WebPage, policy_text
from tests.support.servers import Sandbox

ONE_WAY_S = 0.025
ROUND_TRIPS = 9
RUNS = 6
DOMAIN = "bench.test"


def main() -> None:
    """Print the rows."""
    with delayed_link(ONE_WAY_S) as link, _near_network(link) as prefix:
        asyncio.run(_measure(link, prefix))


@contextlib.contextmanager
def _near_network(link: Link) -> Iterator[str]:
    """A /24 of our own at the near end, with a resolver's address in it for the far end."""
    number = link.here.split(".")[2]
    prefix = f"10.214.{number}"
    folder = Path("/etc/netns") / link.namespace
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "resolv.conf").write_text(f"nameserver {prefix}.53\n")
    _run(f"ip route add local {prefix}.0/24 dev lo")
    _run(f"ip -n {link.namespace} route add {prefix}.0/24 via {link.here}")
    try:
        yield prefix
    finally:
        subprocess.run(["ip", "route", "del", "local", f"{prefix}.0/24", "dev", "lo"], check=False)
        (folder / "resolv.conf").unlink()
        folder.rmdir()


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True)


async def _measure(link: Link, prefix: str) -> None:
    lab = MailLab(prefix, resolver=(f"{prefix}.53", 53))
    with Sandbox(authority=lab.authority) as sandbox:
        async with lab:
            await _build(lab, sandbox)
            ca_file = str(sandbox.ca_file)
            ours = await _child(link, "ours", prefix, ca_file)
            theirs = await _child(link, "checkdmarc", prefix, ca_file)
    trips = ours["ms"] / link.round_trip_ms
    row(
        f"domain check at {link.round_trip_ms:.0f} ms, {ours['endpoints']:.0f} endpoints, {ours['verdict']}",
        f"{ours['ms']:.0f} ms",
        f"{trips:.1f} round trips, {trips / ROUND_TRIPS:.2f} x {ROUND_TRIPS} of them, goal 565 ms",
    )
    row(
        "checkdmarc, the same domain (DNS, policies, STARTTLS on 25)",
        f"{theirs['ms']:.0f} ms",
        f"ours is {ours['ms'] / theirs['ms']:.2f} x, goal 0.2 x",
    )


async def _build(lab: MailLab, sandbox: Sandbox) -> None:
    """A domain with two mail hosts, every policy, and servers for its people."""
    hosts = [
        lab.add_host(
            MailHost(name=f"mx{at}.{DOMAIN}", last=20 + at, issued=lab.authority.issue(f"mx{at}.{DOMAIN}"))
        )
        for at in (1, 2)
    ]
    lab.add_site(PolicySite(domain=DOMAIN, text=policy_text(*(host.name for host in hosts))))
    lab.add_page(WebPage(host="ispdb.test", path="/none"))
    people = sandbox.authority.issue(f"mail.{DOMAIN}")
    await asyncio.to_thread(
        sandbox.accounts,
        people,
        address=lab.address(30),
        password="secret",
        reading=("imap", "imaps", "pop3s"),
    )
    records = [
        *(f"@ IN MX {10 * at} mx{at}" for at in (1, 2)),
        *(f"mx{at} IN A {lab.address(20 + at)}" for at in (1, 2)),
        f'@ IN TXT "v=spf1 mx include:_spf.{DOMAIN} -all"',
        '_spf IN TXT "v=spf1 ip4:192.0.2.0/24 -all"',
        f'_dmarc IN TXT "v=DMARC1; p=reject; rua=mailto:d@{DOMAIN}"',
        f"selector1._domainkey IN TXT {dkim_record(2048)}",
        '_mta-sts IN TXT "v=STSv1; id=1"',
        f"mta-sts IN A {lab.web_address}",
        f'_smtp._tls IN TXT "v=TLSRPTv1; rua=mailto:t@{DOMAIN}"',
        *(f"_25._tcp.mx{at} IN TLSA 3 1 1 {spki_sha256(hosts[at - 1].issued)}" for at in (1, 2)),
        f"mail IN A {lab.address(30)}",
        "_submissions._tcp IN SRV 0 1 465 mail",
        "_submission._tcp IN SRV 0 1 587 mail",
        "_imaps._tcp IN SRV 0 1 993 mail",
        "_imap._tcp IN SRV 0 1 143 mail",
        "_pop3s._tcp IN SRV 0 1 995 mail",
    ]
    zones = [
        LabZone(name=DOMAIN, records=records),
        LabZone(name="ispdb.test", records=[f"@ IN A {lab.web_address}"]),
        # What checkdmarc asks a name server for beside the domain itself.
        LabZone(name=lab.reverse_zone, records=[f"{20 + at} IN PTR mx{at}.{DOMAIN}." for at in (1, 2)]),
    ]
    await lab.start(zones)


async def _child(link: Link, what: str, prefix: str, ca_file: str) -> dict[str, float]:
    """Run one of the two at the far end; several times, the first one to warm up."""
    words = link.command([sys.executable, "-m", "benchmarks.domain", what, prefix, ca_file])
    environment = {**os.environ, "REQUESTS_CA_BUNDLE": ca_file, "SSL_CERT_FILE": ca_file}
    process = await asyncio.create_subprocess_exec(*words, stdout=-1, stderr=-1, env=environment)
    out, err = await process.communicate()
    if process.returncode:
        raise RuntimeError(err.decode()[-2000:])
    found: dict[str, float] = json.loads(out)
    return found


async def _nobody(_: Step) -> None:
    """Nobody watches."""


async def _ours(prefix: str, ca_file: str) -> dict[str, object]:
    values = {
        "MAILPORT_DNS_SERVERS": f"{prefix}.53",
        "MAILPORT_DNS_TRUST_AD": "true",
        "MAILPORT_CA_FILE": ca_file,
        "MAILPORT_ALLOWED_NETWORKS": "10.0.0.0/8",
        "MAILPORT_ISPDB_URL": "https://ispdb.test/v1.1/",
    }
    settings = read_settings({name: (text, "benchmark") for name, text in values.items()})
    resolver = DnsResolver(settings)
    network = Network(
        TcpDialer(settings), resolver, HttpsFetcher(settings, resolver), PinnedTrust(settings.ca_file)
    )
    tools = replace(
        make_test_tools(settings),
        network=lambda: network,
        clock=SystemClock(),
        ehlo_name=lambda: "bench.example",
    )
    wanted = Examination(target=parse_target(DOMAIN), kind="domain")
    taken: list[float] = []
    for _ in range(RUNS):
        started = time.perf_counter()
        found = await examine(wanted, tools, _nobody)
        taken.append((time.perf_counter() - started) * 1000)
        await wait_for_goodbyes()
    opened = [one for one in found.result.outcomes if one.state == "open"]
    return {"ms": statistics.median(taken[1:]), "endpoints": len(opened), "verdict": found.result.verdict}


def _checkdmarc(prefix: str) -> dict[str, object]:
    import checkdmarc

    taken: list[float] = []
    # Its own caches would answer a second run; the first pays for imports, so another domain warms it up.
    checkdmarc.check_domains(["ispdb.test"], nameservers=[f"{prefix}.53"], check_mx_tls=True)
    started = time.perf_counter()
    found = checkdmarc.check_domains([DOMAIN], nameservers=[f"{prefix}.53"], check_mx_tls=True)
    taken.append((time.perf_counter() - started) * 1000)
    return {"ms": statistics.median(taken), "endpoints": len(found["mx"]["hosts"])}


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "ours":
        print(json.dumps(asyncio.run(_ours(sys.argv[2], sys.argv[3]))))
    else:
        print(json.dumps(_checkdmarc(sys.argv[2])))
