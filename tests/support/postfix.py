"""Postfix with a configuration, queue and log of its own. Its master insists on being root."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.authority import Issued
from tests.support.servers import Running

MASTER = Path("/usr/lib/postfix/sbin/master")

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
myhostname = {host}
mydestination = {host}
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks =
local_recipient_maps =
alias_maps =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_tls_session_cache_database =
{tls}
"""
_TLS = """\
smtpd_tls_security_level = may
smtpd_tls_chain_files = {key}, {chain}
smtpd_tls_loglevel = 0
"""
# Whoever logs in may send, and what is sent goes nowhere.
_SASL = """\
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:{address}:{port}
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
local_transport = discard:
default_transport = discard:
"""
_SERVICES = {
    "smtp": "",
    "submission": "",
    "submissions": "\n  -o smtpd_tls_wrappermode=yes",
}
_MASTER = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
postlog unix-dgram n - n - 1 postlogd
"""


def start_postfix(
    folder: Path,
    issued: Issued | None,
    address: str,
    ports: Mapping[str, int],
    host: str,
    *,
    sasl_port: int | None = None,
    more: str = "",
) -> Running:
    """Start it in the foreground of a process of ours.

    Args:
        sasl_port: Where a Dovecot on the same address knows the passwords; None offers no login.
        more: Further lines of main.cf.
    """
    config = folder / "etc"
    for name in ("etc", "queue", "data", "log"):
        (folder / name).mkdir()
    tls = ""
    if issued is not None:
        chain, key = issued.write(folder / "tls")
        tls = _TLS.format(key=key, chain=chain)
    sasl = _SASL.format(address=address, port=sasl_port) if sasl_port else ""
    (config / "main.cf").write_text(_MAIN.format(folder=folder, host=host, tls=tls) + sasl + more)
    listeners = "".join(
        f"{address}:{port} inet n - n - - smtpd{_SERVICES[name]}\n" for name, port in ports.items()
    )
    (config / "master.cf").write_text(_MASTER + listeners)
    subprocess.run(["chown", "postfix:", str(folder / "data")], check=True)
    # Makes the queue's folders; complains about the folder's unusual place, which is meant.
    subprocess.run(["postfix", "-c", str(config), "check"], check=False, capture_output=True)
    output = folder / "log" / "master.out"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [str(MASTER), "-c", str(config), "-d"], stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    return Running(address, ports, process, folder / "log" / "mail.log")
