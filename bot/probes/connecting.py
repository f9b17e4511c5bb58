"""What a connect that failed says."""

from __future__ import annotations

import errno

from bot.model.outcome import State

_NO_ROUTE = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EHOSTDOWN}
)
_FILTERED = frozenset({errno.ETIMEDOUT, errno.EACCES, errno.EPERM, errno.ECONNABORTED})


def connect_state(problem: OSError) -> tuple[State, str]:
    """The state of the port, and the catalogue key of why."""
    if isinstance(problem, ConnectionRefusedError):
        return "refused", "refused"
    if isinstance(problem, PermissionError):
        return "filtered", "filtered-here"
    if isinstance(problem, TimeoutError):
        return "filtered", "no-answer"
    if problem.errno in _FILTERED:
        return "filtered", "cut-off"
    return "unreachable", "no-route" if problem.errno in _NO_ROUTE else "local-trouble"


def errno_name(problem: OSError) -> str:
    """Such as "ECONNREFUSED"; empty when the kernel gave no number."""
    return errno.errorcode.get(problem.errno, "") if problem.errno else ""
