"""Opening the note behind a citation."""

from __future__ import annotations

from textual.screen import Screen

from studybuddy.chat.desk import Desk
from studybuddy.chat.sessions import Session
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.runs import Citation
from studybuddy.ui.screens.note import NoteScreen

_LONGER = 0.4
"""Seconds after which the student is told that the note is on its way."""


async def open_citation(
    screen: Screen[None], desk: Desk, session: Session, message_id: str, citation: Citation
) -> None:
    """Show the note at the passage; run this in a worker of the screen."""
    message = next((m for m in session.messages if m.id == message_id), None)
    details = message.details if message else None
    assistant_id = details.assistant_id if details else session.head.assistant_id
    thread_id = details.thread_id if details else session.head.thread_id
    name = citation.file_name or "The note"
    told = screen.set_timer(_LONGER, lambda: screen.notify(f"Opening {name}…", markup=False))
    try:
        pages = await desk.assistants.note_pages(assistant_id, thread_id, citation.file_id)
    except StudyBuddyError as error:
        screen.notify(
            str(error.problem),
            title=f"{name} can't be opened.",
            severity="warning",
            markup=False,
        )
        return
    finally:
        told.stop()
    if screen.app.screen is screen:
        await screen.app.push_screen_wait(NoteScreen(name, pages, citation))
