"""Charts as pictures: the text is there on a machine without any font, in every language."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.picture import FONT, SCALE, chart_png
from bot.cards.chart import WIDTH, chart_svg, scale_of
from bot.cards.model import Chart, Strip
from tests.bot.cards.test_verdict import HOSTILE

ROOT = Path(__file__).parents[2]


def chart(states: str = "uuwd?.", **changed: object) -> Chart:
    points = tuple((f"24 Nov 1{n}:00", 40.0 + n if state in "uw" else None) for n, state in enumerate(states))
    values: dict[str, object] = {
        "title": "Tiempo de respuesta", "alt": "words", "points": points, "states": states, "language": "es",
        "strips": (Strip("example.com", states, "66 %"),),
    }  # fmt: skip
    return Chart(**{**values, **changed})  # type: ignore[arg-type]  # a test's shorthand


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height, from the header of a PNG."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_a_picture() -> None:
    width, height = size_of(chart_png(chart()))
    assert width == round(WIDTH * SCALE)
    assert height > 200


def test_text_does_not_vanish_where_there_is_no_font() -> None:
    """The same picture with and without its words differs, although the machine's fonts are not read."""
    with_words, without = chart_png(chart()), chart_png(chart(title="", strips=(Strip("", "uuwd?.", ""),)))
    assert with_words != without
    import resvg_py

    svg = chart_svg(chart())
    bare = bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=SCALE, skip_system_fonts=True))
    assert len(chart_png(chart())) > len(bare) * 1.3  # without our font every letter is missing


def test_the_font_is_small_and_comes_with_its_licence() -> None:
    assert FONT.stat().st_size < 60_000
    assert "Bitstream" in FONT.with_name("LICENSE-DejaVu.txt").read_text()


def test_letters_that_the_font_lacks_are_asked_of_the_machine() -> None:
    assert chart_png(chart(title="邮件")).startswith(b"\x89PNG")


@pytest.mark.parametrize("states", ["", ".", "u", "d", "?", "u" * 500, "uwd?." * 30])
def test_every_length_can_be_drawn(states: str) -> None:
    assert chart_png(chart(states, strips=())).startswith(b"\x89PNG")


def test_hostile_words_stay_words() -> None:
    svg = chart_svg(chart(title=HOSTILE, alt=HOSTILE, strips=(Strip(HOSTILE, "u", HOSTILE),), unit="<b>"))
    assert "<script" not in svg
    assert "<b>" not in svg
    chart_png(chart(title=HOSTILE, alt=HOSTILE))


def test_states_differ_without_colour() -> None:
    heights = {state: chart_svg(chart(state)).count(state) and _bar(state) for state in "uwd?."}
    assert len({heights[state] for state in "uwd."}) == 4
    assert "stroke-dasharray" in _bar("?")


def _bar(state: str) -> str:
    """The first bar of the strip, without its colour."""
    svg = chart_svg(chart(state * 3))
    bar = svg.split("<rect")[2].split("/>")[0]
    return " ".join(word for word in bar.split() if not word.startswith(("fill", "stroke=", "x=", "width=")))


@pytest.mark.parametrize("highest", [0, 0.4, 1, 3, 9.9, 10, 42, 99, 100, 101, 1234, 15000])
def test_the_scale_is_round_and_reaches_the_highest(highest: float) -> None:
    marks = scale_of(highest)
    assert marks[0] == 0
    assert marks[-1] >= highest
    assert 2 <= len(marks) <= 5


def test_charts_are_not_loaded_before_one_is_drawn() -> None:
    code = "import adapters.picture, sys; print('resvg_py' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "False"
