"""What the sessions that are written down on chat platforms have in common."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "docs/transcripts"
GREETING = b"220 mx.example.com ESMTP\r\n"
GREETING_AFTER_S = 1.6
HEADERS = (
    "Received: from mx.example.org (mx.example.org [203.0.113.7]) by mail.example.com with ESMTPS "
    "(TLS1.3) id 7; Tue, 24 Nov 2026 10:00:03 +0000\n"
    "Received: from laptop (unknown [198.51.100.4]) by mx.example.org with ESMTPA id 6; "
    "Tue, 24 Nov 2026 10:00:01 +0000"
)


def same_every_time(lines: list[str], port: int) -> str:
    """The lines as text, with what differs from run to run made the same."""
    whole = "\n".join(lines).replace(str(port), "25025")
    whole = re.sub(r"\b\d+(?:[.,]\d+)? ms\b", "… ms", whole)
    whole = re.sub(r"\b\d+(?:[.,]\d+)? s\b", "… s", whole)
    whole = re.sub(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z| UTC)?", "2026-11-24 12:00", whole)
    return re.sub(
        r"\w{3} \d{1,2} \w{3} \d{4}, \d{2}:\d{2} UTC(?: \([^)]*\))?", "Tue 24 Nov 2026, 12:15 UTC", whole
    )
