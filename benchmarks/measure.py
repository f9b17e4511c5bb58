"""CPU and wall time of child processes."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def cpu_ms(command: Sequence[str], *, runs: int = 15, env: Mapping[str, str] | None = None) -> float:
    """Median CPU milliseconds (user and system) of a command."""
    taken: list[float] = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=False, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    return statistics.median(taken)


def wall_ms(command: Sequence[str], *, runs: int = 9, env: Mapping[str, str] | None = None) -> float:
    """Median wall-clock milliseconds of a command with empty standard input."""
    taken: list[float] = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(
            command,
            check=False,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def process_cpu_s(pid: int) -> float:
    """CPU seconds (user and system) that a running process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def row(name: str, figure: str, beside: str = "") -> None:
    """Print one line of the table."""
    print(f"{name:<52} {figure:>16}  {beside}", flush=True)
