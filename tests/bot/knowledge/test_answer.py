"""Questions nobody has labelled for us: what is recognised, declined, offered and said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge.answer import answer_question, filled, to_document
from bot.knowledge.when import schedule_of
from bot.knowledge.words import detect_language, fold
from tests.bot.knowledge.evaluate import SHARED, judge, read, share


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("wich prot shuold i use for sendign emials", "submission-port"),
        ("465 oder 587? sorry, I mean 465 or 587, what's the difference", "starttls-vs-implicit"),
        ("hola, which port uso para enviar correo desde mi app?", "submission-port"),
        ("mi operador bloquea el 25", "blocked-port"),
        ("does hetzner block smtp", "cloud-port-25"),
        ("gmail smtp", "provider:gmail"),
        ("does microsoft support dane", "dane"),
        ("postfix relay through gmail with app password", "relayhost"),
        ("what is a tlsa record", "dane"),
        ("which port should I use?", "submission-port"),
    ],
)
def test_a_question_finds_its_topic(question: str, topic: str) -> None:
    assert answer_question(question, None, "en").topic == topic


@pytest.mark.parametrize(
    "question",
    [
        "which port does postgresql use",
        "is port 22 open on example.com",
        "scan 192.0.2.0/24 for open ports",
        "find me an open relay",
        "write an email to my boss",
        "what is the weather like",
        "¿cuánto cuesta mandar un paquete?",
        "qué puerto usa redis",
        "port my app to android",
        "rotate IPs so Spamhaus can't catch my campaign",
        "smtp for a bought list of addresses",
        "how to bypass the gmail spam filter",
        "fix my keylogger, smtplib says connection unexpectedly closed",
        "hello",
        "gracias",
        "",
        "?",
        "\ud800",
    ],
)
def test_what_is_no_mail_question_is_declined_with_what_mailport_can_do(question: str) -> None:
    answer = answer_question(question, None, "en")
    assert answer.topic == "off-topic"
    assert answer.action is None
    assert "mail" in filled(answer).lower() or "correo" in filled(answer).lower()


@pytest.mark.parametrize(
    ("question", "command", "arguments"),
    [
        ("is port 25 open on mx.example.com?", "check", {"target": "mx.example.com:25"}),
        ("check smtp.example.com 2525", "check", {"target": "smtp.example.com:2525"}),
        ("prueba [2001:db8::25]:587 por favor", "check", {"target": "[2001:db8::25]:587"}),
        ("¿responde 192.0.2.25 en el puerto 465?", "check", {"target": "192.0.2.25:465"}),
        (
            "check ports 25 and 587 on mail.example.com",
            "check",
            {"target": "mail.example.com", "ports": [25, 587]},
        ),
        ("watch mx.example.org every 10 minutes", "watch-add", {"target": "mx.example.org", "every": "10m"}),
        ("avísame si mail.example.es deja de responder", "watch-add", {"target": "mail.example.es"}),
        (
            "post a report about example.com every Monday at 9am",
            "report-add",
            {"target": "example.com", "schedule": "every monday at 09:00"},
        ),
        (
            "informe de example.com todos los días a las ocho y media",
            "report-add",
            {"target": "example.com", "schedule": "every day at 08:30"},
        ),
        ("mail settings for user@example.net please", "port", {"target": "user@example.net"}),
        ("does user@example.org have a pgp key?", "keys", {"target": "user@example.org"}),
        (
            "how was mail.example.com doing in the last 7 days",
            "history",
            {"target": "mail.example.com", "days": 7},
        ),
    ],
)
def test_a_request_comes_back_as_an_action(question: str, command: str, arguments: dict[str, object]) -> None:
    answer = answer_question(question, None, "en")
    assert answer.action is not None
    assert answer.action.command == command
    assert dict(answer.action.arguments) == arguments


@pytest.mark.parametrize(
    "question",
    [
        "The certificate is for mail.example.net, I connect to imap.example.org. Any way around it?",
        "I get json reports from google every day, what are they",
        "how do I test smtp.example.com by hand",
    ],
)
def test_a_story_with_names_is_no_request(question: str) -> None:
    assert answer_question(question, None, "en").action is None


def test_the_text_of_a_request_promises_nothing() -> None:
    for question in (
        "watch example.com",
        "every day at 8 send a report about example.com",
        "check example.com",
    ):
        text = filled(answer_question(question, "en", "en"))
        assert "Nothing has been" in text


@pytest.mark.parametrize(
    ("words", "schedule"),
    [
        ("every day at 8", "every day at 08:00"),
        ("cada lunes a las 9:30", "every monday at 09:30"),
        ("fridays at 5pm", "every friday at 17:00"),
        ("weekdays at noon", "every weekday at 12:00"),
        ("todos los dias a las 8 de la tarde", "every day at 20:00"),
        ("when it fails", None),
    ],
)
def test_a_schedule_is_read_from_ordinary_words(words: str, schedule: str | None) -> None:
    assert schedule_of(fold(words)) == schedule


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("which port is it", "en"),
        ("¿puerto?", "es"),
        ("que puerto uso para el correo", "es"),
        ("465", None),
        ("smtp.example.com", None),
    ],
)
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_the_wished_language_wins() -> None:
    assert answer_question("which port should I use", "es", "en").language == "es"
    assert answer_question("465", None, "es").language == "es"


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_gets_a_well_formed_answer(text: str) -> None:
    document = to_document(answer_question(text, None, "en"))
    assert document["schema"] == "mailport.answer/1"
    assert str(document["text"])
    assert 0.0 <= float(str(document["confidence"])) <= 1.0


def test_a_long_text_is_bounded() -> None:
    assert answer_question("which port " * 20_000, None, "en").text


@pytest.mark.skipif(not SHARED.exists(), reason="the labelled questions are not beside this checkout")
def test_the_labelled_questions_are_answered_as_well_as_before() -> None:
    judged = [judge(question) for question in read(SHARED)]
    assert share(one.topic for one in judged) >= 0.93
    assert share(not one.missing for one in judged) >= 0.96
    assert share(one.decline for one in judged) >= 0.97
    assert share(one.action for one in judged) == 1.0
    assert share(one.language for one in judged) >= 0.98


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("EMAIL_USE_TLS or EMAIL_USE_SSL for 587 in Django?", "Django: EMAIL_USE_TLS = True with 587"),
        ("mi antivirus bloquea el puerto 465", "El escáner de correo de un antivirus"),
    ],
)
def test_the_setting_that_is_asked_about_stands_first(question: str, begins: str) -> None:
    assert filled(answer_question(question, None, "en")).startswith(begins)
