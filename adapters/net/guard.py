"""The last gate before a connection: the exact address and port are checked once more.

Chat users choose what gets probed. Whoever plans a probe checks the target too; this gate does not
rely on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.errors import TargetRefused
from bot.model.names import IPNetwork, parse_address, refusal
from bot.model.services import MAIL_PORTS


def check_address(address: str, allowed: Iterable[IPNetwork] = ()) -> None:
    """Let a public or permitted address pass.

    Raises:
        TargetRefused: `target-forbidden`; also for what is no address at all.
    """
    parsed = parse_address(address)
    why = "no-address" if parsed is None else refusal(parsed, allowed)
    if why is not None:
        raise TargetRefused("target-forbidden", target=address, why=why)


def check_port(port: int, extra_ports: Collection[int] = ()) -> None:
    """Let a mail port or a permitted one pass.

    Raises:
        TargetRefused: `port-refused`.
    """
    if port not in MAIL_PORTS and port not in extra_ports:
        raise TargetRefused("port-refused", port=port)
