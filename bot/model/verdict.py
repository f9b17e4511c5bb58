"""Findings and verdicts: what the outcomes mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from bot.model.outcome import EndpointOutcome
from bot.model.uplink import Uplink
from bot.model.value import field, frozen

Severity = Literal["critical", "warning", "info"]
Word = Literal["pass", "warn", "fail", "unknown"]

SEVERITY_ORDER: Mapping[Severity, int] = {"critical": 0, "warning": 1, "info": 2}
EXIT_STATUS: Mapping[Word, int] = {"pass": 0, "warn": 0, "fail": 1, "unknown": 3}


@frozen(kw_only=True)
class Finding:
    """One thing worth telling, without its sentences: those come from the findings catalogue.

    Attributes:
        id: Name in the catalogue (`bot/advice/findings.toml`), such as "cert-expired".
        severity: How bad it is here; the catalogue says the usual and the worst.
        subject: What it is about, such as "mx.example.com:25" or "example.com".
        details: Fills the placeholders of the catalogue's sentences. May hold hostile text.
        endpoints: (address, port) of every endpoint it holds for; empty when it is about no endpoint.
    """

    id: str
    severity: Severity
    subject: str
    details: Mapping[str, str] = field(default_factory=dict)
    endpoints: tuple[tuple[str, int], ...] = ()


@frozen(kw_only=True)
class Setting:
    """What to type into a program: one server to use.

    Attributes:
        service: "submission", "imap" or "pop3".
        security: "implicit" or "starttls"; never plain text.
        verified: Whether a live probe of ours succeeded on it just now.
        source: Where the setting came from.
    """

    service: Literal["submission", "imap", "pop3"]
    host: str
    port: int
    security: Literal["implicit", "starttls"]
    verified: bool
    source: Literal["srv", "autoconfig", "ispdb", "provider", "mx-operator", "probe"]
    username: str | None = None
    notes: tuple[str, ...] = ()


@frozen(kw_only=True)
class CheckResult:
    """Everything that one check found out and what it means (`mailport.check/1`).

    Attributes:
        mail: The domain's DNS policies in the contract's shape (`mail`); None for a host.
        recommended: Per "submission", "imap", "pop3" the setting to use, or None.
        undetermined: Reasons (catalogue keys) why the verdict may be "unknown".
        uplinks: Of ports that were dropped, whose doing it is.
    """

    target: str
    kind: Literal["domain", "host"]
    vantage: str
    checked_at: datetime
    duration_ms: float
    verdict: Word
    outcomes: tuple[EndpointOutcome, ...]
    findings: tuple[Finding, ...]
    mail: Mapping[str, Any] | None = None
    recommended: Mapping[str, Setting | None] = field(default_factory=dict)
    undetermined: tuple[str, ...] = ()
    uplinks: tuple[Uplink, ...] = ()
    cached_age_s: float | None = None
