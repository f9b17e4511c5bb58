"""MTA-STS: may senders insist on TLS with a valid certificate? (RFC 8461)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import cast

from bot.model.mail_policies import MtaStsFacts, MtaStsMode, MtaStsStatus, MxFacts
from bot.model.names import parse_name
from bot.model.value import frozen, replace
from bot.ports import Fetched, FetchStatus, Network
from bot.probes.dns_texts import absence, parse_tags, versioned

MAX_BYTES = 65536  # section 3.3 suggests 64 KiB
DEADLINE_S = 5.0
MAX_AGE_S = 31_557_600
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]*:[ \t]*(.*?)[ \t]*")
_MODES = ("enforce", "testing", "none")

_FAILED: dict[FetchStatus, MtaStsStatus] = {
    "not-found": "policy-missing",
    "http-error": "policy-missing",
    "redirect": "policy-redirect",
    "too-large": "policy-too-large",
    "timeout": "policy-timeout",
    "tls": "policy-cert-invalid",
    "refused": "policy-missing",
    "broken": "policy-missing",
    "forbidden": "forbidden-address",
}


async def look_up_mta_sts(domain: str, network: Network, *, until: float | None = None) -> MtaStsFacts:
    """The record, and the policy that it announces; `check_mx` compares it with the MX hosts.

    Args:
        until: Loop time at which no more is read of the policy: the record is kept then.
    """
    answer = await network.resolver.query(f"_mta-sts.{domain}", "TXT")
    records = versioned(answer, "STSv1")
    if not records:
        return MtaStsFacts(status=absence(answer))
    if len(records) > 1:
        # Section 3.1: not exactly one record means no policy at all.
        return MtaStsFacts(status="invalid", problem="record-multiple", record=records[0])
    announced = _read_record(records[0])
    if announced.status != "ok":
        return announced
    left = DEADLINE_S if until is None else min(DEADLINE_S, until - asyncio.get_running_loop().time())
    fetched = await network.fetcher.fetch(
        policy_url(domain), limit=MAX_BYTES, deadline_s=round(max(0.1, left), 1)
    )
    return _read_fetched(announced, fetched)


def policy_url(domain: str) -> str:
    """Where the policy has to lie (section 3.3)."""
    return f"https://mta-sts.{domain}/.well-known/mta-sts.txt"


def _read_record(record: str) -> MtaStsFacts:
    tags = parse_tags(record)
    id_ = tags.values.get("id", "")
    problem = ""
    if not record.startswith("v=STSv1"):
        problem = "version-bad"
    elif tags.bad:
        problem = "record-syntax"
    elif _ID.fullmatch(id_) is None:
        problem = "id-bad" if id_ else "id-missing"
    status: MtaStsStatus = "invalid" if problem else "ok"
    return MtaStsFacts(status=status, record=record, id=id_ or None, problem=problem, detail=tags.bad)


def _read_fetched(announced: MtaStsFacts, fetched: Fetched) -> MtaStsFacts:
    if fetched.status == "dns":
        return replace(announced, status=_unresolved(fetched.detail), problem="host", detail=fetched.detail)
    if fetched.status != "ok":
        detail = (
            f"HTTP {fetched.http_status}" if fetched.status in ("not-found", "http-error") else fetched.detail
        )
        return replace(announced, status=_FAILED[fetched.status], problem=fetched.status, detail=detail)
    media_type = fetched.content_type.partition(";")[0].strip().lower()
    if media_type != "text/plain":
        return replace(announced, status="invalid", problem="media-type", detail=media_type or "-")
    policy = parse_policy(fetched.body)
    return replace(
        announced,
        status="invalid" if policy.problem else "ok",
        mode=policy.mode,
        mx=policy.mx,
        max_age_s=policy.max_age_s,
        problem=policy.problem,
        detail=policy.detail,
    )


def _unresolved(status: str) -> MtaStsStatus:
    if status in ("nxdomain", "nodata"):
        return "policy-missing"
    return "policy-timeout" if status == "timeout" else "servfail"


@frozen(kw_only=True)
class Policy:
    """A policy file as read; `problem` says what breaks it."""

    mode: MtaStsMode | None = None
    mx: tuple[str, ...] = ()
    max_age_s: int | None = None
    problem: str = ""
    detail: str = ""


def parse_policy(body: bytes) -> Policy:
    """Read a policy (section 3.2). Lines end in CRLF or LF; of a repeated field the first counts."""
    values: dict[str, str] = {}
    mx: list[str] = []
    for line in re.split(r"\r?\n", body.decode("utf-8", "replace")):
        match = _LINE.fullmatch(line)
        if match is None:
            if line.strip():
                return Policy(problem="policy-line", detail=line[:80])
            continue
        if match[1] == "mx":
            mx.append(match[2].lower().removesuffix("."))
        else:
            values.setdefault(match[1], match[2])
    return _judge_policy(values, tuple(mx))


def _judge_policy(values: dict[str, str], mx: tuple[str, ...]) -> Policy:
    mode = values.get("mode")
    age = values.get("max_age", "")
    read = Policy(
        mode=cast(MtaStsMode, mode) if mode in _MODES else None,
        mx=mx,
        max_age_s=int(age) if re.fullmatch(r"[0-9]{1,10}", age) else None,
    )
    bad_mx = next((pattern for pattern in mx if parse_name(pattern.removeprefix("*.")) is None), None)
    if values.get("version") != "STSv1":
        return replace(read, problem="policy-version", detail=values.get("version", "-")[:40])
    if read.mode is None:
        return replace(read, problem="policy-mode", detail=(mode or "-")[:40])
    if read.max_age_s is None or read.max_age_s > MAX_AGE_S:
        return replace(read, problem="policy-max-age", detail=age[:40] or "-")
    if read.mode != "none" and not mx:
        return replace(read, problem="policy-no-mx", detail="mx")
    if bad_mx is not None:
        return replace(read, problem="policy-mx-pattern", detail=bad_mx[:80])
    return read


def covers(pattern: str, host: str) -> bool:
    """Whether a pattern covers a host; `*.` stands for exactly one label (section 4.1)."""
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return host == pattern


def check_mx(facts: MtaStsFacts, mx: MxFacts) -> MtaStsFacts:
    """Compare the policy with the MX hosts: senders skip hosts that no pattern covers."""
    if facts.status != "ok" or facts.mode in (None, "none"):
        return facts
    unmatched = tuple(host for host in hosts_of(mx) if not any(covers(pattern, host) for pattern in facts.mx))
    return replace(facts, status="mx-mismatch", unmatched=unmatched) if unmatched else facts


def hosts_of(mx: MxFacts) -> Iterable[str]:
    """Names of the MX hosts."""
    return (host.name for host in mx.hosts if host.status != "null")
