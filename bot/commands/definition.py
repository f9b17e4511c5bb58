"""How a command is declared, and what its handler gets.

A command is declared once, in `catalog.py`; the Slack parser and manifest, Discord's command tree,
the command line, the help and the generated documentation all follow from that entry. Handlers are
named by module and function, and imported when first run, so that knowing the commands costs nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module

from bot.model.value import field, frozen
from bot.typed import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from bot.cards.model import Reply
    from bot.model.request import Language, Request
    from bot.ports import Progress, Tools

Kind = Literal[
    "text",  # the rest of the line
    "target",
    "ports",
    "address",
    "interval",
    "schedule",
    "timezone",
    "targets",
    "number",
    "id",  # "#3" or "3": a watch's or report's short number
    "watch",  # a short number or a watched target
    "language",
    "choice",
    "duration",
    "file",
    "flag",
    "command",
]

# Kinds whose text is the value; of the others `values.py` makes one.
AS_TYPED: frozenset[Kind] = frozenset(("text", "schedule", "watch", "file", "flag", "command"))

T = TypeVar("T")


@frozen(kw_only=True)
class Option:
    """One option of a command.

    Attributes:
        name: As in Discord and on the command line.
        kind: Decides how text becomes a value, and what is completed.
        keyword: The word that introduces it in chat ("every", "for", "from"); None for a positional one.
        flag: Command line only by this name (`--ports`); None when it is positional there too.
        choices: For kind "choice".
    """

    name: str
    kind: Kind
    required: bool = True
    keyword: str | None = None
    flag: str | None = None
    choices: tuple[str, ...] = ()


@frozen(kw_only=True)
class Command:
    """One command.

    Attributes:
        path: ("check",) or ("watch", "add"). Sentences: `command.<path joined by ->.summary`, `.example`
            and `.option-<name>`.
        handler: "bot.commands.check:check".
        probes: Opens connections to other machines: counts against the budget, shows progress.
        changes: Changes what is stored: needs a right, is written to the audit log.
        guarded: Shows what is not for everybody: needs the same right.
        confirm: Asks first (only what removes).
        private: The answer is for the asker only.
        chat: Offered in chat.
        form: The one option that a modal asks for when it is missing ("text" of trace).
        spanish: What the last word of the path may be called in Spanish, with and without accents.
    """

    path: tuple[str, ...]
    handler: str
    options: tuple[Option, ...] = ()
    probes: bool = False
    changes: bool = False
    guarded: bool = False
    confirm: bool = False
    private: bool = False
    chat: bool = True
    form: str | None = None
    spanish: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The words of the path."""
        return " ".join(self.path)

    @property
    def form_options(self) -> list[Option]:
        """What a chat platform's form asks for: the long text, or what a watch needs."""
        if self.form is not None:
            return [self.option(self.form)]
        return [option for option in self.options if option.name in ("target", "every")]

    @property
    def key(self) -> str:
        """The path in sentence keys."""
        return "command." + "-".join(self.path)

    def option(self, name: str) -> Option:
        """The option of that name."""
        return next(option for option in self.options if option.name == name)


@frozen(kw_only=True)
class Call:
    """What a handler gets.

    Attributes:
        values: Parsed option values by name; absent options are absent.
        language: To answer in.
        progress: Shows an intermediate state; harmless to call often.
        timezone: IANA name that holds here.
    """

    request: Request
    command: Command
    tools: Tools
    language: Language
    timezone: str
    progress: Progress
    values: Mapping[str, object] = field(default_factory=dict)

    def get(self, name: str, kind: type[T]) -> T | None:
        """The value of an option, None when it was not given."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, kind):
            raise TypeError(
                f"option {name} of {self.command.name} is {type(value).__name__}, not {kind.__name__}"
            )
        return value

    def need(self, name: str, kind: type[T]) -> T:
        """The value of an option that the parser made sure of."""
        value = self.get(name, kind)
        if value is None:
            raise TypeError(f"option {name} of {self.command.name} is missing")
        return value


Handler = Callable[["Call"], Awaitable["Reply"]]


def load_handler(command: Command) -> Handler:
    """Import the handler of a command."""
    module, _, function = command.handler.partition(":")
    handler: Handler = getattr(import_module(module), function)
    return handler
