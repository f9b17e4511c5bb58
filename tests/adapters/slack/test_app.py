"""The Bolt app: few listeners, each of which is done when it returns; buttons that outlive the process."""

from __future__ import annotations

from adapters.slack import api
from bot.cards.model import Button, Card
from tests.adapters.slack.conftest import Bench, make_adapter, said, settings_for
from tests.support.slack_standin import SlackStandIn, until


async def test_bolt_answers_when_the_listener_returns_instead_of_polling(bench: Bench) -> None:
    parts = bench.adapter._parts
    assert parts is not None
    assert parts.app._async_listener_runner.process_before_response


async def test_there_is_one_listener_each_for_commands_buttons_forms_and_events(bench: Bench) -> None:
    parts = bench.adapter._parts
    assert parts is not None
    assert [listener.ack_function.__name__ for listener in parts.app._async_listeners] == [
        "on_command", "on_action", "on_view", "on_event",
    ]  # fmt: skip


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
