"""Exim, unpacked beside Postfix (as packages they exclude each other), configured by one file."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.authority import Issued
from tests.support.servers import Running

EXIM = Path(__file__).resolve().parents[2] / ".cache/exim/usr/sbin/exim4"

_CONFIG = """\
primary_hostname = exim.example.test
exim_user = nobody
exim_group = nogroup
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
local_interfaces = {address}
daemon_smtp_ports = {ports}
tls_on_connect_ports = {implicit}
never_users =
keep_environment =
acl_smtp_rcpt = refuse
auth_advertise_hosts = ${{if or {{{{def:tls_in_cipher}}{{bool{{{in_clear}}}}}}}{{*}}{{}}}}
{tls}

begin acl
refuse:
  deny

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = false
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = false
"""
_TLS = """\
tls_advertise_hosts = *
tls_dhparam = none
tls_certificate = {chain}
tls_privatekey = {key}
"""


def start_exim(
    folder: Path, issued: Issued | None, address: str, ports: Mapping[str, int], *, auth_in_clear: bool
) -> Running:
    """Start it in the foreground of a process of ours."""
    tls = "tls_advertise_hosts ="
    for name in ("spool", "log"):
        (folder / name).mkdir()
    if issued is not None:
        chain, key = issued.write(folder / "tls")
        tls = _TLS.format(chain=chain, key=key)
    config = folder / "exim.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            address=address,
            ports=" : ".join(str(port) for port in ports.values()),
            implicit=ports.get("submissions", ""),
            in_clear="yes" if auth_in_clear else "no",
            tls=tls,
        )
    )
    subprocess.run(["chown", "-R", "nobody:nogroup", str(folder)], check=True)
    subprocess.run(["chown", "root", str(config)], check=True)
    output = folder / "exim.out"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [str(EXIM), "-C", str(config), "-bdf", "-q1h"], stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    return Running(address, ports, process, output)
