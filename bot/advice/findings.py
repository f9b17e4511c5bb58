"""The findings catalogue: what can be told, how bad it is, who says so, and the sentences.

The rows stand in `findings.toml` (`make generate` writes the JSON that is read), the sentences in
`bot/i18n/<language>/findings.toml`. A test keeps both and `FindingId` in step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal, get_args

from bot.cards.finding import Advice, Source
from bot.cards.model import Text, rich
from bot.cards.plaintext import text_of
from bot.i18n import counted, has, template
from bot.model.value import frozen
from bot.model.verdict import SEVERITY_ORDER, Finding, Severity

FindingId = Literal[
    "port-refused", "port-filtered", "host-unreachable", "ipv6-broken", "mx-host-down",
    "egress-25-blocked", "target-forbidden", "name-not-found", "no-address", "cname-loop", "no-mx",
    "null-mx", "mx-cname", "mx-unresolvable", "mx-is-ip", "dns-servfail", "dns-timeout", "dns-refused",
    "dnssec-bogus",
    "starttls-missing", "starttls-stripped", "starttls-broken", "starttls-temporary",
    "starttls-injection", "tls-mode-mismatch", "tls-handshake-failed", "tls-version-old",
    "no-encryption", "auth-before-tls", "imap-preauth", "cert-expired", "cert-expiring",
    "cert-not-yet-valid", "cert-self-signed", "cert-hostname-mismatch", "cert-untrusted", "key-weak",
    "greeting-delayed", "greeting-rejected", "greeting-hostile", "closed-early", "hello-refused",
    "reply-hostile", "tarpit", "silent-server", "server-stalls", "protocol-error", "bare-lf", "spf-missing",
    "spf-multiple", "spf-too-many-lookups", "spf-invalid", "spf-permissive", "dmarc-missing",
    "dmarc-none", "dmarc-invalid", "mta-sts-missing", "mta-sts-invalid", "mta-sts-mx-mismatch",
    "tls-rpt-missing", "dane-mismatch", "dane-insecure", "ptr-missing", "ptr-mismatch",
    "settings-disagree", "dkim-invalid", "dkim-weak", "dmarc-reports-refused", "dane-unusable",
    "tls-rpt-invalid",
]  # fmt: skip
FINDING_IDS: tuple[FindingId, ...] = get_args(FindingId)

MAX_DETAIL = 200
MAX_LINE = 2000  # a DNS line is to be copied: cut, it would be wrong
_RFC = re.compile(r"RFC (\d+)(?: §([0-9.]+))?")
_SLOT = re.compile(r"\{([a-z_0-9]+)\}")


@frozen
class Row:
    """One row of the catalogue.

    Attributes:
        usual: Severity unless a rule knows better.
        worst: No rule may go beyond it.
    """

    id: str
    usual: Severity
    worst: Severity
    sources: tuple[Source, ...]


@cache
def catalogue() -> Mapping[str, Row]:
    """Every row by id, in the order of the file."""
    assert __spec__ is not None
    # The module's own loader, as in `bot.i18n`.
    path = f"{__file__.rpartition('/')[0]}/findings.json"
    raw = json.loads(__spec__.loader.get_data(path))  # type: ignore[union-attr]  # file and zip loaders have it
    return {
        id_: Row(id_, row["usual"], row["worst"], tuple(read_source(text) for text in row["sources"]))
        for id_, row in raw.items()
    }


def read_source(text: str) -> Source:
    """A source as the file writes it: "RFC 8314 §3.3" or "title | https://...".

    Raises:
        ValueError: Neither of the two.
    """
    title, bar, url = text.partition(" | ")
    if bar:
        return Source(title, url)
    found = _RFC.fullmatch(text)
    if found is None:
        raise ValueError(f"neither an RFC nor a title with its address: {text}")
    section = f"#section-{found[2]}" if found[2] else ""
    return Source(text, f"https://www.rfc-editor.org/rfc/rfc{found[1]}{section}")


def find(
    id_: FindingId,
    subject: str,
    severity: Severity | None = None,
    *,
    endpoints: Iterable[tuple[str, int]] = (),
    **details: object,
) -> Finding:
    """Make a finding.

    Args:
        subject: What it is about, such as "mx.example.com:25" or "example.com".
        severity: The catalogue's usual one when left out.
        endpoints: (address, port) of every endpoint it holds for.
        details: Fill the placeholders of its sentences (`slots`); `subject` is always there.

    Raises:
        ValueError: Worse than the catalogue's worst; a bug of ours.
    """
    row = catalogue()[id_]
    chosen = severity or row.usual
    if SEVERITY_ORDER[chosen] < SEVERITY_ORDER[row.worst]:
        raise ValueError(f"{id_} is at worst {row.worst}, not {chosen}")
    limits = {"line": MAX_LINE, "policy": MAX_LINE}
    filled = {"subject": subject} | {
        name: str(value)[: limits.get(name, MAX_DETAIL)] for name, value in details.items()
    }
    return Finding(id=id_, severity=chosen, subject=subject, details=filled, endpoints=tuple(endpoints))


def slots(id_: str, language: str = "en") -> frozenset[str]:
    """The placeholders that the finding's sentences need."""
    parts = (template(language, f"finding.{id_}.{part}") for part in ("title", "detail", "fix"))
    return frozenset(name for part in parts for name in _SLOT.findall(part))


def advise(finding: Finding, language: str) -> Advice:
    """Put a finding into words."""
    values = spoken_details(finding, language)

    def part(name: str) -> Text:
        return rich(template(language, _sentence(finding, name, language)), values)

    binding = finding.details.get("binding", "")
    promised = rich(" " + template(language, f"promised.{binding}"), values) if binding else ()
    return Advice(
        title=part("title"),
        detail=(*part("detail"), *promised),
        fix=part("fix"),
        sources=catalogue()[finding.id].sources,
    )


def _sentence(finding: Finding, part: str, language: str) -> str:
    """The key of one of its sentences; with days in it, that for so many."""
    key, days = f"finding.{finding.id}.{part}", finding.details.get("days", "")
    return counted(language, key, int(days)) if days.isdecimal() else key


def spoken_details(finding: Finding, language: str) -> Mapping[str, str]:
    """The details, where each `<name>_key` is replaced by the sentence that it names, as `<name>`."""
    return {
        **finding.details,
        **{
            name.removesuffix("_key"): text_of(rich(template(language, key), finding.details), links=False)
            for name, key in finding.details.items()
            if name.endswith("_key") and has(language, key)
        },
    }


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first; within a severity the order they came in."""
    return tuple(sorted(findings, key=lambda finding: SEVERITY_ORDER[finding.severity]))
