"""Asking again and differently, walking through versions, deleting, and undoing that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.domain.messages import Message, Role
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.asking import question_before
from studybuddy.ui.undoing import Deed

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.ui.features import Workplace

_NO_VERSIONS = "There is one version only. Alt+R asks for another."


class Rework:
    """Carries out what is done with the messages of the conversation on screen."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def run(self, command: str) -> None:
        """Carry out a command."""
        try:
            await self._run(command)
        except StudyBuddyError as error:
            self._place.tell(error.problem)

    async def _run(self, command: str) -> None:
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
            case "undo" | "undo_here" | "undo_list":
                await self._undo()

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

        view, chosen = self._place.view, self._chosen()
        message_id = chosen.id if chosen is not None else ""
        if question_before(view.session.messages, message_id) is None:
            self._place.say("There is nothing to ask again yet.")
            return
        wanted = await self._place.dialog(DifferentlyScreen())
        match wanted:
            case None:
                return
            case OtherModel():
                await self._by_other_model(message_id)
            case Another(variation):
                view.asking.retry(message_id, variation)

    async def _by_other_model(self, message_id: str) -> None:
        from studybuddy.ui.screens.models import ModelScreen

        place = self._place
        screen = ModelScreen(place.desk, place.services.setup, once=True)
        if (endpoint := await place.dialog(screen)) is not None:
            place.view.asking.retry(message_id, None, endpoint)

    async def _edit(self) -> None:
        from studybuddy.ui.screens.edit_question import EditQuestionScreen

        place, session, chosen = self._place, self._place.view.session, self._chosen()
        question = question_before(session.messages, chosen.id if chosen is not None else "")
        if question is None:
            place.say("There is no question to edit yet.")
            return
        text = await place.dialog(EditQuestionScreen(question.text))
        if text is None or session is not place.view.session:
            return
        try:
            asked = (await place.view.files.read_in(text)).text
        except StudyBuddyError as error:
            place.tell(error.problem)
            asked = ""
        if session is not place.view.session:
            return
        if not asked or not place.view.asking.edit(question.id, asked):
            place.view.prompt.give_back(text)

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
        self._moved(session)
        if at < len(session.messages):
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
            self._moved(session)
            place.view.transcript.show_message(kept)

    # Deleting

    async def _delete(self) -> None:
        place, session, message = self._place, self._place.view.session, self._chosen()
        if message is None:
            place.say("Choose a message first: ↑ and ↓ go through them.")
            return
        ids = await session.delete_message(message.id)

        async def undo() -> None:
            await session.restore_messages(ids)
            self._moved(session)

        place.undoing.done(Deed("What was deleted is back.", undo))
        self._moved(session)
        what = "Deleted the question and its answer." if len(ids) > 1 else "Deleted the message."
        place.say(f"{what} u or Alt+Z brings it back.", timeout=8)

    async def _undo(self) -> None:
        told = await self._place.undoing.undo()
        self._place.say(told or "There is nothing to undo.")

    def _moved(self, session: Session) -> None:
        """Show the branch that is the shown one by now."""
        view = self._place.view
        if session is view.session:
            view.bring_in_step()
            view.meter.watch()
            view.meter.settle()
            self._place.opener.take_over()  # a run of what is shown now may have been waiting
            self._place.screen.refresh_bindings()


def _beside(by: int) -> str:
    return "before" if by < 0 else "after"
