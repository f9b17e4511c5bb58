"""What Slack takes, from docs.slack.dev unless another source is named. Exceeding one loses the message."""

from __future__ import annotations

BLOCKS_PER_MESSAGE = 50
BLOCKS_PER_VIEW = 100
HEADER_CHARACTERS = 150
SECTION_CHARACTERS = 3000
BUTTONS_PER_BLOCK = 25
BUTTON_LABEL_CHARACTERS = 75
BUTTON_VALUE_CHARACTERS = 2000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLES_PER_MESSAGE = 1
CHARTS_PER_MESSAGE = 2
CHART_TITLE_CHARACTERS = 50
CHART_POINTS = 20
CHART_LABEL_CHARACTERS = 20
VIEW_TITLE_CHARACTERS = 24
INPUT_CHARACTERS = 3000
VIEW_METADATA_CHARACTERS = 3000
# Of the fallback text; Slack cuts at 40,000 and recommends 4,000.
FALLBACK_CHARACTERS = 3800
# `msg_blocks_too_long` beyond about 13,200 over all blocks (bolt-js#2509, undocumented). What exactly
# Slack counts is unknown, so we count the JSON itself, and leave room for escaped accents and emoji.
MESSAGE_CHARACTERS = 11_500
# One answer becomes at most so many messages; what is left goes into a file.
MESSAGES_PER_ANSWER = 3
RESPONSE_URL_USES = 5
RESPONSE_URL_LIFETIME_S = 1800.0
