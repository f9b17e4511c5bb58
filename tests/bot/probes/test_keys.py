"""Names of keys, and hostile key material."""

from __future__ import annotations

import resource
import zlib
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysequoia import Tsk

from bot.cards.keys import keys_card, keys_document
from bot.cards.plaintext import render_plain
from bot.model.keys import KeyLook, PublishedKey
from bot.probes.key_material import (
    MAX_USER_ID,
    MAX_USER_IDS,
    UnreadableKey,
    address_in,
    read_openpgp,
    read_smimea,
)
from bot.probes.keys import dns_name, wkd_urls, z_base_32

NOW = datetime(2026, 11, 25, tzinfo=UTC)
KEY = bytes(Tsk.generate("Ann <ann@example.org>").extract_certificate())


def test_wkd_addresses_are_those_of_the_draft() -> None:
    assert wkd_urls("Joe.Doe", "example.org") == (
        "https://openpgpkey.example.org/.well-known/openpgpkey/example.org/hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe",
        "https://example.org/.well-known/openpgpkey/hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe",
    )


def test_dns_names_are_those_of_the_rfc() -> None:
    hashed = "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6"
    assert dns_name("hugh", "example.com", "_openpgpkey") == f"{hashed}._openpgpkey.example.com"


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"\x00", "yy"), (b"\xf0\xbf\xc7", "6n9hq"), (b"\xd4\x7a\x04", "4t7ye")],
)
def test_z_base_32(data: bytes, text: str) -> None:
    assert z_base_32(data) == text


def test_a_local_part_cannot_leave_its_place() -> None:
    advanced, _ = wkd_urls("../../x?y#z&l=", "example.org")
    assert advanced.endswith("?l=..%2F..%2Fx%3Fy%23z%26l%3D")


@pytest.mark.parametrize(
    ("user_id", "address"),
    [
        ("Ann <ann@example.org>", "ann@example.org"),
        ("ann@example.org", "ann@example.org"),
        ("<evil@example.org> Ann <ann@example.org>", "ann@example.org"),
        ("Ann <ann@example.org> (not really)", "Ann <ann@example.org> (not really)"),
    ],
)
def test_the_address_of_a_user_id(user_id: str, address: str) -> None:
    assert address_in(user_id) == address


def test_user_ids_are_bounded() -> None:
    many = bytes(
        Tsk.generate(
            user_ids=[f"{'x' * 900}{number} <a@b.test>" for number in range(30)]
        ).extract_certificate()
    )
    (key,) = read_openpgp(many, "a@b.test", NOW)
    assert len(key.user_ids) == MAX_USER_IDS
    assert {len(one) for one in key.user_ids} == {MAX_USER_ID}
    assert key.names_address is True


@given(st.binary(max_size=2000) | st.tuples(st.integers(0, len(KEY) - 1), st.binary(min_size=1, max_size=20)))
def test_no_bytes_break_the_reader(junk: bytes | tuple[int, bytes]) -> None:
    data = junk if isinstance(junk, bytes) else KEY[: junk[0]] + junk[1] + KEY[junk[0] + len(junk[1]) :]
    try:
        for key in read_openpgp(data, "ann@example.org", NOW):
            assert len(key.user_ids) <= MAX_USER_IDS
    except UnreadableKey:
        pass


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 3), st.binary(max_size=80)), max_size=8
    )
)
def test_no_record_breaks_the_reader(records: list[tuple[int, int, int, bytes]]) -> None:
    texts = [f"{usage} {selector} {matching} {data.hex()}" for usage, selector, matching, data in records]
    with suppress(UnreadableKey):
        read_smimea(texts, "ann@example.org", NOW)


def test_what_an_owner_wrote_stays_text() -> None:
    evil = "<!channel> \x1b[31m@everyone\n**x** [a](https://evil.test) <a@b.test>"
    key = PublishedKey(kind="openpgp", fingerprint="ab" * 20, user_ids=(evil,), names_address=True)
    look = KeyLook(method="wkd-direct", place="https://b.test/", status="found", keys=(key,))
    shown = render_plain(keys_card("a@b.test", [look], "en"))
    assert "\x1b" not in shown
    assert "\x1b" not in keys_document("a@b.test", [look], 1.0)["keys"][0]["user_ids"][0]


def test_a_secret_half_is_told() -> None:
    (key,) = read_openpgp(bytes(Tsk.generate("Ann <ann@example.org>")), "ann@example.org", NOW)
    assert key.notes == ("secret",)


def test_a_packed_flood_behind_a_key_is_not_unpacked() -> None:
    # 256 KiB that unpack to 250 MB: a compressed data packet (tag 8, ZLIB) behind a good key.
    packer = zlib.compressobj(9)
    flood = b"\2" + b"".join(packer.compress(bytes(100_000)) for _ in range(2500)) + packer.flush()
    packet = b"\xc8\xff" + len(flood).to_bytes(4, "big") + flood
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with suppress(UnreadableKey):
        read_openpgp(KEY + packet, "ann@example.org", NOW)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "KiB"
