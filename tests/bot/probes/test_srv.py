"""SRV records for mail programs."""

from __future__ import annotations

import pytest

from bot.ports import DnsAnswer
from bot.probes.srv import SRV_LABELS, SrvRecord, order_records, parse_srv, read_answers

NOTHING = DnsAnswer("nodata")


def answers(**by_label: DnsAnswer) -> list[DnsAnswer]:
    """Answers in the order of the labels, e.g. submissions=..., all others "no data"."""
    return [by_label.get(label.split(".")[0].lstrip("_"), NOTHING) for label, _, _ in SRV_LABELS]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param("0 5 465 Mail.Example.com.", SrvRecord(0, 5, 465, "mail.example.com"), id="usual"),
        pytest.param("0 0 0 .", SrvRecord(0, 0, 0, None), id="not offered"),
        pytest.param("0 0 465 .", SrvRecord(0, 0, 465, None), id="not offered, port left in"),
        pytest.param("0 5 0 mail.example.com.", None, id="port 0"),
        pytest.param("0 5 99999 mail.example.com.", None, id="port too large"),
        pytest.param("-1 5 465 mail.example.com.", None, id="negative priority"),
        pytest.param("0 5 465", None, id="too short"),
        pytest.param("0 5 465 10.0.0.1.", None, id="an address"),
        pytest.param("0 5 465 a..b.", None, id="an empty label"),
    ],
)
def test_reading_a_record(record: str, expected: SrvRecord | None) -> None:
    assert parse_srv(record) == expected


def test_lowest_priority_then_heaviest_comes_first() -> None:
    ordered = order_records(("20 9 465 c.example.", "10 1 465 a.example.", "10 8 465 b.example."))
    assert [one.target for one in ordered] == ["b.example", "a.example", "c.example"]


def test_labels_give_service_and_security() -> None:
    found = read_answers(
        "example.com",
        answers(
            submissions=DnsAnswer("ok", ("0 1 465 mail.example.com.",)),
            submission=DnsAnswer("ok", ("0 1 587 mail.example.com.",)),
            imap=DnsAnswer("ok", ("0 0 0 .",)),
            imaps=DnsAnswer("ok", ("0 1 993 mail.example.com.",)),
            pop3=DnsAnswer("ok", ("0 0 0 .",)),
            pop3s=DnsAnswer("ok", ("0 0 0 .",)),
        ),
    )
    assert [(one.service, one.security, one.port) for one in found.published] == [
        ("submission", "implicit", 465),
        ("submission", "starttls", 587),
        ("imap", "implicit", 993),
    ]
    # IMAP with STARTTLS is denied, but IMAP is offered.
    assert found.not_offered == {"pop3"}


@pytest.mark.parametrize(
    ("target", "secure", "trust"),
    [
        pytest.param("mail.example.com.", None, "plain", id="inside the domain"),
        pytest.param("mail.provider.net.", None, "outside", id="outside, DNSSEC unknown"),
        pytest.param("mail.provider.net.", False, "outside", id="outside, not signed"),
        pytest.param("mail.provider.net.", True, "secure", id="outside, signed"),
        pytest.param("mail.evilexample.com.", None, "outside", id="only looks like inside"),
    ],
)
def test_an_unprotected_pointer_elsewhere_needs_confirmation(
    target: str, secure: bool | None, trust: str
) -> None:
    answer = DnsAnswer("ok", (f"0 1 465 {target}",), secure=secure)
    assert read_answers("example.com", answers(submissions=answer)).published[0].trust == trust


@pytest.mark.parametrize(
    ("status", "state"),
    [
        pytest.param("nodata", "absent", id="no data"),
        pytest.param("nxdomain", "absent", id="no such name"),
        pytest.param("timeout", "unclear", id="time-out"),
        pytest.param("servfail", "unclear", id="server failure"),
        pytest.param("bogus", "unclear", id="bogus"),
    ],
)
def test_a_resolver_that_fails_leaves_it_open(status: str, state: str) -> None:
    found = read_answers("example.com", answers(submissions=DnsAnswer(status)))  # type: ignore[arg-type]
    assert found.reports[0].state == state
