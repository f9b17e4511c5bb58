"""Thunderbird's autoconfiguration: where it is published and what it says.

Theory of operation: `places` lists the URLs that mail programs ask, in their order; `read_config`
turns the XML into settings. The file comes from strangers: it is bounded in size, depth and
number of servers, entities and external references are refused (defusedxml), and a host or port that
is none is dropped. Only HTTPS is asked: whoever can change an answer in clear could point every
password of the domain at himself.

Format: https://www.bucksch.org/1/projects/thunderbird/autoconfiguration/config-file-format.html and
draft-ietf-mailmaint-autoconfig.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from bot.model.discovery import ClientService, Published, Security, SourceReport
from bot.model.names import parse_address, parse_name
from bot.model.value import frozen
from bot.ports import Fetched, Fetcher

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 65536
MAX_SERVERS = 16
MAX_DOMAINS = 500
MAX_TEXT = 253
MAX_DEPTH = 12

_SERVICES: Mapping[str, ClientService] = {"smtp": "submission", "imap": "imap", "pop3": "pop3"}
_SECURITY: Mapping[str, Security] = {
    "ssl": "implicit",
    "tls": "implicit",
    "starttls": "starttls",
    "plain": "none",
}
_AUTHENTICATION: Mapping[str, str] = {
    "password-cleartext": "password",
    "plain": "password",
    "password-encrypted": "cram-md5",
    "secure": "cram-md5",
    "oauth2": "oauth2",
    "ntlm": "ntlm",
    "gssapi": "gssapi",
    "client-ip-address": "ip-address",
    "tls-client-cert": "certificate",
    "none": "none",
}


class NotAConfig(Exception):
    """The document is no autoconfiguration; the text says why, in a word."""


@frozen
class Place:
    """One URL to ask, and as which source its answer counts."""

    url: str
    source: Literal["autoconfig", "ispdb"]


@frozen(kw_only=True)
class Config:
    """What a file says.

    Attributes:
        provider: Display name, sanitised and short.
        domains: Mail domains that it is for.
        servers: With the user name's placeholders still in it.
    """

    provider: str
    domains: tuple[str, ...]
    servers: tuple[Published, ...]


def places(domain: str, address: str, ispdb_url: str) -> tuple[Place, ...]:
    """Where a mail program looks for a domain's settings, in its order.

    Args:
        domain: Mail domain in ASCII form.
        address: The address to name in the question; "" leaves it out.
        ispdb_url: Base of the provider database, with or without a slash at its end.
    """
    question = f"?emailaddress={quote(address, safe='')}" if address else ""
    return (
        Place(f"https://autoconfig.{domain}/mail/config-v1.1.xml{question}", "autoconfig"),
        Place(f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml", "autoconfig"),
        Place(f"{ispdb_url.rstrip('/')}/{domain}", "ispdb"),
    )


def read_config(body: bytes, place: Place, domain: str) -> Config:
    """Read a config-v1.1 file.

    Args:
        body: As fetched.
        place: Where it was fetched from.
        domain: Of the address, for host names such as `mail.%EMAILDOMAIN%`.

    Raises:
        NotAConfig: Too large, no XML, dangerous XML, or no mail server in it.
    """
    root = _parse(body)
    if root.tag != "clientConfig":
        raise NotAConfig("not-autoconfig")
    provider = root.find("emailProvider")
    if provider is None:
        raise NotAConfig("no-provider")
    servers: list[Published] = []
    for element in [*provider.findall("incomingServer"), *provider.findall("outgoingServer")]:
        found = _read_server(element, place, domain, rank=len(servers))
        if found is not None:
            servers.append(found)
        if len(servers) == MAX_SERVERS:
            break
    if not servers:
        raise NotAConfig("no-servers")
    domains = (parse_name(_text(one)) for one in provider.findall("domain")[:MAX_DOMAINS])
    return Config(
        provider=_text(provider.find("displayName")).replace("%EMAILDOMAIN%", domain)[:80],
        domains=tuple(name for name in domains if name),
        servers=tuple(servers),
    )


def _parse(body: bytes) -> Element:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(body) > MAX_BYTES:
        raise NotAConfig("too-large")
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise NotAConfig("dangerous-xml") from None
    except (ParseError, ValueError, LookupError):
        # LookupError: an encoding that Python does not know.
        raise NotAConfig("not-xml") from None
    if _is_deep(root):
        raise NotAConfig("too-deep")
    return root


def _is_deep(root: Element) -> bool:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True


def _text(element: Element | None) -> str:
    text = (element.text or "") if element is not None else ""
    return "".join(character for character in text.strip()[:MAX_TEXT] if character.isprintable())


def _read_server(element: Element, place: Place, domain: str, rank: int) -> Published | None:
    service = _SERVICES.get(element.get("type", "").lower())
    host = _text(element.find("hostname")).replace("%EMAILDOMAIN%", domain)
    port = _text(element.find("port"))
    security = _SECURITY.get(_text(element.find("socketType")).lower())
    if service is None or security is None or not (port.isascii() and port.isdigit() and len(port) <= 5):
        return None
    name = parse_name(host)
    if name is None and parse_address(host) is not None:
        name = str(parse_address(host))
    if name is None or not 1 <= int(port) <= 65535:
        return None
    known = (_AUTHENTICATION.get(_text(one).lower()) for one in element.findall("authentication")[:8])
    return Published(
        source=place.source,
        service=service,
        host=name,
        port=int(port),
        security=security,
        origin=place.url.partition("?")[0],
        username=_text(element.find("username")) or None,
        authentication=tuple(dict.fromkeys(one for one in known if one)),
        rank=rank,
    )


def fill_in(username: str | None, local_part: str | None, domain: str) -> str | None:
    """A user name with Thunderbird's placeholders filled in; None when nobody's address is known."""
    if username is None or local_part is None:
        return None
    # Two files of the provider database forget the closing sign.
    for slot, value in (
        ("%EMAILADDRESS%", f"{local_part}@{domain}"),
        ("%EMAILADDRESS", f"{local_part}@{domain}"),
        ("%EMAILLOCALPART%", local_part),
        ("%EMAILDOMAIN%", domain),
    ):
        username = username.replace(slot, value)
    return username


async def fetch_config(
    place: Place, domain: str, fetcher: Fetcher, *, deadline_s: float
) -> tuple[Config | None, SourceReport]:
    """Ask one place. The report says whether nothing there is a fact or could not be told."""
    fetched = await fetcher.fetch(place.url, limit=MAX_BYTES, deadline_s=deadline_s, redirects=2)
    shown = place.url.partition("?")[0]
    if fetched.status == "ok":
        try:
            config = read_config(fetched.body, place, domain)
        except NotAConfig as problem:
            # A page for everything is common: what answers here is no autoconfiguration.
            return None, SourceReport(source=place.source, place=shown, state="absent", detail=str(problem))
        return config, SourceReport(source=place.source, place=shown, state="found", detail=config.provider)
    return None, SourceReport(
        source=place.source, place=shown, state=_state(fetched), detail=fetched.detail or fetched.status
    )


def _state(fetched: Fetched) -> Literal["absent", "unclear"]:
    gone = fetched.http_status in (401, 403, 404, 410)
    # Nobody is required to publish; a web server that refuses or shows a foreign certificate offers
    # nothing that a mail program would take. Only silence leaves the question open.
    clear = fetched.status in ("not-found", "redirect", "too-large", "refused", "tls", "forbidden")
    clear = clear or (fetched.status == "dns" and fetched.detail in ("nxdomain", "nodata"))
    return "absent" if gone or clear else "unclear"
