"""Names and the target policy."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.names import inner_addresses, parse_address, parse_domain, parse_name, refusal


@pytest.mark.parametrize(
    ("address", "why"),
    [
        pytest.param("127.0.0.1", "loopback", id="loopback"),
        pytest.param("127.255.255.254", "loopback", id="the far end of loopback"),
        pytest.param("::1", "loopback", id="loopback, IPv6"),
        pytest.param("::ffff:127.0.0.1", "loopback", id="loopback, mapped into IPv6"),
        pytest.param("10.0.0.1", "private", id="private"),
        pytest.param("172.31.255.255", "private", id="the far end of 172.16/12"),
        pytest.param("192.168.1.1", "private", id="private, home"),
        pytest.param("169.254.169.254", "link-local", id="cloud metadata"),
        pytest.param("100.64.0.1", "shared", id="carrier-grade NAT"),
        pytest.param("fe80::1", "link-local", id="link-local, IPv6"),
        pytest.param("fd00::1", "private", id="unique local"),
        pytest.param("fec0::1", "private", id="site-local, retired"),
        pytest.param("64:ff9b::7f00:1", "loopback", id="loopback behind NAT64"),
        pytest.param("64:ff9b::a9fe:a9fe", "link-local", id="metadata behind NAT64"),
        pytest.param("::ffff:0:127.0.0.1", "reserved", id="loopback, translated into IPv6"),
        pytest.param("4000::1", "reserved", id="IPv6 that nobody has been given"),
        pytest.param("64:ff9b::808:808", None, id="public behind NAT64"),
        pytest.param("::ffff:8.8.8.8", None, id="public, mapped into IPv6"),
        pytest.param("64:ff9b:1::1", "private", id="local NAT64"),
        pytest.param("2002:7f00:1::1", "loopback", id="loopback behind 6to4"),
        pytest.param("2002:a00:1::1", "private", id="private behind 6to4"),
        pytest.param("2001:0:4136:e378:8000:63bf:f5ff:fffe", "private", id="private client behind Teredo"),
        pytest.param("::127.0.0.1", "reserved", id="IPv4-compatible, retired"),
        pytest.param("0.0.0.0", "this-network", id="unspecified"),
        pytest.param("::", "unspecified", id="unspecified, IPv6"),
        pytest.param("224.0.0.1", "multicast", id="multicast"),
        pytest.param("ff02::1", "multicast", id="multicast, IPv6"),
        pytest.param("255.255.255.255", "reserved", id="broadcast"),
        pytest.param("192.0.2.1", "documentation", id="documentation"),
        pytest.param("2001:db8::1", "documentation", id="documentation, IPv6"),
        pytest.param("8.8.8.8", None, id="public"),
        pytest.param("2606:4700::1111", None, id="public, IPv6"),
        pytest.param("172.32.0.1", None, id="just past 172.16/12"),
        pytest.param("100.128.0.1", None, id="just past carrier-grade NAT"),
    ],
)
def test_what_may_not_be_probed(address: str, why: str | None) -> None:
    assert refusal(ipaddress.ip_address(address)) == why


def test_an_allowed_network_lets_its_hidden_forms_through_too() -> None:
    allowed = [ipaddress.ip_network("127.0.0.0/8")]
    assert refusal(ipaddress.ip_address("127.0.0.1"), allowed) is None
    assert refusal(ipaddress.ip_address("::ffff:127.0.0.1"), allowed) is None
    assert refusal(ipaddress.ip_address("10.0.0.1"), allowed) == "private"
    assert refusal(ipaddress.ip_address("::1"), allowed) == "loopback"


@given(st.ip_addresses(v=4))
def test_hiding_an_address_never_changes_the_answer(address: ipaddress.IPv4Address) -> None:
    for hidden in (
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        str(ipaddress.ip_address((0x2002 << 112) | (int(address) << 80))),
    ):
        assert refusal(ipaddress.ip_address(hidden)) == refusal(address)


def test_every_hidden_address_is_seen() -> None:
    assert ipaddress.ip_address("10.0.0.1") in inner_addresses(ipaddress.ip_address("2002:a00:1::"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("Example.COM.", "example.com", id="upper case and the final dot"),
        pytest.param("bücher.example", "xn--bcher-kva.example", id="international"),
        pytest.param("_dmarc.example.com", "_dmarc.example.com", id="underscore labels exist in DNS"),
        pytest.param("localhost", "localhost", id="one label"),
        pytest.param("a" * 64 + ".com", None, id="label too long"),
        pytest.param(".".join(["a" * 60] * 5), None, id="name too long"),
        pytest.param("exa mple.com", None, id="space"),
        pytest.param("-a.com", None, id="hyphen first"),
        pytest.param("a..com", None, id="empty label"),
        pytest.param("a.com..", None, id="two final dots"),
        pytest.param("192.0.2.1", None, id="an address is no name"),
        pytest.param("1.2.3", None, id="a numeric last label is no name"),
        pytest.param("<!channel>", None, id="a mention"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert parse_name(text) == name


def test_a_domain_has_a_dot() -> None:
    assert parse_domain("localhost") is None
    assert parse_domain("example.org") == "example.org"


def test_a_zone_makes_an_address_no_address() -> None:
    assert parse_address("fe80::1%eth0") is None


@given(st.text(max_size=80))
def test_any_text_is_a_clean_name_or_none(text: str) -> None:
    name = parse_name(text)
    assert name is None or (name.isascii() and name == name.lower() and parse_name(name) == name)
