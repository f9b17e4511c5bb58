"""Settings from the environment, a `.env` file and a TOML file; the environment wins.

Files looked at, the first found of each kind: `$MAILPORT_CONFIG`, `./mailport.toml`,
`$XDG_CONFIG_HOME/mailport/mailport.toml`; `./.env`, `$XDG_CONFIG_HOME/mailport/.env`. A TOML file
holds the same names in lower case without prefix or as they are (`http_port = 8025`,
`SLACK_BOT_TOKEN = "..."`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from bot.errors import BadInput
from bot.settings import SETTINGS, Settings, read_settings

# Far more than all settings need.
MAX_CONFIG = 1_000_000
Found = dict[str, tuple[str, str]]


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read all settings.

    Raises:
        BadInput: `setting-bad` or `config-bad`, naming the setting or the file.
    """
    environment = os.environ if environment is None else environment
    values: Found = {}
    values.update(_from_toml(environment))
    values.update(_from_dotenv(environment))
    for setting in SETTINGS:
        if environment.get(setting.name):
            values[setting.name] = (environment[setting.name], "environment")
    return read_settings(values)


def unknown_names(environment: Mapping[str, str]) -> list[str]:
    """Names that look like settings of ours and are none: probably mistyped."""
    known = {setting.name for setting in SETTINGS} | {"MAILPORT_CONFIG"}
    names = [*environment, *_dotenv_lines(environment)[1]]
    return sorted({name for name in names if name.startswith("MAILPORT_") and name not in known})


def _config_folder(environment: Mapping[str, str]) -> str:
    """Where a user's own configuration lies (XDG base directory)."""
    return (environment.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")) + "/mailport"


def _first(paths: Sequence[str]) -> str | None:
    return next((path for path in paths if os.path.isfile(path)), None)


def _from_dotenv(environment: Mapping[str, str]) -> Found:
    path, lines = _dotenv_lines(environment)
    known = {setting.name for setting in SETTINGS}
    return {name: (text, path or "") for name, text in lines.items() if name in known and text}


def _dotenv_lines(environment: Mapping[str, str]) -> tuple[str | None, Mapping[str, str | None]]:
    path = _first((".env", _config_folder(environment) + "/.env"))
    if path is None:
        return None, {}
    from dotenv import dotenv_values

    try:
        return path, dotenv_values(path, interpolate=False)
    except (OSError, UnicodeError) as problem:
        raise BadInput("config-bad", path=path, why=str(problem)) from None


def _from_toml(environment: Mapping[str, str]) -> Found:
    named = environment.get("MAILPORT_CONFIG")
    path = named or _first(("mailport.toml", _config_folder(environment) + "/mailport.toml"))
    if path is None:
        return {}
    import tomllib

    try:
        with open(path, "rb") as stream:
            text = stream.read(MAX_CONFIG + 1)
        if len(text) > MAX_CONFIG:
            raise BadInput("config-bad", path=path, why=f"> {MAX_CONFIG} bytes")
        table = tomllib.loads(text.decode("utf-8"))
    except OSError as problem:
        raise BadInput("config-bad", path=path, why=problem.strerror or problem) from None
    except (UnicodeError, tomllib.TOMLDecodeError) as problem:
        raise BadInput("config-bad", path=path, why=problem) from None
    names = _toml_names()
    unknown = [key for key in table if key not in names]
    if unknown:
        raise BadInput("config-unknown", path=path, name=unknown[0])
    return {names[key]: (_as_text(value), path) for key, value in table.items()}


def _toml_names() -> dict[str, str]:
    names = {setting.name: setting.name for setting in SETTINGS}
    names |= {setting.name.lower(): setting.name for setting in SETTINGS}
    return names | {setting.name.removeprefix("MAILPORT_").lower(): setting.name for setting in SETTINGS}


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
