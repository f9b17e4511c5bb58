"""Host, port, codes and product named in a pasted text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.knowledge.explain_flat import Flat
from bot.model.value import frozen

IMPLICIT_PORTS = frozenset({465, 993, 995, 2465, 8465})
STARTTLS_PORTS = frozenset({25, 587, 2525, 143, 110, 2587, 588, 1025, 1143, 4190, 8025, 26})
MAIL_PORTS = IMPLICIT_PORTS | STARTTLS_PORTS
# Every quantifier is bounded, and no two neighbours can match the same character: linear time.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
# A name stands alone, or after the scheme of a mail address such as smtps://.
_BEFORE = r"(?:(?<![a-z0-9_.@/\\-])|(?<=smtp://)|(?<=mtps://)|(?<=imap://)|(?<=maps://)|(?<=ssl://)|(?<=tls://)|(?<=tcp://))"
_NAME = re.compile(rf"{_BEFORE}(?:{_LABEL}\.){{1,8}}[a-z]{{2,18}}(?![a-z0-9_\\-])")
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]?\d)")
_AFTER_HOST = re.compile(
    r"(?:\[[0-9a-f.:]{2,45}\])?[\]'\"]?(?:(?::|, ?|;|\s?/\s?)(\d{2,5})|\s(25|465|587|2525|143|993|110|995))(?![\d.])"
)
_PORT = re.compile(
    r"(?<![a-z])(?:port|puerto|tcp|\"port\")[\"']?\s?(?:number|no\.?)?\s?[:=#(]{0,2}\s?[\"']?(\d{2,5})(?![\d.])"
)
_PORT_LOOSE = re.compile(r"(?:\]|localhost|imaps?|smtps?|pop3s?):(\d{2,5})(?![\d.])|\((\d{2,5}), ")
_ENHANCED = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_NOT_ENHANCED = re.compile(r"(?:version|v|ver\.|python|openssl|node|php|java|rfc|build)[ /=:]?$")
_CODE = re.compile(
    r"(?<![\w.:/\[-])([245][0-5]\d)(?=[- ]|[,;:)\"'\]]|$)(?! ?(?:ms|s|kb|mb|bytes|seconds|bits)\b)"
)
_CODE_AFTER = re.compile(r"(?:code|said|answered|response|status|dsn|error|smtp|reply)[^0-9\n]{0,20}$")
_NOT_ENDINGS = frozenset(
    [
        "py",
        "pyc",
        "js",
        "mjs",
        "ts",
        "java",
        "class",
        "php",
        "go",
        "rb",
        "rs",
        "cs",
        "vb",
        "exe",
        "dll",
        "so",
        "log",
        "cf",
        "cnf",
        "conf",
        "cfg",
        "ini",
        "pem",
        "crt",
        "key",
        "cer",
        "sh",
        "bat",
        "html",
        "xml",
        "json",
        "txt",
        "c",
        "h",
        "cpp",
        "cc",
        "md",
        "yml",
        "yaml",
        "toml",
        "lua",
        "jar",
        "inc",
        "lock",
        "sock",
        "service",
    ]
)
_CODE_PREFIXES = (
    "javax.", "java.", "jakarta.", "com.sun.", "org.springframework.", "org.apache.", "sun.security.", "smtplib.",
    "imaplib.", "poplib.", "aiosmtplib.", "ssl.", "socket.", "mailkit.", "system.", "microsoft.", "net.smtp",
    "kotlin.", "urllib3.", "requests.", "asyncio.", "node.", "swift.", "lettre.", "botocore.", "django.", "errors.",
    "smtpsend.", "storedrv.", "resolver.", "routing.", "queue.", "mapiexceptionnot", "process.", "self.", "this.",
    "openssl.", "exceptions.", "concurrent.", "kernel.", "com.google.android", "org.eclipse.", "io.netty.", "agent.",
    "std.", "tls.", "crypto.", "console.", "proxy.",
)  # fmt: skip
_HOST_CUES = (
    "host", "server", "servidor", "relay", "to ", "connect", "name=", "mx ", "enotfound", "eai_again", "lookup ",
    "hostname", "address", "smtp://", "smtps://", "ssl://", "tls://", "tcp://", "imap://", "imaps://", "dial tcp",
    "from ", "por ", "con ", "with ", "at ", "domain", "dominio",
)  # fmt: skip
_BRACKETED = re.compile(r"\[([0-9a-f:.]{2,45})\](?::(\d{2,5}))?")
# (phrase, product), the first that occurs wins: libraries first, since they quote what servers say.
_PRODUCTS: tuple[tuple[str, str], ...] = (
    ("phpmailer", "phpmailer"), ("smtp connect() failed", "phpmailer"), ("smtp error: ", "phpmailer"),
    ("swift_transport", "swiftmailer"), ("swiftmailer", "swiftmailer"), ("swift_smtp", "swiftmailer"),
    ("symfony", "symfony"), ("laravel", "laravel"), ("expected response code", "symfony"),
    ("stream_socket_client", "php"), ("stream_socket_enable_crypto", "php"), ("fsockopen", "php"),
    ("php_network_getaddresses", "php"), ("fwrite(): send", "php"),
    ("mailkit", "mailkit"), ("smtpprotocolexception", "mailkit"), ("smtpcommandexception", "mailkit"),
    ("sslhandshakeexception: an error occurred while attempting", "mailkit"),
    ("system.net.mail", "dotnet"), ("system.security.authentication", "dotnet"), ("system.net.sockets", "dotnet"),
    ("javax.mail", "javamail"), ("jakarta.mail", "javamail"), ("com.sun.mail", "javamail"),
    ("mailsendexception", "spring"), ("org.springframework", "spring"), ("javax.net.ssl", "java"),
    ("sun.security", "java"), ("java.net.", "java"), ("java.io.", "java"),
    ("nodemailer", "nodemailer"), ("command: 'conn'", "nodemailer"), ("greeting never received", "nodemailer"),
    ("esocket", "nodemailer"), ("eauth", "nodemailer"), ("smtp-connection", "nodemailer"), ("emessage", "nodemailer"),
    ("edns", "nodemailer"), ("econnrefused", "node"), ("econnreset", "node"), ("enotfound", "node"),
    ("etimedout", "node"), ("eai_again", "node"), ("enetunreach", "node"), ("ehostunreach", "node"),
    ("err_tls_cert", "node"), ("depth_zero_self_signed", "node"), ("cert_has_expired", "node"),
    ("aiosmtplib", "python"), ("smtplib", "python"), ("imaplib", "python"), ("poplib", "python"),
    ("_ssl.c:", "python"), ("[errno ", "python"), ("[winerror", "python"), ("socket.gaierror", "python"),
    ("socket.timeout", "python"), ("traceback (most recent", "python"),
    ("net::smtp", "ruby"), ("net::opentimeout", "ruby"), ("openssl::ssl::sslerror", "ruby"), ("errno::e", "ruby"),
    ("ssl_connect returned=1", "ruby"), ("net::readtimeout", "ruby"), ("socketerror: getaddrinfo", "ruby"),
    ("dial tcp", "go"), ("x509: ", "go"), ("tls: ", "go"), ("gomail", "go"), ("i/o timeout", "go"),
    ("lettre", "lettre"), ("os error", "rust"), ("rustls", "rust"), ("invalid peer certificate", "rust"),
    ("curl: (", "curl"), ("curl error", "curl"), ("curle_", "curl"), ("libcurl", "curl"),
    ("msmtp", "msmtp"), ("swaks", "swaks"), ("mbsync", "mbsync"), ("isync", "mbsync"), ("fetchmail", "fetchmail"),
    ("offlineimap", "offlineimap"), ("getmail", "getmail"), ("mutt", "mutt"), ("s-nail", "s-nail"),
    ("git send-email", "git"), ("ssmtp", "ssmtp"), ("sendemail", "sendemail"),
    ("0x800ccc", "outlook"), ("0x80042", "outlook"), ("0x80040", "outlook"), ("outlook cannot connect", "outlook"),
    ("thunderbird", "thunderbird"), ("ssl_error_", "thunderbird"), ("sec_error_", "thunderbird"),
    ("mozilla_pkix", "thunderbird"), ("ns_error_", "thunderbird"), ("pr_connect_reset", "thunderbird"),
    ("sec_e_", "windows"), ("schannel", "windows"),
    ("proton", "proton"), ("postfix/", "postfix"), ("status=deferred", "postfix"), ("status=bounced", "postfix"),
    ("postscreen", "postfix"), ("dsn=", "postfix"), ("mailer-daemon@", "postfix"), ("noqueue: ", "postfix"),
    ("this is the mail system at host", "postfix"), ("loops back to myself", "postfix"),
    ("name service error for name", "postfix"), ("command rejected", "postfix"), ("relay access denied", "postfix"),
    ("in virtual mailbox table", "postfix"), ("in local recipient table", "postfix"),
    ("in virtual alias table", "postfix"), ("in relay recipient table", "postfix"), ("sasl login auth", "postfix"),
    ("sasl plain auth", "postfix"), ("service unavailable; client", "postfix"), ("must issue a starttls", "postfix"),
    ("exim", "exim"), ("all relevant mx records", "exim"), ("h=(", "exim"), ("unrouteable address", "exim"),
    ("lowest numbered mx", "exim"), ("smtp protocol synchronization", "exim"), ("remote host closed conn", "exim"),
    ("unrouteable", "exim"), ("retry time not reached", "exim"), ("incorrect authentication data", "exim"),
    ("auth command used when not advertised", "exim"),
    ("dovecot", "dovecot"), ("imap-login", "dovecot"), ("pop3-login", "dovecot"), ("privacyrequired", "dovecot"),
    ("plaintext authentication disallowed", "dovecot"), ("stat=", "sendmail"), ("sm-mta", "sendmail"),
    ("sendmail", "sendmail"), ("opensmtpd", "opensmtpd"), ("smtpd[", "opensmtpd"), ("rcpthosts", "qmail"),
    ("qmail", "qmail"), ("vpopmail", "qmail"), ("haraka", "haraka"), ("rspamd", "rspamd"), ("amavis", "amavis"),
    ("opendkim", "opendkim"),
    ("gsmtp", "gmail"), ("support.google.com", "gmail"), ("google", "gmail"), ("gmail", "gmail"),
    ("badcredentials", "gmail"), ("(gws)", "gmail"),
    ("prod.outlook.com", "exchange"), ("protection.outlook.com", "exchange"), ("office365", "exchange"),
    ("mail.live.com", "outlook.com"), ("hotmail", "outlook.com"), ("outlook.com", "exchange"),
    ("smtpclientauthentication", "exchange"), ("storedrv", "exchange"), ("smtpsend.", "exchange"),
    ("resolver.", "exchange"), ("sendasdenied", "exchange"), ("tenantattribution", "exchange"),
    ("senderdenied", "exchange"), ("smtp; client was not auth", "exchange"), ("5.7.57", "exchange"),
    ("5.7.60", "exchange"), ("microsoft", "exchange"), ("exchange", "exchange"),
    ("[tss", "yahoo"), ("[ts0", "yahoo"), ("yahoo", "yahoo"), ("postmaster.aol.com", "yahoo"),
    ("amazonses", "ses"), ("amazonaws", "ses"), ("email address is not verified", "ses"), (" ses ", "ses"),
    ("maximum sending rate exceeded", "ses"), ("sendgrid", "sendgrid"), ("verified sender identity", "sendgrid"),
    ("maximum credits exceeded", "sendgrid"), ("mailgun", "mailgun"), ("sandbox subdomains", "mailgun"),
    ("postmark", "postmark"), ("sender signature", "postmark"), ("brevo", "brevo"), ("sendinblue", "brevo"),
    ("resend.com", "resend"), ("sparkpost", "sparkpost"), ("mailjet", "mailjet"), ("mandrill", "mandrill"),
    ("icloud", "icloud"), ("apple.com", "icloud"), ("mail.me.com", "icloud"), ("fastmail", "fastmail"),
    ("zoho", "zoho"), ("yandex", "yandex"), ("mail.ru", "mail.ru"), ("gmx", "gmx"), ("web.de", "web.de"),
    ("nemesis", "gmx"), ("t-online", "t-online"), ("comcast", "comcast"), ("orange.fr", "orange"), ("ofr_", "orange"),
    ("free.fr", "free"), ("qq.com", "qq"), ("163.com", "netease"), ("mimecast", "mimecast"),
    ("proofpoint", "proofpoint"), ("barracuda", "barracuda"), ("spamhaus", "spamhaus"), ("cpanel", "cpanel"),
    ("synapse", "synapse"), ("misskey", "misskey"), ("nextcloud", "nextcloud"), ("gitlab", "gitlab"),
    ("grafana", "grafana"), ("keycloak", "keycloak"), ("wordpress", "wordpress"), ("wp mail smtp", "wordpress"),
    ("invalid command", ""),
)  # fmt: skip


@frozen(kw_only=True)
class Entities:
    """What a text names. `facts` are circumstances for the rules: "port-implicit", "host-local", ..."""

    host: str | None = None
    port: int | None = None
    code: str | None = None
    enhanced_code: str | None = None
    product: str | None = None
    facts: frozenset[str] = frozenset()

    def as_mapping(self) -> Mapping[str, str | None]:
        """The five names of `mailport.diagnosis/1`, all as text."""
        return {
            "host": self.host,
            "port": None if self.port is None else str(self.port),
            "code": self.code,
            "enhanced_code": self.enhanced_code,
            "product": self.product,
        }


def find_entities(flat: Flat) -> Entities:
    """Find what a text names; the first of each kind that looks right."""
    text = flat.text
    host, port = _host_and_port(text)
    code, enhanced = _codes(text)
    product = next((name for phrase, name in _PRODUCTS if phrase in text), None) or None
    return Entities(
        host=host,
        port=port,
        code=code,
        enhanced_code=enhanced,
        product=product,
        facts=frozenset(_facts(text, host, port)),
    )


def _host_and_port(text: str) -> tuple[str | None, int | None]:
    best: tuple[int, str, int | None] = (-1, "", None)
    for begin, end, name in _candidates(text):
        after = _AFTER_HOST.match(text, end)
        port = _valid_port(after[1] or after[2]) if after else None
        score = (4 if port in MAIL_PORTS else 2 if port else 0) + _cue_score(text, begin, end, name)
        if score > best[0]:
            best = (score, name, port)
        if score >= 8:
            break
    port = best[2] or _loose_port(text)
    return (best[1] if best[0] > 0 else None), port


def _candidates(text: str) -> Iterator[tuple[int, int, str]]:
    for count, match in enumerate(_NAME.finditer(text)):
        if count > 60:
            break
        name = match[0]
        ending = name.rpartition(".")[2]
        if (
            ending in _NOT_ENDINGS
            or name.startswith(_CODE_PREFIXES)
            or "exception" in name
            or "error" in name
        ):
            continue
        yield match.start(), match.end(), name
    for count, match in enumerate(_IPV4.finditer(text)):
        if count > 20:
            break
        if all(int(part) < 256 for part in match[0].split(".")):
            yield match.start(), match.end(), match[0]
    for word in ("localhost", "[::1]", "::1"):
        position = text.find(word)
        if position >= 0:
            yield position, position + len(word), word.strip("[]")
            return


def _cue_score(text: str, begin: int, end: int, name: str) -> int:
    before = text[max(begin - 24, 0) : begin]
    score = 1 if any(cue in before for cue in _HOST_CUES) else 0
    if name.startswith(
        ("smtp", "mail", "imap", "pop", "mx", "email-smtp", "in-v3", "relay", "send.", "outbound")
    ):
        score += 2
    if text.startswith("[", end) and not before.endswith("from "):
        score += 1
    if before.endswith(("from ", "client [", "h=", "helo=<", "ip=", "ip [", "for ", "user=")):
        score -= 2
    if "@" in before[-1:] or (name[0].isdigit() and "[" in before[-1:] and not before.endswith("to [")):
        score -= 1
    if name.startswith(
        ("support.", "www.", "postmaster.", "help.", "aka.ms", "go.", "docs.", "learn.", "wiki.")
    ):
        score -= 5
    return score


def _loose_port(text: str) -> int | None:
    for count, match in enumerate(_PORT.finditer(text)):
        port = _valid_port(match[1])
        if port is not None:
            return port
        if count > 20:
            break
    for count, match in enumerate(_PORT_LOOSE.finditer(text)):
        port = _valid_port(match[1] or match[2])
        if port in MAIL_PORTS:
            return port
        if count > 20:
            break
    return None


def _valid_port(digits: str) -> int | None:
    port = int(digits)
    return port if 0 < port < 65536 else None


def _codes(text: str) -> tuple[str | None, str | None]:
    enhanced = None
    at = -1
    for count, match in enumerate(_ENHANCED.finditer(text)):
        if not _NOT_ENHANCED.search(text[max(match.start() - 10, 0) : match.start()]):
            enhanced, at = match[1], match.start()
            if enhanced[0] != "2":
                break
        if count > 50:
            break
    return _basic_code(text, at), enhanced


def _basic_code(text: str, enhanced_at: int) -> str | None:
    if enhanced_at >= 4 and _CODE.fullmatch(text, enhanced_at - 4, enhanced_at - 1):
        return text[enhanced_at - 4 : enhanced_at - 1]
    found: list[str] = []
    for count, match in enumerate(_CODE.finditer(text)):
        before = text[max(match.start() - 30, 0) : match.start()]
        likely = (
            match.start() == 0
            or before.endswith((": ", "(", "'", '"', "said: ", "=", "> "))
            or bool(_CODE_AFTER.search(before))
        )
        if likely and match[1][0] in "45":
            return match[1]
        if match[1][0] in "45":
            found.append(match[1])
        if count > 50:
            break
    return found[0] if found else None


def _facts(text: str, host: str | None, port: int | None) -> Iterator[str]:
    if port in IMPLICIT_PORTS:
        yield "port-implicit"
    elif port in STARTTLS_PORTS:
        yield "port-starttls"
    elif port is not None:
        yield "port-other"
    else:
        yield "port-none"
    if port is not None:
        yield f"port-{port}"
    if (host or "").startswith("127.") or host in ("localhost", "::1", "0.0.0.0"):  # noqa: S104
        yield "host-local"
    if len(text) > 600:
        yield "long"
