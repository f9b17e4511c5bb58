"""Numbers of watches and reports, in memory."""

from __future__ import annotations


class Numbers:
    """What people call things by, counted per workspace; and ids, counted over all."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._id = 0

    def next(self, workspace: str) -> int:
        """The next number of the workspace."""
        self._last[workspace] = self._last.get(workspace, 0) + 1
        return self._last[workspace]

    def next_id(self) -> int:
        """An id that nothing else has."""
        self._id += 1
        return self._id
