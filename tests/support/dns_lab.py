"""A private DNS tree: a real authoritative server (Knot) and a real validating resolver (Unbound).

Everything runs on loopback with random ports. Zones are signed with dnspython; a zone's `security`
says whether its parent vouches for it ("secure"), keeps silent ("insecure"), or vouches for another
key ("bogus"). A zone with security "dead" has no zone file, so that its server fails (SERVFAIL), one with
"mute" to a socket that takes questions and never answers (time-out).

Importable without pytest; `with DnsLab(zones) as lab:` starts and stops it.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal

import dns.dnssec
import dns.dnssectypes
import dns.message
import dns.name
import dns.query
import dns.rdataset
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.loopback import free_port

Security = Literal["secure", "insecure", "bogus", "dead", "mute"]
START_S = 10.0
TTL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class LabZone:
    """One zone.

    Attributes:
        name: Below "test." (or a reverse zone), without the last dot.
        records: Lines of a zone file, relative to the zone's name; SOA and NS are added.
    """

    name: str
    records: Sequence[str] = ()
    security: Security = "secure"


class DnsLab:
    """The running pair of servers.

    Attributes:
        resolver: Address and port of the validating resolver.
        authority: The same of the authoritative server.
    """

    def __init__(
        self, zones: Iterable[LabZone], *, root: str = "test", resolver: tuple[str, int] | None = None
    ) -> None:
        self.zones = tuple(zones)
        self.root = root
        self._folder = tempfile.TemporaryDirectory(prefix="mailport-dns-")
        self._processes: list[subprocess.Popen[bytes]] = []
        self._mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.authority = ("127.0.0.1", free_port())
        self.resolver = resolver or ("127.0.0.1", free_port())

    def __enter__(self) -> DnsLab:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """Where zone files, configurations and logs lie."""
        return Path(self._folder.name)

    def start(self) -> None:
        """Sign the zones, start both servers and wait until they answer."""
        self.folder.chmod(0o755)
        self._mute.bind(("127.0.0.1", 0))
        try:
            anchor = self._write_zones()
            self._start_knot()
            self._start_unbound(anchor)
            _wait_for_answer(self.authority, self.root)
            _wait_for_answer(self.resolver, self.root)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what was started, by process."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        self._processes.clear()
        self._mute.close()
        self._folder.cleanup()

    def _write_zones(self) -> str:
        """Zone files; gives the trust anchor, a DS record of the root zone."""
        below = [zone for zone in self.zones if zone.name.rpartition(f".{self.root}")[0].count(".") == 0]
        below = [zone for zone in below if zone.name.endswith(f".{self.root}")]
        delegations: list[str] = []
        for zone in self.zones:
            if zone.security in ("dead", "mute"):
                continue
            key = _Key(zone.name) if zone.security in ("secure", "bogus") else None
            self._write_zone(zone.name, zone.records, key)
            if key is not None and zone in below:
                shown = key if zone.security == "secure" else _Key(zone.name)
                delegations.append(f"{self._within_root(zone.name)} IN DS {shown.ds()}")
        delegations += [f"{self._within_root(zone.name)} IN NS ns.{self.root}." for zone in below]
        root_key = _Key(self.root)
        self._write_zone(self.root, ["ns IN A 127.0.0.1", *delegations], root_key)
        return f"{self.root}. IN DS {root_key.ds()}"

    def _within_root(self, name: str) -> str:
        return name.removesuffix(f".{self.root}")

    def _write_zone(self, name: str, records: Sequence[str], key: _Key | None) -> None:
        lines = [
            f"@ {TTL} IN SOA ns.{self.root}. hostmaster.{self.root}. 1 3600 600 86400 5",
            f"@ {TTL} IN NS ns.{self.root}.",
            *(_with_ttl(record) for record in records),
        ]
        zone = dns.zone.from_text("\n".join(lines) + "\n", origin=f"{name}.", relativize=False)
        if key is not None:
            key.sign(zone)
        (self.folder / f"{name}.zone").write_text(zone.to_text(relativize=False, want_origin=True), "utf-8")

    def _start_knot(self) -> None:
        served = [self.root, *(zone.name for zone in self.zones if zone.security != "mute")]
        blocks = "\n".join(f'  - domain: {name}.\n    file: "{self.folder}/{name}.zone"' for name in served)
        host, port = self.authority
        (self.folder / "knot.conf").write_text(
            f"""server:
    rundir: "{self.folder}"
    listen: {host}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "{self.folder}/db"
template:
  - id: default
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
{blocks}
""",
            "utf-8",
        )
        self._run("knot", ["/usr/sbin/knotd", "-c", str(self.folder / "knot.conf")])

    def _start_unbound(self, anchor: str) -> None:
        at = f"{self.authority[0]}@{self.authority[1]}"
        mute = f"127.0.0.1@{self._mute.getsockname()[1]}"
        stubs = [(self.root, at)]
        stubs += [(zone.name, mute if zone.security == "mute" else at) for zone in self.zones]
        blocks = "".join(
            f"stub-zone:\n  name: {name}.\n  stub-addr: {where}\n  stub-first: no\n" for name, where in stubs
        )
        # Names that Unbound would answer by itself (RFC 6761, RFC 6303).
        local = "".join(f"  local-zone: {name}. nodefault\n" for name in (self.root, "127.in-addr.arpa"))
        host, port = self.resolver
        (self.folder / "unbound.conf").write_text(
            f"""server:
  directory: "{self.folder}"
  chroot: ""
  username: ""
  pidfile: "{self.folder}/unbound.pid"
  use-syslog: no
  verbosity: 1
  interface: {host}@{port}
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
  access-control: 10.0.0.0/8 allow
  module-config: "validator iterator"
  trust-anchor: "{anchor}"
  num-threads: 1
  do-ip6: no
  ede: yes
  aggressive-nsec: no
  unknown-server-time-limit: 200
{local}{blocks}remote-control:
  control-enable: no
""",
            "utf-8",
        )
        self._run("unbound", ["/usr/sbin/unbound", "-d", "-c", str(self.folder / "unbound.conf")])

    def _run(self, name: str, command: list[str]) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        self._processes.append(subprocess.Popen(command, stdout=log, stderr=log))
        log.close()


class _Key:
    """A zone's only key (ECDSA P-256), used for keys and data alike."""

    def __init__(self, name: str) -> None:
        self._name = dns.name.from_text(f"{name}.")
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._public = dns.dnssec.make_dnskey(
            self._private.public_key(), dns.dnssectypes.Algorithm.ECDSAP256SHA256, flags=257
        )

    def ds(self) -> str:
        """The DS record's data for the parent."""
        return dns.dnssec.make_ds(self._name, self._public, "SHA256").to_text()

    def sign(self, zone: dns.zone.Zone) -> None:
        """Sign a whole zone, with NSEC."""
        now = datetime.now(UTC)
        with zone.writer() as transaction:
            dns.dnssec.sign_zone(
                zone,
                txn=transaction,
                keys=[(self._private, self._public)],
                inception=now - timedelta(hours=1),
                expiration=now + timedelta(days=7),
                dnskey_ttl=TTL,
            )


def _with_ttl(record: str) -> str:
    name, _, rest = record.partition(" ")
    return f"{name} {TTL} {rest}" if rest.startswith("IN ") else record


def _wait_for_answer(server: tuple[str, int], name: str) -> None:
    question = dns.message.make_query(f"{name}.", "SOA")
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            if dns.query.udp(question, server[0], port=server[1], timeout=0.5).answer:
                return
        except (OSError, dns.exception.DNSException):
            time.sleep(0.05)
    raise TimeoutError(f"no answer from {server}")
