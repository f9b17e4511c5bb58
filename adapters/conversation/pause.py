"""Pauses between tries: short at first, then longer, never the same for everybody."""

from __future__ import annotations

import random

FIRST_S = 0.5
LONGEST_S = 15.0


class Pause:
    """Doubles with every try; half of it is chance, so that many do not come back at the same instant."""

    def __init__(self, longest_s: float | None = None) -> None:
        self._seconds = FIRST_S
        self._longest_s = longest_s

    def next(self) -> float:
        """How long to wait now."""
        seconds = self._seconds
        self._seconds = min(self._longest_s or LONGEST_S, seconds * 2)
        return seconds * (0.5 + random.random() / 2)  # noqa: S311  # no secret

    def reset(self) -> None:
        """It worked: the next pause is a short one again."""
        self._seconds = FIRST_S
