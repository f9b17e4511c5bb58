"""Outcomes for tests of rules and cards: a good endpoint, with what differs given by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from bot.model.certificate import Certificate, CertificateFault
from bot.model.outcome import Endpoint, EndpointOutcome, Sign
from bot.model.services import service_for

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOST = "mx.example.com"
V4, V6 = "192.0.2.25", "2001:db8::25"


def certificate(*faults: CertificateFault, days: int = 89) -> Certificate:
    """A certificate with these faults."""
    return Certificate(
        faults=faults,
        subject=f"CN={HOST}",
        issuer="CN=Some CA",
        names=(HOST,),
        not_before=NOW - timedelta(days=30),
        not_after=NOW + timedelta(days=days),
        days_left=days,
        key="EC P-256",
        sha256="ab" * 32,
    )


def endpoint(port: int, address: str = V4, host: str = HOST) -> Endpoint:
    """An endpoint of the example host."""
    family: Literal[4, 6] = 6 if ":" in address else 4
    return Endpoint(host=host, address=address, family=family, service=service_for(port))


def good(
    port: int, address: str = V4, *, host: str = HOST, signs: Iterable[Sign] = (), **changed: Any
) -> EndpointOutcome:
    """An endpoint where everything is as it should be, except for what is given."""
    place = endpoint(port, address, host)
    mode = place.service.mode
    values: dict[str, Any] = {
        "endpoint": place,
        "checked_at": NOW,
        "state": "open",
        "tls": mode,
        "tls_version": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "certificate": certificate(),
        "reached": "hello_tls",
        "greeting": f"220 {HOST} ESMTP",
        "greeting_code": 220,
        "capabilities_before": None if mode == "implicit" else ("STARTTLS",),
        "capabilities_after": ("AUTH PLAIN",),
        "auth_before": None if mode == "implicit" else (),
        "auth_after": ("PLAIN",),
        "connections": 1,
        "phases_ms": {"connect": 1.0, "greeting": 2.0, "starttls": 1.0, "tls": 3.0, "hello_tls": 1.0},
        "total_ms": 9.0,
        "signs": frozenset(signs),
        "transcript": ("S: 220 hello", "C: EHLO probe"),
    }
    return EndpointOutcome(**{**values, **changed})


def bare(port: int, address: str = V4, *, signs: Iterable[Sign] = (), **changed: Any) -> EndpointOutcome:
    """An open endpoint where TLS did not come about."""
    nothing: dict[str, Any] = {
        "tls_version": None,
        "cipher": None,
        "certificate": None,
        "capabilities_after": None,
    }
    values = {"tls": "unknown", "auth_after": None, **nothing, **changed}
    return good(port, address, signs=signs, **values)


def plain(port: int, address: str = V4, **changed: Any) -> EndpointOutcome:
    """An open endpoint that was seen to offer no TLS."""
    return bare(
        port,
        address,
        **{"tls": "none", "tls_reason": "starttls-not-offered", "capabilities_before": (), **changed},
    )


def closed(
    port: int, address: str = V4, state: str = "refused", *, signs: Iterable[Sign] = ()
) -> EndpointOutcome:
    """An endpoint that took no connection."""
    reasons = {
        "refused": "refused",
        "filtered": "no-answer",
        "unreachable": "no-route",
        "forbidden": "forbidden",
    }
    return EndpointOutcome(
        endpoint=endpoint(port, address),
        checked_at=NOW,
        state=state,  # type: ignore[arg-type]  # each is one of the states
        state_reason=reasons[state],
        tls_reason="not-connected",
        signs=frozenset(signs),
    )
