"""The sidebar: the mode, and the conversations as they are stored."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.worker import Worker

from studybuddy.chat.desk import Desk
from studybuddy.domain.messages import Conversation, Mode
from studybuddy.ui.faults import tell_fault
from studybuddy.ui.turns import Turn
from studybuddy.ui.widgets.conversation_list import ConversationList, Mark
from studybuddy.ui.widgets.mode_switch import ModeSwitch

PAGE = 60
"""Conversations that are loaded at once."""
ROOM = 100
"""Columns of the screen from which on the sidebar is shown by itself."""


class Sidebar(Vertical):
    """Loads pages of conversations, and marks those where something happens."""

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
        self._marks: dict[str, str] = {}
        self._current = ""

    def compose(self) -> ComposeResult:
        yield ModeSwitch(id="mode")
        yield ConversationList(id="conversations")

    @property
    def list(self) -> ConversationList:
        """The list of conversations."""
        return self.query_one("#conversations", ConversationList)

    @property
    def mode(self) -> Mode:
        """The mode that is shown as chosen."""
        return self.query_one(ModeSwitch).mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self.query_one(ModeSwitch).mode = mode

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

    def _place(self) -> None:
        shown = self._roomy and self._by_itself if self._wanted is None else self._wanted
        if self.display is not shown:
            self.display = shown

    async def reload(self) -> None:
        """Read again what is shown, since titles and order have changed.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        self._loaded = list(await self._desk.recent(max(PAGE, len(self._loaded))))
        self._show()

    def set_current(self, conversation_id: str) -> None:
        """Set off the conversation that is on screen; it was seen, so its mark goes."""
        self._current = conversation_id
        if self._marks.get(conversation_id) != Mark.BUSY:
            self._marks.pop(conversation_id, None)
        self._show()

    def mark(self, conversation_id: str, turn: Turn) -> None:
        """Mark a conversation with what its turn is at."""
        if not turn.over:
            self._marks[conversation_id] = Mark.BUSY
        elif conversation_id == self._current:
            self._marks.pop(conversation_id, None)
        else:
            self._marks[conversation_id] = Mark.DONE if turn.complete else Mark.FAILED

    def _show(self) -> None:
        self.list.show(self._loaded, self._current, self._marks)

    @on(ConversationList.EndReached)
    @work(exclusive=True, group="page", exit_on_error=False)
    async def _next_page(self) -> None:
        if self._loaded and (page := await self._desk.recent(PAGE, self._loaded[-1])):
            self._loaded.extend(page)
            self._show()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say so when a worker fails."""
        tell_fault(self, event)
