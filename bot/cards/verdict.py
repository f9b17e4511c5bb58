"""The card of a check: verdict, what was found by severity with what to do, endpoints, assurance.

Short enough for a chat; the whole matrix is the terminal's, the whole transcript behind "details".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cards.documents import uplink_text
from bot.cards.endpoints import endpoint_blocks
from bot.cards.finding import Advice, InWords, Source
from bot.cards.model import (
    Block,
    Bullets,
    Button,
    Card,
    Code,
    Facts,
    Note,
    Paragraph,
    Span,
    Text,
    Tone,
    plain,
    rich,
)
from bot.cards.plaintext import harmless, text_of
from bot.i18n import counted, say, template
from bot.model.names import show_name
from bot.model.value import replace
from bot.model.verdict import CheckResult, Finding, Setting, Severity, Word

if TYPE_CHECKING:
    from bot.model.mail_policies import MailPolicies

# A chat message is read on a phone: beyond this many, findings are counted instead of told.
MAX_FINDINGS = 6
MAX_INFOS = 4
MAX_SOURCES = 6
MAX_TRANSCRIPT_LINES = 120

TONES: dict[Word, Tone] = {"pass": "good", "warn": "warning", "fail": "bad", "unknown": "unknown"}
MARKS: dict[Severity, str] = {"critical": "✗", "warning": "!", "info": "i"}
# Details that differ from port to port although the fault is the same.
_PER_PORT = frozenset({"port", "subject", "address", "protocol"})


def verdict_card(
    result: CheckResult, language: str, in_words: InWords, policies: MailPolicies | None = None
) -> Card:
    """The card of a result.

    Args:
        in_words: Puts a finding into words of the language.
        policies: The domain's, for their table.
    """
    summary = summary_of(result, language, in_words)
    blocks: list[Block] = [Paragraph(rich(summary[0], summary[1]))]
    blocks += _undetermined(result, language)
    blocks += [Paragraph(uplink_text(one, language)) for one in result.uplinks if one.blame != "cannot-tell"]
    blocks += findings_blocks(result.findings, language, in_words)
    if policies is not None:
        from bot.cards.mail import policy_table  # a host's check does without

        blocks.append(policy_table(policies, language))
    blocks += endpoint_blocks(result.outcomes, result.findings, language)
    blocks += _recommended(result, language)
    blocks += _small_print(result, language, in_words)
    return Card(
        title=say(language, f"check.title-{result.verdict}", target=shown_target(result.target)),
        tone=TONES[result.verdict],
        blocks=tuple(blocks),
        buttons=buttons_for(result, language),
        summary=text_of(rich(*summary), links=False),
        language=language,
        key=f"check:{result.target}",
    )


def shown_target(target: str) -> str:
    """A target for people: international names in their own letters too."""
    name, colon, port = target.rpartition(":")
    return (
        f"{show_name(name)}:{port}" if colon and port.isdigit() and "]" not in target else show_name(target)
    )


def summary_of(result: CheckResult, language: str, in_words: InWords) -> tuple[str, dict[str, object]]:
    """One sentence that alone would do, as a template and its values."""
    told = grouped(result.findings)
    worst = told[0] if told else None
    count = sum(1 for finding in told if finding.severity != "info")
    opened = sum(1 for outcome in result.outcomes if outcome.state == "open")
    values: dict[str, object] = {
        "target": shown_target(result.target),
        "count": count,
        "open": opened,
        "seconds": f"{result.duration_ms / 1000:.1f}",
        "worst": text_of(in_words(worst).title, links=False) if worst else "",
    }
    more = "-one" if count == 1 else ""
    key = f"check.summary-{result.verdict}"
    if result.verdict in ("fail", "warn"):
        key += more
    elif result.verdict == "pass":
        key += {0: "-quiet", 1: "-one"}.get(opened, "")
    return template(language, key), values


def grouped(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """One finding instead of several that say the same of other ports of the same host."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        per_port = "port" in finding.details
        same = {name: text for name, text in finding.details.items() if not (per_port and name in _PER_PORT)}
        alone = "" if per_port else finding.subject
        key = (finding.id, finding.severity, alone, tuple(sorted(same.items())))
        groups.setdefault(key, []).append(finding)
    return tuple(_as_one(group) for group in groups.values())


def _as_one(group: Sequence[Finding]) -> Finding:
    first = group[0]
    if len(group) == 1 or "port" not in first.details:
        return first
    ports = ", ".join(dict.fromkeys(finding.details["port"] for finding in group))
    subject = first.details.get("host", first.subject)
    return replace(first, subject=subject, details={**first.details, "port": ports})


def _undetermined(result: CheckResult, language: str) -> list[Block]:
    """Why it could not be told, when that is the verdict."""
    if result.verdict != "unknown" or not result.undetermined:
        return []
    return [Bullets(tuple(rich(template(language, f"undetermined.{key}")) for key in result.undetermined))]


def findings_blocks(findings: Sequence[Finding], language: str, in_words: InWords) -> list[Block]:
    """What is wrong with what to do, worst first; what is only worth knowing in one line each."""
    told = grouped(findings)
    serious = [finding for finding in told if finding.severity != "info"]
    infos = [finding for finding in told if finding.severity == "info"]
    blocks: list[Block] = []
    for finding in serious[:MAX_FINDINGS]:
        blocks.append(Paragraph(_told(finding, language, in_words(finding))))
    left_out = len(serious) - MAX_FINDINGS
    if left_out > 0:
        blocks.append(
            Note(plain(say(language, counted(language, "check.more-findings", left_out), count=left_out)))
        )
    if infos:
        titles = "; ".join(text_of(in_words(finding).title, links=False) for finding in infos[:MAX_INFOS])
        more = ", …" if len(infos) > MAX_INFOS else ""
        blocks.append(Note(rich(template(language, "check.infos"), {"titles": titles + more})))
    return blocks


def _told(finding: Finding, language: str, advice: Advice) -> Text:
    """Mark, title in bold, where, why, and what to do on a line of its own."""
    title = tuple(Span(span.text, "bold", span.url) for span in advice.title)
    where = () if finding.subject in text_of(advice.title) else plain(f" ({finding.subject})")
    fix = rich(template(language, "check.fix"))
    return (
        Span(f"{MARKS[finding.severity]} "), *title, *where, Span("\n"), *advice.detail, Span("\n"),
        *fix, Span(" "), *advice.fix,
    )  # fmt: skip


def _recommended(result: CheckResult, language: str) -> list[Block]:
    settings = [
        setting for setting in result.recommended.values() if setting is not None and setting.verified
    ]
    if not settings:
        return []
    rows = tuple((say(language, f"check.for-{one.service}"), _setting(one, language)) for one in settings)
    return [Facts(rows)]


def _setting(setting: Setting, language: str) -> Text:
    return rich(
        template(language, f"check.setting-{setting.security}"), {"host": setting.host, "port": setting.port}
    )


def _small_print(result: CheckResult, language: str, in_words: InWords) -> list[Block]:
    """Sources, where it was seen from, and its age."""
    sources: dict[Source, None] = {}
    for finding in result.findings:
        if finding.severity != "info":
            sources.update(dict.fromkeys(in_words(finding).sources))
    text: list[Span] = list(plain(say(language, "check.seen", vantage=result.vantage, at=_at(result))))
    if result.cached_age_s is not None:
        text += plain(" " + say(language, "check.cached", seconds=round(result.cached_age_s)))
    if any(one.certificate is not None and not one.certificate.name_checked for one in result.outcomes):
        text += plain(" " + say(language, "check.name-skipped"))
    for index, source in enumerate(list(sources)[:MAX_SOURCES]):
        text += [Span(f" {say(language, 'check.sources')} " if not index else " · ")]
        text += [Span(source.ref, url=source.url)]
    return [Note(tuple(text))]


def _at(result: CheckResult) -> str:
    return f"{result.checked_at:%Y-%m-%d %H:%M:%S} UTC"


def command_for(result: CheckResult) -> str:
    """The command that asks for the same check."""
    asked = f"check {result.target}"
    return f"{asked} --as {result.kind}" if result.kind == "domain" else asked


def buttons_for(result: CheckResult, language: str, repeat: str | None = None) -> tuple[Button, ...]:
    """Run again, details."""
    command = repeat or command_for(result)
    made = [Button(label=say(language, "button.run-again"), command=f"{command} --fresh", style="primary")]
    if any(outcome.transcript for outcome in result.outcomes):
        made.append(Button(label=say(language, "button.details"), command=f"{command} --details"))
    if result.kind == "domain":
        made.append(Button(label=say(language, "button.settings"), command=f"port {result.target}"))
    if any(one.finding for one in result.uplinks):
        question = say(language, "uplink.lift-question")
        made.append(Button(label=say(language, "uplink.lift-button"), command=question))
    return tuple(made)


def details_card(result: CheckResult, language: str) -> Card:
    """What both sides said, per endpoint: for those who want to see for themselves."""
    lines: list[str] = []
    for outcome in result.outcomes:
        endpoint = outcome.endpoint
        spent = " ".join(f"{phase} {ms:.0f}" for phase, ms in outcome.phases_ms.items())
        lines.append(f"{endpoint.label} {endpoint.address} {outcome.state} {outcome.tls} [{spent} ms]")
        lines += [f"  {line}" for line in outcome.transcript]
    shown = [harmless(line)[:240] for line in lines[:MAX_TRANSCRIPT_LINES]]
    title = say(language, "check.details-title", target=shown_target(result.target))
    return Card(
        title=title,
        blocks=(
            Code("\n".join(shown) or "-", name="transcript.txt"),
            Note(rich(template(language, "check.legend"))),
        ),
        summary=title,
        language=language,
    )
