"""THE table of commands."""

from __future__ import annotations

from bot.commands.definition import Command, Option

_TARGET = Option(name="target", kind="target")
_PORTS = Option(name="ports", kind="ports", required=False, flag="--ports")
_WATCH = Option(name="target", kind="watch")
_VANTAGE = Option(name="vantage", kind="text", required=False, keyword="from", flag="--from")
_REPORT = Option(name="id", kind="id")
_EVERY = Option(name="every", kind="interval", required=False, keyword="every", flag="--every")
_FAILURES = Option(name="failures", kind="number", required=False, keyword="failures", flag="--failures")
_KIND = Option(
    name="kind", kind="choice", required=False, keyword="as", flag="--as", choices=("domain", "host")
)

COMMANDS: tuple[Command, ...] = (
    Command(path=("ask",), handler="bot.commands.ask:ask", options=(Option(name="question", kind="text"),)),
    Command(
        path=("port",),
        handler="bot.commands.port:port",
        probes=True,
        options=(
            Option(name="target", kind="text"),
            # Before the program, which takes the rest of the line.
            Option(name="fresh", kind="flag", required=False, flag="--fresh"),
            Option(name="program", kind="text", required=False, keyword="for", flag="--for"),
        ),
    ),
    Command(
        path=("check",),
        handler="bot.commands.check:check",
        probes=True,
        options=(
            _TARGET,
            _PORTS,
            _KIND,
            Option(name="selectors", kind="text", required=False, keyword="selectors", flag="--selectors"),
            Option(name="fresh", kind="flag", required=False, flag="--fresh"),
            Option(name="details", kind="flag", required=False, flag="--details"),
        ),
    ),
    Command(
        path=("explain",),
        handler="bot.commands.explain:explain",
        form="text",
        options=(Option(name="text", kind="text"),),
    ),
    Command(
        path=("trace",),
        handler="bot.commands.trace:trace",
        form="text",
        options=(Option(name="text", kind="text"),),
    ),
    Command(
        path=("keys",),
        handler="bot.commands.keys:keys",
        probes=True,
        options=(Option(name="address", kind="address"),),
    ),
    Command(
        path=("history",),
        handler="bot.commands.history:history",
        options=(
            _WATCH,
            Option(name="days", kind="number", required=False, keyword="days", flag="--days"),
            Option(name="png", kind="file", required=False, flag="--png"),
        ),
    ),
    Command(
        path=("watch", "add"),
        handler="bot.commands.watch_add:add",
        changes=True,
        options=(Option(name="target", kind="targets"), _EVERY, _VANTAGE, _FAILURES, _KIND),
    ),
    Command(path=("watch", "list"), handler="bot.commands.watch:list_"),
    Command(path=("watch", "show"), handler="bot.commands.watch:show", options=(_WATCH,)),
    Command(
        path=("watch", "edit"),
        handler="bot.commands.watch_edit:edit",
        changes=True,
        options=(
            _WATCH,
            _EVERY,
            _FAILURES,
            Option(
                name="recoveries", kind="number", required=False, keyword="recoveries", flag="--recoveries"
            ),
            Option(name="reminder", kind="text", required=False, keyword="reminder", flag="--reminder"),
            Option(
                name="certificate", kind="text", required=False, keyword="certificate", flag="--certificate"
            ),
            Option(name="ignore", kind="text", required=False, keyword="ignore", flag="--ignore"),
            Option(name="alert", kind="text", required=False, keyword="alert", flag="--alert"),
            _KIND,
        ),
    ),
    Command(path=("watch", "pause"), handler="bot.commands.watch:pause", changes=True, options=(_WATCH,)),
    Command(path=("watch", "resume"), handler="bot.commands.watch:resume", changes=True, options=(_WATCH,)),
    Command(
        path=("watch", "remove"),
        handler="bot.commands.watch:remove",
        changes=True,
        confirm=True,
        options=(_WATCH,),
    ),
    Command(
        path=("watch", "ack"),
        handler="bot.commands.watch_quiet:acknowledge",
        changes=True,
        options=(_WATCH, Option(name="reason", kind="text", required=False)),
    ),
    Command(
        path=("watch", "mute"),
        handler="bot.commands.watch_quiet:mute",
        changes=True,
        options=(_WATCH, Option(name="time", kind="text", required=False)),
    ),
    Command(
        path=("watch", "maintenance"),
        handler="bot.commands.watch_quiet:maintenance",
        changes=True,
        options=(_WATCH, Option(name="window", kind="text", required=False)),
    ),
    Command(
        path=("watch", "export"),
        handler="bot.commands.watch_files:export",
        options=(Option(name="format", kind="choice", required=False, choices=("csv", "json")),),
    ),
    Command(
        path=("watch", "import"),
        handler="bot.commands.watch_files:import_",
        changes=True,
        form="text",
        options=(Option(name="text", kind="text"),),
    ),
    Command(
        path=("report", "add"),
        handler="bot.commands.report:add",
        changes=True,
        options=(
            Option(name="when", kind="schedule"),
            Option(name="timezone", kind="timezone", required=False, flag="--timezone"),
            Option(name="targets", kind="targets", required=False, keyword="for", flag="--for"),
        ),
    ),
    Command(path=("report", "list"), handler="bot.commands.report:list_"),
    Command(
        path=("report", "run"),
        handler="bot.commands.report:run",
        probes=True,
        options=(_REPORT, Option(name="format", kind="choice", required=False, choices=("csv",))),
    ),
    Command(
        path=("report", "pause"),
        handler="bot.commands.report:pause",
        changes=True,
        options=(_REPORT,),
    ),
    Command(
        path=("report", "resume"),
        handler="bot.commands.report:resume",
        changes=True,
        options=(_REPORT,),
    ),
    Command(
        path=("report", "remove"),
        handler="bot.commands.report:remove",
        changes=True,
        confirm=True,
        options=(_REPORT,),
    ),
    Command(
        path=("settings", "language"),
        handler="bot.commands.channel:language",
        changes=True,
        options=(Option(name="value", kind="language"),),
    ),
    Command(
        path=("settings", "timezone"),
        handler="bot.commands.channel:timezone",
        changes=True,
        options=(Option(name="value", kind="timezone"),),
    ),
    Command(
        path=("settings", "alerts"),
        handler="bot.commands.channel:alerts",
        changes=True,
        options=(Option(name="value", kind="choice", choices=("on", "off")),),
    ),
    Command(path=("audit",), handler="bot.commands.channel:audit", guarded=True, private=True),
    Command(
        path=("help",),
        handler="bot.commands.help:help_",
        options=(Option(name="command", kind="command", required=False),),
    ),
    Command(path=("status",), handler="bot.commands.status:status"),
    Command(
        path=("why",),
        handler="bot.commands.help:why",
        private=True,
        options=(Option(name="command", kind="command", required=False),),
    ),
)

BY_PATH: dict[tuple[str, ...], Command] = {command.path: command for command in COMMANDS}
GROUPS: tuple[str, ...] = tuple(
    dict.fromkeys(command.path[0] for command in COMMANDS if len(command.path) == 2)
)
FIRST_WORDS: tuple[str, ...] = tuple(dict.fromkeys(command.path[0] for command in COMMANDS))
