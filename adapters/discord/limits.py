"""Discord's limits, each once. Source: Discord's API documentation (mid 2026)."""

from __future__ import annotations

CONTENT = 2000
EMBED_TOTAL = 6000  # title, description, field names and values, footer, over all embeds of a message
TITLE = 256
DESCRIPTION = 4096
BUTTONS_PER_ROW = 5
ROWS = 5
BUTTON_LABEL = 80
CUSTOM_ID = 100
MODAL_TITLE = 45
MODAL_LABEL = 45
MODAL_TEXT = 4000
CHOICES = 25
CHOICE_NAME = 100
COMMAND_DESCRIPTION = 100
UPLOAD_BYTES = 10 * 1024 * 1024
NONCE = 25
# More messages than this for one answer would flood a channel: the rest goes into a file.
MESSAGES = 3
