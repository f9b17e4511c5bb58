"""Settings: read, refused by name, masked."""

from __future__ import annotations

import pytest

from bot.errors import BadInput
from bot.i18n import LANGUAGES, has
from bot.settings import MASK, SETTINGS, Settings, read_settings, shown_value


def _read(**values: str) -> Settings:
    return read_settings({name: (text, "environment") for name, text in values.items()})


def test_nothing_set_gives_the_defaults() -> None:
    settings = _read()
    assert (settings.http_port, settings.vantage, settings.min_interval_s) == (8025, "local", 900.0)


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("MAILPORT_MIN_INTERVAL", "5s", "min_interval_s", 5.0),
        ("MAILPORT_DNS_SERVERS", "192.0.2.53, 127.0.0.1:5353,[2001:db8::1]:54,2001:db8::2", "dns_servers",
         (("192.0.2.53", 53), ("127.0.0.1", 5353), ("2001:db8::1", 54), ("2001:db8::2", 53))),
        ("MAILPORT_DNS_TRUST_AD", "True", "dns_trust_ad", True),
        ("MAILPORT_EXTRA_PORTS", "1025,1143", "extra_ports", frozenset({1025, 1143})),
        ("MAILPORT_HTTP_PORT", "0", "http_port", 0),
        ("MAILPORT_RATE_PER_PERSON", "3", "rate_per_person", 3),
    ],
)  # fmt: skip
def test_values(name: str, text: str, field: str, value: object) -> None:
    assert getattr(_read(**{name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MAILPORT_HTTP_PORT", "80x"),
        ("MAILPORT_LANG", "fr"),
        ("MAILPORT_TIMEZONE", "Mars/Olympus"),
        ("MAILPORT_ALLOWED_NETWORKS", "10.0.0.0/99"),
        ("MAILPORT_DNS_SERVERS", "dns.example"),
        ("MAILPORT_MIN_INTERVAL", "soon"),
        ("MAILPORT_SLACK_API_URL", "slack.com/api"),
        ("MAILPORT_DISCORD_GATEWAY_URL", "http://x"),
        ("MAILPORT_RATE_PER_PERSON", "-1"),
        ("MAILPORT_DISCORD_HEARTBEAT_TIMEOUT", "nan"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(BadInput) as caught:
        _read(**{name: text})
    assert caught.value.details["name"] == name
    assert all(has(language, f"expect.{caught.value.details['expected']}") for language in LANGUAGES)


def test_a_secret_is_never_shown() -> None:
    settings = _read(SLACK_BOT_TOKEN="xoxb-very-secret")
    secret = next(setting for setting in SETTINGS if setting.name == "SLACK_BOT_TOKEN")
    assert shown_value(settings, secret) == MASK
    with pytest.raises(BadInput) as caught:
        _read(SLACK_BOT_TOKEN="xoxb-\x01secret")
    assert "secret" not in str(caught.value.details["value"])


def test_every_setting_fills_a_field() -> None:
    assert all(hasattr(Settings(), setting.field) for setting in SETTINGS)
