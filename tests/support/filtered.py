"""Runs a program in a network of its own, where a packet filter really drops what it is told to.

    python -m tests.support.filtered '{"rules": [...], "servers": [["127.0.5.1", 25]], "command": [...]}'

Must be root. Prints one JSON object: exit status and outputs of the program, and how many connections each
server got.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def run_filtered(
    rules: Sequence[str],
    servers: Sequence[tuple[str, int]],
    command: Sequence[str],
    environment: Mapping[str, str],
) -> dict[str, Any]:
    """Run a command behind nftables rules of an output chain, beside plain SMTP servers."""
    plan = json.dumps(
        {
            "rules": list(rules),
            "servers": [list(server) for server in servers],
            "command": list(command),
            "environment": dict(environment),
        }
    )
    finished = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "tests.support.filtered", plan],
        cwd=ROOT,
        env={"PATH": f"/usr/sbin:/sbin:{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/root")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    answer: dict[str, Any] = json.loads(finished.stdout)
    return answer


async def _main(plan: dict[str, Any]) -> None:
    await _run("ip", "link", "set", "lo", "up")
    for address in {address for address, _ in plan["servers"] if ":" in address}:
        await _run("ip", "address", "add", f"{address}/128", "dev", "lo", "nodad")
    await _run("nft", "add table inet t; add chain inet t out { type filter hook output priority 0; }")
    for rule in plan["rules"]:
        await _run("nft", f"add rule inet t out {rule}")
    counts: Counter[str] = Counter()
    for address, port in plan["servers"]:
        await _serve(address, port, counts)
    process = await asyncio.create_subprocess_exec(
        *plan["command"], cwd=ROOT, env={**os.environ, **plan["environment"]}, stdout=-1, stderr=-1
    )
    out, err = await process.communicate()
    print(
        json.dumps({"status": process.returncode, "out": out.decode(), "err": err.decode(), "counts": counts})
    )


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait():
        raise SystemExit(f"{command}: {process.returncode}")


async def _serve(address: str, port: int, counts: Counter[str]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counts[f"{address} {port}"] += 1
        with suppress(OSError, EOFError):
            writer.write(b"220 here ESMTP\r\n")
            while line := await reader.readline():
                leaves = line.upper().startswith(b"QUIT")
                writer.write(b"221 bye\r\n" if leaves else b"250 here\r\n")
                if leaves:
                    counts["goodbyes"] += 1
                    break
        writer.close()

    await asyncio.start_server(talk, address, port)


if __name__ == "__main__":
    asyncio.run(_main(json.loads(sys.argv[1])))
