"""A strict Slack for tests: Web API, Socket Mode, response addresses, uploads; as its documents have them.

Refuses what Slack refuses, with Slack's words: unknown tokens, blocks over the limits, channels that we are
not in, triggers older than three seconds, response addresses used more than five times, WebSocket
addresses used twice. Delivers an envelope again that was not answered.
"""

from __future__ import annotations

import itertools
import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.support.loopback import free_port
from tests.support.slack_blocks import faults, view_faults
from tests.support.waiting import until

Json = dict[str, Any]
BOT_TOKEN, APP_TOKEN = "xoxb-stand-in", "xapp-stand-in"
TEAM, CHANNEL, OTHER_CHANNEL, DIRECT = "T1", "C1", "C2", "D1"
BOT_USER, BOT_ID, ADMIN, MEMBER = "UBOT", "BBOT", "UADMIN", "UMEMBER"


@dataclass
class ResponseAddress:
    """Five uses within thirty minutes."""

    channel: str
    person: str
    uses: int = 0
    last_ts: str | None = None
    born: float = field(default_factory=time.monotonic)


@dataclass
class SlackStandIn:
    """Start with `await standin.start()`; `api_url` goes into the settings."""

    tokens: dict[str, str] = field(default_factory=lambda: {BOT_TOKEN: TEAM})
    joined: set[str] = field(default_factory=lambda: {CHANNEL, OTHER_CHANNEL, DIRECT})
    admins: set[str] = field(default_factory=lambda: {ADMIN})
    groups: dict[str, list[str]] = field(default_factory=dict)
    locales: dict[str, str] = field(default_factory=dict)
    member_of: dict[str, list[str]] = field(default_factory=dict)
    natives: bool = True
    messages: list[Json] = field(default_factory=list)
    ephemerals: list[Json] = field(default_factory=list)
    edits: list[Json] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    views: list[Json] = field(default_factory=list)
    homes: dict[str, Json] = field(default_factory=dict)
    files: list[Json] = field(default_factory=list)
    prompts: list[Json] = field(default_factory=list)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    acks: dict[str, float] = field(default_factory=dict)
    ack_payloads: dict[str, Json] = field(default_factory=dict)
    refuse: dict[str, list[Callable[[], web.Response]]] = field(default_factory=dict)
    connections: set[int] = field(default_factory=set)
    links: list[web.WebSocketResponse] = field(default_factory=list)
    opened_links: int = 0
    mute: bool = False
    swallow: int = 0
    greets: bool = True
    without: set[str] = field(default_factory=set)
    channels: set[str] = field(
        default_factory=lambda: {CHANNEL, OTHER_CHANNEL, DIRECT, "CPRIVATE", "D1", "D2"}
    )
    burst: int | None = None
    refresh_tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ts = itertools.count(1)
        self._tickets: set[str] = set()
        self._addresses: dict[str, ResponseAddress] = {}
        self._triggers: dict[str, float] = {}
        self._exchanged: set[str] = set()
        self._uploads: dict[str, Json] = {}
        self._runner: web.AppRunner | None = None
        self.base = ""

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=30_000_000)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        app.router.add_post("/respond/{name}", self._respond)
        app.router.add_post("/upload/{name}", self._upload)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or free_port())
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    @property
    def api_url(self) -> str:
        return f"{self.base}/api/"

    async def stop(self) -> None:
        for link in self.links:
            await link.close()
        if self._runner is not None:
            await self._runner.cleanup()

    # ---- what Slack sends

    def address(self, channel: str = CHANNEL, person: str = MEMBER) -> str:
        name = uuid.uuid4().hex
        self._addresses[name] = ResponseAddress(channel, person)
        return f"{self.base}/respond/{name}"

    def trigger(self) -> str:
        name = f"{next(self._ts)}.{uuid.uuid4().hex[:8]}"
        self._triggers[name] = time.monotonic()
        return name

    def command(self, text: str, *, channel: str = CHANNEL, person: str = MEMBER, **more: str) -> Json:
        return {
            "command": "/mailport", "text": text, "team_id": TEAM, "team_domain": "stand-in",
            "channel_id": channel, "channel_name": "general", "user_id": person, "user_name": "somebody",
            "api_app_id": "A1", "token": "old", "is_enterprise_install": "false",
            "response_url": self.address(channel, person), "trigger_id": self.trigger(), **more,
        }  # fmt: skip

    def event(self, event: Json) -> Json:
        return {
            "token": "old", "team_id": TEAM, "api_app_id": "A1", "type": "event_callback",
            "event_id": f"Ev{uuid.uuid4().hex[:9]}", "event_time": 1, "is_ext_shared_channel": False,
            "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True,
                                "is_enterprise_install": False}],
            "event": {"event_ts": "1.1", **event},
        }  # fmt: skip

    def said(self, text: str, *, channel: str = CHANNEL, person: str = MEMBER, **more: Any) -> Json:
        kind = "im" if channel.startswith("D") else "channel"
        return {
            "type": "message", "user": person, "text": text, "ts": self.stamp(), "channel": channel,
            "channel_type": kind, "team": TEAM, **more,
        }  # fmt: skip

    def mention(self, text: str, **more: Any) -> Json:
        return {**self.said(f"<@{BOT_USER}> {text}", **more), "type": "app_mention"}

    def pressed(self, message: Json, number: int = 0, *, person: str = MEMBER, **more: Any) -> Json:
        button = [
            one for block in message["blocks"] if block["type"] == "actions" for one in block["elements"]
        ]
        channel = message.get("channel", CHANNEL)
        return {
            "type": "block_actions", "user": {"id": person, "team_id": TEAM}, "team": {"id": TEAM},
            "api_app_id": "A1", "trigger_id": self.trigger(), "channel": {"id": channel},
            "container": {"type": "message", "message_ts": message.get("ts"), "channel_id": channel},
            "message": {key: message[key] for key in ("ts", "thread_ts") if message.get(key)},
            "response_url": self.address(channel, person),
            "actions": [{"type": "button", "action_id": button[number]["action_id"], "block_id": "b",
                         "value": button[number]["value"], "action_ts": "1"}],
            **more,
        }  # fmt: skip

    def submitted(self, view: Json, values: dict[str, str], *, person: str = MEMBER) -> Json:
        state = {
            block["block_id"]: {"value": {"type": block["element"]["type"],
                                          _value_key(block): values.get(block["block_id"])}}
            for block in view["blocks"] if block["type"] == "input"
        }  # fmt: skip
        return {
            "type": "view_submission", "team": {"id": TEAM}, "user": {"id": person, "team_id": TEAM},
            "trigger_id": self.trigger(), "view": {**view, "hash": "h1", "state": {"values": state}},
        }  # fmt: skip

    def stamp(self) -> str:
        return f"1700000000.{next(self._ts):06d}"

    # ---- Socket Mode

    async def deliver(self, kind: str, payload: Json, envelope_id: str | None = None) -> str:
        """Send an envelope over the newest link."""
        link = await self.linked()
        envelope_id = envelope_id or str(uuid.uuid4())
        envelope = {"type": kind, "envelope_id": envelope_id, "payload": payload,
                    "accepts_response_payload": kind != "events_api"}  # fmt: skip
        await link.send_str(json.dumps(envelope))
        return envelope_id

    async def linked(self, at_least: int = 1) -> web.WebSocketResponse:
        await until(lambda: self.opened_links >= at_least and any(not link.closed for link in self.links))
        return next(link for link in reversed(self.links) if not link.closed)

    async def acked(self, envelope_id: str) -> None:
        await until(lambda: envelope_id in self.acks)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        link = web.WebSocketResponse(autoping=not self.mute)
        await link.prepare(request)
        self.links.append(link)
        if self.greets:
            await link.send_json(
                {"type": "hello", "num_connections": len(self.links), "connection_info": {"app_id": "A1"}}
            )
        self.opened_links += 1
        async for frame in link:
            if frame.type is WSMsgType.TEXT:
                said = json.loads(frame.data)
                self.acks.setdefault(said["envelope_id"], time.monotonic())
                if "payload" in said:
                    self.ack_payloads[said["envelope_id"]] = said["payload"]
        return link

    # ---- Web API

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.connections.add(id(request.transport))
        arguments = await _arguments(request)
        self.calls.append((method, arguments))
        if self.refuse.get(method):
            return self.refuse[method].pop(0)()
        if method in self.without:
            return web.Response(status=404, text="404: Not Found")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if method == "apps.connections.open":
            return self._open(token)
        if method == "oauth.v2.access":
            return self._access(arguments)
        if token not in self.tokens:
            return _error("invalid_auth")
        handler = getattr(self, "_do_" + method.replace(".", "_"), None)
        answer: web.Response = handler(arguments, self.tokens[token]) if handler else _error("unknown_method")
        return answer

    def _open(self, token: str) -> web.Response:
        if token != APP_TOKEN:
            return _error("invalid_auth")
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return _ok(url=f"{self.base.replace('http', 'ws')}/link?ticket={ticket}")

    def _access(self, arguments: Json) -> web.Response:
        if arguments.get("grant_type") == "refresh_token":
            return self._renew(arguments.get("refresh_token", ""))
        if arguments.get("code") == "org-code":
            self.tokens["xoxb-org"] = "T-ORG"
            return _ok(app_id="A1", access_token="xoxb-org", token_type="bot", scope="commands",
                       bot_user_id=BOT_USER, team=None, enterprise={"id": "E1", "name": "Org"},
                       is_enterprise_install=True, authed_user={"id": ADMIN})  # fmt: skip
        if arguments.get("code") != "good-code":
            return _error("invalid_code")
        self.tokens["xoxb-second"] = "T2"
        return _ok(app_id="A1", access_token="xoxb-second", token_type="bot", scope="commands",
                   bot_user_id=BOT_USER, team={"id": "T2", "name": "Second"}, enterprise=None,
                   is_enterprise_install=False, authed_user={"id": ADMIN})  # fmt: skip

    def _renew(self, used: str) -> web.Response:
        """A refresh token serves once."""
        if used not in self.refresh_tokens:
            return _error("invalid_refresh_token")
        team = self.refresh_tokens.pop(used)
        number = len(self.tokens)
        self.tokens[f"xoxe.xoxb-{number}"] = team
        self.refresh_tokens[f"xoxe-{number}"] = team
        return _ok(access_token=f"xoxe.xoxb-{number}", refresh_token=f"xoxe-{number}", expires_in=43_200,
                   token_type="bot", scope="commands", bot_user_id=BOT_USER, app_id="A1",
                   team={"id": team}, enterprise=None, is_enterprise_install=False)  # fmt: skip

    def _do_auth_test(self, _: Json, team: str) -> web.Response:
        return _ok(
            url="https://stand-in.slack.com/", team_id=team, user_id=BOT_USER, bot_id=BOT_ID, user="mailport"
        )

    def _do_chat_postMessage(self, arguments: Json, team: str) -> web.Response:  # noqa: N802
        refused = self._refused(arguments, "channel") or self._hurried()
        if refused is not None:
            return refused
        message = {**arguments, "ts": self.stamp(), "team": team}
        self.messages.append(message)
        if self.swallow:
            self.swallow -= 1
            return web.Response(status=504, text="gateway")
        return _ok(channel=arguments["channel"], ts=message["ts"], message=message)

    def _do_chat_postEphemeral(self, arguments: Json, _: str) -> web.Response:  # noqa: N802
        refused = self._refused(arguments, "channel", "user")
        if refused is not None:
            return refused
        self.ephemerals.append(arguments)
        return _ok(message_ts=self.stamp())

    def _do_chat_update(self, arguments: Json, _: str) -> web.Response:
        refused = self._refused(arguments, "channel", "ts")
        if refused is not None:
            return refused
        for message in self.messages:
            if message["ts"] == arguments["ts"] and message["channel"] == arguments["channel"]:
                if message.get("via") == "response_url":
                    return _error("cant_update_message")
                # A field that is left out stays as it was (docs.slack.dev, chat.update).
                message.update({key: arguments[key] for key in ("text", "blocks") if key in arguments})
                self.edits.append(arguments)
                return _ok(ts=arguments["ts"])
        return _error("message_not_found")

    def _do_chat_delete(self, arguments: Json, _: str) -> web.Response:
        before = len(self.messages)
        self.messages = [message for message in self.messages if message["ts"] != arguments["ts"]]
        self.deleted.append(arguments["ts"])
        return _ok() if len(self.messages) < before else _error("message_not_found")

    def _hurried(self) -> web.Response | None:
        """429 once the burst is used up: one more is let in per second (here: after one refusal)."""
        if self.burst is None:
            return None
        if self.burst > 0:
            self.burst -= 1
            return None
        self.burst = 1
        return too_many("0")

    def _refused(self, arguments: Json, *needed: str) -> web.Response | None:
        if any(not arguments.get(name) for name in needed):
            return _error("invalid_arguments")
        channel = arguments["channel"]
        if not channel.startswith("U") and channel not in self.channels | self.joined:
            return _error("channel_not_found")
        if channel not in self.joined and not channel.startswith("U"):
            return _error("not_in_channel")
        thread = arguments.get("thread_ts")
        if thread is not None and (not isinstance(thread, str) or not re.fullmatch(r"\d+\.\d+", thread)):
            return _error("invalid_thread_ts")
        if arguments.get("metadata") is not None and not _is_metadata(arguments["metadata"]):
            return _error("invalid_metadata_format")
        if not arguments.get("text") and not arguments.get("blocks"):
            return _error("no_text")
        if len(arguments.get("text") or "") > 40_000:
            return _error("msg_too_long")
        wrong = faults(arguments["blocks"], natives=self.natives) if arguments.get("blocks") else []
        return _error("invalid_blocks", response_metadata={"messages": wrong}) if wrong else None

    def _do_conversations_history(self, arguments: Json, _: str) -> web.Response:
        shown = [one for one in reversed(self.messages) if one["channel"] == arguments["channel"]]
        return _ok(messages=shown[: int(arguments.get("limit", 100))])

    def _do_conversations_replies(self, arguments: Json, _: str) -> web.Response:
        shown = [one for one in self.messages if arguments["ts"] in (one.get("thread_ts"), one["ts"])]
        return _ok(messages=shown)

    def _do_users_info(self, arguments: Json, team: str) -> web.Response:
        user = arguments["user"]
        return _ok(user={"id": user, "team_id": team, "is_admin": user in self.admins, "real_name": f"Person {user}", "profile": {"display_name": ""},
                         "locale": self.locales.get(user, "en-US")})  # fmt: skip

    def _do_users_conversations(self, arguments: Json, _: str) -> web.Response:
        names = self.member_of.get(arguments["user"], [])
        return _ok(channels=[{"id": name, "name": name.lower()} for name in names])

    def _do_usergroups_users_list(self, arguments: Json, _: str) -> web.Response:
        return _ok(users=self.groups.get(arguments["usergroup"], []))

    def _do_views_open(self, arguments: Json, _: str) -> web.Response:
        name = arguments.get("trigger_id", "")
        at = self._triggers.pop(name, None)
        if at is None:
            return _error("exchanged_trigger_id" if name in self._exchanged else "invalid_trigger_id")
        if time.monotonic() - at > 3.0:
            return _error("expired_trigger_id")
        self._exchanged.add(name)
        return self._view(arguments, f"V{len(self.views) + 1}")

    def _do_views_update(self, arguments: Json, _: str) -> web.Response:
        if not any(view["id"] == arguments.get("view_id") for view in self.views):
            return _error("not_found")
        return self._view(arguments, arguments["view_id"])

    def _view(self, arguments: Json, name: str) -> web.Response:
        wrong = view_faults(arguments["view"], "modal")
        if wrong:
            return _error("invalid_arguments", response_metadata={"messages": wrong})
        view = {**arguments["view"], "id": name}
        self.views.append(view)
        return _ok(view=view)

    def _do_views_publish(self, arguments: Json, _: str) -> web.Response:
        wrong = view_faults(arguments["view"], "home")
        if wrong:
            return _error("invalid_arguments", response_metadata={"messages": wrong})
        self.homes[arguments["user_id"]] = arguments["view"]
        return _ok(view=arguments["view"])

    def _do_assistant_threads_setSuggestedPrompts(self, arguments: Json, _: str) -> web.Response:  # noqa: N802
        if not 1 <= len(arguments.get("prompts") or ()) <= 4:
            return _error("invalid_arguments")
        self.prompts.append(arguments)
        return _ok()

    def _do_files_getUploadURLExternal(self, arguments: Json, _: str) -> web.Response:  # noqa: N802
        name = uuid.uuid4().hex
        self._uploads[name] = {"filename": arguments["filename"], "length": int(arguments["length"])}
        return _ok(upload_url=f"{self.base}/upload/{name}", file_id=name)

    async def _upload(self, request: web.Request) -> web.Response:
        upload = self._uploads[request.match_info["name"]]
        upload["content"] = await request.read()
        same = len(upload["content"]) == upload["length"]
        return web.Response(text=f"OK - {upload['length']}", status=200 if same else 400)

    def _do_files_completeUploadExternal(self, arguments: Json, _: str) -> web.Response:  # noqa: N802
        if arguments["channel_id"] not in self.joined:
            return _error("not_in_channel")
        for one in arguments["files"]:
            upload = self._uploads.pop(one["id"], None)
            if upload is None or "content" not in upload:
                return _error("file_not_found")
            self.files.append(
                {**upload, "channel": arguments["channel_id"], "thread": arguments.get("thread_ts")}
            )
        return _ok(files=arguments["files"])

    async def _respond(self, request: web.Request) -> web.Response:
        address = self._addresses.get(request.match_info["name"])
        body = await request.json()
        if self.refuse.get("response_url"):
            return self.refuse["response_url"].pop(0)()
        if address is None or time.monotonic() - address.born > 1800:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if address.uses >= 5:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        address.uses += 1
        if body.get("delete_original"):
            self.messages = [one for one in self.messages if one["ts"] != address.last_ts]
            return web.Response(text="ok")
        wrong = faults(body["blocks"], natives=self.natives) if body.get("blocks") else []
        if wrong:
            return web.Response(status=400, text="invalid_blocks")
        message = {**body, "channel": address.channel, "via": "response_url", "person": address.person}
        if body.get("response_type") != "in_channel":
            self.ephemerals.append(message)
            return web.Response(text="ok")
        shown = [one for one in self.messages if one["ts"] == address.last_ts]
        if body.get("replace_original") and shown:
            shown[0].update(body)
            self.edits.append(body)
        else:
            address.last_ts = message["ts"] = self.stamp()
            self.messages.append(message)
        return web.Response(text="ok")

    # ---- for assertions

    def called(self) -> Counter[str]:
        return Counter(method for method, _ in self.calls)


def too_many(seconds: str = "1") -> web.Response:
    """429 as Slack gives it."""
    return web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": seconds}
    )


def _ok(**more: Any) -> web.Response:
    return web.json_response({"ok": True, **more})


def _error(word: str, **more: Any) -> web.Response:
    return web.json_response({"ok": False, "error": word, **more})


def _is_metadata(metadata: Json) -> bool:
    named = re.fullmatch(r"[A-Za-z0-9_.-]{1,255}", str(metadata.get("event_type", "")))
    payload = metadata.get("event_payload")
    return bool(named) and isinstance(payload, dict) and len(json.dumps(payload)) <= 16_000


def _value_key(block: Json) -> str:
    return "selected_conversation" if block["element"]["type"] == "conversations_select" else "value"


async def _arguments(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(await request.json())
    return {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}
