"""A private PostgreSQL cluster for tests: its own folder, its own socket, a random loopback port.

PostgreSQL refuses to run as root, so it runs as the user `postgres` that Debian's package makes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.loopback import free_port

_VERSIONS = Path("/usr/lib/postgresql")


def _program(name: str) -> str:
    found = sorted(_VERSIONS.glob(f"*/bin/{name}"))
    if not found:
        raise FileNotFoundError(f"{name} is missing: run `make servers` as root")
    return str(found[-1])


@contextmanager
def stopped(url: str) -> Iterator[None]:
    """The cluster of that URL is away while the block runs, as if its machine had lost power."""
    shown = subprocess.run(
        ["psql", "-Atd", url, "-c", "SHOW data_directory"], check=True, capture_output=True, text=True
    )
    data = Path(shown.stdout.strip())
    owner = data.owner()
    options = f"-c listen_addresses=127.0.0.1 -p {url.rsplit(':', 1)[1].split('/')[0]} -k {data.parent} -c fsync=off"

    def control(*words: str) -> None:
        command = (_program("pg_ctl"), "-D", str(data), "-w", *words)
        account = owner if os.geteuid() == 0 else None
        subprocess.run(command, check=True, capture_output=True, user=account, group=account, cwd=data.parent)

    control("stop", "-m", "immediate")
    try:
        yield
    finally:
        control("start", "-l", str(data.parent / "log"), "-o", options)


@contextmanager
def running_postgres() -> Iterator[str]:
    """A fresh cluster; gives the URL of its database, `postgresql://...`."""
    folder = Path(tempfile.mkdtemp(prefix="mailport-postgres-"))
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            user=account.pw_name if account else None,
            group=account.pw_gid if account else None,
            cwd=folder,
            timeout=60,
        )

    try:
        run(_program("initdb"), "-D", str(data), "-U", "mailport", "-A", "trust", "-E", "UTF8", "--no-sync")
        port = free_port()
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c max_connections=60"
        run(_program("pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://mailport@127.0.0.1:{port}/postgres"
        finally:
            run(_program("pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
