"""`mailport check --from-file FILE`: many targets, one JSON document a line as each finishes."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.main.arguments import Given, texts_of
from adapters.main.compose import close_tools, make_tools
from adapters.main.oneshot import OPERATOR, TERMINAL, unreadable, wished_language
from adapters.terminal.lines import lines_of
from adapters.terminal.progress import Bar
from bot.cards.plaintext import harmless, render_plain
from bot.commands.catalog import BY_PATH
from bot.dispatch import answer
from bot.errors import BadInput
from bot.model.request import Request
from bot.ports import Tools
from bot.settings import Settings

MAX_CONCURRENCY = 256
# Worst first: a failure outranks "could not tell", which outranks a refused or misspelt target.
_STATUS_ORDER = (1, 3, 2, 0)


def check_many(given: Given, settings: Settings) -> int:
    """Check every target of a file; returns the worst exit status.

    Raises:
        BadInput: The file, or what was given beside it.
    """
    if not given.has("--from-file"):
        raise BadInput("file-missing", option="--from-file", command="mailport check")
    if given.words:
        raise BadInput("target-or-file", command="mailport check")
    at_once = _concurrency(given.options.get("--concurrency", "16"))
    with _opened(given.options["--from-file"]) as descriptor:
        statuses = asyncio.run(_check_all(descriptor, given, at_once, settings))
    return next((status for status in _STATUS_ORDER if status in statuses), 0)


def _concurrency(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_CONCURRENCY):
        raise BadInput("number-range", option="--concurrency", text=text[:40], low=1, high=MAX_CONCURRENCY)
    return int(text)


@contextmanager
def _opened(name: str) -> Iterator[int]:
    """A file's descriptor; `-` is standard input's."""
    if name == "-":
        yield sys.stdin.fileno()
        return
    try:
        descriptor = os.open(name, os.O_RDONLY)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as problem:
        raise unreadable(name, problem) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _target(line: str) -> str:
    """The target on a line; empty lines and comments have none."""
    return line.partition("#")[0].strip()


async def _count(descriptor: int) -> int | None:
    """How many targets a file holds; None for what can be read only once."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not sys.stderr.isatty():
        return None
    count = 0
    async for line in lines_of(descriptor):
        count += bool(_target(line))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return count


async def _check_all(descriptor: int, given: Given, at_once: int, settings: Settings) -> set[int]:
    """Run `at_once` walkers over the one iterator, so that a million lines need no memory."""
    tools = make_tools(settings)
    statuses: set[int] = set()
    bar = Bar(await _count(descriptor))
    lines = lines_of(descriptor)
    turn = asyncio.Lock()

    async def walk() -> None:
        while True:
            async with turn:
                line = await anext(lines, None)
            if line is None:
                return
            if target := _target(line):
                status = await _check_one(target, given, tools, bar)
                statuses.add(status)
                bar.step(status)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(walk())
    finally:
        bar.clear()
        await close_tools(tools)
    return statuses


async def _check_one(target: str, given: Given, tools: Tools, bar: Bar) -> int:
    texts = {**texts_of(BY_PATH["check",], given), "target": target}
    request = Request(
        id=f"cli:{target[:80]}",
        place=TERMINAL,
        person=OPERATOR,
        command=("check",),
        arguments=texts,
        language=wished_language(given),
    )
    reply = await answer(request, tools)
    bar.clear()
    if given.has("--jsonl") or given.has("--json"):
        document = dict(reply.document or {})
        document.setdefault("target", harmless(target))
        print(json.dumps(document, ensure_ascii=False), flush=True)
    else:
        print(render_plain(reply.card), flush=True)
    return reply.status
