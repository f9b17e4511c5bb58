"""How many pasted errors get their right cause: `python -m tests.bot.knowledge.evaluate_errors [FILE] [--show]`.

Without `--show` only the share is printed, so that a held-out file stays unread.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bot.knowledge.explain import diagnose

DEFAULT = Path(__file__).resolve().parents[4] / "shared/knowledge/errors.dev.jsonl"


def main() -> int:
    """Print what is wrong, then the share that is right."""
    words = [word for word in sys.argv[1:] if word != "--show"]
    show = "--show" in sys.argv
    path = Path(words[0]) if words else DEFAULT
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    right = 0
    for row in rows:
        found = diagnose(row["text"])
        if found.cause == row["cause"] or found.cause in row.get("also_ok", ()):
            right += 1
        elif show:
            print(f"{row['id']}: {found.cause} ({found.confidence}), expected {row['cause']}: {row['text']}")
    print(f"{right} of {len(rows)} right: {right / max(len(rows), 1):.1%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
