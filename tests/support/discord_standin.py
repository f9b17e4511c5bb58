"""A strict Discord for tests: REST and gateway over real HTTP and WebSocket; as its documents have them.

Refuses what Discord refuses, with Discord's codes: unknown tokens, bodies over the limits or against the
OpenAPI document, first responses after three seconds (10062) or twice (40060), follow-ups before the first
response, messages in channels that we are not in (50001). A gateway session can be dropped, resumed,
invalidated, and left without acknowledgements; what was sent meanwhile comes again after RESUME.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import time
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.support.discord_rules import (
    command_faults,
    message_faults,
    modal_faults,
    pings,
    schema_faults,
)
from tests.support.loopback import free_port
from tests.support.waiting import until

Json = dict[str, Any]
TOKEN = "MTAw.stand-in.token"
APPLICATION, OWN = "100", "100"
GUILD, OTHER_GUILD = "200", "201"
CHANNEL, OTHER_CHANNEL, DIRECT, THREAD = "300", "301", "390", "310"
MEMBER, ADMIN, OWNER = "400", "401", "402"
ADMIN_ROLE, PLAIN_ROLE = "500", "501"
MANAGE_GUILD = str(1 << 5)
EPHEMERAL = 64
Refusal = Callable[[], web.Response]


@dataclass
class Interaction:
    """What became of an interaction."""

    id: str
    token: str
    kind: int
    channel: str
    person: str
    at: float
    payload: Json
    first: Json | None = None
    first_at: float = 0.0
    files: int = 0
    message: Json | None = None
    deferred_by: int = 0
    edits: list[Json] = field(default_factory=list)
    follow_ups: list[Json] = field(default_factory=list)
    deleted: bool = False

    @property
    def shown(self) -> Json:
        """The first response as people see it now."""
        assert self.message is not None, self.first
        return self.message

    @property
    def ephemeral(self) -> bool:
        return bool(self.shown.get("flags", 0) & EPHEMERAL)


@dataclass
class Session:
    """A gateway session and what was dispatched in it."""

    id: str
    sequence: int = 0
    sent: list[Json] = field(default_factory=list)


@dataclass
class DiscordStandIn:
    """Start with `await standin.start()`; `api_url` and `gateway_url` go into the settings."""

    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    shards: int = 1
    heartbeat_ms: int = 500
    check_schema: bool = True
    answer_gateway: bool = True
    minimal: bool = False
    acknowledge: bool = True
    compress: bool = False
    close_with: int | None = None
    joined: set[str] = field(default_factory=lambda: {CHANNEL, OTHER_CHANNEL, DIRECT, THREAD})
    closed_directs: set[str] = field(default_factory=set)
    commands: dict[str, list[Json]] = field(default_factory=dict)
    puts: int = 0
    interactions: list[Interaction] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    edits: list[Json] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    pinged: list[str] = field(default_factory=list)
    identifies: list[Json] = field(default_factory=list)
    resumes: list[Json] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    heartbeats: int = 0
    links: list[web.WebSocketResponse] = field(default_factory=list)
    refuse: dict[str, list[Refusal]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = itertools.count(10_000)
        self._sessions: dict[str, Session] = {}
        self._live: dict[str, web.WebSocketResponse] = {}
        self._nonces: dict[str, Json] = {}
        self._runner: web.AppRunner | None = None
        self.port = 0

    # ---- life

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=30_000_000)
        app.router.add_get("/gateway", self._gateway)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_route("*", "/api/v10/{path:.*}", self._api)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        self.port = port or self.port or free_port()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        for link in self.links:
            if not link.closed:
                await link.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway"

    def file_url(self, text: str) -> str:
        self._text = text
        return f"http://127.0.0.1:{self.port}/files/a.txt"

    async def _file(self, _: web.Request) -> web.Response:
        return web.Response(text=self._text)

    # ---- gateway

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        link = web.WebSocketResponse(max_msg_size=4096)
        await link.prepare(request)
        self.links.append(link)
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            await link.close(code=4012)
            return link
        if self.compress:
            assert request.query["compress"] == "zlib-stream"
            link.send_json = _compressing(link)  # type: ignore[assignment,method-assign]
        await link.send_json({"op": 10, "d": {"heartbeat_interval": self.heartbeat_ms}, "s": None, "t": None})
        session: Session | None = None
        async for frame in link:
            if frame.type is not WSMsgType.TEXT:
                continue
            said = json.loads(frame.data)
            match said["op"]:
                case 1:
                    self.heartbeats += 1
                    if self.acknowledge:
                        await link.send_json({"op": 11})
                case 2:
                    session = await self._identify(link, said["d"])
                case 6:
                    session = await self._resume(link, said["d"])
                case _:
                    await link.close(code=4001)
        self.closes.append(link.close_code or 0)
        if session is not None and self._live.get(session.id) is link:
            del self._live[session.id]
        return link

    async def _identify(self, link: web.WebSocketResponse, data: Json) -> Session | None:
        self.identifies.append(data)
        if self.close_with is not None:
            await link.close(code=self.close_with)
            return None
        if data["token"] not in self.tokens:
            await link.close(code=4004)
            return None
        session = Session(f"session{len(self._sessions) + 1}")
        self._sessions[session.id] = session
        self._live[session.id] = link
        user = {"id": OWN, "username": "mailport", "discriminator": "0", "avatar": None, "bot": True}
        ready: Json = {"v": 10, "user": user, "guilds": [], "session_id": session.id}
        if not self.minimal:
            ready |= {
                "resume_gateway_url": self.gateway_url,
                "application": {"id": APPLICATION, "flags": 0},
                "guilds": [{"id": GUILD, "unavailable": True}],
                "shard": data.get("shard", [0, 1]),
            }
        await self._dispatch(session, "READY", ready)
        if not self.minimal:
            await self._dispatch(session, "GUILD_CREATE", self.guild_payload())
        return session

    async def _resume(self, link: web.WebSocketResponse, data: Json) -> Session | None:
        self.resumes.append(data)
        session = self._sessions.get(data["session_id"])
        if session is None or data["token"] not in self.tokens:
            await link.send_json({"op": 9, "d": False})
            return None
        self._live[session.id] = link
        for event in session.sent:
            if event["s"] > data["seq"]:
                await link.send_json(event)
        await self._dispatch(session, "RESUMED", None if self.minimal else {})
        return session

    async def _dispatch(self, session: Session, event: str, data: Json | None) -> None:
        session.sequence += 1
        said = {"op": 0, "t": event, "s": session.sequence, "d": data}
        session.sent.append(said)
        link = self._live.get(session.id)
        if link is not None and not link.closed:
            with contextlib.suppress(ConnectionError):  # it comes again after RESUME
                await link.send_json(said)

    async def dispatch(self, event: str, data: Json, *, shard: int = 0) -> None:
        """Send an event in the newest session (of a shard); it is kept for RESUME when nobody is there."""
        await until(lambda: len(self._sessions) > 0)
        sessions = list(self._sessions.values())
        await self._dispatch(sessions[-self.shards + shard] if self.shards > 1 else sessions[-1], event, data)

    def invalidate_sessions(self) -> None:
        self._sessions.clear()

    async def send_raw(self, frame: Json) -> None:
        await self.link().send_json(frame)

    def link(self) -> web.WebSocketResponse:
        return next(link for link in reversed(self.links) if not link.closed)

    def drop(self) -> None:
        """Cut the newest connection without a word."""
        transport = self.link()._req.transport  # type: ignore[union-attr]
        assert transport is not None
        transport.abort()

    def guild_payload(self) -> Json:
        return {
            "id": GUILD, "name": "Stand-in", "owner_id": OWNER, "unavailable": False, "large": False,
            "member_count": 3, "members": [], "threads": [], "emojis": [], "stickers": [], "features": [],
            "presences": [], "voice_states": [], "stage_instances": [], "guild_scheduled_events": [],
            "joined_at": "2026-01-01T00:00:00+00:00", "verification_level": 0, "mfa_level": 0,
            "default_message_notifications": 0, "explicit_content_filter": 0, "nsfw_level": 0,
            "premium_tier": 0, "preferred_locale": "en-US", "system_channel_flags": 0, "afk_timeout": 300,
            "premium_progress_bar_enabled": False, "icon": None, "roles": self.roles(),
            "channels": [
                {"id": CHANNEL, "type": 0, "name": "general", "position": 0, "permission_overwrites": []}
            ],
        }  # fmt: skip

    def roles(self) -> list[Json]:
        base = {"color": 0, "hoist": False, "position": 1, "managed": False, "mentionable": False, "flags": 0}
        return [
            {**base, "id": GUILD, "name": "@everyone", "permissions": "1024", "position": 0},
            {**base, "id": ADMIN_ROLE, "name": "admins", "permissions": MANAGE_GUILD},
            {**base, "id": PLAIN_ROLE, "name": "others", "permissions": "1024"},
        ]

    # ---- what people do

    def _interaction(
        self, kind: int, data: Json, *, person: str, channel: str, guild: str | None, more: Json
    ) -> Interaction:
        number = str(next(self._ids))
        user = {
            "id": person,
            "username": "somebody",
            "discriminator": "0",
            "avatar": None,
            "global_name": None,
        }
        payload: Json = {
            "id": number, "application_id": APPLICATION, "type": kind, "data": data, "token": f"token{number}",
            "version": 1, "channel_id": channel, "locale": "en-US",
        }  # fmt: skip
        if not self.minimal:
            payload |= {
                "channel": {"id": channel, "type": 0 if guild else 1}, "app_permissions": "274877910016",
                "entitlements": [], "attachment_size_limit": 10485760, "context": 0 if guild else 1,
                "authorizing_integration_owners": {"0": guild or "0"},
            }  # fmt: skip
        if guild is None:
            payload["user"] = user
        else:
            rights = MANAGE_GUILD if person in (ADMIN, OWNER) else "1024"
            member = {
                "user": user,
                "roles": [ADMIN_ROLE] if person == ADMIN else [PLAIN_ROLE],
                "permissions": rights,
            }
            payload |= {"guild_id": guild, "member": {**member, "joined_at": "2026-01-01T00:00:00+00:00",
                        "deaf": False, "mute": False, "flags": 0}, "guild_locale": "en-US"}  # fmt: skip
        payload |= more
        made = Interaction(number, f"token{number}", kind, channel, person, time.monotonic(), payload)
        self.interactions.append(made)
        return made

    async def command(
        self, *path: str, options: Json | None = None, focused: str | None = None, person: str = MEMBER,
        channel: str = CHANNEL, guild: str | None = GUILD, files: list[Json] | None = None, channel_type: int = 0, **more: Any,
    ) -> Interaction:  # fmt: skip
        """Somebody uses `/mailport …`; with `focused` they are still typing."""
        given: list[Json] = []
        for name, value in (options or {}).items():
            kind = 5 if isinstance(value, bool) else 4 if isinstance(value, int) else 3
            given.append({"name": name, "type": kind, "value": value})
            if name == focused:
                given[-1]["focused"] = True
        data: Json = {"id": "900", "name": "mailport", "type": 1}
        if files:
            data["resolved"] = {"attachments": {one["id"]: one for one in files}}
            given += [{"name": "file", "type": 11, "value": one["id"]} for one in files]
        nested: Json = {"name": path[-1], "type": 1, "options": given}
        if len(path) == 2:
            nested = {"name": path[0], "type": 2, "options": [nested]}
        data["options"] = [nested]
        if channel_type:
            more["channel"] = {"id": channel, "type": channel_type, "parent_id": CHANNEL}
        made = self._interaction(
            4 if focused else 2, data, person=person, channel=channel, guild=guild, more=more
        )
        await self.dispatch("INTERACTION_CREATE", made.payload)
        return made

    async def press(
        self, message: Json, number: int = 0, *, person: str = MEMBER, guild: str | None = GUILD, **more: Any
    ) -> Interaction:
        """Somebody presses a button of a message."""
        buttons = [one for row in message["components"] for one in row["components"]]
        data = {"custom_id": buttons[number]["custom_id"], "component_type": 2}
        channel = message.get("channel_id", CHANNEL)
        shown = {"id": message.get("id", "1"), "channel_id": channel, "content": "", "type": 0}
        made = self._interaction(
            3, data, person=person, channel=channel, guild=guild, more={"message": shown, **more}
        )
        await self.dispatch("INTERACTION_CREATE", made.payload)
        return made

    async def submit(
        self, form: Json, values: dict[str, str], *, person: str = MEMBER, guild: str | None = GUILD
    ) -> Interaction:
        """Somebody fills in a form."""
        components = [
            {"type": 18, "id": number, "component": {
                "type": 4, "id": number + 10, "custom_id": one["component"]["custom_id"],
                "value": values.get(one["component"]["custom_id"], "")}}
            for number, one in enumerate(form["components"], 1)
        ]  # fmt: skip
        data = {"custom_id": form["custom_id"], "components": components}
        made = self._interaction(5, data, person=person, channel=CHANNEL, guild=guild, more={})
        await self.dispatch("INTERACTION_CREATE", made.payload)
        return made

    def said(
        self,
        text: str,
        *,
        person: str = MEMBER,
        channel: str = CHANNEL,
        guild: str | None = GUILD,
        roles: list[str] | None = None,
        **more: Any,
    ) -> Json:
        message: Json = {
            "id": str(next(self._ids)), "channel_id": channel, "content": text, "type": 0,
            "author": {"id": person, "username": "somebody", "discriminator": "0", "avatar": None},
        }  # fmt: skip
        if not self.minimal:
            pinged = [{"id": OWN, "username": "mailport", "discriminator": "0", "avatar": None}]
            message |= {
                "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False, "pinned": False,
                "mention_everyone": False, "mention_roles": [], "attachments": [], "embeds": [],
                "mentions": pinged if f"<@{OWN}>" in text else [],
            }  # fmt: skip
        if guild is not None:
            message |= {
                "guild_id": guild,
                "member": {"roles": roles or [], "joined_at": None, "deaf": False, "mute": False},
            }
        return message | more

    async def message(self, text: str, **more: Any) -> Json:
        """Somebody writes."""
        made = self.said(text, **more)
        await self.dispatch("MESSAGE_CREATE", made)
        return made

    async def mention(self, text: str, **more: Any) -> Json:
        return await self.message(f"<@{OWN}> {text}", **more)

    async def direct(self, text: str, **more: Any) -> Json:
        return await self.message(text, channel=DIRECT, guild=None, **more)

    # ---- REST

    async def _api(self, request: web.Request) -> web.Response:
        path, method = request.match_info["path"], request.method
        name = f"{method} {re.sub(r'/(?:[0-9]+|token[0-9]+)(?=/|$)', '/-', '/' + path)}"
        self.calls.append(name)
        if self.refuse.get(name):
            return self.refuse[name].pop(0)()
        body, files = await _body(request)
        for pattern, verb, handler, needs_token in _ROUTES:
            found = pattern.fullmatch("/" + path)
            if found is None or verb != method:
                continue
            if (
                needs_token
                and request.headers.get("Authorization", "").removeprefix("Bot ") not in self.tokens
            ):
                return error(401, 0, "401: Unauthorized")
            wrong = self._body_faults(verb, pattern, body, files)
            if wrong:
                self.faults += wrong
                return error(400, 50035, "Invalid Form Body", errors=wrong)
            return getattr(self, handler)(body, files, **found.groupdict())  # type: ignore[no-any-return]
        return error(404, 0, "404: Not Found")

    def _body_faults(self, method: str, pattern: re.Pattern[str], body: Any, files: int) -> list[str]:
        if body is None or not self.check_schema:
            return []
        template = _TEMPLATES[pattern.pattern]
        return [f"{method} {template} {one}" for one in schema_faults(method, template, body)]

    def _me(self, _: Any, __: int) -> web.Response:
        return web.json_response(
            {"id": OWN, "username": "mailport", "discriminator": "0", "avatar": None, "bot": True}
        )

    def _application(self, _: Any, __: int) -> web.Response:
        return (
            error(404, 0, "404: Not Found")
            if self.minimal
            else web.json_response({"id": APPLICATION, "name": "Mailport"})
        )

    def _gateway_bot(self, _: Any, __: int) -> web.Response:
        if not self.answer_gateway:
            return error(404, 0, "404: Not Found")
        limit = {"total": 1000, "remaining": 999, "reset_after": 14400000, "max_concurrency": 16}
        return web.json_response(
            {"url": self.gateway_url, "shards": self.shards, "session_start_limit": limit}
        )

    def _guild(self, _: Any, __: int, guild: str) -> web.Response:
        return (
            web.json_response(self.guild_payload()) if guild == GUILD else error(404, 10004, "Unknown Guild")
        )

    def _put_commands(self, body: Any, _: int, application: str, guild: str = "") -> web.Response:
        wrong = command_faults(body)
        if wrong:
            self.faults += wrong
            return error(400, 50035, "Invalid Form Body", errors=wrong)
        self.commands[guild] = body
        self.puts += 1
        return web.json_response(
            [{**one, "id": "900", "application_id": application, "version": "1"} for one in body]
        )

    def _callback(self, body: Any, files: int, interaction: str, token: str) -> web.Response:
        found = next((one for one in self.interactions if one.id == interaction and one.token == token), None)
        if found is None or time.monotonic() - found.at > 3.0:
            return error(404, 10062, "Unknown interaction")
        if found.first is not None:
            return error(400, 40060, "Interaction has already been acknowledged.")
        kind, data = body["type"], body.get("data") or {}
        wrong = modal_faults(data) if kind == 9 else message_faults(data, files) if kind in (4, 7) else []
        if kind in (4, 7) and _is_empty(data, files):
            return error(400, 50006, "Cannot send an empty message")
        if wrong:
            self.faults += wrong
            return error(400, 50035, "Invalid Form Body", errors=wrong)
        found.first, found.first_at, found.files = body, time.monotonic(), files
        self.order.append(interaction)
        self._note_pings(data)
        if kind in (4, 7):
            found.message = {**data, "id": str(next(self._ids)), "channel_id": found.channel}
        if kind == 5:
            found.deferred_by = kind
            found.message = {
                "flags": data.get("flags", 0) | 128,
                "id": str(next(self._ids)),
                "channel_id": found.channel,
            }
        if kind == 6:
            found.message = {"id": "1", "channel_id": found.channel, "flags": 0}
        return web.Response(status=204)

    def _webhook(self, token: str) -> Interaction | None:
        return next((one for one in self.interactions if one.token == token and one.first is not None), None)

    def _edit_original(self, body: Any, files: int, application: str, token: str) -> web.Response:
        found = self._webhook(token)
        if found is None:
            return error(404, 10015, "Unknown Webhook")
        if found.message is None or found.deleted:
            return error(404, 10008, "Unknown Message")
        wrong = message_faults(body, files)
        if wrong:
            self.faults += wrong
            return error(400, 50035, "Invalid Form Body", errors=wrong)
        self._note_pings(body)
        found.edits.append(body)
        found.message.update({**body, "flags": found.message.get("flags", 0) & ~128})
        return web.json_response(found.message)

    def _delete_original(self, _: Any, __: int, application: str, token: str) -> web.Response:
        found = self._webhook(token)
        if found is None or found.message is None:
            return error(404, 10015, "Unknown Webhook")
        found.deleted = True
        return web.Response(status=204)

    def _follow_up(self, body: Any, files: int, application: str, token: str) -> web.Response:
        found = self._webhook(token)
        if found is None:
            return error(404, 10015, "Unknown Webhook")
        refused = self._message_refused(body, files)
        if refused is not None:
            return refused
        found.follow_ups.append(body)
        return web.json_response({**body, "id": str(next(self._ids))})

    def _message_refused(self, body: Json, files: int) -> web.Response | None:
        if _is_empty(body, files):
            return error(400, 50006, "Cannot send an empty message")
        wrong = message_faults(body, files)
        if wrong:
            self.faults += wrong
            return error(400, 50035, "Invalid Form Body", errors=wrong)
        self._note_pings(body)
        return None

    def _post(self, body: Any, files: int, channel: str) -> web.Response:
        if channel not in self.joined:
            known = int(channel) < 1000
            return error(403, 50001, "Missing Access") if known else error(404, 10003, "Unknown Channel")
        refused = self._message_refused(body, files)
        if refused is not None:
            return refused
        if body.get("enforce_nonce") and body.get("nonce") in self._nonces:
            return web.json_response(self._nonces[body["nonce"]])
        message = {**body, "id": str(next(self._ids)), "channel_id": channel, "files": files}
        self.messages.append(message)
        self.order.append(message["id"])
        if body.get("nonce"):
            self._nonces[body["nonce"]] = message
        return web.json_response(message)

    def _edit(self, body: Any, files: int, channel: str, message: str) -> web.Response:
        found = next(
            (one for one in self.messages if one["id"] == message and one["channel_id"] == channel), None
        )
        if found is None or message in self.deleted:
            return error(404, 10008, "Unknown Message")
        refused = self._message_refused(body, files)
        if refused is not None:
            return refused
        found.update(body)
        self.edits.append(body)
        return web.json_response(found)

    def _delete(self, _: Any, __: int, channel: str, message: str) -> web.Response:
        self.deleted.append(message)
        return web.Response(status=204)

    def _open_direct(self, body: Any, _: int) -> web.Response:
        if body["recipient_id"] in self.closed_directs:
            return error(403, 50007, "Cannot send messages to this user")
        return web.json_response({"id": DIRECT, "type": 1, "recipients": [{"id": body["recipient_id"]}]})

    def _note_pings(self, body: Json) -> None:
        self.pinged += pings(body)

    # ---- for assertions

    def called(self) -> Counter[str]:
        return Counter(self.calls)

    def visible(self) -> list[Json]:
        """Messages in channels that were not removed."""
        return [one for one in self.messages if one["id"] not in self.deleted]


def _route(
    method: str, template: str, handler: str, *, token: bool = True
) -> tuple[re.Pattern[str], str, str, bool]:
    names = {"application_id": "application", "guild_id": "guild", "channel_id": "channel", "message_id": "message",
             "interaction_id": "interaction", "interaction_token": "token", "webhook_token": "token",
             "webhook_id": "application"}  # fmt: skip
    text = re.sub(r"\{(\w+)\}", lambda found: f"(?P<{names[found[1]]}>[^/]+)", template)
    pattern = re.compile(text)
    _TEMPLATES[pattern.pattern] = template
    return pattern, method, handler, token


_TEMPLATES: dict[str, str] = {}
_ROUTES = (
    _route("GET", "/users/@me", "_me"),
    _route("GET", "/oauth2/applications/@me", "_application"),
    _route("GET", "/gateway/bot", "_gateway_bot"),
    _route("POST", "/users/@me/channels", "_open_direct"),
    _route("GET", "/guilds/{guild_id}", "_guild"),
    _route("PUT", "/applications/{application_id}/commands", "_put_commands"),
    _route("PUT", "/applications/{application_id}/guilds/{guild_id}/commands", "_put_commands"),
    _route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", "_callback", token=False),
    _route(
        "PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original", "_edit_original", token=False
    ),
    _route(
        "DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/@original", "_delete_original", token=False
    ),
    _route("POST", "/webhooks/{webhook_id}/{webhook_token}", "_follow_up", token=False),
    _route("POST", "/channels/{channel_id}/messages", "_post"),
    _route("PATCH", "/channels/{channel_id}/messages/{message_id}", "_edit"),
    _route("DELETE", "/channels/{channel_id}/messages/{message_id}", "_delete"),
)


async def _body(request: web.Request) -> tuple[Any, int]:
    """The JSON of a request and the number of its files."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return json.loads(str(form["payload_json"])), sum(name.startswith("files[") for name in form)
    raw = await request.read()
    return (json.loads(raw) if raw else None), 0


def _compressing(link: web.WebSocketResponse) -> Callable[..., Awaitable[None]]:
    """`compress=zlib-stream`: one context for the whole connection, a flush after each frame."""
    context = zlib.compressobj()

    async def send(data: Any, **_: Any) -> None:
        whole = context.compress(json.dumps(data).encode()) + context.flush(zlib.Z_SYNC_FLUSH)
        await link.send_bytes(whole[:7])  # a frame may come in pieces
        await link.send_bytes(whole[7:])

    return send


def _is_empty(body: Json, files: int) -> bool:
    return not (body.get("content") or body.get("embeds") or files)


def error(status: int, code: int, message: str, **more: Any) -> web.Response:
    """An error as Discord gives it."""
    return web.json_response({"code": code, "message": message, **more}, status=status)


def too_many(seconds: float = 0.2) -> web.Response:
    """429 as the documentation has it."""
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": False}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


def words_of(message: Json) -> str:
    """All that people can read of a message."""
    parts = [message.get("content") or ""]
    for embed in message.get("embeds") or []:
        parts += [embed.get("title") or "", embed.get("description") or ""]
    parts += [one["label"] for row in message.get("components") or [] for one in row["components"]]
    return "\n".join(part for part in parts if part)
