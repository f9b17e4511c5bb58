"""The alert rules as rows of letters, and against a simple model.

A letter is a run: `.` good, `w` good with a warning, `x` failed, `?` could not tell. News: b broke,
s still broken, r recovered, c changed, k certificate, n renewed, f flapping, S steady, u blind, g sighted;
`-` says that a run told nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.model.value import replace
from bot.model.verdict import Word
from bot.watches.alert import (
    AlertState,
    News,
    Policy,
    Step,
    advance,
    advance_step_by_step,
    calm_state,
    passed_levels,
)
from bot.watches.observation import CertificateEnd, Observation

START = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
WORDS: dict[str, Word] = {".": "pass", "w": "warn", "x": "fail", "?": "unknown"}
LETTERS = {
    "broke": "b", "still-broken": "s", "recovered": "r", "changed": "c", "certificate": "k", "renewed": "n",
    "flapping": "f", "steady": "S", "blind": "u", "sighted": "g",
}  # fmt: skip
WARNING = frozenset({"spf-missing example.com"})


def run(letter: str, number: int) -> Observation:
    return Observation(
        at=START + number * STEP, word=WORDS[letter], findings=WARNING if letter == "w" else frozenset()
    )


def told(runs: str, policy: Policy, quiet: str = "", state: AlertState | None = None) -> str:
    """One letter (or more) of news per run; `quiet` marks runs that fall into a mute with `q`."""
    state = state or AlertState()
    lines = []
    for number, letter in enumerate(runs):
        now = replace(policy, quiet=quiet[number : number + 1] == "q")
        step = advance(state, run(letter, number), now)
        state = step.state
        lines.append("".join(LETTERS[news.kind] for news in step.news) or "-")
    return "".join(lines)


@pytest.mark.parametrize(
    ("runs", "news"),
    [
        pytest.param("....", "----", id="all well, nothing told, the first run neither"),
        pytest.param("wwww", "----", id="warnings found first are the base line, not a change"),
        pytest.param("xx", "-b", id="down from the very first run is told after the threshold"),
        pytest.param("..x.x.", "------", id="single failures are not told"),
        pytest.param("..xx", "---b", id="two in a row are"),
        pytest.param("..xxxx..", "---b---r", id="told once, and the recovery after two good runs"),
        pytest.param("..xx.x..", "---b---r", id="one success is not a recovery"),
        pytest.param("..x?x", "----b", id="could not tell neither counts nor ends the row"),
        pytest.param("..???x", "------", id="could not tell is not a failure"),
        pytest.param("..xx????..", "---b-----r", id="nor a recovery"),
        pytest.param("????????", "-------u", id="eight runs blind are told"),
        pytest.param("?????????..", "-------u-g-", id="and once that we see again"),
        pytest.param("..ww", "---c", id="a new warning, seen twice"),
        pytest.param("..w.w.w", "-------", id="a warning that comes and goes is not told"),
        pytest.param("wwww..", "-----c", id="a warning that went away"),
        pytest.param("..xxww", "---b-r", id="a recovery with a warning: first the recovery"),
        pytest.param("..xxwww", "---b-rc", id="then the change"),
    ],
)
def test_news_of_runs(runs: str, news: str) -> None:
    assert told(runs, Policy(reminder_s=10**9)) == news


@pytest.mark.parametrize(
    ("runs", "quiet", "news"),
    [
        pytest.param("..xxx..", "..qqqqq", "-------", id="an outage within a mute is never told"),
        pytest.param("..xxxx", "..qqqq", "------", id="nothing is told in a mute"),
        pytest.param("..xxxxx", "..qqqq.", "------b", id="still down when it ends: told then"),
        pytest.param("..xx....", "....qq..", "---b--r-", id="a recovery within a mute is told after it"),
        pytest.param("..xxxxxx..", "....qqqqqq", "---b------", id="muted: the recovery waits too"),
        pytest.param("..wwww", "..qqq.", "-----c", id="a change within a mute is told after it"),
    ],
)
def test_quiet_times_are_caught_up_with(runs: str, quiet: str, news: str) -> None:
    assert told(runs, Policy(reminder_s=10**9), quiet) == news


@pytest.mark.parametrize(
    ("failures", "recoveries", "news"),
    [
        pytest.param(1, 1, "--b--r-", id="one and one"),
        pytest.param(3, 1, "----br-", id="three failures"),
        pytest.param(2, 2, "---b--r", id="two and two"),
    ],
)
def test_thresholds(failures: int, recoveries: int, news: str) -> None:
    assert told("..xxx..", Policy(failures=failures, recoveries=recoveries, reminder_s=10**9)) == news


def test_a_reminder_comes_after_its_time_and_not_once_somebody_is_on_it() -> None:
    policy = Policy(reminder_s=4 * STEP.total_seconds())
    assert told("..xxxxxxxxxx", policy) == "---b---s---s"
    assert told("..xxxxxxxxxx", replace(policy, acknowledged=1)) == "---b--------"
    assert told("..xxxxxxxxxx", replace(policy, acknowledged=2)) == "---b---s---s"


def test_an_acknowledgement_ends_with_the_recovery() -> None:
    policy = Policy(reminder_s=4 * STEP.total_seconds(), acknowledged=1)
    assert told("xxxxxx..xxxxxx", policy) == "-b-----r-b---s"


def test_an_outage_that_turns_into_another_is_told_once_for_each_reason() -> None:
    def news(reasons: str, policy: Policy) -> str:
        state, lines = AlertState(), ""
        for number, letter in enumerate(reasons):
            seen = Observation(at=START + number * STEP, word="fail", reason=letter)
            step = advance(state, seen, policy)
            state = step.state
            lines += "".join(LETTERS[one.kind] for one in step.news) or "-"
        return lines

    policy = Policy(reminder_s=10**9)
    assert news("ttttrrrr", policy) == "-b---s--", "no STARTTLS, then nothing listens"
    assert news("ttrtrtrt", policy) == "-b------", "a reason that does not hold is not told"
    assert news("ttrrttrrtt", policy) == "-b-s------", "each reason once"
    assert news("ttrrxx", policy) == "-b-s-s"
    assert news("ttrrxx", replace(policy, acknowledged=1)) == "-b----", "somebody is on it"
    assert news("ttrrxx", replace(policy, quiet=True)) == "------"


def test_flapping_is_told_once_and_then_when_it_holds_still() -> None:
    flaps = ".." + "xx.." * 5
    news = told(flaps + "." * 14, Policy(reminder_s=10**9))
    assert news.replace("-", "") == "brbrfS"
    assert told(flaps + "xx" + "x" * 14, Policy(reminder_s=10**9)).replace("-", "") == "brbrfS"


def test_slow_turns_are_not_flapping() -> None:
    assert told((".." + "." * 20 + "xx" + "x" * 20) * 4, Policy(reminder_s=10**9)).count("f") == 0


def test_turns_are_recorded_even_when_nothing_is_told() -> None:
    state, turns = AlertState(), []
    for number, letter in enumerate("..xxx.."):
        step = advance(state, run(letter, number), Policy(quiet=True))
        state = step.state
        turns += [step.turn] if step.turn else []
    assert [(turn.to, turn.at) for turn in turns] == [("down", START + 2 * STEP), ("up", START + 5 * STEP)]


def test_news_say_since_when_and_go_into_the_thread_of_the_first() -> None:
    state, news = AlertState(), list[News]()
    for number, letter in enumerate("..xxxx.."):
        step = advance(state, run(letter, number), Policy(reminder_s=STEP.total_seconds()))
        state = step.state
        if any(one.kind == "broke" for one in step.news):
            state = replace(state, first_key="alert-1-1")
        news.extend(step.news)
    assert [one.kind for one in news] == [
        "broke",
        "still-broken",
        "still-broken",
        "still-broken",
        "recovered",
    ]
    assert [one.number for one in news] == [1, 2, 3, 4, 5]
    assert news[0].since == START + 2 * STEP
    assert news[-1].since == START + 6 * STEP
    assert [one.first_key for one in news] == [None, *["alert-1-1"] * 4]


def seen_certificate(
    days: float, lifetime_days: float = 90, number: int = 0, word: Word = "pass"
) -> Observation:
    at = START + number * STEP
    end = CertificateEnd(ends_at=START + timedelta(days=days), lifetime=timedelta(days=lifetime_days))
    return Observation(at=at, word=word, certificate=end)


@pytest.mark.parametrize(
    ("days", "lifetime", "level"),
    [
        pytest.param(22, 90, 0, id="22 days of 90"),
        pytest.param(21, 90, 1, id="21 days of 90"),
        pytest.param(20, 398, 1, id="a year's certificate has the same days"),
        pytest.param(6.5, 90, 2, id="within the last week"),
        pytest.param(0.5, 90, 4, id="the last day"),
        pytest.param(5, 6, 0, id="5 days of 6: freshly renewed"),
        pytest.param(1.3, 6, 1, id="1.3 days of 6"),
        pytest.param(10, 47, 1, id="10 days of 47"),
        pytest.param(12, 47, 0, id="12 days of 47"),
        pytest.param(-1, 90, 4, id="past its end"),
    ],
)
def test_certificate_days_are_scaled_to_the_lifetime(days: float, lifetime: float, level: int) -> None:
    certificate = CertificateEnd(ends_at=START + timedelta(days=days), lifetime=timedelta(days=lifetime))
    assert passed_levels(certificate, (21, 7, 3, 1), START) == level


def test_each_certificate_level_is_told_once_and_the_renewal_when_seen_twice() -> None:
    state, letters = AlertState(), ""
    for number, days in enumerate([30, 20, 20, 6, 6, 88, 6, 88, 88, 88]):
        step = advance(state, seen_certificate(days, number=number), Policy())
        state = step.state
        letters += "".join(LETTERS[news.kind] for news in step.news) or "-"
    assert letters == "-k-k----n-"


def test_a_failed_probe_leaves_the_certificate_as_it_was() -> None:
    state = advance(AlertState(), seen_certificate(20), Policy()).state
    for number in (1, 2, 3):
        gone = Observation(at=START + number * STEP, word="pass")
        state = advance(state, gone, Policy()).state
    assert state.level == 1
    assert advance(state, seen_certificate(19.9, number=4), Policy()).news == ()


def test_the_expiring_finding_is_not_told_as_a_change_beside_the_certificate_alert() -> None:
    state = advance(AlertState(), run(".", 0), Policy()).state
    seen = replace(seen_certificate(20, number=1), findings=frozenset({"cert-expiring mx:25"}))
    step = advance(state, seen, Policy(failures=1))
    assert [news.kind for news in step.news] == ["certificate"]


def test_ignored_findings_are_no_change() -> None:
    state = advance(AlertState(), run(".", 0), Policy()).state
    step = advance(state, run("w", 1), Policy(failures=1, ignored=frozenset({"spf-missing"})))
    assert step.news == ()


@given(st.text("..xw?", max_size=80), st.integers(1, 4), st.integers(1, 4))
def test_broke_and_recovered_take_turns_and_each_has_its_row(
    runs: str, failures: int, recoveries: int
) -> None:
    policy = Policy(failures=failures, recoveries=recoveries, reminder_s=10**9, interval_s=0.001)
    state, believed_down = AlertState(), False
    for number, letter in enumerate(runs):
        before = runs[: number + 1].replace("?", "").replace("w", ".")
        step = advance(state, run(letter, number), policy)
        state = step.state
        for news in step.news:
            if news.kind == "broke":
                assert not believed_down
                assert before.endswith("x" * failures)
                believed_down = True
            if news.kind == "recovered":
                assert believed_down
                assert before.endswith("." * recoveries)
                believed_down = False
    assert believed_down == (state.status == "down")


class AlertMachine(RuleBasedStateMachine):
    """Runs, mutes and acknowledgements in any order, beside a model of what the channel must believe."""

    def __init__(self) -> None:
        super().__init__()
        self.state = AlertState()
        self.number = 0
        self.quiet = False
        self.acknowledged: int | None = None
        self.row = ""  # the known runs, as "." and "x"
        self.down = False  # the model's confirmed status
        self.believed_down = False  # what the news so far say

    @rule(letter=st.sampled_from("..xxw?"))
    def check(self, letter: str) -> None:
        policy = Policy(
            quiet=self.quiet, acknowledged=self.acknowledged, reminder_s=5 * STEP.total_seconds(),
            interval_s=1e-6,  # the flapping window is empty: this model knows no flapping
        )  # fmt: skip
        step = advance(self.state, run(letter, self.number), policy)
        self.number += 1
        self.state = step.state
        if letter != "?":
            self.row += "x" if letter == "x" else "."
        if self.row.endswith("xx"):
            self.down = True
        elif self.row.endswith(".."):
            self.down = False
        kinds = [news.kind for news in step.news]
        assert not (self.quiet and kinds)
        assert not ("still-broken" in kinds and self.acknowledged == self.state.incident)
        for kind in kinds:
            if kind in ("broke", "recovered"):
                assert self.believed_down == (kind == "recovered")
                self.believed_down = kind == "broke"
        if letter != "?" and not self.quiet:
            assert self.believed_down == self.down

    @rule()
    def mute_or_unmute(self) -> None:
        self.quiet = not self.quiet

    @rule()
    def acknowledge(self) -> None:
        self.acknowledged = self.state.incident if self.down else None

    @invariant()
    def status_is_the_models(self) -> None:
        assert (self.state.status == "down") == self.down
        assert self.state.told == self.believed_down


TestAlertMachine = AlertMachine.TestCase


@given(st.text(alphabet="..wx?", max_size=60), st.text(alphabet=" q", max_size=60), st.data())
def test_runs_at_which_nothing_happens_may_skip_the_rules(runs: str, quiet: str, data: st.DataObject) -> None:
    """The short way and the rules agree, whatever came before, findings and certificates included."""
    ends = st.sampled_from([None, timedelta(days=80), timedelta(days=20), timedelta(days=2)])
    found = st.sampled_from([frozenset[str](), frozenset({"ptr-missing a"}), frozenset({"cert-expiring a"})])
    state = AlertState()
    for number, letter in enumerate(runs):
        seen = run(letter, number)
        left = data.draw(ends)
        certificate = left and CertificateEnd(ends_at=seen.at + left, lifetime=timedelta(days=90))
        seen = replace(seen, certificate=certificate or None, findings=data.draw(found))
        policy = Policy(quiet=quiet[number : number + 1] == "q", ignored=frozenset({"ptr-missing"}))
        step = advance_step_by_step(state, seen, policy)
        calm = calm_state(state, seen, policy)
        if calm is not None:
            assert step == Step(calm)
        state = step.state
