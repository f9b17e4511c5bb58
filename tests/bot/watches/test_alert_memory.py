"""The alert rules beside a listener who only hears the news: what it believes must be what is.

The listener knows nothing of rows, levels and candidates. Findings, certificates, flapping, mutes,
acknowledgements and restarts (the state goes through its JSON) come in any order.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.watches.alert import STEADY_RUNS, AlertState, News, Policy, Step, advance
from bot.watches.observation import CertificateEnd, Observation
from storage.encoding import decode_state, encode_state

START = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
FINDINGS = ("ptr-missing a", "spf-missing b", "dmarc-none b")
IGNORED = "dmarc-none b"


class Listener:
    """What a channel believes from the news alone."""

    def __init__(self) -> None:
        self.down = False
        self.flapping = False
        self.blind = False
        self.findings: frozenset[str] | None = None
        self.reminded_at: datetime | None = None
        self.levels = 0
        self.numbers: list[int] = []

    def hear(self, news: News) -> None:
        self.numbers.append(news.number)
        match news.kind:
            case "broke":
                assert not self.down
                assert not self.flapping
                self.down, self.reminded_at = True, news.at
            case "recovered":
                assert self.down
                assert not self.flapping
                assert news.began is None or news.since is None or news.began < news.since
                self.down = False
            case "still-broken":
                assert self.down
                assert not self.flapping
                assert self.reminded_at is not None
                assert news.at - self.reminded_at >= timedelta(hours=1)
                self.reminded_at = news.at
            case "flapping":
                assert not self.flapping
                self.flapping, self.down, self.reminded_at = True, news.down, news.at
            case "steady":
                assert self.flapping
                self.flapping, self.down, self.reminded_at = False, news.down, news.at
            case "blind":
                assert not self.blind
                self.blind = True
            case "sighted":
                assert self.blind
                self.blind = False
            case "changed":
                assert news.added or news.removed
                assert IGNORED not in (*news.added, *news.removed)
                assert self.findings is not None
                assert self.findings.issuperset(news.removed)
                assert self.findings.isdisjoint(news.added)
                self.findings = (self.findings - set(news.removed)) | set(news.added)
            case "certificate":
                self.levels += 1
                assert self.levels <= 4  # one for each of the days
            case "renewed":
                assert self.levels
                self.levels = 0


class Memory(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.state = AlertState()
        self.heard = Listener()
        self.now = START
        self.quiet = False
        self.acknowledged: int | None = None
        self.found: frozenset[str] = frozenset()
        self.ends = START + timedelta(days=80)
        self.same_good_runs = 0

    def check(self, letter: str) -> Step:
        policy = Policy(
            quiet=self.quiet, acknowledged=self.acknowledged, reminder_s=3600.0,
            ignored=frozenset({IGNORED.split()[0]}),
        )  # fmt: skip
        up = letter in ".w"
        seen = Observation(
            at=self.now,
            word={".": "pass", "w": "warn", "x": "fail", "?": "unknown"}[letter],  # type: ignore[arg-type]  # one of the words
            findings=self.found if up else frozenset(),
            certificate=CertificateEnd(ends_at=self.ends, lifetime=timedelta(days=90)) if up else None,
        )
        first = self.state.findings is None
        step = advance(self.state, seen, policy)
        self.now += STEP
        self.state = step.state
        assert not (self.quiet and step.news)
        if first and self.state.findings is not None:
            assert not any(news.kind == "changed" for news in step.news)
            self.heard.findings = self.state.findings
        for news in step.news:
            assert not (news.kind == "still-broken" and self.acknowledged == self.state.incident)
            assert not (news.kind in ("changed", "certificate", "renewed") and letter == "x")
            self.heard.hear(news)
        self.same_good_runs = self.same_good_runs + 1 if up and not self.quiet else 0
        return step

    @rule(letters=st.text(alphabet="..wx?", min_size=1, max_size=12))
    def runs(self, letters: str) -> None:
        for letter in letters:
            self.check(letter)

    @rule(letter=st.sampled_from(".x"))
    def hold_still(self, letter: str) -> None:
        """After as many equal runs as end flapping, the listener knows exactly how things stand."""
        for _ in range(STEADY_RUNS + 3):
            self.check(letter)
        if self.quiet:
            return
        assert self.heard.down == (letter == "x") == (self.state.status == "down")
        assert not self.heard.flapping
        assert not self.heard.blind
        if letter == ".":
            assert self.heard.findings == self.found - {IGNORED}

    @rule(found=st.frozensets(st.sampled_from(FINDINGS)))
    def findings_change(self, found: frozenset[str]) -> None:
        self.found = found

    @rule(found=st.frozensets(st.sampled_from(FINDINGS)), end=st.sampled_from(["", "???", "x", "xx"]))
    def findings_settle(self, found: frozenset[str], end: str) -> None:
        self.found = found
        for letter in f"....{end}":
            self.check(letter)

    @rule(days=st.sampled_from([80, 20, 5, 2]))
    def certificate_is_replaced(self, days: int) -> None:
        self.ends = max(self.ends, self.now + timedelta(days=days))
        for letter in "....":
            self.check(letter)

    @rule()
    def certificate_nears_its_end(self) -> None:
        self.now = max(self.now, self.ends - timedelta(days=6))
        for letter in "....":
            self.check(letter)

    @rule()
    def nothing_can_be_told(self) -> None:
        for _ in range(10):
            self.check("?")

    @rule(days=st.integers(min_value=1, max_value=30))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def mute_or_unmute(self) -> None:
        self.quiet = not self.quiet

    @rule()
    def acknowledge(self) -> None:
        self.acknowledged = self.state.incident if self.state.status == "down" else None

    @rule()
    def restart(self) -> None:
        again = decode_state(encode_state(self.state))
        assert again == self.state
        self.state = again

    @invariant()
    def numbers_are_a_row_without_gaps(self) -> None:
        assert self.heard.numbers == list(range(1, len(self.heard.numbers) + 1))


TestMemory = Memory.TestCase
TestMemory.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
