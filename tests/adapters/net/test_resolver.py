"""The resolver against servers that answer, fail, cut short, lie low and go in circles."""

from __future__ import annotations

import asyncio
import ipaddress
import time

import dns.edns
import dns.flags
import dns.message
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest

from adapters.net.nameservers import Nameservers, parse_hosts, parse_resolv_conf
from adapters.net.resolver import DnsResolver
from bot.ports import DnsAnswer
from bot.settings import Settings
from tests.support.loopback import free_port
from tests.support.scripted_dns import Script, ScriptedDns, says, silent

MX = "example.com. 300 IN MX 10 mx.example.com."


async def ask(script: Script, kind: str = "MX", *, trust_ad: bool = False) -> tuple[DnsAnswer, list[str]]:
    async with ScriptedDns(script) as server:
        resolver = DnsResolver(Settings(dns_servers=(server.address,), dns_trust_ad=trust_ad))
        return await resolver.query("example.com", kind, lifetime=1.0), server.asked


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param(says(MX), "ok", id="a record is an answer"),
        pytest.param(says(), "nodata", id="an empty answer is no data"),
        pytest.param(says(rcode="NXDOMAIN"), "nxdomain", id="NXDOMAIN is no such name"),
        pytest.param(says(rcode="SERVFAIL"), "servfail", id="SERVFAIL is a failure"),
        pytest.param(says(rcode="REFUSED"), "refused", id="REFUSED is a refusal"),
        pytest.param(silent, "timeout", id="silence is a time-out, never an absence"),
    ],
)
async def test_six_outcomes_are_kept_apart(script: Script, status: str) -> None:
    answer, _ = await ask(script)
    assert answer.status == status


async def test_records_come_in_presentation_form() -> None:
    answer, _ = await ask(says(MX, "example.com. 300 IN MX 20 b.example.com."))
    assert sorted(answer.records) == ["10 mx.example.com.", "20 b.example.com."]


async def test_strings_of_a_txt_record_are_joined_without_quotes() -> None:
    answer, _ = await ask(says('example.com. 300 IN TXT "v=spf1 ip4:" "192.0.2.1 -all"'), "TXT")
    assert answer.records == ("v=spf1 ip4:192.0.2.1 -all",)


async def test_long_hex_is_not_broken_by_spaces() -> None:
    data = "ab" * 64
    answer, _ = await ask(says(f"example.com. 300 IN TLSA 3 1 2 {data}"), "TLSA")
    assert answer.records == (f"3 1 2 {data}",)


async def test_a_truncated_answer_is_asked_again_over_tcp() -> None:
    answer, asked = await ask(says(MX, flags=dns.flags.TC))
    assert answer.status == "ok"
    assert asked == ["example.com MX", "example.com MX tcp"]


async def test_a_server_without_edns_is_asked_without() -> None:
    def old(query: dns.message.Message) -> dns.message.Message:
        return (says(rcode="FORMERR") if query.edns >= 0 else says(MX))(query) or query

    answer, asked = await ask(old)
    assert answer.status == "ok"
    assert asked[-1] == "example.com MX no-edns"


@pytest.mark.parametrize(
    ("flags", "trust_ad", "secure"),
    [
        pytest.param(dns.flags.AD, True, True, id="AD from a trusted resolver is secure"),
        pytest.param(0, True, False, id="no AD from a trusted resolver is insecure"),
        pytest.param(dns.flags.AD, False, None, id="AD from an untrusted resolver says nothing"),
    ],
)
async def test_the_ad_bit_counts_only_when_trusted(flags: int, trust_ad: bool, secure: bool | None) -> None:
    answer, _ = await ask(says(MX, flags=flags), trust_ad=trust_ad)
    assert answer.secure is secure


async def test_data_that_come_only_with_checking_disabled_are_bogus() -> None:
    def validating(query: dns.message.Message) -> dns.message.Message | None:
        return (says(MX) if query.flags & dns.flags.CD else says(rcode="SERVFAIL"))(query)

    answer, _ = await ask(validating)
    assert answer.status == "bogus"


async def test_a_failure_that_passes_is_not_taken_for_bogus() -> None:
    failed: list[bool] = []

    def once(query: dns.message.Message) -> dns.message.Message | None:
        first = not failed
        failed.append(True)
        return (says(rcode="SERVFAIL") if first else says(MX))(query)

    answer, _ = await ask(once)
    assert answer.status == "ok"


async def test_an_extended_error_tells_bogus_without_a_further_question() -> None:
    def explaining(query: dns.message.Message) -> dns.message.Message | None:
        reply = says(rcode="SERVFAIL")(query)
        assert reply is not None
        reply.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.DNSSEC_BOGUS, "signature expired")])
        return reply

    answer, asked = await ask(explaining)
    assert (answer.status, len(asked)) == ("bogus", 1)
    assert "signature expired" in answer.detail


async def test_aliases_that_the_server_follows_lead_to_the_canonical_name() -> None:
    answer, _ = await ask(
        says("example.com. 60 IN CNAME b.example.net.", "b.example.net. 60 IN A 192.0.2.7"), "A"
    )
    assert (answer.records, answer.canonical) == (("192.0.2.7",), "b.example.net")


async def test_aliases_that_the_server_leaves_are_followed_here() -> None:
    def lazy(query: dns.message.Message) -> dns.message.Message | None:
        asked = query.question[0].name.to_text()
        if asked == "example.com.":
            return says("example.com. 60 IN CNAME b.example.net.")(query)
        return says("b.example.net. 60 IN A 192.0.2.7")(query)

    answer, _ = await ask(lazy, "A")
    assert (answer.records, answer.canonical) == (("192.0.2.7",), "b.example.net")


async def test_a_circle_of_aliases_is_named() -> None:
    answer, _ = await ask(says("example.com. 60 IN CNAME b.test.", "b.test. 60 IN CNAME example.com."), "A")
    assert answer.cname_loop


async def test_a_circle_behind_servfail_is_found() -> None:
    def resolver_gives_up(query: dns.message.Message) -> dns.message.Message | None:
        if query.question[0].rdtype != dns.rdatatype.CNAME:
            return says(rcode="SERVFAIL")(query)
        other = {"example.com.": "b.test.", "b.test.": "example.com."}
        name = query.question[0].name.to_text()
        return says(f"{name} 60 IN CNAME {other[name]}")(query)

    answer, _ = await ask(resolver_gives_up, "A")
    assert (answer.status, answer.cname_loop) == ("servfail", True)


async def test_a_malformed_record_is_no_absence() -> None:
    def broken(query: dns.message.Message) -> dns.message.Message | None:
        reply = dns.message.make_response(query)
        short = dns.rdata.GenericRdata(dns.rdataclass.IN, dns.rdatatype.TLSA, b"\x03\x01\x01\x02\x03")
        reply.answer.append(dns.rrset.from_rdata("example.com.", 60, short))
        return reply

    answer, _ = await ask(broken, "TLSA")
    assert (answer.status, answer.records, answer.detail) == ("ok", (), "malformed")


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(silent, id="the first is silent"),
        pytest.param(says(rcode="SERVFAIL"), id="the first fails"),
        pytest.param(says(rcode="REFUSED"), id="the first refuses"),
    ],
)
async def test_the_second_resolver_answers_when_the_first_does_not(first: Script) -> None:
    async with ScriptedDns(first) as bad, ScriptedDns(says(MX)) as good:
        resolver = DnsResolver(Settings(dns_servers=(bad.address, good.address)))
        assert (await resolver.query("example.com", "MX", lifetime=2.0)).status == "ok"


async def test_closed_ports_are_told_at_once_and_as_no_answer() -> None:
    resolver = DnsResolver(Settings(dns_servers=(("127.0.0.1", free_port()), ("127.0.0.1", free_port()))))
    started = time.monotonic()
    answer = await resolver.query("example.com", "MX")
    assert answer.status == "timeout"
    assert time.monotonic() - started < 3.0


async def test_cancelling_leaves_nothing_running() -> None:
    async with ScriptedDns(silent) as server:
        resolver = DnsResolver(Settings(dns_servers=(server.address,)))
        before = asyncio.all_tasks()
        task = asyncio.create_task(resolver.query("example.com", "MX"))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert asyncio.all_tasks() == before


async def test_answers_to_other_questions_are_ignored() -> None:
    def spoofed(query: dns.message.Message) -> dns.message.Message | None:
        other = dns.message.make_query("other.example", "MX")
        other.id = query.id
        return says("other.example. 60 IN MX 1 evil.example.")(other)

    answer, _ = await ask(spoofed)
    assert answer.status == "timeout"


async def test_addresses_are_split_by_the_target_policy() -> None:
    def script(query: dns.message.Message) -> dns.message.Message | None:
        if query.question[0].rdtype == dns.rdatatype.AAAA:
            return says("example.com. 60 IN AAAA ::1", "example.com. 60 IN AAAA 2606:4700::1111")(query)
        return says("example.com. 60 IN A 10.0.0.5", "example.com. 60 IN A 8.8.8.8")(query)

    async with ScriptedDns(script) as server:
        allowed = (ipaddress.ip_network("10.0.0.0/24"),)
        resolver = DnsResolver(Settings(dns_servers=(server.address,), allowed_networks=allowed))
        found = await resolver.addresses("example.com")
    assert {str(one) for one in found.allowed} == {"10.0.0.5", "8.8.8.8", "2606:4700::1111"}
    assert [(str(one), why) for one, why in found.refused] == [("::1", "loopback")]


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        pytest.param("127.0.0.1", [("127.0.0.1", "loopback")], id="a literal"),
        pytest.param("[::1]", [("::1", "loopback")], id="a literal in brackets"),
        pytest.param("localhost", [("127.0.0.1", "loopback"), ("::1", "loopback")], id="localhost"),
        pytest.param("x.localhost.", [("127.0.0.1", "loopback"), ("::1", "loopback")], id="below localhost"),
    ],
)
async def test_names_that_need_no_question_are_judged_too(name: str, refused: list[tuple[str, str]]) -> None:
    resolver = DnsResolver(Settings(dns_servers=(("127.0.0.1", 1),)))
    found = await resolver.addresses(name)
    assert not found.allowed
    assert [(str(one), why) for one, why in found.refused] == refused


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".test", "y." * 200, "\udcff.test"])
async def test_what_is_no_name_is_refused_unasked(name: str) -> None:
    async with ScriptedDns(says(MX)) as server:
        resolver = DnsResolver(Settings(dns_servers=(server.address,)))
        answer = await resolver.query(name, "A", lifetime=0.5)
    assert answer.status in ("refused", "timeout", "nodata")


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        pytest.param("nameserver 192.0.2.1\nnameserver ::1\n", [("192.0.2.1", 53), ("::1", 53)], id="two"),
        pytest.param("# nothing\nsearch a.b\n", [("127.0.0.1", 53)], id="none means this machine"),
        pytest.param("nameserver fe80::1%eth0\n", [("fe80::1%eth0", 53)], id="a zone is kept"),
        pytest.param("nameserver nonsense\n", [("127.0.0.1", 53)], id="no address is left out"),
        pytest.param("nameserver 1.1.1.1\n" * 5, [("1.1.1.1", 53)] * 3, id="three at most"),
    ],
)
def test_resolv_conf_is_read(text: str, servers: list[tuple[str, int]]) -> None:
    assert list(parse_resolv_conf(text)) == servers


def test_the_hosts_file_counts_only_with_the_systems_resolvers(tmp_path: object) -> None:
    from pathlib import Path

    hosts = Path(str(tmp_path)) / "hosts"
    hosts.write_text("192.0.2.9 Mail.Example.com mail # ours\n::1 mail.example.com\nnonsense\n", "utf-8")
    assert [str(one) for one in parse_hosts(hosts.read_text("utf-8"))["mail.example.com"]] == [
        "192.0.2.9",
        "::1",
    ]
    assert len(Nameservers((), hosts=hosts).addresses_of("mail.example.com")) == 2
    assert Nameservers((("192.0.2.1", 53),), hosts=hosts).addresses_of("mail.example.com") == ()
