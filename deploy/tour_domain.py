"""The part of the tour about a whole domain: signed DNS, policies, and what its people type in, proven live.

Knot and Unbound serve a small DNS tree on loopback; Postfix and Dovecot take mail and logins. Everything
ends with the tour.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.authority import Issued
    from tests.support.dns_lab import LabZone
    from tests.support.mail_lab import MailLab
    from tests.support.servers import Sandbox

ROOT = Path(__file__).resolve().parent.parent
DOMAIN = "example.test"
NEEDED = ("knotd", "unbound", "postfix", "dovecot")


def missing() -> list[str]:
    """Programs of this part that are not installed."""
    return [name for name in NEEDED if shutil.which(name, path="/usr/sbin:/usr/bin") is None]


def show_domain() -> None:
    """A domain in order but for one thing, what to type in for it, and a ready configuration."""
    asyncio.run(_show())


async def _show() -> None:
    from tests.support.mail_lab import MailLab
    from tests.support.servers import Sandbox

    lab = MailLab()
    with Sandbox(authority=lab.authority) as sandbox:
        async with lab:
            names = (f"mail.{DOMAIN}", f"mx.{DOMAIN}")
            issued = sandbox.authority.issue(*names)
            await asyncio.to_thread(_start_servers, sandbox, issued, lab.address(10))
            await lab.start(_zones(lab, issued))
            assert lab.dns is not None
            environment = {
                "MAILPORT_DNS_SERVERS": "{}:{}".format(*lab.dns.resolver),
                "MAILPORT_DNS_TRUST_AD": "true",
                "MAILPORT_CA_FILE": str(sandbox.ca_file),
                "MAILPORT_ALLOWED_NETWORKS": f"{lab.prefix}.0/24",
                "MAILPORT_EHLO_NAME": "tour.mailport.example",
                "MAILPORT_ISPDB_URL": f"https://mta-sts.{DOMAIN}/",
            }
            print("\nA whole domain: DNS with DNSSEC, policies over HTTPS, its mail host:", flush=True)
            await _run(["check", DOMAIN], environment)
            print("\nWhat its people type into their programs, each server tried just now:", flush=True)
            await _run(["port", f"ann@{DOMAIN}", "--for", "msmtp"], environment)


def _start_servers(sandbox: Sandbox, issued: Issued, address: str) -> None:
    sandbox.accounts(
        issued,
        address=address,
        password="tour",  # noqa: S106  # nobody logs in
        sending=("smtp", "submission", "submissions"),
        reading=("imap", "imaps"),
    )


def _zones(lab: MailLab, issued: Issued) -> list[LabZone]:
    from tests.support.dns_lab import LabZone
    from tests.support.mail_domains import dkim_record, spki_sha256
    from tests.support.mail_lab import PolicySite, policy_text

    lab.add_site(PolicySite(domain=DOMAIN, text=policy_text(f"mx.{DOMAIN}", mode="testing")))
    records = [
        "@ IN MX 10 mx",
        f"mx IN A {lab.address(10)}",
        f"mail IN A {lab.address(10)}",
        '@ IN TXT "v=spf1 mx -all"',
        f'_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}"',
        f"selector1._domainkey IN TXT {dkim_record(2048)}",
        '_mta-sts IN TXT "v=STSv1; id=1"',
        f"mta-sts IN A {lab.web_address}",
        f"_25._tcp.mx IN TLSA 3 1 1 {spki_sha256(issued)}",
        "_submissions._tcp IN SRV 0 1 465 mail",
        "_imaps._tcp IN SRV 0 1 993 mail",
    ]
    reverse = LabZone(name=lab.reverse_zone, records=[f"10 IN PTR mx.{DOMAIN}."], security="insecure")
    return [LabZone(name=DOMAIN, records=records), reverse]


async def _run(words: Sequence[str], environment: dict[str, str]) -> None:
    """Run mailport as a user would; this process meanwhile serves the domain's policies."""
    print(f"\n$ mailport {' '.join(words)}\n", flush=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adapters.main.cli", *words, cwd=ROOT, env={**os.environ, **environment}
    )
    await process.wait()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    show_domain()
