"""Web frameworks. The password comes from the environment (SMTP_PASSWORD)."""

from __future__ import annotations

from bot.advice.snippets.account import Account, File, Program
from bot.advice.snippets.quoting import double, properties, single


def django(mail: Account) -> tuple[File, ...]:
    """Django: EMAIL_USE_SSL is implicit TLS, EMAIL_USE_TLS is STARTTLS; never both."""
    server = mail.smtp
    text = f"""\
import os

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = {double(server.host)}
EMAIL_PORT = {server.port}
EMAIL_USE_SSL = {server.implicit}  # TLS from the first byte
EMAIL_USE_TLS = {not server.implicit}  # STARTTLS
EMAIL_HOST_USER = {double(mail.user)}
EMAIL_HOST_PASSWORD = os.environ["SMTP_PASSWORD"]
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = {double(mail.address)}
"""
    return (File("settings.py", text, "python"),)


def flask(mail: Account) -> tuple[File, ...]:
    """Flask-Mail: MAIL_USE_SSL is implicit TLS, MAIL_USE_TLS is STARTTLS."""
    server = mail.smtp
    text = f"""\
import os

MAIL_SERVER = {double(server.host)}
MAIL_PORT = {server.port}
MAIL_USE_SSL = {server.implicit}  # TLS from the first byte
MAIL_USE_TLS = {not server.implicit}  # STARTTLS
MAIL_USERNAME = {double(mail.user)}
MAIL_PASSWORD = os.environ["SMTP_PASSWORD"]
MAIL_DEFAULT_SENDER = {double(mail.address)}
"""
    return (File("config.py", text, "python"),)


def spring(mail: Account) -> tuple[File, ...]:
    """Spring Boot (Jakarta Mail's properties): ssl.enable is implicit TLS, starttls.* the other."""
    server = mail.smtp
    prefix = "spring.mail.properties.mail.smtp"
    mode = (
        f"{prefix}.ssl.enable=true"
        if server.implicit
        else f"{prefix}.starttls.enable=true\n{prefix}.starttls.required=true"
    )
    text = f"""\
spring.mail.host={server.host}
spring.mail.port={server.port}
spring.mail.username={properties(mail.user)}
spring.mail.password=${{SMTP_PASSWORD}}
{prefix}.auth=true
{mode}
{prefix}.ssl.checkserveridentity=true
{prefix}.connectiontimeout=10000
{prefix}.timeout=30000
"""
    return (File("application.properties", text, "properties"),)


def rails(mail: Account) -> tuple[File, ...]:
    """Ruby on Rails: `ssl` is implicit TLS; `enable_starttls` demands STARTTLS, `_auto` would not."""
    server = mail.smtp
    mode = "ssl: true, # TLS from the first byte" if server.implicit else "enable_starttls: true,"
    text = f"""\
config.action_mailer.delivery_method = :smtp
config.action_mailer.smtp_settings = {{
  address: {single(server.host)},
  port: {server.port},
  {mode}
  authentication: :plain,
  user_name: {single(mail.user)},
  password: ENV.fetch('SMTP_PASSWORD'),
  open_timeout: 10,
  read_timeout: 30
}}
config.action_mailer.default_options = {{ from: {single(mail.address)} }}
"""
    return (File("config/environments/production.rb", text, "ruby"),)


def _no_placeholder(user: str) -> bool:
    """Spring fills `${...}` in, and there is no way to write it literally."""
    return "${" not in user and "#{" not in user


PROGRAMS: tuple[Program, ...] = (
    Program(id="django", name="Django", write=django),
    Program(id="flask", name="Flask-Mail", write=flask, aliases=("flask-mail",)),
    Program(
        id="spring",
        name="Spring Boot",
        write=spring,
        aliases=("spring-boot", "springboot", "spring boot"),
        carries=_no_placeholder,
    ),
    Program(id="rails", name="Ruby on Rails", write=rails, aliases=("ruby", "actionmailer", "ruby on rails")),
)
