"""Every program's configuration as it stands, and account names that try to break out of it.

New golden files: `UPDATE_GOLDEN=1 pytest tests/bot/advice/test_snippets.py`, then read the difference.
"""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice.snippets.account import MAX_USER, PASSWORD, USER, Account, Program, Server, account_for
from bot.advice.snippets.programs import POPULAR, PROGRAMS, find_program, make_snippet
from bot.advice.snippets.quoting import dotenv, double, muttrc, shell, single, url_part, yaml
from bot.advice.snippets.show import with_programs, with_snippet
from bot.cards.model import Card
from bot.cards.plaintext import render_plain
from bot.errors import BadInput
from bot.model.verdict import Setting
from bot.probes.autoconfig import Place, read_config

GOLDEN = Path(__file__).with_name("golden") / "snippets"
EVIL = "a'b\"c\\d`e`$(f)${g}#{h}%i;j:k^l<m>&n//o"


def account(*, implicit: bool, user: str = "ann@example.com") -> Account:
    return Account(
        domain="example.com",
        address="ann@example.com",
        user=user,
        sending=Server(host="smtp.example.com", port=465 if implicit else 587, implicit=implicit),
        imap=Server(host="imap.example.com", port=993 if implicit else 143, implicit=implicit),
    )


def written(program: Program, *, implicit: bool, user: str = "ann@example.com") -> str:
    snippet = make_snippet(program, account(implicit=implicit, user=user))
    return "".join(f"==> {file.name} <==\n{file.text}" for file in snippet.files)


@pytest.mark.parametrize("implicit", [True, False], ids=["implicit", "starttls"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.id)
def test_configurations_are_the_golden_ones(program: Program, implicit: bool) -> None:
    path = GOLDEN / f"{program.id}-{'implicit' if implicit else 'starttls'}.txt"
    text = written(program, implicit=implicit)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.id)
def test_both_modes_differ_and_name_the_server(program: Program) -> None:
    implicit, starttls = written(program, implicit=True), written(program, implicit=False)
    assert implicit.replace("465", "587").replace("993", "143") != starttls
    for text, ports in ((implicit, ("465", "993")), (starttls, ("587", "143"))):
        assert any(port in text for port in ports)
        assert "smtp.example.com" in text or "imap.example.com" in text


def test_no_password_is_ever_written() -> None:
    for program in PROGRAMS:
        text = written(program, implicit=True)
        assert (PASSWORD in text) == (program.kept_in == "file" and program.id != "mbsync"), program.id
        if program.kept_in == "environment":
            assert re.search(r"(SMTP|IMAP)_PASSWORD", text), program.id


def test_there_are_enough_programs_and_no_name_stands_twice() -> None:
    names = [name for program in PROGRAMS for name in (program.id, *program.aliases)]
    assert len(names) == len(set(names))
    assert len(PROGRAMS) >= 14
    asked = "postfix msmtp python django nodemailer php spring go rails wordpress thunderbird laravel dotnet exim swaks mutt"
    assert {find_program(name).id for name in asked.split()} == set(asked.split())
    assert set(POPULAR) <= {program.id for program in PROGRAMS}


@pytest.mark.parametrize("word", ["Django", " node.js ", "Ruby on Rails", "`postfix`", "C#", "Spring Boot"])
def test_programs_are_found_by_what_people_call_them(word: str) -> None:
    assert find_program(word) in PROGRAMS


def test_an_unknown_program_gets_the_list_and_a_near_one_a_suggestion() -> None:
    with pytest.raises(BadInput) as unknown:
        find_program("clippy")
    assert "postfix" in str(unknown.value.details["known"])
    with pytest.raises(BadInput) as near:
        find_program("nodemialer")
    assert near.value.details["suggestion"] == "nodemailer"


# What each syntax makes of the account name again, read by an independent reader where there is one.


def python_strings(text: str) -> set[object]:
    return {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}


def text_for(name: str, user: str = EVIL) -> str:
    (file, *_) = make_snippet(find_program(name), account(implicit=True, user=user)).files
    return file.text


@pytest.mark.parametrize("name", ["python", "imaplib", "django", "flask"])
def test_python_reads_the_name_back(name: str) -> None:
    assert EVIL in python_strings(text_for(name))


def test_json_like_strings_read_the_name_back() -> None:
    for name in ("nodemailer", "go", "dotnet", "java"):
        found = [json.loads(word) for word in re.findall(r'"(?:[^"\\]|\\.)*"', text_for(name))]
        assert EVIL in found, name


def test_the_xml_stays_xml() -> None:
    strange = Account(
        domain="a&b<c>.test",
        address="x",
        user="x",
        sending=Server(host="smtp.example.com", port=465, implicit=True),
        imap=Server(host="imap.example.com", port=993, implicit=True),
    )
    (file,) = make_snippet(find_program("autoconfig"), strange).files
    assert fromstring(file.text).findtext("emailProvider/domain") == "a&b<c>.test"


@pytest.mark.parametrize("implicit", [True, False])
def test_the_autoconfig_file_is_read_back_by_our_own_reader(implicit: bool) -> None:
    (file,) = make_snippet(find_program("autoconfig"), account(implicit=implicit)).files
    found = read_config(file.text.encode(), Place("https://x.test/", "autoconfig"), "example.com")
    assert {(one.service, one.host, one.port, one.security) for one in found.servers} == {
        ("imap", "imap.example.com", 993 if implicit else 143, "implicit" if implicit else "starttls"),
        ("submission", "smtp.example.com", 465 if implicit else 587, "implicit" if implicit else "starttls"),
    }


def test_urls_hold_the_name_encoded() -> None:
    for name in ("symfony", "mutt"):
        (found,) = set(re.findall(r"smtps://([^:@/]+)[:@]", text_for(name)))
        assert unquote(found) == EVIL


@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("postfix", "a:b"),
        ("curl", "a:b"),
        ("exim", "a^b"),
        ("msmtp", '"a"'),
        ("spring", "${JAVA_HOME}"),
        ("grafana", "${HOME}"),
    ],
)
def test_a_name_that_cannot_be_written_is_left_out_and_told(name: str, user: str) -> None:
    snippet = make_snippet(find_program(name), account(implicit=True, user=user))
    assert snippet.left_out
    assert all(user not in file.text for file in snippet.files)
    assert any(USER in file.text for file in snippet.files)
    assert USER in render_plain(with_snippet(Card(title="t"), snippet, "en"))


def setting(username: str | None) -> Setting:
    return Setting(
        service="submission",
        host="smtp.example.com",
        port=465,
        security="implicit",
        verified=True,
        source="autoconfig",
        username=username,
    )


@pytest.mark.parametrize(
    ("username", "local", "user"),
    [
        pytest.param("ann", "ann", "ann", id="as published"),
        pytest.param(None, "ann", "ann@example.com", id="the address, when nothing is published"),
        pytest.param(None, None, USER, id="nobody said who"),
        pytest.param("a\nb", "ann", USER, id="two lines"),
        pytest.param("a\x1b[31m", "ann", USER, id="escapes"),
        pytest.param("x" * (MAX_USER + 1), "ann", USER, id="too long"),
        pytest.param("%EMAILADDRESS%", None, USER, id="a placeholder nobody filled in"),
        pytest.param(" a", "ann", USER, id="a blank that would be lost"),
    ],
)
def test_the_account_name(username: str | None, local: str | None, user: str) -> None:
    assert account_for("example.com", local, {"submission": setting(username)}).user == user


def test_a_program_without_its_server_says_so() -> None:
    only = account_for("example.com", "ann", {"submission": setting(None)})
    snippet = make_snippet(find_program("mbsync"), only)
    assert snippet.missing == ("imap",)
    assert "IMAP" in render_plain(with_snippet(Card(title="t"), snippet, "es"))


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=60))
def test_no_name_leaves_its_quotes(user: str) -> None:
    assert json.loads(double(user)) == json.loads(yaml(user)) == user
    assert ast.literal_eval(double(user)) == user
    assert unquote(url_part(user)) == user
    assert re.fullmatch(r"'(?:[^'\\]|\\.)*'", single(user), re.DOTALL)
    assert re.fullmatch(r'"(?:[^"\\$]|\\.)*"', dotenv(user), re.DOTALL)
    assert re.fullmatch(r'"(?:[^"\\$`]|\\.)*"', muttrc(user), re.DOTALL)
    import shlex

    assert shlex.split(shell(user)) == [user]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_card_offers_buttons_and_the_list(language: str) -> None:
    card = with_programs(Card(title="t"), "ann@example.com", language)
    assert [button.command for button in card.buttons] == [
        f"port ann@example.com for {one}" for one in POPULAR
    ]
    assert "laravel" in render_plain(card)
    assert not with_programs(Card(title="t"), "x" * 80 + ".test", language).buttons


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_configuration_can_be_shown(language: str) -> None:
    for program in PROGRAMS:
        shown = render_plain(
            with_snippet(Card(title="t"), make_snippet(program, account(implicit=True)), language)
        )
        assert program.name in shown
