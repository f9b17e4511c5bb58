"""The certificate matrix: every fault that holds is named, and `openssl verify` agrees where it can tell."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from adapters.net.trust import PinnedTrust
from bot.model.certificate import Certificate, CertificateFault
from bot.probes.tls import judge_certificate, matches
from tests.support.authority import Authority, Issued, self_signed

HOST = "mx.example.test"
ROOT = Authority("Matrix Root")
MIDDLE = ROOT.intermediate("Matrix Intermediate")
STRANGER = Authority("Unknown Root")
NOW = datetime.now(UTC)
EXPIRED_MIDDLE = ROOT.intermediate("Expired Intermediate", not_after=NOW - timedelta(days=1))
NO_AUTHORITY = ROOT.intermediate("Not an authority", may_issue=False)
NARROW = ROOT.intermediate("Narrow", path_length=0)
BELOW_NARROW = NARROW.intermediate("Below narrow")


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> PinnedTrust:
    return PinnedTrust(str(ROOT.write_root(tmp_path_factory.mktemp("anchors") / "root.pem")))


ROWS: list[tuple[str, Callable[[], Issued], str, tuple[CertificateFault, ...]]] = [
    ("valid", lambda: ROOT.issue(HOST), HOST, ()),
    ("valid with an intermediate", lambda: MIDDLE.issue(HOST), HOST, ()),
    ("valid, RSA", lambda: ROOT.issue(HOST, key="rsa2048"), HOST, ()),
    ("valid, Ed25519", lambda: ROOT.issue(HOST, key="ed25519"), HOST, ()),
    ("valid, name in upper case", lambda: ROOT.issue("MX.Example.TEST"), HOST, ()),
    ("wildcard that fits", lambda: ROOT.issue("*.example.test"), HOST, ()),
    ("wildcard over two labels", lambda: ROOT.issue("*.test"), HOST, ("wrong-host",)),
    ("wildcard within a label", lambda: ROOT.issue("m*.example.test"), HOST, ("wrong-host",)),
    ("wildcard for the bare domain", lambda: ROOT.issue("*.example.test"), "example.test", ("wrong-host",)),
    ("expired", lambda: ROOT.issue(HOST, days=-1, since_days=90), HOST, ("expired",)),
    ("expiring", lambda: ROOT.issue(HOST, days=10, since_days=80), HOST, ("expiring",)),
    ("three weeks and a day", lambda: ROOT.issue(HOST, days=22, since_days=68), HOST, ()),
    ("a life of a day, half of it left", lambda: ROOT.issue(HOST, days=0.5, since_days=0.5), HOST, ()),
    ("not yet valid", lambda: ROOT.issue(HOST, days=90, since_days=-2), HOST, ("not-yet-valid",)),
    ("wrong name", lambda: ROOT.issue("other.example.test"), HOST, ("wrong-host",)),
    ("common name only", lambda: ROOT.issue(common_name=HOST), HOST, ("wrong-host",)),
    ("self-signed", lambda: self_signed(HOST), HOST, ("self-signed",)),
    ("unknown authority", lambda: STRANGER.issue(HOST), HOST, ("untrusted",)),
    ("missing intermediate", lambda: MIDDLE.issue(HOST).bare(), HOST, ("untrusted",)),
    ("expired intermediate", lambda: EXPIRED_MIDDLE.issue(HOST), HOST, ("untrusted",)),
    ("issued by one that is no authority", lambda: NO_AUTHORITY.issue(HOST), HOST, ("untrusted",)),
    ("below an authority that allows none", lambda: BELOW_NARROW.issue(HOST), HOST, ("untrusted",)),
    (
        "for clients only",
        lambda: ROOT.issue(HOST, usage=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
        HOST,
        ("untrusted",),
    ),
    ("weak key", lambda: ROOT.issue(HOST, key="rsa1024"), HOST, ("key-weak",)),
    (
        "expired and wrong name",
        lambda: ROOT.issue("other.test", days=-1, since_days=90),
        HOST,
        ("expired", "wrong-host"),
    ),
    (
        "expired and self-signed",
        lambda: self_signed(HOST, days=-1, since_days=90),
        HOST,
        ("expired", "self-signed"),
    ),
    (
        "expired, untrusted, wrong name, weak",
        lambda: STRANGER.issue("other.test", days=-1, since_days=90, key="rsa1024"),
        HOST,
        ("expired", "untrusted", "wrong-host", "key-weak"),
    ),
    (
        "expiring and wrong name",
        lambda: ROOT.issue("other.test", days=3, since_days=80),
        HOST,
        ("expiring", "wrong-host"),
    ),
    (
        "not yet valid and untrusted",
        lambda: STRANGER.issue(HOST, days=90, since_days=-2),
        HOST,
        ("not-yet-valid", "untrusted"),
    ),
    ("address that is named", lambda: ROOT.issue("127.0.0.1"), "127.0.0.1", ()),
    ("address without a name to check", lambda: ROOT.issue(HOST), "127.0.0.1", ()),
]


# OpenSSL still accepts these; RFC 9525 sections 6.3 and 6.4 do not: part of a label as wildcard, CN alone.
STRICTER = {"m*.example.test"}


def judged(issued: Issued, host: str, trust: PinnedTrust) -> Certificate:
    certificate = judge_certificate(issued.der_chain, host, datetime.now(UTC), trust)
    assert certificate is not None
    return certificate


@pytest.mark.parametrize(("make", "host", "faults"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_every_fault_is_named(
    make: Callable[[], Issued],
    host: str,
    faults: tuple[CertificateFault, ...],
    trust: PinnedTrust,
    tmp_path: Path,
) -> None:
    issued = make()
    certificate = judged(issued, host, trust)
    assert certificate.faults == faults
    if host == HOST and not (STRICTER & set(certificate.names) or not certificate.names):
        assert certificate.authenticates == openssl_accepts(issued, host, tmp_path)


def openssl_accepts(issued: Issued, host: str, folder: Path) -> bool:
    """OpenSSL's own opinion of the same chain."""
    chain, _ = issued.write(folder)
    root = ROOT.write_root(folder / "root.pem")
    command = ["openssl", "verify", "-CAfile", str(root), "-no-CApath", "-untrusted", str(chain)]
    command += ["-purpose", "sslserver", "-verify_hostname", host, str(chain)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_trust_detail_tells_a_gap_from_a_stranger(trust: PinnedTrust) -> None:
    assert judged(MIDDLE.issue(HOST).bare(), HOST, trust).trust_detail == "incomplete-chain"
    stranger = STRANGER.issue(HOST)
    with_root = Issued(stranger.certificate, stranger.key, (STRANGER.issued.certificate,))
    assert judged(with_root, HOST, trust).trust_detail == "unknown-root"


def test_a_self_signed_certificate_among_the_anchors_is_trusted(tmp_path: Path) -> None:
    issued = self_signed(HOST)
    chain, _ = issued.write(tmp_path)
    assert judged(issued, HOST, PinnedTrust(str(chain))).faults == ()


def test_facts_of_the_certificate(trust: PinnedTrust) -> None:
    certificate = judged(MIDDLE.issue(HOST, days=60.5), HOST, trust)
    assert (certificate.key, certificate.days_left, certificate.chain_length) == ("EC P-256", 60, 2)
    assert certificate.names == (HOST,)
    assert certificate.name_checked
    assert certificate.sha256 == certificate.chain_sha256[0]
    assert len(certificate.spki_sha256) == 64
    assert not judged(ROOT.issue(HOST), "127.0.0.1", trust).name_checked


@pytest.mark.parametrize("junk", [(), (b"",), (b"\x30\x03\x02\x01",), (b"\xff" * 500,)])
def test_what_is_no_certificate_is_none(junk: tuple[bytes, ...], trust: PinnedTrust) -> None:
    assert judge_certificate(junk, HOST, NOW, trust) is None


@pytest.mark.parametrize(
    ("pattern", "host", "fits"),
    [
        ("mx.example.test", "mx.example.test.", True),
        ("*.example.test", "a.b.example.test", False),
        ("*", "test", False),
        ("*.test", "example.test", False),
        ("", "", False),
        ("*.example.test", "*.example.test", True),
    ],
)
def test_names(pattern: str, host: str, *, fits: bool) -> None:
    assert matches(pattern, host) is fits


def test_the_bundle_is_read_once(trust: PinnedTrust) -> None:
    for _ in range(3):
        judged(ROOT.issue(HOST), HOST, trust)
    assert trust.loads == 1
