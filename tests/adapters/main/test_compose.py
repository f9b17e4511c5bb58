"""What is loaded when: late for one command, at the start for what keeps running."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SCRIPT = """
import sys
from adapters.main.compose import load_for_probes, make_tools
from bot.settings import read_settings
tools = make_tools(read_settings({}))
tools.network() if sys.argv[1] == "once" else load_for_probes(tools)
print(*sorted(sys.modules))
"""
LATE = {
    "adapters.net.trust", "bot.probes.tls", "bot.probes.smtp", "bot.probes.imap", "bot.probes.pop3", "bot.probes.sieve",
    "certifi", "cryptography.x509",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "loaded"), [("once", False), ("serving", True)])
def test_no_probe_of_a_server_that_runs_holds_up_the_loop_by_loading(kind: str, loaded: bool) -> None:
    command = [sys.executable, "-c", _SCRIPT, kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert {name: name in done.stdout.split() for name in LATE} == dict.fromkeys(LATE, loaded)
