"""THE table of commands."""

from __future__ import annotations

from collections.abc import Sequence

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
        spanish=("comprobar",),
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
        spanish=("explicar",),
        handler="bot.commands.explain:explain",
        form="text",
        options=(Option(name="text", kind="text"),),
    ),
    Command(
        path=("trace",),
        spanish=("rastrear",),
        handler="bot.commands.trace:trace",
        form="text",
        options=(Option(name="text", kind="text"),),
    ),
    Command(
        path=("keys",),
        spanish=("claves",),
        handler="bot.commands.keys:keys",
        probes=True,
        options=(Option(name="address", kind="address"),),
    ),
    Command(
        path=("history",),
        spanish=("historial",),
        handler="bot.commands.history:history",
        options=(
            _WATCH,
            Option(name="days", kind="number", required=False, keyword="days", flag="--days"),
            Option(name="png", kind="file", required=False, flag="--png"),
        ),
    ),
    Command(
        path=("watch", "add"),
        spanish=("añadir", "anadir", "agregar"),
        handler="bot.commands.watch_add:add",
        changes=True,
        options=(Option(name="target", kind="targets"), _EVERY, _VANTAGE, _FAILURES, _KIND),
    ),
    Command(path=("watch", "list"), spanish=("lista", "listar"), handler="bot.commands.watch:list_"),
    Command(
        path=("watch", "show"),
        spanish=("mostrar", "muestra", "ver"),
        handler="bot.commands.watch:show",
        options=(_WATCH,),
    ),
    Command(
        path=("watch", "edit"),
        spanish=("editar", "cambiar"),
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
    Command(
        path=("watch", "pause"),
        spanish=("pausar", "pausa"),
        handler="bot.commands.watch:pause",
        changes=True,
        options=(_WATCH,),
    ),
    Command(
        path=("watch", "resume"),
        spanish=("reanudar", "reanuda"),
        handler="bot.commands.watch:resume",
        changes=True,
        options=(_WATCH,),
    ),
    Command(
        path=("watch", "remove"),
        spanish=("quitar", "eliminar", "borrar"),
        handler="bot.commands.watch:remove",
        changes=True,
        confirm=True,
        options=(_WATCH,),
    ),
    Command(
        path=("watch", "ack"),
        spanish=("reconocer", "atender"),
        handler="bot.commands.watch_quiet:acknowledge",
        changes=True,
        options=(_WATCH, Option(name="reason", kind="text", required=False)),
    ),
    Command(
        path=("watch", "mute"),
        spanish=("silenciar", "silencia", "silencio"),
        handler="bot.commands.watch_quiet:mute",
        changes=True,
        options=(_WATCH, Option(name="time", kind="text", required=False)),
    ),
    Command(
        path=("watch", "maintenance"),
        spanish=("mantenimiento",),
        handler="bot.commands.watch_quiet:maintenance",
        changes=True,
        options=(_WATCH, Option(name="window", kind="text", required=False)),
    ),
    Command(
        path=("watch", "export"),
        spanish=("exportar",),
        handler="bot.commands.watch_files:export",
        options=(Option(name="format", kind="choice", required=False, choices=("csv", "json")),),
    ),
    Command(
        path=("watch", "import"),
        spanish=("importar",),
        handler="bot.commands.watch_files:import_",
        changes=True,
        form="text",
        options=(Option(name="text", kind="text"),),
    ),
    Command(
        path=("report", "add"),
        spanish=("añadir", "anadir", "agregar"),
        handler="bot.commands.report:add",
        changes=True,
        options=(
            Option(name="when", kind="schedule"),
            Option(name="timezone", kind="timezone", required=False, flag="--timezone"),
            Option(name="targets", kind="targets", required=False, keyword="for", flag="--for"),
        ),
    ),
    Command(path=("report", "list"), spanish=("lista", "listar"), handler="bot.commands.report:list_"),
    Command(
        path=("report", "run"),
        spanish=("ejecutar", "ejecuta", "ahora"),
        handler="bot.commands.report:run",
        probes=True,
        options=(_REPORT, Option(name="format", kind="choice", required=False, choices=("csv",))),
    ),
    Command(
        path=("report", "pause"),
        spanish=("pausar", "pausa"),
        handler="bot.commands.report:pause",
        changes=True,
        options=(_REPORT,),
    ),
    Command(
        path=("report", "resume"),
        spanish=("reanudar", "reanuda"),
        handler="bot.commands.report:resume",
        changes=True,
        options=(_REPORT,),
    ),
    Command(
        path=("report", "remove"),
        spanish=("quitar", "eliminar", "borrar"),
        handler="bot.commands.report:remove",
        changes=True,
        confirm=True,
        options=(_REPORT,),
    ),
    Command(
        path=("settings", "language"),
        spanish=("idioma", "lengua"),
        handler="bot.commands.channel:language",
        changes=True,
        options=(Option(name="value", kind="language"),),
    ),
    Command(
        path=("settings", "timezone"),
        spanish=("zona", "zona-horaria", "huso"),
        handler="bot.commands.channel:timezone",
        changes=True,
        options=(Option(name="value", kind="timezone"),),
    ),
    Command(
        path=("settings", "alerts"),
        spanish=("alertas", "avisos"),
        handler="bot.commands.channel:alerts",
        changes=True,
        options=(Option(name="value", kind="choice", choices=("on", "off")),),
    ),
    Command(
        path=("audit",),
        spanish=("auditoría", "auditoria"),
        handler="bot.commands.channel:audit",
        guarded=True,
        private=True,
    ),
    Command(
        path=("help",),
        spanish=("ayuda",),
        handler="bot.commands.help:help_",
        options=(Option(name="command", kind="command", required=False),),
    ),
    Command(path=("status",), spanish=("estado",), handler="bot.commands.status:status"),
    Command(
        path=("why",),
        handler="bot.commands.help:why",
        private=True,
        options=(Option(name="command", kind="command", required=False),),
    ),
)

# Groups in Spanish.
GROUPS_IN_SPANISH = {
    "vigilancia": "watch", "vigilancias": "watch", "informe": "report", "informes": "report",
    "ajustes": "settings",
}  # fmt: skip

BY_PATH: dict[tuple[str, ...], Command] = {command.path: command for command in COMMANDS}
GROUPS: tuple[str, ...] = tuple(
    dict.fromkeys(command.path[0] for command in COMMANDS if len(command.path) == 2)
)
FIRST_WORDS: tuple[str, ...] = tuple(dict.fromkeys(command.path[0] for command in COMMANDS))
_BY_WORDS: dict[tuple[str, ...], Command] = {
    (*command.path[:-1], word): command
    for command in COMMANDS
    for word in (command.path[-1], *command.spanish)
}


def english_group(word: str) -> str:
    """The name of a group that was named in Spanish; any other word as it is."""
    return GROUPS_IN_SPANISH.get(word, word)


def command_of(words: Sequence[str]) -> Command | None:
    """The command that words in lower case begin with, in English or in Spanish.

    A Spanish word for a command of one word counts only where it stands alone: "claves de Gmail" is a
    question, and "watch pausar #3" is none.
    """
    if not words:
        return None
    two = (english_group(words[0]), *words[1:2])
    alone = _BY_WORDS.get(two[:1]) if len(words) == 1 else BY_PATH.get(two[:1])
    return (_BY_WORDS.get(two) if len(two) == 2 else None) or alone


def second_words(group: str) -> dict[str, str]:
    """Every second word of a group, in both languages, and its English one."""
    return {
        words[1]: command.path[1]
        for words, command in _BY_WORDS.items()
        if words[0] == group and len(words) == 2
    }
