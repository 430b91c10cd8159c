"""Which conversations are to be listed."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.domain.shelves import Place, Shelf
from studybuddy.ui.screens.dialog import Dialog


class ListsScreen(Dialog[Place | None]):
    """Offers the lists there are; returns the one that was chosen."""

    AUTO_FOCUS = "OptionList"
    BINDINGS = [Binding("escape,q", "leave", "Back", show=False)]

    def __init__(self, folders: Sequence[str], now: Place) -> None:
        super().__init__()
        self._lists = [
            ("All conversations", Place()),
            *((f"Folder: {name}", Place(folder=name)) for name in folders),
            ("Archived", Place(Shelf.ARCHIVED)),
            ("Deleted in the last 30 days", Place(Shelf.DELETED)),
        ]
        if folders:
            self._lists.insert(len(folders) + 1, ("In no folder", Place(folder="")))
        self._now = now

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label("Which conversations shall be listed?", classes="title")
            yield OptionList(*(Option(Content(name)) for name, _ in self._lists))
            yield Label("m in the list puts a conversation into a folder.", id="note")

    def on_mount(self) -> None:
        places = [place for _, place in self._lists]
        self.query_one(OptionList).highlighted = (
            places.index(self._now) if self._now in places else 0
        )

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._lists[event.option_index][1])

    def action_leave(self) -> None:
        """Leave the list as it is."""
        self.dismiss(None)
