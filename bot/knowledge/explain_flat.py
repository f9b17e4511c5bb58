"""A pasted text made comparable: one line, lower case, continuation codes of SMTP replies taken out."""

from __future__ import annotations

import re
from bisect import bisect_right

from bot.model.value import frozen

MAX_LINE_SHOWN = 300
# "550-5.7.26 This mail has been blocked because the\n550-5.7.26 sender is unauthenticated." is one sentence.
_AGAIN = re.compile(r"(?<= )([2-5]\d\d)([- ])([245]\.\d{1,3}\.\d{1,3} )?")
_FOLDS = str.maketrans(
    {
        "á": "a", "é": "e", "í": "i", "ó": "o", "ú": "u", "ü": "u", "ñ": "n", "¿": " ", "¡": " ",
        "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "`": "'", "´": "'",
        "\u00a0": " ", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\t": " ", "\r": " ", "\n": " ",
    }
)  # fmt: skip


@frozen
class Flat:
    """A text in the form that rules are matched against.

    Attributes:
        raw: As pasted.
        text: Lower case, one line, single characters folded; never longer than raw, mostly.
        starts: Position in `text` at which each line begins.
        lines: The lines as pasted.
    """

    raw: str
    text: str
    starts: tuple[int, ...]
    lines: tuple[str, ...]

    def line_at(self, position: int) -> tuple[int, str]:
        """Number (from 1) and words of the line at a position; (0, "") when there is only one line."""
        if len(self.lines) < 2:
            return 0, ""
        index = bisect_right(self.starts, position) - 1
        return index + 1, self.lines[index][:MAX_LINE_SHOWN]


def flatten(text: str) -> Flat:
    """Bring a text into the form that rules are matched against."""
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    said: tuple[str, str] = ("", "")
    for line in lines:
        spaced = line.replace("\\r", " ").replace("\\n", " ") if "\\" in line else line
        folded = " ".join(spaced.lower().translate(_FOLDS).split())
        # Exim's router of that name stands in every line; it says nothing of the DNS.
        folded = folded.replace("r=dnslookup", "r=router")
        folded, said = _without_repeats(folded, said)
        starts.append(length)
        parts.append(folded)
        length += len(folded) + 1
    return Flat(text, " ".join(parts), tuple(starts), lines)


def _without_repeats(line: str, said: tuple[str, str]) -> tuple[str, tuple[str, str]]:
    kept: list[str] = []
    position = 0
    for match in _AGAIN.finditer(" " + line):
        begin, end = max(match.start() - 1, 0), match.end() - 1
        code = (match[1], match[3] or "")
        if code[0] == said[0] and code[1] in ("", said[1]):
            kept.append(line[position:begin])
            position = end
        elif match[2] == "-":
            said = code
    kept.append(line[position:])
    return "".join(kept), said
