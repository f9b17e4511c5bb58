"""What is installed is what was tested: the image's build steps, run for real in a folder of their own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]


def instructions(path: Path) -> list[list[tuple[str, str]]]:
    """Per stage of a Dockerfile its instructions and their arguments."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", path.read_text("utf-8")))
    stages: list[list[tuple[str, str]]] = []
    for line in filter(str.strip, text.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest))
    return stages


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which the build stage has been carried out."""
    folder = tmp_path_factory.mktemp("image")
    source = folder / "src"
    source.mkdir()
    (folder / "opt").mkdir()

    def here(words: str) -> str:
        return re.sub(r"(?<![\w.])/(src|opt)(?=/|\s|$)", rf"{folder}/\1", words)

    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment.pop("VIRTUAL_ENV", None)
    for word, rest in instructions(DEPLOY / "Dockerfile")[0]:
        if word == "COPY":
            *names, target = shlex.split(here(rest))
            for name in names:
                assert (ROOT / name).exists(), f"the Dockerfile copies {name}, which is not there"
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / name, target)
        elif word == "RUN":
            done = subprocess.run(
                here(rest),
                shell=True,
                cwd=source,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{rest}\n{done.stdout}{done.stderr}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def run(built: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The installed program, far away from its source."""
    home = built / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        [str(built / "opt/mailport/bin/mailport"), *words],
        cwd=home, env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_installed_program_works(built: Path) -> None:
    version = run(built, "--version")
    assert (version.returncode, version.stderr) == (0, "")
    assert re.fullmatch(r"mailport \d+\.\d+\.\d+\n", version.stdout)
    answer = json.loads(run(built, "ask", "¿qué puerto uso para enviar correo?", "--json").stdout)
    assert (answer["lang"], answer["topic"]) == ("es", "submission-port")
    diagnosis = json.loads(run(built, "explain", "535 5.7.8 authentication failed", "--json").stdout)
    assert diagnosis["cause"] == "auth-bad-credentials"
    assert run(built, "check", "127.0.0.1").returncode == 2
    upgraded = run(built, "db", "upgrade")
    assert (upgraded.returncode, "revision" in upgraded.stdout) == (0, True), upgraded
    assert run(built, "status").returncode == 0


def test_the_wheel_holds_every_data_file(built: Path) -> None:
    wheel = next((built / "src/dist").glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    listed = subprocess.run(
        ["git", "ls-files", "bot", "adapters", "storage"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    kept = set(listed.stdout.split())
    assert kept <= packed, f"not in the wheel: {sorted(kept - packed)}"
    assert {"bot/i18n/es.json", "adapters/web/static/mailport.js"} <= packed
    strangers = {name for name in packed - kept if not name.startswith("mailport-")}
    assert not [name for name in strangers if not (ROOT / name).exists()], strangers
    assert not [name for name in packed if name.startswith(("tests/", "deploy/"))]


def test_the_image_runs_without_rights(built: Path) -> None:
    final = instructions(DEPLOY / "Dockerfile")[-1]
    words = [word for word, _ in final]
    given = {word: rest for word, rest in final if word != "RUN"}
    assert given["USER"] == "10001:10001"
    assert "HEALTHCHECK" in words
    assert json.loads(given["ENTRYPOINT"]) == ["mailport"]
    assert run(built, *json.loads(given["CMD"]), "--help").returncode == 0
    assert not [rest for word, rest in final if word == "COPY" and not rest.startswith("--from=build ")]


def test_the_image_knows_only_settings_that_exist() -> None:
    text = "".join(
        (DEPLOY / name).read_text("utf-8") for name in ("Dockerfile", "compose.yaml", "mailport.service")
    )
    known = {one.name for one in SETTINGS}
    assert set(re.findall(r"\b(?:MAILPORT|SLACK|DISCORD)_[A-Z_]+\b", text)) <= known


def test_what_the_image_is_built_from_is_not_ignored() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    sources = {
        name
        for word, rest in instructions(DEPLOY / "Dockerfile")[0] if word == "COPY"
        for name in rest.split()[:-1]
    }  # fmt: skip
    assert {line[1:] for line in lines if line.startswith("!")} == sources


def _compose() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return loaded


def test_compose_gives_no_more_than_is_needed() -> None:
    services = _compose()["services"]
    for name in ("mailport", "worker"):
        service = services[name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        seconds = int(service["stop_grace_period"].removesuffix("s"))
        assert seconds > 10  # the process has ten to end
    assert services["mailport"]["ports"] == ["127.0.0.1:8025:8025"]
    assert services["mailport"]["volumes"] == ["data:/var/lib/mailport"]
    assert {name for name, one in services.items() if one.get("profiles") == ["postgres"]} == {"worker", "db"}
    assert set(_compose()["volumes"]) == {"data", "database"}


def test_the_unit_is_hardened() -> None:
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is missing: tests/support/install-servers"
    done = subprocess.run(
        [program, "security", "--offline=true", "--threshold=20", str(DEPLOY / "mailport.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    level = re.search(r"exposure level for mailport\.service: ([\d.]+)", done.stdout)
    assert level is not None, done.stderr
    assert float(level[1]) <= 2.0
    verified = subprocess.run(
        [program, "verify", str(DEPLOY / "mailport.service")], capture_output=True, text=True, check=False
    )
    faults = [line for line in verified.stderr.splitlines() if "mailport.service" in line]
    # The program is not installed here; anything else would be a fault of the unit.
    assert all("is not executable" in line for line in faults), faults


def test_the_environment_example_can_be_read_and_names_every_setting() -> None:
    from dotenv import dotenv_values

    text = (DEPLOY / "mailport.env").read_text("utf-8")
    assert re.findall(r"(?m)^#([A-Z_]+)=", text) == [
        one.name for group in ("general", "slack", "discord", "probing", "limits") for one in SETTINGS if one.group == group
    ]  # fmt: skip
    assert dotenv_values(DEPLOY / "mailport.env") == {}  # as it stands it changes nothing
