"""Which part of a name belongs to one organisation: the public suffix and one label more."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    # 60 ms to load: only for those who need it.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def organisational_domain(name: str) -> str:
    """The registered domain that a name lies in (RFC 7489 section 3.2); the name itself if there is none."""
    return _suffixes().privatesuffix(name) or name
