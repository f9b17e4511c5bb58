"""Lines of pipes and files: whatever bytes come, however slowly, the loop goes on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from adapters.terminal import lines
from adapters.terminal.lines import lines_of


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(b"a\nb\n", ["a", "b"], id="two lines"),
        pytest.param(b"a\r\n\r\nb", ["a", "", "b"], id="CRLF, an empty line, no end"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\xff\xfe\n\x00x", ["\N{REPLACEMENT CHARACTER}" * 2, "\0x"], id="no text"),
    ],
)
async def test_a_file_is_read_to_its_end(data: bytes, told: list[str], tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(data)
    descriptor = os.open(path, os.O_RDONLY)
    assert [line async for line in lines_of(descriptor)] == told
    os.close(descriptor)


async def test_a_slow_pipe_keeps_nobody_waiting() -> None:
    reading, writing = os.pipe()
    stream = lines_of(reading)
    waiting = asyncio.ensure_future(anext(stream))
    turns = 0
    while turns < 50:
        await asyncio.sleep(0)
        turns += 1
    assert not waiting.done()
    os.write(writing, b"half")
    await asyncio.sleep(0.05)
    assert not waiting.done()
    os.write(writing, b" and half\n")
    assert await waiting == "half and half"
    os.close(writing)
    assert [line async for line in stream] == []
    os.close(reading)


async def test_a_line_without_end_is_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 10)
    path = tmp_path / "long"
    path.write_bytes(b"x" * 100_000)
    descriptor = os.open(path, os.O_RDONLY)
    assert all(len(line) <= 10 for line in [one async for one in lines_of(descriptor)])
    os.close(descriptor)
