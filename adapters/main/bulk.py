"""`mailport check --from-file FILE`: many targets, one JSON document a line as each finishes."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from adapters.main.arguments import Given, texts_of
from adapters.main.compose import close_tools, make_tools
from adapters.main.oneshot import OPERATOR, TERMINAL, wished_language
from bot.cards.plaintext import render_plain
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
    if given.words:
        raise BadInput("target-or-file", command="mailport check")
    if not given.has("--from-file"):
        raise BadInput("file-missing", option="--from-file", command="mailport check")
    at_once = _concurrency(given.options.get("--concurrency", "16"))
    with _opened(given.options["--from-file"]) as stream:
        statuses = asyncio.run(_check_all(_targets(stream), given, at_once, settings))
    return next((status for status in _STATUS_ORDER if status in statuses), 0)


def _concurrency(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_CONCURRENCY):
        raise BadInput("number-range", option="--concurrency", text=text[:40], low=1, high=MAX_CONCURRENCY)
    return int(text)


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


async def _check_all(targets: Iterator[str], given: Given, at_once: int, settings: Settings) -> set[int]:
    """Run `concurrency` walkers over the one iterator, so that a million lines need no memory."""
    tools = make_tools(settings)
    statuses: set[int] = set()
    done = 0

    async def walk() -> None:
        nonlocal done
        for target in targets:
            statuses.add(await _check_one(target, given, tools))
            done += 1
            _show_count(done)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(walk())
    finally:
        await close_tools(tools)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return statuses


async def _check_one(target: str, given: Given, tools: Tools) -> int:
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
    if given.has("--jsonl") or given.has("--json"):
        document = dict(reply.document or {})
        document.setdefault("target", target)
        print(json.dumps(document, ensure_ascii=False), flush=True)
    else:
        print(render_plain(reply.card), flush=True)
    return reply.status


def _show_count(done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done}", end="", file=sys.stderr, flush=True)
