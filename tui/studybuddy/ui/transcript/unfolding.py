"""Folding messages and their reasoning, and scrolling long lines sideways, by key and by mouse."""

from __future__ import annotations

from studybuddy.domain.messages import MessageState
from studybuddy.domain.text import harmless
from studybuddy.ui.transcript.book import Position
from studybuddy.ui.transcript.lines import Line
from studybuddy.ui.transcript.sliding import STEP
from studybuddy.ui.transcript.walking import Walking

_THOUGHTS, _BODY, _FOLD = 1, 2, 3
"""Numbers of parts, as `entry` has them; that is not loaded before the first frame."""


class Unfolding(Walking):
    """Shows more or less of what is there."""

    # Long messages

    def toggle_fold(self) -> bool:
        """Fold the chosen message, or unfold it; return whether there is anything to fold.

        Where none is chosen it is the last folded one on the screen, else the last answer.
        """
        item = self._cursor.item
        if item is None:
            shown = {row.position.item for row in self._rows}
            item = max(filter(self._book.is_folded, shown), default=self._last_answer_item())
        if item is None or not self._can_fold(item):
            return False
        self._move_cursor(item)
        self._fold(item, not self._book.is_folded(item))
        return True

    def _can_fold(self, item: int) -> bool:
        from studybuddy.ui.transcript.folding import can_fold

        message = self._book.messages[item]
        if message.state is MessageState.STREAMING:
            return False
        return can_fold(harmless(message.text), self._book.look.width)

    def _fold(self, item: int, folded: bool) -> None:
        if self._book.is_folded(item) is folded:
            return
        top = self._view.top
        if top is not None and top.item == item and top.part > _THOUGHTS:
            if folded:
                top = Position(item, 0, 0)
            elif top.part > _BODY:  # the line that stood for the rest
                top = Position(item, _BODY, len(self._book.layout(item, _BODY).lines))
        follows = self._view.following and folded
        self._book.fold(item, folded)
        self._hold(top, follows=follows)

    # What the model thought

    def toggle_thoughts(self) -> bool:
        """Show the reasoning of the chosen message, or fold it; return whether there is any.

        Where the chosen one has none it is that of the last message on the screen that has any.
        """
        on_screen = sorted({row.position.item for row in self._rows}, reverse=True)
        chosen = self._cursor.item
        for item in on_screen if chosen is None else (chosen, *on_screen):
            shown = self._book.thoughts_shown(item)
            if shown is not None:
                self._show_thoughts(item, not shown)
                return True
        return False

    def _show_thoughts(self, item: int, shown: bool) -> None:
        top = self._view.top
        if top is not None and top[:2] == (item, _THOUGHTS):
            top = top._replace(row=0)
        follows = self._view.following and not shown
        self._book.show_thoughts(item, shown)
        self._hold(top, follows=follows)

    def _hold(self, top: Position | None, *, follows: bool) -> None:
        """Keep a line at the top, though what is below it changed, or go on following the end."""
        if top is not None and not follows:
            self._view.show(top)
        self._update()

    def _clicked(self, y: int) -> bool:
        """Fold or unfold by the line that tells of it; return whether that was clicked."""
        item, part, row = self._rows[y].position
        if part == _THOUGHTS and row == 0:
            self._show_thoughts(item, not self._book.thoughts_shown(item))
            return True
        if part == _FOLD and self._book.is_folded(item):
            self._fold(item, False)
            return True
        return False

    # Long lines

    def slide(self, by: int) -> bool:
        """Scroll long lines by so many steps to the right, or left if negative.

        Those of the chosen code block, else of the chosen message, else all on the screen. Returns
        whether anything moved.
        """
        rows = [(row.position, row.line) for row in self._rows if row.line.slide >= 0]
        code, item = self._cursor.code, self._cursor.item
        if code is not None and code.item == item:
            first = self._book.layout(code.item, code.part)
            lines = [line for line in first.lines if line.code == code.code and line.slide >= 0]
            rows = [(Position(code.item, code.part, 0), line) for line in lines[:1]]
        elif chosen := [(at, line) for at, line in rows if at.item == item]:
            rows = chosen
        return self._slide(rows, by * STEP)

    def _sideways(self, y: int, direction: int) -> None:
        if 0 <= y < len(self._rows) and (row := self._rows[y]).line.slide >= 0:
            self._slide([(row.position, row.line)], direction * STEP // 3)

    def _slide(self, places: list[tuple[Position, Line]], by: int) -> bool:
        moved = self._slides.move(places, by)
        if moved:
            self._update()
        return moved

    def toggle_wrap(self) -> bool:
        """Wrap long lines of code, or scroll them again; return whether they are wrapped now."""
        wraps = not self._book.look.wrap_code
        self._slides.clear()
        self._change_look(wrap_code=wraps)
        return wraps

    def _change_look(self, **fields: object) -> None:
        raise NotImplementedError
