"""Whatever is done with branches, each run finds just what is shown, and no message is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.chat.context import request_messages
from studybuddy.chat.run_text import BETWEEN
from studybuddy.domain.assistant_ports import RunRequest
from studybuddy.domain.events import TextDelta, TurnEvent, TurnStarted
from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.runs import RunStatus
from studybuddy.domain.variations import CONTINUED, SIMPLER
from tests.support.run_scripts import Cuts, Ends, NewMessage, Pauses, Says, Script
from tests.support.scripted_assistants import DOWN, ScriptedAssistants, Thread
from tests.support.scripted_provider import ENDPOINT
from tests.support.scripted_runs import ScriptedRun
from tests.support.study_room import StudyRoom
from tests.support.virtual_time import in_no_time

QUESTIONS = ("Why?", "How?", "When?")
LONG = 40.0
"""Seconds between words where a run is to be interfered with."""

KINDS = ("whole", "whole", "two", "cut", "fails", "breaks", "slow", "slow")


def script_of(kind: str, number: int) -> Script:
    """What a run does; no two say the same."""
    first, second = Says(f"a{number} says"), Says(f"more{number} of it")
    match kind:
        case "two":
            return [first, NewMessage(), second]
        case "cut":
            return [first, Ends(RunStatus.INCOMPLETE, incomplete_reason="max_completion_tokens")]
        case "fails":
            return [Ends(RunStatus.FAILED, "Out of memory.")]
        case "breaks":
            return [first, Ends(RunStatus.FAILED, "Out of memory.")]
        case "slow":
            return [Says(f"a{number}"), Cuts(), Pauses(LONG), second]
    return [first]


class Watched(ScriptedAssistants):
    """Keeps what each run finds on its thread."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__(*scripts, lifetime=None)
        self.found: list[list[tuple[Role, str]]] = []

    def _start(self, thread: Thread, request: RunRequest) -> ScriptedRun:
        run = super()._start(thread, request)
        said: list[tuple[Role, str]] = []
        run_id = ""
        for message in thread.messages:
            if message.run_id and message.run_id == run_id:
                said[-1] = (message.role, said[-1][1] + BETWEEN + message.text)
            else:
                said.append((message.role, message.text))
            run_id = message.run_id
        self.found.append(said)
        return run


class Student:
    """Does with a conversation what can be done, and checks it after each."""

    def __init__(self, scripts: list[str], seed: int) -> None:
        self.server = Watched(*(script_of(kind, n) for n, kind in enumerate(scripts)))
        self.room = StudyRoom(server=self.server)
        self.random = random.Random(seed)
        self.deleted: list[tuple[str, ...]] = []
        self.seen: dict[str, Message] = {}
        self.aside: StudyRoom | None = None
        """Another window on the same conversation; it may have seen less."""

    @property
    def shown(self) -> list[Message]:
        return list(self.room.session.messages)

    def any_of(self, role: Role | None = None) -> Message | None:
        wanted = [m for m in self.shown if role in (None, m.role)]
        return self.random.choice(wanted) if wanted else None

    async def do(self, what: str) -> None:
        session = self.room.session
        match what:
            case "send":
                await self.turn(session.send(self.random.choice(QUESTIONS), ENDPOINT))
            case "retry" if session.last_question():
                await self.turn(session.retry(ENDPOINT))
            case "vary" if session.last_question():
                await self.turn(session.retry(ENDPOINT, variation=SIMPLER))
            case "retry one" if (answer := self.any_of(Role.ASSISTANT)) and self.shown[
                0
            ].role is Role.USER:
                await self.turn(session.retry(ENDPOINT, message_id=answer.id))
            case "edit" if question := self.any_of(Role.USER):
                text = self.random.choice((*QUESTIONS, question.text))
                await self.turn(session.edit(question.id, text, ENDPOINT))
            case "go on" if session.can_go_on:
                await self.turn(session.go_on(ENDPOINT))
            case "walk" if message := self.any_of():
                await session.show_alternative(message.id, self.random.choice((-1, 1)))
            case "jump":
                await session.show_message(self.random.choice([*self.seen, ""]))
            case "delete" if message := self.any_of():
                with suppress(StudyBuddyError):  # the other window left an answer under way
                    self.deleted.append(await session.delete_message(message.id))
            case "restore" if self.deleted:
                with suppress(StudyBuddyError):
                    await session.restore_messages(self.deleted[-1])
                    self.deleted.pop()
            case "restart":
                await session.leave()
                await self.restart()
            case "other window":
                await self.use_the_other_window()
            case "wait":
                await asyncio.sleep(3 * LONG)
            case "lose the reply":
                self.server.lost["create_run"].append(DOWN)
            case "thread is gone":
                self.server.threads.clear()
        await self.check()

    async def use_the_other_window(self) -> None:
        """Go on in the other window, as it is, once no turn is under way in this one."""
        await self.room.session.leave()
        other = self.aside
        if other is None:
            other = StudyRoom(server=self.server, data=self.room.store.data)
            opened = await other.store.load(self.room.session.head.id)
            assert opened is not None
            other.session = other._session(opened, new=False)
        self.aside, self.room = self.room, other

    async def restart(self) -> None:
        self.aside = None
        run = await self.room.reopen()
        if run is not None and self.room.session.shows(run):
            await self.turn(self.room.session.follow(run))

    async def turn(self, events: AsyncGenerator[TurnEvent]) -> None:
        """A turn that ends by itself, is stopped, is left alone, or loses the server."""
        session, began = self.room.session, len(self.server.found)
        expected: list[tuple[Role, str]] = []
        fates = ("ends", "ends", "ends", "is stopped", "is unseen", "is left", "is lost", "is down")
        fate = self.random.choice(fates)
        task: asyncio.Task[None] | None = None
        async for event in events:
            if isinstance(event, TurnStarted):
                followed = event.answer.id in event.replaced
                await self.check_shown(followed)
                expected = [] if followed else self.expected(event)
                if fate == "is down":
                    self.server.down = DOWN
                elif fate == "is lost":
                    self.server.lost["create_run"].append(DOWN)
                    self.server.failures["active_run"].extend([DOWN] * 9)
            if isinstance(event, TextDelta) and task is None:
                if fate == "is stopped":
                    task = asyncio.create_task(session.stop())
                elif fate == "is left":
                    task = asyncio.create_task(session.leave())
                elif fate == "is unseen":
                    self.server.down = DOWN
        self.server.down = None
        self.server.failures.clear()
        if task is not None:
            await task
        if fate == "is left" and task is not None:
            await self.restart()
        for found in self.server.found[began : began + 1]:
            if expected:
                assert found == expected

    async def check_shown(self, followed: bool) -> None:
        """What is asked with is what is on disk, whatever the other window did before."""
        stored = await self.room.store.load(self.room.session.head.id)
        assert stored is not None
        if not followed:
            assert [m.id for m in stored.messages] == [m.id for m in self.shown]

    def expected(self, started: TurnStarted) -> list[tuple[Role, str]]:
        """What the run is to find: the branch that is shown, and the question."""
        *before, question, answer = self.shown
        assert (question, answer) == (started.question, started.answer)
        told = [*request_messages((), before), (Role.USER, question.text)]
        if answer.variation == CONTINUED.label:
            told += [(Role.ASSISTANT, answer.text), (Role.USER, CONTINUED.instruction)]
        return told

    async def check(self) -> None:
        session = self.room.session
        tree = await session.tree()
        assert self.seen.keys() <= tree.messages.keys()
        for message in self.seen.values():
            now = tree.messages[message.id]
            if message.state is MessageState.COMPLETE:
                assert (now.text, now.state) == (message.text, message.state)
        deleted = {message_id for ids in self.deleted for message_id in ids}
        assert {m.id for m in tree.messages.values() if m.deleted} <= deleted
        self.seen = dict(tree.messages)
        stored = await self.room.store.load(session.head.id)
        if stored is not None and self.aside is None and not session._expected:
            assert [m.id for m in stored.messages] == [m.id for m in self.shown]
            assert stored.head.thread_id == session.head.thread_id


COMMON = ("send", "send", "send", "retry", "vary", "edit", "walk", "walk", "go on", "go on")
ACTIONS = (
    *COMMON,
    *("jump", "delete", "restore", "restart", "wait", "retry one"),
    *("lose the reply", "thread is gone", "other window", "other window"),
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=30),
    st.lists(st.sampled_from(ACTIONS), max_size=14),
    st.integers(0, 10_000),
)
def test_a_run_finds_on_its_thread_just_the_branch_that_is_shown(
    scripts: list[str], actions: list[str], seed: int
) -> None:
    async def study() -> None:
        student = Student(scripts, seed)
        for action in ["send", *actions]:
            await student.do(action)

    in_no_time(study())
