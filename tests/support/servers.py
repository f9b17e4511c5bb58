"""Real mail servers in a sandbox of their own, as tests and the tour need them. Needs no pytest.

    with Sandbox() as sandbox:
        issued = sandbox.authority.issue("mx.example.test")
        mx = sandbox.postfix(issued)                                   # free ports on 127.0.0.1
        mx = sandbox.postfix(issued, address="127.0.1.25", ports="standard")   # 25, 465, 587; as root

Everything lies in a temporary folder and ends with the block.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

from tests.support.authority import Authority, Issued
from tests.support.loopback import free_port

Ports = Literal["free", "standard"]
STANDARD: Mapping[str, int] = {
    "smtp": 25,
    "submission": 587,
    "submissions": 465,
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
}


class ServerDidNotStart(RuntimeError):
    """With what it logged."""


@dataclass(slots=True)
class Running:
    """A server program that runs.

    Attributes:
        ports: Per service name ("smtp", "submissions", ...) the port.
        log: Its log file.
    """

    address: str
    ports: Mapping[str, int]
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """End it and wait for it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)

    def wait_until_open(self, seconds: float = 15.0) -> Running:
        """Wait until every port answers.

        Raises:
            ServerDidNotStart: It ended, or did not answer in time.
        """
        end = time.monotonic() + seconds
        for port in self.ports.values():
            while not _answers(self.address, port):
                if self.process.poll() is not None or time.monotonic() > end:
                    self.stop()
                    text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
                    raise ServerDidNotStart(f"{self.process.args!r}: {text[-2000:]}")
                time.sleep(0.02)
        return self


def _answers(address: str, port: int) -> bool:
    with socket.socket() as trial:
        trial.settimeout(1)
        return trial.connect_ex((address, port)) == 0


def free_ports(services: Sequence[str], address: str) -> dict[str, int]:
    """A free port for each service."""
    return {service: free_port(address) for service in services}


def choose_ports(services: Sequence[str], address: str, ports: Ports) -> Mapping[str, int]:
    """Free ports, or the ones that IANA gave (these need the right to use low ports)."""
    if ports == "standard":
        return {service: STANDARD[service] for service in services}
    return free_ports(services, address)


@dataclass(slots=True)
class Sandbox:
    """Starts servers and ends them all.

    Attributes:
        authority: A certificate authority of its own; `ca_file` is its root.
    """

    authority: Authority = field(default_factory=lambda: Authority("Sandbox Root"))
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="mailport-servers-")))
    running: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        # The servers' own unprivileged users look in here.
        self.folder.chmod(0o755)

    @property
    def ca_file(self) -> Path:
        """The root, PEM, for MAILPORT_CA_FILE."""
        path = self.folder / "root.pem"
        return path if path.exists() else self.authority.write_root(path)

    def folder_for(self, name: str) -> Path:
        """A new folder."""
        made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        made.chmod(0o755)
        return made

    def postfix(
        self,
        issued: Issued | None,
        *,
        address: str = "127.0.0.1",
        ports: Ports = "free",
        services: Sequence[str] = ("smtp", "submission", "submissions"),
        host: str = "mx.example.test",
        sasl_port: int | None = None,
        more: str = "",
    ) -> Running:
        """Start Postfix; without a certificate it has no TLS, without a `sasl_port` no login."""
        from tests.support.postfix import start_postfix

        chosen = choose_ports(services, address, ports)
        folder = self.folder_for("postfix")
        return self._keep(
            start_postfix(folder, issued, address, chosen, host, sasl_port=sasl_port, more=more)
        )

    def dovecot(
        self,
        issued: Issued,
        *,
        address: str = "127.0.0.1",
        ports: Ports = "free",
        services: Sequence[str] = ("imap", "imaps", "pop3", "pop3s"),
        plain_passwords: bool = False,
        password: str | None = None,
        sasl_port: int | None = None,
    ) -> Running:
        """Start Dovecot; `plain_passwords` lets people log in without TLS, `password` is everybody's."""
        from tests.support.dovecot import start_dovecot

        chosen = choose_ports(services, address, ports)
        started = start_dovecot(
            self.folder_for("dovecot"),
            issued,
            address,
            chosen,
            plain_passwords=plain_passwords,
            password=password,
            sasl_port=sasl_port,
        )
        return self._keep(started)

    def accounts(
        self,
        issued: Issued,
        *,
        address: str,
        password: str,
        sending: Sequence[str] = ("submission", "submissions"),
        reading: Sequence[str] = ("imap", "imaps", "pop3", "pop3s"),
    ) -> tuple[Running, Running]:
        """A Dovecot and a Postfix on standard ports where everybody can log in with one password."""
        sasl_port = free_ports(("auth",), address)["auth"]
        dovecot = self.dovecot(
            issued,
            address=address,
            ports="standard",
            services=reading,
            password=password,
            sasl_port=sasl_port,
        )
        postfix = self.postfix(
            issued, address=address, ports="standard", services=sending, sasl_port=sasl_port
        )
        return dovecot, postfix

    def exim(
        self,
        issued: Issued | None,
        *,
        address: str = "127.0.0.1",
        ports: Ports = "free",
        services: Sequence[str] = ("smtp", "submissions"),
        auth_in_clear: bool = False,
    ) -> Running:
        """Start Exim; `auth_in_clear` offers AUTH before TLS."""
        from tests.support.exim import start_exim

        chosen = choose_ports(services, address, ports)
        return self._keep(
            start_exim(self.folder_for("exim"), issued, address, chosen, auth_in_clear=auth_in_clear)
        )

    def _keep(self, started: Running) -> Running:
        self.running.append(started)
        return started.wait_until_open()

    def close(self) -> None:
        """End all servers, all at once, and remove the folder."""
        for started in self.running:
            if started.process.poll() is None:
                started.process.terminate()
        for started in self.running:
            started.stop()
        self.running.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
