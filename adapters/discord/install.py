"""The addresses that add Mailport to a server or to oneself, in deploy/ (`make generate`)."""

from __future__ import annotations

import json
from collections.abc import Mapping

import discord

from adapters.discord.client import intents

AUTHORIZE = "https://discord.com/oauth2/authorize"
PLACEHOLDER = "YOUR_APPLICATION_ID"
SERVER_SCOPES = ("bot", "applications.commands")
PERSON_SCOPES = ("applications.commands",)
# What each is for stands in docs/discord.md too; a test keeps the two in step.
PERMISSIONS: Mapping[str, str] = {
    "view_channel": "read a mention, post alerts and reports",
    "send_messages": "answer a mention, post alerts and reports",
    "send_messages_in_threads": "the same in threads",
    "embed_links": "answers are embeds",
    "attach_files": "charts, exports and long answers as files",
    "read_message_history": "answer as a reply to what was asked",
}


def permissions_value() -> int:
    """The integer of Discord's permission bits."""
    return discord.Permissions(**dict.fromkeys(PERMISSIONS, True)).value


def server_address(application: str = PLACEHOLDER) -> str:
    """Adds Mailport to a server."""
    scopes = "+".join(SERVER_SCOPES)
    return (
        f"{AUTHORIZE}?client_id={application}&integration_type=0"
        f"&scope={scopes}&permissions={permissions_value()}"
    )


def person_address(application: str = PLACEHOLDER) -> str:
    """Adds Mailport to a person, who can then use it everywhere."""
    return f"{AUTHORIZE}?client_id={application}&integration_type=1&scope={'+'.join(PERSON_SCOPES)}"


def files() -> Mapping[str, str]:
    """The generated files, by path."""
    install = {
        "server": server_address(),
        "person": person_address(),
        "permissions": {"value": str(permissions_value()), "for": dict(PERMISSIONS)},
        "intents": {"value": intents().value, "names": [name for name, on in intents() if on]},
    }
    return {"deploy/discord-install.json": json.dumps(install, indent=2, ensure_ascii=False) + "\n"}
