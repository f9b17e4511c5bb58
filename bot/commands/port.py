"""`port`: which host, port and security to use for a domain, an address or a provider, proven live."""

from __future__ import annotations

from bot.advice.snippets.account import Program, account_for
from bot.advice.snippets.programs import find_program, make_snippet
from bot.advice.snippets.show import snippet_document, with_programs, with_snippet
from bot.cards.model import Button, Pending, Reply, rich
from bot.cards.settings import settings_card, settings_document
from bot.commands.definition import Call
from bot.commands.discover import claims_of, wish_for
from bot.commands.examine import make_manner
from bot.errors import TargetRefused
from bot.i18n import say, template
from bot.knowledge.providers import Provider, find_provider, provider_of_mx
from bot.model.discovery import Discovery
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.target import Target, parse_target
from bot.model.value import frozen, replace
from bot.ports import Tools
from bot.probes.discovery import Wish, discover_settings
from bot.probes.plan import plan_ports, refuse_forbidden
from bot.probes.recent import Recent
from bot.probes.run import wait_for_goodbyes
from bot.probes.together import Step, Tell, probe_together


async def port(call: Call) -> Reply:
    """Handle `port TARGET [for PROGRAM]`."""
    text = call.need("target", str)
    wanted = call.get("program", str)
    program = find_program(wanted) if wanted else None
    provider = find_provider(text)
    target = _target(text, provider)
    tools = call.tools
    plan_ports(target, (), tools.settings.extra_ports)
    if target.address is not None:
        refuse_forbidden(target.name, target.address, tools.settings.allowed_networks)
    wish = wish_for(target, tools.settings)
    if provider is not None and not wish.provider:
        wish = replace(wish, provider=claims_of(provider))
    if target.port is not None:
        wish = replace(wish, port=target.port)

    async def on_step(step: Step) -> None:
        (place,) = step.waiting[:1] or (None,)
        shown = place.label if place is not None else target.name
        await call.progress(
            Pending(rich(template(call.language, "settings-card.progress"), {"place": shown}))
        )

    # Asked again for another program: the servers are not bothered again within a minute.
    key = (target.name, target.local_part, target.port, provider.key if provider else None)
    fresh = bool(call.get("fresh", str))
    recalled = await _recent(tools).once(key, lambda tell: _discover(wish, tools, tell), on_step, fresh=fresh)
    if call.request.place.platform == "terminal":
        await wait_for_goodbyes()
    _refuse_inside(recalled.value)
    shown = str(target) if provider is None else provider.name
    asked = Asked(shown, _words_for(text, target), target, recalled.age_s)
    return _reply(call, asked, recalled.value, provider, program)


def _recent(tools: Tools) -> Recent[Discovery]:
    kept = tools.memory.setdefault("settings", None)
    if not isinstance(kept, Recent):
        kept = tools.memory["settings"] = Recent(tools.clock)
    return kept


async def _discover(wish: Wish, tools: Tools, tell: Tell) -> Discovery:
    manner = make_manner(tools)
    network, clock = tools.network(), tools.clock

    async def probe(endpoint: Endpoint) -> EndpointOutcome:
        await tell(Step((), (endpoint,)))
        (outcome,) = await probe_together((endpoint,), network, clock, manner, _untold)
        return outcome

    await tell(Step((), ()))
    return await discover_settings(wish, network, clock, probe)


def _refuse_inside(discovery: Discovery) -> None:
    """Tell as `check` does that there is nothing here that may be looked at.

    Raises:
        TargetRefused: Every server found has only addresses that must not be probed.
    """
    inside = discovery.candidates and all(one.problem == "forbidden" for one in discovery.candidates)
    if inside and discovery.refused_hosts:
        host, address, why = discovery.refused_hosts[0]
        raise TargetRefused("target-forbidden", target=f"{host} ({address})", why=why)


async def _untold(_: Step) -> None:
    """Steps of single probes, which nobody watches."""


def _target(text: str, provider: Provider | None) -> Target:
    """The target as typed; a provider's name means its first mail domain."""
    if provider is not None and "@" not in text and "." not in text and provider.domains:
        return Target(name=provider.domains[0])
    if provider is not None and "." not in text:
        return Target(name=provider.submission[0].host)
    return parse_target(text)


def _words_for(text: str, target: Target) -> str:
    """The target in words that ask for it again, without what chat programs put around addresses."""
    if "." not in text:
        return " ".join(text.split())
    return f"{target.local_part}@{target}" if target.local_part else str(target)


@frozen
class Asked:
    """What was asked for.

    Attributes:
        shown: The target's name in the answer.
        words: The target in words to ask again with.
        age_s: How old the answer is; None when it was made for this question.
    """

    shown: str
    words: str
    target: Target
    age_s: float | None = None


def _reply(
    call: Call, asked: Asked, discovery: Discovery, provider: Provider | None, program: Program | None
) -> Reply:
    known = provider or next((one for host in discovery.mx_hosts if (one := provider_of_mx(host))), None)
    login = known.login.get(call.language, "") if known is not None else ""
    notes = (f"{known.name}: {login}",) if known is not None and login else ()
    found = any(discovery.recommended.values())
    status = 0 if found else 1 if discovery.conclusive else 3
    card = settings_card(asked.shown, discovery, notes, call.language, asked.age_s)
    card = replace(card, buttons=(*card.buttons, *_again(asked, call.language)))
    document = settings_document(asked.shown, discovery, notes)
    if program is not None and found:
        account = account_for(asked.target.name, asked.target.local_part, discovery.recommended)
        snippet = make_snippet(program, account)
        card = with_snippet(card, snippet, call.language)
        document |= {"snippet": snippet_document(snippet)}
    elif found:
        card = with_programs(card, asked.words, call.language)
    return Reply(card=card, document=document, status=status)


def _again(asked: Asked, language: str) -> tuple[Button, ...]:
    command = f"port {asked.words} --fresh"
    return (Button(label=say(language, "button.run-again"), command=command),) if len(command) <= 80 else ()
