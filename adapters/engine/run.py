"""One run of a watch: probe and judge its target, and boil the result down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from adapters.engine import metrics
from bot.commands.examine import Examination, examine
from bot.errors import MailportError
from bot.model.target import parse_target
from bot.ports import Tools
from bot.watches.observation import Observation, digest, observe
from bot.watches.watch import Watch

# Far beyond what a scheduled check may take by its own limits: a run never hangs for good.
RUN_S = 240.0
_LOG = logging.getLogger("mailport.engine")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run gave.

    Attributes:
        digest: None when there was no result; the one before stays.
    """

    seen: Observation
    digest: Mapping[str, Any] | None = None


Run = Callable[[Watch], Awaitable[Ran]]


def make_run(tools: Tools) -> Run:
    """The real run. It never raises: what went wrong is an "unknown" observation."""

    async def run(watch: Watch) -> Ran:
        began = tools.clock.now()
        with structlog.contextvars.bound_contextvars(watch=watch.id, target=watch.target):
            try:
                async with asyncio.timeout(RUN_S):
                    return await _examined(watch, tools)
            except TimeoutError:
                return _unknown(began, "time-out")
            except MailportError as problem:
                return _unknown(began, problem.key)
            except Exception:  # noqa: BLE001  # a bug of ours says nothing about the target
                _LOG.exception("a run of watch %s failed", watch.id)
                return _unknown(began, "bug")

    return run


async def _examined(watch: Watch, tools: Tools) -> Ran:
    wanted = Examination(target=parse_target(watch.target), kind=watch.kind, scheduled=True)
    result = (await examine(wanted, tools, _untold)).result
    for outcome in result.outcomes:
        metrics.count_outcome(outcome)
    return Ran(observe(result), digest(result))


def _unknown(at: datetime, reason: str) -> Ran:
    return Ran(Observation(at=at, word="unknown", reason=reason))


async def _untold(_: object) -> None:
    """Steps of a run that nobody watches."""
