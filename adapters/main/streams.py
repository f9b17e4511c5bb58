"""Standard input, output and error as programs find them: closed, full, or without some characters."""

from __future__ import annotations

import errno
import os
import sys

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
UNWRITABLE = 3


def mend_streams() -> None:
    """Make the three streams usable, however this program was started.

    One that was closed (`>&-`) becomes the null device, so that no file opened later gets its number.
    Characters that the terminal's encoding does not have are shown as "?".
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), mode))  # noqa: PTH123, SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def tell_unwritable(problem: OSError) -> int:
    """Say in one line that the output went nowhere (a full disk); returns the exit status.

    Raises:
        OSError: It is something else.
    """
    if problem.errno not in _NO_ROOM or problem.filename is not None:
        raise problem
    sys.stdout = None  # so that Python's exit does not try once more
    print(f"mailport: standard output: {problem.strerror}", file=sys.stderr)
    return UNWRITABLE
