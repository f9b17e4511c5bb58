"""How a text from outside is written so that it stays one text, per syntax."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote

_SAFE_IN_SHELL = re.compile(r"[A-Za-z0-9@%+=:,./_-]+", re.ASCII)
_SAFE_IN_INI = re.compile(r"[^#;\"`$]*")


def double(text: str) -> str:
    r"""In double quotes with \ escapes: Python, JavaScript, Go, Java, C#."""
    return json.dumps(text, ensure_ascii=False)


def yaml(text: str) -> str:
    """YAML: a JSON string is one of its double-quoted ones."""
    return json.dumps(text, ensure_ascii=False)


def single(text: str) -> str:
    r"""In single quotes with \\ and \': PHP and Ruby, where nothing else means anything there."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def shell(text: str) -> str:
    """One word for a POSIX shell."""
    return text if _SAFE_IN_SHELL.fullmatch(text) else "'" + text.replace("'", "'\"'\"'") + "'"


def dotenv(text: str) -> str:
    """In double quotes of a `.env` file, where $ would be filled in."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'


def muttrc(text: str) -> str:
    """In double quotes of a muttrc, where $, back-quotes and backslashes mean something."""
    return '"' + re.sub(r'([\\"`$])', r"\\\1", text) + '"'


def properties(text: str) -> str:
    """A value of a Java `.properties` file."""
    return text.replace("\\", "\\\\")


def ini(text: str) -> str:
    """A value of Grafana's ini files, where # and ; begin comments."""
    return text if _SAFE_IN_INI.fullmatch(text) else f'"""{text}"""'


def url_part(text: str) -> str:
    """User or password of a URL."""
    return quote(text, safe="")


def xml(text: str) -> str:
    """Text between tags."""
    return html.escape(text, quote=False)


def xml_attribute(text: str) -> str:
    """An attribute's value with its quotes."""
    return f'"{html.escape(text)}"'
