"""The command line as a process: exit status, one JSON document, one clear line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.main.cli import main

ROOT = Path(__file__).resolve().parents[3]


def mailport(
    *words: str, home: Path, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", "adapters.main.cli", *words],
        cwd=ROOT,
        input=stdin,
        env={**kept, "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A user without any setting."""
    for name in os.environ:
        if name.startswith(("MAILPORT_", "SLACK_", "DISCORD_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    # pytest's own standard input refuses to be read.
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        pytest.param([], 0, "Usage: mailport", id="nothing prints help"),
        pytest.param(["chek"], 2, "mailport check", id="a mistyped command"),
        pytest.param(["check"], 2, "example.com", id="a missing target"),
        pytest.param(["check", "example.com:99999"], 2, "1 to 65535", id="a bad port"),
        pytest.param(["check", "example.com:22"], 2, "not a mail port", id="a port that is no mail port"),
        pytest.param(["check", "127.0.0.1"], 2, "loopback", id="loopback"),
        pytest.param(["check", "::1"], 2, "loopback", id="loopback, IPv6"),
        pytest.param(["check", "::ffff:127.0.0.1"], 2, "loopback", id="loopback, mapped"),
        pytest.param(["check", "10.0.0.1"], 2, "private", id="private"),
        pytest.param(["check", "169.254.169.254"], 2, "link-local", id="cloud metadata"),
        pytest.param(["check", "100.64.0.1"], 2, "shared", id="carrier-grade NAT"),
        pytest.param(["check", "fe80::1"], 2, "link-local", id="link-local"),
        pytest.param(["check", "64:ff9b::7f00:1"], 2, "loopback", id="loopback behind NAT64"),
        pytest.param(["port", "127.0.0.1"], 2, "loopback", id="settings of loopback"),
        pytest.param(["watch", "lst"], 2, "Known:", id="a mistyped second word"),
        pytest.param(["trace", "/nowhere"], 2, "There is no file /nowhere", id="no such file to trace"),
        pytest.param(["--lang", "es", "trace", "no.eml"], 2, "No hay ningún archivo no.eml", id="in Spanish"),
        pytest.param(["trace", "/"], 2, "/ cannot be read", id="a folder"),
        pytest.param(
            ["trace", "Subject: hello there"], 2, "Received", id="headers typed, none of them right"
        ),
        pytest.param(["trace", "Subject: " + "x" * 300], 2, "Received", id="longer than a name can be"),
        pytest.param(
            ["watch", "import", "no.csv"], 2, "There is no file no.csv", id="no such file to import"
        ),
        pytest.param(["explain", "-"], 2, "Standard input is empty", id="nothing to explain"),
        pytest.param(["--lang", "es", "trace", "-"], 2, "está vacía", id="nothing to trace"),
        pytest.param(["ask", "--lang", "fr", "x"], 2, "en or es", id="a language we don't speak"),
        pytest.param(["check", "--from-file", "/nowhere", "--jsonl"], 2, "/nowhere", id="no such file"),
        pytest.param(["check", "--from-file", "-", "--concurrency", "999"], 2, "1 to 256", id="a bad number"),
        pytest.param(["check", "--concurrency", "3", "--jsonl"], 2, "--from-file FILE", id="many of nothing"),
        pytest.param(["check", "a.example", "--jsonl"], 2, "there is --json", id="one target in lines"),
        pytest.param(["check", "a.example", "--from-file", "x"], 2, "not both", id="a target and a file"),
        pytest.param(
            ["check", "a.example", "--port", "25"], 2, "Did you mean --ports?", id="a mistyped option"
        ),
        pytest.param(["check", "a.example", "--colour"], 2, "It knows --ports", id="an option there is not"),
        pytest.param(["check", "a.example", "--json=yes"], 2, "takes no value", id="a value too many"),
        pytest.param(["check", "a.example", "--ports"], 2, "needs a value", id="a value too few"),
        pytest.param(["check", "127.0.0.1", "25,x"], 2, "is no port", id="ports as in a channel"),
        pytest.param(["watch"], 2, "needs one more word", id="half a command"),
        pytest.param(["watch", "lits"], 2, "mailport watch list", id="a mistyped second word, near"),
        pytest.param(["watch", "mantenimiento"], 2, "needs target", id="a second word in Spanish"),
        pytest.param(["vigilancia", "pausar"], 2, "needs target", id="both words in Spanish"),
        pytest.param(["comprobar", "10.0.0.1"], 2, "private", id="a command in Spanish"),
        pytest.param(["ayuda", "comprobar"], 0, "--from-file FILE", id="help in Spanish"),
        pytest.param(["watch", "pausra"], 2, "mailport watch pause", id="a Spanish word, mistyped"),
        pytest.param(["watch", "add"], 2, "needs target", id="nothing to watch"),
        pytest.param(["watch", "show"], 2, "mailport watch show 3", id="an example that a shell takes whole"),
        pytest.param(
            ["--lang", "es", "check", "10.0.0.1"], 2, "(privada)", id="why an address is refused, in Spanish"
        ),
        pytest.param(
            ["watch", "add", "a.example", "every", "5x"], 2, "5x is no length", id="words as in a channel"
        ),
        pytest.param(["port", "a\nb"], 2, "a b is no domain", id="two lines for a target"),
        pytest.param(["check", "a.example:"], 2, "a.example: is no port", id="a port of nothing"),
        pytest.param(["ask"], 2, "which port should I use?", id="no question"),
        pytest.param(["which", "port", "should", "I", "use"], 2, 'mailport ask "which port', id="a question"),
        pytest.param(["mx.example.com:25"], 2, "mailport check mx.example.com:25", id="a target alone"),
        pytest.param(["me@example.com"], 2, "mailport port me@example.com", id="an address alone"),
        pytest.param(["check", "a.example", "--ports", ""], 2, "needs a value", id="a value of nothing"),
        pytest.param(["history", "a.example", "--png="], 2, "needs a value", id="a file of no name"),
        pytest.param(["watch", "add", " "], 2, "mailport watch add", id="nothing but a space"),
        pytest.param(["db", "backup", ""], 2, "backup FILE", id="a copy of no name"),
        pytest.param(["db", "restore", "/nowhere"], 2, "There is no file", id="no copy"),
        pytest.param(["db"], 2, "backup FILE", id="half a database command"),
        pytest.param(["db", "backup"], 2, "backup FILE", id="a backup to nowhere"),
        pytest.param(["serve", "now"], 2, "what to do with now", id="a word too many"),
        pytest.param(["worker", "--vantage", "a b"], 2, "one word", id="a bad name of a place"),
        pytest.param(["doctor", "--jsn"], 2, "--json", id="a mistyped option of doctor"),
        pytest.param(["help", "chekc"], 2, "mailport check", id="help on a mistyped command"),
        pytest.param(["--lang", "es", "chek"], 2, "¿Querías decir mailport check", id="in Spanish, before"),
        pytest.param(
            ["watch", "lits", "--lang=es"], 2, "¿Querías decir mailport watch", id="in Spanish, after"
        ),
        pytest.param(["help", "check"], 0, "--from-file FILE", id="help on a command"),
        pytest.param(["check", "--help"], 0, "--from-file FILE", id="the same, the other way"),
        pytest.param(["help", "watch"], 0, "watch maintenance", id="help on a group"),
        pytest.param(["watch", "-h"], 0, "watch maintenance", id="the same, the other way round"),
        pytest.param(["help", "serve"], 0, "Log as one JSON", id="help on a command of the program"),
        pytest.param(["db", "--help", "--lang", "es"], 0, "copia", id="the same in Spanish"),
    ],
)
def test_usage(
    words: list[str], status: int, said: str, at_home: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == status
    output, complaints = capsys.readouterr()
    assert said in output + complaints
    if status == 2:
        assert len(complaints.strip().splitlines()) == 1


def test_usage_as_a_process(tmp_path: Path) -> None:
    for words, status in (([], 0), (["chek"], 2), (["check", "127.0.0.1"], 2)):
        done = mailport(*words, home=tmp_path)
        assert done.returncode == status, done
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("question", "language"),
    [("which port should I use to send mail?", "en"), ("¿qué puerto debo usar para enviar correo?", "es")],
)
def test_ask_prints_one_document(question: str, language: str, tmp_path: Path) -> None:
    done = mailport("ask", question, "--json", home=tmp_path)
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert (document["schema"], document["lang"], document["topic"]) == (
        "mailport.answer/1",
        language,
        "submission-port",
    )
    assert "465" in document["text"]
    assert document["sources"]


def test_explain_reads_standard_input(tmp_path: Path) -> None:
    done = mailport("explain", "-", "--json", home=tmp_path, stdin="535 5.7.8 Error: authentication failed")
    document = json.loads(done.stdout)
    assert (document["schema"], document["cause"]) == ("mailport.diagnosis/1", "auth-bad-credentials")
    assert document["entities"]["enhanced_code"] == "5.7.8"


def test_what_was_pasted_is_given_back_without_control_characters(tmp_path: Path) -> None:
    paste = "said:\t535 \x1b[31mred\0\r\nlogin failed\u202e" + " x" * 9000
    document = json.loads(mailport("explain", "-", "--json", home=tmp_path, stdin=paste).stdout)
    assert document["input"].startswith("said:\t535 \ufffd[31mred\ufffd\nlogin failed\ufffd x")
    assert len(document["input"]) == 8192
    document = json.loads(mailport("ask", "which \x1bport?", "--json", home=tmp_path).stdout)
    assert document["question"] == "which \ufffdport?"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        pytest.param("explain 535 >&-", 0, "", id="nobody listens"),
        pytest.param("explain - <&-", 2, "Standard input is empty", id="nothing can be read"),
        pytest.param("watch list >&- 2>&-", 0, "", id="a database is no stream"),
        pytest.param("explain 535 >/dev/full", 3, "No space left", id="a full disk"),
    ],
)
def test_streams_that_are_closed_or_full(words: str, status: int, said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m adapters.main.cli {words}', sys.executable],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path)},
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == bool(said)


def test_a_terminal_without_some_characters_is_no_bug(tmp_path: Path) -> None:
    done = mailport("ask", "--lang", "es", "puerto", home=tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


def test_a_database_that_does_not_work_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"no database" * 999)
    for url, status in ((f"sqlite:///{tmp_path}/broken", 3), ("postgresql://127.0.0.1:1/x", 3), ("x", 2)):
        done = mailport("watch", "list", home=tmp_path, MAILPORT_DATABASE_URL=url)
        assert (done.returncode, done.stdout) == (status, "")
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [["check", "192.0.2.1"], ["serve"], ["worker"], ["port", "a.example"]])
def test_anchors_that_cannot_be_used_are_told_and_judge_nobody(words: list[str], tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("no certificate")
    for file in (tmp_path / "absent.pem", empty):
        allowed = {"MAILPORT_ALLOWED_NETWORKS": "192.0.2.0/24", "MAILPORT_HTTP_PORT": "0"}
        done = mailport(*words, home=tmp_path, MAILPORT_CA_FILE=str(file), **allowed)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"MAILPORT_CA_FILE is {file}")
        assert len(done.stderr.splitlines()) == 1


def test_doctor_says_what_is_wrong_with_the_anchors(tmp_path: Path) -> None:
    done = mailport("doctor", "--json", home=tmp_path, MAILPORT_CA_FILE="/nowhere", MAILPORT_HTTP_PORT="0")
    document = json.loads(done.stdout)
    (trust,) = [one for one in document["checks"] if one["name"] == "trust"]
    assert (done.returncode, trust["state"]) == (1, "broken")


def test_a_configuration_without_end_is_not_read(tmp_path: Path) -> None:
    done = mailport("ask", "port", home=tmp_path, MAILPORT_CONFIG="/dev/zero")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == ["/dev/zero cannot be read: > 1000000 bytes"]


def test_ask_loads_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['mailport', 'ask', 'which port?']\n"
        "from adapters.main.cli import run\nrun()\n"
        "heavy = {'asyncio', 'aiohttp', 'dns', 'sqlalchemy', 'slack_bolt', 'discord', 'rich', 'cryptography',\n"
        "         'dataclasses', 'inspect', 'typing', 'pathlib', 'ipaddress', 'difflib', 'datetime', 'logging',\n"
        "         'bot.model.names', 'bot.commands.values', 'bot.probes'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path)},
        check=True,
    )
    assert done.stderr.strip() == "[]"


def test_settings_come_from_files_and_the_environment_wins(tmp_path: Path) -> None:
    config = tmp_path / "mailport.toml"
    config.write_text('lang = "es"\nhttp_port = 9000\n')
    done = mailport("chek", home=tmp_path, MAILPORT_CONFIG=str(config))
    assert "Querías decir" in done.stderr
    done = mailport("chek", home=tmp_path, MAILPORT_CONFIG=str(config), MAILPORT_LANG="en")
    assert "Did you mean" in done.stderr
    config.write_text('colour = "red"\n')
    done = mailport("help", home=tmp_path, MAILPORT_CONFIG=str(config))
    assert (done.returncode, "colour" in done.stderr) == (2, True)


def test_a_conversation_in_the_terminal(tmp_path: Path) -> None:
    done = mailport("chat", home=tmp_path, stdin="hlep\n1\nwhich port should I use?\nexit\n")
    assert done.returncode == 0
    assert "Did you mean help?" in done.stdout
    assert "465" in done.stdout


def test_many_targets_one_document_each(tmp_path: Path) -> None:
    targets = "127.0.0.1\n# a comment\n\nexample.com:22\nnot a name\n"
    done = mailport("check", "--from-file", "-", "--jsonl", home=tmp_path, stdin=targets)
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert {one["error"] for one in documents} == {"target-forbidden", "port-refused", "target-bad"}
    assert {one["target"] for one in documents} == {"127.0.0.1", "example.com:22", "not a name"}


def test_help_and_its_option_say_the_same(tmp_path: Path) -> None:
    for command in ("check", "watch add", "report", "doctor"):
        words = command.split()
        assert (
            mailport("help", *words, home=tmp_path).stdout == mailport(*words, "--help", home=tmp_path).stdout
        )


def test_an_error_has_its_document_too(tmp_path: Path) -> None:
    for words in (["check", "--json"], ["check", "--json", "127.0.0.1"], ["chek", "--json"]):
        done = mailport(*words, home=tmp_path)
        assert (done.returncode, json.loads(done.stdout)["schema"]) == (2, "mailport.error/1")
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param(
            ".env", "MAILPORT_HTTP_PORT=eighty\n", "MAILPORT_HTTP_PORT is eighty", id=".env, a bad value"
        ),
        pytest.param(
            ".env", "SLACK_BOT_TOKEN='a\x01b'\n", "SLACK_BOT_TOKEN is ********", id=".env, a bad secret"
        ),
        pytest.param(".env", b"MAILPORT_LANG=\xff\xfe\n", "cannot be read", id=".env, no text"),
        pytest.param("mailport.toml", "http_port = 99999\n", "0 to 65535", id="TOML, a bad value"),
        pytest.param("mailport.toml", "http_port = \n", "cannot be read", id="TOML, broken"),
        pytest.param("mailport.toml", "colour = 'red'\n", "colour", id="TOML, no setting"),
        pytest.param("mailport.toml", "[web]\nport = 1\n", "web", id="TOML, a table"),
        pytest.param(
            "mailport.toml", "timezone = 'Mars/Olympus'\n", "Europe/Madrid", id="TOML, no time zone"
        ),
    ],
)
def test_bad_settings_are_one_line(name: str, content: str | bytes, said: str, tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "mailport"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for words in (["help"], ["serve"], ["doctor", "--json"]):
        done = mailport(*words, home=tmp_path)
        assert (done.returncode, said in done.stderr, len(done.stderr.splitlines())) == (2, True, 1), done
        assert "\x01" not in done.stderr


def test_bad_settings_are_told_in_the_askers_language(tmp_path: Path) -> None:
    for words, environment in ((["--lang", "es", "help"], {}), (["help"], {"MAILPORT_LANG": "es"})):
        done = mailport(*words, home=tmp_path, MAILPORT_HTTP_PORT="eighty", **environment)
        assert (done.returncode, "se esperaba un número de puerto de 0 a 65535" in done.stderr) == (
            2,
            True,
        ), done


def test_whoever_reads_only_the_beginning_is_no_problem(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m adapters.main.cli help --json | head -c 10",
        shell=True, cwd=ROOT, capture_output=True, text=True, env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ('{"schema":', "")
