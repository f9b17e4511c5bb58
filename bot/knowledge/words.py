"""Words of questions: folding, splitting, stemming and the language they are in."""

from __future__ import annotations

import re

_FOLD = str.maketrans(
    "áàâäãéèêëíìîïóòôöõúùûüñçÁÀÂÄÉÈÊËÍÌÎÏÓÒÔÖÚÙÛÜÑÇ‘’“”´`–—",
    "aaaaaeeeeiiiiooooouuuuncaaaaeeeeiiiioooouuuunc''\"\"''--",
)
WORD = re.compile(r"[a-z]+[0-9]+[a-z0-9]*|[a-z]+|[0-9]+")


def fold(text: str) -> str:
    """Lower case without accents, of the same length as what it was made from."""
    return text.translate(_FOLD).lower()
