"""What holds for all tests."""

from __future__ import annotations

import signal

# A shell without job control starts what it puts into the background with Ctrl-C ignored, and every
# program that the tests start would inherit that: tests of Ctrl-C would fail there, and only there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
