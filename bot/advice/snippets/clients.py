"""Mail programs for people, and what administrators publish for them."""

from __future__ import annotations

from bot.advice.snippets.account import PASSWORD, Account, File, Program, Server
from bot.advice.snippets.quoting import double, muttrc, url_part, xml, xml_attribute


def mutt(mail: Account) -> tuple[File, ...]:
    """Settings for mutt and NeoMutt: the scheme decides; ssl_force_tls keeps STARTTLS from being skipped."""
    lines = [
        f"set from = {muttrc(mail.address)}",
        "set ssl_force_tls = yes",
        f"set ssl_starttls = {'yes' if _any_starttls(mail) else 'no'}",
    ]
    user = url_part(mail.user)
    if mail.sending is not None:
        scheme = "smtps" if mail.sending.implicit else "smtp"
        lines += [
            f"set smtp_url = {muttrc(f'{scheme}://{user}@{mail.sending.in_url}/')}",
            f"set smtp_pass = {muttrc(PASSWORD)}",
        ]
    if mail.imap is not None:
        scheme = "imaps" if mail.imap.implicit else "imap"
        lines += [
            f"set folder = {muttrc(f'{scheme}://{user}@{mail.imap.in_url}/')}",
            'set spoolfile = "+INBOX"',
            f"set imap_pass = {muttrc(PASSWORD)}",
        ]
    return (File("~/.muttrc", "\n".join(lines) + "\n"),)


def _any_starttls(mail: Account) -> bool:
    return any(server is not None and not server.implicit for server in (mail.sending, mail.imap))


def mbsync(mail: Account) -> tuple[File, ...]:
    """Settings for isync's mbsync: TLSType (before version 1.5: SSLType)."""
    server = mail.reading
    text = f"""\
IMAPAccount mail
Host {server.host}
Port {server.port}
User {double(mail.user)}
PassCmd "cat ~/.mail-password"
# isync before 1.5 calls it SSLType
TLSType {"IMAPS" if server.implicit else "STARTTLS"}

IMAPStore remote
Account mail

MaildirStore local
Path ~/Mail/
Inbox ~/Mail/Inbox
SubFolders Verbatim

Channel mail
Far :remote:
Near :local:
Patterns *
Create Near
"""
    return (File("~/.mbsyncrc", text),)


def _rows(mail: Account, implicit: str, starttls: str, password: str) -> str:
    rows: list[str] = []
    servers: tuple[tuple[str, Server | None], ...] = (
        ("Incoming (IMAP)", mail.imap),
        ("Incoming (POP3)", None if mail.imap else mail.pop3),
        ("Outgoing (SMTP)", mail.sending),
    )
    for label, server in servers:
        if server is not None:
            rows += [
                label,
                f"  Server:     {server.host}",
                f"  Port:       {server.port}",
                f"  Encryption: {implicit if server.implicit else starttls}",
                f"  Login:      {password}",
                f"  Username:   {mail.user}",
            ]
    return "\n".join(rows) + "\n"


def thunderbird(mail: Account) -> tuple[File, ...]:
    """Thunderbird's own words: "SSL/TLS" is implicit TLS."""
    return (File("Account Settings", _rows(mail, "SSL/TLS", "STARTTLS", "Normal password")),)


def outlook(mail: Account) -> tuple[File, ...]:
    """Classic Outlook's words: "SSL/TLS" is implicit TLS."""
    return (
        File("Account Settings, IMAP", _rows(mail, "SSL/TLS", "STARTTLS", "password, the same for outgoing")),
    )


def apple(mail: Account) -> tuple[File, ...]:
    """Apple Mail and iOS: one switch "Use SSL"/"Use TLS/SSL"; the port decides which kind it is."""
    rows = _rows(
        mail, "Use TLS/SSL: on", "Use TLS/SSL: on (Apple then tries STARTTLS on this port)", "Password"
    )
    return (File("Accounts", rows),)


def autoconfig(mail: Account) -> tuple[File, ...]:
    """Thunderbird's file for administrators: programs then set themselves up."""
    servers = [
        _xml_server("incomingServer", kind, server)
        for kind, server in (("imap", mail.imap), ("pop3", mail.pop3))
        if server is not None
    ]
    servers += [_xml_server("outgoingServer", "smtp", mail.smtp)]
    text = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id={xml_attribute(mail.domain)}>
    <domain>{xml(mail.domain)}</domain>
    <displayName>{xml(mail.domain)}</displayName>
{"".join(servers)}  </emailProvider>
</clientConfig>
"""
    name = f"https://autoconfig.{mail.domain}/mail/config-v1.1.xml"
    return (File(name, text, "xml"),)


def _xml_server(tag: str, kind: str, server: Server) -> str:
    return f"""\
    <{tag} type="{kind}">
      <hostname>{xml(server.host)}</hostname>
      <port>{server.port}</port>
      <socketType>{"SSL" if server.implicit else "STARTTLS"}</socketType>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </{tag}>
"""


def srv(mail: Account) -> tuple[File, ...]:
    """SRV records for the domain's zone (RFC 6186, RFC 8314)."""
    names = {True: ("_submissions", "_imaps", "_pop3s"), False: ("_submission", "_imap", "_pop3")}
    lines = [
        f"{names[server.implicit][place]}._tcp.{mail.domain}. IN SRV 0 1 {server.port} {server.host}."
        for place, server in enumerate((mail.sending, mail.imap, mail.pop3))
        if server is not None
    ]
    return (File("zone", "\n".join(lines) + "\n", "dns"),)


PROGRAMS: tuple[Program, ...] = (
    Program(id="thunderbird", name="Thunderbird", write=thunderbird, aliases=("k-9", "k9"), kept_in="dialog"),
    Program(id="outlook", name="Outlook", write=outlook, kept_in="dialog"),
    Program(
        id="apple-mail",
        name="Apple Mail",
        write=apple,
        aliases=("apple", "ios", "iphone", "macos", "apple mail"),
        kept_in="dialog",
    ),
    Program(id="mutt", name="mutt", write=mutt, aliases=("neomutt",), kept_in="file"),
    Program(
        id="mbsync", name="mbsync (isync)", write=mbsync, needs=("imap",), aliases=("isync",), kept_in="file"
    ),
    Program(
        id="autoconfig", name="autoconfig XML", write=autoconfig, aliases=("autodiscover",), kept_in="dialog"
    ),
    Program(id="srv", name="SRV records", write=srv, aliases=("dns",), kept_in="dialog"),
)
