"""Published end-to-end keys: the card and the JSON (`mailport.keys/1`). What owners wrote is hostile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards.documents import clean, time_text
from bot.cards.model import (
    Block,
    Bullets,
    Button,
    Card,
    Facts,
    Heading,
    Note,
    Paragraph,
    Span,
    Table,
    Text,
    Tone,
    plain,
    rich,
)
from bot.cards.plaintext import harmless
from bot.i18n import has, say, template
from bot.model.keys import KeyLook, KeyMethod, PublishedKey

NAMES: dict[KeyMethod, str] = {
    "wkd-advanced": "WKD (advanced)",
    "wkd-direct": "WKD (direct)",
    "openpgpkey": "OPENPGPKEY",
    "smimea": "SMIMEA",
}
MAX_SHOWN = 6
MAX_NAME = 80
_BY_DNS = ("openpgpkey", "smimea")
_TONES: dict[str, Tone] = {"found": "good", "not-found": "plain", "could-not-tell": "unknown"}
_WORD_TONES: dict[str, Tone] = {"found": "good", "doubtful": "warning", "unclear": "unknown", "none": "plain"}
# What makes programs leave a key aside.
_USELESS = frozenset({"not-signed", "shadowed", "other-address"})


def keys_document(address: str, looks: Sequence[KeyLook], duration_ms: float) -> dict[str, Any]:
    """`mailport.keys/1`: how each place was, and every key once."""
    by_method = {look.method: _look_document(look) for look in looks}
    wkd = [look for look in looks if look.method not in _BY_DNS]
    return {
        "schema": "mailport.keys/1",
        "target": address,
        "address": address,
        "wkd": {
            "status": _joint_status(wkd),
            "advanced": by_method.get("wkd-advanced"),
            "direct": by_method.get("wkd-direct"),
        },
        "openpgpkey": by_method.get("openpgpkey"),
        "smimea": by_method.get("smimea"),
        "keys": [
            {**_key_document(key), "found_by": [look.method for look in found]}
            for key, found in distinct(looks)
        ],
        "duration_ms": round(duration_ms, 3),
    }


def _joint_status(looks: Sequence[KeyLook]) -> str:
    """Found in one place is found; a place that could not be asked leaves it open."""
    words = {look.status for look in looks}
    return next((word for word in ("found", "could-not-tell") if word in words), "not-found")


def _look_document(look: KeyLook) -> dict[str, Any]:
    document: dict[str, Any] = {
        "status": look.status,
        "place": look.place,
        "reason": look.reason or None,
        "detail": clean(look.detail) or None,
        "notes": list(look.notes),
        "keys": [_key_document(key) for key in look.keys],
    }
    if look.method in _BY_DNS:
        document["dnssec"] = dnssec_word(look)
    return document


def dnssec_word(look: KeyLook) -> str:
    """As in `mailport.check/1`."""
    if look.reason == "bogus":
        return "bogus"
    return {True: "secure", False: "insecure", None: "unknown"}[look.secure]


def _key_document(key: PublishedKey) -> dict[str, Any]:
    return {
        "kind": key.kind,
        "fingerprint": key.fingerprint,
        "user_ids": [clean(one) for one in key.user_ids],
        "expires_at": None if key.expires_at is None else time_text(key.expires_at),
        "state": key.state,
        "names_address": key.names_address,
        "notes": list(key.notes),
    }


def distinct(looks: Sequence[KeyLook]) -> list[tuple[PublishedKey, list[KeyLook]]]:
    """Every key once, with the looks that found it."""
    found: dict[tuple[str, str], tuple[PublishedKey, list[KeyLook]]] = {}
    for look in looks:
        for key in look.keys:
            found.setdefault((key.kind, key.fingerprint), (key, []))[1].append(look)
    return list(found.values())


def usable(key: PublishedKey, looks: Sequence[KeyLook]) -> bool:
    """Whether a program that looks for keys would take it."""
    if key.state != "good" or key.kind == "smime-hash" or _USELESS & set(key.notes):
        return False
    return any(not _USELESS & set(look.notes) for look in looks)


def keys_card(address: str, looks: Sequence[KeyLook], language: str) -> Card:
    """What was found, where it was looked, and what all that is for."""
    found = distinct(looks)
    good = [key for key, by in found if usable(key, by)]
    unclear = any(look.status == "could-not-tell" for look in looks)
    word = "found" if good else "doubtful" if found else "unclear" if unclear else "none"
    title = say(language, f"keys.title-{word}", address=address)
    blocks: list[Block] = [Paragraph(rich(template(language, f"keys.about-{word}"), {"address": address}))]
    for key, by in found[:MAX_SHOWN]:
        blocks += _key_blocks(key, by, language)
    blocks.append(_places(looks, language))
    blocks.append(Heading(say(language, "keys.tls-heading")))
    blocks.append(Bullets(tuple(rich(template(language, f"keys.tls-{number}")) for number in (1, 2, 3))))
    blocks.append(Note(rich(template(language, "keys.note"))))
    button = Button(label=say(language, "button.run-again"), command=f"keys {address}"[:80])
    return Card(
        title=title,
        tone=_WORD_TONES[word],
        blocks=tuple(blocks),
        buttons=(button,) if len(f"keys {address}") <= 80 else (),
        summary=title,
        language=language,
    )


def _key_blocks(key: PublishedKey, by: Sequence[KeyLook], language: str) -> list[Block]:
    rows: list[tuple[str, Text]] = [
        (say(language, f"keys.kind-{key.kind}"), (Span(grouped(key.fingerprint), "code"),)),
        (say(language, "keys.found-by"), plain(", ".join(NAMES[look.method] for look in by))),
    ]
    if key.user_ids:
        shown = "; ".join(harmless(one)[:MAX_NAME] for one in key.user_ids[:3])
        rows.append((say(language, "keys.names"), plain(shown)))
    if key.kind != "smime-hash":
        ends = f"{key.expires_at:%Y-%m-%d}" if key.expires_at else say(language, "keys.never")
        rows.append((say(language, "keys.expires"), plain(ends)))
    notes = dict.fromkeys((*key.notes, *(note for look in by for note in look.notes)))
    told = [rich(template(language, f"keys.note-{note}")) for note in notes]
    if key.state != "good":
        told.insert(0, rich(template(language, f"keys.state-{key.state}")))
    blocks: list[Block] = [Facts(tuple(rows))]
    return [*blocks, Bullets(tuple(told))] if told else blocks


def grouped(fingerprint: str) -> str:
    """In groups of four, as people compare them."""
    upper = fingerprint.upper()
    return " ".join(upper[start : start + 4] for start in range(0, len(upper), 4))


def _places(looks: Sequence[KeyLook], language: str) -> Table:
    columns = tuple(say(language, f"keys.column-{name}") for name in ("place", "status", "detail"))
    return Table(
        columns=columns,
        rows=tuple(
            (NAMES[look.method], say(language, f"keys.{look.status}"), _why(look, language)) for look in looks
        ),
        tones=tuple(_TONES[look.status] for look in looks),
    )


def _why(look: KeyLook, language: str) -> str:
    parts: list[str] = []
    if look.reason and has(language, f"key-reason.{look.reason}"):
        parts.append(say(language, f"key-reason.{look.reason}"))
    if look.status == "could-not-tell" and look.detail:
        parts.append(harmless(look.detail)[:MAX_NAME])
    if look.method in _BY_DNS and look.reason != "bogus":
        parts.append(say(language, f"keys.dnssec-{dnssec_word(look)}"))
    return "; ".join(parts)
