"""Which processes are alive, and who holds what, in memory."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.watches.history import Worker


class MemoryWorkers:
    """`WorkerStore` in memory."""

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}
        self._leases: dict[str, tuple[str, datetime]] = {}

    async def beat(self, worker: Worker) -> None:
        """See `WorkerStore.beat`."""
        self._workers[worker.name] = worker

    async def alive(self, since: datetime) -> tuple[Worker, ...]:
        """See `WorkerStore.alive`."""
        alive = [worker for worker in self._workers.values() if worker.beat_at >= since]
        return tuple(sorted(alive, key=lambda worker: worker.name))

    async def leave(self, name: str) -> None:
        """See `WorkerStore.leave`."""
        self._workers.pop(name, None)

    async def hold(self, lease: str, owner: str, now: datetime, *, lease_s: float = 30) -> bool:
        """See `WorkerStore.hold`."""
        holder, until = self._leases.get(lease, (owner, now))
        if holder != owner and until > now:
            return False
        self._leases[lease] = (owner, now + timedelta(seconds=lease_s))
        return True

    async def release(self, lease: str, owner: str) -> None:
        """See `WorkerStore.release`."""
        if self._leases.get(lease, ("", None))[0] == owner:
            del self._leases[lease]
