"""Runs other programs with names and a certificate authority of our own, changing nothing outside.

A mount namespace of its own lays our files over /etc/hosts and the list of authorities; needs root.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


def run_inside(
    command: Sequence[str],
    hosts: Mapping[str, str],
    ca_file: Path,
    folder: Path,
    *,
    text: str = "",
    over: Mapping[str, Path] | None = None,
    seconds: float = 60.0,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command where `hosts` (name to address) exist and `ca_file` is the only authority.

    Args:
        folder: Working folder and HOME.
        text: Standard input.
        over: Files to lay over others, by the path of the other.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = folder / "hosts"
    names.write_text(
        "127.0.0.1 localhost\n" + "".join(f"{at} {name}\n" for name, at in hosts.items()), "utf-8"
    )
    laid = {"/etc/hosts": names, AUTHORITIES: ca_file, **(over or {})}
    script = "".join(f"mount --bind '{ours}' '{theirs}' && " for theirs, ours in laid.items()) + 'exec "$@"'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *command],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "SSL_CERT_FILE": AUTHORITIES,
            "LANG": "C.UTF-8",
            **environment,
        },
        input=text,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
