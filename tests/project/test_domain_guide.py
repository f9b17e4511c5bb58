"""The guide to domains names every program there is a configuration for, and only settings that exist."""

from __future__ import annotations

import re
from pathlib import Path

from bot.advice.snippets.programs import PROGRAMS
from bot.settings import SETTINGS

GUIDE = (Path(__file__).parents[2] / "docs/domain.md").read_text("utf-8")


def test_every_program_is_named() -> None:
    listed = re.search(r"password left out, for (.*?)\. With", GUIDE, re.DOTALL)
    assert listed is not None
    assert re.split(r",\s+|\s+and\s+", " ".join(listed[1].split())) == [program.id for program in PROGRAMS]


def test_every_setting_exists() -> None:
    named = set(re.findall(r"MAILPORT_[A-Z_]+", GUIDE))
    assert named <= {setting.name for setting in SETTINGS}


def test_every_page_it_leads_to_exists() -> None:
    for page in re.findall(r"\]\(([\w-]+\.md)\)", GUIDE):
        assert (Path(__file__).parents[2] / "docs" / page).exists()
