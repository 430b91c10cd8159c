"""The seams of assistant mode."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studybuddy.domain.assistants import Assistant, AssistantSpec, Note
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.messages import Role
from studybuddy.domain.runs import Citation, Run, RunStep


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """A message as the server keeps it."""

    id: str
    role: Role
    text: str
    created_at: float = 0.0
    """Unix time, seconds."""
    run_id: str = ""
    citations: tuple[Citation, ...] = ()
    complete: bool = True
    """Whether it is whole: not one that is being written, or was cut."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is made with."""

    assistant_id: str
    model: str = ""
    """Empty for the assistant's own."""
    question: str = ""
    """A message of the student's that is added with the run, or neither is; empty for none."""
    additional_instructions: str = ""
    max_completion_tokens: int | None = None
    """Over all of the run; `None` for no limit."""


@dataclass(frozen=True, slots=True)
class Polled:
    """A run as it was just now."""

    run: Run
    tag: str = ""
    """Names this state of the run; given back, it lets the server wait for another one."""
    held: bool = False
    """Whether the server waited for a change before it answered."""
    poll_after: float | None = None
    """Seconds after which the server wants the next poll; `None` where it did not say."""


@dataclass(frozen=True, slots=True)
class RunChanged:
    """The run is in another state."""

    run: Run


@dataclass(frozen=True, slots=True)
class StepSeen:
    """A step began, went on, or ended; it replaces the one of the same id."""

    step: RunStep


@dataclass(frozen=True, slots=True)
class MessageDelta:
    """More of a message."""

    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """A message as it is now; it replaces what was streamed of it."""

    message: ThreadMessage


RunEvent = RunChanged | StepSeen | MessageDelta | MessageSeen


class AssistantService(Protocol):
    """One server's assistants, threads, runs and files.

    Raises:
        StudyBuddyError: (any method) for every failure, with the problem to show; NOT_FOUND where
            what is asked for is gone.
    """

    @property
    def endpoint(self) -> Endpoint:
        """Who answers in the end."""
        ...

    async def assistants(self) -> Sequence[Assistant]:
        """All assistants, newest first."""
        ...

    async def create_assistant(self, spec: AssistantSpec) -> Assistant:
        """Make an assistant."""
        ...

    async def update_assistant(self, assistant_id: str, spec: AssistantSpec) -> Assistant:
        """Change an assistant; its notes stay."""
        ...

    async def delete_assistant(self, assistant_id: str) -> None:
        """Delete an assistant with its notes; nothing where it is gone already."""
        ...

    async def notes(self, assistant_id: str) -> Sequence[Note]:
        """The assistant's notes with their names, newest first."""
        ...

    async def add_note(
        self, assistant_id: str, path: Path, on_progress: Callable[[int, int], None]
    ) -> Note:
        """Upload a file and have it indexed; `on_progress` gets bytes sent and bytes in all.

        Returns when it can be searched, or failed. Cancelling takes it back.
        """
        ...

    async def remove_note(self, assistant_id: str, file_id: str) -> None:
        """Remove and delete one of the assistant's notes."""
        ...

    async def note_pages(self, assistant_id: str, thread_id: str, file_id: str) -> Sequence[str]:
        """The text of a note of that assistant, or attached in that thread, page by page.

        Joined without anything between them, the pages are what `Citation.note_start` counts in.
        """
        ...

    async def create_thread(self, messages: Sequence[tuple[Role, str]] = ()) -> str:
        """Make a thread, and return its id."""
        ...

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a thread and what belongs to it; nothing where it is gone already."""
        ...

    async def messages(self, thread_id: str, *, run_id: str = "") -> Sequence[ThreadMessage]:
        """The messages of a thread, or of one of its runs, oldest first."""
        ...

    async def delete_messages(self, thread_id: str, *, run_id: str) -> None:
        """Take what a run wrote out of the thread."""
        ...

    async def delete_message(self, thread_id: str, message_id: str) -> None:
        """Take one message out of the thread; nothing where it is gone already."""
        ...

    def create_run(self, thread_id: str, request: RunRequest) -> AsyncGenerator[RunEvent]:
        """Start a run and follow it by its stream of events.

        The first event is RunChanged: from then on the run exists. The generator ends where the
        run is over or requires action; where the stream breaks it raises a transient problem,
        while the run goes on. Closing it ends the stream, not the run. A server that does not
        stream gives the one event.
        """
        ...

    def submit(
        self, thread_id: str, run_id: str, outputs: Mapping[str, str]
    ) -> AsyncGenerator[RunEvent]:
        """Answer the calls of a run that requires action, by their ids; events as `create_run`."""
        ...

    async def poll(
        self, thread_id: str, run_id: str, *, hold: float = 0.0, tag: str = ""
    ) -> Polled:
        """The run as it is now.

        Args:
            thread_id: its thread.
            run_id: which.
            hold: seconds for which the server may wait until the run's state is not that of `tag`.
            tag: of the last answer.
        """
        ...

    async def steps(self, thread_id: str, run_id: str) -> Sequence[RunStep]:
        """The run's steps, oldest first, with the texts that searches found."""
        ...

    async def active_run(self, thread_id: str) -> Run | None:
        """The thread's run that is not over."""
        ...

    async def cancel(self, thread_id: str, run_id: str) -> Run:
        """Ask the run to end; one that is over stays as it is."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class AssistantConnector(Protocol):
    """Finds the server of assistant mode for whoever answers."""

    async def connect(self, endpoint: Endpoint) -> AssistantService:
        """The service whose runs that endpoint answers, starting the engine where it is needed.

        Quick where it was connected before.

        Raises:
            StudyBuddyError: where that fails.
        """
        ...


@dataclass(frozen=True, slots=True)
class FollowedRun:
    """A run that this app started and whose end it has not seen."""

    run_id: str
    thread_id: str
    conversation_id: str
    answer_id: str
    """The message that its answer goes into."""
    endpoint: str
    """Name of the endpoint that it was started with."""
    action_draft: str = ""
    """What the student has answered so far of what the run requires, as JSON."""


class RunStore(Protocol):
    """Runs that are followed, on disk, so that they are followed again after a restart.

    Raises:
        StudyBuddyError: (any method) where the disk fails.
    """

    async def follow(self, run: FollowedRun) -> None:
        """Remember a run until `run_over`; it belongs to this instance of the app.

        Does nothing where its answer is not stored (any more).
        """
        ...

    async def run_over(self, run_id: str) -> None:
        """Forget a run."""
        ...

    async def save_action_draft(self, run_id: str, draft: str) -> None:
        """Keep what the student has answered so far."""
        ...

    async def claim_runs(self) -> Sequence[FollowedRun]:
        """The runs of instances that are gone; they belong to this instance from here on.

        Their answers, with the text that was journaled, are STREAMING again. A run whose answer
        was finished is forgotten instead.
        """
        ...
