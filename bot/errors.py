"""What Mailport raises on purpose.

    MailportError            a sentence for the asker: a catalogue key and its details
    |-- BadInput             what was typed cannot be understood (exit status 2)
    |-- TargetRefused        it may not be probed from here (exit status 2)
    |-- NotAllowed           this person may not do that here
    |-- SlowDown             too many requests
    |-- NotFound             no such watch, report, command ...
    `-- Unavailable          something Mailport itself needs does not work now (exit status 3)
    RemoteMisbehaved         a server broke its protocol: a result for the probe, never for the asker

A MailportError carries no finished sentence. It carries the key of one (`error.<key>` in `bot/i18n`)
and the details for it, so that it is said in the asker's language, once, at the very end.
"""

from __future__ import annotations


class MailportError(Exception):
    """Something to be told to the asker in one clear line.

    Attributes:
        key: Names the sentence `error.<key>` in every language.
        details: What the sentence's placeholders are filled with. May hold text from users
            or servers; renderers escape it.
    """

    exit_status = 2

    def __init__(self, key: str, **details: object) -> None:
        super().__init__(key, details)
        self.key = key
        self.details: dict[str, object] = details

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.details.items())
        return f"{self.key}({inside})"


class BadInput(MailportError):
    """The words cannot be understood; says what would be right."""


class TargetRefused(MailportError):
    """The target may not be probed: not public, or not a mail port."""


class NotAllowed(MailportError):
    """This person may not do that in this place."""


class SlowDown(MailportError):
    """More requests than the place or the person has left; `seconds` says how long to wait."""


class NotFound(MailportError):
    """No such watch, report or command here."""


class Unavailable(MailportError):
    """Mailport's own database, resolver or platform does not work now."""

    exit_status = 3


class RemoteMisbehaved(Exception):
    """A server said something that its protocol does not allow."""
