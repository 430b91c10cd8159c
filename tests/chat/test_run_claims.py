"""Runs of apps that are gone, where their answers are in branches that are not shown."""

from __future__ import annotations

from studybuddy.domain.messages import MessageState
from tests.chat.test_desk import Room, read
from tests.chat.test_windows import a_thread
from tests.support.run_scripts import Says
from tests.support.scripted_assistants import ScriptedAssistants
from tests.support.scripted_provider import ENDPOINT
from tests.support.study_room import finished
from tests.support.virtual_time import virtually


@virtually
async def test_a_run_of_another_branch_is_given_once_that_is_shown() -> None:
    room = Room(ScriptedAssistants([Says("one two three", pause=5)], [Says("four")]))
    thread_id = await a_thread(room)
    again = room.restart()
    await again.desk.claim_runs()
    session = await again.desk.open(thread_id)
    assert session is not None
    question, answer = session.messages
    await read(session.edit(question.id, "Else?", ENDPOINT))
    assert await again.desk.resume_runs() == []

    last = again.restart()
    await last.desk.claim_runs()
    session = await last.desk.open(thread_id)
    assert session is not None
    assert [m.text for m in session.messages] == ["Else?", "four"]
    assert await last.desk.resume_runs() == []
    assert not session.elsewhere
    assert await session.show_message(answer.id)
    assert session.messages[-1].state is MessageState.STREAMING
    [(resumed, run)] = await last.desk.resume_runs()
    assert resumed is session
    assert finished([e async for e in resumed.follow(run)]).answer.text == "one two three"
    assert last.store.data.runs == {}
