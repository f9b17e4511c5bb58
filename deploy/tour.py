"""The tour of `make demo`: answers in both languages, then real servers on loopback, judged live.

Ends by itself in under a minute. As root on Debian it starts Postfix and Dovecot; without them it says
what is missing and shows the answers alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
MAILPORT = [sys.executable, "-m", "adapters.main.cli"]


def headline(text: str) -> None:
    """A line that stands out."""
    print(f"\n{'=' * 78}\n{text}\n{'=' * 78}", flush=True)


def run(words: list[str], **environment: str) -> int:
    """Run mailport as a user would, with its command line shown."""
    print(f"\n$ mailport {' '.join(words)}\n", flush=True)
    finished = subprocess.run([*MAILPORT, *words], cwd=ROOT, env={**os.environ, **environment}, check=False)
    return finished.returncode


def answers() -> None:
    """The question of questions, in both languages."""
    headline("1. Answers, with sources, offline")
    run(["ask", "Which port should I use to send mail?"])
    run(["ask", "¿Qué puerto debo usar para enviar correo?"])
    run(["explain", "ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (smtp.example.com, 587)"])


def servers() -> None:
    """Real servers in a sandbox: good, expired, wrong mode, port 25 closed."""
    from tests.support.servers import Sandbox

    headline("2. Real mail servers on loopback, judged live")
    with Sandbox() as sandbox:
        addresses = {
            name: f"127.90.{os.getpid() % 200 + 20}.{number}"
            for number, name in enumerate(("good", "expired", "swapped", "closed"), 10)
        }
        good = sandbox.authority.issue(addresses["good"])
        expired = sandbox.authority.issue(addresses["expired"], days=-2, since_days=90)
        for name, issued in (("good", good), ("expired", expired)):
            sandbox.postfix(issued, address=addresses[name], ports="standard")
            sandbox.dovecot(issued, address=addresses[name], ports="standard", services=("imap", "imaps"))
        closed = sandbox.authority.issue(addresses["closed"])
        sandbox.postfix(
            closed, address=addresses["closed"], ports="standard", services=("submission", "submissions")
        )
        # The wrong TLS mode: a server that speaks plain text first on 465.
        swapped = sandbox.authority.issue(addresses["swapped"])
        sandbox.postfix(swapped, address=addresses["swapped"], ports="standard", services=("smtp",))
        environment = {
            "MAILPORT_ALLOWED_NETWORKS": "127.90.0.0/16",
            "MAILPORT_CA_FILE": str(sandbox.ca_file),
            "MAILPORT_EHLO_NAME": "tour.mailport.example",
        }
        relay = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "deploy/relay.py"),
                addresses["swapped"],
                "465",
                addresses["swapped"],
                "25",
            ]
        )
        try:
            print("\nA good server:")
            run(["check", addresses["good"], "--ports", "25,465,587,143,993"], **environment)
            print("\nOne whose certificate has expired:")
            run(["check", addresses["expired"], "--ports", "25,465,993"], **environment)
            print("\nOne that speaks plain text first on 465, where TLS has to come first:")
            run(["check", f"{addresses['swapped']}:465"], **environment)
            print("\nOne whose port 25 is closed, in Spanish:")
            run(["check", addresses["closed"], "--ports", "25,587", "--lang", "es"], **environment)
            watch(addresses, environment)
        finally:
            relay.terminate()
            relay.wait(5)


def watch(addresses: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Two of the servers watched; one breaks and recovers."""
    import socket

    from deploy.tour_watch import watching

    headline("3. Watching: an outage, its alert, its end, a report")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    shaky = addresses["good"].rpartition(".")[0] + ".20"
    watching(addresses["good"], addresses["swapped"], shaky, port, environment, run)


def domain() -> None:
    """A whole domain of its own, with what its people type in."""
    from deploy.tour_domain import missing, show_domain

    headline("4. A whole domain: signed DNS, policies, settings proven, a ready configuration")
    if absent := missing():
        print(f"\nThis part needs Debian's knot and unbound ({', '.join(absent)} missing): `make servers`.")
    else:
        show_domain()


def next_steps() -> None:
    """What to type now."""
    headline("5. What next")
    print(
        """
    .venv/bin/mailport chat              the same conversation, here
    .venv/bin/mailport check example.com a whole domain, live
    .venv/bin/mailport serve             http://127.0.0.1:8025/try, and Slack and Discord with tokens:
      Slack:   SLACK_BOT_TOKEN and SLACK_APP_TOKEN (docs/slack.md)
      Discord: DISCORD_TOKEN (docs/discord.md)
    .venv/bin/mailport doctor            what is set up, and how to mend what is not
"""
    )


def main() -> int:
    """The whole tour."""
    answers()
    missing = [
        name for name in ("postfix", "dovecot") if shutil.which(name, path="/usr/sbin:/usr/bin") is None
    ]
    if missing or os.geteuid() != 0:
        need = f"{', '.join(missing)} missing" if missing else "not root"
        print(f"\nThe sandbox needs Debian's postfix and dovecot, as root ({need}): `make servers`.")
    else:
        servers()
        domain()
    next_steps()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
