"""The Bolt app: one way in, which is done when it returns; buttons that outlive the process."""

from __future__ import annotations

from adapters.slack import api
from adapters.slack.app import Intake
from bot.cards.model import Button, Card
from tests.adapters.slack.conftest import Bench, make_adapter, settings_for
from tests.support.scripted import said
from tests.support.slack_standin import SlackStandIn
from tests.support.waiting import until


async def test_bolt_answers_when_the_listener_returns_instead_of_polling(bench: Bench) -> None:
    parts = bench.adapter._parts
    assert parts is not None
    assert parts.app._async_listener_runner.process_before_response


async def test_everything_that_slack_sends_is_taken_in_one_place(bench: Bench) -> None:
    """Bolt pays for each listener that it looks at; there is none."""
    parts = bench.adapter._parts
    assert parts is not None
    assert parts.app._async_listeners == []
    assert isinstance(parts.app._async_middleware_list[-1], Intake)


async def test_the_client_waits_for_429_and_shares_the_session(bench: Bench) -> None:
    parts = bench.adapter._parts
    assert parts is not None
    assert parts.api.client.session is parts.session
    assert any(isinstance(one, api.RateLimited) for one in parts.api.client.retry_handlers)


async def test_a_button_of_before_a_restart_works(slack: SlackStandIn) -> None:
    async def running() -> Bench:
        adapter = make_adapter(settings_for(slack))
        await adapter.start()
        await until(lambda: adapter.status() == "ok")
        return Bench(slack, adapter)

    first = await running()
    first.answers_with(Card(title="Check", buttons=(Button("Run again", "check example.com"),)))
    await first.command("check example.com")
    await first.settled()
    await first.adapter.stop(1.0)
    second = await running()
    second.answers_with(said("again"))
    await second.press(slack.messages[0])
    await second.settled()
    assert [request.text for request in second.asked] == ["check example.com"]
    await second.adapter.stop(1.0)
