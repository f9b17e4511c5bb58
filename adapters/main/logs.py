"""Logs of `serve` and `worker`: lines for people, or one JSON object a line (`--json`), on standard error.

Whatever is bound with `structlog.contextvars` (the id of a request, a run's target, a message's key) and
whatever a call gives as `extra` goes along with every line.
"""

from __future__ import annotations

import logging
import sys

import structlog

from bot.model.request import CURRENT_REQUEST


def _with_request(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Along with every line the id of the request that it belongs to."""
    request_id = CURRENT_REQUEST.get()
    if request_id:
        event.setdefault("request_id", request_id)
    return event


def set_up_logs(level: str, *, as_json: bool = False) -> None:
    """Send all logs of this process through one formatter."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_request,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.types.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_json:
        last += [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last.append(
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
            )
        )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    # It tells every step of a migration that went well.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    if level != "debug":
        # What a migration does step by step interests whoever looks for a fault.
        logging.getLogger("alembic").setLevel(logging.WARNING)
