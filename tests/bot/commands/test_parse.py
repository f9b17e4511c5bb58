"""Words to commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.catalog import COMMANDS
from bot.commands.parse import parse_request
from bot.errors import BadInput
from bot.model.request import Person, Place, Request
from bot.model.target import Target

_PLACE = Place(platform="slack", workspace="slack:T1", channel="C1")


def _request(text: str) -> Request:
    return Request(id="r", place=_PLACE, person=Person(id="U1"), text=text)


def _named(*path: str, **arguments: str) -> Request:
    return Request(id="r", place=_PLACE, person=Person(id="U1"), command=path, arguments=arguments)


@pytest.mark.parametrize(
    ("text", "command", "values"),
    [
        pytest.param("", "help", {}, id="nothing is a call for help"),
        pytest.param("which port should I use?", "ask", {"question": "which port should I use?"}, id="a question"),
        pytest.param("port 465 or 587?", "ask", {"question": "port 465 or 587?"}, id="a question that begins like a command"),
        pytest.param("puerto de gmail", "ask", {"question": "puerto de gmail"}, id="Spanish"),
        pytest.param("why does my app time out on 25?", "ask", {"question": "why does my app time out on 25?"}, id="why, asked"),
        pytest.param("check example.com", "check", {"target": Target(name="example.com")}, id="a check"),
        pytest.param(
            "watch mantenimiento #1 mañana 22:00", "watch maintenance",
            {"target": "#1", "window": "mañana 22:00"}, id="a second word in Spanish",
        ),
        pytest.param("Vigilancia PAUSAR 3", "watch pause", {"target": "3"}, id="both words in Spanish"),
        pytest.param("informe lista", "report list", {}, id="reports in Spanish"),
        pytest.param("ajustes idioma es", "settings language", {"value": "es"}, id="settings in Spanish"),
        pytest.param("ayuda", "help", {}, id="help in Spanish"),
        pytest.param("claves de gmail", "ask", {"question": "claves de gmail"}, id="no keys, a question"),
        pytest.param("informe de entregas", "ask", {"question": "informe de entregas"}, id="no report"),
        pytest.param("CHECK example.com", "check", {"target": Target(name="example.com")}, id="upper case"),
        pytest.param(
            "check mx.example.com 25,587", "check", {"target": Target(name="mx.example.com"), "ports": (25, 587)},
            id="a check with ports",
        ),
        pytest.param(
            "check mx.example.com 25 587", "check", {"target": Target(name="mx.example.com"), "ports": (25, 587)},
            id="ports with spaces",
        ),
        pytest.param(
            "check example.com as host", "check", {"target": Target(name="example.com"), "kind": "host"}, id="as host"
        ),
        pytest.param("port gmail", "port", {"target": "gmail"}, id="a provider's name"),
        pytest.param("port example.com for postfix", "port", {"target": "example.com", "program": "postfix"}, id="a snippet"),
        pytest.param("port office 365", "port", {"target": "office 365"}, id="a provider of two words"),
        pytest.param("explain 535 5.7.8 bad", "explain", {"text": "535 5.7.8 bad"}, id="an error"),
        pytest.param(
            "watch add example.com every 15m", "watch add",
            {"target": (Target(name="example.com"),), "every": 900.0}, id="a watch",
        ),
        pytest.param(
            "watch add example.com, example.org", "watch add",
            {"target": (Target(name="example.com"), Target(name="example.org"))}, id="several watches",
        ),
        pytest.param(
            "watch add a.example from eu every 1h", "watch add",
            {"target": (Target(name="a.example"),), "vantage": "eu", "every": 3600.0}, id="a watch from elsewhere",
        ),
        pytest.param("watch list", "watch list", {}, id="the list"),
        pytest.param("watch mail.example.com and tell me", "ask", {"question": "watch mail.example.com and tell me"},
                     id="a wish in words"),
        pytest.param(
            "report add every Monday at 09:00 Europe/Madrid for example.com, example.org", "report add",
            {"when": "every Monday at 09:00", "timezone": "Europe/Madrid",
             "targets": (Target(name="example.com"), Target(name="example.org"))},
            id="a report, whole",
        ),
        pytest.param("report add 0 9 * * 1", "report add", {"when": "0 9 * * 1"}, id="a report by cron"),
        pytest.param("report run #3", "report run", {"id": 3}, id="a number with its sign"),
        pytest.param("settings timezone Europe/Madrid", "settings timezone", {"value": "Europe/Madrid"}, id="a zone"),
        pytest.param("settings language español", "settings language", {"value": "es"}, id="a language by name"),
        pytest.param("keys Bob@Example.org", "keys", {"address": "Bob@example.org"}, id="an address"),
        pytest.param("help watch add", "help", {"command": "watch add"}, id="help for two words"),
        pytest.param("why watch add", "why", {"command": "watch add"}, id="why, as a command"),
    ],
)  # fmt: skip
def test_words(text: str, command: str, values: dict[str, object]) -> None:
    parsed = parse_request(_request(text))
    assert parsed.command.name == command
    assert dict(parsed.values) == values


@pytest.mark.parametrize(
    ("text", "key", "details"),
    [
        pytest.param("wach list", "did-you-mean", {"suggestion": "watch list"}, id="first word misspelt"),
        pytest.param(
            "chekc example.com", "did-you-mean", {"suggestion": "check example.com"}, id="letters swapped"
        ),
        pytest.param("watch lst", "did-you-mean", {"suggestion": "watch list"}, id="second word misspelt"),
        pytest.param("watch", "subcommand-missing", {"group": "watch"}, id="second word missing"),
        pytest.param("check", "option-missing", {"option": "target"}, id="target missing"),
        pytest.param("check example.com 25,x", "port-bad", {}, id="bad port"),
        pytest.param("watch add example.com every soon", "duration-bad", {}, id="bad interval"),
        pytest.param("report run three", "id-bad", {}, id="bad number"),
        pytest.param("settings timezone Mars/X", "timezone-bad", {}, id="bad zone"),
        pytest.param("keys nobody", "address-bad", {}, id="bad address"),
        pytest.param("watch pause #3 now", "too-many-words", {"extra": "now"}, id="words left over"),
    ],
)
def test_refusals(text: str, key: str, details: dict[str, str]) -> None:
    with pytest.raises(BadInput) as caught:
        parse_request(_request(text))
    assert caught.value.key == key
    assert details.items() <= caught.value.details.items()


def test_named_options_read_the_same_as_words() -> None:
    parsed = parse_request(
        _named("report", "add", when="every Monday at 9", timezone="UTC", targets="a.example b.example")
    )
    assert parsed.values == {
        "when": "every Monday at 9",
        "timezone": "UTC",
        "targets": (Target(name="a.example"), Target(name="b.example")),
    }


@given(st.lists(st.sampled_from([*(word for one in COMMANDS for word in one.path), "example.com", "#3", "every", "15m",
                                 "for", "from", "as", "--", "@everyone", "<!channel>", "\u202e", "25,587"]), max_size=8))  # fmt: skip
def test_any_words_are_a_command_or_one_clear_refusal(words: list[str]) -> None:
    try:
        parse_request(_request(" ".join(words)))
    except BadInput as problem:
        assert problem.key


def test_a_word_near_a_spanish_one_leads_to_the_command() -> None:
    with pytest.raises(BadInput) as refused:
        parse_request(_request("watch mantenimieto #1 2h"))
    assert (refused.value.key, refused.value.details["suggestion"]) == ("did-you-mean", "watch maintenance")


def test_no_word_means_two_commands() -> None:
    said = [
        (*command.path[:-1], word) for command in COMMANDS for word in (command.path[-1], *command.spanish)
    ]
    assert len(said) == len(set(said))
    assert all(word == word.lower() for *_, word in said)
