"""What is looked for when a domain's settings for people are discovered, with the provider table's word."""

from __future__ import annotations

from bot.knowledge.providers import Provider, provider_of_domain, provider_of_mx
from bot.model.discovery import SERVICES_OF_CLIENTS, Published
from bot.model.target import Target
from bot.probes.discovery import Wish
from bot.settings import Settings


def wish_for(target: Target, settings: Settings) -> Wish:
    """Look for the settings of a domain or of an address in it."""
    return Wish(
        domain=target.name,
        local_part=target.local_part,
        ispdb_url=settings.ispdb_url,
        provider=claims_of(provider_of_domain(target.name)),
        provider_of_mx=lambda host: claims_of(provider_of_mx(host)),
        extra_ports=settings.extra_ports,
    )


def claims_of(provider: Provider | None) -> tuple[Published, ...]:
    """What the provider table says, as claims; hosts that differ per customer can't be probed."""
    if provider is None:
        return ()
    return tuple(
        Published(
            source="provider",
            service=service,
            host=server.host,
            port=server.port,
            security=server.security,
            origin=provider.name,
            rank=rank,
        )
        for service in SERVICES_OF_CLIENTS
        for rank, server in enumerate(provider.servers(service))
        if "<" not in server.host
    )
