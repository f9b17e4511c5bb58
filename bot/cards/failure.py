"""The card of something that could not be done: one clear line, and what would be right."""

from __future__ import annotations

from bot.cards.model import Button, Card, Paragraph, rich
from bot.cards.plaintext import text_of
from bot.errors import MailportError, SlowDown, Unavailable
from bot.i18n import has, say, template

MAX_DETAIL = 200


def failure_card(problem: MailportError, language: str) -> Card:
    """A private card that says what was wrong and what would be right, in at most four lines."""
    key = f"error.{problem.key}"
    if not has(language, key):
        key = "error.generic"
    # One line: what somebody pasted may hold more of them.
    details = {name: " ".join(str(value)[:MAX_DETAIL].split()) for name, value in problem.details.items()}
    example = f"{details.get('command_key', '')}.example"
    if has(language, example):
        details["example"] = template(language, example)
    # Words that are a key themselves: said in the language too.
    for name, group in (("expected", "expect"), ("why", "refusal")):
        if has(language, f"{group}.{details.get(name, '')}"):
            details[name] = say(language, f"{group}.{details[name]}")
    text = rich(template(language, key), details)
    buttons: tuple[Button, ...] = ()
    if "suggestion" in details:
        buttons = (
            Button(label=say(language, "button.do-that"), command=details["suggestion"], style="primary"),
        )
    tone = "unknown" if isinstance(problem, Unavailable | SlowDown) else "warning"
    return Card(
        title="",
        tone=tone,  # type: ignore[arg-type]  # mypy widens the conditional to str
        blocks=(Paragraph(text),),
        buttons=buttons,
        summary=text_of(text, links=False),
        private=True,
        language=language,
    )
