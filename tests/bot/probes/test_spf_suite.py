"""The openspf.org test suite for RFC 7208, its DNS played from its own zone data."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.ports import DnsAnswer
from bot.probes.spf import check_host

SUITE = Path(__file__).parents[3].parent / "shared/data/spf/rfc7208-tests.yml"


class SuiteDns:
    """The suite's zone data as a lookup function.

    A record of the old type SPF counts as TXT unless the name has TXT of its own; TIMEOUT lets
    every question time out that no record before answers.
    """

    def __init__(self, zonedata: dict[str, list[Any]]) -> None:
        self._zones = {name.lower(): entries for name, entries in zonedata.items()}

    async def __call__(self, name: str, kind: str) -> DnsAnswer:
        return self._answer(name.lower().removesuffix("."), kind, 0)

    def _answer(self, name: str, kind: str, depth: int) -> DnsAnswer:
        entries = self._zones.get(name)
        if entries is None:
            return DnsAnswer("nxdomain", canonical=name)
        has_txt = any(isinstance(entry, dict) and "TXT" in entry for entry in entries)
        found: list[str] = []
        for entry in entries:
            if entry == "TIMEOUT":
                if not found:
                    return DnsAnswer("timeout", canonical=name)
                continue
            ((entry_kind, value),) = entry.items()
            if entry_kind == "CNAME":
                if depth > 8:
                    return DnsAnswer("servfail", cname_loop=True)
                return self._answer(value.lower().removesuffix("."), kind, depth + 1)
            counts_as = "TXT" if entry_kind == "SPF" and not has_txt else entry_kind
            if counts_as == kind and value != "NONE":
                found.append(self._text(value))
        return DnsAnswer("ok" if found else "nodata", records=tuple(found), canonical=name)

    @staticmethod
    def _text(value: object) -> str:
        if isinstance(value, list):
            separator = " " if value and isinstance(value[0], int) else ""
            return separator.join(str(part) for part in value)
        return str(value)


def _cases() -> Iterator[object]:
    if not SUITE.exists():
        reason = f"the openspf.org suite is not at {SUITE}; the project's own cases still run"
        yield pytest.param({}, {}, id="suite absent", marks=pytest.mark.skip(reason=reason))
        return
    for number, scenario in enumerate(yaml.safe_load_all(SUITE.read_text("utf-8"))):
        for name, case in scenario["tests"].items():
            yield pytest.param(case, scenario["zonedata"], id=f"{number} {scenario['description']}: {name}")


@pytest.mark.parametrize(("case", "zonedata"), list(_cases()))
async def test_case_of_the_rfc_7208_suite(case: dict[str, Any], zonedata: dict[str, list[Any]]) -> None:
    sender = case["mailfrom"]
    verdict = await check_host(
        ipaddress.ip_address(case["host"]),
        sender.rpartition("@")[2] if sender else case["helo"],
        sender,
        case["helo"],
        SuiteDns(zonedata),
    )
    wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert verdict.result in wanted, verdict.problem
    if "explanation" in case:
        wanted_words = None if case["explanation"] == "DEFAULT" else case["explanation"]
        assert verdict.explanation == wanted_words
