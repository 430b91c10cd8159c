"""What every store of followed runs does; the suite is run on each implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Protocol

import pytest

from studybuddy.domain.assistant_ports import FollowedRun, RunStore
from studybuddy.domain.messages import Message, MessageState, new_id
from studybuddy.domain.ports import ConversationStore
from tests.contract.conversation_store import a_conversation, answered, asked


class App(ConversationStore, Protocol):
    """One instance of the app, as far as its stores go."""

    @property
    def runs(self) -> RunStore:
        """The runs that it follows."""
        ...


class World(Protocol):
    """One set of data, and instances of the app that share it."""

    def start(self) -> App:
        """Start an instance."""
        ...

    async def kill(self, store: App) -> None:
        """End an instance as `kill -9` would: nothing it had under way is finished."""
        ...


async def a_run(app: App, run_id: str = "run_1") -> tuple[FollowedRun, Message]:
    """A conversation whose answer is under way, with its run followed."""
    head, question = a_conversation(), asked()
    answer = answered("", question, MessageState.STREAMING)
    await app.save(head)
    await app.add(head.id, question, answer)
    run = FollowedRun(run_id, "thread_1", head.id, answer.id, "lab")
    await app.runs.follow(run)
    return run, answer


async def last_message(app: App, run: FollowedRun) -> Message:
    opened = await app.load(run.conversation_id)
    assert opened is not None
    return opened.messages[-1]


class RunStoreContract:
    """Subclasses give the fixture `world`."""

    @pytest.fixture
    def app(self, world: World) -> App:
        return world.start()

    async def test_a_run_of_an_app_that_lives_is_claimed_by_no_one(
        self, world: World, app: App
    ) -> None:
        await a_run(app)
        assert await app.runs.claim_runs() == []
        assert await world.start().runs.claim_runs() == []

    async def test_a_run_of_an_app_that_is_gone_is_claimed_once_with_its_answer(
        self, world: World, app: App
    ) -> None:
        run, answer = await a_run(app)
        await app.journal(answer.id, "Light is")
        await world.kill(app)
        next_app = world.start()
        assert await next_app.runs.claim_runs() == [run]
        assert await last_message(next_app, run) == replace(answer, text="Light is")
        await next_app.journal(answer.id, "Light is a wave")
        assert (await last_message(next_app, run)).text == "Light is a wave"
        third = world.start()
        assert await third.runs.claim_runs() == []
        assert (await last_message(third, run)).state is MessageState.STREAMING
        await world.kill(next_app)
        assert await third.runs.claim_runs() == [run]

    async def test_an_answer_that_was_read_before_its_run_is_claimed_loses_no_text(
        self, world: World, app: App
    ) -> None:
        run, answer = await a_run(app)
        await app.journal(answer.id, "Light is")
        await world.kill(app)
        next_app = world.start()
        assert (await last_message(next_app, run)).state is MessageState.INTERRUPTED
        assert await next_app.runs.claim_runs() == [run]
        assert await last_message(next_app, run) == replace(answer, text="Light is")

    async def test_a_run_that_is_over_is_forgotten(self, world: World, app: App) -> None:
        run, _ = await a_run(app)
        await app.runs.run_over(run.run_id)
        await app.runs.run_over(run.run_id)
        await world.kill(app)
        assert await world.start().runs.claim_runs() == []

    @pytest.mark.parametrize(
        "state", [MessageState.COMPLETE, MessageState.STOPPED, MessageState.FAILED]
    )
    async def test_an_answer_that_was_finished_before_the_end_is_not_opened_again(
        self, world: World, app: App, state: MessageState
    ) -> None:
        run, answer = await a_run(app)
        done = replace(answer, text="A wave.", state=state)
        await app.finish(done)
        await world.kill(app)
        for _ in range(2):
            next_app = world.start()
            assert await next_app.runs.claim_runs() == []
            assert await last_message(next_app, run) == done

    async def test_what_the_student_has_answered_so_far_comes_back_with_the_run(
        self, world: World, app: App
    ) -> None:
        run, _ = await a_run(app)
        await app.runs.save_action_draft(run.run_id, '{"0": "b"}')
        await app.runs.save_action_draft(run.run_id, '{"0": "b", "1": "学 \ud83d"}')
        await app.runs.save_action_draft("run_unknown", "{}")
        await world.kill(app)
        [claimed] = await world.start().runs.claim_runs()
        assert claimed.action_draft.startswith('{"0": "b", "1": "学')
        assert replace(claimed, action_draft="") == run

    async def test_only_one_of_several_apps_gets_a_run(self, world: World, app: App) -> None:
        for number in range(5):
            await a_run(app, f"run_{number}")
        await world.kill(app)
        apps = [world.start() for _ in range(4)]
        claims = await asyncio.gather(*(a.runs.claim_runs() for a in apps))
        found = [run.run_id for runs in claims for run in runs]
        assert sorted(found) == [f"run_{number}" for number in range(5)]

    async def test_a_deleted_conversation_takes_its_runs_along(
        self, world: World, app: App
    ) -> None:
        gone, _ = await a_run(app, "run_gone")
        kept, _ = await a_run(app, "run_kept")
        await app.delete(gone.conversation_id)
        await app.runs.follow(gone)
        await app.runs.follow(replace(kept, run_id="run_nowhere", answer_id=new_id()))
        await world.kill(app)
        assert await world.start().runs.claim_runs() == [kept]

    async def test_a_run_followed_again_is_there_once(self, world: World, app: App) -> None:
        run, _ = await a_run(app)
        await app.runs.follow(run)
        await world.kill(app)
        next_app = world.start()
        assert await next_app.runs.claim_runs() == [run]
        await next_app.runs.follow(run)
        await world.kill(next_app)
        assert await world.start().runs.claim_runs() == [run]
