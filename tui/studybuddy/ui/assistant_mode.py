"""What the main screen does for assistant mode: the assistants, and the dialogs about them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from textual.screen import Screen

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.chat.thread_session import ThreadSession
from studybuddy.domain.assistants import Assistant, AssistantSpec, Tool
from studybuddy.domain.messages import Conversation, Mode
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.study.quiz import DISPLAY_QUIZ
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.note_uploads import Uploads
from studybuddy.ui.screens.assistant_editor import AssistantEditor
from studybuddy.ui.screens.confirm import ConfirmScreen
from studybuddy.ui.widgets.sidebar import Sidebar
from studybuddy.ui.workers import start

FRESH = 30.0
"""Seconds for which the list is taken as it was read."""
NEW = AssistantSpec(
    "",
    "You are a patient tutor. Explain step by step, with small examples.",
    tools=frozenset({Tool.FILE_SEARCH}),
    functions=(DISPLAY_QUIZ,),
)
"""What an assistant of one's own begins with."""


class AssistantMode:
    """Keeps the list of assistants, and says which one answers in the thread on screen.

    Its coroutines that wait for dialogs run in workers of the screen.
    """

    def __init__(
        self,
        screen: Screen[None],
        desk: Desk,
        view: ConversationView,
        sidebar: Sidebar,
        tell: Callable[[Problem], None],
    ) -> None:
        self._screen = screen
        self._desk = desk
        self._view = view
        self._sidebar = sidebar
        self._tell = tell
        self._all: Sequence[Assistant] = ()
        self._read_at = 0.0
        self._preferred = ""
        self._uploads = Uploads(screen, desk.assistants)
        self._uploads.counted = self._tell_reading
        view.about_to_ask = self._about_to_ask

    # The list

    def thread_shown(self) -> None:
        """Say who answers in the thread that came on screen."""
        if self._all:
            self._show()
        if not self._all or time.monotonic() - self._read_at > FRESH:
            self.load()

    def endpoint_changed(self) -> None:
        """Begin anew: another endpoint may have other assistants."""
        self._all = ()
        self._view.assistant = None
        if self._view.session.head.mode is Mode.ASSISTANT:
            self._view.endpoint_changed()
            self.load()

    def load(self) -> None:
        """Read the list in the background."""
        start(self._screen, self._load, "assistants", exclusive=True)

    async def _load(self) -> None:
        pane = self._sidebar.assistants
        if not self._all:
            pane.list.show_loading()
        if self._desk.endpoint is None:
            self._all = ()
            pane.list.show_error("No model is chosen yet.")
            return
        try:
            self._all = await self._desk.assistants.list()
            self._read_at = time.monotonic()
        except StudyBuddyError as error:
            self._all = ()
            pane.list.show_error(str(error.problem))
        else:
            self._show()

    def _show(self) -> None:
        session = self._view.session
        if session.head.mode is not Mode.ASSISTANT:
            return
        assistant = self._answering(session.head)
        self._view.assistant = assistant
        self._sidebar.assistants.list.show(self._all, assistant.id if assistant else "")
        self._view.endpoint_changed()
        if assistant is not None and self._stands(session.head, assistant):
            start(self._screen, partial(self._use, session, assistant), "choose")

    @staticmethod
    def _stands(head: Conversation, assistant: Assistant) -> bool:
        """Whether a thread is to be given the assistant: it has none, or it was renamed.

        One that this server has not stays the thread's own: another server may have it.
        """
        if head.assistant_id != assistant.id:
            return not head.assistant_id
        return head.assistant_name != assistant.spec.name

    @property
    def reading(self) -> bool:
        """Whether notes are on their way, which leaving would drop."""
        return bool(self._uploads.under_way())

    def _tell_reading(self) -> None:
        self._sidebar.assistants.tell_reading(
            [upload.path.name for upload in self._uploads.under_way()]
        )

    def _about_to_ask(self, session: Session) -> None:
        """Have a thread asked of who stands for its assistant; the turn that begins keeps that."""
        assistant = self._view.assistant
        if isinstance(session, ThreadSession) and assistant is not None:
            if self._uploads.under_way(assistant.id):
                self._screen.notify(
                    f"{assistant.spec.name} is still reading notes: this answer may lack them.",
                    markup=False,
                )
            session.ask_of(assistant)

    def _answering(self, head: Conversation) -> Assistant | None:
        """The thread's own assistant, else its namesake on this server, else another one."""
        by_id = {assistant.id: assistant for assistant in self._all}
        by_name = {assistant.spec.name: assistant for assistant in reversed(self._all)}
        return (
            by_id.get(head.assistant_id)
            or by_name.get(head.assistant_name)
            or by_id.get(self._preferred)
            or next(iter(self._all), None)
        )

    async def _use(self, session: Session, assistant: Assistant) -> None:
        if isinstance(session, ThreadSession):
            try:
                await session.choose(assistant)
            except StudyBuddyError as error:
                self._tell(error.problem)

    async def choose(self, assistant: Assistant) -> None:
        """Let an assistant answer in the thread on screen, and in new ones."""
        self._preferred = assistant.id
        await self._use(self._view.session, assistant)
        self._show()
        self._view.prompt.focus()

    # What is done with one of them

    async def run(self, command: str, assistant: Assistant | None) -> None:
        """Carry out a command of the table for an assistant, the one in use where none is given."""
        if command == "new_assistant":
            await self._new()
            return
        assistant = assistant or self._view.assistant
        if assistant is None:  # the key was quicker than the list
            await self._load()
            assistant = self._view.assistant
        if assistant is None:
            self._screen.notify("There is no assistant to do that with.")
        elif command == "edit_assistant":
            await self._edit(assistant)
        elif command == "duplicate_assistant":
            await self._duplicate(assistant)
        elif command == "delete_assistant":
            await self._delete(assistant)
        elif command == "notes":
            await self._notes(assistant)

    async def _new(self) -> None:
        made = await self._screen.app.push_screen_wait(
            AssistantEditor(
                NEW,
                self._desk.assistants.create,
                title="A new assistant",
                default_model=self._model(),
            )
        )
        if made is not None:
            await self._added(made)
            self._screen.set_focus(self._view.prompt)  # it is to be asked something now

    async def _edit(self, assistant: Assistant) -> None:
        """Edit an assistant as it is now: what changed it meanwhile is not to be lost."""
        await self._load()
        now = next((other for other in self._all if other.id == assistant.id), None)
        if now is None:
            self._screen.notify(f"{assistant.spec.name} can't be read right now.", markup=False)
            return
        assistant = now

        async def save(spec: AssistantSpec) -> Assistant:
            return await self._desk.assistants.update(assistant.id, spec)

        changed = await self._screen.app.push_screen_wait(
            AssistantEditor(
                assistant.spec,
                save,
                title=f"Edit {assistant.spec.name}",
                default_model=self._model(),
            )
        )
        if changed is not None:
            self._all = [changed if a.id == changed.id else a for a in self._all]
            self._show()

    def _model(self) -> str:
        endpoint = self._desk.endpoint
        return (endpoint.model or endpoint.name) if endpoint else "the model in use"

    async def _duplicate(self, assistant: Assistant) -> None:
        try:
            copy = await self._desk.assistants.duplicate(assistant)
        except StudyBuddyError as error:
            self._tell(error.problem)
        else:
            await self._added(copy)
            self._screen.notify(f"{copy.spec.name} is a copy; e changes it.", markup=False)

    async def _added(self, assistant: Assistant) -> None:
        self._all = [*self._all, assistant]
        self._preferred = assistant.id
        await self._use(self._view.session, assistant)
        self._show()

    async def _delete(self, assistant: Assistant) -> None:
        name = assistant.spec.name
        sure = await self._screen.app.push_screen_wait(
            ConfirmScreen(
                f"Delete {name}?",
                "Its notes are deleted with it. Threads stay, and go on with another assistant.",
                "Delete",
            )
        )
        if not sure:
            return
        try:
            await self._desk.assistants.delete(assistant.id)
        except StudyBuddyError as error:
            self._tell(error.problem)
            return
        self._uploads.forget(assistant.id)
        self._all = [a for a in self._all if a.id != assistant.id]
        self._show()

    async def _notes(self, assistant: Assistant) -> None:
        from studybuddy.ui.screens.notes import NotesScreen

        await self._screen.app.push_screen_wait(
            NotesScreen(self._desk.assistants, self._uploads, assistant)
        )
        self.load()  # a first note gives an assistant the tool that searches it
