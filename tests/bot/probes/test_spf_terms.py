"""Where an SPF record breaks: the term and its position; and what a whole record costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.probes.spf_survey import survey_spf
from bot.probes.spf_terms import SpfSyntaxError, is_spf, parse_spf
from tests.support.zone_table import ZoneTable


@pytest.mark.parametrize(
    ("text", "why", "position"),
    [
        ("v=spf1 ip4:192.0.2.1 foo -all", "unknown-mechanism", 22),
        ("v=spf1 include -all", "domain-missing", 8),
        ("v=spf1 include: -all", "domain-missing", 8),
        ("v=spf1  a:foo -all", "domain-bad", 9),
        ("v=spf1 ip4:192.0.2.0/33", "prefix-bad", 8),
        ("v=spf1 ip6:192.0.2.0", "address-bad", 8),
        ("v=spf1 exists:%{x}.example.com", "macro-bad", 8),
        ("v=spf1 redirect=a.test redirect=b.test", "repeated", 24),
        ("v=spf1 -all.", "not-expected", 8),
        ("v=spf1 a:é.test", "not-ascii", 8),
    ],
)
def test_the_place_of_an_error(text: str, why: str, position: int) -> None:
    with pytest.raises(SpfSyntaxError) as caught:
        parse_spf(text)
    assert (caught.value.why, caught.value.position) == (why, position)


@given(
    st.lists(
        st.sampled_from(
            ["v=spf1", " ", "a", ":", "ip4:", "1.2.3.4", "/", "33", "%{d}", "-all", "=", "%", "\x00", "é"]
        )
    )
)
def test_any_text_is_a_record_or_a_named_error(pieces: list[str]) -> None:
    text = "v=spf1 " + "".join(pieces)
    assert is_spf(text)
    try:
        parse_spf(text)
    except SpfSyntaxError as problem:
        assert problem.position >= 8
        assert problem.term in text


async def test_a_circle_of_includes_is_named() -> None:
    table = ZoneTable(
        {"a.test": {"TXT": ["v=spf1 include:b.test -all"]}, "b.test": {"TXT": ["v=spf1 include:a.test -all"]}}
    )
    found = await survey_spf("a.test", table.query)
    assert (found.status, found.problem, found.at) == ("invalid", "include-loop", "b.test")


async def test_a_hostile_tree_is_not_read_without_end() -> None:
    wide = " ".join(f"include:n{number}.test" for number in range(50))
    names = ["a.test", *(f"n{number}.test" for number in range(50))]
    table = ZoneTable({name: {"TXT": [f"v=spf1 {wide} -all"]} for name in names})
    found = await survey_spf("a.test", table.query)
    assert found.status in ("too-many-lookups", "invalid")
    assert len(table.asked) < 60


async def test_a_time_out_in_an_include_is_no_error_of_the_record() -> None:
    table = ZoneTable({"a.test": {"TXT": ["v=spf1 include:b.test ~all"]}, "b.test": {"status": "timeout"}})
    found = await survey_spf("a.test", table.query)
    assert (found.status, found.all, found.lookups) == ("timeout", "~all", None)


async def test_terms_after_all_cost_nothing() -> None:
    table = ZoneTable({"a.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all include:b.test redirect=c.test"]}})
    found = await survey_spf("a.test", table.query)
    assert (found.status, found.lookups, found.notes) == ("ok", 0, ("redirect-ignored",))
