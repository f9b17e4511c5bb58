"""Time zones as people write them."""

from __future__ import annotations

from bot.errors import BadInput


def read_timezone(text: str) -> str:
    """The IANA name of a zone; letters of either case, and a city alone when only one zone has it.

    Raises:
        BadInput: `timezone-bad`.
    """
    from zoneinfo import ZoneInfo, available_timezones

    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError):
        pass
    wanted = text.strip().replace(" ", "_").lower()
    cities = [
        name for name in available_timezones() if wanted in (name.lower(), name.lower().rpartition("/")[2])
    ]
    if len(cities) == 1:
        return cities[0]
    raise BadInput("timezone-bad", text=text[:40])
