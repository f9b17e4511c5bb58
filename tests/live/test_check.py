"""`mailport check` as people run it: the real program against real servers, in its own process."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import jsonschema
import pytest

from tests.support.loopback import free_port, own_network
from tests.support.scripted_dns import ScriptedDns
from tests.support.servers import Sandbox

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/check-1.json").read_text("utf-8"))
# The services of a port follow from its number, so real ports are needed: each run has an address of its own.
PREFIX = own_network()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


async def run(sandbox: Sandbox, *words: str, **settings: str) -> tuple[int, dict[str, Any], str, float]:
    """Status, document, standard error and seconds."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(sandbox.ca_file.parent),
        "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MAILPORT_CA_FILE": str(sandbox.ca_file),
        **settings,
    }
    started = time.monotonic()
    program = Path(sys.executable).with_name("mailport")
    process = await asyncio.create_subprocess_exec(
        str(program), "check", *words, "--json", env=environment, stdout=-1, stderr=-1
    )
    out, err = await process.communicate()
    document = json.loads(out)
    assert process.returncode is not None
    return process.returncode, document, err.decode(), time.monotonic() - started


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="ports below 1024 need root")


@needs_root
async def test_a_good_host_passes_and_a_bad_one_fails(sandbox: Sandbox) -> None:
    good, bad = f"{PREFIX}.25", f"{PREFIX}.26"
    sandbox.postfix(sandbox.authority.issue(good), address=good, ports="standard")
    expired = sandbox.authority.issue("other.example.test", since_days=90, days=-3)
    sandbox.postfix(expired, address=bad, ports="standard")
    status, document, _, _ = await run(sandbox, good)
    jsonschema.validate(document, SCHEMA)
    opened = {one["port"]: one["tls"] for one in document["endpoints"] if one["state"] == "open"}
    assert (status, document["verdict"]) == (0, "pass")
    assert opened == {25: "starttls", 465: "implicit", 587: "starttls"}
    assert all(
        one["phases_ms"]["quit"] is not None for one in document["endpoints"] if one["state"] == "open"
    )
    status, document, _, _ = await run(sandbox, bad)
    jsonschema.validate(document, SCHEMA)
    ids = {(one["id"], one["severity"], one["subject"]) for one in document["findings"]}
    assert (status, document["verdict"]) == (1, "fail")
    assert ("cert-expired", "critical", f"{bad}:465") in ids
    assert ("cert-expired", "info", f"{bad}:25") in ids
    shown = [one["certificate"]["name_checked"] for one in document["endpoints"] if one["certificate"]]
    assert shown == [False] * 3, "an address has no name to compare"


async def test_a_dropped_port_is_told_within_eight_seconds_and_is_no_no(sandbox: Sandbox) -> None:
    address = f"{PREFIX}.99"
    port = free_port(address)
    with closing(socket.socket()) as full:
        # A full queue that nobody takes from: the kernel drops further connections.
        full.bind((address, port))
        full.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex((address, port))
        status, document, _, seconds = await run(sandbox, f"{address}:{port}", MAILPORT_EXTRA_PORTS=str(port))
        for filler in fillers:
            filler.close()
    assert (status, document["verdict"]) == (3, "unknown")
    assert [one["id"] for one in document["findings"]] == ["port-filtered"]
    assert document["endpoints"][0]["tls"] == "unknown"
    assert seconds <= 8


async def test_a_dead_resolver_is_told_within_eight_seconds(sandbox: Sandbox) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as mute:
        mute.bind((f"{PREFIX}.53", 0))
        server = f"{PREFIX}.53:{mute.getsockname()[1]}"
        status, document, _, seconds = await run(sandbox, "mx.example.test", MAILPORT_DNS_SERVERS=server)
    assert (status, document["verdict"], document["as"]) == (3, "unknown", "domain")
    assert document["mail"]["mx"] == {"status": "timeout", "reason": None, "hosts": []}
    assert [one["id"] for one in document["findings"]] == ["dns-timeout"]
    assert seconds <= 8


async def test_a_resolver_that_refuses_is_told_as_such(sandbox: Sandbox) -> None:
    def refuse(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.REFUSED)
        return reply

    async with ScriptedDns(refuse) as server:
        servers = "{}:{}".format(*server.address)
        status, document, _, _ = await run(sandbox, "example.test", MAILPORT_DNS_SERVERS=servers)
    assert (status, document["verdict"], document["as"]) == (3, "unknown", "domain")
    assert document["mail"]["mx"] == {"status": "timeout", "reason": "refused", "hosts": []}
    assert [one["id"] for one in document["findings"]] == ["dns-refused"]
    assert document["undetermined"] == ["dns-refused"]


async def test_a_closed_port_that_was_asked_for_fails(sandbox: Sandbox) -> None:
    address = f"{PREFIX}.98"
    port = free_port(address)
    status, document, _, _ = await run(sandbox, f"{address}:{port}", MAILPORT_EXTRA_PORTS=str(port))
    assert (status, [one["id"] for one in document["findings"]]) == (1, ["port-refused"])


@pytest.mark.parametrize(
    "target",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "fe80::1",
        "64:ff9b::7f00:1",
    ],
)
async def test_refused_targets(sandbox: Sandbox, target: str) -> None:
    status, document, _, _ = await run(sandbox, target, MAILPORT_ALLOWED_NETWORKS="")
    assert (status, document["schema"], document["error"]) == (2, "mailport.error/1", "target-forbidden")
