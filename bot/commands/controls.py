"""Which hosts are asked whether a dropped port is our network's doing."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import MailportError
from bot.knowledge.providers import all_providers
from bot.model.target import parse_target
from bot.ports import Tools
from bot.probes.uplink import Control, Uplinks
from bot.settings import Settings


def uplinks_of(tools: Tools) -> Uplinks:
    """The one asker of this process."""
    kept = tools.memory.setdefault("uplinks", None)
    if not isinstance(kept, Uplinks):
        kept = Uplinks(tools.network(), tools.clock, lambda port: controls_for(port, tools.settings))
        tools.memory["uplinks"] = kept
    return kept


def controls_for(port: int, settings: Settings) -> Sequence[Control]:
    """Hosts to ask on a port: those of the setting, else providers that publish the port.

    The setting's default names mail exchangers, which are known to listen on 25 only. Hosts that an
    operator named are asked on any port, but their silence counts only on 25 and on a port named with them.
    """
    named: list[Control] = []
    if port == 25 or "MAILPORT_CONTROL_TARGETS" in settings.sources:
        for text in settings.control_targets:
            try:
                target = parse_target(text)
            except MailportError:
                continue  # the engine's own reader complains about it
            named.append(Control(target.name, known=port in (25, target.port)))
    return [*named, *_published(port)] if len(named) < 3 and port != 25 else named


def _published(port: int) -> list[Control]:
    """Providers' hosts on a port, one each, those whose own page says so first."""
    hosts: dict[str, None] = {}
    for provider in sorted(all_providers(), key=lambda one: one.sure):
        for server in (*provider.submission, *provider.imap, *provider.pop3):
            if server.port == port and "<" not in server.host:
                hosts.setdefault(server.host)
                break
    return [Control(host) for host in hosts]
