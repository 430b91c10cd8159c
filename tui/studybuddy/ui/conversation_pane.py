"""The conversation pane: transcript, status line, prompt and meter of what is on screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message as UiMessage

from studybuddy.chat.sessions import Session
from studybuddy.ui.widgets.conversation import Conversation
from studybuddy.ui.widgets.meter import MeterLine
from studybuddy.ui.widgets.prompt import Prompt
from studybuddy.ui.widgets.status import StatusLine

if TYPE_CHECKING:
    from studybuddy.domain.limits import BudgetState
    from studybuddy.ui.turns import Turn


class ConversationPane(Vertical):
    """The widgets of the pane, and what it tells the screen."""

    @dataclass
    class TurnChanged(UiMessage):
        """A turn began, went on to another phase, needs an answer, or ended."""

        session: Session
        turn: Turn
        stored: bool
        """Whether the conversation's stored head changed with it."""

    @dataclass
    class Refused(UiMessage):
        """A prompt was not sent; `reason` says why, and the prompt still holds it."""

        reason: str

    @dataclass
    class Obstructed(UiMessage):
        """A limit stands in the way of a turn; nothing was sent, and the prompt has its text."""

        session: Session
        turn: Turn

    @dataclass
    class BudgetNears(UiMessage):
        """A budget nears its end."""

        session: Session
        state: BudgetState

    class Introduced(UiMessage):
        """Somebody else may answer from now on."""

    class Rested(UiMessage):
        """The keys rest."""

    class EndpointNeeded(UiMessage):
        """A prompt was to be sent, and no endpoint is chosen yet."""

    def __init__(
        self, keys: Mapping[str, str], *, reduced_motion: bool, id: str | None = None
    ) -> None:
        """Take the keys of commands by their ids."""
        super().__init__(id=id)
        self.transcript = Conversation(id="transcript")
        """The messages."""
        self.transcript.name_keys(keys)
        self.transcript.reduced_motion = reduced_motion
        self.status = StatusLine(id="status")
        """The line below them."""
        self.prompt = Prompt(id="prompt")
        """The editor."""
        self.meter_line = MeterLine(id="meter")
        """The line below the editor."""
        self.status.reduced_motion = reduced_motion

    def compose(self) -> ComposeResult:
        yield self.transcript
        yield self.status
        yield self.prompt
        yield self.meter_line
