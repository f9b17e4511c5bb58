"""Programming languages. The password comes from the environment (SMTP_PASSWORD)."""

from __future__ import annotations

from bot.advice.snippets.account import Account, File, Program
from bot.advice.snippets.quoting import double, single


def python(mail: Account) -> tuple[File, ...]:
    """The standard library's smtplib."""
    server = mail.smtp
    host = double(server.host)
    if server.implicit:
        connect, start = f"smtplib.SMTP_SSL({host}, {server.port}, timeout=30, context=context)", ""
    else:
        connect, start = (
            f"smtplib.SMTP({host}, {server.port}, timeout=30)",
            "    smtp.starttls(context=context)\n",
        )
    text = f"""\
import os
import smtplib
import ssl
from email.message import EmailMessage

message = EmailMessage()
message["From"] = {double(mail.address)}
message["To"] = {double(mail.address)}
message["Subject"] = "Test"
message.set_content("Hello")

context = ssl.create_default_context()
with {connect} as smtp:
{start}    smtp.login({double(mail.user)}, os.environ["SMTP_PASSWORD"])
    smtp.send_message(message)
"""
    return (File("send.py", text, "python"),)


def python_imap(mail: Account) -> tuple[File, ...]:
    """The standard library's imaplib."""
    server = mail.reading
    host = double(server.host)
    if server.implicit:
        connect, start = f"imaplib.IMAP4_SSL({host}, {server.port}, ssl_context=context, timeout=30)", ""
    else:
        connect = f"imaplib.IMAP4({host}, {server.port}, timeout=30)"
        start = "    imap.starttls(context)\n"
    text = f"""\
import imaplib
import os
import ssl

context = ssl.create_default_context()
with {connect} as imap:
{start}    imap.login({double(mail.user)}, os.environ["IMAP_PASSWORD"])
    imap.select("INBOX", readonly=True)
    print(imap.search(None, "UNSEEN"))
"""
    return (File("read.py", text, "python"),)


def nodemailer(mail: Account) -> tuple[File, ...]:
    """Nodemailer: `secure` is implicit TLS; `requireTLS` insists on STARTTLS."""
    server = mail.smtp
    mode = (
        "secure: true, // TLS from the first byte"
        if server.implicit
        else ("secure: false, // plain text first, then STARTTLS, which is demanded:\n  requireTLS: true,")
    )
    text = f"""\
const nodemailer = require("nodemailer");

const transport = nodemailer.createTransport({{
  host: {double(server.host)},
  port: {server.port},
  {mode}
  auth: {{ user: {double(mail.user)}, pass: process.env.SMTP_PASSWORD }},
}});

transport.sendMail({{
  from: {double(mail.address)},
  to: {double(mail.address)},
  subject: "Test",
  text: "Hello",
}}).then((info) => console.log(info.response));
"""
    return (File("send.js", text, "javascript"),)


def phpmailer(mail: Account) -> tuple[File, ...]:
    """PHPMailer: ENCRYPTION_SMTPS is implicit TLS, ENCRYPTION_STARTTLS the other."""
    server = mail.smtp
    mode = "ENCRYPTION_SMTPS" if server.implicit else "ENCRYPTION_STARTTLS"
    text = f"""\
<?php
use PHPMailer\\PHPMailer\\PHPMailer;

require 'vendor/autoload.php';

$mail = new PHPMailer(true);
$mail->isSMTP();
$mail->Host = {single(server.host)};
$mail->Port = {server.port};
$mail->SMTPSecure = PHPMailer::{mode};
$mail->SMTPAuth = true;
$mail->Username = {single(mail.user)};
$mail->Password = getenv('SMTP_PASSWORD');
$mail->setFrom({single(mail.address)});
$mail->addAddress({single(mail.address)});
$mail->Subject = 'Test';
$mail->Body = 'Hello';
$mail->send();
"""
    return (File("send.php", text, "php"),)


def java(mail: Account) -> tuple[File, ...]:
    """Jakarta Mail: ssl.enable is implicit TLS, starttls.* the other."""
    server = mail.smtp
    mode = (
        'settings.put("mail.smtp.ssl.enable", "true");'
        if server.implicit
        else 'settings.put("mail.smtp.starttls.enable", "true");\n'
        'settings.put("mail.smtp.starttls.required", "true");'
    )
    text = f"""\
java.util.Properties settings = new java.util.Properties();
settings.put("mail.smtp.host", {double(server.host)});
settings.put("mail.smtp.port", "{server.port}");
settings.put("mail.smtp.auth", "true");
{mode}
settings.put("mail.smtp.ssl.checkserveridentity", "true");

jakarta.mail.Session session = jakarta.mail.Session.getInstance(settings);
jakarta.mail.internet.MimeMessage message = new jakarta.mail.internet.MimeMessage(session);
message.setFrom({double(mail.address)});
message.setRecipients(jakarta.mail.Message.RecipientType.TO, {double(mail.address)});
message.setSubject("Test");
message.setText("Hello");
jakarta.mail.Transport.send(message, {double(mail.user)}, System.getenv("SMTP_PASSWORD"));
"""
    return (File("Send.java", text, "java"),)


def golang(mail: Account) -> tuple[File, ...]:
    """Go's net/smtp, with TLS that is never optional."""
    server = mail.smtp
    place = double(server.in_url)
    host = double(server.host)
    if server.implicit:
        connect = f"""\
	connection, err := tls.Dial("tcp", {place}, settings)
	check(err)
	client, err := smtp.NewClient(connection, host)
	check(err)"""
    else:
        connect = f"""\
	client, err := smtp.Dial({place})
	check(err)
	check(client.StartTLS(settings))"""
    text = f"""\
package main

import (
	"crypto/tls"
	"log"
	"net/smtp"
	"os"
)

func check(err error) {{
	if err != nil {{
		log.Fatal(err)
	}}
}}

func main() {{
	host, address := {host}, {double(mail.address)}
	settings := &tls.Config{{ServerName: host}}
{connect}
	check(client.Auth(smtp.PlainAuth("", {double(mail.user)}, os.Getenv("SMTP_PASSWORD"), host)))
	check(client.Mail(address))
	check(client.Rcpt(address))
	body, err := client.Data()
	check(err)
	head := "From: " + address + "\\r\\nTo: " + address + "\\r\\nSubject: Test\\r\\n"
	_, err = body.Write([]byte(head + "\\r\\nHello\\r\\n"))
	check(err)
	check(body.Close())
	check(client.Quit())
}}
"""
    return (File("send.go", text, "go"),)


def dotnet(mail: Account) -> tuple[File, ...]:
    """MailKit: SslOnConnect is implicit TLS, StartTls demands STARTTLS (System.Net.Mail cannot do 465)."""
    server = mail.smtp
    mode = "SslOnConnect" if server.implicit else "StartTls"
    text = f"""\
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

var message = new MimeMessage();
message.From.Add(MailboxAddress.Parse({double(mail.address)}));
message.To.Add(MailboxAddress.Parse({double(mail.address)}));
message.Subject = "Test";
message.Body = new TextPart("plain") {{ Text = "Hello" }};

using var client = new SmtpClient();
await client.ConnectAsync({double(server.host)}, {server.port}, SecureSocketOptions.{mode});
await client.AuthenticateAsync({double(mail.user)}, Environment.GetEnvironmentVariable("SMTP_PASSWORD"));
await client.SendAsync(message);
await client.DisconnectAsync(true);
"""
    return (File("Program.cs", text, "csharp"),)


def rust(mail: Account) -> tuple[File, ...]:
    """lettre: `relay` is implicit TLS, `starttls_relay` the other."""
    server = mail.smtp
    make = "relay" if server.implicit else "starttls_relay"
    text = f"""\
use lettre::transport::smtp::authentication::Credentials;
use lettre::{{Message, SmtpTransport, Transport}};

fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let message = Message::builder()
        .from({_rust(mail.address)}.parse()?)
        .to({_rust(mail.address)}.parse()?)
        .subject("Test")
        .body(String::from("Hello"))?;
    let password = std::env::var("SMTP_PASSWORD")?;
    let transport = SmtpTransport::{make}({_rust(server.host)})?
        .port({server.port})
        .credentials(Credentials::new({_rust(mail.user)}.to_string(), password))
        .build();
    transport.send(&message)?;
    Ok(())
}}
"""
    return (File("src/main.rs", text, "rust"),)


def _rust(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


PROGRAMS: tuple[Program, ...] = (
    Program(id="python", name="Python smtplib", write=python, aliases=("smtplib", "py")),
    Program(
        id="imaplib", name="Python imaplib", write=python_imap, needs=("imap",), aliases=("python-imap",)
    ),
    Program(
        id="nodemailer",
        name="Nodemailer",
        write=nodemailer,
        aliases=("node", "nodejs", "node.js", "javascript", "js"),
    ),
    Program(id="php", name="PHPMailer", write=phpmailer, aliases=("phpmailer",)),
    Program(
        id="java",
        name="Jakarta Mail",
        write=java,
        aliases=("jakarta", "jakarta-mail", "javamail"),
    ),
    Program(id="go", name="Go net/smtp", write=golang, aliases=("golang",)),
    Program(
        id="dotnet",
        name=".NET (MailKit)",
        write=dotnet,
        aliases=(".net", "csharp", "c#", "mailkit", "asp.net"),
    ),
    Program(id="rust", name="Rust (lettre)", write=rust, aliases=("lettre",)),
)
