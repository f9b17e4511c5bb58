"""The Slack app manifests in deploy/, made from the command catalogue (`make generate`)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from adapters.slack.blocks import Json
from bot.commands.catalog import COMMANDS
from bot.i18n import say

# What each is for stands in docs/slack.md; a test keeps the two in step.
BOT_SCOPES: Mapping[str, str] = {
    "app_mentions:read": "answers to @Mailport",
    "assistant:write": "suggested questions in the assistant pane",
    "channels:history": "`!mailport` in threads; finding an alert that was sent already",
    "channels:read": "names of your public channels in the Home tab",
    "chat:write": "answers, alerts and reports",
    "chat:write.public": "alerts into public channels without being invited",
    "commands": "`/mailport`",
    "files:write": "charts, exports and long answers as files",
    "groups:history": "`!mailport` in threads of private channels",
    "groups:read": "names of your private channels in the Home tab",
    "im:history": "direct messages",
    "mpim:history": "`!mailport` in group messages",
    "usergroups:read": "user groups in `MAILPORT_SLACK_ADMINS`",
    "users:read": "who is an admin; a person's language",
}
BOT_EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "assistant_thread_context_changed",
    "assistant_thread_started",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "tokens_revoked",
)
PLACEHOLDER = "https://mailport.example.com"
PROMPTS = ("ports", "check", "error")


def make_manifest(public_url: str | None = None) -> Json:
    """A manifest for Socket Mode, or for HTTP mode at that address."""
    events: Json = {"bot_events": list(BOT_EVENTS)}
    interactivity: Json = {"is_enabled": True}
    command: Json = {
        "command": "/mailport",
        "description": say("en", "slack.manifest.command"),
        "usage_hint": _usage(),
        "should_escape": False,
    }
    scopes: Json = {"scopes": {"bot": list(BOT_SCOPES)}}
    if public_url is not None:
        address = f"{public_url}/slack/events"
        events = {"request_url": address, **events}
        interactivity["request_url"] = address
        command["url"] = address
        scopes["redirect_urls"] = [f"{public_url}/slack/oauth_redirect"]
    return {
        "display_information": {
            "name": "Mailport",
            "description": say("en", "slack.manifest.description"),
            "background_color": "#1b4965",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Mailport", "always_online": True},
            "slash_commands": [command],
            "assistant_view": {
                "assistant_description": say("en", "slack.manifest.description"),
                "suggested_prompts": prompts("en"),
            },
        },
        "oauth_config": scopes,
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": public_url is None,
            "token_rotation_enabled": False,
        },
    }


def prompts(language: str) -> list[Json]:
    """Questions to begin with, for the assistant pane."""
    return [
        {
            "title": say(language, f"slack.prompt.{name}-title"),
            "message": say(language, f"slack.prompt.{name}"),
        }
        for name in PROMPTS
    ]


def _usage() -> str:
    words = dict.fromkeys(command.path[0] for command in COMMANDS if command.chat)
    return " | ".join(words)


def manifests() -> Mapping[str, str]:
    """The generated files, by path."""
    return {
        "deploy/slack-manifest.json": _file(make_manifest()),
        "deploy/slack-manifest-http.json": _file(make_manifest(PLACEHOLDER)),
    }


def _file(manifest: Json) -> str:
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
