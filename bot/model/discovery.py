"""What was found out about a domain's settings: published, guessed, probed; and which serves best.

A published setting is a claim. A candidate is a host and port with everybody who claimed it and
what a live probe of ours said. Only three things may become a recommendation: TLS that works with a
certificate that clients accept; TLS that works but has a fault (with the fault named); and a claim
that could not be verified from here (with the reason named). Plain text and port 25 never do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from bot.model.outcome import EndpointOutcome
from bot.model.value import frozen
from bot.model.verdict import Setting

ClientService = Literal["submission", "imap", "pop3"]
Source = Literal["srv", "autoconfig", "ispdb", "provider", "probe"]
Security = Literal["implicit", "starttls", "none"]
Trust = Literal["plain", "secure", "outside"]
Grade = Literal["verified", "no-auth", "unverified", "bad-certificate", "broken"]
SourceState = Literal["found", "absent", "unclear"]

SERVICES_OF_CLIENTS: tuple[ClientService, ...] = ("submission", "imap", "pop3")
# The domain's own words first, then what others wrote down about it, then what only the probe saw.
SOURCE_ORDER: tuple[Source, ...] = ("srv", "autoconfig", "ispdb", "provider", "probe")
GRADE_ORDER: tuple[Grade, ...] = ("verified", "no-auth", "unverified", "bad-certificate", "broken")


@frozen(kw_only=True)
class Published:
    """One setting as somebody published it.

    Attributes:
        origin: DNS name or URL that it was read from, or the provider's name.
        username: With Thunderbird's placeholders already filled in, where the address was known.
        authentication: Such as ("oauth2", "password").
        rank: Place in the source's own order, 0 first.
        trust: "outside" when an SRV record without DNSSEC points outside the domain, so that the
            user has to confirm it (RFC 6186 section 6).
    """

    source: Source
    service: ClientService
    host: str
    port: int
    security: Security
    origin: str = ""
    username: str | None = None
    authentication: tuple[str, ...] = ()
    rank: int = 0
    trust: Trust = "plain"


@frozen(kw_only=True)
class Candidate:
    """A host and port to be used by a client, with who named it and what the probe said.

    Attributes:
        claims: Everybody who published it; empty for a guess.
        outcomes: One per address that was tried, best first; empty when nothing was probed.
        problem: Why it is less than verified, as a key of `reason-for-setting.<key>`; "" when it is fine.
        detail: Raw words that belong to the problem, maybe from the server.
    """

    service: ClientService
    host: str
    port: int
    grade: Grade
    security: Literal["implicit", "starttls"]
    claims: tuple[Published, ...] = ()
    outcomes: tuple[EndpointOutcome, ...] = ()
    problem: str = ""
    detail: str = ""

    @property
    def source(self) -> Source:
        """The weightiest source that named it."""
        named = {claim.source for claim in self.claims}
        return next((source for source in SOURCE_ORDER if source in named), "probe")

    @property
    def needs_confirmation(self) -> bool:
        """Whether nobody but an unprotected SRV record pointing elsewhere vouches for it."""
        return bool(self.claims) and all(claim.trust == "outside" for claim in self.claims)

    @property
    def usable(self) -> bool:
        """Whether it may be recommended at all: a guess only when a probe saw it work."""
        return self.grade != "broken" and (bool(self.claims) or self.grade != "unverified")

    @property
    def standing(self) -> tuple[int, bool, bool, int, int, int, str]:
        """Sorts the best candidate first: works, TLS from the first byte (RFC 8314 section 3), source."""
        rank = min((claim.rank for claim in self.claims if claim.source == self.source), default=0)
        return (
            GRADE_ORDER.index(self.grade),
            self.security != "implicit",
            self.needs_confirmation,
            SOURCE_ORDER.index(self.source),
            rank,
            _STANDARD_FIRST.get(self.port, 9),
            self.host,
        )

    def as_setting(self) -> Setting:
        """The candidate as what to type into a program."""
        username = next((claim.username for claim in self.claims if claim.username), None)
        notes = ("needs-confirmation",) if self.needs_confirmation else ()
        return Setting(
            service=self.service,
            host=self.host,
            port=self.port,
            security=self.security,
            verified=self.grade in ("verified", "no-auth"),
            source=self.source,
            username=username,
            notes=(*notes, self.problem) if self.problem else notes,
        )


# Among equals the registered port goes before the providers' alternatives.
_STANDARD_FIRST: Mapping[int, int] = {465: 0, 587: 1, 993: 0, 143: 1, 995: 0, 110: 1}


@frozen(kw_only=True)
class SourceReport:
    """How the look into one source went.

    Attributes:
        state: "unclear" when it could not be told (a time-out is never an absence).
        detail: Why it was unclear, or where it was found.
    """

    source: Source
    place: str
    state: SourceState
    detail: str = ""


@frozen(kw_only=True)
class Discovery:
    """Everything found out about a domain's settings.

    Attributes:
        domain: "exists", "missing" (NXDOMAIN) or "unclear" (the DNS did not answer).
        published: In the order of the sources, each in its own order.
        not_offered: Services whose SRV records say "not offered" (target ".").
        candidates: Best first, within all services.
        ignored: (published, why) that was never probed, such as a port that is no mail port.
        refused_hosts: (host, address, why) that must not be probed.
        mx_hosts: MX hosts by preference.
        sources: How each look went.
        duration_ms: Of the whole search.
    """

    name: str
    domain: Literal["exists", "missing", "unclear"]
    published: tuple[Published, ...] = ()
    not_offered: frozenset[ClientService] = frozenset()
    candidates: tuple[Candidate, ...] = ()
    ignored: tuple[tuple[Published, str], ...] = ()
    refused_hosts: tuple[tuple[str, str, str], ...] = ()
    mx_hosts: tuple[str, ...] = ()
    null_mx: Literal["yes", "no", "unclear"] = "no"
    sources: tuple[SourceReport, ...] = ()
    hints: tuple[str, ...] = ()
    duration_ms: float = 0.0

    @property
    def recommended(self) -> dict[str, Setting | None]:
        """Per service the setting to use, None when there is none (shape of `mailport.check/1`)."""
        return {
            service: candidate.as_setting() if (candidate := self.best(service)) else None
            for service in SERVICES_OF_CLIENTS
        }

    def best(self, service: ClientService) -> Candidate | None:
        """The candidate to use for a service."""
        return next((one for one in self.candidates if one.service == service and one.usable), None)

    @property
    def outcomes(self) -> tuple[EndpointOutcome, ...]:
        """Everything that was probed, each once."""
        seen = {
            (one.endpoint.host, one.endpoint.address, one.endpoint.port): one
            for candidate in self.candidates
            for one in candidate.outcomes
        }
        return tuple(seen.values())

    @property
    def conclusive(self) -> bool:
        """Whether "there is no setting" would be a fact, with every look answered clearly.

        The provider database is left aside: what others did not write down says nothing.
        """
        return (
            self.domain != "unclear"
            and all(report.state != "unclear" for report in self.sources if report.source != "ispdb")
            and all(candidate.grade != "unverified" for candidate in self.candidates)
        )


def sort_candidates(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Best first, services in the usual order."""
    return tuple(sorted(candidates, key=lambda one: (SERVICES_OF_CLIENTS.index(one.service), *one.standing)))
