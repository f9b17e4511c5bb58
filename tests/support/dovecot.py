"""Dovecot with a configuration and run folder of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.authority import Issued
from tests.support.servers import Running

_CONFIG = """\
protocols = imap pop3
listen = {address}
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
ssl = {ssl}
ssl_cert = <{chain}
ssl_key = <{key}
disable_plaintext_auth = {disable}
auth_mechanisms = plain login
auth_username_chars =
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = {password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}
}}
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
{sasl}service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
"""


_SASL = """\
service auth {{
  inet_listener {{
    address = {address}
    port = {port}
  }}
}}
"""


def start_dovecot(
    folder: Path,
    issued: Issued,
    address: str,
    ports: Mapping[str, int],
    *,
    plain_passwords: bool,
    password: str | None = None,
    sasl_port: int | None = None,
) -> Running:
    """Start it in the foreground of a process of ours.

    Args:
        password: Everybody's; None lets everybody in with any.
        sasl_port: Where it answers another server's questions about passwords.
    """
    chain, key = issued.write(folder / "tls")
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "mail", "nobody", "nogroup")
    values = {name: ports.get(name, 0) for name in ("imap", "imaps", "pop3", "pop3s")}
    config = folder / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            address=address,
            chain=chain,
            key=key,
            disable="no" if plain_passwords else "yes",
            # A client from the server's own address counts as secure even so: give it another.
            ssl="yes" if plain_passwords else "required",
            password=f"password={password}" if password else "nopassword=y",
            sasl=_SASL.format(address=address, port=sasl_port) if sasl_port else "",
            **values,
        )
    )
    process = subprocess.Popen(
        ["dovecot", "-F", "-c", str(config)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return Running(address, ports, process, folder / "dovecot.log")
