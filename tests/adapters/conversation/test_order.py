"""Answers in the order of the questions, and nobody held up for good."""

from __future__ import annotations

import asyncio

import pytest

from adapters.conversation import order
from adapters.conversation.order import Order, Slot


async def speak(
    slot: Slot, name: str, said: list[str], *, after_s: float = 0.0, takes_s: float = 0.0
) -> None:
    with slot:
        await asyncio.sleep(after_s)
        await slot.turn()
        await asyncio.sleep(takes_s)
        said.append(name)


async def test_answers_come_in_the_order_of_the_questions() -> None:
    orders, said = Order(), list[str]()
    slots = [orders.take("T1", "C1") for _ in range(5)]
    waits = (0.03, 0.0, 0.02, 0.01, 0.0)
    await asyncio.gather(*(speak(slot, f"{n}", said, after_s=waits[n]) for n, slot in enumerate(slots)))
    assert said == ["0", "1", "2", "3", "4"]


async def test_channels_do_not_wait_for_one_another() -> None:
    orders, said = Order(), list[str]()
    await asyncio.gather(
        speak(orders.take("T1", "C1"), "slow", said, after_s=0.05),
        speak(orders.take("T1", "C2"), "quick", said),
    )
    assert said == ["quick", "slow"]


async def test_one_that_does_not_come_to_it_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(order, "PATIENCE_S", 0.05)
    orders, said = Order(), list[str]()
    await asyncio.gather(
        speak(orders.take("T1", "C1"), "late", said, after_s=0.2),
        speak(orders.take("T1", "C1"), "next", said),
    )
    assert said == ["next", "late"]


async def test_one_that_is_speaking_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "PATIENCE_S", 0.05)
    orders, said = Order(), list[str]()
    await asyncio.gather(
        speak(orders.take("T1", "C1"), "long", said, takes_s=0.2),
        speak(orders.take("T1", "C1"), "next", said),
    )
    assert said == ["long", "next"]


async def test_one_that_gives_up_holds_nobody_up() -> None:
    orders, said = Order(), list[str]()
    first, second = orders.take("T1", "C1"), orders.take("T1", "C1")
    first.release()
    await asyncio.wait_for(speak(second, "second", said), 1.0)
    assert said == ["second"]


async def test_a_channel_whose_last_has_spoken_is_forgotten() -> None:
    orders = Order()
    slot = orders.take("T1", "C1")
    slot.release()
    orders.done("T1", "C1", slot)
    assert orders._last == {}
