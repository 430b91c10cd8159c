"""The part of the main screen that is about assistants, runs and threads.

What it needs for that is imported and made when assistant mode is first used.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual import on, work
from textual.screen import Screen
from textual.worker import WorkerError

from studybuddy.chat.sessions import Session
from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.services import Services
from studybuddy.ui.widgets.mode_switch import ModeSwitch
from studybuddy.ui.widgets.sidebar import Sidebar

if TYPE_CHECKING:
    from studybuddy.domain.assistants import Assistant
    from studybuddy.ui.actions import ActionKeeper
    from studybuddy.ui.assistant_mode import AssistantMode
    from studybuddy.ui.opening import Opener
    from studybuddy.ui.transcript import Transcript
    from studybuddy.ui.turns import Turn
    from studybuddy.ui.widgets.assistant_pane import AssistantList
    from studybuddy.ui.widgets.steps_list import StepsList

MOST_TOLD = 300
"""Characters of a problem that are shown in a corner of the screen."""


class ThreadCommands(Screen[None]):
    """Commands and duties of the main screen in assistant mode."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._desk = services.desk
        self._opener: Opener
        self._assistants: AssistantMode | None = None
        self._actions: ActionKeeper | None = None
        self._typed_first = False
        self._asking = False

    @property
    def view(self) -> ConversationView:
        """The conversation pane."""
        return self.query_one("#view", ConversationView)

    @property
    def sidebar(self) -> Sidebar:
        """Mode and conversations."""
        return self.query_one("#sidebar", Sidebar)

    def tell(self, problem: Problem) -> None:
        """Show a problem that no conversation has to do with."""
        self.notify(
            problem.advice or "",
            title=_shortened(problem.sentence),
            severity="warning",
            timeout=12,
            markup=False,
        )

    def tell_all(self, problems: Sequence[Problem]) -> None:
        """Show problems that came at once, in one notification, so that each is to be seen."""
        if len(problems) == 1:
            self.tell(problems[0])
        elif problems:
            self.notify(
                "\n".join(f"- {_shortened(problem.sentence)}" for problem in problems),
                title=f"{len(problems)} things are not as they should be.",
                severity="warning",
                timeout=20,
                markup=False,
            )

    @property
    def assistants(self) -> AssistantMode:
        """The assistants, and what is done with them."""
        if self._assistants is None:
            from studybuddy.ui.assistant_mode import AssistantMode

            self._assistants = AssistantMode(self, self._desk, self.view, self.sidebar, self.tell)
        return self._assistants

    @property
    def reading(self) -> bool:
        """Whether notes are on their way."""
        return self._assistants is not None and self._assistants.reading

    @property
    def actions(self) -> ActionKeeper:
        """What runs wait for."""
        if self._actions is None:
            from studybuddy.ui.actions import ActionKeeper

            self._actions = ActionKeeper(self, self.view, self.tell)
        return self._actions

    async def once(self, ask: Callable[[], Awaitable[None]]) -> None:
        """Ask something by a dialog, unless that is being done: a held key opens one, not many."""
        if self._asking:
            return
        self._asking = True
        try:
            await ask()
        finally:
            self._asking = False

    # Duties

    def chooses(self) -> bool:
        """Ask about what stands in the way of the question on screen, if anything does."""
        raise NotImplementedError

    def session_shown(self, session: Session) -> None:
        """Do what a session needs that came on screen."""
        if session.head.mode is not Mode.ASSISTANT:
            return
        if self._typed_first:
            self.assistants.thread_shown()
        else:
            self.sidebar.assistants.list.show_loading()
        self._offer()

    def first_keys_typed(self) -> None:
        """Begin with what takes the loop for a while: imports, and the engine's start."""
        self._typed_first = True
        self.view.meter.begin()
        self.session_shown(self.view.session)

    def endpoint_chosen(self) -> None:
        """Name who answers from now on."""
        self.view.endpoint_changed()
        if self._assistants is not None:
            self._assistants.endpoint_changed()
        self._opener.take_over()

    async def follow_runs(self) -> None:
        """Go on with the runs from before the start, one of them perhaps on screen.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        await self._opener.follow_runs()

    def run_moved(self, session: Session, turn: Turn) -> None:
        """Open what a run waits for."""
        if session.head.mode is not Mode.ASSISTANT:
            return
        if turn.over:
            self._opener.take_over()  # what waited for the end of this turn
        if turn.required is not None or self._actions is not None:
            self.actions.offer(session, turn)

    def call_student(self, session: Session, turn: Turn) -> None:
        """Call the student who looks elsewhere when a turn has ended, or waits for something."""
        called, turn.called = turn.called, turn.required
        if turn.over or (turn.required is not None and turn.required is not called):
            from studybuddy.ui.attention import call, news

            text = news(session.head, turn)
            if self._services.settings.notifications:
                call(self.app, text)
            if session is not self.view.session and not self.sidebar.display:
                self.notify(text, markup=False)  # its mark is out of sight

    def _offer(self) -> None:
        turn = self.view.turn
        if turn is not None and (turn.required is not None or self._actions is not None):
            self.actions.offer(self.view.session, turn)

    def on_screen_resume(self) -> None:
        """Come to what was not opened while a dialog was open."""
        if self.view.is_mounted:
            self._offer()

    @work(exclusive=True, group="choose", exit_on_error=False)
    async def on_assistant_list_chosen(self, event: AssistantList.Chosen) -> None:
        """Let the assistant answer that was chosen."""
        await self.assistants.choose(event.assistant)

    @work(group="dialog", exit_on_error=False)
    async def on_assistant_list_asked(self, event: AssistantList.Asked) -> None:
        """Do what was asked for with an assistant."""
        await self._do(event.command, event.assistant)

    def on_assistant_list_asked_again(self) -> None:
        """Try again to read the list."""
        self.assistants.load()

    def on_steps_panel_copy_requested(self, event: StepsList.CopyRequested) -> None:
        """Copy a part of a step."""
        from studybuddy.ui.clipboard import copy

        copy(self.app, event.text, event.what)

    @work(exclusive=True, group="citation", exit_on_error=False)
    async def on_transcript_citation_chosen(self, event: Transcript.CitationChosen) -> None:
        """Open the note at the passage that is cited."""
        from studybuddy.ui.citing import open_citation

        await open_citation(self, self._desk, self.view.session, event.message_id, event.citation)

    # Commands

    async def action_assistants(self) -> None:
        """Go to the list of assistants."""
        self.sidebar.unfold(True)
        self.sidebar.assistants.list.focus()

    def action_steps(self) -> None:
        """Show the steps, or fold them away."""
        self.view.steps.toggle()

    @work(exclusive=True, group="open", exit_on_error=False)
    async def action_answer(self) -> None:
        """Answer what was put off here or stands in the way, or go to another thread that waits."""
        turn = self.view.turn
        if turn is not None and turn.required is not None:
            turn.put_off = False
            self.actions.offer(self.view.session, turn)
        elif self.chooses():
            return
        elif waiting := self.view.waiting:
            await self._opener.open(waiting[0])

    @work(group="dialog", exit_on_error=False)
    async def action_notes(self) -> None:
        """Show the notes of the assistant in use."""
        await self._do("notes")

    @work(group="dialog", exit_on_error=False)
    async def action_assistant(self, command: str) -> None:
        """Carry out a command for the assistant in use, from the palette."""
        await self._do(command)

    async def _do(self, command: str, assistant: Assistant | None = None) -> None:
        await self.once(lambda: self.assistants.run(command, assistant))

    @work(exclusive=True, group="open", exit_on_error=False)
    async def action_carry(self) -> None:
        """Go on with the conversation in the other mode."""
        if self.view.busy:
            self.notify("Wait for the answer, or stop it with Esc, and carry it over then.")
        elif self.view.session.messages:
            await self._opener.carry()
        else:
            await self._opener.switch(self.other_mode, to_newest=False)

    async def action_mode(self) -> None:
        """Switch the mode; the keys that come meanwhile wait."""
        with suppress(WorkerError):  # told by the worker
            await self._switch(self.other_mode).wait()

    @on(ModeSwitch.Chosen)
    def _mode_chosen(self, event: ModeSwitch.Chosen) -> None:
        self._switch(event.mode)

    @work(exclusive=True, group="open", exit_on_error=False)
    async def _switch(self, mode: Mode) -> None:
        start_new = self._services.settings.start_with == "new"
        await self._opener.switch(mode, to_newest=not start_new)

    @property
    def other_mode(self) -> Mode:
        """The mode that is not that of the conversation on screen."""
        completion = self.view.session.head.mode is Mode.COMPLETION
        return Mode.ASSISTANT if completion else Mode.COMPLETION


def _shortened(sentence: str) -> str:
    """As much of a sentence as leaves room on the screen for all else."""
    if len(sentence) <= MOST_TOLD:
        return sentence
    return f"{sentence[:MOST_TOLD].rsplit(' ', 1)[0]} … (“studybuddy doctor” tells the rest)"
