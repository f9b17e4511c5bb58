"""What a configuration is made from, and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from bot.model.value import frozen
from bot.model.verdict import Setting

USER = "YOUR_USERNAME"
PASSWORD = "YOUR_PASSWORD"  # noqa: S105  # a placeholder
MAX_USER = 254


@frozen(kw_only=True)
class Server:
    """One server to use; `host` is a name or address literal, `implicit` TLS from the first byte."""

    host: str
    port: int
    implicit: bool

    @property
    def in_url(self) -> str:
        """`host:port` as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@frozen(kw_only=True)
class Account:
    """An account to be configured.

    Attributes:
        address: The sender, `you@domain` when nobody said who.
        user: Account name, hostile; the placeholder when it is not known.
        sending: Server for sending; only None for programs that need none.
        imap: Server for reading; only None for programs that need none.
    """

    domain: str
    address: str
    user: str
    sending: Server | None = None
    imap: Server | None = None
    pop3: Server | None = None

    @property
    def smtp(self) -> Server:
        """The server for sending, for programs that were checked to have one."""
        assert self.sending is not None
        return self.sending

    @property
    def reading(self) -> Server:
        """The IMAP server, for programs that were checked to have one."""
        assert self.imap is not None
        return self.imap


@frozen
class File:
    """One file of a configuration, or words to type.

    Attributes:
        name: Where it goes, such as "/etc/msmtprc".
        language: For colouring.
    """

    name: str
    text: str
    language: str = ""


Writer = Callable[[Account], tuple[File, ...]]
Need = Literal["submission", "imap"]


@frozen(kw_only=True)
class Program:
    """A program that can be configured.

    Attributes:
        id: What people type after `for`.
        name: Its own name.
        write: Makes its files.
        needs: Services without which there is nothing to write.
        aliases: Other words for it, lower case.
        carries: Whether an account name can be written in its syntax at all.
        kept_in: Where the password goes: into the file, an environment variable, or a dialog.
    """

    id: str
    name: str
    write: Writer
    needs: tuple[Need, ...] = ("submission",)
    aliases: tuple[str, ...] = ()
    carries: Callable[[str], bool] = lambda _: True
    kept_in: Literal["file", "environment", "dialog"] = "environment"


def account_for(domain: str, local_part: str | None, settings: Mapping[str, Setting | None]) -> Account:
    """The account of a discovery; who it is stays a placeholder where it is not known."""
    named = next((one.username for one in settings.values() if one and one.username), None)
    address = f"{local_part}@{domain}" if local_part else f"you@{domain}"
    if not _is_sound(address):
        address = f"you@{domain}"
    wanted = named or (f"{local_part}@{domain}" if local_part else USER)
    return Account(
        domain=domain,
        address=address,
        user=wanted if _is_sound(wanted) and "%" not in (named or "") else USER,
        sending=_server(settings.get("submission")),
        imap=_server(settings.get("imap")),
        pop3=_server(settings.get("pop3")),
    )


def _is_sound(text: str) -> bool:
    """One line of printable characters without blanks at its ends, of sensible length."""
    return 0 < len(text) <= MAX_USER and text.isprintable() and text == text.strip()


def _server(setting: Setting | None) -> Server | None:
    if setting is None:
        return None
    return Server(host=setting.host, port=setting.port, implicit=setting.security == "implicit")
