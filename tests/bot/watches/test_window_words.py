"""Maintenance windows in words, English and Spanish, over midnight and over changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.watches.window_words import MAX_LENGTH, parse_window

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)  # a Wednesday, 21:00 in Madrid
ZONE = "Europe/Madrid"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        pytest.param("2026-12-01 22:00 to 23:30", "2026-12-01T21:00", "2026-12-01T22:30", id="a date"),
        pytest.param("2026-12-01T22:00 - 23:30", "2026-12-01T21:00", "2026-12-01T22:30", id="ISO"),
        pytest.param(
            "2026-12-01 22:00 to 2026-12-02 01:00", "2026-12-01T21:00", "2026-12-02T00:00", id="two dates"
        ),
        pytest.param("tomorrow 22:00 for 2h", "2026-11-26T21:00", "2026-11-26T23:00", id="tomorrow"),
        pytest.param("mañana de 22:00 a 23:30", "2026-11-26T21:00", "2026-11-26T22:30", id="mañana"),
        pytest.param("now for 30m", "2026-11-25T20:00", "2026-11-25T20:30", id="now"),
        pytest.param("ahora durante 2 horas", "2026-11-25T20:00", "2026-11-25T22:00", id="ahora"),
        pytest.param("now until 23:30", "2026-11-25T20:00", "2026-11-25T22:30", id="now until"),
        pytest.param("90m", "2026-11-25T20:00", "2026-11-25T21:30", id="a length alone"),
        pytest.param("saturday 22:00 to 02:00", "2026-11-28T21:00", "2026-11-29T01:00", id="over midnight"),
        pytest.param("el sábado de 22 a 23", "2026-11-28T21:00", "2026-11-28T22:00", id="sábado"),
        pytest.param("22:00-23:30", "2026-11-25T21:00", "2026-11-25T22:30", id="today"),
        pytest.param(
            "10:00 to 11:00", "2026-11-26T09:00", "2026-11-26T10:00", id="over for today, so tomorrow"
        ),
        pytest.param(
            "wednesday 10:00 to 11:00", "2026-12-02T09:00", "2026-12-02T10:00", id="over, so next week"
        ),
        pytest.param("1 dic 22:00 a 23:30", "2026-12-01T21:00", "2026-12-01T22:30", id="a Spanish month"),
        pytest.param("Dec 1 10pm to 11pm", "2026-12-01T21:00", "2026-12-01T22:00", id="English halves"),
        pytest.param("3 jan 22:00 to 23:00", "2027-01-03T21:00", "2027-01-03T22:00", id="next year"),
        pytest.param("tomorrow", "2026-11-25T23:00", "2026-11-26T23:00", id="a whole day"),
        pytest.param("22:00 to 24:00", "2026-11-25T21:00", "2026-11-25T23:00", id="until midnight"),
        pytest.param(
            "22:00 to 23:30 America/New_York", "2026-11-26T03:00", "2026-11-26T04:30", id="another zone"
        ),
        pytest.param(
            "2027-03-28 02:30 for 1h", "2027-03-28T01:30", "2027-03-28T02:30", id="a time that is skipped"
        ),
        pytest.param("2027-10-31 00:30 for 4h", "2027-10-30T22:30", "2027-10-31T02:30", id="real hours"),
    ],
)
def test_words(text: str, start: str, end: str) -> None:
    window = parse_window(text, ZONE, NOW)
    assert (window.start.isoformat()[:16], window.end.isoformat()[:16]) == (start, end)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "window-bad"),
        ("sometime", "window-bad"),
        ("22:00 to 25:00", "window-bad"),
        ("2026-02-30 10:00 to 11:00", "window-bad"),
        ("tomorrow 22:00 to 23:00 please", "window-bad"),
        ("2020-01-01 10:00 to 11:00", "window-past"),
        ("now for 40d", "window-long"),
        ("2028-01-01 10:00 to 11:00", "window-far"),
        ("22:00 to 23:00 Europe/Atlantis", "timezone-bad"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_window(text, ZONE, NOW)
    assert caught.value.key == key


_WORDS = st.sampled_from(
    [
        "now",
        "today",
        "tomorrow",
        "monday",
        "sábado",
        "22:00",
        "2",
        "10pm",
        "1",
        "dic",
        "2026-12-01",
        "to",
        "until",
        "a",
        "for",
        "durante",
        "2h",
        "30",
        "m",
        "-",
        "de",
        "from",
        ",",
        "UTC",
    ]
)


@given(st.lists(_WORDS, max_size=8).map(" ".join))
def test_a_window_is_whole_or_refused(text: str) -> None:
    try:
        window = parse_window(text, ZONE, NOW)
    except BadInput:
        return
    assert window.start < window.end
    assert window.end > NOW
    assert window.end - window.start <= MAX_LENGTH
