"""Which resolvers to ask, and the names that this machine knows without asking.

Given resolvers (MAILPORT_DNS_SERVERS) are used as they stand. Otherwise the system's own
configuration counts, read when first needed and again when it is older than half a minute, so that
a laptop which changes its network is not stuck with dead resolvers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.model.names import IPAddress, parse_address

Server = tuple[str, int]

RESOLV_CONF = Path("/etc/resolv.conf")
HOSTS = Path("/etc/hosts")
MAX_SERVERS = 3  # as the C library has it (resolv.conf(5), MAXNS)
REREAD_AFTER_S = 30.0
_MAX_BYTES = 1_000_000


class Nameservers:
    """The resolvers to ask, in order, and the names of the hosts file.

    The hosts file counts only together with the system's resolvers: whoever names a resolver wants
    its answers and nothing else.
    """

    def __init__(
        self, given: Sequence[Server], *, resolv_conf: Path = RESOLV_CONF, hosts: Path = HOSTS
    ) -> None:
        self._given = tuple(given)
        self._resolv_conf = resolv_conf
        self._hosts = hosts
        self._read_at: float | None = None
        self._system: tuple[Server, ...] = ()
        self._names: Mapping[str, tuple[IPAddress, ...]] = {}

    def servers(self) -> tuple[Server, ...]:
        """Address and port of each resolver, in the order in which they are asked."""
        if self._given:
            return self._given
        self._read()
        return self._system

    def addresses_of(self, name: str) -> tuple[IPAddress, ...]:
        """What the hosts file says of a name; empty when it says nothing or does not count."""
        if self._given:
            return ()
        self._read()
        return self._names.get(name, ())

    def _read(self) -> None:
        now = time.monotonic()
        if self._read_at is not None and now - self._read_at < REREAD_AFTER_S:
            return
        self._read_at = now
        self._system = parse_resolv_conf(_text(self._resolv_conf))
        self._names = parse_hosts(_text(self._hosts))


def parse_resolv_conf(text: str) -> tuple[Server, ...]:
    """The `nameserver` lines; without any, the resolver on this machine (resolv.conf(5))."""
    found = [
        words[1] for line in text.splitlines() if (words := line.split())[:1] == ["nameserver"] and words[1:]
    ]
    usable = [address for address in found if parse_address(address.partition("%")[0]) is not None]
    return tuple((address, 53) for address in usable[:MAX_SERVERS]) or (("127.0.0.1", 53),)


def parse_hosts(text: str) -> dict[str, tuple[IPAddress, ...]]:
    """Addresses by lower-case name (hosts(5))."""
    names: dict[str, tuple[IPAddress, ...]] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        address = parse_address(words[0]) if words else None
        if address is None:
            continue
        for word in words[1:]:
            name = word.lower().rstrip(".")
            names[name] = (*names.get(name, ()), address)
    return names


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
