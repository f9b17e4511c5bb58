"""`keys` against a real signed DNS and real HTTPS: found, not found, could not tell, by each way."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pysequoia import Cert, Tsk

from bot.cards.keys import keys_card, keys_document
from bot.cards.plaintext import render_plain
from bot.model.keys import KeyLook
from bot.probes.keys import dns_name, look_for_keys, wkd_urls
from tests.support.authority import self_signed
from tests.support.dns_lab import LabZone
from tests.support.mail_lab import MailLab, WebPage

pytestmark = pytest.mark.live

NAME = "Ann.Lee"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/keys-1.json").read_text("utf-8"))
METHODS = ("wkd-advanced", "wkd-direct", "openpgpkey", "smimea")


def make_key(address: str) -> Cert:
    return Tsk.generate(f"Ann Lee <{address}>", validity_seconds=365 * 86400).extract_certificate()


def page(url: str, **what: object) -> WebPage:
    host, _, path = url.removeprefix("https://").partition("?")[0].partition("/")
    return WebPage(host=host, path=f"/{path}", **what)  # type: ignore[arg-type]


def openpgpkey(domain: str, key: Cert) -> str:
    return f"{dns_name(NAME, domain, '_openpgpkey')}. IN OPENPGPKEY {base64.b64encode(bytes(key)).decode()}"


def smimea(domain: str, data: str) -> str:
    return f"{dns_name(NAME, domain, '_smimecert')}. IN SMIMEA {data}"


ANN = make_key(f"{NAME}@keyed.test")
PERSON = self_signed("keyed.test")
OLD = self_signed("keyed.test", since_days=90, days=-1)
DER = PERSON.certificate.public_bytes(Encoding.DER)


def build(lab: MailLab) -> list[LabZone]:
    """One domain for each thing that can be."""
    zones: list[LabZone] = []

    def domain(name: str, *records: str, security: str = "secure", advanced: bool = True) -> tuple[str, str]:
        web = [f"@ IN A {lab.web_address}"]
        web += [f"openpgpkey IN A {lab.web_address}"] if advanced else []
        zones.append(LabZone(name=name, records=[*web, *records], security=security))  # type: ignore[arg-type]
        return wkd_urls(NAME, name)

    advanced, _ = domain(
        "keyed.test", openpgpkey("keyed.test", ANN), smimea("keyed.test", f"3 0 0 {DER.hex()}")
    )
    lab.add_page(page(advanced, body=bytes(ANN)))
    lab.add_page(WebPage(host="keyed.test", path="/"))
    other = make_key(f"{NAME}@direct.test")
    _, direct = domain("direct.test", openpgpkey("direct.test", other), security="insecure", advanced=False)
    lab.add_page(page(direct, body=str(other).encode()))
    advanced, direct = domain(
        "none.test", smimea("none.test", f"3 0 0 {OLD.certificate.public_bytes(Encoding.DER).hex()}")
    )
    lab.add_page(page(advanced, body=b"<!DOCTYPE html><p>Welcome", kind="text/html"))
    lab.add_page(page(direct, body=bytes(make_key("somebody@else.test"))))
    domain("bogus.test", security="bogus")
    advanced, direct = domain("huge.test", smimea("huge.test", "3 0 1 " + "ab" * 32))
    lab.add_page(page(advanced, page="huge"))
    lab.add_page(page(direct, body=b"\x99\x01\x0d\x04" + b"\xff" * 4000))
    advanced, direct = domain("tls.test")
    lab.add_page(page(advanced, body=bytes(ANN), trusted=False))
    lab.add_page(page(direct, page="redirect"))
    zones.append(LabZone(name="inside.test", records=["@ IN A 10.0.0.1", "openpgpkey IN A 169.254.169.254"]))
    zones.append(LabZone(name="mute.test", security="mute"))
    return zones


async def _look() -> dict[str, dict[str, KeyLook]]:
    async with MailLab() as lab:
        zones = build(lab)
        await lab.start(zones)
        network = lab.network()
        now = datetime.now(UTC)
        found = await asyncio.gather(*(look_for_keys(f"{NAME}@{zone.name}", network, now) for zone in zones))
        return {
            zone.name: {look.method: look for look in looks} for zone, looks in zip(zones, found, strict=True)
        }


@pytest.fixture(scope="module")
def looks() -> Mapping[str, Mapping[str, KeyLook]]:
    return asyncio.run(_look())


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        pytest.param("keyed.test", ("found", "not-found:no-key", "found", "found"), id="everywhere, signed"),
        pytest.param("direct.test", ("not-found:no-host", "found", "found", "not-found:no-record"), id="direct only"),
        pytest.param("none.test", ("not-found:web-page", "found", "not-found:no-record", "found"), id="a welcome page"),
        pytest.param(
            "bogus.test",
            ("could-not-tell:dns", "could-not-tell:dns", "could-not-tell:bogus", "could-not-tell:bogus"),
            id="broken signatures",
        ),
        pytest.param(
            "huge.test",
            ("could-not-tell:too-large", "could-not-tell:unreadable", "not-found:no-record", "found"),
            id="a flood and junk",
        ),
        pytest.param(
            "tls.test",
            ("could-not-tell:tls", "not-found:no-key", "not-found:no-record", "not-found:no-record"),
            id="a certificate that does not hold, a redirect",
        ),
        pytest.param(
            "inside.test",
            ("could-not-tell:forbidden", "could-not-tell:forbidden", "not-found:no-record", "not-found:no-record"),
            id="addresses of our own network",
        ),
        pytest.param(
            "mute.test",
            ("could-not-tell:dns", "could-not-tell:dns", "could-not-tell:timeout", "could-not-tell:timeout"),
            id="a silent name server",
        ),
    ],
)  # fmt: skip
def test_each_place_says_what_it_is(
    domain: str, expected: tuple[str, ...], looks: Mapping[str, Mapping[str, KeyLook]]
) -> None:
    got = tuple(
        f"{look.status}:{look.reason}" if look.reason else look.status
        for look in (looks[domain][method] for method in METHODS)
    )
    assert got == expected, [looks[domain][method].detail for method in METHODS]


def test_fingerprints_and_ends_are_those_of_the_keys(looks: Mapping[str, Mapping[str, KeyLook]]) -> None:
    (web,), (named,) = looks["keyed.test"]["wkd-advanced"].keys, looks["keyed.test"]["openpgpkey"].keys
    assert web.fingerprint == named.fingerprint == ANN.fingerprint
    assert ANN.expiration is not None
    assert web.expires_at == ANN.expiration
    assert (web.names_address, web.state, web.notes) == (True, "good", ())
    (card,) = looks["keyed.test"]["smimea"].keys
    assert (card.kind, card.expires_at) == (
        "smime",
        PERSON.certificate.not_valid_after_utc,
    )
    (digest,) = looks["huge.test"]["smimea"].keys
    assert (digest.kind, digest.fingerprint) == ("smime-hash", "ab" * 32)
    (old,) = looks["none.test"]["smimea"].keys
    assert old.state == "expired"


def test_dnssec_is_told_apart(looks: Mapping[str, Mapping[str, KeyLook]]) -> None:
    assert looks["keyed.test"]["openpgpkey"].secure is True
    assert looks["direct.test"]["openpgpkey"].secure is False
    assert looks["direct.test"]["openpgpkey"].notes == ("not-signed",)
    assert looks["bogus.test"]["openpgpkey"].secure is None


def test_what_programs_would_not_take_is_said(looks: Mapping[str, Mapping[str, KeyLook]]) -> None:
    assert looks["none.test"]["wkd-direct"].notes == ("shadowed",)
    assert looks["none.test"]["wkd-direct"].keys[0].notes == ("other-address",)
    assert looks["direct.test"]["wkd-direct"].keys[0].notes == ("armored",)


@pytest.mark.parametrize("language", ["en", "es"])
def test_card_and_document_hold_all_of_it(language: str, looks: Mapping[str, Mapping[str, KeyLook]]) -> None:
    for domain, found in looks.items():
        every = [found[method] for method in METHODS]
        text = render_plain(keys_card(f"{NAME}@{domain}", every, language))
        document = keys_document(f"{NAME}@{domain}", every, 1.0)
        assert "{" not in text
        jsonschema.validate(document, SCHEMA)
        for key in document["keys"]:
            assert (
                " ".join(
                    key["fingerprint"].upper()[at : at + 4] for at in range(0, len(key["fingerprint"]), 4)
                )
                in text
            )
    keyed = keys_document("x", [looks["keyed.test"][method] for method in METHODS], 1.0)
    assert [len(key["found_by"]) for key in keyed["keys"]] == [2, 1]
    assert keyed["wkd"]["status"] == "found"
    assert keyed["openpgpkey"]["dnssec"] == "secure"


def test_keys_do_not_last() -> None:
    now = datetime.now(UTC)
    assert ANN.expiration is not None
    from bot.probes.key_material import read_openpgp

    (later,) = read_openpgp(bytes(ANN), "x@keyed.test", ANN.expiration + timedelta(days=1))
    (today,) = read_openpgp(bytes(ANN), "x@keyed.test", now)
    assert (later.state, today.state) == ("expired", "good")
