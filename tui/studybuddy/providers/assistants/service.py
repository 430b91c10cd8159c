"""Assistants, threads and runs over the `openai` SDK."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import msgspec

from studybuddy.domain.assistant_ports import Polled, RunEvent, RunRequest, ThreadMessage
from studybuddy.domain.assistants import Assistant, AssistantSpec, Note
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.messages import Role
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.domain.runs import Run, RunStep
from studybuddy.providers.assistants import kept_values, values, wire, wire_kept
from studybuddy.providers.assistants.calls import Calls, decode
from studybuddy.providers.assistants.notes import Notes
from studybuddy.providers.assistants.source import Client, Source

_assistant = msgspec.json.Decoder(wire_kept.Assistant)
_assistants = msgspec.json.Decoder(wire_kept.ListOf[wire_kept.Assistant])
_identified = msgspec.json.Decoder(wire_kept.Identified)
_messages = msgspec.json.Decoder(wire_kept.ListOf[wire.Message])
_run = msgspec.json.Decoder(wire.Run)
_runs = msgspec.json.Decoder(wire_kept.ListOf[wire.Run])
_steps = msgspec.json.Decoder(wire_kept.ListOf[wire.RunStep])

_LEAST: Final = 256
"""The lowest limit of tokens that the API takes; the engine takes lower ones."""
_FOUND_TEXTS: Final = "step_details.tool_calls[*].file_search.results[*].content"
_RUNS_LOOKED_AT = 5  # the newest; only the last one can be under way
_GRACE = 30.0  # seconds beyond a hold, until its answer is late


class OpenAIAssistantService:
    """`domain.assistant_ports.AssistantService` for whatever server its source leads to."""

    def __init__(self, endpoint: Endpoint, source: Source) -> None:
        """Take the endpoint that answers in the end, and the way to the server."""
        self._endpoint = endpoint
        self._calls = Calls(source)
        self._notes = Notes(self._calls)

    @property
    def endpoint(self) -> Endpoint:
        """Who answers in the end."""
        return self._endpoint

    async def ready(self) -> None:
        """See that the server is there, starting it where that is needed."""
        await self._calls.client()

    async def assistants(self) -> Sequence[Assistant]:
        """All assistants, newest first."""
        found = await self._calls.every(
            _assistants, lambda c, page: c.sdk.beta.assistants.with_raw_response.list(**page)
        )
        return [kept_values.assistant(told) for told in found]

    async def create_assistant(self, spec: AssistantSpec) -> Assistant:
        """Make an assistant."""
        told = await self._calls.one(
            _assistant,
            lambda c: c.sdk.beta.assistants.with_raw_response.create(
                **kept_values.fields_of(spec, c.default_model)
            ),
        )
        return kept_values.assistant(told)

    async def update_assistant(self, assistant_id: str, spec: AssistantSpec) -> Assistant:
        """Change an assistant; its notes stay, and what other clients noted of it."""
        before = await self._calls.one(
            _assistant, lambda c: c.sdk.beta.assistants.with_raw_response.retrieve(assistant_id)
        )
        told = await self._calls.one(
            _assistant,
            lambda c: c.sdk.beta.assistants.with_raw_response.update(
                assistant_id, **kept_values.fields_of(spec, c.default_model, before.metadata)
            ),
        )
        return kept_values.assistant(told)

    async def delete_assistant(self, assistant_id: str) -> None:
        """Delete an assistant with its notes; nothing where it is gone already."""
        try:
            await self._notes.delete_all(assistant_id)
            await self._calls.raw(
                lambda c: c.sdk.beta.assistants.with_raw_response.delete(assistant_id)
            )
        except StudyBuddyError as error:
            _unless_gone(error)

    async def notes(self, assistant_id: str) -> Sequence[Note]:
        """The assistant's notes with their names, newest first."""
        return await self._notes.notes(assistant_id)

    async def add_note(
        self, assistant_id: str, path: Path, on_progress: Callable[[int, int], None]
    ) -> Note:
        """Upload a file and have it indexed; see the port."""
        return await self._notes.add(assistant_id, path, on_progress)

    async def remove_note(self, assistant_id: str, file_id: str) -> None:
        """Remove and delete one of the assistant's notes."""
        await self._notes.remove(assistant_id, file_id)

    async def note_pages(self, assistant_id: str, thread_id: str, file_id: str) -> Sequence[str]:
        """The text of a note, page by page; see the port."""
        return await self._notes.pages(assistant_id, thread_id, file_id)

    async def create_thread(self, messages: Sequence[tuple[Role, str]] = ()) -> str:
        """Make a thread, and return its id; a system message has no place in one."""
        given: list[Any] = [
            {"role": role.value, "content": values.encodable(text)}
            for role, text in messages
            if role is not Role.SYSTEM and text
        ]
        told = await self._calls.one(
            _identified, lambda c: c.sdk.beta.threads.with_raw_response.create(messages=given)
        )
        return told.id

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a thread and what belongs to it; nothing where it is gone already."""
        try:
            await self._calls.raw(lambda c: c.sdk.beta.threads.with_raw_response.delete(thread_id))
        except StudyBuddyError as error:
            _unless_gone(error)

    async def messages(self, thread_id: str, *, run_id: str = "") -> Sequence[ThreadMessage]:
        """The messages of a thread, or of one of its runs, oldest first."""
        wanted: dict[str, Any] = {"order": "asc"}
        if run_id:
            wanted["run_id"] = run_id
        found = await self._calls.every(
            _messages,
            lambda c, page: c.sdk.beta.threads.messages.with_raw_response.list(
                thread_id, **wanted, **page
            ),
        )
        return [values.message(told) for told in found]

    async def delete_messages(self, thread_id: str, *, run_id: str) -> None:
        """Take what a run wrote out of the thread."""
        for message in await self.messages(thread_id, run_id=run_id):
            await self.delete_message(thread_id, message.id)

    async def delete_message(self, thread_id: str, message_id: str) -> None:
        """Take one message out of the thread; nothing where it is gone already."""
        try:
            await self._calls.raw(
                lambda c: c.sdk.beta.threads.messages.with_raw_response.delete(
                    message_id, thread_id=thread_id
                )
            )
        except StudyBuddyError as error:
            _unless_gone(error)

    async def create_run(
        self, thread_id: str, request: RunRequest
    ) -> AsyncGenerator[RunEvent, None]:
        """Start a run and follow it by its stream of events; see the port."""
        body: dict[str, Any] = {"assistant_id": request.assistant_id}
        if request.model:
            body["model"] = request.model
        if request.question:
            question = {"role": "user", "content": values.encodable(request.question)}
            body["additional_messages"] = [question]
        if request.additional_instructions:
            body["additional_instructions"] = values.encodable(request.additional_instructions)

        limit = request.max_completion_tokens

        def start(client: Client) -> Any:
            headers = dict(client.run_headers)
            if limit is not None:
                body["max_completion_tokens"] = limit if client.is_engine else max(_LEAST, limit)
                headers |= {"Prefer": "handling=lenient"} if client.is_engine else {}
            return client.sdk.beta.threads.runs.with_streaming_response.create(
                thread_id,
                **body,
                stream=True,
                include=[_FOUND_TEXTS],
                extra_headers=headers,
            )

        async with aclosing(self._calls.events(start)) as events:
            async for event in events:
                yield event

    async def submit(
        self, thread_id: str, run_id: str, outputs: Mapping[str, str]
    ) -> AsyncGenerator[RunEvent, None]:
        """Answer the calls of a run that requires action, by their ids; see the port."""
        given: list[Any] = [
            {"tool_call_id": call_id, "output": values.encodable(output)}
            for call_id, output in outputs.items()
        ]

        def start(client: Client) -> Any:
            return client.sdk.beta.threads.runs.with_streaming_response.submit_tool_outputs(
                run_id,
                thread_id=thread_id,
                tool_outputs=given,
                stream=True,
                extra_query={"include[]": _FOUND_TEXTS},
                extra_headers=dict(client.run_headers),
            )

        async with aclosing(self._calls.events(start)) as events:
            async for event in events:
                yield event

    async def poll(
        self, thread_id: str, run_id: str, *, hold: float = 0.0, tag: str = ""
    ) -> Polled:
        """The run as it is now; see the port."""
        headers: dict[str, str] = {}
        if hold > 0:
            headers["Prefer"] = f"wait={math.ceil(hold)}"
        if tag:
            headers["If-None-Match"] = tag
        response, client = await self._calls.raw(
            lambda c: c.sdk.beta.threads.runs.with_raw_response.retrieve(
                run_id, thread_id=thread_id, extra_headers=headers, timeout=hold + _GRACE
            )
        )
        told = response.headers
        return Polled(
            values.run(decode(_run, response, client)),
            tag=told.get("etag", ""),
            held="wait" in told.get("preference-applied", ""),
            poll_after=_milliseconds(told.get("openai-poll-after-ms")),
        )

    async def steps(self, thread_id: str, run_id: str) -> Sequence[RunStep]:
        """The run's steps, oldest first, with the texts that searches found."""
        found = await self._calls.every(
            _steps,
            lambda c, page: c.sdk.beta.threads.runs.steps.with_raw_response.list(
                run_id, thread_id=thread_id, order="asc", include=[_FOUND_TEXTS], **page
            ),
        )
        return [values.step(told) for told in found]

    async def active_run(self, thread_id: str) -> Run | None:
        """The thread's run that is not over."""
        page = await self._calls.one(
            _runs,
            lambda c: c.sdk.beta.threads.runs.with_raw_response.list(
                thread_id, limit=_RUNS_LOOKED_AT, order="desc"
            ),
        )
        runs = (values.run(told) for told in page.data)
        return next((run for run in runs if not run.status.over), None)

    async def cancel(self, thread_id: str, run_id: str) -> Run:
        """Ask the run to end; one that is over stays as it is."""
        try:
            told = await self._calls.one(
                _run,
                lambda c: c.sdk.beta.threads.runs.with_raw_response.cancel(
                    run_id, thread_id=thread_id
                ),
            )
        except StudyBuddyError as error:
            if error.problem.kind is not ProblemKind.BAD_REQUEST:
                raise
            run = (await self.poll(thread_id, run_id)).run
            if not run.status.over:
                raise
            return run
        return values.run(told)

    async def close(self) -> None:
        """Do nothing: the connections belong to the connector, and serve other endpoints too."""


def _unless_gone(error: StudyBuddyError) -> None:
    if error.problem.kind is not ProblemKind.NOT_FOUND:
        raise error


def _milliseconds(told: str | None) -> float | None:
    """Seconds of a header that counts in thousandths; `None` where it is none."""
    try:
        seconds = float(told or "") / 1000
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None
