"""A message's way, read from headers in the shapes of the big systems and from hostile ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.plaintext import render_plain
from bot.cards.trace import trace_card, trace_document
from bot.errors import BadInput
from bot.probes.trace import MAX_BYTES, MAX_HOPS, read_trace, split_headers
from bot.probes.trace_received import read_date, read_received
from tests.bot.probes.trace_samples import SAMPLES, Sample
from tests.bot.probes.trace_samples_more import MORE

EVERY = (*SAMPLES, *MORE)


@pytest.mark.parametrize("sample", [pytest.param(sample, id=sample.name) for sample in EVERY])
def test_hops_of_real_shapes(sample: Sample) -> None:
    trace = read_trace(sample.headers)
    assert tuple((hop.encryption, hop.tls_version, hop.authenticated) for hop in trace.hops) == sample.hops
    assert tuple(hop.sender for hop in trace.hops) == sample.senders


@pytest.mark.parametrize("sample", [pytest.param(sample, id=sample.name) for sample in EVERY])
def test_line_ends_and_quoting_change_nothing(sample: Sample) -> None:
    expected = read_trace(sample.headers)
    assert read_trace(sample.headers.replace("\n", "\r\n")) == expected
    assert read_trace("```\n" + sample.headers + "\n```") == expected
    assert read_trace("".join(f"> {line}\n" for line in sample.headers.splitlines())) == expected
    assert read_trace(sample.headers + "\nReceived: from the.body by itself with ESMTPS; now\n") == expected


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_shape_is_shown_and_written_as_its_schema_says(language: str) -> None:
    schema = json.loads((Path(__file__).parents[3] / "docs/schemas/trace-1.json").read_text("utf-8"))
    for sample in EVERY:
        trace = read_trace(sample.headers)
        jsonschema.validate(trace_document(trace), schema)
        shown = render_plain(trace_card(trace, language))
        assert all(hop.receiver[:60] in shown for hop in trace.hops)
        assert "{" not in shown


def test_headers_that_lost_their_line_ends_are_cut_again() -> None:
    sample = SAMPLES[0]
    glued = " ".join(line.strip() for line in sample.headers.splitlines())
    assert [hop.encryption for hop in read_trace(glued).hops] == [row[0] for row in sample.hops]


def test_times_delays_and_places_of_a_whole_way() -> None:
    trace = read_trace(SAMPLES[0].headers)
    assert trace.hops[0].at == datetime(2026, 11, 24, 9, 2, 4, tzinfo=UTC)
    assert [hop.delay_s for hop in trace.hops] == [None, 2.0, 1.0]
    assert trace.total_s == 3.0
    assert [hop.reach for hop in trace.hops] == ["public", "public", "loopback"]
    assert trace.hops[1].cipher == "TLS_AES_256_GCM_SHA384"
    assert trace.readable_at == ("mx.example.org", "mx.google.com", "2002:a05:7300:8190:b0:133:2bb9:5a41")
    assert trace.skewed == ()


def sample_named(word: str) -> Sample:
    return next(sample for sample in EVERY if word in sample.name)


def test_there_are_the_shapes_of_the_big_systems() -> None:
    asked = ("Gmail", "Exchange Online", "on premises", "Postfix", "Exim", "Sendmail", "qmail", "Yahoo", "iCloud",
             "Fastmail", "Proton", "SES", "SendGrid", "Mailgun", "Zoho", "mailing list", "ARC")  # fmt: skip
    assert len({sample_named(word).name for word in asked}) >= 15
    assert len(EVERY) >= 25


def test_a_list_kept_it_two_days_and_could_read_it() -> None:
    trace = read_trace(sample_named("mailing list").headers)
    assert [hop.delay_s for hop in trace.hops] == [None, 172798.0, 2.0]
    assert trace.readable_at == ("lists.example.org", "mx.example.com")
    assert (trace.authentication.arc_instances, trace.authentication.arc_result) == (1, "none")
    assert trace.count("clear") == 1


def test_an_arc_chain_and_a_clock_behind() -> None:
    trace = read_trace(sample_named("ARC, one clock").headers)
    assert (trace.authentication.arc_instances, trace.authentication.arc_result) == (3, "pass")
    assert [hop.number for hop in trace.skewed] == [2]
    assert [hop.delay_s for hop in trace.hops] == [None, -182.0, 188.0, 1.0]
    assert trace.total_s == 7.0
    assert len(trace.readable_at) == 4


def test_dates_of_other_forms_are_unknown_and_no_delay() -> None:
    trace = read_trace(sample_named("SendGrid").headers)
    assert trace.hops[1].at is None
    assert trace.hops[1].delay_s is None


def test_a_clock_that_runs_behind_is_skew_not_speed() -> None:
    trace = read_trace(
        "Received: from b.example (b.example [93.184.216.2]) by c.example with ESMTPS; "
        "Tue, 24 Nov 2026 09:00:00 +0000\n"
        "Received: from a.example (a.example [93.184.216.1]) by b.example with ESMTPS; "
        "Tue, 24 Nov 2026 09:03:00 +0000\n"
    )
    assert [hop.number for hop in trace.skewed] == [2]
    assert trace.hops[1].delay_s == -180.0


def test_only_the_topmost_results_count() -> None:
    trace = read_trace(
        "Authentication-Results: mx.good.example; spf=pass (sender IP is 1.2.3.4)\n"
        ' smtp.mailfrom=example.org; dkim=fail reason="bad; really" header.d=example.org;\n'
        " dmarc=none\n"
        "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=list.example\n"
        "ARC-Seal: i=2; a=rsa-sha256; cv=pass; d=list2.example\n"
        "Received: from a.example by mx.good.example with ESMTPS; Tue, 24 Nov 2026 09:00:00 +0000\n"
        "Authentication-Results: mx.good.example; spf=pass; dkim=pass; dmarc=pass\n"
    ).authentication
    assert trace.server == "mx.good.example"
    assert [(one.method, one.result) for one in trace.results] == [
        ("spf", "pass"),
        ("dkim", "fail"),
        ("dmarc", "none"),
    ]
    assert trace.results[0].about == "smtp.mailfrom=example.org"
    assert (trace.untrusted, trace.arc_instances, trace.arc_result) == (1, 2, "pass")


def test_exchange_writes_results_without_its_name() -> None:
    found = read_trace(
        "Authentication-Results: spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=a.example; dkim=none\n"
        "Received: from a.example (1.2.3.4) by b.example with ESMTP; Tue, 24 Nov 2026 09:00:00 +0000\n"
    ).authentication
    assert (found.server, [one.result for one in found.results]) == ("", ["pass", "none"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("hello there, how are you?", id="a sentence"),
        pytest.param("Subject: hi\nFrom: a@b.example\n\nReceived: yesterday by post", id="only in the body"),
        pytest.param("\x00\x01\x02", id="control characters"),
        pytest.param(":::::\n:::\n", id="colons"),
    ],
)
def test_nonsense_is_one_clear_line(text: str) -> None:
    if "yesterday" in text:
        # An empty line before any Received is forgiven, since people paste with gaps.
        assert len(read_trace(text).hops) == 1
        return
    with pytest.raises(BadInput) as caught:
        read_trace(text)
    assert caught.value.key == "trace-no-headers"


def test_a_flood_of_headers_is_bounded_and_said_so() -> None:
    one = "Received: from a.example (a.example [93.184.216.1]) by b.example with ESMTPS; now\n"
    trace = read_trace(one * 500)
    assert (len(trace.hops), trace.cut) == (MAX_HOPS, ("hops",))
    huge = read_trace(one + "X-Fill: " + "a" * (MAX_BYTES + 10) + "\n")
    assert (len(huge.hops), huge.cut) == (1, ("bytes",))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("(" * 4000, id="open comments"),
        pytest.param("from (a) by (b) with (qmail 1 invoked by uid 0) id (c)", id="clauses of comments only"),
        pytest.param(")" * 4000, id="closed comments"),
        pytest.param("from " * 800, id="from without end"),
        pytest.param("from a (" + "using " * 700 + "by b; now", id="nearly a TLS comment, often"),
        pytest.param("from x " + "[" * 2000 + ":" * 2000, id="nearly addresses"),
        pytest.param("from x ([fe80::1%eth0]) by y with esmtp; 99 Foo 99999 99:99:99 +9999", id="bad date"),
        pytest.param("by x with SMTP; Tue, 24 Nov 99999999999999999999 09:00:00 +0000", id="far future"),
        pytest.param("from \u202e\x1b[31m<!channel> by @everyone with ESMTPS; x", id="hostile text"),
    ],
)
def test_hostile_headers_are_read_without_harm(value: str) -> None:
    hop = read_received(value, 1)
    assert hop.at is None
    assert len(hop.sender) <= 255


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Tue, 24 Nov 2026 10:00:00 +0100 (CET)", "2026-11-24T09:00:00+00:00", id="with a comment"
        ),
        pytest.param("24 Nov 2026 09:00:00 -0000", "2026-11-24T09:00:00+00:00", id="unknown zone is UTC"),
        pytest.param("Tue, 24 Nov 26 04:00:00 EST", "2026-11-24T09:00:00+00:00", id="obsolete forms"),
        pytest.param("", None, id="nothing"),
        pytest.param("soon", None, id="a word"),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    found = read_date(text)
    assert (found.isoformat() if found else None) == expected


_PIECES = st.sampled_from(
    ["Received:", "received :", " from ", " by ", " with ", "ESMTPS", "esmtpsa", "(", ")", ";", "\n", "\n ", "\r\n\t",
     "(using TLSv1.3 with cipher TLS_AES (256/256 bits))", "(version=TLS1_2, cipher=X", "[127.0.0.1]", "[::1]",
     "Tue, 24 Nov 2026 09:00:00 +0000", "Authentication-Results: a;", "spf=pass", "ARC-Seal: i=1; cv=pass", "\x1b[0m",
     "Microsoft SMTP Server", "(qmail 1 invoked by uid 0)", "helo=", "\ufffd", "id 1", "a.example"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=60).map("".join))
def test_any_mixture_is_read_or_refused_and_stays_consistent(text: str) -> None:
    try:
        trace = read_trace(text)
    except BadInput:
        assert all(name != "received" for name, _ in split_headers(text))
        return
    assert [hop.number for hop in trace.hops] == list(range(1, len(trace.hops) + 1))
    assert sum(trace.count(kind) for kind in ("encrypted", "clear", "local", "unknown")) == len(trace.hops)
    for hop in trace.hops:
        assert not (hop.tls_version and hop.encryption != "encrypted")
