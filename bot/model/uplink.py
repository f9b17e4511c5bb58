"""Whether a filtered port is our network's doing or theirs."""

from __future__ import annotations

from typing import Literal

from bot.model.value import frozen

Blame = Literal["network-blocks", "they-drop", "no-way-out", "cannot-tell"]
Confidence = Literal["sure", "likely", "unsure"]


@frozen(kw_only=True)
class Uplink:
    """The answer to "is it me or them?" for one port and address family.

    Attributes:
        blame: "network-blocks": outgoing connections to this port die near us. "they-drop": the
            port works from here to others. "no-way-out": nothing at all gets out.
        why: Key of `uplink.<key>`, the sentence that explains it.
        answered: Control hosts that answered on the port.
        silent: Control hosts that did not.
        other_ports: "host:port" of other mail ports that answered from here.
        age_s: Seconds since the controls were asked; 0 when just now.
    """

    port: int
    family: Literal[4, 6]
    blame: Blame
    confidence: Confidence
    why: str
    answered: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    other_ports: tuple[str, ...] = ()
    age_s: float = 0.0

    @property
    def finding(self) -> str | None:
        """The finding's id when the network is to blame."""
        return f"egress-{self.port}-blocked" if self.blame == "network-blocks" and self.port == 25 else None
