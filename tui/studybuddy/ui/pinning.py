"""Pinning messages of the conversation on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.ui.conversation_view import ConversationView


async def pin(view: ConversationView, message_id: str, pinned: bool) -> None:
    """Let a message stay in the context where older ones are dropped, or no longer.

    Raises:
        StudyBuddyError: where the disk fails, or the server decides what fits.
    """
    session = view.session
    if pinned and session.head.mode is Mode.ASSISTANT:
        sentence = "Nothing can be pinned here: the server decides what fits."
        raise StudyBuddyError(Problem(ProblemKind.BAD_REQUEST, sentence))
    await session.pin(message_id, pinned)
    view.show_pin(session, message_id)
