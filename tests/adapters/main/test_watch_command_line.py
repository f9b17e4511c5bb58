"""`mailport watch`, `report` and `history` on a real SQLite file, as scripts use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


class Shell:
    def __init__(self, folder: Path) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MAILPORT_")},
            "MAILPORT_DATABASE_URL": f"sqlite:///{folder / 'mailport.db'}",
            "MAILPORT_ALLOWED_NETWORKS": "127.0.0.0/8",
        }

    def __call__(self, *words: str, stdin: str = "", status: int = 0) -> str:
        finished = subprocess.run(
            [sys.executable, "-m", "adapters.main.cli", *words],
            cwd=ROOT, env=self.environment, input=stdin, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert finished.returncode == status, finished.stderr
        return finished.stdout if status == 0 else finished.stderr


@pytest.fixture
def mailport(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_from_adding_to_removing(mailport: Shell, tmp_path: Path) -> None:
    said = mailport("watch", "add", "127.0.0.1:25", "127.0.0.2:25", "--every", "1h", "--failures", "3")
    assert "#2 127.0.0.2:25" in said
    assert "Nobody probes from local" in said  # no server runs on this file
    (first, _) = json.loads(mailport("watch", "list", "--json"))["watches"]
    assert (first["number"], first["every"], first["failures"]) == (1, "1h", 3)
    exported = mailport("watch", "export")
    assert exported.splitlines()[1].startswith("127.0.0.1:25,1h,local")
    assert "removes something for good" in mailport("watch", "remove", "1", status=2)
    assert "not watched any more" in mailport("watch", "remove", "1", "--yes")
    (tmp_path / "list.csv").write_text(exported)
    assert "already" in mailport("watch", "import", str(tmp_path / "list.csv"))
    assert "line 2" in mailport("watch", "import", "-", stdin="127.0.0.3:25\nno name\n")


def test_chat_words_work_as_well(mailport: Shell) -> None:
    assert "Every         30m" in mailport("watch", "add", "127.0.0.1:25", "every", "30m")


def test_a_report_and_its_files(mailport: Shell) -> None:
    assert "every Monday at 09:00" in mailport(
        "report", "add", "every", "Monday", "at", "9", "--timezone", "Europe/Madrid", "--for", "127.0.0.9:25"
    )
    assert "Report #1: 127.0.0.9:25 is broken" in mailport("report", "run", "1")
    assert mailport("report", "run", "1", "csv").splitlines()[1].startswith("127.0.0.9:25,local,fail,0.0,1")
    document = json.loads(mailport("report", "run", "1", "--json"))
    assert document["targets"][0]["verdict"] == "fail"


def test_history_writes_a_picture(mailport: Shell, tmp_path: Path) -> None:
    mailport("watch", "add", "127.0.0.1:25")
    picture = tmp_path / "chart.png"
    document = json.loads(mailport("history", "127.0.0.1:25", "--json", "--png", str(picture)))
    assert document["schema"] == "mailport.history/1"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_is_not_there_is_said_in_one_line(mailport: Shell) -> None:
    said = mailport("history", "example.com", status=2)
    assert len(said.strip().splitlines()) == 1
    assert "watch add" in said
