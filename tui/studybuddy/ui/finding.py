"""Finding what was said, and going there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.ui.screens.search import Found, SearchScreen

if TYPE_CHECKING:
    from studybuddy.domain.searching import ConversationSearch
    from studybuddy.ui.features import Workplace


class Finder:
    """Opens the search, and the conversation at the hit."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._words = ""
        self._search: ConversationSearch | None = None

    async def run(self, command: str) -> None:
        """Carry out its one command, however it is called."""
        await self._place.once(self._find)

    async def _find(self) -> None:
        place = self._place
        if self._search is None and place.services.search is not None:
            self._search = place.services.search()
        search = self._search
        if search is None:
            place.say("There is nothing to search.")
            return
        screen = SearchScreen(search, self._words, await place.desk.shelf.folders())
        found = await place.dialog(screen)
        self._words = screen.words
        if found is not None:
            await self._go_to(found)

    async def _go_to(self, found: Found) -> None:
        place, hit = self._place, found.hit
        await place.opener.open(hit.conversation.id)
        view = place.view
        session = view.session
        if session.head.id != hit.conversation.id or not hit.message_id:
            return
        if all(message.id != hit.message_id for message in session.messages):
            if view.busy:
                place.say("It is in another version; it can be shown once the answer has come.")
                return
            if not await session.show_message(hit.message_id):
                place.say("It was deleted meanwhile.")
                return
            place.branch_moved(session)
        words = {hit.excerpt[begin:end] for begin, end in hit.marks}  # as they stand in the text
        view.transcript.show_message(hit.message_id, sorted(words) or found.words)
        place.screen.set_focus(view.transcript)
