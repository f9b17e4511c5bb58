"""`port`: which host, port and security to use for a domain, an address or a provider, proven live."""

from __future__ import annotations

from dataclasses import replace

from bot.cards.model import Pending, Reply, rich
from bot.cards.settings import settings_card, settings_document
from bot.commands.definition import Call
from bot.commands.discover import claims_of, wish_for
from bot.commands.examine import make_manner
from bot.i18n import template
from bot.knowledge.providers import Provider, find_provider, provider_of_mx
from bot.model.discovery import Discovery
from bot.model.outcome import Endpoint, EndpointOutcome
from bot.model.target import Target, parse_target
from bot.probes.discovery import discover_settings
from bot.probes.plan import plan_ports, refuse_forbidden
from bot.probes.run import wait_for_goodbyes
from bot.probes.together import Step, probe_together


async def port(call: Call) -> Reply:
    """Handle `port TARGET`."""
    text = call.need("target", str)
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
    manner = make_manner(tools)
    network, clock = tools.network(), tools.clock

    async def probe(endpoint: Endpoint) -> EndpointOutcome:
        (outcome,) = await probe_together((endpoint,), network, clock, manner, _untold)
        return outcome

    async def on_step(place: str, done: int, total: int) -> None:
        shown = rich(template(call.language, "settings-card.progress"), {"place": place})
        await call.progress(Pending(shown, done, total))

    await on_step(target.name, 0, 0)
    discovery = await discover_settings(wish, network, clock, probe, on_step)
    if call.request.place.platform == "terminal":
        await wait_for_goodbyes()
    return _reply(call, str(target) if provider is None else provider.name, discovery, provider)


async def _untold(_: Step) -> None:
    """Steps of single probes, which nobody watches."""


def _target(text: str, provider: Provider | None) -> Target:
    """The target as typed; a provider's name means its first mail domain."""
    if provider is not None and "@" not in text and "." not in text and provider.domains:
        return Target(name=provider.domains[0])
    if provider is not None and "." not in text:
        return Target(name=provider.submission[0].host)
    return parse_target(text)


def _reply(call: Call, shown: str, discovery: Discovery, provider: Provider | None) -> Reply:
    known = provider or next((one for host in discovery.mx_hosts if (one := provider_of_mx(host))), None)
    login = known.login.get(call.language, "") if known is not None else ""
    notes = (f"{known.name}: {login}",) if known is not None and login else ()
    found = any(discovery.recommended.values())
    status = 0 if found else 1 if discovery.conclusive else 3
    return Reply(
        card=settings_card(shown, discovery, notes, call.language),
        document=settings_document(shown, discovery, notes),
        status=status,
    )
