"""What Discord refuses in a body, by its documentation: limits, and its own OpenAPI document where there is one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]

NAMES = ("discord-openapi.json", "MAILPORT_DISCORD_OPENAPI")
_COMMAND_NAME = re.compile(r"^[-_'\w]{1,32}$")
_PING = re.compile(r"@everyone|@here|<@[!&]?\d+>")


def openapi_path() -> Path | None:
    """Discord's OpenAPI document on this machine: named by MAILPORT_DISCORD_OPENAPI, or beside the checkout."""
    named = os.environ.get(NAMES[1])
    root = Path(__file__).resolve().parents[2]
    for path in (
        Path(named) if named else None,
        root.parent / "shared/data" / NAMES[0],
        root.parents[1] / "shared/data" / NAMES[0],
    ):
        if path is not None and path.is_file():
            return path
    return None


def units(text: str) -> int:
    """Length as clients count: UTF-16 units, the strictest reading of "characters"."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@cache
def _document() -> tuple[Json, Registry[Any]] | None:
    path = openapi_path()
    if path is None:
        return None
    document = json.loads(path.read_text("utf-8"))
    resource: Resource[Any] = Resource.from_contents(document, default_specification=DRAFT202012)
    return document, Registry().with_resource("discord", resource)


@cache
def _validator(reference: str) -> Draft202012Validator | None:
    known = _document()
    if known is None:
        return None
    return Draft202012Validator({"$ref": f"discord#{reference}"}, registry=known[1])


def schema_faults(method: str, template: str, body: Any) -> list[str]:
    """What Discord's OpenAPI document has against a body; nothing where the document is absent."""
    known = _document()
    if known is None:
        return []
    operation = known[0]["paths"].get(template, {}).get(method.lower())
    if operation is None:
        return [f"{method} {template} is no operation of Discord's"]
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return []
    path = template.replace("~", "~0").replace("/", "~1")
    pointer = f"/paths/{path}/{method.lower()}/requestBody/content/application~1json/schema"
    validator = _validator(pointer)
    assert validator is not None
    deepest = (best_match([error]) for error in validator.iter_errors(body))
    return [f"{error.json_path}: {error.message[-200:]}" for error in deepest if error is not None][:3]


def message_faults(body: Json, files: int = 0) -> list[str]:
    """Limits of a message."""
    wrong: list[str] = []
    _at_most(wrong, "content", body.get("content") or "", 2000)
    embeds = body.get("embeds") or []
    if len(embeds) > 10:
        wrong.append("embeds: Must be 10 or fewer in length.")
    total = 0
    for number, embed in enumerate(embeds):
        where = f"embeds.{number}"
        for name, limit in (("title", 256), ("description", 4096)):
            _at_most(wrong, f"{where}.{name}", embed.get(name) or "", limit)
            total += units(embed.get(name) or "")
        if not any(
            embed.get(name) for name in ("title", "description", "fields", "image", "author", "footer")
        ):
            wrong.append(f"{where}: an embed may not be empty")
        image = (embed.get("image") or {}).get("url", "")
        names = [one.get("filename") for one in body.get("attachments") or []]
        if image.startswith("attachment://") and image.removeprefix("attachment://") not in names:
            wrong.append(f"{where}.image.url: Referenced attachment not found in request")
    if total > 6000:
        wrong.append("embeds: Embed size exceeds maximum size of 6000")
    wrong += _component_faults(body.get("components") or [])
    listed = body.get("attachments")
    if files and listed is not None and len(listed) != files:
        wrong.append("attachments: number of files differs")
    if files > 10:
        wrong.append("files: Must be 10 or fewer in length.")
    if units(str(body.get("nonce") or "")) > 25:
        wrong.append("nonce: Must be 25 or fewer in length.")
    return wrong


def _component_faults(rows: list[Json]) -> list[str]:
    wrong: list[str] = []
    if len(rows) > 5:
        wrong.append("components: Must be between 1 and 5 in length.")
    names: list[str] = []
    for row in rows:
        parts = row.get("components") or []
        if row.get("type") != 1 or not 1 <= len(parts) <= 5:
            wrong.append("components: a row has one to five buttons")
        for button in parts:
            names.append(button.get("custom_id", ""))
            if not 1 <= units(button.get("custom_id", "")) <= 100:
                wrong.append("custom_id: Must be between 1 and 100 in length.")
            if not 1 <= units(button.get("label", "")) <= 80 or not button["label"].strip():
                wrong.append("label: Must be between 1 and 80 in length.")
    if len(set(names)) != len(names):
        wrong.append("components: Component custom id cannot be duplicated")
    return wrong


def modal_faults(data: Json) -> list[str]:
    """Limits of a form."""
    wrong: list[str] = []
    _at_most(wrong, "title", data.get("title") or "", 45)
    if not 1 <= len(data.get("components") or []) <= 5:
        wrong.append("components: Must be between 1 and 5 in length.")
    for one in data.get("components") or []:
        _at_most(wrong, "label", one.get("label") or "", 45)
        if (one.get("component") or {}).get("max_length", 1) > 4000:
            wrong.append("max_length: Must be 4000 or fewer.")
    return wrong


def command_faults(commands: Iterable[Json]) -> list[str]:
    """Limits of application commands."""
    wrong: list[str] = []
    for command in commands:
        if _size(command) > 8000:
            wrong.append(f"{command['name']}: Command exceeds maximum size (8000)")
        wrong += _command_faults(command)
    return wrong


def _command_faults(command: Json) -> list[str]:
    wrong: list[str] = []
    names = [command["name"], *(command.get("name_localizations") or {}).values()]
    lines = [command["description"], *(command.get("description_localizations") or {}).values()]
    wrong += [f"{name}: bad name" for name in names if not _COMMAND_NAME.match(name) or name != name.lower()]
    wrong += [f"{command['name']}: bad description" for line in lines if not 1 <= units(line) <= 100]
    options = command.get("options") or []
    if len(options) > 25:
        wrong.append(f"{command['name']}: more than 25 options")
    required = [bool(one.get("required")) for one in options]
    if required != sorted(required, reverse=True):
        wrong.append(f"{command['name']}: Required options must be placed before non-required options")
    for locale in ("", "es-ES", "es-419"):
        shown = [(one.get("name_localizations") or {}).get(locale, one["name"]) for one in options]
        if len(set(shown)) != len(shown):
            wrong.append(f"{command['name']}: names of options are not unique ({locale})")
    for one in options:
        if len(one.get("choices") or []) > 25 or (one.get("choices") and one.get("autocomplete")):
            wrong.append(f"{one['name']}: bad choices")
        wrong += _command_faults(one)
    return wrong


def _size(command: Json) -> int:
    """Names, descriptions and values, each with its longest localisation."""
    size = 0
    for name in ("name", "description"):
        translated = (command.get(f"{name}_localizations") or {}).values()
        size += max(units(one) for one in (command.get(name) or "", *translated))
    size += sum(units(one["name"]) + units(str(one["value"])) for one in command.get("choices") or [])
    return size + sum(_size(one) for one in command.get("options") or [])


def pings(body: Json) -> list[str]:
    """Whom a message would call: mentions in its content that `allowed_mentions` does not hold back."""
    found = _PING.findall(body.get("content") or "")
    allowed = body.get("allowed_mentions")
    if allowed is None:
        return found
    kinds = allowed.get("parse", [])
    return [
        one
        for one in found
        if ("everyone" in kinds and one in ("@everyone", "@here"))
        or ("roles" in kinds and one.startswith("<@&"))
        or ("users" in kinds and one.startswith("<@"))
    ]


def _at_most(wrong: list[str], name: str, text: str, limit: int) -> None:
    if units(text) > limit:
        wrong.append(f"{name}: Must be {limit} or fewer in length.")
