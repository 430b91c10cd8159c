"""Events for whoever listens."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.engine.objects import Run
from studybuddy.engine.runs.broadcast import MOST_WAITING, Broadcast, Overrun, TextGrew, Told

RUN = Told("thread.run.queued", Run(thread_id="thread_1", assistant_id="asst_1", model="m"))
NOTE = Told("thread.message.created", {})


async def texts(broadcast: Broadcast, *events: Told | TextGrew) -> list[str]:
    listener = broadcast.listen()
    broadcast.tell(*events)
    broadcast.pause()
    found = []
    async for told in listener.events():
        delta = told.data["delta"] if isinstance(told.data, dict) and told.data else None
        found.append(delta["content"][0]["text"]["value"] if delta else told.event)
    return found


async def test_text_that_no_one_has_read_yet_waits_as_one_event() -> None:
    found = await texts(
        Broadcast(),
        TextGrew("msg_1", "A "),
        TextGrew("msg_1", "cell."),
        NOTE,
        TextGrew("msg_1", " It"),
        TextGrew("msg_2", "Other"),
    )
    assert found == ["A cell.", NOTE.event, " It", "Other"]


async def test_two_listeners_do_not_see_each_others_backlog() -> None:
    broadcast = Broadcast()
    first, second = broadcast.listen(), broadcast.listen()
    event = TextGrew("msg_1", "A")
    broadcast.tell(event)
    reading = first.events()
    await anext(reading)
    broadcast.tell(TextGrew("msg_1", "B"))
    assert "'B'" in str((await anext(reading)).data)
    assert "'AB'" in str((await anext(second.events())).data)
    assert event.text == "A"


async def test_one_who_never_reads_is_given_up_and_keeps_nothing() -> None:
    broadcast = Broadcast()
    listener = broadcast.listen()
    broadcast.tell(*[NOTE] * (MOST_WAITING + 1))
    assert not listener._waiting
    with pytest.raises(Overrun):
        await anext(listener.events())


async def test_a_change_of_the_run_wakes_who_waits_and_text_does_not() -> None:
    broadcast = Broadcast()
    since = broadcast.revision
    waiting = asyncio.create_task(broadcast.changed(since, 20))
    broadcast.tell(TextGrew("msg_1", "A"))
    await asyncio.sleep(0)
    assert broadcast.revision == since
    broadcast.tell(RUN)
    await asyncio.wait_for(waiting, 20)


async def test_waiting_ends_by_itself() -> None:
    broadcast = Broadcast()
    await broadcast.changed(broadcast.revision, 0.001)
    await broadcast.changed(broadcast.revision - 1, 1000)  # it has changed already
