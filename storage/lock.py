"""One server per SQLite file: a lock that ends with the process, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from bot.errors import Unavailable


class ServerLock:
    """Holds `<database>.lock`; used as a context manager, or by `take` and `release`."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def take(self) -> None:
        """Take the lock.

        Raises:
            Unavailable: `database-in-use`, when another process holds it.
        """
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise Unavailable("database-in-use", file=str(self._path)) from None
        self._file = file

    def release(self) -> None:
        """Give it back; harmless when it was not taken."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> ServerLock:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
