"""The notes of an assistant: what it can search."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.chat.assistant_shelf import AssistantShelf
from studybuddy.domain.assistants import Assistant, Note, NoteStatus
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import harmless
from studybuddy.ui.note_uploads import Upload, Uploads
from studybuddy.ui.screens.confirm import ConfirmScreen
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.widgets.path_input import PathInput

_PALE = "$foreground 60%"
POLL = 1.0
"""Seconds between two looks at notes that are being read."""
FRAME = 0.2
"""Seconds between two pictures of what is on its way."""
BAR = 10
"""Columns of a progress bar."""
NAMES = 12
"""Names that a completion shows."""
_KEYS = "Enter adds · Tab completes · ↑ ↓ list · Del removes · Esc closes"


class NotesScreen(Dialog[None]):
    """Shows an assistant's notes as they are read, adds and removes some."""

    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("delete,backspace", "remove", "Remove", show=False),
    ]

    def __init__(self, shelf: AssistantShelf, uploads: Uploads, assistant: Assistant) -> None:
        super().__init__()
        self._shelf = shelf
        self._uploads = uploads
        self._assistant = assistant
        self._notes: Sequence[Note] | None = None
        self._through = (0, 0)
        """How many uploads there are, and how many files of folders are through."""
        self._due: Timer | None = None
        self._loading = self._again = self._stale = False
        self._rows: list[Content] = []
        self._shown: list[Note | Upload] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog notes"):
            yield Label(f"Notes of {harmless(self._assistant.spec.name)}", classes="title",
                        markup=False)  # fmt: skip
            yield OptionList(id="list")
            yield Label("Add a file or a folder: type or paste its path, or drop it here.",
                        classes="field")  # fmt: skip
            yield PathInput(id="path", placeholder="~/Documents/biology.pdf", compact=True)
            yield Label("", id="names", markup=False)
            yield Label("", id="error", markup=False)
            yield Label(_KEYS, id="note")

    def on_mount(self) -> None:
        self._uploads.watcher = self._changed
        self._say("")
        self._list_names(())
        self._show()
        self.query_one("#path").focus()
        self._load()

    def on_unmount(self) -> None:
        self._uploads.watcher = None

    # What is shown

    def _load(self) -> None:
        """Read the list, or once more where that is being done."""
        self._again = True
        if not self._loading:
            self._loading = True
            self._keep_loaded()

    @work(group="load", exit_on_error=False)
    async def _keep_loaded(self) -> None:
        """Read the list again for as long as it changes, once in `POLL` seconds at most."""
        try:
            while self._again:
                self._again = False
                self._notes = await self._shelf.notes(self._assistant.id)
                self._show()
                self._again |= any(note.status is NoteStatus.IN_PROGRESS for note in self._notes)
                if not self._again:
                    return  # a change that comes later is shown at once
                await asyncio.sleep(POLL)
        except StudyBuddyError as error:
            self._say(str(error.problem))
        finally:
            self._loading = False

    def _changed(self, assistant_id: str) -> None:
        if assistant_id != self._assistant.id or not self.is_mounted:
            return
        uploads = self._uploads.of(assistant_id)
        through = len(uploads), sum(upload.done for upload in uploads)
        self._stale |= through != self._through  # one of them is a note now
        self._through = through
        if self._due is None:
            self._due = self.set_timer(FRAME, self._show_changed)

    def _show_changed(self) -> None:
        self._due = None
        self._show()
        if self._stale:
            self._stale = False
            self._load()

    def _show(self) -> None:
        options = self.query_one("#list", OptionList)
        at = (options.highlighted or 0) if options.has_focus else 0  # what is under way is first
        uploads = self._uploads.of(self._assistant.id)
        self._shown = [*uploads, *(self._notes or ())]
        rows = [_upload_row(u) if isinstance(u, Upload) else _note_row(u) for u in self._shown]
        if not rows:
            text = "No notes yet." if self._notes is not None else "Looking…"
            rows = [Content(text).stylize(f"italic {_PALE}")]
        before, self._rows = self._rows, rows
        if len(before) == len(rows) == len(self._shown) and options.option_count == len(rows):
            for number, row in enumerate(rows):
                if row != before[number]:
                    options.replace_option_prompt_at_index(number, row)
            options.get_option_at_index(0).disabled = False
        else:
            options.set_options([Option(row, disabled=not self._shown) for row in rows])
        options.highlighted = min(at, len(self._shown) - 1) if self._shown else None

    def _say(self, text: str) -> None:
        label = self.query_one("#error", Label)
        label.update(harmless(text))
        label.display = bool(text)

    def _list_names(self, names: Sequence[str]) -> None:
        label = self.query_one("#names", Label)
        more = f"  and {len(names) - NAMES} more" if len(names) > NAMES else ""
        label.update(harmless("  ".join(names[:NAMES]) + more))
        label.display = bool(names)

    # Adding

    @on(Input.Submitted)
    @work(exclusive=True, group="add", exit_on_error=False)
    async def _add(self, event: Input.Submitted) -> None:
        event.stop()
        typed = event.value
        complaint = await self._uploads.add(self._assistant, typed)
        self._say(complaint)
        self._list_names(())
        path = self.query_one("#path", Input)
        if not complaint and path.value == typed:
            path.value = ""

    @on(PathInput.Completed)
    def _completed(self, event: PathInput.Completed) -> None:
        self._list_names(event.names)

    @on(Input.Changed)
    def _typed(self) -> None:
        self._say("")

    @on(PathInput.Left)
    def _to_list(self, event: PathInput.Left) -> None:
        options = self.query_one("#list", OptionList)
        if self._shown:
            options.highlighted = 0 if event.down else len(self._shown) - 1
            options.focus()

    # Removing

    @work(exclusive=True, group="remove", exit_on_error=False)
    async def action_remove(self) -> None:
        """Remove the note under the cursor, or take its upload back."""
        options = self.query_one("#list", OptionList)
        if not options.has_focus or options.highlighted is None or not self._shown:
            return
        chosen = self._shown[options.highlighted]
        if isinstance(chosen, Upload):
            self._uploads.dismiss(self._assistant.id, chosen)
            return
        sure = await self.app.push_screen_wait(
            ConfirmScreen(
                f"Remove {harmless(chosen.name)}?",
                "The assistant can't search it any more. Your own file stays where it is.",
                "Remove",
            )
        )
        if sure:
            try:
                await self._shelf.remove_note(self._assistant.id, chosen.file_id)
            except StudyBuddyError as error:
                self._say(str(error.problem))
            self._load()

    def action_leave(self) -> None:
        """Go back; what is under way goes on."""
        if self._uploads.under_way(self._assistant.id):
            self.app.notify("The notes go on being read; you are told when they can be searched.")
        self.dismiss(None)


def _upload_row(upload: Upload) -> Content:
    name = harmless(upload.path.name) + "/" * upload.folder
    if upload.error:
        return _row("✗", "$text-error", name, "", upload.error)
    if upload.folder:
        status = f"{upload.done} of {upload.files} files" if upload.files else "looking into it…"
        return _row("●", "$text-accent", name, "", status)
    if upload.indexing:
        return _row("●", "$text-accent", name, _size(upload.total), "reading it…")
    if not upload.total:
        return _row("○", "$text-muted", name, "", "waits for its turn")
    share = upload.sent / upload.total
    bar = "━" * round(share * BAR)
    status = f"sending {bar:╌<{BAR}} {share:.0%}"
    return _row("●", "$text-accent", name, _size(upload.total), status)


def _note_row(note: Note) -> Content:
    name, size = harmless(note.name), _size(note.size)
    match note.status:
        case NoteStatus.COMPLETED:
            return _row("✓", "$text-success", name, size, "ready")
        case NoteStatus.IN_PROGRESS:
            return _row("●", "$text-accent", name, size, "reading it…")
        case _:
            return _row("✗", "$text-error", name, size, note.error or "It could not be read.")


def _row(mark: str, style: str, name: str, size: str, status: str) -> Content:
    about = "  ".join(filter(None, (size, harmless(status))))
    status_style = style if mark == "✗" else _PALE
    return Content.assemble((f"{mark} ", style), name, "\n  ", (about, status_style))


def _size(size: int) -> str:
    if size < 1_000:
        return f"{size} bytes"
    if size < 1_000_000:
        return f"{size / 1_000:,.0f} kB"
    return f"{size / 1_000_000:,.1f} MB"
