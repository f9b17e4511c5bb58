"""`check`: probe a domain, a host or host:port now, and say what that means.

The same target asked again within a minute gets the same result with its age; `--fresh` asks anew,
`--details` shows what both sides said.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import partial

from bot.advice.findings import advise
from bot.cards.documents import check_document
from bot.cards.model import Pending, Reply, Text, rich
from bot.cards.verdict import buttons_for, details_card, verdict_card
from bot.commands.definition import Call
from bot.commands.examine import Examination, Examined, Kind, examine
from bot.errors import BadInput
from bot.i18n import template
from bot.model.outcome import EndpointOutcome
from bot.model.target import Target
from bot.model.value import replace
from bot.model.verdict import EXIT_STATUS, CheckResult
from bot.ports import Tools
from bot.probes.plan import plan_ports, refuse_forbidden
from bot.probes.recent import Recalled, Recent
from bot.probes.run import wait_for_goodbyes
from bot.probes.together import Step, Tell

# Details of a check are looked at a while after its verdict.
DETAILS_KEEP_S = 3600.0
GOODBYE_S = 2.0
MAX_STEPS_SHOWN = 12
MAX_SELECTORS = 8
# RFC 6376 section 3.1: labels with dots between.
_SELECTOR = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,61}[a-z0-9_])?", re.ASCII)


async def check(call: Call) -> Reply:
    """Answer `check TARGET [PORTS] [--as domain|host] [--fresh] [--details]`."""
    wanted = read_examination(call)
    wants_details = bool(call.get("details", str))
    recalled = await look(
        wanted,
        call.tools,
        teller(call),
        fresh=bool(call.get("fresh", str)),
        keep_s=DETAILS_KEEP_S if wants_details else None,
    )
    if call.request.place.platform == "terminal":
        # A chat keeps running while probes say goodbye; a command line would cut them off.
        await wait_for_goodbyes(GOODBYE_S)
    return make_reply(wanted, recalled, call.language, details=wants_details)


def read_examination(call: Call) -> Examination:
    """What the words ask for."""
    ports = tuple(int(port) for port in call.get("ports", tuple) or ())
    kind = call.get("kind", str)
    chosen: Kind | None = "domain" if kind == "domain" else "host" if kind == "host" else None
    wanted = ask_about(call.need("target", Target), ports, chosen, call.tools)
    return replace(wanted, selectors=read_selectors(call.get("selectors", str) or ""))


def read_selectors(text: str) -> tuple[str, ...]:
    """DKIM selectors, separated by commas.

    Raises:
        BadInput: `selectors-bad`.
    """
    words = [word for word in re.split(r"[,\s]+", text.lower()) if word]
    if len(words) > MAX_SELECTORS or not all(_SELECTOR.fullmatch(word) for word in words):
        raise BadInput("selectors-bad", text=text[:60], limit=MAX_SELECTORS)
    return tuple(dict.fromkeys(words))


def ask_about(
    target: Target, ports: tuple[int, ...], kind: Kind | None, tools: Tools, *, scheduled: bool = False
) -> Examination:
    """A check that may be made.

    Raises:
        TargetRefused: The port is no mail port, or the address must not be probed; no packet was sent.
    """
    plan_ports(target, ports, tools.settings.extra_ports)
    if target.address is not None:
        refuse_forbidden(target.name, target.address, tools.settings.allowed_networks)
    return Examination(target=target, kind=kind, ports=ports, scheduled=scheduled)


async def run_check(wanted: Examination, tools: Tools, tell: Tell, *, fresh: bool = False) -> CheckResult:
    """The result of a check, from memory when it was just made.

    Raises:
        TargetRefused: The name leads only to addresses that must not be probed.
    """
    recalled = await look(wanted, tools, tell, fresh=fresh)
    return replace(recalled.value.result, cached_age_s=recalled.age_s)


async def look(
    wanted: Examination, tools: Tools, tell: Tell, *, fresh: bool = False, keep_s: float | None = None
) -> Recalled[Examined]:
    """Examine, or take what was found within the last minute; equal questions at once run once."""
    recent = recent_checks(tools)
    key = _key(wanted)
    if keep_s is not None and not fresh and (kept := recent.recall(key, keep_s)) is not None:
        return kept
    return await recent.once(key, lambda told: examine(wanted, tools, told), tell, fresh=fresh)


def recent_checks(tools: Tools) -> Recent[Examined]:
    """The checks of the last minute, one memory per process."""
    kept = tools.memory.setdefault("checks", None)
    if not isinstance(kept, Recent):
        kept = tools.memory["checks"] = Recent(tools.clock)
    return kept


def _key(wanted: Examination) -> Hashable:
    people = wanted.target.local_part is not None
    return (str(wanted.target), people, wanted.kind, wanted.ports, wanted.selectors, wanted.scheduled)


def make_reply(
    wanted: Examination, recalled: Recalled[Examined], language: str, *, details: bool = False
) -> Reply:
    """Card, document and exit status of a result."""
    found = recalled.value
    result = replace(found.result, cached_age_s=recalled.age_s)

    words = partial(advise, language=language)
    if details:
        card = details_card(result, language)
    else:
        card = verdict_card(result, language, words, found.policies)
        card = replace(card, buttons=buttons_for(result, language, repeat_of(wanted)))
    document = check_document(result, language, words)
    return Reply(card=card, document=document, status=EXIT_STATUS[result.verdict])


def repeat_of(wanted: Examination) -> str:
    """The words that ask for the same again."""
    ports = f" {','.join(map(str, wanted.ports))}" if wanted.ports else ""
    kind = f" --as {wanted.kind}" if wanted.kind else ""
    selectors = f" selectors {','.join(wanted.selectors)}" if wanted.selectors else ""
    return f"check {wanted.target}{ports}{kind}{selectors}"


def teller(call: Call) -> Tell:
    """Shows steps as progress in the asker's language."""

    async def tell(step: Step) -> None:
        await call.progress(pending_of(step, call.language))

    return tell


def pending_of(step: Step, language: str) -> Pending:
    """A step in words: how many are done, what is known so far, what is still awaited."""
    done, total = len(step.done), len(step.done) + len(step.waiting)
    waiting = ", ".join(str(endpoint.port) for endpoint in step.waiting[:MAX_STEPS_SHOWN])
    key = "check.progress-patient" if step.patient else "check.progress"
    text = rich(template(language, key), {"done": done, "total": total, "waiting": waiting})
    lines = tuple(_line(outcome, language) for outcome in step.done[-MAX_STEPS_SHOWN:])
    return Pending(text, done=done, total=total, details=lines)


def _line(outcome: EndpointOutcome, language: str) -> Text:
    key = f"check.tls-{outcome.tls}" if outcome.state == "open" else f"check.short-{outcome.state}"
    values = {
        "endpoint": outcome.endpoint.label,
        "what": template(language, key),
        "ms": f"{outcome.total_ms:.0f}",
    }
    return rich(template(language, "check.progress-line"), values)
