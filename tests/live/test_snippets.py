"""Snippets run as they are: by the real programs where they exist here, against real servers.

Each program logs in and sends, in both TLS modes, with nothing changed but the password's placeholder; names
and the authority come from a mount namespace. Others are read by their own language's parser.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.advice.snippets.account import PASSWORD as PLACEHOLDER
from bot.advice.snippets.account import Account, Server
from bot.advice.snippets.programs import find_program, make_snippet
from tests.support.exim import EXIM
from tests.support.inside import run_inside
from tests.support.loopback import own_address
from tests.support.servers import Running, Sandbox

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
PASSWORD = "correct-horse"
USER = "ann@example.com"
# Everything that means something to some shell, language or file format; no colon and no ^.
EVIL = "a'b\"c\\d`e`$(f)${g}#{h}%i;j|k<m>&n//o@example.com"
MESSAGE = "From: ann@example.com\nTo: ann@example.com\nSubject: Test\n\nHello\n"
MODES = pytest.mark.parametrize("implicit", [True, False], ids=["implicit", "starttls"])
COMMANDS = {
    "python": ["python3", "send.py"],
    "imaplib": ["python3", "read.py"],
    "msmtp": ["sh", "-c", "chmod 600 .msmtprc && msmtp ann@example.com"],
    "swaks": ["sh", "swaks.sh"],
    "curl": ["sh", "curl.sh"],
    "go": ["go", "run", "send.go"],
    "mutt": ["sh", "-c", "mutt -F .muttrc -s Test ann@example.com"],
}


@dataclass(frozen=True, slots=True)
class Lab:
    """Real servers for one account."""

    hosts: dict[str, str]
    ca_file: Path
    postfix: Running

    def saw(self, user: str) -> bool:
        """Whether the submission server let exactly this user in."""
        log = self.postfix.log.read_text("utf-8", "replace")
        return any(line.endswith(f"sasl_username={user}") for line in log.splitlines())


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Sandbox() as sandbox:
        address = own_address()
        names = ("smtp.example.com", "imap.example.com")
        issued = sandbox.authority.issue(*names)
        _, postfix = sandbox.accounts(issued, address=address, password=PASSWORD)
        yield Lab(dict.fromkeys(names, address), sandbox.ca_file, postfix)


def account(*, implicit: bool, user: str = USER) -> Account:
    return Account(
        domain="example.com",
        address="ann@example.com",
        user=user,
        sending=Server(host="smtp.example.com", port=465 if implicit else 587, implicit=implicit),
        imap=Server(host="imap.example.com", port=993 if implicit else 143, implicit=implicit),
    )


def write(name: str, folder: Path, *, implicit: bool, user: str = USER) -> dict[str, str]:
    """The snippet's files in a folder, the password filled in; gives their texts by plain name."""
    snippet = make_snippet(find_program(name), account(implicit=implicit, user=user))
    assert not snippet.left_out
    texts = {file.name.rpartition("/")[2]: file.text.replace(PLACEHOLDER, PASSWORD) for file in snippet.files}
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text, "utf-8")
    (folder / "message.eml").write_text(MESSAGE, "utf-8")
    return texts


def need(program: str) -> None:
    """Languages that no test installs may be missing; mail programs may not."""
    if program in ("go", "node") and shutil.which(program) is None:
        pytest.skip(f"no {program} here")


def run(lab: Lab, command: list[str], folder: Path, **more: object) -> subprocess.CompletedProcess[str]:
    return run_inside(
        command,
        lab.hosts,
        lab.ca_file,
        folder,
        text=MESSAGE,
        SMTP_PASSWORD=PASSWORD,
        IMAP_PASSWORD=PASSWORD,
        GOCACHE="/tmp/mailport-go-cache",
        **more,  # type: ignore[arg-type]  # `over`
    )


@MODES
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_real_programs_send_and_read_with_it(name: str, implicit: bool, lab: Lab, tmp_path: Path) -> None:
    need(COMMANDS[name][0])
    user = f"{name}-{implicit}@example.com".lower()
    write(name, tmp_path, implicit=implicit, user=user)
    ran = run(lab, COMMANDS[name], tmp_path)
    assert ran.returncode == 0, (ran.stdout[-800:], ran.stderr[-800:])
    if name != "imaplib":
        assert lab.saw(user), ran.stdout[-800:]


@pytest.mark.parametrize("name", ["python", "msmtp", "swaks", "curl", "go", "mutt"])
def test_a_hostile_account_name_arrives_as_it_is(name: str, lab: Lab, tmp_path: Path) -> None:
    need(COMMANDS[name][0])
    user = f"{name}-{EVIL}"
    write(name, tmp_path, implicit=True, user=user)
    ran = run(lab, COMMANDS[name], tmp_path)
    assert ran.returncode == 0, (ran.stdout[-800:], ran.stderr[-800:])
    assert lab.saw(user), ran.stdout[-800:]


@MODES
def test_openssl_comes_to_the_greeting(implicit: bool, lab: Lab, tmp_path: Path) -> None:
    write("openssl", tmp_path, implicit=implicit)
    ran = run_inside(["sh", "openssl.sh"], lab.hosts, lab.ca_file, tmp_path, text="QUIT\n")
    assert ran.returncode == 0, ran.stderr[-800:]
    assert "221 2.0.0 Bye" in ran.stdout


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the servers' own users may enter; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory(prefix="mailport-relay-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@MODES
def test_postfix_relays_with_it(implicit: bool, lab: Lab, open_folder: Path) -> None:
    user = f"postfix-{implicit}@example.com".lower()
    etc, var = open_folder / "etc", open_folder / "var"
    shutil.copytree("/etc/postfix", etc)
    texts = write("postfix", etc, implicit=implicit, user=user)
    for name in ("queue", "data", "log"):
        (var / name).mkdir(parents=True)
    shutil.chown(var / "data", "postfix")
    base = f"""compatibility_level = 3.6
queue_directory = {var}/queue
data_directory = {var}/data
maillog_file = {var}/log/mail.log
maillog_file_prefixes = {var}
myhostname = client.example.net
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
smtp_host_lookup = native
"""
    (etc / "main.cf").write_text(base + texts["main.cf"], "utf-8")
    master = Path("/usr/share/postfix/master.cf.dist").read_text("utf-8")
    lines = [
        line.replace(" y ", " n ", 3) for line in master.splitlines() if not line.startswith("smtp      inet")
    ]
    (etc / "master.cf").write_text("\n".join(lines) + "\n", "utf-8")
    script = f"""set -eu
postconf -n | grep -q relayhost
test -z "$(postconf -n 2>&1 >/dev/null)"
{texts["commands"].replace("postfix check && postfix reload", "postfix start")}
sendmail -f ann@example.com ann@example.com
for try in $(seq 100); do grep -q 'status=' {var}/log/mail.log && break; sleep 0.1; done
postfix stop
"""
    ran = run(lab, ["sh", "-c", script], open_folder / "home", over={"/etc/postfix": etc})
    log = (var / "log/mail.log").read_text("utf-8") if (var / "log/mail.log").exists() else ""
    assert ran.returncode == 0, (ran.stderr[-800:], log[-800:])
    assert "status=sent" in log, log[-1500:]
    assert lab.saw(user)


@MODES
def test_exim_relays_with_it(implicit: bool, lab: Lab, open_folder: Path) -> None:
    user = f"exim-{implicit}-'{{a}}$b\"@example.com".lower()
    texts = write("exim", open_folder, implicit=implicit, user=user)
    routers, _, rest = texts["exim4.conf"].partition('# in "begin transports"')
    transports, _, authenticators = rest.partition('# in "begin authenticators"')
    secret = open_folder / "smarthost"
    shutil.chown(open_folder, "mail", "mail")
    (open_folder / "exim.conf").write_text(
        f"""spool_directory = {open_folder}/spool
log_file_path = {open_folder}/log-%slog
primary_hostname = client.example.net
domainlist local_domains = @
keep_environment =
exim_path = {EXIM}
exim_user = mail
exim_group = mail
never_users =
begin routers
{routers}
begin transports
#{transports}
begin authenticators
#{authenticators.replace("/etc/exim4/smarthost", str(secret))}
begin retry
* * F,2h,15m
""",
        "utf-8",
    )
    command = [
        str(EXIM),
        "-C",
        str(open_folder / "exim.conf"),
        "-odi",
        "-f",
        "ann@example.com",
        "ann@example.com",
    ]
    ran = run(lab, command, open_folder)
    # Run by the unprivileged user it may not be trusted with its log, and tells the caller instead.
    log = ran.stderr + "".join(path.read_text("utf-8") for path in open_folder.glob("log-*"))
    assert " => ann@example.com" in log, (ran.stdout, ran.stderr, log)
    assert lab.saw(user), log


@MODES
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("php", ["php", "-l", "send.php"]),
        ("wordpress", ["php", "-l", "smtp.php"]),
        ("nodemailer", ["node", "--check", "send.js"]),
        ("rails", ["ruby", "-wc", "production.rb"]),
        ("gitlab", ["ruby", "-wc", "gitlab.rb"]),
        ("django", ["python3", "-m", "py_compile", "settings.py"]),
        ("flask", ["python3", "-m", "py_compile", "config.py"]),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_the_languages_own_parsers_read_it(
    name: str, command: list[str], implicit: bool, tmp_path: Path
) -> None:
    need(command[0])
    write(name, tmp_path, implicit=implicit, user=EVIL)
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr + ran.stdout


@pytest.mark.parametrize(
    ("name", "line", "command"),
    [
        ("php", "$mail->Username = ", ["php", "-r", "echo {};"]),
        ("rails", "  user_name: ", ["ruby", "-e", "print({})"]),
        ("gitlab", "gitlab_rails['smtp_user_name'] = ", ["ruby", "-e", "print({})"]),
        ("nodemailer", "  auth: { user: ", ["node", "-e", "process.stdout.write({})"]),
        ("laravel", "MAIL_USERNAME=", ["sh", "-c", "printf %s {}"]),
    ],
)
def test_other_languages_read_the_name_back(name: str, line: str, command: list[str], tmp_path: Path) -> None:
    need(command[0])
    text = "".join(write(name, tmp_path, implicit=True, user=EVIL).values())
    found = next(one for one in text.splitlines() if one.startswith(line)).removeprefix(line)
    literal = found.removesuffix(", pass: process.env.SMTP_PASSWORD },").rstrip(",;")
    if name == "laravel":
        # phpdotenv and a shell agree on \\, \" and \$; a back-quote means nothing to phpdotenv.
        literal = literal.replace("`", "\\`")
    ran = subprocess.run(
        [part.replace("{}", literal) for part in command],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"]},
    )
    assert ran.stdout == EVIL, ran.stderr
