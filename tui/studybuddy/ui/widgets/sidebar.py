"""The sidebar: the mode, and its conversations as they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.worker import Worker

from studybuddy.chat.desk import Desk
from studybuddy.domain.messages import Conversation, Mode
from studybuddy.domain.phases import Phase
from studybuddy.domain.shelves import EVERYTHING_ACTIVE, Place
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.widgets.conversation_list import ConversationList, Mark
from studybuddy.ui.widgets.mode_switch import ModeSwitch

if TYPE_CHECKING:
    from studybuddy.ui.turns import Turn
    from studybuddy.ui.widgets.assistant_pane import AssistantPane

PAGE = 60
"""Conversations that are loaded at once."""
ROOM = 100
"""Columns of the screen from which on the sidebar is shown by itself."""


def mark_of(turn: Turn) -> Mark:
    """What a conversation is marked with for what its turn is at."""
    if turn.over:
        return Mark.DONE if turn.complete else Mark.FAILED
    match turn.activity.phase:
        case Phase.QUEUED:
            return Mark.QUEUED
        case Phase.WAITING:
            return Mark.WAITING
        case _:
            return Mark.BUSY


class Sidebar(Vertical):
    """Loads pages of the mode's conversations, and marks those where something happens."""

    def __init__(
        self,
        desk: Desk,
        *,
        by_itself: bool,
        id: str | None = None,
    ) -> None:
        """Take the desk, and whether to be shown by itself where there is room."""
        super().__init__(id=id)
        self._by_itself = by_itself
        self._wanted: bool | None = None
        self._roomy = False
        self._desk = desk
        self._loaded: list[Conversation] = []
        self._marks: dict[str, Mark] = {}
        self._current = ""
        self._assistants: AssistantPane | None = None
        self._place_listed = EVERYTHING_ACTIVE

    def compose(self) -> ComposeResult:
        yield ModeSwitch(id="mode")
        yield ConversationList(id="conversations")

    @property
    def list(self) -> ConversationList:
        """The list of conversations."""
        return self.query_one("#conversations", ConversationList)

    @property
    def assistants(self) -> AssistantPane:
        """The list of assistants, which is made when assistant mode is first used."""
        if self._assistants is None:
            from studybuddy.ui.late_styles import load_study_styles
            from studybuddy.ui.widgets.assistant_pane import AssistantPane

            load_study_styles(self.app)
            self._assistants = AssistantPane(id="assistants")
            self.mount(self._assistants, before=self.list)
        return self._assistants

    @property
    def place(self) -> Place:
        """Which conversations of the mode are listed."""
        return self._place_listed

    @place.setter
    def place(self, place: Place) -> None:
        self._place_listed = place
        self._loaded = []
        self.list.forget_pages()

    def beside(self, conversation_id: str) -> str | None:
        """The conversation that is listed after one, or else before it."""
        ids = [head.id for head in self._loaded]
        if conversation_id not in ids:
            return None
        at = ids.index(conversation_id)
        beside = [*ids[at + 1 : at + 2], *ids[max(0, at - 1) : at]]
        return beside[0] if beside else None

    @property
    def mode(self) -> Mode:
        """The mode whose conversations are shown."""
        return self.query_one(ModeSwitch).mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode is self.mode:
            return
        self.query_one(ModeSwitch).mode = mode
        self._loaded = []
        self.list.forget_pages()
        if self._assistants is not None or mode is Mode.ASSISTANT:
            self.assistants.display = mode is Mode.ASSISTANT

    def fit(self, columns: int) -> None:
        """Fold or unfold for a screen of that width; what a key chose holds until it changes."""
        roomy = columns >= ROOM
        if roomy != self._roomy:
            self._roomy, self._wanted = roomy, None
        self._place()

    def unfold(self, shown: bool) -> None:
        """Show it, or fold it away, whatever the width."""
        self._wanted = shown
        self._place()

    def show_by_itself(self, by_itself: bool) -> None:
        """Show it where there is room without being asked, or wait to be asked, from now on."""
        self._by_itself, self._wanted = by_itself, None
        self._place()

    def _place(self) -> None:
        shown = self._roomy and self._by_itself if self._wanted is None else self._wanted
        if self.display is not shown:
            self.display = shown

    async def reload(self) -> None:
        """Read again what is shown, since titles and order have changed.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        mode, place = self.mode, self.place
        number = max(PAGE, len(self._loaded))
        loaded = await self._desk.recent(number, mode=mode, place=place)
        if (mode, place) == (self.mode, self.place):
            self._loaded = list(loaded)
            self._show()

    def set_current(self, conversation_id: str) -> None:
        """Set off the conversation that is on screen; it was seen, so that its mark may go."""
        self._current = conversation_id
        if (mark := self._marks.get(conversation_id)) and mark.seen:
            del self._marks[conversation_id]
        self._show()

    def mark(self, conversation_id: str, turn: Turn) -> None:
        """Mark a conversation with what its turn is at."""
        mark = mark_of(turn)
        before = self._marks.get(conversation_id)
        if mark.seen and conversation_id == self._current:
            self._marks.pop(conversation_id, None)
        else:
            self._marks[conversation_id] = mark
        if before is not self._marks.get(conversation_id):
            self._show()

    def _show(self) -> None:
        name = ""
        if self.place != EVERYTHING_ACTIVE:
            from studybuddy.ui.ordering import name_of

            name = name_of(self.place)
        self.list.show(self._loaded, self._current, self._marks, name)

    @on(ConversationList.EndReached)
    @work(exclusive=True, group="page", exit_on_error=False)
    async def _next_page(self) -> None:
        mode, place = self.mode, self.place
        if not self._loaded:
            return
        page = await self._desk.recent(PAGE, self._loaded[-1], mode=mode, place=place)
        if page and (mode, place) == (self.mode, self.place):
            self._loaded.extend(page)
            self._show()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)
