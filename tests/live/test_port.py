"""`port` on domains of every kind: what it chooses is used at once to log in, by Python's own clients."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.dispatch import answer
from bot.model.request import Person, Place, Request
from bot.model.value import replace
from bot.ports import Tools
from tests.support.core import make_test_tools
from tests.support.inside import run_inside
from tests.support.mail_lab import MailLab
from tests.support.port_lab import CASES, ISPDB, PASSWORD, PortCase, build_zones, hosts_of, start_servers
from tests.support.servers import Sandbox

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
PROGRAMS = ("python", "imaplib")
_POP3 = """
import os, poplib, ssl
box = poplib.POP3_SSL({host!r}, {port}, context=ssl.create_default_context())
box.user({user!r})
print(box.pass_(os.environ["IMAP_PASSWORD"]).decode())
"""


@dataclass(frozen=True, slots=True)
class Proven:
    """What `port` said of a domain, and what its settings were good for."""

    documents: dict[str, dict[str, Any]]
    logins: dict[str, list[tuple[str, int, str]]]


async def ask(tools: Tools, text: str) -> dict[str, Any]:
    place = Place(platform="slack", workspace="slack:T1", channel="C1")
    reply = await answer(Request(id="r", place=place, person=Person(id="U1"), text=text), tools)
    assert reply.document is not None
    return dict(reply.document)


def log_in(
    document: dict[str, Any], case: PortCase, hosts: dict[str, str], ca_file: Path, folder: Path
) -> list[tuple[str, int, str]]:
    """Run the snippets as they are, with the right password and with a wrong one."""
    done: list[tuple[str, int, str]] = []
    scripts = {
        snippet["program"]: snippet["files"][0]["text"]
        for snippet in document["snippets"]
        if snippet["files"]
    }
    if document["imap"] is None and document["pop3"] is not None:
        pop3 = document["pop3"]
        scripts["poplib"] = _POP3.format(host=pop3["host"], port=pop3["port"], user=f"ann@{case.name}")
    for program, script in scripts.items():
        for password in (PASSWORD, "wrong"):
            ran = run_inside(
                ["/usr/bin/env", "python3", "-c", script],
                hosts,
                ca_file,
                folder / case.name,
                SMTP_PASSWORD=password,
                IMAP_PASSWORD=password,
            )
            done.append((f"{program} {password}", ran.returncode, ran.stderr[-300:]))
    return done


async def _prove(folder: Path) -> Proven:
    lab = MailLab()
    async with lab:
        zones = build_zones(lab)
        with ExitStack() as stack:
            sandbox = stack.enter_context(Sandbox(authority=lab.authority))
            await asyncio.to_thread(start_servers, sandbox, lab)
            await lab.start(zones)
            settings = replace(lab.settings(), ispdb_url=ISPDB)
            network = lab.network(settings)
            tools = replace(
                make_test_tools(settings),
                network=lambda: network,
                clock=lab.clock,
                ehlo_name=lambda: "probe.example.org",
            )
            documents: dict[str, dict[str, Any]] = {}
            for case in CASES:
                target = f"ann@{case.name}"
                documents[case.name] = await ask(tools, f"port {target}")
                asked = [(await ask(tools, f"port {target} for {name}"))["snippet"] for name in PROGRAMS]
                documents[case.name]["snippets"] = asked
            hosts = hosts_of(lab)
            done = await asyncio.gather(
                *(
                    asyncio.to_thread(log_in, documents[case.name], case, hosts, sandbox.ca_file, folder)
                    for case in CASES
                )
            )
            logins = dict(zip(documents, done, strict=True))
        return Proven(documents, logins)


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> Proven:
    return asyncio.run(_prove(tmp_path_factory.mktemp("logins")))


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.name}: {case.why}") for case in CASES])
def test_the_chosen_settings_are_right_and_let_people_in(case: PortCase, proven: Proven) -> None:
    document = proven.documents[case.name]
    got = {
        service: chosen and f"{chosen['host']}:{chosen['port']} {chosen['security']} {chosen['source']}"
        for service in case.expected
        for chosen in [document[service]]
    }
    assert got == dict(case.expected), document
    assert all(document[service]["verified"] for service, words in case.expected.items() if words)
    outcomes = {name: status == 0 for name, status, _ in proven.logins[case.name]}
    names = {name.split()[0] for name in outcomes}
    assert names == {"python", "imaplib" if case.expected.get("imap") else "poplib"}
    assert outcomes == {
        f"{name} {password}": password == PASSWORD for name in names for password in (PASSWORD, "wrong")
    }, proven.logins[case.name]


def test_documents_keep_to_their_schema(proven: Proven) -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs/schemas/settings-1.json").read_text("utf-8"))
    for document in proven.documents.values():
        jsonschema.validate({**document, "snippet": document["snippets"][0]}, schema)


def test_what_does_not_work_is_named(proven: Proven) -> None:
    document = proven.documents["stale.test"]
    assert [(one["host"], one["port"], one["reason"]) for one in document["broken"]] == [
        ("mail.stale.test", 465, "refused")
    ]
    assert document["disagreements"]
    published = [
        (one["source"], one["service"], one["port"], one["security"]) for one in document["published"]
    ]
    assert ("srv", "submission", 465, "implicit") in published
    assert ("autoconfig", "submission", 587, "starttls") in published


def test_the_user_name_of_autoconfig_is_kept(proven: Proven) -> None:
    assert proven.documents["auto.test"]["submission"]["username"] == "ann"
    assert 'login("ann"' in proven.documents["auto.test"]["snippets"][0]["files"][0]["text"]
