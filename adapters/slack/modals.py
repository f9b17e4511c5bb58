"""Modals: one per command that needs a long text, and one to add a watch. Pure.

A modal opens within three seconds or not at all, so an empty one is opened at once and filled in when
the language of the place is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.slack import limits
from adapters.slack.blocks import Json
from adapters.slack.inbox import Asked
from adapters.slack.markup import defused, read_typed, shortened
from bot.cards.failure import failure_card
from bot.cards.model import Button, Card, Paragraph, rich
from bot.cards.plaintext import text_of
from bot.commands.catalog import BY_PATH
from bot.commands.definition import Command, Option
from bot.commands.values import read_value
from bot.errors import BadInput, MailportError
from bot.i18n import say, template

CALLBACK = "mailport.form"
# An input of Slack's takes 3,000 characters at most; headers of a message are often longer.
TEXT_PARTS = 3
ECHO_CHARACTERS = 80


def loading_view(language: str, path: tuple[str, ...]) -> Json:
    """What opens at once."""
    return _view(language, path, [_words(say(language, "slack.form.loading"))], {}, submit=False)


def form_view(language: str, asked: Asked, path: tuple[str, ...]) -> Json:
    """The form of a command; where the answer goes travels in its metadata."""
    command = BY_PATH[path]
    blocks = [_words(say(language, f"{command.key}.summary"))]
    for option in command.form_options:
        blocks.extend(_inputs(language, command, option))
    if asked.channel.startswith(("U", "W")) and command.changes:
        blocks.append(_channel_input(language))  # opened in the Home tab, which is no channel
    kept = {"channel": asked.channel, "thread": asked.thread, "response_url": asked.response_url}
    return _view(language, path, blocks, kept, submit=True)


def _inputs(language: str, command: Command, option: Option) -> list[Json]:
    long = option.name == command.form
    made = []
    for part in range(TEXT_PARTS if long else 1):
        label = say(language, f"{command.key}.option-{option.name}")
        if part:
            label = say(language, "slack.form.continued", label=label, part=part + 1)
        element: Json = {
            "type": "plain_text_input",
            "action_id": "value",
            "multiline": long,
            "max_length": limits.INPUT_CHARACTERS if long else 300,
        }
        made.append(
            {
                "type": "input",
                "block_id": f"{option.name}.{part}",
                "optional": bool(part) or not option.required,
                "label": {"type": "plain_text", "text": shortened(label, 150), "emoji": False},
                "element": element,
            }
        )
    return made


def _channel_input(language: str) -> Json:
    return {
        "type": "input",
        "block_id": "channel.0",
        "label": _plain(say(language, "slack.form.channel"), 150),
        "element": {
            "type": "conversations_select",
            "action_id": "value",
            "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        },
    }


def _view(
    language: str, path: tuple[str, ...], blocks: list[Json], kept: Mapping[str, Any], *, submit: bool
) -> Json:
    title = say(language, f"slack.form.title-{'-'.join(path)}")
    view: Json = {
        "type": "modal",
        "callback_id": f"{CALLBACK}.{'-'.join(path)}",
        "title": _plain(title, limits.VIEW_TITLE_CHARACTERS),
        "close": _plain(say(language, "slack.form.close"), limits.VIEW_TITLE_CHARACTERS),
        "blocks": blocks,
        "private_metadata": json.dumps(kept)[: limits.VIEW_METADATA_CHARACTERS],
    }
    if submit:
        view["submit"] = _plain(say(language, "slack.form.submit"), limits.VIEW_TITLE_CHARACTERS)
    return view


def _words(text: str) -> Json:
    return {"type": "section", "text": _plain(text, limits.SECTION_CHARACTERS)}


def _plain(text: str, limit: int) -> Json:
    return {"type": "plain_text", "text": shortened(defused(text), limit), "emoji": False}


def read_submission(body: Mapping[str, Any]) -> Asked | None:
    """What a submitted form asks; None when it is none of ours."""
    view = body.get("view")
    view = view if isinstance(view, Mapping) else {}
    path = tuple(str(view.get("callback_id", "")).removeprefix(f"{CALLBACK}.").split("-"))
    command = BY_PATH.get(path)
    user, kept = body.get("user"), _metadata(view.get("private_metadata"))
    person = user.get("id") if isinstance(user, Mapping) else None
    if command is None or not isinstance(person, str):
        return None
    team = body.get("team")
    arguments = _arguments(view)
    return Asked(
        team=str(team.get("id") or "") if isinstance(team, Mapping) else "",
        # From the Home tab there is no channel: the answer goes to the person.
        channel=arguments.pop("channel", "") or str(kept.get("channel") or person),
        person=person,
        command=path,
        arguments=arguments,
        thread=kept.get("thread") or None,
        response_url=kept.get("response_url") or None,
        once=f"view:{view.get('id')}:{view.get('hash')}" if view.get("id") else "",
        echo=_echo(command, next(iter(arguments.values()), "")),
    )


def _echo(command: Command, first: str) -> str:
    """What was asked, for the others in the channel; a pasted text would only be in the way."""
    return f"{command.name} {first}".strip() if len(first) <= ECHO_CHARACTERS else command.name


def _metadata(text: object) -> Mapping[str, Any]:
    try:
        kept = json.loads(text) if isinstance(text, str) and text else {}
    except ValueError:
        return {}
    return kept if isinstance(kept, Mapping) else {}


def _arguments(view: Mapping[str, Any]) -> dict[str, str]:
    """Values by option; the parts of a long text are put together again."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    made: dict[str, str] = {}
    for block_id, inputs in sorted(values.items()) if isinstance(values, Mapping) else ():
        name = str(block_id).partition(".")[0]
        for element in inputs.values() if isinstance(inputs, Mapping) else ():
            text = (
                element.get("value") or element.get("selected_conversation")
                if isinstance(element, Mapping)
                else None
            )
            if isinstance(text, str) and text.strip():
                made[name] = f"{made[name]}\n{text}" if name in made else text
    return {name: read_typed(text) if name != "text" else text for name, text in made.items()}


def faults(asked: Asked, language: str) -> dict[str, str]:
    """What is wrong with a form, by block: said in the form itself, before it closes."""
    command = BY_PATH[asked.command or ()]
    found: dict[str, str] = {}
    for option in command.form_options:
        text = asked.arguments.get(option.name, "").strip()
        problem: MailportError | None = None
        try:
            if text:
                read_value(option, text)
            elif option.required:
                problem = BadInput("option-missing", command=command.name, option=option.name)
        except MailportError as bad:
            problem = bad
        if problem is not None:
            found[f"{option.name}.0"] = shortened(failure_card(problem, language).summary, 150)
    return found


def late_form_card(language: str, path: tuple[str, ...]) -> Card:
    """What the asker reads when Slack opened no form: it has to come within three seconds."""
    command = BY_PATH[path]
    text = rich(
        template(language, "slack.form.late"),
        {"command": command.name, "example": say(language, f"{command.key}.example")},
    )
    again = Button(
        label=say(language, f"slack.form.title-{'-'.join(path)}"), command=command.name, style="primary"
    )
    return Card(
        title="",
        tone="unknown",
        blocks=(Paragraph(text),),
        buttons=(again,),
        summary=text_of(text, links=False),
        private=True,
        language=language,
    )
