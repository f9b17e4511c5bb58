"""`make bench`: every table, one after the other."""

from __future__ import annotations

from benchmarks import (
    chart,
    command_line,
    discord_burst,
    discord_path,
    dispatch,
    domain,
    probe,
    probe_delayed,
    schedules,
    serve,
    slack_path,
)

for module in (
    command_line,
    dispatch,
    probe,
    probe_delayed,
    domain,
    slack_path,
    discord_path,
    discord_burst,
    chart,
    schedules,
    serve,
):
    print(f"\n{(module.__doc__ or '').strip()}")
    module.main()
