"""A hundred texts that should do no harm: as a question, as a target, as the greeting of a server."""

from __future__ import annotations

_MENTIONS = (
    "<!channel>", "<!here>", "<!everyone>", "<!channel|all of you>", "<!here|here>", "<@U123>", "<@W123|boss>",
    "<#C123>", "<#C123|general>", "<!subteam^S123>", "<!subteam^S123|@oncall>", "<!date^1392734382^{date}|x>",
    "@channel", "@here", "@everyone", "@group", "@Channel @HERE @EveryOne", "<@123456789012345678>",
    "<@&123456789012345678>", "<#123456789012345678>", "<:emoji:123456789012345678>", "<t:1700000000:R>",
    "&lt;!channel&gt;", "&amp;lt;!here&amp;gt;", "&#60;!channel&#62;", "\uff1c!channel\uff1e", "<\u200b!channel>",
    "@\u200beveryone", "<!channel\n>", "<<!channel>>", "<!", "<@", "@", "<>",
)  # fmt: skip
_MARKUP = (
    "*bold* _italic_ ~gone~", "**bold** __under__ ||spoiler||", "`code` ``code`` ```block```", "```\n<!channel>\n```",
    "> quote\n>>> all the rest", "# head\n## head\n- list\n1. list", "[label](https://evil.example)",
    "<https://evil.example|your bank>", "<https://evil.example>", "<mailto:a@b.example|mail>", "<tel:+1|call>",
    "<slack://open|open>", "javascript:alert(1)", "[x](javascript:alert(1))", "![img](https://evil.example/a.png)",
    "https://evil.example/?a=1&b=<!here>", "\\*not\\* \\`bold\\`", "\\\\\\", "*" * 500, "`" * 500, "~~" * 300, "||" * 300,
    '{"blocks": [{"type": "divider"}]}', '{"text": "<!channel>"}', "payload=%7B%7D&token=x", "${jndi:ldap://x}",
    "{target} {port} {0} %s %(x)s", "</code><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&nbsp;&copy;",
)  # fmt: skip
_SIGNS = (
    "\x1b[31mred\x1b[0m", "\x1b]8;;http://evil\x07link\x1b]8;;\x07", "\x1b[2J\x1b[H", "\x9b31mred", "\x07" * 100, "\x08" * 50,
    "\u202eevil\u202c", "\u2066x\u2069\u2067y\u2069", "\u200f\u200e\u061c", "a\0b\0c", "\0" * 2000, "\r\nInjected: yes\r\n",
    "line\u2028line\u2029line\x85line", "\ud800 lone", "\udfff", "\ufffe\uffff", "\U000e0041\U000e007f", "\ufeff" * 10,
    "Z" + "\u0301" * 2000, "\u0489" * 1000, "\N{PILE OF POO}" * 3000, "\N{FAMILY}\u200d" * 1000, ":boom:" * 3000,
    "\N{REGIONAL INDICATOR SYMBOL LETTER D}\N{REGIONAL INDICATOR SYMBOL LETTER E}" * 1000, "\u2060" * 500, "ﷺ" * 300,
    "\u3164" * 100, "\u115f" * 50,
)  # fmt: skip
_SIZES = (
    "A" * 40_000,
    "word " * 8_000,
    "\n" * 5_000,
    " " * 5_000,
    "<!channel> " * 3_000,
    "x," * 20_000,
    "1" * 10_000,
    "\t" * 3_000,
)
HOSTILE: tuple[str, ...] = (*_MENTIONS, *_MARKUP, *_SIGNS, *_SIZES)
