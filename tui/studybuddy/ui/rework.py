"""Asking again and differently, walking through versions, deleting, and undoing that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.domain.messages import Message, Role
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.ui.asking import question_before
from studybuddy.ui.undoing import Deed
from studybuddy.ui.unsent import give_back

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.ui.features import Workplace

_NO_VERSIONS = "There is one version only. Alt+R asks for another."
_SWITCHED = "There is another conversation on screen by now: nothing was asked."


class Rework:
    """Carries out what is done with the messages of the conversation on screen."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def run(self, command: str) -> None:
        """Carry out a command."""
        match command:
            case "differently" | "differently_here":
                await self._place.once(self._differently)
            case "edit_question" | "edit_here":
                await self._place.once(self._edit)
            case "continue":
                self._place.view.asking.go_on()
            case "previous_alternative" | "previous_here":
                await self._walk(-1)
            case "next_alternative" | "next_here":
                await self._walk(1)
            case "compare" | "compare_here":
                await self._place.once(self._compare)
            case "delete_message":
                await self._delete()

    # Which message is meant

    def _chosen(self) -> Message | None:
        """The message under the cursor, while the conversation has the focus."""
        transcript = self._place.view.transcript
        return transcript.chosen if transcript.has_focus else None

    def _with_versions(self) -> Message | None:
        """The chosen message, else the last one that has other versions."""
        session, chosen = self._place.view.session, self._chosen()
        if chosen is not None and chosen.id in session.alternatives:
            return chosen
        versions = [m for m in session.messages if m.id in session.alternatives]
        return versions[-1] if versions else None

    # Asking

    async def _differently(self) -> None:
        from studybuddy.ui.screens.differently import Another, DifferentlyScreen, OtherModel

        place, session, chosen = self._place, self._place.view.session, self._chosen()
        message_id = chosen.id if chosen is not None else ""
        if question_before(session.messages, message_id) is None:
            place.say("There is nothing to ask again yet.")
            return
        match await place.dialog(DifferentlyScreen()):
            case OtherModel():
                await self._by_other_model(session, message_id)
            case Another(variation) if self._still(session):
                place.view.asking.retry(message_id, variation)

    async def _by_other_model(self, session: Session, message_id: str) -> None:
        from studybuddy.ui.screens.models import ModelScreen

        place = self._place
        screen = ModelScreen(place.desk, place.services.setup, once=True)
        endpoint = await place.dialog(screen)
        if endpoint is not None and self._still(session):
            place.view.asking.retry(message_id, None, endpoint)

    def _still(self, session: Session) -> bool:
        """Whether that is on screen still, which is told where it is not: nothing is asked then."""
        if session is self._place.view.session:
            return True
        self._place.say(_SWITCHED)
        return False

    async def _edit(self) -> None:
        from studybuddy.ui.screens.edit_question import EditQuestionScreen

        place, session, chosen = self._place, self._place.view.session, self._chosen()
        question = question_before(session.messages, chosen.id if chosen is not None else "")
        if question is None:
            place.say("There is no question to edit yet.")
            return
        view = place.view
        text = await place.dialog(EditQuestionScreen(view.prompt.as_typed(question.text)))
        if text is None:
            return
        try:
            asked = (await view.files.read_in(text)).text
        except Exception:
            await give_back(view, session, text)
            raise
        if not self._still(session):
            place.say("What you wrote is in the prompt of the conversation that it was for.")
            await give_back(view, session, text)
        elif not view.asking.edit(question.id, asked):
            await give_back(view, session, text)

    # Versions

    async def _walk(self, by: int) -> None:
        place, session = self._place, self._place.view.session
        message = self._with_versions()
        if message is None:
            place.say(_NO_VERSIONS)
            return
        at = [m.id for m in session.messages].index(message.id)
        number, of = session.alternatives[message.id]
        if not await session.show_alternative(message.id, by):
            place.say(f"This is version {number} of {of}: there is none {_beside(by)} it.")
            return
        place.branch_moved(session)
        if session is place.view.session and at < len(session.messages):
            place.view.transcript.show_message(session.messages[at].id)

    async def _compare(self) -> None:
        from studybuddy.ui.screens.compare import CompareScreen

        place, session, message = self._place, self._place.view.session, self._with_versions()
        if message is None:
            place.say(_NO_VERSIONS)
            return
        tree = await session.tree()
        versions = [tree.messages[key] for key in tree.alternatives(message.id)]
        if len(versions) < 2:
            place.say(_NO_VERSIONS)
            return
        question = question_before(session.messages, message.id)
        asked = question.text if question is not None and message.role is Role.ASSISTANT else ""
        kept = await place.dialog(CompareScreen(versions, message.id, asked))
        if kept is not None and await session.show_message(kept):
            place.branch_moved(session)
            if session is place.view.session:
                place.view.transcript.show_message(kept)

    # Deleting

    async def _delete(self) -> None:
        place, session, message = self._place, self._place.view.session, self._chosen()
        if message is None:
            place.say("Choose a message first: ↑ and ↓ go through them.")
            return
        ids = await session.delete_message(message.id)
        if not ids:
            place.branch_moved(session)
            place.say("It is not shown any more.")
            return

        async def undo() -> str | None:
            if session is not place.view.session and session.busy:
                raise StudyBuddyError(_elsewhere(session.head.title))
            if not await session.refresh():
                return "The conversation that it was deleted in is gone."
            await session.restore_messages(ids)
            place.branch_moved(session)
            return None

        place.undoing.done(Deed("What was deleted is back.", undo))
        place.branch_moved(session)
        what = "Deleted the question and its answer." if len(ids) > 1 else "Deleted the message."
        place.say(f"{what} u or Alt+Z brings it back.", timeout=8)


def _elsewhere(title: str) -> Problem:
    """Why something is not undone in a conversation that is not on screen."""
    return Problem(
        ProblemKind.BAD_REQUEST,
        f"“{title or 'The conversation'}” is being answered, in which that was deleted.",
        "Wait for the answer, and undo it then.",
    )


def _beside(by: int) -> str:
    return "before" if by < 0 else "after"
