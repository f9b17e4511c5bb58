"""What the alert rules remember, go by, and tell: values only, no rules."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.model.value import frozen
from bot.model.verdict import Finding

NewsKind = Literal[
    "broke", "still-broken", "recovered", "changed", "certificate", "renewed", "flapping", "steady",
    "blind", "sighted",
]  # fmt: skip


@frozen(kw_only=True)
class AlertState:
    """All that is remembered of a watch between runs.

    Attributes:
        status: "new" until the first known result that settles it.
        since: First run of the row that confirmed the status.
        down_since: Start of the newest outage, kept over its end.
        told: The channel was told that it is down, and not yet that it is up again.
        told_at: Last time it was told broke or still-broken.
        news: How much news there was so far; makes the keys of messages.
        incident: How many incidents there were; an acknowledgement names one.
        down_reasons: Reasons of this incident that were told.
        other_runs: Runs in a row that failed for a reason not among them.
        first_key: Key of the message that opened the incident; later ones go into its thread.
        bad, good, blind: Runs in a row; `bad` and `good` are not ended by an unknown one.
        bad_since, good_since, blind_since: First run of that row.
        findings: The findings that the channel knows of; None before the first good run.
        candidate: Other findings seen last, not yet told; seen `candidate_runs` times in a row.
        level: How many of the certificate days were passed and told.
        certificate_ends: End of the certificate known, seen later `renewal_runs` times in a row.
        turns: Recent changes of status.
        last: The last run's word and time, for `watch list`.
    """

    status: Literal["new", "up", "down"] = "new"
    since: datetime | None = None
    down_since: datetime | None = None
    told: bool = False
    told_at: datetime | None = None
    news: int = 0
    incident: int = 0
    down_reasons: frozenset[str] = frozenset()
    other_runs: int = 0
    first_key: str | None = None
    bad: int = 0
    good: int = 0
    blind: int = 0
    bad_since: datetime | None = None
    good_since: datetime | None = None
    blind_since: datetime | None = None
    blind_told: bool = False
    findings: frozenset[str] | None = None
    candidate: frozenset[str] | None = None
    candidate_runs: int = 0
    level: int = 0
    certificate_ends: datetime | None = None
    renewal_runs: int = 0
    turns: tuple[datetime, ...] = ()
    flapping: bool = False
    last_word: str = ""
    last_at: datetime | None = None
    last_ms: float | None = None
    last_reason: str = ""


@frozen(kw_only=True)
class Policy:
    """The rules of one watch at one time.

    Attributes:
        quiet: Nothing is told now (mute, maintenance, alerts off); it is caught up later.
        acknowledged: Number of the incident that somebody is on, None if nobody is.
    """

    failures: int = 2
    recoveries: int = 2
    interval_s: float = 900.0
    reminder_s: float = 6 * 3600.0
    certificate_days: tuple[int, ...] = (21, 7, 3, 1)
    ignored: frozenset[str] = frozenset()
    quiet: bool = False
    acknowledged: int | None = None


@frozen(kw_only=True)
class News:
    """Something to tell the channel.

    Attributes:
        number: `AlertState.news` of it; with the watch's id it names the message.
        since: Start of the outage, of the up time, or of the blindness that it is about.
        began: Start of the outage that is over, for "recovered".
        reason: Why it is down, as a finding id or catalogue key.
        added, removed: "id subject" of findings that came and went.
        ends_at: End of the certificate, for "certificate" and "renewed".
        down: How it is now, for "flapping" and "steady".
        told: The findings that this is about, with what their sentences need.
    """

    kind: NewsKind
    number: int
    at: datetime
    since: datetime | None = None
    began: datetime | None = None
    reason: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    ends_at: datetime | None = None
    down: bool = False
    first_key: str | None = None
    told: tuple[Finding, ...] = ()


@frozen
class Turn:
    """A confirmed change of status, recorded whether or not it was told.

    Attributes:
        at: First run of the row that confirmed it.
    """

    to: Literal["up", "down"]
    at: datetime
    reason: str = ""


@frozen
class Step:
    """What one run led to."""

    state: AlertState
    news: tuple[News, ...] = ()
    turn: Turn | None = None
