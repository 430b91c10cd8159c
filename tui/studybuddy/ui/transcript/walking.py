"""Walking through the conversation by key: over messages, code blocks and citations."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message as Event

from studybuddy.domain.citing import citations_of
from studybuddy.domain.messages import Message, Role
from studybuddy.ui.transcript.book import Position
from studybuddy.ui.transcript.cursor import (
    CitationPlace,
    CodePlace,
    citation_after,
    citation_before,
    citation_segment,
    code_after,
    code_before,
    code_text,
)
from studybuddy.ui.transcript.pane import Pane

if TYPE_CHECKING:
    from studybuddy.domain.runs import Citation
    from studybuddy.ui.transcript.formulas import FormulaPlace


class ChosenCode(NamedTuple):
    """A code block, and the message that it stands in."""

    text: str
    message: Message


class Walking(Pane):
    """Moves the cursor, and tells what is under it."""

    class CursorMoved(Event, namespace="transcript"):
        """The cursor stands on another message, or on none."""

        def __init__(self, index: int | None, message: Message | None) -> None:
            self.index = index
            self.message = message
            super().__init__()

    class CitationChosen(Event, namespace="transcript"):
        """A citation was clicked or opened by key."""

        def __init__(self, message_id: str, citation: Citation) -> None:
            self.message_id = message_id
            self.citation = citation
            super().__init__()

    @property
    def cursor(self) -> int | None:
        """The number of the message under the cursor, or `None`; it is shown with the focus."""
        return self._cursor.item

    @property
    def on_code(self) -> bool:
        """Whether the cursor is on a code block, and not on a whole message."""
        return self._cursor.code is not None

    def cursor_previous(self) -> None:
        """Move the cursor to the message before, at first to the last one on the screen."""
        self._step(-1)

    def cursor_next(self) -> None:
        """Move the cursor to the message after."""
        self._step(1)

    def code_previous(self) -> None:
        """Move the cursor to the code block before."""
        place = self._cursor.code or CodePlace(self._item_or(len(self._book.messages)), 0, 0)
        self._move_to_code(code_before(self._book, place))

    def code_next(self) -> None:
        """Move the cursor to the code block after."""
        first = self._rows[0].position.item if self._rows else 0
        place = self._cursor.code or CodePlace(self._item_or(first), 0, -1)
        self._move_to_code(code_after(self._book, place))

    @property
    def on_citation(self) -> bool:
        """Whether the cursor is on a citation."""
        return self._cursor.citation is not None

    def citation_previous(self) -> None:
        """Move the cursor to the citation before."""
        place = self._cursor.citation
        place = place or CitationPlace(self._item_or(len(self._book.messages) - 1) + 1, 0, 0)
        self._move_to_citation(citation_before(self._book, place))

    def citation_next(self) -> None:
        """Move the cursor to the citation after: a mark in the text, or a source below it."""
        first = self._rows[0].position.item if self._rows else 0
        place = self._cursor.citation or CitationPlace(self._item_or(first), 0, -1)
        self._move_to_citation(citation_after(self._book, place))

    def open_citation(self) -> None:
        """Tell that the citation under the cursor was chosen, if it is on one."""
        place = self._cursor.citation
        if place is not None and (found := citation_segment(self._book, place)) is not None:
            self._choose_citation(place.item, found.url)

    def _choose_citation(self, item: int, url: str) -> None:
        from studybuddy.ui.transcript.citations import index_of

        message = self._book.messages[item]
        citations = citations_of(message)
        index = index_of(url)
        if index is not None and index < len(citations):
            self.post_message(self.CitationChosen(message.id, citations[index]))

    @property
    def on_formula(self) -> bool:
        """Whether the cursor is on a formula."""
        return self._cursor.formula is not None

    def formula_previous(self) -> None:
        """Move the cursor to the formula before."""
        from studybuddy.ui.transcript.formulas import FormulaPlace, formula_before

        place = self._cursor.formula
        place = place or FormulaPlace(self._item_or(len(self._book.messages) - 1) + 1, 0, 0)
        self._move_to_formula(formula_before(self._book, place))

    def formula_next(self) -> None:
        """Move the cursor to the formula after."""
        from studybuddy.ui.transcript.formulas import FormulaPlace, formula_after

        first = self._rows[0].position.item if self._rows else 0
        place = self._cursor.formula or FormulaPlace(self._item_or(first), 0, -1)
        self._move_to_formula(formula_after(self._book, place))

    def current_formula(self) -> str | None:
        """Return the LaTeX of the formula under the cursor, or the address of the image there."""
        drawn = self._cursor.drawn
        return None if drawn is None else drawn.source

    @property
    def on_image(self) -> bool:
        """Whether that is an image."""
        drawn = self._cursor.drawn
        return drawn is not None and drawn.image

    def current_message(self) -> Message | None:
        """Return the message under the cursor, else the last answer, as far as it has come."""
        item = self._cursor.item
        return self.last_answer() if item is None else self._book.message(item)

    @property
    def chosen(self) -> Message | None:
        """The message under the cursor, as far as it has come; `None` where it is on none."""
        item = self._cursor.item
        return None if item is None else self._book.message(item)

    def last_answer(self) -> Message | None:
        """Return the last answer, as far as it has come."""
        item = self._last_answer_item()
        return None if item is None else self._book.message(item)

    def _last_answer_item(self) -> int | None:
        return self._last_of(Role.ASSISTANT, len(self._book.messages))

    def _last_of(self, role: Role, end: int) -> int | None:
        """Return the last message of an author before the one with that number."""
        places = range(end - 1, -1, -1)
        return next((i for i in places if self._book.messages[i].role is role), None)

    def question_last(self) -> bool:
        """Move the cursor to the last question, or from a question to the one before it.

        It is shown at the top. Returns whether there is such a question.
        """
        item, end = self._cursor.item, len(self._book.messages)
        if item is not None and self._book.messages[item].role is Role.USER and not self.on_code:
            end = item
        target = self._last_of(Role.USER, end)
        if target is None:
            return False
        self._move_cursor(target)
        self._view.show(Position(target, 0, 0))
        self._update()
        return True

    def current_code(self) -> str | None:
        """Return the code block under the cursor, else the last one of the message under it, else
        the last one of the conversation."""
        code = self.chosen_code()
        return None if code is None else code.text

    def chosen_code(self) -> ChosenCode | None:
        """Return the code block of `current_code` with the message that it stands in."""
        place = self._cursor.code
        if place is None:
            item = self._item_or(len(self._book.messages))
            place = code_before(self._book, CodePlace(item + 1, 0, 0))
        if place is None:
            return None
        return ChosenCode(code_text(self._book, place), self._book.message(place.item))

    def _item_or(self, default: int) -> int:
        item = self._cursor.item
        return default if item is None else item

    def _step(self, by: int) -> None:
        if not self._rows:
            return
        item = self._cursor.item
        if item is None:
            target = self._rows[-1].position.item
        elif (self.on_code or self.on_citation or self.on_formula) and by < 0:
            target = item
        else:
            target = min(max(item + by, 0), len(self._book.messages) - 1)
        self._move_cursor(target)
        self._reveal()

    def _move_to_code(self, place: CodePlace | None) -> None:
        if place is not None:
            self._book.fold(place.item, False)
            self._move_cursor(place.item)
            self._cursor.put_on_code(place)
            self._reveal()

    def _move_to_citation(self, place: CitationPlace | None) -> None:
        if place is not None:
            self._move_cursor(place.item)
            self._cursor.put_on_citation(place)
            self._reveal()

    def _move_to_formula(self, place: FormulaPlace | None) -> None:
        if place is not None:
            self._move_cursor(place.item)
            self._cursor.put_on_formula(place)
            self._reveal()

    def _move_cursor(self, item: int | None) -> None:
        before = self._cursor.item
        self._found = None
        self._cursor.put(item)
        if item != before:
            message = None if item is None else self._book.message(item)
            self.post_message(self.CursorMoved(item, message))

    def _reveal(self) -> None:
        lines = self._cursor.lines()
        if lines is not None:
            self._view.reveal(*lines)
        self._update()
