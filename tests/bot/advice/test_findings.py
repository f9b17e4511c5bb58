"""The catalogue, the ids and both languages say the same set of findings, with the same placeholders."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.advice.findings import FINDING_IDS, advise, catalogue, find, read_source, slots
from bot.cards.model import Span
from bot.cards.plaintext import text_of
from bot.i18n import LANGUAGES, sentences
from bot.model.verdict import SEVERITY_ORDER

CONTRACT = [
    "port-refused",
    "port-filtered",
    "host-unreachable",
    "ipv6-broken",
    "mx-host-down",
    "egress-25-blocked",
    "target-forbidden",
    "no-mx",
    "null-mx",
    "mx-cname",
    "mx-unresolvable",
    "mx-is-ip",
    "dns-servfail",
    "dns-timeout",
    "dnssec-bogus",
    "starttls-missing",
    "starttls-stripped",
    "starttls-broken",
    "starttls-injection",
    "tls-mode-mismatch",
    "tls-handshake-failed",
    "tls-version-old",
    "cert-expired",
    "cert-expiring",
    "cert-not-yet-valid",
    "cert-self-signed",
    "cert-hostname-mismatch",
    "cert-untrusted",
    "key-weak",
    "auth-before-tls",
    "no-encryption",
    "greeting-delayed",
    "greeting-rejected",
    "greeting-hostile",
    "reply-hostile",
    "tarpit",
    "silent-server",
    "protocol-error",
    "spf-missing",
    "spf-multiple",
    "spf-too-many-lookups",
    "spf-invalid",
    "spf-permissive",
    "dmarc-missing",
    "dmarc-none",
    "dmarc-invalid",
    "mta-sts-missing",
    "mta-sts-invalid",
    "mta-sts-mx-mismatch",
    "tls-rpt-missing",
    "dane-mismatch",
    "dane-insecure",
    "ptr-missing",
    "ptr-mismatch",
    "settings-disagree",
]


def test_the_catalogue_has_exactly_the_ids() -> None:
    assert set(catalogue()) == set(FINDING_IDS)


def test_every_id_of_the_contract_is_there() -> None:
    assert set(CONTRACT) <= set(FINDING_IDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_its_three_sentences_and_nothing_else_has(language: str) -> None:
    keys = {
        key.removesuffix("-one").removesuffix("-none")
        for key in sentences(language)
        if key.startswith("finding.")
    }
    assert keys == {f"finding.{id_}.{part}" for id_ in FINDING_IDS for part in ("title", "detail", "fix")}


@pytest.mark.parametrize("id_", FINDING_IDS)
def test_both_languages_ask_for_the_same_details(id_: str) -> None:
    assert slots(id_, "en") == slots(id_, "es")


@pytest.mark.parametrize("id_", FINDING_IDS)
def test_every_row_has_sources_and_a_worst_that_is_not_milder(id_: str) -> None:
    row = catalogue()[id_]
    assert row.sources
    assert SEVERITY_ORDER[row.worst] <= SEVERITY_ORDER[row.usual]


def test_a_source_leads_to_its_section() -> None:
    assert read_source("RFC 8314 §3.3").url == "https://www.rfc-editor.org/rfc/rfc8314#section-3.3"
    assert read_source("Howto | https://example.org/x").ref == "Howto"
    with pytest.raises(ValueError, match="neither"):
        read_source("hearsay")


def test_worse_than_the_worst_is_a_bug() -> None:
    with pytest.raises(ValueError, match="at worst info"):
        find("null-mx", "example.com", "critical")


def test_hostile_details_never_become_markup() -> None:
    finding = find(
        "greeting-rejected", "mx:25", host="mx", port=25, reply="554 **bold** [x](https://evil) `c`"
    )
    said = advise(finding, "en").detail
    assert all(span.url is None and span.style == "plain" for span in said)
    assert any("**bold** [x](https://evil)" in span.text for span in said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_lifts_a_block_of_25_is_what_the_facts_say(language: str) -> None:
    path = Path(__file__).parents[3] / "bot/knowledge/facts/networks.toml"
    claims = " ".join(fact["claim"] for fact in tomllib.loads(path.read_text("utf-8"))["fact"])
    fix = sentences(language)["finding.egress-25-blocked.fix"]
    lifts, _, rest = fix.partition("Azure")
    for cloud, word in (
        ("AWS", "on request"),
        ("Hetzner", "until a request"),
        ("Linode", "lifted by ticket"),
    ):
        assert cloud in lifts
        assert word in claims[claims.index(cloud) :].partition(".")[0]
    assert "Azure blocks 25 except for Enterprise Agreement" in claims
    for cloud, word in (("Google Cloud", "always"), ("DigitalOcean", "not lifted")):
        assert cloud in rest
        assert word in claims[claims.index(cloud) :].partition(".")[0]


def test_a_detail_is_cut() -> None:
    finding = find("greeting-rejected", "mx:25", reply="x" * 5000)
    assert len(finding.details["reply"]) == 200


def test_a_reason_is_said_in_the_language() -> None:
    finding = find(
        "dns-timeout", "example.com", record="MX", reason="timeout", reason_key="undetermined.silent"
    )
    assert "dice nada" in "".join(span.text for span in advise(finding, "es").detail)


@pytest.mark.parametrize(
    ("days", "en", "es"),
    [
        (0, "less than a day ago", "hace menos de un día"),
        (1, "one day ago", "hace un día"),
        (2, "2 days ago", "hace 2 días"),
    ],
)
def test_an_age_agrees_with_its_number(days: int, en: str, es: str) -> None:
    expired = find("cert-expired", "mx:25", port=25, not_after="2026-01-01", days=days)
    for language, words in (("en", en), ("es", es)):
        assert words in "".join(span.text for span in advise(expired, language).detail)
    expiring = find("cert-expiring", "mx:25", port=25, not_after="2026-01-01", days=days)
    assert text_of(advise(expiring, "en").title).endswith(("within a day", "in one day", "in 2 days")[days])


def test_the_title_is_plain_text() -> None:
    finding = find("port-refused", "mx:25", host="mx", port=25, address="192.0.2.1")
    assert text_of(advise(finding, "en").title) == "Nothing listens on port 25"
    assert isinstance(advise(finding, "en").title[0], Span)
