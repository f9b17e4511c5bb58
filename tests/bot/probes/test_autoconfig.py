"""Autoconfiguration files: real ones, small ones and hostile ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ports import Fetched
from bot.probes.autoconfig import MAX_BYTES, NotAConfig, Place, fetch_config, fill_in, places, read_config

_REAL_FILES = Path(__file__).parents[4] / "shared/data/ispdb"
PLACE = Place("https://autoconfig.example.com/mail/config-v1.1.xml?emailaddress=a", "autoconfig")


def config(servers: str, *, head: str = "") -> bytes:
    """A file with these servers."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<clientConfig version="1.1">'
        f'<emailProvider id="example.com"><domain>example.com</domain>{servers}</emailProvider></clientConfig>'
    ).encode()


def server(kind: str, host: str, port: object, security: str, rest: str = "") -> str:
    """One server element."""
    tag = "outgoingServer" if kind == "smtp" else "incomingServer"
    return (
        f'<{tag} type="{kind}"><hostname>{host}</hostname><port>{port}</port>'
        f"<socketType>{security}</socketType>{rest}</{tag}>"
    )


GOOD = server("smtp", "smtp.example.com", 465, "SSL", "<username>%EMAILADDRESS%</username>")


@pytest.mark.skipif(
    not _REAL_FILES.is_dir(),
    reason="Thunderbird's provider files are not beside this clone (../shared/data/ispdb)",
)
def test_every_file_of_the_provider_database_is_read() -> None:
    files = sorted(_REAL_FILES.glob("*.xml"))
    read = [read_config(path.read_bytes(), PLACE, path.name.removesuffix(".xml")) for path in files]
    assert len(files) == len(read) == 163
    assert sum(len(one.domains) for one in read) == 963
    outgoing = [one for one in read if any(found.service == "submission" for found in one.servers)]
    first = [next(s for s in one.servers if s.service == "submission") for one in outgoing]
    assert sum(found.port == 465 and found.security == "implicit" for found in first) == 97
    assert sum(found.port == 587 and found.security == "starttls" for found in first) == 31


def test_a_file_is_read_in_its_own_order_with_all_it_says() -> None:
    body = config(
        server("imap", "imap.example.com", 993, "SSL", "<authentication>OAuth2</authentication>"
               "<authentication>password-cleartext</authentication>")
        + server("imap", "imap.example.com", 143, "STARTTLS")
        + GOOD
        + server("smtp", "smtp.example.com", 25, "plain")
    )  # fmt: skip
    found = read_config(body, PLACE, "example.com").servers
    assert [(one.service, one.port, one.security, one.rank) for one in found] == [
        ("imap", 993, "implicit", 0),
        ("imap", 143, "starttls", 1),
        ("submission", 465, "implicit", 2),
        ("submission", 25, "none", 3),
    ]
    assert found[0].authentication == ("oauth2", "password")
    assert found[2].username == "%EMAILADDRESS%"
    # The address that was asked with is nobody's business later.
    assert found[0].origin == "https://autoconfig.example.com/mail/config-v1.1.xml"


def test_a_host_may_be_named_by_the_domain_of_the_address() -> None:
    found = read_config(config(server("imap", "mail.%EMAILDOMAIN%", 993, "SSL")), PLACE, "inbox.example")
    assert found.servers[0].host == "mail.inbox.example"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(server("smtp", "", 465, "SSL"), id="no host"),
        pytest.param(server("smtp", "smtp example com", 465, "SSL"), id="spaces in the host"),
        pytest.param(server("smtp", "x;rm -rf /", 465, "SSL"), id="a command as host"),
        pytest.param(server("smtp", "smtp.example.com", 0, "SSL"), id="port 0"),
        pytest.param(server("smtp", "smtp.example.com", 70000, "SSL"), id="port too large"),
        pytest.param(server("smtp", "smtp.example.com", "-1", "SSL"), id="negative port"),
        pytest.param(server("smtp", "smtp.example.com", "465", "maybe"), id="unknown security"),
        pytest.param(server("exchange", "ex.example.com", 443, "SSL"), id="a protocol that is not ours"),
        pytest.param('<outgoingServer type="smtp"/>', id="empty"),
    ],
)
def test_a_broken_server_is_left_out_and_the_others_stay(bad: str) -> None:
    assert [one.port for one in read_config(config(bad + GOOD), PLACE, "example.com").servers] == [465]
    with pytest.raises(NotAConfig, match="no-servers"):
        read_config(config(bad), PLACE, "example.com")


_ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
_OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"", "not-xml", id="nothing"),
        pytest.param(b"<html><body>Welcome!<br></body></html>", "not-xml", id="a web page"),
        pytest.param(b"<html><body>Welcome!</body></html>", "not-autoconfig", id="a tidy web page"),
        pytest.param(b"<clientConfig/>", "no-provider", id="no provider"),
        pytest.param(config(GOOD, head=_ENTITIES), "dangerous-xml", id="growing entities"),
        pytest.param(config(GOOD, head=_OUTSIDE), "dangerous-xml", id="a file by reference"),
        pytest.param(config(GOOD) + b" " * MAX_BYTES, "too-large", id="a flood"),
        pytest.param(
            b"<clientConfig>" + b"<a>" * 500 + b"</a>" * 500 + b"</clientConfig>", "too-deep", id="a tower"
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="nonsense-8"?><clientConfig/>', "not-xml", id="odd encoding"
        ),
        pytest.param(b"\xff\xfe\x00\x00", "not-xml", id="bytes"),
    ],
)
def test_what_is_no_configuration_says_why(body: bytes, why: str) -> None:
    with pytest.raises(NotAConfig, match=why):
        read_config(body, PLACE, "example.com")


def test_many_servers_are_cut() -> None:
    many = "".join(server("imap", f"imap{number}.example.com", 993, "SSL") for number in range(100))
    assert len(read_config(config(many), PLACE, "example.com").servers) == 16


def test_places_in_the_order_of_mail_programs() -> None:
    urls = [place.url for place in places("example.com", "a+b@example.com", "https://db.example/v1.1/")]
    assert urls == [
        "https://autoconfig.example.com/mail/config-v1.1.xml?emailaddress=a%2Bb%40example.com",
        "https://example.com/.well-known/autoconfig/mail/config-v1.1.xml",
        "https://db.example/v1.1/example.com",
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("%EMAILADDRESS%", "ann@example.com", id="whole address"),
        pytest.param("%EMAILADDRESS", "ann@example.com", id="closing sign forgotten, as in a real file"),
        pytest.param("%EMAILLOCALPART%.%EMAILDOMAIN%", "ann.example.com", id="both parts"),
        pytest.param("fixed", "fixed", id="a fixed name"),
        pytest.param(None, None, id="none given"),
    ],
)
def test_user_names_are_filled_in(pattern: str | None, expected: str | None) -> None:
    assert fill_in(pattern, "ann", "example.com") == expected
    assert fill_in(pattern, None, "example.com") is None


class OnePage:
    """A fetcher with one answer."""

    def __init__(self, answer: Fetched) -> None:
        self.answer = answer

    async def fetch(
        self,
        url: str,
        *,
        limit: int = 65536,
        deadline_s: float = 5.0,
        redirects: int = 0,
        plain_http: bool = False,
    ) -> Fetched:
        assert limit <= MAX_BYTES
        return self.answer


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(Fetched("ok", 200, config(GOOD)), "found", id="a configuration"),
        pytest.param(Fetched("ok", 200, b"<html/>"), "absent", id="a page for everything"),
        pytest.param(Fetched("not-found", 404), "absent", id="not found"),
        pytest.param(Fetched("http-error", 403), "absent", id="forbidden"),
        pytest.param(Fetched("http-error", 503), "unclear", id="server error"),
        pytest.param(Fetched("timeout"), "unclear", id="time-out"),
        pytest.param(Fetched("tls", detail="self-signed"), "absent", id="bad certificate"),
        pytest.param(Fetched("broken"), "unclear", id="cut off"),
    ],
)
async def test_silence_is_never_taken_for_absence(answer: Fetched, state: str) -> None:
    found, report = await fetch_config(PLACE, "example.com", OnePage(answer), deadline_s=1)
    assert report.state == state
    assert (found is not None) == (state == "found")
