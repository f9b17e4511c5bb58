"""Console script `mailport` (being built)."""

from __future__ import annotations


def run() -> int:
    """Run the command line."""
    return 0
