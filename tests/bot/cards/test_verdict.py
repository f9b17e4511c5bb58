"""The card of a check, word for word, in both languages; and what hostile servers do not get into it."""

from __future__ import annotations

from functools import partial

import pytest

from bot.advice.findings import FINDING_IDS, FindingId, advise, by_severity, slots
from bot.advice.judge import judge
from bot.advice.rules import findings_of
from bot.advice.situation import Situation
from bot.cards.model import Card, Table
from bot.cards.plaintext import render_plain
from bot.cards.verdict import details_card, findings_blocks, verdict_card
from bot.model.outcome import EndpointOutcome
from bot.model.value import replace
from bot.model.verdict import CheckResult, Finding
from tests.support.outcomes import HOST, NOW, V6, bare, certificate, closed, good, plain


def result_of(
    *outcomes: EndpointOutcome, asked: frozenset[int] = frozenset(), target: str = HOST
) -> CheckResult:
    """The judged result of these outcomes."""
    findings = by_severity(findings_of(outcomes, Situation(asked=asked)))
    judgement = judge(outcomes, findings, asked=asked)
    return CheckResult(
        target=target,
        kind="host",
        vantage="local",
        checked_at=NOW,
        duration_ms=812.4,
        verdict=judgement.verdict,
        outcomes=outcomes,
        findings=findings,
        recommended={"submission": None, "imap": None, "pop3": None},
        undetermined=judgement.undetermined,
    )


def card_of(result: CheckResult, language: str = "en") -> Card:
    return verdict_card(result, language, partial(advise, language=language))


GOOD_EN = """\
mx.example.com: all right

All right: 2 open mail ports at mx.example.com do what they should (0.8 s).

Port             Encryption                   Certificate     Time
25 smtp          STARTTLS, TLSv1.3            valid, 89 days  9 ms
465 submissions  TLS from the start, TLSv1.3  valid, 89 days  9 ms

Encryption     yes: 25, 465
Server proven  yes: 25, 465
Unaltered      yes: 25, 465

Closed: 110, 143

Seen from local on 2026-11-24 12:00:00 UTC.
"""

BAD_ES = """\
mx.example.com: hay algo roto

mx.example.com tiene 2 fallos; el peor: El certificado del puerto 465, 587 ha caducado.

✗ El certificado del puerto 465, 587 ha caducado (mx.example.com)
Era válido hasta el 2026-11-21, hace 3 días. Los programas de correo lo rechazan o avisan.
Qué hacer: Renuévalo y cárgalo: certbot renew && systemctl reload postfix dovecot. Si el archivo ya es nuevo, \
solo falta recargar (ponlo en --deploy-hook).

! Sin STARTTLS en el puerto 25 (mx.example.com:25)
Se le preguntó a mx.example.com y no lo ofrece: el correo o las contraseñas cruzan la red sin cifrar.
Qué hacer: Postfix: smtpd_tls_security_level = may con smtpd_tls_chain_files = … (en el 587 encrypt). \
Dovecot: ssl = required. Exim: tls_advertise_hosts = *.

Puerto           Cifrado                       Certificado  Tiempo
465 submissions  TLS desde el inicio, TLSv1.3  caducado     9 ms
587 submission   STARTTLS, TLSv1.3             caducado     9 ms
25 smtp          ninguno                       –            9 ms

Cifrado           sí: 465, 587; no: 25
Servidor probado  no: 25, 465, 587
Inalterado        sí: 465, 587; no: 25

Visto desde local el 2026-11-24 12:00:00 UTC. Fuentes: \
RFC 5280 §4.1.2.5 <https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5> · \
RFC 8314 §5.3 <https://www.rfc-editor.org/rfc/rfc8314#section-5.3> · \
RFC 3207 §4 <https://www.rfc-editor.org/rfc/rfc3207#section-4> · \
RFC 8314 §4.1 <https://www.rfc-editor.org/rfc/rfc8314#section-4.1>
"""


def test_a_good_host_in_english() -> None:
    assert render_plain(card_of(result_of(good(25), good(465), closed(110), closed(143)))) == GOOD_EN


def test_a_bad_host_in_spanish() -> None:
    expired = certificate("expired", days=-3)
    result = result_of(good(465, certificate=expired), good(587, certificate=expired), plain(25))
    assert render_plain(card_of(result, "es")) == BAD_ES


def test_could_not_tell_says_why() -> None:
    card = card_of(result_of(closed(25, state="filtered"), asked=frozenset({25})))
    text = render_plain(card)
    assert card.tone == "unknown"
    assert "No answer came: the host is down, or a firewall" in text
    assert "No answer: 25" in text


@pytest.mark.parametrize(
    ("outcomes", "tone"),
    [
        ((good(25),), "good"),
        ((plain(25),), "warning"),
        ((plain(587),), "bad"),
        ((bare(25, signs=["silent"]),), "unknown"),
    ],
)
def test_the_tone_is_the_verdict(outcomes: tuple[EndpointOutcome, ...], tone: str) -> None:
    assert card_of(result_of(*outcomes)).tone == tone


def test_families_are_told_apart_only_where_both_were_tried() -> None:
    text = render_plain(card_of(result_of(good(25), good(25, V6))))
    assert "25 smtp (IPv4)" in text
    assert "25 smtp (IPv6)" in text
    text = render_plain(card_of(result_of(good(25), closed(25, V6, "filtered"))))
    assert "No answer: 25 (IPv6)" in text


def test_addresses_of_one_family_are_told_apart_by_themselves() -> None:
    other = "192.0.2.26"
    text = render_plain(card_of(result_of(good(25), good(25, other), closed(465), good(465, other))))
    assert "25 smtp (192.0.2.25)" in text
    assert "25 smtp (192.0.2.26)" in text
    assert "Closed: 465 (192.0.2.25)" in text


def test_a_kept_result_says_its_age_and_can_be_run_again() -> None:
    card = card_of(replace(result_of(good(25)), cached_age_s=12.3))
    assert "This is the result of 12 s ago." in render_plain(card)
    assert [button.command for button in card.buttons] == [
        f"check {HOST} --fresh",
        f"check {HOST} --details",
    ]


def test_the_card_stays_short_however_much_is_wrong() -> None:
    outcomes = [
        plain(port, f"192.0.2.{number}", auth_before=("PLAIN",))
        for port in (587, 143, 110)
        for number in range(1, 9)
    ]
    everything = [
        *outcomes,
        bare(25, tls="broken", signs=["starttls-injection", "reply-hostile", "protocol-error"]),
    ]
    card = card_of(result_of(*everything))
    assert len(render_plain(card)) < 6000
    (table,) = (block for block in card.blocks if isinstance(block, Table))
    assert len(table.rows) <= 14


def test_an_address_has_no_name_to_compare_and_the_card_says_so() -> None:
    nameless = replace(certificate(), name_checked=False)
    text = render_plain(card_of(result_of(good(465, certificate=nameless))))
    assert "the name in the certificate could not be compared" in text
    assert "Server proven  could not tell: 465" in text


@pytest.mark.parametrize("id_", FINDING_IDS)
def test_two_addresses_of_a_host_may_have_the_same_fault(id_: FindingId) -> None:
    filled = dict.fromkeys(slots(id_), "25")
    two = [
        Finding(id=id_, severity="warning", subject=HOST, details={**filled, "address": address})
        for address in ("192.0.2.25", "2001:db8::25")
    ]
    blocks = findings_blocks(two, "en", partial(advise, language="en"))
    told = render_plain(Card(title="", blocks=tuple(blocks)))
    if "address" in slots(id_) and "port" not in slots(id_):
        assert "192.0.2.25" in told
        assert "2001:db8::25" in told


HOSTILE = "220 \x1b[31m<!channel> @everyone **bold** [x](https://evil.example) \u202e\x00`code`"


def test_a_hostile_greeting_is_harmless() -> None:
    result = result_of(
        bare(25, greeting=HOSTILE, signs=["greeting-rejected", "greeting-hostile"], detail=HOSTILE)
    )
    card = card_of(result)
    text = render_plain(card)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x00" not in text
    spans = [span for block in card.blocks for span in getattr(block, "text", ())]
    assert all(span.url is None or span.url.startswith("https://www.rfc-editor.org/") for span in spans)


def test_details_show_what_was_said() -> None:
    result = result_of(good(25, transcript=("S: 220 \x1b[2Jhello", "C: QUIT")))
    text = render_plain(details_card(result, "en"))
    assert "mx.example.com:25 192.0.2.25 open starttls" in text
    assert "C: QUIT" in text
    assert "\x1b" not in text
