"""DANE for SMTP: do the certificates that MX hosts show agree with their TLSA records? (RFC 7672).

Without DNSSEC TLSA records mean nothing, so that everything here hangs on what a trusted validating
resolver said. Certificate usages 0 and 1 are not for SMTP (section 3.1.3); a host with only such
records gets TLS without authentication. A host whose TLSA question fails is *not* a host without
TLSA: senders keep the mail back (section 2.1).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.model.certificate import Certificate
from bot.model.mail_policies import DaneFacts, DaneHost, DaneReason, DaneStatus, MxFacts, MxHost, Tlsa
from bot.model.outcome import EndpointOutcome
from bot.model.value import replace
from bot.ports import DnsAnswer, Resolver

if TYPE_CHECKING:
    from cryptography import x509

_RECORD = re.compile(r"(\d{1,3}) (\d{1,3}) (\d{1,3}) ([0-9A-Fa-f]+)")
_DIGESTS = {1: hashlib.sha256, 2: hashlib.sha512}
_WORST: tuple[DaneStatus, ...] = ("mismatch", "unusable", "unknown", "insecure", "ok", "none")
MAX_RECORDS = 20
MAX_CHAIN = 10


async def look_up_dane(mx: MxFacts, resolver: Resolver) -> DaneFacts:
    """The TLSA records of every MX host; `match_dane` compares them with live certificates."""
    hosts = [host for host in mx.hosts if host.status not in ("null", "is-ip")]
    found = await asyncio.gather(*(look_up_host(host, mx, resolver) for host in hosts))
    return summed_up(dict(zip((host.name for host in hosts), found, strict=True)))


def summed_up(hosts: Mapping[str, DaneHost]) -> DaneFacts:
    """The worst host speaks for the domain."""
    states = {host.status for host in hosts.values()}
    return DaneFacts(status=next((status for status in _WORST if status in states), "none"), hosts=hosts)


async def look_up_host(host: MxHost, mx: MxFacts, resolver: Resolver) -> DaneHost:
    """The records of one host: under the name that its alias leads to, else under its own."""
    bases = dict.fromkeys((host.canonical or host.name, host.name))
    answers = await asyncio.gather(*(resolver.query(f"_25._tcp.{base}", "TLSA") for base in bases))
    for base, answer in zip(bases, answers, strict=True):
        read = read_answer(base, answer, host, mx)
        if read.status != "none":
            return read
    return DaneHost(status="none", base=host.name)


def read_answer(base: str, answer: DnsAnswer, host: MxHost, mx: MxFacts) -> DaneHost:
    """What the answer to the TLSA question means, before any certificate was seen."""
    records = tuple(tlsa for text in answer.records[:MAX_RECORDS] if (tlsa := parse_tlsa(text)))

    def host_is(status: DaneStatus, reason: DaneReason = "") -> DaneHost:
        return DaneHost(status=status, reason=reason, base=base, records=records)

    if answer.status in ("timeout", "refused"):
        return host_is("unknown", "timeout")
    if answer.status not in ("ok", "nodata", "nxdomain"):
        # Section 2.2.2: senders do not even ask for hosts whose addresses are not signed.
        return (
            host_is("unknown", "host-insecure") if host.secure is False else host_is("unusable", "dns-failed")
        )
    if answer.status != "ok":
        return host_is("none")
    if answer.secure is None or host.secure is None or mx.secure is None:
        return host_is("unknown", "not-validated")
    if not answer.secure or not host.secure:
        return host_is("insecure", "host-insecure")
    if not mx.secure:
        return host_is("insecure", "mx-insecure")
    if not any(is_usable(record) for record in records):
        return host_is("unusable", "no-usable-record")
    return host_is("unknown", "not-probed")


def parse_tlsa(text: str) -> Tlsa | None:
    """A record from its presentation form."""
    match = _RECORD.fullmatch(text)
    if match is None or len(match[4]) % 2:
        return None
    return Tlsa(usage=int(match[1]), selector=int(match[2]), matching=int(match[3]), data=match[4].lower())


def is_usable(record: Tlsa) -> bool:
    """Whether senders can use it: DANE-TA or DANE-EE with known parameters."""
    right_size = (
        record.matching not in _DIGESTS or len(record.data) == 2 * _DIGESTS[record.matching]().digest_size
    )
    return (
        record.usage in (2, 3) and record.selector in (0, 1) and record.matching in (0, 1, 2) and right_size
    )


def match_dane(facts: DaneFacts, outcomes: Iterable[EndpointOutcome], domain: str) -> DaneFacts:
    """Compare records with what the hosts showed on port 25."""
    if not facts.hosts:
        return facts
    together = [outcome for outcome in outcomes if outcome.endpoint.port == 25]
    hosts: dict[str, DaneHost] = {}
    for name, host in facts.hosts.items():
        own = [one for one in together if one.endpoint.host == name]
        if host.reason == "not-probed":
            host = _match_host(name, host, own, domain)
        elif host.status == "unusable":
            host = replace(host, expected=_record_for(own))
        hosts[name] = host
    return summed_up(hosts)


def _record_for(outcomes: Iterable[EndpointOutcome]) -> str:
    """The record that fits the key that was shown; "" when none was."""
    shown = next((one.certificate for one in outcomes if one.certificate is not None), None)
    return f"3 1 1 {shown.spki_sha256}" if shown and shown.spki_sha256 else ""


def _match_host(name: str, host: DaneHost, outcomes: Sequence[EndpointOutcome], domain: str) -> DaneHost:
    """All addresses that could be judged have to agree; those that could not are no disagreement."""
    reasons = {
        outcome.endpoint.address: reason
        for outcome in outcomes
        if (reason := _judge(outcome, host, (name, host.base, domain))) is not None
    }
    bad = tuple(address for address, reason in reasons.items() if reason)
    if not reasons:
        return host
    if not bad:
        return replace(host, status="ok", reason="")
    return replace(
        host,
        status="mismatch",
        reason=reasons[bad[0]],
        mismatching=bad,
        expected=_record_for(one for one in outcomes if one.endpoint.address in bad),
    )


def _judge(outcome: EndpointOutcome, host: DaneHost, names: tuple[str, ...]) -> DaneReason | None:
    """Why the endpoint disagrees; "" when it agrees; None when it could not be told."""
    if outcome.state != "open":
        return None
    if outcome.certificate is None:
        said_so = outcome.tls == "none" and outcome.capabilities_before is not None
        return "no-starttls" if said_so or outcome.tls == "broken" else None
    return match_certificate(host.records, outcome.certificate, names)


def match_certificate(
    records: Iterable[Tlsa], certificate: Certificate, names: tuple[str, ...]
) -> DaneReason:
    """Whether any usable record matches; "" if so.

    Args:
        names: Any of them will do as the name in the certificate, for DANE-TA (section 3.2.3).
    """
    usable = [record for record in records if is_usable(record)]
    chain = certificate.chain[:MAX_CHAIN]
    if chain and any(record.usage == 3 and matches(record, chain[0]) for record in usable):
        # DANE-EE: neither name nor dates count (section 3.1.1).
        return ""
    anchored = any(record.usage == 2 and _leads_to_anchor(record, chain) for record in usable)
    if not anchored:
        return "no-match"
    in_time = not {"expired", "not-yet-valid"} & set(certificate.faults)
    return "" if in_time and _names_one(certificate, names) else "wrong-name"


def _names_one(certificate: Certificate, names: tuple[str, ...]) -> bool:
    from bot.probes.tls import matches as covers

    return any(covers(pattern, name) for pattern in certificate.names for name in names)


def matches(record: Tlsa, der: bytes) -> bool:
    """Whether a record describes a certificate (RFC 6698 section 2.1)."""
    selected = der if record.selector == 0 else _public_key(der)
    if selected is None:
        return False
    digest = _DIGESTS.get(record.matching)
    return (digest(selected).hexdigest() if digest else selected.hex()) == record.data


def _public_key(der: bytes) -> bytes | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    certificate = _load(der)
    if certificate is None:
        return None
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _load(der: bytes) -> x509.Certificate | None:
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        return None


def _leads_to_anchor(record: Tlsa, chain: Sequence[bytes]) -> bool:
    """DANE-TA: a certificate of the chain is the anchor and every one before it is signed by the next.

    The anchor has to be in the chain (RFC 7671 section 5.2.2), unless the record holds it in full.
    """
    certificates = [_load(der) for der in chain]
    for index, der in enumerate(chain):
        if index and not _signed(certificates[index - 1], certificates[index]):
            return False
        if matches(record, der):
            return True
    if record.selector == 0 and record.matching == 0 and certificates:
        return _signed(certificates[-1], _load(bytes.fromhex(record.data)))
    return False


def _signed(certificate: x509.Certificate | None, issuer: x509.Certificate | None) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if certificate is None or issuer is None:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True
