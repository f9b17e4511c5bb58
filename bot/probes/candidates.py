"""From claims and probes to candidates: what a client could use, and how good it is.

Only names and numbers are looked at here; gathering and connecting is `discovery`'s business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from bot.model.discovery import Candidate, ClientService, Grade, Published
from bot.model.outcome import EndpointOutcome
from bot.model.services import MAIL_PORTS, SERVICES, Mode, Protocol, Role, Service
from bot.model.value import frozen
from bot.probes.srv import is_within

_PROTOCOLS: dict[ClientService, Protocol] = {"submission": "smtp", "imap": "imap", "pop3": "pop3"}
_ROLES: dict[ClientService, Role] = {"submission": "submission", "imap": "retrieval", "pop3": "retrieval"}
_UNTOLD = frozenset({"filtered", "unreachable"})


@frozen
class Spot:
    """A host and port for a service: the unit that is probed."""

    service: ClientService
    host: str
    port: int


@frozen
class Look:
    """What came out of looking at a spot.

    Attributes:
        problem: Why nothing was probed ("no-address", "dns-unclear", "forbidden", "deadline"); "" otherwise.
    """

    outcomes: tuple[EndpointOutcome, ...] = ()
    problem: str = ""
    detail: str = ""


def why_ignored(claim: Published, extra_ports: Collection[int]) -> str:
    """Why a published setting is not even probed; "" when it is."""
    if claim.port == 25:
        # RFC 6409 section 3.1, RFC 8314 section 3.3: port 25 is for servers; clients submit elsewhere.
        return "port-25"
    if claim.port not in MAIL_PORTS and claim.port not in extra_ports:
        return "not-a-mail-port"
    registered = SERVICES.get(claim.port)
    if registered is not None and registered.protocol != _PROTOCOLS[claim.service]:
        return "other-protocol"
    return ""


def service_of(spot: Spot, claims: Sequence[Published]) -> Service:
    """What to expect at a spot: the port's registered service, else what the claims say."""
    registered = SERVICES.get(spot.port)
    if registered is not None and registered.protocol == _PROTOCOLS[spot.service]:
        return registered
    mode: Mode = "implicit" if any(claim.security == "implicit" for claim in claims) else "starttls"
    return Service(spot.service, spot.port, _PROTOCOLS[spot.service], mode, _ROLES[spot.service])


def guesses(
    domain: str, mx_hosts: Sequence[str], organisation: str, wanted: Collection[ClientService]
) -> tuple[Spot, ...]:
    """Where a domain's servers usually stand, likeliest first.

    Args:
        mx_hosts: By preference; only the first counts, and only when it is the organisation's own:
            a hoster's MX takes no submission.
        wanted: Services that nothing published serves.
    """
    own_mx = [host for host in mx_hosts[:1] if is_within(host, organisation)]
    names: dict[ClientService, tuple[list[str], tuple[int, ...]]] = {
        "submission": ([f"smtp.{domain}", f"mail.{domain}", *own_mx, domain], (465, 587)),
        "imap": ([f"imap.{domain}", f"mail.{domain}", *own_mx, domain], (993, 143)),
        "pop3": ([f"pop.{domain}", f"pop3.{domain}", f"mail.{domain}", *own_mx], (995,)),
    }
    return tuple(
        dict.fromkeys(
            Spot(service, host, port)
            for service, (hosts, ports) in names.items()
            if service in wanted
            for host in dict.fromkeys(hosts)
            for port in ports
        )
    )


def judge_candidate(spot: Spot, claims: Iterable[Published], look: Look) -> Candidate:
    """Say how well a spot would serve a client."""
    claims = tuple(claims)
    best = max(look.outcomes, key=_worth, default=None)
    if best is None:
        return _unprobed(spot, claims, look)
    grade, problem = _grade(spot, best)
    return Candidate(
        service=spot.service,
        host=spot.host,
        port=spot.port,
        grade=grade,
        security=_security(spot, claims, best),
        claims=claims,
        outcomes=tuple(sorted(look.outcomes, key=_worth, reverse=True)),
        problem=problem,
        detail=best.detail[:200],
    )


def _worth(outcome: EndpointOutcome) -> tuple[bool, bool, bool]:
    certificate = outcome.certificate
    return (
        outcome.state == "open",
        outcome.tls in ("implicit", "starttls"),
        certificate is not None and certificate.authenticates,
    )


def _unprobed(spot: Spot, claims: tuple[Published, ...], look: Look) -> Candidate:
    # A name without an address is a fact; everything else leaves the question open.
    grade: Grade = "broken" if look.problem == "no-address" else "unverified"
    return Candidate(
        service=spot.service,
        host=spot.host,
        port=spot.port,
        grade=grade,
        security=_security(spot, claims, None),
        claims=claims,
        problem=look.problem or "deadline",
        detail=look.detail[:200],
    )


def _security(
    spot: Spot, claims: Sequence[Published], outcome: EndpointOutcome | None
) -> Literal["implicit", "starttls"]:
    if outcome is not None and outcome.tls == "implicit":
        return "implicit"
    if outcome is not None and outcome.tls == "starttls":
        return "starttls"
    if any(claim.security == "implicit" for claim in claims):
        return "implicit"
    if any(claim.security == "starttls" for claim in claims):
        return "starttls"
    return service_of(spot, claims).mode


def _grade(spot: Spot, outcome: EndpointOutcome) -> tuple[Grade, str]:
    if outcome.state in _UNTOLD:
        return "unverified", outcome.state
    if outcome.state != "open":
        return ("unverified", "forbidden") if outcome.state == "forbidden" else ("broken", "refused")
    if outcome.tls == "none":
        return "broken", "no-tls"
    if outcome.tls not in ("implicit", "starttls"):
        return _without_tls(outcome)
    certificate = outcome.certificate
    if certificate is None:
        return "unverified", "unfinished"
    if not certificate.authenticates:
        return "bad-certificate", f"cert-{certificate.status}"
    if outcome.capabilities_after is None and outcome.auth_after is None:
        return "unverified", "unfinished"
    return _by_login(spot, outcome)


def _without_tls(outcome: EndpointOutcome) -> tuple[Grade, str]:
    if outcome.signs & {"greeting-rejected", "hello-refused", "hello-limited", "starttls-temporary"}:
        # The server refuses us, maybe only us, maybe only now.
        return "unverified", "rejects-us"
    if outcome.signs & {"timed-out", "deadline", "tarpit", "reset-before-greeting", "closed-before-greeting"}:
        return "unverified", "unfinished"
    if outcome.tls == "broken":
        return "broken", "tls-broken"
    return (
        ("broken", "silent")
        if outcome.signs & {"silent", "greeting-not-mail"}
        else ("unverified", "unfinished")
    )


def _by_login(spot: Spot, outcome: EndpointOutcome) -> tuple[Grade, str]:
    if spot.service == "submission" and not outcome.auth_after:
        return "no-auth", "no-auth"
    after = {word.upper() for word in outcome.capabilities_after or ()}
    if spot.service == "imap" and "LOGINDISABLED" in after and not outcome.auth_after:
        return "no-auth", "no-auth"
    return "verified", ""
