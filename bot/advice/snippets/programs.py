"""The list of programs, and the configuration of one of them."""

from __future__ import annotations

import difflib

from bot.advice.snippets import applications, clients, code, frameworks, servers
from bot.advice.snippets.account import USER, Account, File, Program
from bot.errors import BadInput
from bot.model.value import frozen, replace

PROGRAMS: tuple[Program, ...] = tuple(
    sorted(
        (
            *servers.PROGRAMS,
            *code.PROGRAMS,
            *frameworks.PROGRAMS,
            *applications.PROGRAMS,
            *clients.PROGRAMS,
        ),
        key=lambda one: one.id,
    )
)
# Offered as buttons: one for each kind of asker.
POPULAR = ("thunderbird", "python", "nodemailer", "php", "postfix")


@frozen
class Snippet:
    """A ready configuration.

    Attributes:
        missing: Services that the program needs and the domain has not; then there are no files.
        left_out: The account name cannot be written in the program's syntax, so a placeholder stands there.
    """

    program: Program
    files: tuple[File, ...] = ()
    missing: tuple[str, ...] = ()
    left_out: bool = False


def find_program(text: str) -> Program:
    """The program that a word names.

    Raises:
        BadInput: `program-unknown` with the list, or with the nearest one.
    """
    wanted = " ".join(text.lower().split()).strip("`'\".")
    for program in PROGRAMS:
        if wanted in (program.id, program.name.lower(), *program.aliases):
            return program
    known = ", ".join(program.id for program in PROGRAMS)
    every = {word: one.id for one in PROGRAMS for word in (one.id, *one.aliases)}
    near = difflib.get_close_matches(wanted, every, n=1, cutoff=0.75)
    if near:
        raise BadInput("program-near", text=text[:40], suggestion=every[near[0]], known=known)
    raise BadInput("program-unknown", text=text[:40], known=known)


def make_snippet(program: Program, account: Account) -> Snippet:
    """The files of a program for an account."""
    has = {"submission": account.sending is not None, "imap": account.imap is not None}
    missing = tuple(need for need in program.needs if not has[need])
    if missing:
        return Snippet(program, missing=missing)
    left_out = not program.carries(account.user)
    chosen = replace(account, user=USER) if left_out else account
    return Snippet(program, program.write(chosen), left_out=left_out)
