"""kill -9 of a real server at random moments; `benchmarks/crash_rounds.py` does fifty rounds of the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.crash_rounds import rounds


@pytest.mark.timeout(240)
async def test_kill_9_at_random_moments_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    found = await rounds(8, tmp_path, seed=7)
    assert found.messages > 100
    assert (found.lost, found.doubled, found.arrived) == (0, 0, found.messages)
