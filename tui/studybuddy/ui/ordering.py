"""Putting conversations in order: titles, pins, folders, archive, deleting, and lists of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studybuddy.domain.messages import Conversation, Titled
from studybuddy.domain.shelves import Place, Shelf
from studybuddy.ui.commands import keys_of
from studybuddy.ui.undoing import Deed

if TYPE_CHECKING:
    from studybuddy.ui.features import Workplace


class Orderer:
    """Carries out what is done with whole conversations."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def run(self, command: str) -> None:
        """Carry out a command for the conversation that is chosen in the list, or on screen."""
        place = self._place
        if command in ("shelf", "shelf_here"):
            await place.once(self._choose_list)
            return
        head = await self._meant()
        if head is None:
            listed = place.sidebar.list.has_focus
            unstored = "Nothing was said in it yet, so that nothing is stored of it."
            place.say("Choose a conversation first." if listed else unstored)
            return
        match command:
            case "rename" | "rename_here":
                await place.once(lambda: self._rename(head))
            case "pin_conversation" | "pin_here":
                await self._pin(head)
            case "archive" | "archive_here":
                await self._archive(head)
            case "folder" | "folder_here":
                await place.once(lambda: self._move(head))
            case "delete_conversation" | "delete_here":
                await self._delete(head)

    async def _meant(self) -> Conversation | None:
        """The conversation under the cursor of the list that has the focus, else that on screen."""
        listed = self._place.sidebar.list
        key = listed.chosen_id if listed.has_focus else self._place.view.session.head.id
        return await self._place.desk.shelf.head(key) if key is not None else None

    async def _changed(self, head: Conversation) -> None:
        """Show a conversation's new head."""
        session = self._place.view.session
        if session.head.id == head.id:
            session.renamed(head.title, head.titled)
        await self._place.opener.reload_list()

    async def _rename(self, head: Conversation) -> None:
        from studybuddy.ui.screens.one_line import OneLineScreen

        title = await self._place.dialog(
            OneLineScreen("What shall it be called?", head.title, "Enter renames it, Esc does not.")
        )
        if title and title != head.title:
            await self._changed(await self._place.desk.shelf.rename(head, title, Titled.STUDENT))

    async def _pin(self, head: Conversation) -> None:
        await self._arrange(head, pinned=not head.pinned)
        self._place.say(
            "It stays at the top of the list." if not head.pinned else "Pinned no more."
        )

    async def _archive(self, head: Conversation) -> None:
        if head.deleted_at is not None:
            await self._bring_back(head)
            return
        await self._arrange(head, archived=not head.archived)
        if head.archived:
            self._place.say("It is in the list again.")
            return
        shelf = self._place.desk.shelf

        async def undo() -> None:
            await shelf.arrange(head, archived=False)
            await self._place.opener.reload_list()

        self._place.undoing.done(Deed("It is in the list again.", undo))
        self._place.say(
            "Archived: searches find it, and f in the list shows it. "
            f"{keys_of('undo', self._place.services.settings.keys)} undoes it."
        )

    async def _move(self, head: Conversation) -> None:
        from studybuddy.ui.screens.one_line import OneLineScreen

        folders = await self._place.desk.shelf.folders()
        folder = await self._place.dialog(
            OneLineScreen(
                "Into which folder?",
                head.folder,
                "Enter moves it; empty takes it out of its folder.",
                choices=folders,
                empty=True,
            )
        )
        if folder is not None and folder != head.folder:
            await self._arrange(head, folder=folder)
            self._place.say(f"It is in “{folder}”." if folder else "It is in no folder.")

    async def _arrange(
        self,
        head: Conversation,
        *,
        pinned: bool | None = None,
        archived: bool | None = None,
        folder: str | None = None,
    ) -> None:
        shelf = self._place.desk.shelf
        await self._changed(
            await shelf.arrange(head, pinned=pinned, archived=archived, folder=folder)
        )

    # Deleting

    async def _delete(self, head: Conversation) -> None:
        place = self._place
        if any(session.head.id == head.id for session in place.desk.busy()):
            place.say("An answer is coming in it: stop that first (Esc).")
        elif head.deleted_at is not None:
            await place.once(lambda: self._delete_for_good(head))
        else:
            await self._discard(head)

    async def _discard(self, head: Conversation) -> None:
        place = self._place
        shown = place.view.session.head.id == head.id
        listed = place.sidebar.list.has_focus
        following = place.sidebar.beside(head.id)
        if shown:
            await place.view.flush_draft()
        await place.desk.shelf.discard(head.id)

        async def undo() -> str | None:
            if await place.desk.shelf.head(head.id) is None:
                return f"“{head.title or 'The conversation'}” was deleted for good meanwhile."
            from_list = place.sidebar.list.has_focus
            await self._bring_back(head, tell=False, show=shown)
            if from_list:
                place.sidebar.list.focus()
            return None

        place.undoing.done(Deed(f"“{head.title or 'The conversation'}” is back.", undo))
        if shown:
            await place.opener.leave(following)
        await place.opener.reload_list()
        if listed:
            place.sidebar.list.focus()
        place.say(
            f"Deleted “{head.title or 'the conversation'}”. u or Alt+Z brings it back.", timeout=8
        )

    async def bring_back(self, conversation_id: str) -> None:
        """Bring back a deleted conversation, which is about to be opened.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        head = await self._place.desk.shelf.head(conversation_id)
        if head is not None and head.deleted_at is not None:
            await self._bring_back(head)

    async def _bring_back(
        self, head: Conversation, *, tell: bool = True, show: bool = False
    ) -> None:
        await self._place.desk.shelf.restore(head.id)
        if show:
            await self._place.opener.open(head.id)
        await self._place.opener.reload_list()
        if tell:
            self._place.say(f"“{head.title or 'The conversation'}” is back.")

    async def _delete_for_good(self, head: Conversation) -> None:
        from studybuddy.ui.screens.confirm import ConfirmScreen

        sure = await self._place.dialog(
            ConfirmScreen(
                f"Delete “{head.title or 'the conversation'}” for good?",
                "Its messages are gone from this computer then, and nothing brings them back; "
                "so are its threads on the server, if that can be reached.",
                "Delete",
            )
        )
        if sure:
            if self._place.view.session.head.id == head.id:
                await self._place.opener.leave(None)
            await self._place.desk.shelf.delete(head.id)
            await self._place.opener.reload_list()

    # Lists

    async def _choose_list(self) -> None:
        from studybuddy.ui.screens.lists import ListsScreen

        sidebar = self._place.sidebar
        folders = await self._place.desk.shelf.folders()
        chosen = await self._place.dialog(ListsScreen(folders, sidebar.place))
        if chosen is not None:
            sidebar.place = chosen
            await self._place.opener.reload_list()
            sidebar.unfold(True)
            sidebar.list.focus()


def name_of(place: Place) -> str:
    """What a list is called; empty for the usual one."""
    match place.shelf:
        case Shelf.ARCHIVED:
            return "Archived"
        case Shelf.DELETED:
            return "Deleted"
        case _ if place.folder is not None:
            return place.folder or "In no folder"
        case _:
            return ""
