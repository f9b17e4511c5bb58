"""Settings of channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select

from bot.model.request import Place
from storage.audit import write_audit
from storage.database import Database
from storage.tables import CHANNEL_SETTING


class SqlChannels:
    """`ChannelStore` in a database."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def settings_of(self, place: Place) -> Mapping[str, str]:
        """See `ChannelStore.settings_of`."""
        return await self.settings_by_id(place.workspace, place.channel)

    async def settings_by_id(self, workspace: str, channel: str) -> Mapping[str, str]:
        """See `ChannelStore.settings_by_id`."""
        table = CHANNEL_SETTING
        statement = select(table.c.name, table.c.value).where(
            table.c.workspace == workspace, table.c.channel == channel
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return {row.name: row.value for row in rows}

    async def set_setting(self, place: Place, name: str, value: str, *, person: str) -> None:
        """See `ChannelStore.set_setting`."""
        statement = self._database.insert(CHANNEL_SETTING).values(
            workspace=place.workspace, channel=place.channel, name=name, value=value
        )
        statement = statement.on_conflict_do_update(
            index_elements=["workspace", "channel", "name"], set_={"value": value}
        )
        async with self._database.write() as connection:
            await connection.execute(statement)
            await write_audit(
                connection,
                at=self._now(),
                workspace=place.workspace,
                channel=place.channel,
                person=person,
                action=f"settings {name}",
                subject=value,
            )
