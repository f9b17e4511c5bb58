"""What tests against real servers share."""

from __future__ import annotations

from tests.support.started import slack, smtp

__all__ = ["slack", "smtp"]
