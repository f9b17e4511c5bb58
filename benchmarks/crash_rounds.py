"""kill -9 of a real `mailport serve` at random moments, again and again; what arrived in Slack is counted.

    python -m benchmarks.crash_rounds [--rounds 50]

All rounds share one SQLite file and one Slack stand-in. Messages are put into the outbox all the time, and
a watched server breaks and recovers. At the end one last process finishes what is left: every message that
the outbox ever held must have arrived, once.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from benchmarks.measure import row
from benchmarks.sweep import plain_engine
from bot.watches.message import Message
from bot.watches.watch import Draft
from storage.open import open_stores
from storage.tables import OUTBOX
from tests.support.serving import HERE, SmallSmtp, running, settings_for
from tests.support.slack_standin import SlackStandIn

CHANNELS = tuple(f"C{number}" for number in range(1, 41))
PUT_EVERY_S = 0.03
TURN_EVERY_S = 6.0
LONGEST_LIFE_S = 2.5


@dataclass
class Counted:
    """What came of it.

    Attributes:
        retried: Posts that a look-up of an earlier try stood before.
    """

    rounds: int = 0
    messages: int = 0
    arrived: int = 0
    lost: int = 0
    doubled: int = 0
    alerts: int = 0
    lookups: int = 0


async def rounds(count: int, folder: Path, *, seed: int = 1) -> Counted:
    """Kill so many processes, let the last one finish, and count."""
    chance = random.Random(seed)
    database = f"sqlite:///{folder / 'm.db'}"
    standin, smtp = SlackStandIn(), SmallSmtp(folder)
    standin.joined |= set(CHANNELS)
    await standin.start()
    await smtp.start()
    stores = await open_stores(database)
    draft = Draft(target=f"127.0.0.1:{smtp.port}", kind="host", interval_s=1.0)
    await stores.watches.add(HERE, [draft], person="U1", now=datetime.now(UTC))
    environment = settings_for(database, standin, smtp)
    busy = [asyncio.create_task(_put(stores.outbox.put)), asyncio.create_task(_turn(smtp))]
    try:
        for _ in range(count):
            async with running(environment) as served:
                await asyncio.sleep(chance.uniform(0.0, LONGEST_LIFE_S))
                await served.end(signal.SIGKILL)
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        await _finish(environment, stores)
    finally:
        await stores.close()
        await smtp.stop()
        await standin.stop()
    return _count(count, database, standin)


async def _put(put: object) -> None:
    number = 0
    while True:
        number += 1
        message = Message(
            key=f"alert-999-{number}", workspace=HERE.workspace, channel=CHANNELS[number % len(CHANNELS)],
            type="alert", payload=_payload(number),
        )  # fmt: skip
        await put([message], datetime.now(UTC))  # type: ignore[operator]
        await asyncio.sleep(PUT_EVERY_S)


def _payload(number: int) -> dict[str, object]:
    at = datetime.now(UTC).isoformat()
    return {"kind": "broke", "watch": number, "target": f"mx{number}.example.test", "vantage": "local",
            "failures": 2, "at": at, "since": at, "reason": "port-refused", "added": [], "removed": [],
            "ends_at": None, "down": True}  # fmt: skip


async def _turn(smtp: SmallSmtp) -> None:
    while True:
        await asyncio.sleep(TURN_EVERY_S)
        await smtp.stop()
        await asyncio.sleep(TURN_EVERY_S)
        await smtp.start()


async def _finish(environment: dict[str, str], stores: object) -> None:
    async with running(environment) as served, asyncio.timeout(600):
        while (await stores.outbox.backlog(datetime.now(UTC))).waiting:  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await served.end()


def _count(count: int, database: str, standin: SlackStandIn) -> Counted:
    engine = plain_engine(database)
    with engine.connect() as connection:
        rows = connection.execute(select(OUTBOX.c.key, OUTBOX.c.edits, OUTBOX.c.gave_up)).all()
    engine.dispose()
    wanted = {one.key for one in rows if one.edits is None and not one.gave_up}
    posted = Counter(str(one["metadata"]["event_payload"]["key"]) for one in standin.messages)
    return Counted(
        rounds=count,
        messages=len(wanted),
        arrived=sum(posted.values()),
        lost=len(wanted - set(posted)) + sum(one.gave_up for one in rows),
        doubled=sum(number - 1 for number in posted.values()),
        alerts=sum(not key.startswith("alert-999-") for key in posted),
        lookups=standin.called()["conversations.history"] + standin.called()["conversations.replies"],
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    given = parser.parse_args([] if arguments is None else arguments)
    with tempfile.TemporaryDirectory(prefix="mailport-crash-") as folder:
        found = asyncio.run(rounds(given.rounds, Path(folder)))
    row(
        f"{found.rounds} rounds of kill -9: lost / doubled",
        f"{found.lost} / {found.doubled}",
        f"{found.messages} messages ({found.alerts} of the engine's own), {found.arrived} posts, "
        f"{found.lookups} look-ups before a retry",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
