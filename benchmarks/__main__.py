"""`make bench`: every table, one after the other."""

from __future__ import annotations

from benchmarks import (
    chart,
    command_line,
    discord_burst,
    discord_path,
    dispatch,
    domain,
    history,
    probe,
    probe_delayed,
    real_sweep,
    schedules,
    serve,
    slack_burst,
    slack_path,
    sweep,
)

for module in (
    command_line,
    dispatch,
    probe,
    probe_delayed,
    domain,
    slack_path,
    slack_burst,
    discord_path,
    discord_burst,
    chart,
    schedules,
    serve,
    sweep,
    real_sweep,
    history,
):
    print(f"\n{(module.__doc__ or '').strip()}")
    module.main()
