"""Rules on how a host's own name was resolved: absence, failure and silence are three things."""

from __future__ import annotations

from bot.advice.findings import FindingId, find
from bot.model.value import frozen
from bot.model.verdict import Finding, Severity
from bot.ports import Addresses, DnsAnswer, DnsStatus

_FAILURES: dict[DnsStatus, FindingId] = {
    "timeout": "dns-timeout",
    "refused": "dns-refused",
    "servfail": "dns-servfail",
    "bogus": "dnssec-bogus",
}


@frozen
class Resolved:
    """What the look-up of a host's addresses means.

    Attributes:
        undetermined: Keys of `undetermined.<key>` when nothing can be said.
    """

    findings: tuple[Finding, ...] = ()
    undetermined: tuple[str, ...] = ()


def judge_addresses(host: str, addresses: Addresses) -> Resolved:
    """Judge the A and AAAA answers of a host that is going to be probed."""
    if addresses.allowed or addresses.refused:
        return Resolved(tuple(_half_answers(host, addresses)))
    answers = {"A": addresses.v4, "AAAA": addresses.v6}
    statuses = {answer.status for answer in answers.values()}
    if "bogus" in statuses:
        return _failed("dnssec-bogus", host, answers, "bogus")
    if any(answer.cname_loop for answer in answers.values()):
        return Resolved((find("cname-loop", host, host=host),))
    if "nxdomain" in statuses:
        return Resolved((find("name-not-found", host, host=host),))
    if "servfail" in statuses:
        return _failed("dns-servfail", host, answers, "servfail")
    silent: tuple[DnsStatus, ...] = ("timeout", "refused")
    for status in silent:
        if status in statuses:
            id_ = _FAILURES[status]
            return Resolved(_failed(id_, host, answers, status).findings, (id_,))
    return Resolved((find("no-address", host, host=host),))


def _failed(id_: FindingId, host: str, answers: dict[str, DnsAnswer], status: str) -> Resolved:
    records = [kind for kind, answer in answers.items() if answer.status == status]
    reason = next((answer.detail for answer in answers.values() if answer.detail), "") or status
    return Resolved((_on_record(id_, host, "/".join(records), reason),))


def _half_answers(host: str, addresses: Addresses) -> list[Finding]:
    """One family answered and the other question failed: the probe goes on, and it is told."""
    made: list[Finding] = []
    for kind, answer in (("A", addresses.v4), ("AAAA", addresses.v6)):
        id_ = _FAILURES.get(answer.status)
        if id_ is not None:
            made.append(_on_record(id_, host, kind, answer.detail or answer.status, "warning"))
    return made


def _on_record(
    id_: FindingId, host: str, record: str, reason: str, severity: Severity | None = None
) -> Finding:
    return find(
        id_,
        host,
        severity,
        host=host,
        record=record,
        reason=reason,
        question=f"{record.partition('/')[0]} {host}",
    )
