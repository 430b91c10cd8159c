"""What every AssistantService does, whatever stands behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from studybuddy.domain.assistant_ports import (
    AssistantService,
    MessageDelta,
    MessageSeen,
    RunChanged,
    RunEvent,
    RunRequest,
    StepSeen,
)
from studybuddy.domain.assistants import AssistantSpec, Function, NoteStatus, Source, Tool
from studybuddy.domain.messages import Role
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.domain.runs import CodeCall, FunctionCall, Run, RunStatus, StepStatus

QUIZ = Function("display_quiz", "Ask the student.", '{"type":"object","properties":{}}')
SPEC = AssistantSpec(
    name="Math Tutor 学",
    instructions="Be kind.",
    description="Helps.",
    tools=frozenset({Tool.CODE_INTERPRETER}),
    functions=(QUIZ,),
    preset="math",
)
NOWHERE = "thread_nowhere"


class Stage(Protocol):
    """A service, and the script of what its model does."""

    @property
    def service(self) -> AssistantService:
        """It."""
        ...

    def says(self, text: str) -> None:
        """The next answer of the model is this text."""
        ...

    def calls(self, *wanted: tuple[str, str]) -> None:
        """The next answer calls these functions, by name and arguments."""
        ...

    def runs_code(self, code: str, logs: str) -> None:
        """The next answer has code run, which prints `logs`."""
        ...

    def hangs(self, text: str) -> asyncio.Event:
        """The next answer says `text` and no more before the event is set."""
        ...

    def fails(self, sentence: str) -> None:
        """The next run fails with this sentence."""
        ...

    async def lose_connections(self) -> None:
        """Break every stream of events that is under way, while the runs go on."""
        ...


async def a_thread(service: AssistantService) -> tuple[str, str]:
    """Ids of a new assistant and a new thread."""
    return (await service.create_assistant(SPEC)).id, await service.create_thread()


async def all_of(events: AsyncGenerator[RunEvent]) -> list[RunEvent]:
    async with asyncio.timeout(20), aclosing(events):
        return [event async for event in events]


def last_run(events: Sequence[RunEvent]) -> Run:
    return [event.run for event in events if isinstance(event, RunChanged)][-1]


def streamed(events: Sequence[RunEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, MessageDelta))


async def ask(
    service: AssistantService, thread_id: str, assistant_id: str, question: str = "Why?"
) -> list[RunEvent]:
    """The events of a run, to where its stream ends."""
    return await all_of(service.create_run(thread_id, RunRequest(assistant_id, question=question)))


async def over(service: AssistantService, thread_id: str, run_id: str) -> Run:
    """The run once it is over, by polling."""
    tag = ""
    async with asyncio.timeout(20):
        while True:
            polled = await service.poll(thread_id, run_id, hold=5, tag=tag)
            if polled.run.status.over:
                return polled.run
            tag = polled.tag
            await asyncio.sleep(0 if polled.held else 0.01)


async def is_gone(service: AssistantService, thread_id: str) -> bool:
    try:
        await service.messages(thread_id)
    except StudyBuddyError as error:
        return error.problem.kind is ProblemKind.NOT_FOUND
    return False


def ignore(_done: int, _total: int) -> None: ...


class AssistantServiceContract:
    """Subclasses give the fixture `stage`."""

    @pytest.fixture
    def service(self, stage: Stage) -> AssistantService:
        return stage.service

    async def test_an_assistant_comes_back_as_it_was_made(self, service: AssistantService) -> None:
        made = await service.create_assistant(SPEC)
        assert made.spec == SPEC
        assert made.id
        assert list(await service.assistants()) == [made]

    async def test_assistants_are_listed_newest_first_all_of_them(
        self, service: AssistantService
    ) -> None:
        made = [
            await service.create_assistant(AssistantSpec(name=str(number))) for number in range(105)
        ]
        assert [a.spec.name for a in await service.assistants()] == [
            a.spec.name for a in reversed(made)
        ]

    async def test_a_changed_assistant_keeps_its_notes(
        self, service: AssistantService, tmp_path: Path
    ) -> None:
        made = await service.create_assistant(SPEC)
        note = await service.add_note(made.id, a_file(tmp_path), ignore)
        spec = replace(SPEC, name="Tutor", tools=frozenset(Tool), functions=(), model="m-1")
        changed = await service.update_assistant(made.id, spec)
        assert changed.spec == spec
        assert [kept.file_id for kept in await service.notes(made.id)] == [note.file_id]

    async def test_a_deleted_assistant_is_gone_and_deleting_it_again_is_nothing(
        self, service: AssistantService, tmp_path: Path
    ) -> None:
        kept, gone = await service.create_assistant(SPEC), await service.create_assistant(SPEC)
        await service.add_note(gone.id, a_file(tmp_path), ignore)
        for _ in range(2):
            await service.delete_assistant(gone.id)
        assert [a.id for a in await service.assistants()] == [kept.id]
        with pytest.raises(StudyBuddyError) as caught:
            await service.update_assistant(gone.id, SPEC)
        assert caught.value.problem.kind is ProblemKind.NOT_FOUND

    async def test_a_thread_begins_with_the_messages_it_is_given(
        self, service: AssistantService
    ) -> None:
        thread = await service.create_thread(
            [(Role.USER, "What is light?"), (Role.ASSISTANT, "A wave 学."), (Role.USER, "Why?")]
        )
        found = await service.messages(thread)
        assert [(m.role, m.text) for m in found] == [
            (Role.USER, "What is light?"),
            (Role.ASSISTANT, "A wave 学."),
            (Role.USER, "Why?"),
        ]
        assert all(message.complete for message in found)

    async def test_a_thread_that_is_deleted_is_gone_and_deleting_it_again_is_nothing(
        self, service: AssistantService
    ) -> None:
        thread = await service.create_thread()
        for _ in range(2):
            await service.delete_thread(thread)
        assert await is_gone(service, thread)
        assert await is_gone(service, NOWHERE)

    async def test_a_run_is_told_first_streams_its_answer_and_ends(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        stage.says("Light is a wave.")
        events = await ask(service, thread, assistant, "What is light?")
        assert isinstance(events[0], RunChanged)
        assert not events[0].run.status.over
        assert streamed(events) == "Light is a wave."
        assert isinstance(events[-1], RunChanged)
        run = events[-1].run
        assert run.status is RunStatus.COMPLETED
        assert (run.thread_id, run.assistant_id) == (thread, assistant)
        assert run.usage is not None
        seen = [event.message for event in events if isinstance(event, MessageSeen)]
        assert [(m.text, m.run_id, m.complete) for m in seen] == [
            ("Light is a wave.", run.id, True)
        ]
        steps = [event.step for event in events if isinstance(event, StepSeen)]
        assert steps[-1].status is StepStatus.COMPLETED
        assert steps[-1].message_id == seen[0].id

    async def test_the_question_and_the_answer_are_in_the_thread(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        for text in ("One.", "Two."):
            stage.says(text)
            events = await ask(service, thread, assistant, f"Say {text}")
        found = await service.messages(thread)
        assert [message.text for message in found] == ["Say One.", "One.", "Say Two.", "Two."]
        assert found[3].run_id == last_run(events).id
        mine = await service.messages(thread, run_id=last_run(events).id)
        assert [message.text for message in mine] == ["Two."]

    async def test_what_a_run_wrote_can_be_taken_out_of_the_thread(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        stage.says("One.")
        first = last_run(await ask(service, thread, assistant, "Say one."))
        stage.says("Two.")
        await ask(service, thread, assistant, "Say two.")
        await service.delete_messages(thread, run_id=first.id)
        assert [m.text for m in await service.messages(thread)] == ["Say one.", "Say two.", "Two."]

    async def test_a_run_without_a_question_answers_what_is_there(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant = await service.create_assistant(SPEC)
        thread = await service.create_thread([(Role.USER, "Why?")])
        stage.says("So.")
        await all_of(service.create_run(thread, RunRequest(assistant.id)))
        assert [m.text for m in await service.messages(thread)] == ["Why?", "So."]

    async def test_polling_tells_the_end_and_a_tag_that_names_the_state(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        gate = stage.hangs("Light ")
        events = service.create_run(thread, RunRequest(assistant, question="Why?"))
        first = await anext(events)
        assert isinstance(first, RunChanged)
        await events.aclose()  # the run goes on
        polled = await service.poll(thread, first.run.id)
        assert not polled.run.status.over
        assert await service.active_run(thread) is not None
        gate.set()
        run = await over(service, thread, first.run.id)
        assert run.status is RunStatus.COMPLETED
        assert (await service.poll(thread, run.id)).tag != polled.tag
        assert await service.active_run(thread) is None
        assert (await service.messages(thread))[-1].text.startswith("Light ")

    async def test_a_stream_that_breaks_is_a_passing_problem_and_the_run_goes_on(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        gate = stage.hangs("Light ")
        run_id = ""

        async def read() -> None:
            nonlocal run_id
            async for event in service.create_run(thread, RunRequest(assistant, question="?")):
                if isinstance(event, RunChanged):
                    run_id = event.run.id
                if isinstance(event, MessageDelta):
                    await stage.lose_connections()

        with pytest.raises(StudyBuddyError) as caught:
            await asyncio.wait_for(read(), 20)
        assert caught.value.problem.transient
        gate.set()
        assert (await over(service, thread, run_id)).status is RunStatus.COMPLETED

    async def test_code_that_was_run_is_a_step_with_what_it_printed(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        stage.runs_code("print(6 * 7)", "42")
        stage.says("It is 42.")
        events = await ask(service, thread, assistant)
        run = last_run(events)
        told = {event.step.id: event.step for event in events if isinstance(event, StepSeen)}
        steps = await service.steps(thread, run.id)
        assert list(told.values()) == list(steps)
        [call] = steps[0].calls
        assert isinstance(call, CodeCall)
        assert (call.code, call.logs) == ("print(6 * 7)", "42")
        assert not steps[1].calls
        assert all(step.status is StepStatus.COMPLETED for step in steps)

    async def test_a_run_that_calls_functions_waits_for_all_of_them_and_goes_on(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        stage.calls(("display_quiz", '{"title": "A"}'), ("display_quiz", '{"title": "B"}'))
        run = last_run(await ask(service, thread, assistant))
        assert run.status is RunStatus.REQUIRES_ACTION
        assert [(c.name, c.arguments) for c in run.calls] == [
            ("display_quiz", '{"title": "A"}'),
            ("display_quiz", '{"title": "B"}'),
        ]
        assert (await service.poll(thread, run.id)).run.calls == run.calls
        active = await service.active_run(thread)
        assert active is not None
        assert active.id == run.id
        stage.says("Well done.")
        outputs = {call.id: f"answer {n}" for n, call in enumerate(reversed(run.calls))}
        events = await all_of(service.submit(thread, run.id, outputs))
        assert isinstance(next(e for e in events if isinstance(e, RunChanged)), RunChanged)
        assert streamed(events) == "Well done."
        assert last_run(events).status is RunStatus.COMPLETED
        [step, _] = await service.steps(thread, run.id)
        assert [c.output for c in step.calls if isinstance(c, FunctionCall)] == [
            "answer 1",
            "answer 0",
        ]

    async def test_a_run_can_be_cancelled_and_cancelling_it_again_leaves_it_so(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        stage.hangs("Light ")
        events = service.create_run(thread, RunRequest(assistant, question="Why?"))
        async for event in events:
            if isinstance(event, MessageDelta):
                break
        run = await service.active_run(thread)
        assert run is not None
        asked = await service.cancel(thread, run.id)
        assert asked.status in (RunStatus.CANCELLING, RunStatus.CANCELLED)
        rest = await all_of(events)
        ended = await over(service, thread, run.id)
        assert ended.status is RunStatus.CANCELLED
        assert not rest or last_run(rest).status is RunStatus.CANCELLED
        assert await service.cancel(thread, run.id) == ended

    async def test_a_run_that_is_complete_is_not_cancelled_any_more(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        stage.says("Done.")
        run = last_run(await ask(service, thread, assistant))
        assert (await service.cancel(thread, run.id)).status is RunStatus.COMPLETED

    async def test_a_run_that_fails_ends_with_the_reason(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        stage.fails("The model has gone fishing.")
        run = last_run(await ask(service, thread, assistant))
        assert run.status is RunStatus.FAILED
        assert "gone fishing" in run.error
        assert run.error_code

    async def test_a_thread_with_a_run_under_way_takes_no_second_one(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        gate = stage.hangs("Light ")
        events = service.create_run(thread, RunRequest(assistant, question="Why?"))
        first = await anext(events)
        assert isinstance(first, RunChanged)
        with pytest.raises(StudyBuddyError) as caught:
            await ask(service, thread, assistant)
        assert caught.value.problem.kind is ProblemKind.BAD_REQUEST
        gate.set()
        await all_of(events)

    async def test_what_is_gone_is_told_as_gone(self, service: AssistantService) -> None:
        assistant, thread = await a_thread(service)
        for gone in (
            ask(service, NOWHERE, assistant),
            ask(service, thread, "asst_nowhere"),
            service.poll(thread, "run_nowhere"),
            service.steps(thread, "run_nowhere"),
            service.active_run(NOWHERE),
            service.cancel(thread, "run_nowhere"),
            all_of(service.submit(thread, "run_nowhere", {})),
            service.notes("asst_nowhere"),
            service.note_pages(assistant, thread, "file-nowhere"),
        ):
            with pytest.raises(StudyBuddyError) as caught:
                await gone
            problem = caught.value.problem
            assert problem.kind is ProblemKind.NOT_FOUND, problem
            assert problem.sentence

    async def test_a_note_is_uploaded_with_progress_and_can_be_read_page_by_page(
        self, service: AssistantService, tmp_path: Path
    ) -> None:
        assistant, thread = await a_thread(service)
        path = a_file(tmp_path, text="Light is a wave.\n" * 100)
        told: list[tuple[int, int]] = []
        note = await service.add_note(assistant, path, lambda *so_far: told.append(so_far))
        size = path.stat().st_size
        assert (note.name, note.size, note.status) == ("notes.md", size, NoteStatus.COMPLETED)
        assert told[-1] == (size, size)
        assert told == sorted(told)
        source = Source.of(path)
        assert (note.source, note.modified) == (source.name, source.modified)
        assert list(await service.notes(assistant)) == [note]
        pages = await service.note_pages(assistant, thread, note.file_id)
        assert "Light is a wave." in "".join(pages)

    async def test_a_note_that_has_no_text_fails_with_a_sentence(
        self, service: AssistantService, tmp_path: Path
    ) -> None:
        assistant, _ = await a_thread(service)
        path = tmp_path / "picture.pdf"
        path.write_bytes(b"%PDF-1.4\nnothing in it\x00\xff")
        note = await service.add_note(assistant, path, ignore)
        assert note.status is NoteStatus.FAILED
        assert note.error

    async def test_a_removed_note_is_gone_and_the_others_stay(
        self, service: AssistantService, tmp_path: Path
    ) -> None:
        assistant, thread = await a_thread(service)
        gone, kept = await asyncio.gather(
            service.add_note(assistant, a_file(tmp_path, "a.md"), ignore),
            service.add_note(assistant, a_file(tmp_path, "b.md"), ignore),
        )
        assert {note.name for note in await service.notes(assistant)} == {"a.md", "b.md"}
        await service.remove_note(assistant, gone.file_id)
        assert list(await service.notes(assistant)) == [kept]
        with pytest.raises(StudyBuddyError) as caught:
            await service.note_pages(assistant, thread, gone.file_id)
        assert caught.value.problem.kind is ProblemKind.NOT_FOUND

    async def test_a_file_that_can_not_be_read_is_told_in_a_sentence(
        self, service: AssistantService, tmp_path: Path
    ) -> None:
        assistant, _ = await a_thread(service)
        with pytest.raises(StudyBuddyError) as caught:
            await service.add_note(assistant, tmp_path / "missing.md", ignore)
        assert "missing.md" in str(caught.value)
        assert list(await service.notes(assistant)) == []

    async def test_runs_of_many_threads_go_on_at_once(
        self, stage: Stage, service: AssistantService
    ) -> None:
        assistant = (await service.create_assistant(SPEC)).id
        threads = [await service.create_thread() for _ in range(8)]
        for _ in threads:
            stage.says("Same for all.")
        answers = await asyncio.gather(*(ask(service, thread, assistant) for thread in threads))
        assert {streamed(events) for events in answers} == {"Same for all."}

    async def test_nothing_is_asked_before_the_first_event_is_wanted(
        self, service: AssistantService
    ) -> None:
        assistant, thread = await a_thread(service)
        await service.create_run(thread, RunRequest(assistant, question="Why?")).aclose()
        assert await service.active_run(thread) is None
        assert await service.messages(thread) == []


def a_file(
    folder: Path, name: str = "notes.md", text: str = "# Optics\n\nLight is a wave.\n"
) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
