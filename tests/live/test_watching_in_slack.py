"""The whole way in Slack: typed commands, an outage, its alert acknowledged by the button, a report every minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.serving import SmallSmtp, running, settings_for
from tests.support.slack_blocks import words_of
from tests.support.slack_standin import ADMIN, SlackStandIn
from tests.support.waiting import until


def said(slack: SlackStandIn, words: str) -> list[Any]:
    return [message for message in slack.messages if words in words_of(message)]


@pytest.mark.live
@pytest.mark.timeout(200)
async def test_watches_alerts_and_reports(tmp_path: Path, slack: SlackStandIn, smtp: SmallSmtp) -> None:
    environment = settings_for(f"sqlite:///{tmp_path / 'm.db'}", slack, smtp, MAILPORT_MIN_INTERVAL="1s")
    target = f"127.0.0.1:{smtp.port}"
    async with running(environment):
        await slack.linked()
        await slack.deliver("slash_commands", slack.command(f"watch add {target} every 1s", person=ADMIN))
        await until(lambda: said(slack, "is watched from now on, as #1"), 15)
        await until(lambda: smtp.connections >= 2, 15)
        await slack.deliver("slash_commands", slack.command("report add every minute", person=ADMIN))
        await until(lambda: said(slack, "Report #2 comes every minute"), 15)

        await smtp.stop()
        await until(lambda: said(slack, "is broken"), 15)
        (alert,) = said(slack, "is broken")
        assert "Nothing listens on port" in words_of(alert)
        await slack.deliver("interactive", slack.pressed(alert, 0, person=ADMIN))
        await until(lambda: said(slack, "is on it: no more reminders"), 15)
        await smtp.start()
        await until(lambda: said(slack, "working again since"), 15)

        await until(lambda: said(slack, "Report #2:"), 90)
        report = said(slack, "Report #2:")[0]
        chart = [block for block in report["blocks"] if block["type"] == "data_visualization"]
        assert len(chart) == 1
        assert target in words_of(report)
        await slack.deliver("slash_commands", slack.command(f"history {target}", person=ADMIN))
        await until(lambda: said(slack, f"History of {target}"), 15)
