"""Domains that publish their settings in every different way, with servers where one can log in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.authority import self_signed
from tests.support.dns_lab import LabZone, Security
from tests.support.mail_lab import MailLab, WebPage
from tests.support.servers import Sandbox

PASSWORD = "correct-horse"
FULL, STARTTLS, SELF_SIGNED, POP3 = 10, 11, 12, 13


@dataclass(frozen=True, slots=True, kw_only=True)
class PortCase:
    """One domain.

    Attributes:
        why: What is different about it.
        servers: Host names and the last part of their addresses.
        expected: Per service "host:port security source"; None when there is none.
        target: What is typed; `ann@<name>` when left out.
    """

    name: str
    why: str
    records: Sequence[str] = ()
    servers: Mapping[str, int] = field(default_factory=dict)
    expected: Mapping[str, str | None] = field(default_factory=dict)
    security: Security = "secure"
    pages: Sequence[WebPage] = ()
    user: str = ""


def config(domain: str, *servers: tuple[str, str, int, str], user: str = "%EMAILADDRESS%") -> bytes:
    """An autoconfiguration file."""
    rows = "".join(
        f"""<{"outgoingServer" if kind == "smtp" else "incomingServer"} type="{kind}"><hostname>{host}</hostname>
<port>{port}</port><socketType>{socket}</socketType><username>{user}</username>
<authentication>password-cleartext</authentication></{"outgoingServer" if kind == "smtp" else "incomingServer"}>"""
        for kind, host, port, socket in servers
    )
    return (
        f'<clientConfig version="1.1"><emailProvider id="{domain}"><domain>{domain}</domain>'
        f"{rows}</emailProvider></clientConfig>"
    ).encode()


def _xml(host: str, path: str, body: bytes) -> WebPage:
    return WebPage(host=host, path=path, body=body, kind="text/xml")


PATH, WELL_KNOWN = "/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"
ISPDB = "https://ispdb.test/v1.1/"

CASES: tuple[PortCase, ...] = (
    PortCase(
        name="srvtls.test",
        why="SRV records for implicit TLS",
        records=["_submissions._tcp IN SRV 0 1 465 mail", "_imaps._tcp IN SRV 0 1 993 mail"],
        servers={"mail.srvtls.test": FULL},
        expected={"submission": "mail.srvtls.test:465 implicit srv", "imap": "mail.srvtls.test:993 implicit srv"},
    ),
    PortCase(
        name="srvstart.test",
        why="SRV records for STARTTLS, and nothing else listens",
        records=["_submission._tcp IN SRV 0 1 587 mail", "_imap._tcp IN SRV 0 1 143 mail"],
        servers={"mail.srvstart.test": STARTTLS},
        expected={
            "submission": "mail.srvstart.test:587 starttls srv",
            "imap": "mail.srvstart.test:143 starttls srv",
        },
    ),
    PortCase(
        name="auto.test",
        why="autoconfig at its own host, with the local part as user",
        servers={"smtp.auto.test": FULL, "imap.auto.test": FULL},
        pages=[
            _xml(
                "autoconfig.auto.test",
                PATH,
                config(
                    "auto.test",
                    ("imap", "imap.auto.test", 993, "SSL"),
                    ("smtp", "smtp.auto.test", 587, "STARTTLS"),
                    user="%EMAILLOCALPART%",
                ),
            )
        ],
        expected={
            "submission": "smtp.auto.test:587 starttls autoconfig",
            "imap": "imap.auto.test:993 implicit autoconfig",
        },
        user="ann",
    ),
    PortCase(
        name="wellknown.test",
        why="autoconfig below .well-known",
        servers={"mx.wellknown.test": FULL},
        pages=[
            _xml(
                "wellknown.test",
                WELL_KNOWN,
                config(
                    "wellknown.test",
                    ("imap", "mx.wellknown.test", 993, "SSL"),
                    ("smtp", "mx.wellknown.test", 465, "SSL"),
                ),
            )
        ],
        expected={
            "submission": "mx.wellknown.test:465 implicit autoconfig",
            "imap": "mx.wellknown.test:993 implicit autoconfig",
        },
    ),
    PortCase(
        name="ispdb.test",
        why="only the provider database knows it",
        servers={"mail.ispdb.test": FULL},
        pages=[
            _xml(
                "ispdb.test",
                "/v1.1/ispdb.test",
                config(
                    "ispdb.test",
                    ("imap", "mail.ispdb.test", 993, "SSL"),
                    ("smtp", "mail.ispdb.test", 465, "SSL"),
                ),
            )
        ],
        expected={
            "submission": "mail.ispdb.test:465 implicit ispdb",
            "imap": "mail.ispdb.test:993 implicit ispdb",
        },
    ),
    PortCase(
        name="guess.test",
        why="nothing is published, and the usual names exist",
        records=["@ IN MX 10 mail"],
        servers={"mail.guess.test": FULL, "smtp.guess.test": STARTTLS},
        security="insecure",
        expected={
            "submission": "mail.guess.test:465 implicit probe",
            "imap": "mail.guess.test:993 implicit probe",
            "pop3": "mail.guess.test:995 implicit probe",
        },
    ),
    PortCase(
        name="stale.test",
        why="SRV names a port where nothing listens, autoconfig the right one",
        records=["_submissions._tcp IN SRV 0 1 465 mail", "_imap._tcp IN SRV 0 1 143 mail"],
        servers={"mail.stale.test": STARTTLS},
        pages=[
            _xml(
                "autoconfig.stale.test",
                PATH,
                config(
                    "stale.test",
                    ("imap", "mail.stale.test", 143, "STARTTLS"),
                    ("smtp", "mail.stale.test", 587, "STARTTLS"),
                ),
            )
        ],
        expected={
            "submission": "mail.stale.test:587 starttls autoconfig",
            "imap": "mail.stale.test:143 starttls srv",
        },
    ),
    PortCase(
        name="badcert.test",
        why="the first published server has a self-signed certificate, the second a good one",
        records=[
            "_submissions._tcp IN SRV 0 1 465 old",
            "_submissions._tcp IN SRV 10 1 465 new",
            "_imaps._tcp IN SRV 0 1 993 old",
            "_imaps._tcp IN SRV 10 1 993 new",
        ],
        servers={"old.badcert.test": SELF_SIGNED, "new.badcert.test": FULL},
        expected={
            "submission": "new.badcert.test:465 implicit srv",
            "imap": "new.badcert.test:993 implicit srv",
        },
    ),
    PortCase(
        name="pop.test",
        why="POP3 and sending, no IMAP",
        records=[
            "_submission._tcp IN SRV 0 1 587 pop",
            "_pop3s._tcp IN SRV 0 1 995 pop",
            "_imap._tcp IN SRV 0 0 0 .",
            "_imaps._tcp IN SRV 0 0 0 .",
        ],
        servers={"pop.pop.test": POP3},
        expected={
            "submission": "pop.pop.test:587 starttls srv",
            "imap": None,
            "pop3": "pop.pop.test:995 implicit srv",
        },
    ),
    PortCase(
        name="hosted.test",
        why="the host of the MX publishes the settings",
        records=["@ IN MX 10 mx.srvhoster.test."],
        pages=[
            _xml(
                "autoconfig.srvhoster.test",
                PATH,
                config(
                    "srvhoster.test",
                    ("imap", "imap.srvhoster.test", 993, "SSL"),
                    ("smtp", "smtp.srvhoster.test", 465, "SSL"),
                ),
            )
        ],
        expected={
            "submission": "smtp.srvhoster.test:465 implicit autoconfig",
            "imap": "imap.srvhoster.test:993 implicit autoconfig",
        },
    ),
    PortCase(
        name="srvhoster.test",
        why="the hoster itself",
        servers={"imap.srvhoster.test": FULL, "smtp.srvhoster.test": FULL, "mx.srvhoster.test": FULL},
        expected={
            "submission": "smtp.srvhoster.test:465 implicit autoconfig",
            "imap": "imap.srvhoster.test:993 implicit autoconfig",
        },
    ),
    PortCase(
        name="clear.test",
        why="port 25 and plain text are published: neither is ever recommended",
        pages=[
            _xml(
                "autoconfig.clear.test",
                PATH,
                config(
                    "clear.test", ("imap", "mail.clear.test", 143, "plain"), ("smtp", "mail.clear.test", 25, "plain")
                ),
            )
        ],
        servers={"mail.clear.test": STARTTLS},
        expected={
            "submission": "mail.clear.test:587 starttls probe",
            "imap": "mail.clear.test:143 starttls autoconfig",
        },
    ),
)  # fmt: skip


def hosts_of(lab: MailLab) -> dict[str, str]:
    """Every mail host with its address."""
    return {name: lab.address(last) for case in CASES for name, last in case.servers.items()}


def build_zones(lab: MailLab) -> list[LabZone]:
    """The zones; pages are added to the lab."""
    zones = []
    for case in CASES:
        for page in case.pages:
            lab.add_page(page)
        ours = f".{case.name}"
        records = [
            *case.records,
            *(f"{name.removesuffix(ours)} IN A {lab.address(last)}" for name, last in case.servers.items()),
        ]
        every = [page.host for other in CASES for page in other.pages]
        records += [
            f"{'@' if host == case.name else host.removesuffix(ours)} IN A {lab.web_address}"
            for host in dict.fromkeys(every)
            if host == case.name or host.endswith(ours)
        ]
        zones.append(LabZone(name=case.name, records=records, security=case.security))
    return zones


def start_servers(sandbox: Sandbox, lab: MailLab) -> None:
    """Real Postfix and Dovecot at the lab's addresses."""
    names = list(hosts_of(lab))
    issued = sandbox.authority.issue(*names)
    sandbox.accounts(issued, address=lab.address(FULL), password=PASSWORD)
    sandbox.accounts(
        issued, address=lab.address(STARTTLS), password=PASSWORD, sending=("submission",), reading=("imap",)
    )
    sandbox.accounts(
        self_signed("old.badcert.test"),
        address=lab.address(SELF_SIGNED),
        password=PASSWORD,
        sending=("submissions",),
        reading=("imaps",),
    )
    sandbox.accounts(
        issued, address=lab.address(POP3), password=PASSWORD, sending=("submission",), reading=("pop3s",)
    )
