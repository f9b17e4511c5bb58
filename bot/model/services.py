"""The mail ports, each with its service, protocol, TLS mode and role: the one table of them.

Registered names are IANA's (RFC 8314 section 7, RFC 6409, RFC 5804); 2525, 2465 and 2587 are
providers' alternatives that IANA gives to others.
"""

from __future__ import annotations

from bot.model.value import frozen, replace
from bot.typed import Literal

Protocol = Literal["smtp", "imap", "pop3", "sieve"]
# How much a port's number tells of what listens there: all, the TLS mode and a likely protocol, nothing.
Told = Literal["all", "mode", "nothing"]
Mode = Literal["implicit", "starttls"]
Role = Literal["delivery", "submission", "retrieval"]


@frozen
class Service:
    """What is expected to listen on a port.

    Attributes:
        name: IANA's service name or the common one.
        port: TCP port.
        protocol: The dialogue spoken there.
        mode: "implicit" when TLS comes first, "starttls" when plain text does.
        role: What mail uses it for.
        told: Less than "all" for ports beyond the table: what the server says decides the rest.
    """

    name: str
    port: int
    protocol: Protocol
    mode: Mode
    role: Role
    told: Told = "all"


SERVICES: dict[int, Service] = {
    service.port: service
    for service in (
        Service("smtp", 25, "smtp", "starttls", "delivery"),
        Service("submissions", 465, "smtp", "implicit", "submission"),
        Service("submission", 587, "smtp", "starttls", "submission"),
        Service("submission-alt", 2525, "smtp", "starttls", "submission"),
        Service("submissions-alt", 2465, "smtp", "implicit", "submission"),
        Service("submission-alt", 2587, "smtp", "starttls", "submission"),
        Service("imap", 143, "imap", "starttls", "retrieval"),
        Service("imaps", 993, "imap", "implicit", "retrieval"),
        Service("pop3", 110, "pop3", "starttls", "retrieval"),
        Service("pop3s", 995, "pop3", "implicit", "retrieval"),
        Service("sieve", 4190, "sieve", "starttls", "retrieval"),
    )
}

MAIL_PORTS = frozenset(SERVICES)
# What `check HOST` looks at when no port is named.
DEFAULT_PORTS = (25, 465, 587, 2525, 143, 993, 110, 995)


_BY_MANNER: dict[tuple[Protocol, Mode], int] = {
    ("smtp", "starttls"): 587,
    ("smtp", "implicit"): 465,
    ("imap", "starttls"): 143,
    ("imap", "implicit"): 993,
    ("pop3", "starttls"): 110,
    ("pop3", "implicit"): 995,
    ("sieve", "starttls"): 4190,
    ("sieve", "implicit"): 4190,
}


def service_for(port: int) -> Service:
    """The service of a port.

    Test servers and relays add thousands to the usual number (10025, 1143, 3993): the last three digits
    then say which TLS mode to expect. Of any other port nothing is expected.
    """
    if port in SERVICES:
        return SERVICES[port]
    twin = SERVICES.get(port % 1000)
    if twin is not None:
        return replace(twin, port=port, told="mode")
    return Service("other", port, "smtp", "starttls", "submission", told="nothing")


def service_seen(expected: Service, protocol: Protocol, mode: Mode) -> Service:
    """The service of a port beyond the table, once its server was heard.

    SMTP counts as submission: servers deliver to port 25 alone (RFC 5321 section 5, MX has no port).
    """
    if expected.told == "all" or (expected.told == "mode" and protocol == expected.protocol):
        return expected
    return replace(SERVICES[_BY_MANNER[protocol, mode]], port=expected.port, mode=mode, told=expected.told)
