"""Slack's documented block limits, checked as strictly as the documents say; slack_sdk's validators too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import Block

Json = dict[str, Any]
KNOWN = {
    "section", "header", "divider", "context", "actions", "image", "input", "rich_text", "table",
    "data_visualization",
}  # fmt: skip
ALIVE = re.compile(r"<[!@#]|<(?:https?|mailto|tel):")


def faults(blocks: object, *, limit: int = 50, natives: bool = True) -> list[str]:
    """What Slack would refuse in these blocks; empty when it takes them."""
    if not isinstance(blocks, list):
        return ["blocks is no list"]
    found = [f"{len(blocks)} blocks"] if len(blocks) > limit else []
    if len(json.dumps(blocks, ensure_ascii=False)) > 13_200 and limit == 50:
        found.append("msg_blocks_too_long")
    if sum(block.get("type") == "table" for block in blocks) > 1:
        found.append("two tables")
    if sum(block.get("type") == "data_visualization" for block in blocks) > 2:
        found.append("three charts")
    for block in blocks:
        found += [f"{block.get('type')}: {fault}" for fault in _block(block, natives=natives)]
    block_ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(block_ids)) < len(block_ids) or any(len(name) > 255 for name in block_ids):
        found.append("block ids repeat or are too long")
    ids = [element["action_id"] for block in blocks for element in block.get("elements", ())
           if isinstance(element, dict) and "action_id" in element]  # fmt: skip
    return [*found, "action ids repeat"] if len(set(ids)) < len(ids) else found


def view_faults(view: Json, kind: str) -> list[str]:
    """What Slack would refuse in a modal or a Home tab."""
    found = faults(view.get("blocks"), limit=100)
    if view.get("type") != kind:
        found.append("type")
    if kind == "modal":
        found += [
            f"{name} over 24 or not plain"
            for name in ("title", "submit", "close")
            if name in view and (len(view[name]["text"]) > 24 or view[name]["type"] != "plain_text")
        ]
        inputs = any(block["type"] == "input" for block in view["blocks"])
        if "title" not in view or (inputs and "submit" not in view):
            found.append("title or submit is missing")
    if len(view.get("callback_id", "")) > 255 or len(view.get("private_metadata", "")) > 3000:
        found.append("callback_id over 255 or private_metadata over 3000")
    return found


def _block(block: Json, *, natives: bool) -> Iterator[str]:
    kind = block.get("type")
    if kind not in KNOWN or (not natives and kind in ("table", "data_visualization")):
        yield "unknown type"
        return
    for text in _text_objects(block):
        if not text.get("text"):
            yield "empty text"
        if len(text.get("text", "")) > 3000:
            yield "text over 3000"
    match kind:
        case "header":
            if len(block["text"]["text"]) > 150 or block["text"]["type"] != "plain_text":
                yield "bad header"
        case "section":
            if "text" not in block and "fields" not in block:
                yield "no text"
        case "context":
            if not 1 <= len(block["elements"]) <= 10:
                yield "elements"
        case "actions":
            yield from _actions(block)
        case "rich_text":
            yield from _rich(block)
        case "input":
            yield from _input(block)
        case "table":
            yield from _table(block)
        case "data_visualization":
            yield from _chart(block)
        case _:
            pass
    if kind != "data_visualization":  # slack_sdk has no class for it
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()


def _text_objects(node: object) -> Iterator[Json]:
    if isinstance(node, dict):
        if node.get("type") in ("plain_text", "mrkdwn", "text", "raw_text"):
            yield node
        for value in node.values():
            yield from _text_objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _text_objects(value)


def _actions(block: Json) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= 25:
        yield "elements"
    for element in block["elements"]:
        if len(element["text"]["text"]) > 75:
            yield "label over 75"
        if len(element.get("value", "")) > 2000 or len(element["action_id"]) > 255:
            yield "value over 2000"
        if element.get("style", "primary") not in ("primary", "danger"):
            yield "style"


def _input(block: Json) -> Iterator[str]:
    element = block["element"]
    if len(block["label"]["text"]) > 2000 or block["label"]["type"] != "plain_text":
        yield "label"
    if element["type"] not in ("plain_text_input", "conversations_select"):
        yield f"element {element['type']}"
    if not 1 <= element.get("max_length", 1) <= 3000:
        yield "max_length over 3000"


def _rich(block: Json) -> Iterator[str]:
    kinds = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
    if not block.get("elements"):
        yield "empty"
    for element in block.get("elements", ()):
        if element["type"] not in kinds or not element.get("elements"):
            yield f"bad element {element['type']}"


def _table(block: Json) -> Iterator[str]:
    rows = block["rows"]
    if not 1 <= len(rows) <= 100 or any(not 1 <= len(row) <= 20 for row in rows):
        yield "size"
    if len({len(row) for row in rows}) > 1:
        yield "ragged rows"


def _chart(block: Json) -> Iterator[str]:
    chart = block["chart"]
    categories = chart["axis_config"]["categories"]
    if not 1 <= len(block["title"]) <= 50:
        yield "title"
    if len(set(categories)) < len(categories) or any(not 1 <= len(name) <= 20 for name in categories):
        yield "categories"
    if not 1 <= len(chart["series"]) <= 6:
        yield "series"
    for series in chart["series"]:
        if not 1 <= len(series["data"]) <= 20 or len(series["name"]) > 20:
            yield "data"
        if [point["label"] for point in series["data"]] != categories:
            yield "labels differ from categories"


def words_of(message: Json) -> str:
    """All that a person reads in a message, from its blocks."""
    return "".join(_words(message.get("blocks") or [])) or str(message.get("text", ""))


def _words(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for value in node:
            yield from _words(value)
            if isinstance(value, dict) and value.get("type") not in ("text", "link"):
                yield "\n"
    elif isinstance(node, dict):
        text = node.get("text")
        if isinstance(text, str):
            yield text
        elif text is not None:
            yield from _words(text)
        for name in ("elements", "rows", "title"):
            if name in node:
                yield from _words(node[name]) if not isinstance(node[name], str) else (node[name],)


def living_texts(message: Json) -> list[str]:
    """Texts in which Slack (or a careless integration) would find a mention or a link of others'."""
    alive = [text["text"] for text in _text_objects(message.get("blocks") or []) if _is_alive(text)]
    text = str(message.get("text", ""))
    return alive + ([text] if ALIVE.search(text) or _calls_everyone(text) else [])


def _is_alive(node: Json) -> bool:
    text = node["text"]
    own = re.sub(r"<https://(?!evil)[^|<>\s]+\|[^<>]*>", "", text) if node["type"] == "mrkdwn" else text
    return bool(ALIVE.search(own)) or _calls_everyone(own)


def _calls_everyone(text: str) -> bool:
    return bool(re.search(r"@(?:channel|here|everyone)\b", text))
