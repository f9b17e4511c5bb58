"""DMARC, DKIM, TLS reporting and CAA from a plain table of records; one deadline for all."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from bot.model.mail_policies import DaneFacts, DaneHost
from bot.model.value import replace
from bot.ports import Dialer, Fetched, Network, TrustStore
from bot.probes.caa import look_up_caa
from bot.probes.dane import match_dane
from bot.probes.dkim import look_up_dkim, read_key
from bot.probes.dmarc import look_up_dmarc, unauthorised_reports
from bot.probes.mail_policies import look_up_mail
from bot.probes.mx import look_up_mx, parse_mx
from bot.probes.tls_rpt import read_tls_rpt
from tests.support.core import FixedClock
from tests.support.outcomes import HOST, certificate, good
from tests.support.zone_table import Records, ZoneTable


@pytest.mark.parametrize(
    ("record", "status", "problem"),
    [
        ("v=DMARC1; p=reject", "ok", ""),
        ("v=DMARC1;p=none;", "ok", ""),
        ("v = DMARC1 ; p = none", "ok", ""),
        ("v=DMARC1; p=none; x-own=1", "invalid", "not-a-tag"),
        ("v=DMARC1; p=none; own=1", "ok", ""),
        ("v=DMARC1; rua=mailto:a@example.com", "invalid", "policy-missing"),
        ("v=DMARC1; p=none; pct=200", "invalid", "value-bad"),
        ("v=DMARC1; p=none; sp=block", "invalid", "value-bad"),
        ("v=DMARC1; p=none p=reject", "invalid", "policy-bad"),
        ("v=dmarc1; p=none", "invalid", "version-bad"),
    ],
)
async def test_a_dmarc_record(record: str, status: str, problem: str) -> None:
    found = await look_up_dmarc("example.com", ZoneTable({"_dmarc.example.com": {"TXT": [record]}}))
    assert (found.status, found.problem) == (status, problem)


async def test_dmarc_stops_at_the_public_suffix() -> None:
    table = ZoneTable({"_dmarc.co.uk": {"TXT": ["v=DMARC1; p=reject"]}})
    assert (await look_up_dmarc("a.b.example.co.uk", table)).status == "none"
    assert ("_dmarc.co.uk", "TXT") not in table.asked


async def test_a_failing_parent_is_no_absence() -> None:
    table = ZoneTable({"_dmarc.example.com": {"status": "servfail"}})
    assert (await look_up_dmarc("sub.example.com", table)).status == "servfail"


async def test_reports_to_others_need_their_consent() -> None:
    table = ZoneTable(
        {
            "_dmarc.example.com": {
                "TXT": [
                    "v=DMARC1; p=none; rua=mailto:a@agreed.org,mailto:b@deaf.net,mailto:c@mail.example.com"
                ]
            },
            "example.com._report._dmarc.agreed.org": {"TXT": ["v=DMARC1"]},
        }
    )
    found = await look_up_dmarc("example.com", table)
    assert await unauthorised_reports("example.com", found, table) == ("deaf.net",)


ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


@pytest.mark.parametrize(
    ("record", "kind", "faults"),
    [
        pytest.param(f"v=DKIM1; k=ed25519; p={ED25519}", "Ed25519", (), id="the key of RFC 8463"),
        pytest.param("v=DKIM1; p=", "", ("revoked",), id="revoked"),
        pytest.param("v=DKIM1; p=AAAA", "", ("key-unreadable",), id="no key"),
        pytest.param("v=DKIM1; p=*", "", ("key-unreadable",), id="no base64"),
        pytest.param(f"p={ED25519}; v=DKIM1; k=ed25519", "Ed25519", ("syntax",), id="version not first"),
        pytest.param(f"v=DKIM1; k=ed25519; h=sha1; p={ED25519}", "Ed25519", ("sha1-only",), id="SHA-1 only"),
        pytest.param(f"v=DKIM1; k=ed25519; t=y; p={ED25519}", "Ed25519", ("testing",), id="testing"),
        pytest.param(
            f"v=DKIM1; k=ed25519; s=tlsrpt; p={ED25519}", "Ed25519", ("not-for-email",), id="not for mail"
        ),
    ],
)
def test_a_dkim_key(record: str, kind: str, faults: tuple[str, ...]) -> None:
    key = read_key("s", record)
    assert (key.kind, key.faults) == (kind, faults)


async def test_no_selector_that_answers_is_unknown_and_not_none() -> None:
    hidden = ZoneTable({"own._domainkey.example.com": {"TXT": [f"v=DKIM1; k=ed25519; p={ED25519}"]}})
    assert (await look_up_dkim("example.com", hidden)).status == "unknown"
    assert (await look_up_dkim("example.com", hidden, ["own"])).status == "ok"
    assert (await look_up_dkim("example.com", ZoneTable({"example.com": {}}))).status == "none"


async def test_a_wildcard_is_no_dkim_key() -> None:
    table = ZoneTable(
        {f"{name}._domainkey.example.com": {"TXT": ["v=spf1 -all"]} for name in ("google", "s1")}
    )
    assert (await look_up_dkim("example.com", table)).status == "unknown"


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ("v=TLSRPTv1; rua=mailto:a@example.com", "ok"),
        ("v=TLSRPTv1;rua=mailto:a@example.com,https://example.com/r", "ok"),
        ("v=TLSRPTv1", "invalid"),
        ("v=TLSRPTv1; rua=ftp://example.com", "invalid"),
    ],
)
def test_a_tls_reporting_record(record: str, status: str) -> None:
    assert read_tls_rpt(record).status == status


async def test_caa_is_inherited_from_above() -> None:
    found = await look_up_caa(
        "a.example.com", ZoneTable({"example.com": {"CAA": ['0 issue "ca.test"', '0 iodef "x"']}})
    )
    assert (found.status, found.found_at, found.issuers) == ("ok", "example.com", ("ca.test",))


@pytest.mark.parametrize(
    ("table", "status"),
    [
        pytest.param({"example.com": {"MX": ["0 ."]}}, "null", id="null MX"),
        pytest.param({"example.com": {"MX": ["10 mx.test."]}, "mx.test": {"A": ["8.8.8.8"]}}, "ok", id="one"),
        pytest.param({"example.com": {"status": "bogus"}}, "servfail", id="bogus"),
        pytest.param({"example.com": {"status": "refused"}}, "refused", id="refused by the resolver"),
        pytest.param(
            {"example.com": {"MX": ["10 a.test."]}, "a.test": {"status": "refused"}}, "refused", id="its host"
        ),
        pytest.param({"example.com": {"MX": ["10 8.8.8.8."]}}, "target-is-ip", id="an address"),
        pytest.param(
            {
                "example.com": {"MX": ["10 a.test.", "20 b.test."]},
                "a.test": {"A": ["8.8.8.8"]},
                "b.test": {"status": "timeout"},
            },
            "ok",
            id="a late backup does not hide a good one",
        ),
        pytest.param(
            {"example.com": {"status:MX": "nodata", "A": ["10.0.0.1"]}}, "forbidden-address", id="inside"
        ),
    ],
)
async def test_mx_states(table: dict[str, Records], status: str) -> None:
    assert (await look_up_mx("example.com", ZoneTable(table))).status == status


def test_mx_targets_count_once_and_by_preference() -> None:
    assert parse_mx(("20 B.test.", "10 a.test.", "5 b.test.", "x y.")) == [(5, "b.test"), (10, "a.test")]


class _NoFetcher:
    async def fetch(self, url: str, **_: object) -> Fetched:
        raise AssertionError("nothing announces a policy")


async def test_what_came_in_time_survives_the_deadline() -> None:
    class Half(ZoneTable):
        async def query(self, name: str, kind: str, *, lifetime: float | None = None):  # type: ignore[no-untyped-def]
            self._delay_s = 0.0 if (name, kind) == ("example.com", "TXT") else 5.0
            return await super().query(name, kind, lifetime=lifetime)

    table = Half({"example.com": {"TXT": ["v=spf1 -all"]}})
    network = Network(cast(Dialer, None), table, _NoFetcher(), cast(TrustStore, None))
    found = await look_up_mail("example.com", network, FixedClock(), deadline_s=0.2)
    assert found.spf.status == "ok"
    assert {found.mx.status, found.dmarc.status, found.mta_sts.status, found.tls_rpt.status} == {"timeout"}
    assert (found.dkim.status, found.dane.status, found.dnssec) == ("unknown", "unknown", "unknown")


async def test_a_record_is_kept_when_its_includes_come_too_late() -> None:
    class Half(ZoneTable):
        async def query(self, name: str, kind: str, *, lifetime: float | None = None):  # type: ignore[no-untyped-def]
            self._delay_s = 0.0 if name == "example.com" else 5.0
            return await super().query(name, kind, lifetime=lifetime)

    table = Half({"example.com": {"TXT": ["v=spf1 include:late.example -all"]}})
    network = Network(cast(Dialer, None), table, _NoFetcher(), cast(TrustStore, None))
    found = await look_up_mail("example.com", network, FixedClock(), deadline_s=0.3)
    assert (found.spf.status, found.spf.all) == ("timeout", "-all")
    assert found.spf.records == ("v=spf1 include:late.example -all",)


class _SlowFetcher:
    """Takes all the time that it is given."""

    async def fetch(self, url: str, *, deadline_s: float = 5.0, **_: object) -> Fetched:
        await asyncio.sleep(deadline_s)
        return Fetched("timeout", url=url)


async def test_an_announced_policy_is_told_apart_from_none_when_it_comes_too_late() -> None:
    table = ZoneTable({"example.com": {}, "_mta-sts.example.com": {"TXT": ["v=STSv1; id=1"]}})
    network = Network(cast(Dialer, None), table, _SlowFetcher(), cast(TrustStore, None))
    found = await look_up_mail("example.com", network, FixedClock(), deadline_s=0.6)
    assert (found.mta_sts.status, found.mta_sts.record) == ("policy-timeout", "v=STSv1; id=1")


def test_records_that_cannot_be_used_come_with_the_one_that_could() -> None:
    host = DaneHost(status="unusable", reason="no-usable-record", base=HOST)
    facts = DaneFacts(status="unusable", hosts={HOST: host})
    shown = good(25, certificate=replace(certificate(), spki_sha256="cd" * 32))
    (found,) = match_dane(facts, [shown], "example.com").hosts.values()
    assert (found.status, found.expected) == ("unusable", f"3 1 1 {'cd' * 32}")
    (unseen,) = match_dane(facts, [], "example.com").hosts.values()
    assert unseen.expected == ""
