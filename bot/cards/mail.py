"""A domain's mail policies as the contract's JSON (`mail` in `mailport.check/1`) and as a table."""

from __future__ import annotations

from typing import Any

from bot.cards.model import Table, Tone
from bot.cards.plaintext import harmless
from bot.i18n import say
from bot.model.mail_policies import MailPolicies

MAX_TEXT = 2048
# Statuses that the contract does not have: unknown is null there.
_UNKNOWN = frozenset({"servfail", "timeout", "refused"})
# The contract's word for "no answer"; who refused is in `reason`, and in the finding.
_NO_ANSWER = {"refused": "timeout"}


def mail_document(policies: MailPolicies) -> dict[str, Any]:
    """The contract's `mail` object. Text from the DNS is made harmless and cut."""
    spf, dmarc, sts = policies.spf, policies.dmarc, policies.mta_sts
    return {
        "mx": _mx(policies),
        "spf": {
            "status": _NO_ANSWER.get(spf.status, spf.status),
            "record": _text(spf.record),
            "lookups": spf.lookups,
            "void_lookups": spf.void_lookups,
            "all": spf.all,
            "problem": spf.problem or None,
            "term": _text(spf.term) or None,
            "position": spf.position or None,
            "notes": list(spf.notes),
        },
        "dmarc": {
            "status": _NO_ANSWER.get(dmarc.status, dmarc.status),
            "policy": dmarc.policy,
            "record": _text(dmarc.record),
            "found_at": dmarc.found_at or None,
            "rua": [_text(uri) for uri in dmarc.rua],
            "problem": dmarc.problem or None,
        },
        "dkim": {
            "status": policies.dkim.status,
            "selectors": [
                {"selector": key.selector, "key": key.kind or None, "faults": list(key.faults)}
                for key in policies.dkim.keys
            ],
        },
        "mta_sts": {
            "status": None if sts.status in _UNKNOWN else sts.status,
            "reason": sts.status if sts.status in _UNKNOWN else sts.problem or None,
            "mode": sts.mode,
            "mx": [_text(pattern) for pattern in sts.mx],
            "unmatched": list(sts.unmatched),
            "id": _text(sts.id),
            "max_age": sts.max_age_s,
            "detail": _text(sts.detail) or None,
        },
        "tls_rpt": {
            "status": None if policies.tls_rpt.status in _UNKNOWN else policies.tls_rpt.status,
            "reason": policies.tls_rpt.status if policies.tls_rpt.status in _UNKNOWN else None,
            "rua": [_text(uri) for uri in policies.tls_rpt.rua],
        },
        "dane": {
            "status": policies.dane.status,
            "hosts": {name: host.status for name, host in policies.dane.hosts.items()},
            "reasons": {name: host.reason for name, host in policies.dane.hosts.items() if host.reason},
        },
        "dnssec": policies.dnssec,
        "ptr": {
            fact.address: {
                "host": fact.host,
                "status": fact.status,
                "names": [_text(name) for name in fact.names],
            }
            for fact in policies.ptr
        },
        "bimi": {"status": policies.bimi.status, "logo": _text(policies.bimi.logo)},
        "caa": {
            "status": policies.caa.status,
            "found_at": policies.caa.found_at or None,
            "issuers": [_text(issuer) for issuer in policies.caa.issuers],
        },
    }


def _mx(policies: MailPolicies) -> dict[str, Any]:
    mx = policies.mx
    return {
        "status": _NO_ANSWER.get(mx.status, mx.status),
        "reason": mx.status if mx.status in _NO_ANSWER else None,
        "hosts": [
            {
                "host": _text(host.name),
                "preference": host.preference,
                "status": host.status,
                "addresses": list(host.addresses),
            }
            for host in mx.hosts
        ],
    }


def _text(text: str | None) -> str | None:
    return None if text is None else harmless(text)[:MAX_TEXT]


_GOOD = frozenset({"ok", "secure", "null"})
_BAD = frozenset(
    {"nxdomain", "target-nxdomain", "target-is-ip", "cname-loop", "mismatch", "bogus", "invalid"}
)
_UNCLEAR = frozenset({"unknown", "timeout", "refused", "servfail"})


def policy_table(policies: MailPolicies, language: str) -> Table:
    """One row per policy: name, how it stands, the telling detail."""
    spf, dmarc, sts = policies.spf, policies.dmarc, policies.mta_sts
    hosts = ", ".join(host.name for host in policies.mx.hosts[:4])
    rows = (
        ("MX", policies.mx.status, hosts),
        ("SPF", spf.status, spf.all or ""),
        ("DMARC", dmarc.status, f"p={dmarc.policy}" if dmarc.policy else ""),
        ("DKIM", policies.dkim.status, ", ".join(key.selector for key in policies.dkim.keys[:4])),
        ("MTA-STS", sts.status, sts.mode or ""),
        ("TLS-RPT", policies.tls_rpt.status, ", ".join(policies.tls_rpt.rua[:2])),
        ("DANE", policies.dane.status, ""),
        ("DNSSEC", policies.dnssec, ""),
    )
    columns = tuple(say(language, f"mail-table.{name}") for name in ("policy", "status", "detail"))
    shown = tuple(
        (name, say(language, f"mail-status.{status}"), harmless(detail)[:120])
        for name, status, detail in rows
    )
    return Table(columns=columns, rows=shown, tones=tuple(_tone(status) for _, status, _ in rows))


def _tone(status: str) -> Tone:
    if status in _GOOD:
        return "good"
    if status in _BAD:
        return "bad"
    return "unknown" if status in _UNCLEAR else "warning"
