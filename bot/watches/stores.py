"""What is remembered between requests, as protocols; `storage/` implements them twice (SQL and memory)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.model.request import Place


class ChannelStore(Protocol):
    """Settings of channels."""

    async def settings_of(self, place: Place) -> Mapping[str, str]:
        """The channel's settings by name ("language", "timezone", "alerts"); empty when none were made."""
        ...

    async def set_setting(self, place: Place, name: str, value: str, *, person: str) -> None:
        """Store one setting and the audit entry of it, in one transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """All stores."""

    channels: ChannelStore
