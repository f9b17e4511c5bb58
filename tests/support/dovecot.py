"""Dovecot with a configuration and run folder of its own."""

from __future__ import annotations

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
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}
}}
service stats {{
  chroot =
}}
service imap-login {{
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


def start_dovecot(
    folder: Path, issued: Issued, address: str, ports: Mapping[str, int], *, plain_passwords: bool
) -> Running:
    """Start it in the foreground of a process of ours."""
    chain, key = issued.write(folder / "tls")
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
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
