"""When a channel is told what: a pure state machine over the runs of one watch.

Two things are kept apart: what *is* (`status`, confirmed by several runs in a row) and what the
channel *believes* (`told`). Whenever alerts may go out, belief is brought in line with what is:

    is down, told up       broke          (an outage that began in a mute is told when the mute ends)
    is up, told down       recovered
    is down, told down     still-broken, every `reminder_s`, and once for each new reason that holds
                           (a bad certificate, then nothing listens), unless somebody acknowledged it
    turns too often        flapping, once; then nothing until it holds still: steady

An unknown result (we could not tell) neither counts as a failure nor ends a row of them; only a long
row of them is told (blind). The first known result is the base line: it is never told as a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from bot.model.value import replace
from bot.model.verdict import Finding
from bot.watches.alert_state import AlertState, News, NewsKind, Policy, Step, Turn
from bot.watches.observation import OWN_ALERT, UPLINK_LOST, CertificateEnd, Observation
from bot.watches.watch import Watch

__all__ = [
    "AlertState",
    "News",
    "NewsKind",
    "Policy",
    "Step",
    "Turn",
    "advance",
    "advance_step_by_step",
    "calm_state",
    "passed_levels",
    "policy_of",
]

# Five turns (down, up, down, up, down) within 24 runs are flapping; 12 runs without a turn end it.
FLAPPING_TURNS = 5
FLAPPING_RUNS = 24
STEADY_RUNS = 12
BLIND_RUNS = 8
# Certificates of this lifetime or longer are told about at the days as given; shorter ones in proportion.
FULL_LIFETIME = timedelta(days=90)


def policy_of(watch: Watch, at: datetime, *, alerts: bool = True) -> Policy:
    """The rules that hold for a watch at a time; `alerts` is the channel's setting."""
    return Policy(
        failures=watch.failures,
        recoveries=watch.recoveries,
        interval_s=watch.interval_s,
        reminder_s=watch.reminder_s,
        certificate_days=watch.certificate_days,
        ignored=frozenset(watch.ignored),
        quiet=not alerts or watch.held_back(at) is not None,
        acknowledged=watch.acknowledged.incident if watch.acknowledged else None,
    )


def advance(state: AlertState, seen: Observation, policy: Policy) -> Step:
    """Take one run into account."""
    calm = calm_state(state, seen, policy)
    return Step(calm) if calm is not None else advance_step_by_step(state, seen, policy)


def calm_state(state: AlertState, seen: Observation, policy: Policy) -> AlertState | None:
    """The state after a run at which nothing happens, in one go; None when something might.

    Nearly all runs are like that, and they cost a fifth of going through every rule.
    """
    if seen.word not in ("pass", "warn") or state.status != "up" or state.bad or state.candidate is not None:
        return None
    if state.told or state.flapping or state.blind_told or state.findings != _told_findings(seen, policy):
        return None
    end = seen.certificate
    if end is not None and not policy.quiet:
        if end.ends_at != state.certificate_ends or state.renewal_runs:
            return None
        if passed_levels(end, policy.certificate_days, seen.at) > state.level:
            return None
    return replace(
        state, good=state.good + 1, good_since=state.good_since if state.good else seen.at,
        blind=0, blind_since=None,
        last_word=seen.word, last_at=seen.at, last_ms=seen.ms, last_reason=seen.reason,
    )  # fmt: skip


def advance_step_by_step(state: AlertState, seen: Observation, policy: Policy) -> Step:
    """Take one run into account, rule by rule."""
    before = replace(state, last_word=seen.word, last_at=seen.at, last_ms=seen.ms, last_reason=seen.reason)
    if seen.word == "unknown":
        return _numbered(state, *_unknown(before, seen, policy))
    after, turn = _count(before, seen, policy)
    news: list[News] = []
    if after.blind_told and not policy.quiet:
        news.append(_news("sighted", seen, since=after.blind_since))
    after = replace(after, blind=0, blind_since=None, blind_told=after.blind_told and policy.quiet)
    for part in (_settle_status, _settle_findings, _settle_certificate):
        after, more = part(after, seen, policy, turn)
        news.extend(more)
    return _numbered(state, after, news, turn)


def _numbered(before: AlertState, after: AlertState, news: Sequence[News], turn: Turn | None = None) -> Step:
    numbered = tuple(
        replace(one, number=before.news + index, first_key=after.first_key)
        for index, one in enumerate(news, 1)
    )
    return Step(replace(after, news=before.news + len(news)), numbered, turn)


def _news(
    kind: NewsKind,
    seen: Observation,
    *,
    since: datetime | None = None,
    down: bool = False,
    added: tuple[str, ...] = (),
    removed: tuple[str, ...] = (),
) -> News:
    return News(
        kind=kind, number=0, at=seen.at, since=since, reason=seen.reason, down=down,
        added=added, removed=removed,
        ends_at=seen.certificate.ends_at if seen.certificate else None,
        told=_told(kind, seen, added),
    )  # fmt: skip


def _told(kind: NewsKind, seen: Observation, added: tuple[str, ...]) -> tuple[Finding, ...]:
    """The findings of the run that news of this kind is about."""
    if kind == "changed":
        return tuple(one for one in seen.told if f"{one.id} {one.subject}" in added)
    if kind in ("certificate", "renewed"):
        return tuple(one for one in seen.told if one.id == "cert-expiring") if kind == "certificate" else ()
    if kind in ("broke", "still-broken") or (kind in ("flapping", "steady") and seen.word == "fail"):
        return tuple(one for one in seen.told if one.severity == "critical")
    return ()


def _unknown(state: AlertState, seen: Observation, policy: Policy) -> tuple[AlertState, list[News]]:
    if seen.reason == UPLINK_LOST:
        return state, []  # that is told once for all watches, not by each of them
    state = replace(state, blind=state.blind + 1, blind_since=state.blind_since or seen.at)
    if state.blind < BLIND_RUNS or state.blind_told or policy.quiet:
        return state, []
    return replace(state, blind_told=True), [_news("blind", seen, since=state.blind_since)]


def _count(state: AlertState, seen: Observation, policy: Policy) -> tuple[AlertState, Turn | None]:
    if seen.word == "fail":
        since = state.bad_since if state.bad else seen.at
        state = replace(state, bad=state.bad + 1, good=0, bad_since=since)
        if state.status != "down" and state.bad >= policy.failures:
            return _turned(state, "down", since or seen.at, seen, policy)
        return state, None
    since = state.good_since if state.good else seen.at
    state = replace(state, good=state.good + 1, bad=0, good_since=since)
    if state.status == "down" and state.good >= policy.recoveries:
        return _turned(state, "up", since or seen.at, seen, policy)
    if state.status == "new":
        state = replace(state, status="up", since=seen.at)
    return state, None


def _turned(
    state: AlertState, to: Literal["up", "down"], at: datetime, seen: Observation, policy: Policy
) -> tuple[AlertState, Turn]:
    window = timedelta(seconds=FLAPPING_RUNS * policy.interval_s)
    turns = (*(turn for turn in state.turns if seen.at - turn <= window), seen.at)[-FLAPPING_RUNS:]
    incident = state.incident + (to == "down")
    down_since = at if to == "down" else state.down_since
    state = replace(state, status=to, since=at, down_since=down_since, turns=turns, incident=incident)
    return state, Turn(to, at, seen.reason)


def _settle_status(
    state: AlertState, seen: Observation, policy: Policy, turn: Turn | None
) -> tuple[AlertState, list[News]]:
    down = state.status == "down"
    calm = timedelta(seconds=STEADY_RUNS * policy.interval_s)
    if state.flapping and (turn is not None or seen.at - state.turns[-1] < calm or policy.quiet):
        return state, []
    if state.flapping:
        state = _with_told(replace(state, flapping=False, turns=()), seen, down=down)
        return state, [_news("steady", seen, since=state.since, down=down)]
    if policy.quiet:
        return state, []
    if turn is not None and len(state.turns) >= FLAPPING_TURNS:
        state = _with_told(replace(state, flapping=True), seen, down=down)
        return state, [_news("flapping", seen, since=state.turns[0], down=down)]
    if down != state.told:
        kind: NewsKind = "broke" if down else "recovered"
        news = replace(_news(kind, seen, since=state.since), began=None if down else state.down_since)
        return _with_told(state, seen, down=down), [news]
    return _remind(state, seen, policy)


def _with_told(state: AlertState, seen: Observation, *, down: bool) -> AlertState:
    """The channel now believes this, for this reason."""
    reasons = frozenset({seen.reason}) if down else frozenset[str]()
    return replace(state, told=down, told_at=seen.at, down_reasons=reasons, other_runs=0)


def _remind(state: AlertState, seen: Observation, policy: Policy) -> tuple[AlertState, list[News]]:
    if state.status != "down":
        return state, []
    other = seen.word == "fail" and seen.reason not in state.down_reasons
    state = replace(state, other_runs=state.other_runs + 1 if other else 0)
    due = state.told_at is not None and seen.at - state.told_at >= timedelta(seconds=policy.reminder_s)
    if policy.acknowledged == state.incident or not (due or state.other_runs >= policy.failures):
        return state, []
    state = replace(state, told_at=seen.at, down_reasons=state.down_reasons | {seen.reason}, other_runs=0)
    return state, [_news("still-broken", seen, since=state.since)]


def _settle_findings(
    state: AlertState, seen: Observation, policy: Policy, _: Turn | None
) -> tuple[AlertState, list[News]]:
    if seen.word == "fail" or state.status != "up":
        return replace(state, candidate=None, candidate_runs=0), []
    found = _told_findings(seen, policy)
    if state.findings is None or state.findings == found:
        return replace(state, findings=found, candidate=None, candidate_runs=0), []
    runs = state.candidate_runs + 1 if state.candidate == found else 1
    if runs < policy.failures or policy.quiet:
        return replace(state, candidate=found, candidate_runs=runs), []
    news = _news(
        "changed", seen,
        added=tuple(sorted(found - state.findings)), removed=tuple(sorted(state.findings - found)),
    )  # fmt: skip
    return replace(state, findings=found, candidate=None, candidate_runs=0), [news]


def _told_findings(seen: Observation, policy: Policy) -> frozenset[str]:
    """The findings of a run that are told as a change when they come or go."""
    if not seen.findings:
        return seen.findings
    skipped = OWN_ALERT | policy.ignored
    return frozenset(one for one in seen.findings if one.split(" ", 1)[0] not in skipped)


def _settle_certificate(
    state: AlertState, seen: Observation, policy: Policy, _: Turn | None
) -> tuple[AlertState, list[News]]:
    if seen.certificate is None or seen.word == "fail" or state.status != "up" or policy.quiet:
        return state, []
    ends_at = seen.certificate.ends_at
    if state.certificate_ends is not None and ends_at > state.certificate_ends:
        # The endpoint with the certificate that ends first may only have been missed this time.
        if state.renewal_runs + 1 < policy.failures:
            return replace(state, renewal_runs=state.renewal_runs + 1), []
        renewed = [_news("renewed", seen)] if state.level else []
        state = replace(state, certificate_ends=ends_at, renewal_runs=0, level=0)
    else:
        renewed = []
        state = replace(state, certificate_ends=ends_at, renewal_runs=0)
    level = passed_levels(seen.certificate, policy.certificate_days, seen.at)
    if level <= state.level:
        return state, renewed
    return replace(state, level=level), [*renewed, _news("certificate", seen)]


def passed_levels(certificate: CertificateEnd, days: tuple[int, ...], at: datetime) -> int:
    """How many of the days-left thresholds are passed, each scaled to the certificate's lifetime.

    A certificate made for 6 days is told about at 1.4 days, not at 21: it is renewed every few days.
    """
    scale = min(1.0, certificate.lifetime / FULL_LIFETIME)
    left = certificate.ends_at - at
    return sum(left <= timedelta(days=day * scale) for day in days)
