"""The mail ports, each with its service, protocol, TLS mode and role: the one table of them.

Registered names are IANA's (RFC 8314 section 7, RFC 6409, RFC 5804); 2525, 2465 and 2587 are
providers' alternatives that IANA gives to others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Protocol = Literal["smtp", "imap", "pop3", "sieve"]
Mode = Literal["implicit", "starttls"]
Role = Literal["delivery", "submission", "retrieval"]


@dataclass(frozen=True, slots=True)
class Service:
    """What is expected to listen on a port.

    Attributes:
        name: IANA's service name or the common one.
        port: TCP port.
        protocol: The dialogue spoken there.
        mode: "implicit" when TLS comes first, "starttls" when plain text does.
        role: What mail uses it for.
    """

    name: str
    port: int
    protocol: Protocol
    mode: Mode
    role: Role


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


def service_for(port: int) -> Service:
    """The service of a port; a port beyond the table is taken for submission with STARTTLS."""
    return SERVICES.get(port) or Service("smtp-other", port, "smtp", "starttls", "submission")
