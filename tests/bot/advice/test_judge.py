"""The verdict: critical fails, unknown is never a no, warnings warn."""

from __future__ import annotations

import pytest

from bot.advice.judge import judge
from bot.advice.rules import findings_of
from bot.advice.situation import Situation
from bot.model.outcome import EndpointOutcome
from bot.model.verdict import Word
from tests.support.outcomes import V6, bare, certificate, closed, good, plain


@pytest.mark.parametrize(
    ("outcomes", "asked", "expected"),
    [
        pytest.param([good(25)], set(), "pass", id="one good port"),
        pytest.param([good(25), closed(110), closed(995)], set(), "pass", id="closed ports are facts"),
        pytest.param([good(465, certificate=certificate("expired"))], set(), "fail", id="expired on 465"),
        pytest.param(
            [good(25, certificate=certificate("expired"))], set(), "pass", id="expired on a plain MX"
        ),
        pytest.param([plain(25)], set(), "warn", id="no STARTTLS on 25"),
        pytest.param([closed(25)], {25}, "fail", id="asked and refused"),
        pytest.param([closed(25, state="filtered")], {25}, "unknown", id="asked and dropped"),
        pytest.param(
            [good(587), closed(25, state="filtered")], {25, 587}, "unknown", id="one asked port dropped"
        ),
        pytest.param([good(25), closed(25, V6, "filtered")], {25}, "warn", id="answered over one family"),
        pytest.param(
            [good(25), bare(25, V6, signs=["greeting-rejected"])], {25}, "warn", id="421 on one address"
        ),
        pytest.param(
            [bare(25, signs=["greeting-rejected"])], set(), "unknown", id="421 is never no STARTTLS"
        ),
        pytest.param([bare(25, signs=["silent"])], {25}, "unknown", id="silence"),
        pytest.param([bare(25, signs=["timed-out"])], set(), "unknown", id="time-out"),
        pytest.param([bare(25, signs=["starttls-temporary"])], {25}, "unknown", id="454"),
        pytest.param([closed(p, state="filtered") for p in (25, 465)], set(), "unknown", id="all dropped"),
        pytest.param([closed(p) for p in (25, 465)], set(), "fail", id="all refused"),
        pytest.param(
            [closed(25, state="filtered"), closed(465)], set(), "unknown", id="25 dropped, rest refused"
        ),
        pytest.param(
            [closed(25, V6, "unreachable", signs=["no-route-here"])], set(), "unknown", id="no IPv6 here"
        ),
        pytest.param(
            [bare(25, signs=["timed-out"]), good(465, certificate=certificate("expired"))],
            set(),
            "fail",
            id="what is known to be broken is broken",
        ),
    ],
)
def test_verdict(outcomes: list[EndpointOutcome], asked: set[int], expected: Word) -> None:
    ports = frozenset(asked)
    judgement = judge(outcomes, findings_of(outcomes, Situation(asked=ports)), asked=ports)
    assert judgement.verdict == expected
    assert bool(judgement.undetermined) == (expected == "unknown") or expected == "fail"


def test_a_resolver_that_does_not_answer_is_unknown() -> None:
    judgement = judge([], [], undetermined=("dns-timeout",))
    assert (judgement.verdict, judgement.undetermined) == ("unknown", ("dns-timeout",))


def test_reasons_are_said_once() -> None:
    outcomes = [closed(port, state="filtered") for port in (25, 465, 587)]
    assert judge(outcomes, []).undetermined == ("filtered",)
