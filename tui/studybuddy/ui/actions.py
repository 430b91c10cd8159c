"""What runs require of the student: one dialog after another, put off and taken up again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from textual.screen import Screen

from studybuddy.chat.sessions import Session
from studybuddy.chat.thread_session import ThreadSession
from studybuddy.domain.problems import Problem, StudyBuddyError
from studybuddy.domain.runs import FunctionCall
from studybuddy.study import quiz
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.screens.function_call import FunctionCallScreen
from studybuddy.ui.screens.quiz import QuizScreen
from studybuddy.ui.turns import Turn
from studybuddy.ui.workers import start


@dataclass(slots=True)
class ActionDraft:
    """What was answered so far of the calls of one run; kept as JSON."""

    outputs: dict[str, str] = field(default_factory=dict)
    """Of the calls that are answered, by their ids."""
    drafts: dict[str, str] = field(default_factory=dict)
    """Of the calls whose answer was begun."""

    @classmethod
    def read(cls, text: str) -> ActionDraft:
        """The draft as it was kept; an empty one where the text is none."""
        try:
            value = json.loads(text)
            return cls(_texts(value["outputs"]), _texts(value["drafts"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self) -> str:
        """The JSON that `read` reads."""
        return json.dumps({"outputs": self.outputs, "drafts": self.drafts})


def _texts(value: dict[str, str]) -> dict[str, str]:
    return {str(key): str(text) for key, text in value.items()}


class ActionKeeper:
    """Opens the dialogs for what the run on screen waits for, and sends back what they give."""

    def __init__(
        self, screen: Screen[None], view: ConversationView, tell: Callable[[Problem], None]
    ) -> None:
        self._screen = screen
        self._view = view
        self._tell = tell
        self._turn: Turn | None = None
        self._dialog: Screen[str | None] | None = None

    def offer(self, session: Session, turn: Turn) -> None:
        """Open what the turn requires, unless it was put off or something else is open."""
        if self._turn is turn and turn.required is None and self._dialog is not None:
            self._dialog.dismiss(None)  # the run is over, or went on without it
        free = self._turn is None and self._is_shown(session)
        if free and turn.required is not None and not turn.put_off:
            assert isinstance(session, ThreadSession)
            self._turn = turn
            start(self._screen, partial(self._answer, session, turn), "action")

    def _is_shown(self, session: Session) -> bool:
        """Whether the student looks at a conversation, with nothing over it."""
        return self._screen.app.screen is self._screen and session is self._view.session

    async def _answer(self, session: ThreadSession, turn: Turn) -> None:
        required = turn.required
        assert required is not None
        draft = ActionDraft.read(turn.action_draft)
        try:
            await self._view.drafts.pause()
            for call in required.calls:
                if call.id in draft.outputs:
                    continue
                if turn.required is not required or not self._is_shown(session):
                    return  # it is offered again when the student is back
                output = await self._ask(session, turn, draft, call)
                if output is None:
                    turn.put_off = turn.required is required
                    return
                draft.outputs[call.id] = output
                self._keep(session, turn, draft)
            if turn.required is required:
                turn.put_off = True  # until it is sent: where that fails, a key tries again
                await session.answer({call.id: draft.outputs[call.id] for call in required.calls})
                if turn.required is required:
                    turn.required = None
        except StudyBuddyError as error:
            self._tell(error.problem)
        finally:
            self._turn = self._dialog = None
            self._view.show_turn()

    async def _ask(
        self, session: ThreadSession, turn: Turn, draft: ActionDraft, call: FunctionCall
    ) -> str | None:
        def on_draft(text: str) -> None:
            draft.drafts[call.id] = text
            self._keep(session, turn, draft)

        self._dialog = self._dialog_for(call, draft.drafts.get(call.id, ""), on_draft)
        return await self._screen.app.push_screen_wait(self._dialog)

    def _dialog_for(
        self, call: FunctionCall, draft: str, on_draft: Callable[[str], None]
    ) -> Screen[str | None]:
        if call.name == quiz.NAME:
            try:
                return QuizScreen(quiz.parse(call.arguments), draft, on_draft)
            except ValueError:
                pass  # what can't be shown as a quiz is shown as it came
        return FunctionCallScreen(call, draft, on_draft)

    def _keep(self, session: ThreadSession, turn: Turn, draft: ActionDraft) -> None:
        turn.action_draft = draft.write()
        start(self._screen, partial(self._save, session, turn.action_draft), "action-draft")

    async def _save(self, session: ThreadSession, draft: str) -> None:
        try:
            await session.save_action_draft(draft)
        except StudyBuddyError as error:
            self._tell(error.problem)
