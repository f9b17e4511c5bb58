"""Web applications and services that send mail."""

from __future__ import annotations

from bot.advice.snippets.account import PASSWORD, Account, File, Program
from bot.advice.snippets.quoting import dotenv, ini, single, url_part, yaml


def laravel(mail: Account) -> tuple[File, ...]:
    """Laravel: since version 11 the scheme decides, before it MAIL_ENCRYPTION did."""
    server = mail.smtp
    scheme, old = ("smtps", "ssl") if server.implicit else ("smtp", "tls")
    text = f"""\
MAIL_MAILER=smtp
# Laravel 11 and later; up to 10 write MAIL_ENCRYPTION={old} instead
MAIL_SCHEME={scheme}
MAIL_HOST={server.host}
MAIL_PORT={server.port}
MAIL_USERNAME={dotenv(mail.user)}
MAIL_PASSWORD={dotenv(PASSWORD)}
MAIL_FROM_ADDRESS={dotenv(mail.address)}
"""
    return (File(".env", text, "ini"),)


def symfony(mail: Account) -> tuple[File, ...]:
    """Symfony Mailer: `smtps` is implicit TLS; `require_tls` insists on STARTTLS (7.3 and later)."""
    server = mail.smtp
    scheme, rest = ("smtps", "") if server.implicit else ("smtp", "?require_tls=true")
    user = url_part(mail.user)
    text = f"MAILER_DSN={scheme}://{user}:{PASSWORD}@{server.in_url}{rest}\n"
    return (File(".env.local", text, "ini"),)


def wordpress(mail: Account) -> tuple[File, ...]:
    """WordPress without a plugin: its own hook; 'ssl' is implicit TLS and 'tls' STARTTLS there."""
    server = mail.smtp
    text = f"""\
<?php
/* Plugin Name: Mail by SMTP. In wp-config.php: define('SMTP_PASSWORD', '{PASSWORD}'); */
add_action('phpmailer_init', function ($mail) {{
    $mail->isSMTP();
    $mail->Host = {single(server.host)};
    $mail->Port = {server.port};
    $mail->SMTPSecure = '{"ssl" if server.implicit else "tls"}';
    $mail->SMTPAuth = true;
    $mail->Username = {single(mail.user)};
    $mail->Password = SMTP_PASSWORD;
    $mail->From = {single(mail.address)};
}});
"""
    return (File("wp-content/mu-plugins/smtp.php", text, "php"),)


def gitlab(mail: Account) -> tuple[File, ...]:
    """GitLab (Omnibus): smtp_tls is implicit TLS; never both."""
    server = mail.smtp
    text = f"""\
gitlab_rails['smtp_enable'] = true
gitlab_rails['smtp_address'] = {single(server.host)}
gitlab_rails['smtp_port'] = {server.port}
gitlab_rails['smtp_user_name'] = {single(mail.user)}
gitlab_rails['smtp_password'] = '{PASSWORD}'
gitlab_rails['smtp_authentication'] = 'login'
gitlab_rails['smtp_tls'] = {str(server.implicit).lower()}
gitlab_rails['smtp_enable_starttls_auto'] = {str(not server.implicit).lower()}
gitlab_rails['smtp_openssl_verify_mode'] = 'peer'
gitlab_rails['gitlab_email_from'] = {single(mail.address)}
"""
    return (File("/etc/gitlab/gitlab.rb", text, "ruby"),)


def grafana(mail: Account) -> tuple[File, ...]:
    """Grafana: port 465 is implicit TLS by itself; MandatoryStartTLS insists on STARTTLS."""
    server = mail.smtp
    text = f"""\
[smtp]
enabled = true
host = {server.in_url}
user = {ini(mail.user)}
password = {PASSWORD}
from_address = {ini(mail.address)}
skip_verify = false
startTLS_policy = {"NoStartTLS" if server.implicit else "MandatoryStartTLS"}
"""
    return (File("/etc/grafana/grafana.ini", text, "ini"),)


def alertmanager(mail: Account) -> tuple[File, ...]:
    """Prometheus Alertmanager: port 465 is implicit TLS by itself; require_tls means STARTTLS."""
    server = mail.smtp
    text = f"""\
global:
  smtp_smarthost: {yaml(server.in_url)}
  smtp_from: {yaml(mail.address)}
  smtp_auth_username: {yaml(mail.user)}
  smtp_auth_password: {yaml(PASSWORD)}
  smtp_require_tls: {str(not server.implicit).lower()}
"""
    return (File("alertmanager.yml", text, "yaml"),)


PROGRAMS: tuple[Program, ...] = (
    Program(id="laravel", name="Laravel", write=laravel, kept_in="file"),
    Program(
        id="symfony",
        name="Symfony Mailer",
        write=symfony,
        kept_in="file",
    ),
    Program(id="wordpress", name="WordPress", write=wordpress, aliases=("wp",), kept_in="file"),
    Program(id="gitlab", name="GitLab", write=gitlab, kept_in="file"),
    Program(
        id="grafana",
        name="Grafana",
        write=grafana,
        # Grafana fills in $__env{...} and ${...}; three quotes end its own quoting.
        carries=lambda user: "$" not in user and '"' not in user and "`" not in user,
        kept_in="file",
    ),
    Program(
        id="alertmanager",
        name="Prometheus Alertmanager",
        write=alertmanager,
        aliases=("prometheus",),
        kept_in="file",
    ),
)
