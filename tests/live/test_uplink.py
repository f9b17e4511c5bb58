"""Is it me or them? The real program behind a real packet filter."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.filtered import run_filtered

pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(60),
    pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root"),
]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/check-1.json").read_text("utf-8"))
TARGET = "127.0.6.1"
CONTROLS = ("127.0.5.1", "127.0.5.2", "127.0.5.3")
LISTENING = [(address, port) for address in (TARGET, *CONTROLS) for port in (25, 587)]


def check(
    *rules: str, controls: tuple[str, ...] = CONTROLS, target: str = TARGET, ports: str = "25,587"
) -> tuple[dict[str, Any], dict[str, int]]:
    servers = [*LISTENING, *([(target, 587)] if target != TARGET else [])]
    ran = run_filtered(
        rules,
        servers,
        [sys.executable, "-m", "adapters.main.cli", "check", target, "--ports", ports, "--json"],
        {
            "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8,fd00::/8",
            "MAILPORT_CONTROL_TARGETS": ",".join(controls),
            "MAILPORT_EHLO_NAME": "probe.example.org",
        },
    )
    document = json.loads(ran["out"])
    jsonschema.validate(document, SCHEMA)
    assert document["duration_ms"] < 8000
    return document, ran["counts"]


def ids(document: dict[str, Any]) -> set[str]:
    return {finding["id"] for finding in document["findings"]} & {
        "port-filtered",
        "egress-25-blocked",
        "host-unreachable",
        "mx-host-down",
    }


def test_our_network_blocks_25() -> None:
    document, counts = check("tcp dport 25 drop", ports="25")
    (uplink,) = document["uplink"]
    assert (uplink["blame"], uplink["confidence"], uplink["port"]) == ("network-blocks", "sure", 25)
    assert set(uplink["silent"]) == set(CONTROLS)
    assert ids(document) == {"egress-25-blocked"}
    assert document["verdict"] == "unknown"
    assert not any(key.endswith(" 25") for key in counts)


def test_they_drop_us() -> None:
    document, counts = check(f"ip daddr {TARGET} tcp dport 25 drop")
    (uplink,) = document["uplink"]
    assert (uplink["blame"], uplink["confidence"]) == ("they-drop", "sure")
    assert set(uplink["answered"]) == set(CONTROLS)
    assert uplink["other_ports"] == [f"{TARGET}:587"]
    assert ids(document) == {"port-filtered"}
    assert {counts[f"{control} 25"] for control in CONTROLS} == {1}
    assert counts["goodbyes"] >= 3, "controls are told goodbye"


def test_the_target_itself_shows_the_way_out() -> None:
    document, _ = check("tcp dport 25 drop")
    assert document["uplink"][0]["other_ports"] == [f"{TARGET}:587"]
    assert ids(document) == {"egress-25-blocked"}


def test_nothing_gets_out() -> None:
    document, _ = check("tcp flags & (syn | ack) == syn drop")
    at_25, _ = document["uplink"]
    assert (at_25["blame"], at_25["confidence"]) == ("no-way-out", "likely")
    assert "egress-25-blocked" not in ids(document)
    assert document["verdict"] == "unknown"


def test_one_control_alone_makes_a_guess() -> None:
    document, _ = check("tcp dport 25 drop", controls=CONTROLS[:1])
    (uplink,) = document["uplink"]
    assert (uplink["blame"], uplink["confidence"]) == ("network-blocks", "unsure")


def test_controls_of_another_family_say_nothing() -> None:
    document, _ = check("meta nfproto ipv6 tcp dport 25 drop", target="fd00::25")
    (uplink,) = document["uplink"]
    assert (uplink["blame"], uplink["family"]) == ("cannot-tell", 6)
    assert ids(document) == {"port-filtered"}


def test_without_a_dropped_port_no_control_is_asked() -> None:
    document, counts = check()
    assert document["uplink"] == []
    assert not any(key.startswith("127.0.5.") for key in counts)


def test_another_port_is_blamed_on_nobody_without_known_listeners() -> None:
    document, _ = check("tcp dport 587 drop")
    (uplink,) = document["uplink"]
    assert (uplink["port"], uplink["blame"]) == (587, "cannot-tell")


def test_another_port_that_controls_take_is_theirs() -> None:
    document, _ = check(f"ip daddr {TARGET} tcp dport 587 drop")
    (uplink,) = document["uplink"]
    assert (uplink["port"], uplink["blame"], uplink["confidence"]) == (587, "they-drop", "sure")
