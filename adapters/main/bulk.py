"""`mailport check --from-file FILE`: many targets, one JSON document a line as each finishes."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from adapters.main.compose import close_tools, make_tools
from adapters.main.oneshot import OPERATOR, TERMINAL
from bot.cards.plaintext import render_plain
from bot.dispatch import answer
from bot.errors import BadInput
from bot.model.request import Request
from bot.ports import Tools
from bot.settings import Settings

MAX_CONCURRENCY = 256
# Worst first: a failure outranks "could not tell", which outranks a refused or misspelt target.
_STATUS_ORDER = (1, 3, 2, 0)


def check_many(arguments: Namespace, settings: Settings) -> int:
    """Check every target of a file; returns the worst exit status."""
    if not 1 <= arguments.concurrency <= MAX_CONCURRENCY:
        raise BadInput("number-bad", option="--concurrency", text=str(arguments.concurrency))
    if arguments.target:
        raise BadInput("usage", message="TARGET / --from-file", program="mailport check")
    with _opened(arguments.from_file) as stream:
        statuses = asyncio.run(_check_all(_targets(stream), arguments, settings))
    return next((status for status in _STATUS_ORDER if status in statuses), 0)


def _opened(name: str) -> TextIO:
    if name == "-":
        return sys.stdin
    try:
        return Path(name).open(encoding="utf-8", errors="replace")
    except OSError as problem:
        raise BadInput("file-unreadable", path=name, why=problem.strerror or str(problem)) from None


def _targets(stream: TextIO) -> Iterator[str]:
    """One target a line; empty lines and comments are passed over."""
    for line in stream:
        target = line.partition("#")[0].strip()
        if target:
            yield target


async def _check_all(targets: Iterator[str], arguments: Namespace, settings: Settings) -> set[int]:
    """Run `concurrency` walkers over the one iterator, so that a million lines need no memory."""
    tools = make_tools(settings)
    statuses: set[int] = set()
    done = 0

    async def walk() -> None:
        nonlocal done
        for target in targets:
            statuses.add(await _check_one(target, arguments, tools))
            done += 1
            _show_count(done)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(arguments.concurrency):
                group.create_task(walk())
    finally:
        await close_tools(tools)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return statuses


async def _check_one(target: str, arguments: Namespace, tools: Tools) -> int:
    given = {"target": target, "ports": arguments.ports or "", "kind": arguments.kind or ""}
    request = Request(
        id=f"cli:{target[:80]}",
        place=TERMINAL,
        person=OPERATOR,
        command=("check",),
        arguments=given,
        language=arguments.lang,
    )
    reply = await answer(request, tools)
    if arguments.jsonl or arguments.json:
        document = dict(reply.document or {})
        document.setdefault("target", target)
        print(json.dumps(document, ensure_ascii=False), flush=True)
    else:
        print(render_plain(reply.card), flush=True)
    return reply.status


def _show_count(done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done}", end="", file=sys.stderr, flush=True)
