"""Settings of channels, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.model.request import Place
from bot.watches.history import AuditEntry
from bot.watches.watch import Watch
from storage.memory.audit import MemoryAudit


class MemoryChannels:
    """`ChannelStore` in memory."""

    def __init__(self, audit: MemoryAudit, now: Callable[[], datetime]) -> None:
        self._settings: dict[tuple[str, str], dict[str, str]] = {}
        self._audit = audit
        self._now = now

    async def settings_of(self, place: Place) -> Mapping[str, str]:
        """See `ChannelStore.settings_of`."""
        return await self.settings_by_id(place.workspace, place.channel)

    async def settings_by_id(self, workspace: str, channel: str) -> Mapping[str, str]:
        """See `ChannelStore.settings_by_id`."""
        return dict(self._settings.get((workspace, channel), {}))

    async def set_setting(self, place: Place, name: str, value: str, *, person: str) -> None:
        """See `ChannelStore.set_setting`."""
        self._settings.setdefault((place.workspace, place.channel), {})[name] = value
        entry = AuditEntry(
            at=self._now(),
            workspace=place.workspace,
            channel=place.channel,
            person=person,
            action=f"settings {name}",
            subject=value,
        )
        await self._audit.add(entry)

    def alerts_on(self, watch: Watch) -> bool:
        """Whether the channel of a watch wants alerts."""
        return self._settings.get((watch.workspace, watch.channel), {}).get("alerts") != "off"

    def forget(self, workspace: str) -> None:
        """Drop everything of a workspace."""
        self._settings = {key: value for key, value in self._settings.items() if key[0] != workspace}
