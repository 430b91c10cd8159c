"""What is typed for a conversation and not sent, changed wherever it is: on screen or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from studybuddy.ui.drafts import joined

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.ui.conversation_view import ConversationView


async def change_draft(
    view: ConversationView, session: Session, change: Callable[[str], str]
) -> None:
    """Change what is typed for a conversation.

    Raises:
        StudyBuddyError: where the disk fails; what is on screen needs none.
    """
    if session is not view.session:
        turn = view.turn_of(session)
        if turn is None or turn.aside is None:
            await session.save_draft(change(session.head.draft))
        else:
            turn.aside = change(turn.aside)
            await session.save_draft(joined(turn.pending_text, turn.aside))
            return
    if session is view.session:  # it may have been shown meanwhile, with the draft before
        view.prompt.put(change(view.prompt.text))


async def give_back(view: ConversationView, session: Session, text: str) -> None:
    """Put a text that was not sent in front of what was typed for its conversation since.

    One that is kept in the draft already is not put there twice.

    Raises:
        StudyBuddyError: where that is not on screen, and the disk fails.
    """
    text = view.prompt.as_typed(text)
    await change_draft(
        view,
        session,
        lambda typed: typed if f"{typed}\n".startswith(f"{text}\n") else joined(text, typed),
    )
