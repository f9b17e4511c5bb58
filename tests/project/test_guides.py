"""The guides name what there is, all of it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.main.arguments import OWN_COMMANDS, OWN_FLAGS
from adapters.web.probe_metrics import probe_text
from adapters.web.server import WebParts, WebServer
from bot.commands.catalog import COMMANDS
from bot.commands.rate import Limiter
from bot.settings import SETTINGS
from tests.bot.cards.test_verdict import result_of
from tests.support.core import make_test_tools
from tests.support.outcomes import bare, certificate, good

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDES = sorted(path for path in DOCS.glob("*.md"))
# Names that read like settings of ours and belong to somebody else.
_FOREIGN = {"MAILPORT_CONFIG"}


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)
def test_every_setting_has_its_row(setting: object) -> None:
    assert f"| `{getattr(setting, 'name')}` |" in read("settings.md")  # noqa: B009


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
def test_every_command_has_its_row(command: object) -> None:
    assert f"| `{getattr(command, 'name')}" in read("commands.md")  # noqa: B009


@pytest.mark.parametrize("name", OWN_COMMANDS)
def test_every_command_of_the_program_is_in_the_guide_of_the_terminal(name: str) -> None:
    row = next(line for line in read("terminal.md").splitlines() if line.startswith(f"| `mailport {name}"))
    # --lang works with all of them, which the guide says once.
    assert all(flag.name in row for flag in OWN_FLAGS[name] if flag.name != "--lang")


def test_every_path_of_the_web_server_is_in_its_guide() -> None:
    async def nothing(*_: object) -> None:
        """Never called."""

    parts = WebParts(ready=nothing, metrics=bytes, check=nothing)  # type: ignore[arg-type]
    limiter = Limiter(per_person=1, per_channel=1, per_workspace=1)
    routes = WebServer(make_test_tools(), limiter, parts).application().router.resources()
    paths = {route.canonical for route in routes} - {"/try/stream"}
    guide = read("web.md")
    missing = [path for path in paths if not path.startswith("/static/") and f"`{path}" not in guide]
    assert not missing


def test_every_metric_of_a_probe_is_in_its_guide() -> None:
    results = (result_of(good(25, certificate=certificate("expired", days=-1))), result_of(bare(25)))
    names = {name for result in results for name in re.findall(r"# TYPE (\S+)", probe_text(result))}
    guide = read("web.md")
    assert not [name for name in names if f"`{name}" not in guide]
    told = set(re.findall(r"`((?:mailport_)?probe_[a-z_]+)", guide))
    assert told <= names


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_guides_name_only_settings_that_exist(path: Path) -> None:
    named = set(re.findall(r"\bMAILPORT_[A-Z_]+\b", path.read_text("utf-8")))
    assert named - {one.name for one in SETTINGS} <= _FOREIGN


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_links_between_guides_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", path.read_text("utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize("name", ["operations.md", "web.md", "terminal.md"])
def test_files_that_guides_speak_of_are_there(name: str) -> None:
    named = set(re.findall(r"\bdeploy/[a-z.]+[a-z]\b", read(name))) - {"deploy/.env"}
    assert not [one for one in named if not (ROOT / one).exists()]
