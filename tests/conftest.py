"""What holds for all tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.postgres import running_postgres

# A shell without job control starts what it puts into the background with Ctrl-C ignored, and every
# program that the tests start would inherit that: tests of Ctrl-C would fail there, and only there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, and no word about how fast this machine is.
settings.register_profile(
    "mailport", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mailport")


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """The URL of a real PostgreSQL: one for all tests of a process, wherever they lie."""
    with running_postgres() as url:
        yield url
