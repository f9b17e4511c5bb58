"""Requests for something live: the command that each is understood as, "-" for none."""

from __future__ import annotations

import pytest

from bot.knowledge.answer import answer_question

REQUESTS = """
check smtp.example.com:465 | can you check if smtp.example.com:465 works?
check mx1.example.org:25 | ping mx1.example.org port 25
check mail.example.net | see whether mail.example.net speaks TLS 1.3
check mail.example.com:993 | does mail.example.com:993 have a valid certificate
check mail.ejemplo.es:587 | comprueba si mail.ejemplo.es acepta conexiones en el 587
check mx.ejemplo.org | échale un vistazo a mx.ejemplo.org
check ejemplo.org | haz un chequeo de ejemplo.org
check imap.ejemplo.com | ¿caduca pronto el certificado de imap.ejemplo.com?
check [2001:db8::25]:25 | test 2001:db8::25 port 25
check correo.españa.example | comprueba correo.españa.example
check mail.example.com 25,465,587 | run a check against mail.example.com on 25, 465 and 587
check example.com | analyse the mail setup of example.com
check mail.example.com:587 | why is mail.example.com refusing connections on 587? test it
watch add mail.ejemplo.com every 5m | vigila mail.ejemplo.com cada 5 minutos
watch add mx.ejemplo.org | vigila mx.ejemplo.org y avísame si se cae
watch add smtp.example.com:465 every 15m | watch smtp.example.com:465 every 15m
watch add mx.example.com | let me know if mx.example.com goes down
report add every day at 07:00 for example.com | monitor example.com daily at 7am
report add every monday at 09:00 for example.com | send me a report on example.com every Monday at 9
report add every weekday at 08:15 for example.com | every weekday at 8:15 a report for example.com
report add every friday at 18:00 for ejemplo.com | informe de ejemplo.com cada viernes a las seis de la tarde
report add every weekday at 08:00 for ejemplo.com | ponme un informe de lunes a viernes a las 8 de ejemplo.com
report add every day at 12:00 for example.com | daily digest for example.com at noon
report add every day at 22:00 for mx.ejemplo.org | revisa mx.ejemplo.org todos los días a las 22:00
report add every monday at 09:00 for ejemplo.com | cada lunes a las 9 comprueba ejemplo.com
report add every day at 06:30 for mx.example.org | a summary of mx.example.org daily at half past six am
report add every friday at 18:00 for mx.ejemplo.org | resumen de mx.ejemplo.org los viernes a las 18h
report add every 6 hours for mx.example.org | post a report on mx.example.org every 6h
report add every month on day 15 at 08:00 for example.org | report for example.org on the 15th of every month
report add every first monday of the month at 09:00 for example.org | report on example.org first Monday of the month at 9
watch add mx.example.org:25 every 30m | test mx.example.org:25 every 30 minutes
watch add mx.example.org:587 | babysit mx.example.org:587 and yell if it breaks
check mx.example.org:25 | can u see whether starttls is on at mx.example.org:25
port ejemplo.org | dame la config de correo de ejemplo.org
- | every day I test smtp.example.com and it fails
history mail.example.com days 7 | how has mail.example.com been over the last week?
history mail.example.com days 1 | uptime of mail.example.com in the past 24 hours
history mail.ejemplo.com days 1 | ¿se cayó mail.ejemplo.com ayer?
keys carol@example.net | is there an S/MIME certificate for carol@example.net
keys luis@ejemplo.org | ¿tiene luis@ejemplo.org clave PGP publicada?
port example.com | ports and servers for example.com?
port info@ejemplo.com | datos de correo para info@ejemplo.com
- | nmap mail.example.com
- | send a mail to bob@example.com
- | is the website example.com up
- | can you read carol@example.net's inbox and tell me whether he wrote back
- | at which URL does WKD look for the key of jane@example.org?
- | connect to mx.example.net[192.0.2.7]:25: Connection timed out, what now
""".strip()


@pytest.mark.parametrize("row", REQUESTS.split("\n"))
def test_a_request_becomes_its_command(row: str) -> None:
    command, question = row.split(" | ")
    action = answer_question(question, None, "en").action
    assert (action.words if action else "-") == command


STORY = (
    "Hi everybody, first post here. We have run this box for three years and never had trouble, but last week "
    "a colleague changed something and went on holiday. I read a couple of blog posts. {} "
    "Any help is appreciated, thanks in advance!"
)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Which port should I use for sending mail?", "submission-port"),
        ("Is it possible that my ISP blocks port 25?", "blocked-port"),
        ("What does a TLSA record look like?", "dane"),
        ("My certificate does not match the host name, which name must be on it?", "certificates"),
    ],
)
def test_a_story_around_a_question_changes_nothing(question: str, topic: str) -> None:
    assert answer_question(STORY.format(question), None, "en").topic == topic


def test_a_request_at_the_end_of_a_story_is_found() -> None:
    answer = answer_question(STORY.format("Is mail.example.com reachable on 587?"), None, "en")
    assert answer.action is not None
    assert answer.action.words == "check mail.example.com:587"


@pytest.mark.parametrize(
    "question",
    [
        "Welchen Port soll ich für SMTP verwenden?",
        "Quel port SMTP dois-je utiliser pour envoyer des mails ?",
        "Qual porta SMTP devo usar para enviar e-mails?",
        "какой порт использовать для отправки почты",
    ],
)
def test_other_languages_are_declined_politely_in_english(question: str) -> None:
    answer = answer_question(question, None, "es")
    assert (answer.topic, answer.language, answer.key) == ("off-topic", "en", "other-language")


@pytest.mark.parametrize(
    "question", ["", "\0", "a" * 40_000, "? " * 20_000, ":" * 40_000, "port\0 25", "a@b.co " * 6_000]
)
def test_any_input_gets_an_answer(question: str) -> None:
    assert answer_question(question, None, "en").text


def test_a_named_port_and_term_that_the_answer_lacks_gets_a_line() -> None:
    answer = answer_question("my ISP blocks 25, does port 26 or a VPN help", None, "en")
    assert answer.topic == "blocked-port"
    assert "Port **26**" in answer.text


def test_a_provider_on_a_cloud_gets_both_rules() -> None:
    answer = answer_question("Mailgun from a droplet times out, which port?", None, "en")
    assert answer.topic == "provider:mailgun"
    assert "smtp.mailgun.org" in answer.text
    assert "DigitalOcean" in answer.text
