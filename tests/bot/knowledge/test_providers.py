"""The provider table and its accessor."""

from __future__ import annotations

import pytest

from bot.knowledge.providers import all_providers, find_provider, provider_of_domain, provider_of_mx


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Gmail", "gmail"),
        ("OFFICE 365", "microsoft365"),
        ("outlook.es", "outlook.com"),
        ("user@gmx.net", "gmx"),
        ("1&1", "ionos"),
        ("Proton Mail", "proton"),
        ("nobody knows", None),
        ("", None),
    ],
)
def test_a_provider_is_found_by_what_people_call_it(text: str, key: str | None) -> None:
    found = find_provider(text)
    assert (found.key if found else None) == key


def test_the_longest_mx_suffix_decides() -> None:
    found = provider_of_mx("example-com.mail.protection.outlook.com.")
    assert found is not None
    assert found.key == "microsoft365"
    consumer = provider_of_mx("outlook-com.olc.protection.outlook.com")
    assert consumer is not None
    assert consumer.key == "outlook.com"
    assert provider_of_mx("mx.example.com") is None


def test_a_lookalike_domain_is_no_provider() -> None:
    assert provider_of_domain("notgmail.com") is None


@pytest.mark.parametrize("provider", all_providers(), ids=lambda provider: provider.key)
def test_ports_fit_their_security_and_nothing_is_missing(provider: object) -> None:
    from bot.knowledge.providers import Provider

    assert isinstance(provider, Provider)
    for server in (*provider.submission, *provider.imap, *provider.pop3):
        assert (server.security == "implicit") == (server.port in (465, 993, 995, 2465)), server
    assert set(provider.login) == {"en", "es"}
    assert provider.source_url.startswith("https://")


def test_what_is_not_offered_is_not_listed() -> None:
    for key in ("microsoft 365", "outlook.com", "icloud"):
        found = find_provider(key)
        assert found is not None
        assert all(server.port != 465 for server in found.submission)
    icloud = find_provider("icloud")
    assert icloud is not None
    assert icloud.pop3 == ()
