"""Files that go with a question: told and counted while it is typed, read when it is sent.

It is there from the first frame on; what it needs for the first file is loaded with that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.unsent import give_back
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from studybuddy.chat.desk import Desk
    from studybuddy.chat.sessions import Session
    from studybuddy.domain.counting import TokenCounter
    from studybuddy.study.mentions import Attached, Whole
    from studybuddy.ui.conversation_view import ConversationView


class FilesLine(Static):
    """One line above the prompt, which is there only while files go with it."""

    DEFAULT_CSS = """
    FilesLine {
        height: 1;
        padding: 0 1;
        color: $text-muted;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &.-failed { color: $text-error; }
    }
    """

    def tell(self, text: str, *, failed: bool = False) -> None:
        """Show a text, without reading markup in it; an empty one takes the line away."""
        self.display = bool(text)
        self.set_class(failed, "-failed")
        self.update(Content(text))


class Attacher:
    """Puts files into the questions of one pane.

    The prompt shows a mention, such as `@notes/cells.md`. What is asked, stored and asked again has
    the text of the file as it was when the question was sent.
    """

    def __init__(
        self, view: ConversationView, desk: Desk, folder: Callable[[], Path] | None = None
    ) -> None:
        """Take the pane, who counts, and what names are relative to: by default where one is."""
        self._view = view
        self._desk = desk
        self._folder = folder
        self.private: Sequence[Path] = ()
        """Folders whose files go along in no case."""
        self._chosen: set[str] = set()
        self._line: FilesLine | None = None
        self._files: Sequence[Attached] = ()
        self._pending: list[tuple[Session, str]] = []
        """Questions whose files are being read, and for which conversations they are."""
        self._tail: Sequence[str] = ()
        """Lines that go along behind those of the draft, as they were read last."""

    def picked(self, name: str) -> None:
        """Take a name that the student chose: it is to be a file."""
        self._chosen.add(name)

    def pending(self, session: Session) -> str:
        """Questions of that conversation whose files are being read; empty for none."""
        return "\n".join(text for of, text in self._pending if of is session)

    async def read_in(self, text: str) -> Whole:
        """A question with the files that it mentions, as they are now.

        Raises:
            StudyBuddyError: where one can't be read, is too long, or is no text.
        """
        from studybuddy.study.mentions import attach
        from studybuddy.study.typed_paths import working_folder

        folder = (self._folder or working_folder)()
        chosen = frozenset(self._chosen)
        return await asyncio.to_thread(attach, text, folder, chosen, private=self.private)

    # While it is typed

    def behind(self, lines: Sequence[str]) -> Sequence[str]:
        """The lines of the draft with those that go along; for the key path."""
        return [*lines, *self._tail] if self._tail else lines

    def whole(self, draft: str) -> str:
        """The draft with what goes along, as it was read last."""
        return "\n".join([draft, *self._tail])

    def rested(self) -> None:
        """Tell what goes with the draft, and have it counted."""
        if self._tail or self._line is not None or "@" in self._view.prompt.text:
            start(self._view, self._look, "files-look", exclusive=True)

    async def _look(self) -> None:
        from studybuddy.study.mentions import mentioned

        view, text = self._view, self._view.prompt.text
        if not await asyncio.to_thread(mentioned, text):
            self.forget()
            return
        try:
            whole = await self.read_in(text)
        except StudyBuddyError as error:
            await self._show((), error.problem.sentence, failed=True)
            return
        model = self._desk.model_of(view.session)
        told = await asyncio.to_thread(_told, whole, self._desk.accounts.counter, model)
        if view.prompt.text == text:
            self._files = whole.files
            self._chosen.update(file.name for file in whole.files)  # they are to be there later too
            await self._show(whole.tail[1:].split("\n") if whole.files else (), told)

    def forget(self) -> None:
        """Let nothing go along."""
        if self._line is not None:
            self._line.tell("")
        self._count(())

    async def _show(self, tail: Sequence[str], told: str, *, failed: bool = False) -> None:
        if self._line is None:
            if not told:
                return
            self._line = FilesLine()
            self._line.display = False
            await self._view.mount(self._line, before=self._view.prompt)
        self._line.tell(told, failed=failed)
        self._count(tail)

    def _count(self, tail: Sequence[str]) -> None:
        if tail != self._tail:
            self._tail = tail
            self._view.count_draft()
            self._view.meter.settle()

    # When it is sent

    def send(self, text: str) -> bool:
        """Ask with the files that a question mentions; `False` where it can't mention any."""
        if "@" not in text:
            return False
        asked = self._view.session, text
        self._pending.append(asked)  # at once: it is neither in the prompt nor in the conversation
        start(self._view, partial(self._send, asked), "files")
        return True

    async def _send(self, asked: tuple[Session, str]) -> None:
        view, (session, text) = self._view, asked
        try:
            whole = await self.read_in(text)
        except StudyBuddyError as error:
            await self._give_back(asked)
            view.post_message(view.Refused(str(error.problem)))
        except Exception:
            await self._give_back(asked)  # a fault of ours must not cost the question
            raise
        else:
            if session is not view.session:
                await self._give_back(asked)
                return
            self._pending.remove(asked)
            self._tell_changed(whole)
            view.prompt.remember(text, whole.text)
            view.ask(whole.text, typed=text)

    async def _give_back(self, asked: tuple[Session, str]) -> None:
        self._pending.remove(asked)
        try:
            await give_back(self._view, *asked)
        except StudyBuddyError as error:
            self._view.post_message(self._view.Refused(str(error.problem)))

    def _tell_changed(self, whole: Whole) -> None:
        """Say so where a file is another than the one that was counted."""
        before = {file.path: file.text for file in self._files}
        for file in whole.files:
            if before.get(file.path, file.text) != file.text:
                self._view.notify(
                    f"{file.name} has changed meanwhile; it was sent as it is now.", markup=False
                )


def _told(whole: Whole, counter: TokenCounter, model: str) -> str:
    """Which files go along, and how much they are; for a thread."""
    from studybuddy.ui.token_words import plural

    told = []
    for file in whole.files:
        count = counter.count(file.text, model)
        told.append(f"{file.name} ({count} {plural(count.tokens, 'token')})")
    return f"Goes along: {', '.join(told)}" if told else ""
