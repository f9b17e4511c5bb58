"""What a whole domain check costs others, how long it may take, and where it never connects."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rrset
import pytest

from adapters.net.clock import SystemClock
from adapters.net.dialer import TcpDialer
from adapters.net.fetcher import HttpsFetcher
from adapters.net.resolver import DnsResolver
from adapters.net.trust import PinnedTrust
from bot.commands.examine import Examination, examine
from bot.model.outcome import Endpoint
from bot.model.target import parse_target
from bot.model.value import replace
from bot.ports import Connection, Network
from bot.probes.run import wait_for_goodbyes
from bot.probes.together import Step
from bot.settings import Settings
from tests.support.core import make_test_tools
from tests.support.dns_lab import LabZone
from tests.support.loopback import own_address
from tests.support.mail_domains import build_domains
from tests.support.mail_lab import MailLab
from tests.support.scripted_dns import ScriptedDns

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]
ROOT = Path(__file__).parents[2]
PORTS = (25, 465, 587, 2525, 143, 993, 110, 995)
SLOWNESS_S = 0.4


class Counted:
    """Mail servers of every port on one address, slow enough for connections to overlap.

    All speak plain text first, so that implicit-TLS ports provoke a second connection.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.open = self.most = 0
        self.per_port: Counter[int] = Counter()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Counted]:
        servers = [
            await asyncio.start_server(lambda r, w, port=port: self._talk(r, w, port), self.address, port)  # type: ignore[misc]
            for port in PORTS
        ]
        try:
            yield self
        finally:
            for server in servers:
                server.close()
            await asyncio.sleep(0.05)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        self.open += 1
        self.most = max(self.most, self.open)
        self.per_port[port] += 1
        greeting = {143: b"* OK here\r\n", 993: b"* OK here\r\n", 110: b"+OK here\r\n", 995: b"+OK here\r\n"}
        with suppress(OSError, EOFError):
            await asyncio.sleep(SLOWNESS_S)
            writer.write(greeting.get(port, b"220 here ESMTP\r\n"))
            while line := await reader.readline():
                tag = line.split(b" ")[0]
                writer.write(
                    tag + b" OK done\r\n"
                    if port in (143, 993)
                    else b"-ERR no\r\n"
                    if port in (110, 995)
                    else b"250 here\r\n"
                )
                await writer.drain()
        self.open -= 1
        writer.close()


async def _nobody(_: Step) -> None:
    """Nobody watches."""


@pytest.mark.parametrize(("scheduled", "limit"), [(False, 8), (True, 3)], ids=["a person waits", "scheduled"])
async def test_connections_as_the_server_counts_them(scheduled: bool, limit: int) -> None:
    lab = MailLab()
    async with lab, Counted(lab.address(77)).running() as counted:
        records = [
            "@ IN MX 10 mail",
            f"mail IN A {counted.address}",
            *(f"_{name}._tcp IN SRV 0 1 {port} mail" for name, port in
              (("submissions", 465), ("submission", 587), ("imaps", 993), ("imap", 143), ("pop3s", 995), ("pop3", 110))),
        ]  # fmt: skip
        await lab.start([LabZone(name="busy.test", records=records)])
        settings = lab.settings()
        network = lab.network(settings)
        tools = replace(
            make_test_tools(settings),
            network=lambda: network,
            clock=SystemClock(),
            ehlo_name=lambda: "p.example.org",
        )
        wanted = Examination(
            target=parse_target("busy.test"), kind="domain", ports=PORTS, scheduled=scheduled
        )
        found = await examine(wanted, tools, _nobody)
        await wait_for_goodbyes()
    assert {one.endpoint.port for one in found.result.outcomes} == set(PORTS)
    assert max(counted.per_port.values()) <= 2
    assert counted.most <= limit
    assert counted.most > 1, "they did overlap"
    places = [(one.endpoint.address, one.endpoint.port) for one in found.result.outcomes]
    assert len(places) == len(set(places)), "each once"
    assert sum(one.connections for one in found.result.outcomes) == sum(counted.per_port.values())


async def test_many_names_of_one_machine_cost_it_two_connections_a_port_at_most() -> None:
    lab = MailLab()
    async with lab, Counted(lab.address(78)).running() as counted:
        names = ("smtp", "mail", "imap", "pop", "pop3", "mx")
        records = [
            "@ IN MX 10 mx",
            f"@ IN A {counted.address}",
            *(f"{name} IN A {counted.address}" for name in names),
        ]
        await lab.start([LabZone(name="small.test", records=records)])
        settings = lab.settings()
        network = lab.network(settings)
        tools = replace(
            make_test_tools(settings),
            network=lambda: network,
            clock=SystemClock(),
            ehlo_name=lambda: "p.example.org",
        )
        found = await examine(Examination(target=parse_target("small.test"), kind="domain"), tools, _nobody)
        await wait_for_goodbyes()
    assert max(counted.per_port.values()) <= 2, counted.per_port
    assert counted.most <= 8
    places = [(one.endpoint.address, one.endpoint.port) for one in found.result.outcomes]
    assert len(places) == len(set(places)) >= 5


async def run_cli(*words: str, **settings: str) -> tuple[int, dict[str, Any], float]:
    """The program as people run it: status, document, seconds."""
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "adapters.main.cli",
        *words,
        "--json",
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": "/tmp", "MAILPORT_EHLO_NAME": "p.example.org", **settings},
        stdout=-1,
        stderr=-1,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, json.loads(out), time.monotonic() - started


def of_lab(lab: MailLab) -> dict[str, str]:
    settings = lab.settings()
    assert lab.dns is not None
    return {
        "MAILPORT_DNS_SERVERS": "{}:{}".format(*lab.dns.resolver),
        "MAILPORT_DNS_TRUST_AD": "true",
        "MAILPORT_CA_FILE": str(settings.ca_file),
        "MAILPORT_ALLOWED_NETWORKS": f"{lab.prefix}.0/24",
    }


FALSE_NO = frozenset({"starttls-missing", "spf-missing", "dmarc-missing", "no-mx", "mx-unresolvable"})


async def test_two_mx_with_three_dead_addresses_each_take_eight_seconds_at_most() -> None:
    async with MailLab() as lab:
        _, zones = build_domains(lab)
        await lab.start(zones)
        status, document, seconds = await run_cli("check", "dropped.test", **of_lab(lab))
    assert (status, document["verdict"]) == (3, "unknown")
    assert len([one for one in document["endpoints"] if one["state"] == "filtered"]) >= 6
    assert not FALSE_NO & {one["id"] for one in document["findings"]}
    assert document["duration_ms"] < 8000
    assert seconds < 9.5, "the interpreter's own start included"


async def test_a_dead_resolver_takes_eight_seconds_at_most() -> None:
    address = own_address()
    status, document, seconds = await run_cli(
        "check", "example.com", "--as", "domain", MAILPORT_DNS_SERVERS=f"{address}:53"
    )
    assert (status, document["verdict"]) == (3, "unknown")
    assert not FALSE_NO & {one["id"] for one in document["findings"]}
    assert document["duration_ms"] < 8000
    assert seconds < 9.5


class Recorded:
    """The real dialer, keeping where it went."""

    def __init__(self, dialer: TcpDialer) -> None:
        self._dialer = dialer
        self.went: list[str] = []

    async def dial(self, endpoint: Endpoint) -> Connection:
        self.went.append(endpoint.address)
        return await self._dialer.dial(endpoint)

    def has_route(self, family: int) -> bool:
        return self._dialer.has_route(6 if family == 6 else 4)


async def test_a_rebinding_name_never_leads_inside() -> None:
    """Every second answer for the host is a loopback address that is not allowed."""
    good = own_address()
    answers = Counter[str]()

    def script(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        name, kind = query.question[0].name.to_text(), dns.rdatatype.to_text(query.question[0].rdtype)
        text = ""
        if (name, kind) == ("rebind.test.", "MX"):
            text = "10 mx.rebind.test."
        elif kind == "A" and name.endswith("rebind.test."):
            answers[name] += 1
            text = good if answers[name] % 2 else "127.0.0.1"
        if text:
            reply.answer.append(dns.rrset.from_text(name, 0, "IN", kind, text))
        return reply

    async with ScriptedDns(script) as server:
        settings = Settings(
            dns_servers=(server.address,), allowed_networks=(ipaddress.ip_network(f"{good}/32"),)
        )
        resolver = DnsResolver(settings)
        dialer = Recorded(TcpDialer(settings))
        network = Network(dialer, resolver, HttpsFetcher(settings, resolver), PinnedTrust())
        tools = replace(
            make_test_tools(settings),
            network=lambda: network,
            clock=SystemClock(),
            ehlo_name=lambda: "p.example.org",
        )
        target = parse_target("rebind.test")
        for _ in range(3):
            await examine(Examination(target=target, kind="domain"), tools, _nobody)
    assert answers["mx.rebind.test."] > 3, "it was asked again and again"
    assert set(dialer.went) == {good}


def test_every_case_of_the_lab_has_a_sentence() -> None:
    cases, _ = build_domains(MailLab())
    names = [case.name for case in cases]
    assert len(names) == len(set(names)) >= 55
    checked: Sequence[str] = [case.why for case in cases if case.why]
    assert len(checked) == len(names)
