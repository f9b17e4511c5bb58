"""Mail servers and command line senders that hand their mail to a submission server."""

from __future__ import annotations

from bot.advice.snippets.account import PASSWORD, Account, File, Program
from bot.advice.snippets.quoting import shell


def _has_no_colon(user: str) -> bool:
    """Files that write `user:password` end the user at the first colon."""
    return ":" not in user


def postfix(mail: Account) -> tuple[File, ...]:
    """Postfix as a client of a relay host (SASL_README, TLS_README)."""
    server = mail.smtp
    relay = f"[{server.host}]:{server.port}"
    wrapper = "yes" if server.implicit else "no"
    main = f"""\
relayhost = {relay}
# {"TLS from the first byte (SSL/TLS), as port 465 speaks it" if server.implicit else "STARTTLS"}
smtp_tls_wrappermode = {wrapper}
# "secure" demands TLS and a certificate for the host's own name
smtp_tls_security_level = secure
smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd
smtp_sasl_security_options = noanonymous
smtp_sasl_tls_security_options = noanonymous
"""
    commands = """\
chmod 600 /etc/postfix/sasl_passwd
postmap hash:/etc/postfix/sasl_passwd
postfix check && postfix reload
"""
    return (
        File("/etc/postfix/main.cf", main, "ini"),
        File("/etc/postfix/sasl_passwd", f"{relay} {mail.user}:{PASSWORD}\n"),
        File("commands", commands, "sh"),
    )


def exim(mail: Account) -> tuple[File, ...]:
    """Exim with a smart host (specification chapters 30, 33 and 43)."""
    server = mail.smtp
    protocol = "  protocol = smtps\n" if server.implicit else ""
    text = f"""\
# in "begin routers", before the router that looks up MX records
smarthost:
  driver = manualroute
  domains = ! +local_domains
  transport = smarthost_smtp
  route_list = * "{_exim_host(server.host)}"
  host_find_failed = defer
  no_more

# in "begin transports"{"; smtps is TLS from the first byte" if server.implicit else ""}
smarthost_smtp:
  driver = smtp
  port = {server.port}
{protocol}  hosts_require_tls = *
  hosts_require_auth = *
  tls_verify_certificates = system
  tls_verify_hosts = *
  tls_verify_cert_hostnames = *

# in "begin authenticators"
smarthost_plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^${{lookup{{login}}lsearch{{/etc/exim4/smarthost}}}}\\
    ^${{lookup{{password}}lsearch{{/etc/exim4/smarthost}}}}
"""
    # A plain lookup returns its value unexpanded, so that the name may hold anything on one line.
    secret = f"login: {mail.user}\npassword: {PASSWORD}\n"
    return (File("/etc/exim4/exim4.conf", text), File("/etc/exim4/smarthost", secret))


def _exim_host(host: str) -> str:
    # A list in Exim is separated by colons; "<;" chooses another separator for IPv6 literals.
    return f"<; {host}" if ":" in host else host


def msmtp(mail: Account) -> tuple[File, ...]:
    """Settings for msmtp (its manual, section "TLS")."""
    server = mail.smtp
    text = f"""\
defaults
auth on
tls on
tls_starttls {"off" if server.implicit else "on"}
tls_trust_file /etc/ssl/certs/ca-certificates.crt

account default
host {server.host}
port {server.port}
from {mail.address}
user {mail.user}
password {PASSWORD}
"""
    return (File("~/.msmtprc", text), File("commands", "chmod 600 ~/.msmtprc\n", "sh"))


def swaks(mail: Account) -> tuple[File, ...]:
    """swaks: one test message, with the certificate verified."""
    server = mail.smtp
    mode = "--tls-on-connect" if server.implicit else "--tls"
    text = f"""\
swaks --server {shell(server.host)} --port {server.port} {mode} --tls-verify \\
  --auth PLAIN,LOGIN --auth-user {shell(mail.user)} --auth-password {PASSWORD} \\
  --from {shell(mail.address)} --to {shell(mail.address)}
"""
    return (File("swaks.sh", text, "sh"),)


def curl(mail: Account) -> tuple[File, ...]:
    """curl: one test message from a file."""
    server = mail.smtp
    scheme, force = ("smtps", "") if server.implicit else ("smtp", "--ssl-reqd ")
    text = f"""\
curl {force}--url {scheme}://{server.in_url} \\
  --user {shell(f"{mail.user}:{PASSWORD}")} \\
  --mail-from {shell(mail.address)} --mail-rcpt {shell(mail.address)} \\
  --upload-file message.eml
"""
    return (File("curl.sh", text, "sh"),)


def openssl(mail: Account) -> tuple[File, ...]:
    """Openssl s_client: look at the server and its certificate by hand."""
    server = mail.smtp
    start = "" if server.implicit else "-starttls smtp "
    text = (
        f"openssl s_client -connect {server.in_url} -servername {server.host} {start}"
        f"-verify_return_error -verify_hostname {server.host} -crlf -quiet\n"
    )
    return (File("openssl.sh", text, "sh"),)


PROGRAMS: tuple[Program, ...] = (
    Program(id="postfix", name="Postfix", write=postfix, carries=_has_no_colon, kept_in="file"),
    Program(
        id="exim",
        name="Exim",
        write=exim,
        aliases=("exim4",),
        # ^ stands for a zero byte in what the client sends.
        carries=lambda user: "^" not in user,
        kept_in="file",
    ),
    Program(
        id="msmtp",
        name="msmtp",
        write=msmtp,
        aliases=("msmtprc", "sendmail"),
        # msmtp takes the rest of the line as it is, but for quotes around all of it.
        carries=lambda user: not user.startswith('"'),
        kept_in="file",
    ),
    Program(id="swaks", name="swaks", write=swaks, kept_in="file"),
    Program(id="curl", name="curl", write=curl, carries=_has_no_colon, kept_in="file"),
    Program(id="openssl", name="openssl s_client", write=openssl, aliases=("s_client",), kept_in="dialog"),
)
