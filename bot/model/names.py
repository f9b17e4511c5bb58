"""Domain and host names, and which addresses may be probed.

A name is kept in its ASCII form (RFC 5890 A-labels, lower case, no trailing dot). Addresses from
strangers are dangerous: `refusal` says why one must not be probed, whatever form it was written in
(IPv4-mapped, NAT64, 6to4 and Teredo hide an IPv4 address inside an IPv6 one).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_NAME = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)

# Not global, although some of Python 3.11's own tables say otherwise (IANA special-purpose registries).
_REFUSED_NETWORKS: tuple[tuple[IPNetwork, str], ...] = tuple(
    (ipaddress.ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this-network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "reserved"),
        ("64:ff9b:1::/48", "private"),
        ("100::/64", "reserved"),
        ("2001:2::/48", "reserved"),
        ("2001:10::/28", "reserved"),
        ("2001:20::/28", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "reserved"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
    )
)
# Whatever IANA has handed out for use; the rest of IPv6 is reserved, hidden forms of IPv4 among it
# (IPv4-translated ::ffff:0:0:0/96, RFC 2765).
_IN_USE = tuple(map(ipaddress.IPv6Network, ("2000::/3", "64:ff9b::/96", "::ffff:0:0/96")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def parse_address(text: str) -> IPAddress | None:
    """An IP address literal, with or without brackets; None if it is not one. A zone is refused."""
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "%" in inner:
        return None
    try:
        return ipaddress.ip_address(inner.removeprefix("IPv6:"))
    except ValueError:
        return None


def inner_addresses(address: IPAddress) -> tuple[IPAddress, ...]:
    """The address and every IPv4 address that is hidden inside it."""
    found: list[IPAddress] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            found.append(address.ipv4_mapped)
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        if address.teredo is not None:
            found.extend(address.teredo)
        if address in _NAT64:
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(found)


def refusal(address: IPAddress, allowed: Iterable[IPNetwork] = ()) -> str | None:
    """Why an address must not be probed, as a word; None if it may be.

    Args:
        address: Where the connection would go.
        allowed: Networks the operator permits although they are not public. The address itself or
            the IPv4 address hidden inside it must lie in one of them.
    """
    everything = inner_addresses(address)
    if any(one.version == network.version and one in network for one in everything for network in allowed):
        return None
    for one in everything:
        for network, why in _REFUSED_NETWORKS:
            if one.version == network.version and one in network:
                return why
    if address.version == 6 and not any(address in network for network in _IN_USE):
        return "reserved"
    return None


def parse_name(text: str) -> str | None:
    """A domain or host name in ASCII form; None if it is not one.

    Accepts upper case, one trailing dot and international names (IDNA 2008, UTS 46 mapping).
    """
    name = (
        text.strip().rstrip(".")
        if text.strip().endswith(".") and not text.strip().endswith("..")
        else text.strip()
    )
    if not name or len(name) > 4 * MAX_NAME:
        return None
    if not name.isascii():
        import idna

        try:
            name = idna.encode(name, uts46=True, std3_rules=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    name = name.lower()
    if len(name) > MAX_NAME or parse_address(name) is not None:
        return None
    labels = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return None
    return name


def parse_domain(text: str) -> str | None:
    """Like `parse_name`, but with at least two labels, as a mail domain has."""
    name = parse_name(text)
    return name if name and "." in name else None


def show_name(name: str) -> str:
    """A name for people: Unicode when it is international, beside its ASCII form."""
    if "xn--" not in name:
        return name
    import idna

    try:
        return f"{idna.decode(name)} ({name})"
    except (idna.IDNAError, UnicodeError):
        return name
