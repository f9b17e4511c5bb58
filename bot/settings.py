"""The settings, as one frozen value; bad values are refused by name.

Where each setting came from is kept beside it, for `mailport doctor`. Reading the environment and
files is `adapters/main/environment.py`'s business; this module only turns text into values.
"""

from __future__ import annotations

from bot.errors import BadInput
from bot.model.value import field, frozen
from bot.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.model.names import IPNetwork

MASK = "********"


@frozen
class Setting:
    """One setting: its environment name, the field it fills, how it is read, whether it is secret.

    Attributes:
        name: Environment variable.
        field: Attribute of `Settings`.
        read: Turns text into the value; raises ValueError with the key `expect.<key>` of what would be right.
        secret: Never shown, only masked.
        group: Heading in the documentation and in `doctor`.
    """

    name: str
    field: str
    read: Callable[[str], object]
    secret: bool = False
    group: str = "general"


@frozen(kw_only=True)
class Settings:
    """Every setting of `docs/settings.md`, read and checked.

    Attributes:
        sources: Per environment name where the value came from ("environment", a file's path);
            names that are absent have their default.
    """

    database_url: str | None = None
    http_host: str = "127.0.0.1"
    http_port: int = 8025
    public_url: str | None = None
    try_page: str = "loopback"
    slack_bot_token: str | None = None
    slack_app_token: str | None = None
    slack_signing_secret: str | None = None
    slack_client_id: str | None = None
    slack_client_secret: str | None = None
    slack_api_url: str | None = None
    slack_admins: tuple[str, ...] = ()
    discord_token: str | None = None
    discord_api_url: str | None = None
    discord_gateway_url: str | None = None
    discord_guild_id: int | None = None
    discord_heartbeat_timeout: float = 60.0
    discord_admin_roles: tuple[str, ...] = ()
    dns_servers: tuple[tuple[str, int], ...] = ()
    dns_trust_ad: bool = False
    ca_file: str | None = None
    allowed_networks: tuple[IPNetwork, ...] = ()
    ehlo_name: str | None = None
    vantage: str = "local"
    language: str = "en"
    timezone: str = "UTC"
    min_interval_s: float = 900.0
    max_watches: int = 1000
    rate_per_person: int = 120
    rate_per_channel: int = 600
    rate_per_workspace: int = 3000
    extra_ports: frozenset[int] = frozenset()
    ispdb_url: str = "https://autoconfig.thunderbird.net/v1.1/"
    control_targets: tuple[str, ...] = (
        "gmail-smtp-in.l.google.com",
        "mx1.mail.icloud.com",
        "mx-eu.mail.am0.yahoodns.net",
    )
    log_level: str = "info"
    sources: Mapping[str, str] = field(default_factory=dict)


def _text(value: str) -> str:
    if any(ord(character) < 32 for character in value):
        raise ValueError("text")
    return value


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 <= int(value) <= 65535:
        raise ValueError("port")
    return int(value)


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise ValueError("number")
    return int(value)


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        raise ValueError("seconds") from None
    if not 0 < seconds < 86400:
        raise ValueError("seconds-range")
    return seconds


def _interval(value: str) -> float:
    from bot.model.duration import parse_duration

    seconds = parse_duration(value)
    if seconds is None or seconds <= 0:
        raise ValueError("duration")
    return seconds


def _truth(value: str) -> bool:
    known = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    if value.lower() not in known:
        raise ValueError("truth")
    return known[value.lower()]


def _language(value: str) -> str:
    if value not in ("en", "es"):
        raise ValueError("language")
    return value


def _timezone(value: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("timezone") from None
    return value


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("url")
    return value


def _websocket_url(value: str) -> str:
    if not value.startswith(("ws://", "wss://")):
        raise ValueError("websocket")
    return value


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _names(value: str) -> tuple[str, ...]:
    return () if value.lower() == "off" else _words(value)


def _networks(value: str) -> tuple[IPNetwork, ...]:
    from ipaddress import ip_network

    try:
        return tuple(ip_network(word, strict=False) for word in _words(value))
    except ValueError:
        raise ValueError("networks") from None


def _ports(value: str) -> frozenset[int]:
    return frozenset(_port(word) for word in _words(value))


def _dns_servers(value: str) -> tuple[tuple[str, int], ...]:
    return tuple(_dns_server(word) for word in _words(value))


def _dns_server(word: str) -> tuple[str, int]:
    from ipaddress import ip_address

    address, port = word, "53"
    if word.startswith("["):
        address, _, rest = word[1:].partition("]")
        port = rest.removeprefix(":") or "53"
    elif word.count(":") == 1:
        address, _, port = word.partition(":")
    try:
        return str(ip_address(address)), _port(port)
    except ValueError:
        raise ValueError("resolvers") from None


def _try_page(value: str) -> str:
    if value.lower() not in ("loopback", "on", "off"):
        raise ValueError("try-page")
    return value.lower()


def _log_level(value: str) -> str:
    if value.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("log-level")
    return value.lower()


# The one list of settings. docs/settings.md, `mailport doctor` and deploy/mailport.env follow from it.
SETTINGS: tuple[Setting, ...] = (
    Setting("MAILPORT_DATABASE_URL", "database_url", _text, secret=True),
    Setting("MAILPORT_HTTP_HOST", "http_host", _text),
    Setting("MAILPORT_HTTP_PORT", "http_port", _port),
    Setting("MAILPORT_PUBLIC_URL", "public_url", _url),
    Setting("MAILPORT_TRY_PAGE", "try_page", _try_page),
    Setting("MAILPORT_LANG", "language", _language),
    Setting("MAILPORT_TIMEZONE", "timezone", _timezone),
    Setting("MAILPORT_LOG_LEVEL", "log_level", _log_level),
    Setting("SLACK_BOT_TOKEN", "slack_bot_token", _text, secret=True, group="slack"),
    Setting("SLACK_APP_TOKEN", "slack_app_token", _text, secret=True, group="slack"),
    Setting("SLACK_SIGNING_SECRET", "slack_signing_secret", _text, secret=True, group="slack"),
    Setting("SLACK_CLIENT_ID", "slack_client_id", _text, group="slack"),
    Setting("SLACK_CLIENT_SECRET", "slack_client_secret", _text, secret=True, group="slack"),
    Setting("MAILPORT_SLACK_API_URL", "slack_api_url", _url, group="slack"),
    Setting("MAILPORT_SLACK_ADMINS", "slack_admins", _words, group="slack"),
    Setting("DISCORD_TOKEN", "discord_token", _text, secret=True, group="discord"),
    Setting("MAILPORT_DISCORD_API_URL", "discord_api_url", _url, group="discord"),
    Setting("MAILPORT_DISCORD_GATEWAY_URL", "discord_gateway_url", _websocket_url, group="discord"),
    Setting("MAILPORT_DISCORD_GUILD_ID", "discord_guild_id", _number, group="discord"),
    Setting("MAILPORT_DISCORD_HEARTBEAT_TIMEOUT", "discord_heartbeat_timeout", _seconds, group="discord"),
    Setting("MAILPORT_DISCORD_ADMIN_ROLES", "discord_admin_roles", _words, group="discord"),
    Setting("MAILPORT_DNS_SERVERS", "dns_servers", _dns_servers, group="probing"),
    Setting("MAILPORT_DNS_TRUST_AD", "dns_trust_ad", _truth, group="probing"),
    Setting("MAILPORT_CA_FILE", "ca_file", _text, group="probing"),
    Setting("MAILPORT_ALLOWED_NETWORKS", "allowed_networks", _networks, group="probing"),
    Setting("MAILPORT_EXTRA_PORTS", "extra_ports", _ports, group="probing"),
    Setting("MAILPORT_EHLO_NAME", "ehlo_name", _text, group="probing"),
    Setting("MAILPORT_VANTAGE", "vantage", _text, group="probing"),
    Setting("MAILPORT_ISPDB_URL", "ispdb_url", _url, group="probing"),
    Setting("MAILPORT_CONTROL_TARGETS", "control_targets", _names, group="probing"),
    Setting("MAILPORT_MIN_INTERVAL", "min_interval_s", _interval, group="limits"),
    Setting("MAILPORT_MAX_WATCHES", "max_watches", _number, group="limits"),
    Setting("MAILPORT_RATE_PER_PERSON", "rate_per_person", _number, group="limits"),
    Setting("MAILPORT_RATE_PER_CHANNEL", "rate_per_channel", _number, group="limits"),
    Setting("MAILPORT_RATE_PER_WORKSPACE", "rate_per_workspace", _number, group="limits"),
)


def read_settings(values: Mapping[str, tuple[str, str]]) -> Settings:
    """Turn texts into settings.

    Args:
        values: Per environment name the text and where it came from. Unknown names and empty
            texts are left out, as an unset variable would be.

    Raises:
        BadInput: `setting-bad`, naming the setting, its source and what would be right.
    """
    found: dict[str, object] = {}
    sources: dict[str, str] = {}
    for setting in SETTINGS:
        text, source = values.get(setting.name, ("", ""))
        if not text.strip():
            continue
        try:
            found[setting.field] = setting.read(text.strip())
        except ValueError as problem:
            shown = MASK if setting.secret else text.strip()
            raise BadInput(
                "setting-bad", name=setting.name, value=shown, source=source, expected=str(problem)
            ) from None
        sources[setting.name] = source
    return Settings(**found, sources=sources)  # type: ignore[arg-type]  # each reader returns its field's type


def shown_value(settings: Settings, setting: Setting) -> str:
    """The setting's value as text, masked when it is secret; empty when unset."""
    value = getattr(settings, setting.field)
    if value in (None, (), frozenset()):
        return ""
    if setting.secret:
        return MASK
    if setting.field == "dns_servers":
        return ", ".join(
            f"[{address}]:{port}" if ":" in address else f"{address}:{port}" for address, port in value
        )
    if isinstance(value, tuple | frozenset):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    if setting.field.endswith("_s"):
        from bot.model.duration import show_duration

        return show_duration(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
