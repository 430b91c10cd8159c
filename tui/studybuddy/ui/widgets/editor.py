"""An editor that shows what is pasted harmlessly, and stays quick with long texts."""

from __future__ import annotations

import re

from rich.text import Text
from textual import events
from textual.document._document import Location
from textual.document._document_navigator import DocumentNavigator
from textual.expand_tabs import expand_text_tabs_from_widths
from textual.reactive import reactive
from textual.strip import Strip
from textual.widgets import TextArea

from studybuddy.domain.text import harmless
from studybuddy.ui.as_written import AsWritten
from studybuddy.ui.widgets.line_breaks import tab_cells
from studybuddy.ui.widgets.long_text import LONG, LongDocument, LongWrappedDocument

_NOT_BLANK = re.compile(r"\S")
_WORD = re.compile(r"\s*\w+")
_NEAR = 200
"""Characters in which the beginning of a word is looked for first."""


class Editor(AsWritten, TextArea):
    """A text area whose pasted text has its control characters made visible."""

    match_cursor_bracket = reactive(False, init=False)

    def find_matching_bracket(self, bracket: str, search_from: Location) -> Location | None:
        """Find none: it would be looked for in the whole text, at each move of the cursor."""
        return None

    def _set_document(self, text: str, language: str | None) -> None:
        super()._set_document("", language)
        self.document = LongDocument(text)
        self.wrapped_document = LongWrappedDocument(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if result := self._replace_via_keyboard(harmless(event.text), *self.selection):
            self.move_cursor(result.end_location)
            self.focus()

    # Words, without looking at the whole line

    def get_cursor_word_left_location(self) -> Location:
        """Where the word begins that the cursor is in, or behind."""
        row, column = self.cursor_location
        if row > 0 and column == 0:
            return row - 1, len(self.document[row - 1])
        line, near = self.document[row], _NEAR
        while True:
            begin = max(0, column - near)
            text = line[begin:column].rstrip()
            places = [found.start() for found in self._word_pattern.finditer(text)]
            if places:
                return row, begin + places[-1]
            if not begin:
                return row, 0
            near *= 2

    def get_cursor_word_right_location(self) -> Location:
        """Where the word ends that the cursor is in, or in front of."""
        row, column = self.selection.end
        line = self.document[row]
        if row < self.document.line_count - 1 and column == len(line):
            return row + 1, 0
        first = _NOT_BLANK.search(line, column)
        found = self._word_pattern.search(line, first.start() + 1) if first else None
        return row, found.start() if found else len(line)

    def action_delete_word_right(self) -> None:
        """Delete to the end of the word, or the selection, or the end of the line."""
        start, (row, column) = self.selection
        line = self.document[row]
        found = _WORD.search(line, column) if start == (row, column) else None
        if found is None:
            super().action_delete_word_right()
        else:
            self._delete_via_keyboard(start, (row, found.end()))

    # Drawing

    def _render_line(self, y: int) -> Strip:
        """Draw a line of the screen; of a long line of the text that part alone is looked at."""
        wrapped, place = self.wrapped_document, y + self.scroll_offset.y
        if self._theme is None or not 0 <= place < wrapped.height:
            return super()._render_line(y)
        assert isinstance(wrapped, LongWrappedDocument)
        row, number = wrapped.line_at(place)
        plain = self.soft_wrap and not self.show_line_numbers and not self.suggestion
        if len(self.document[row]) < LONG or not plain:
            return super()._render_line(y)
        return self._render_part(self.document[row], row, *wrapped.section(row, number))

    def _render_part(self, line: str, row: int, start: int, end: int) -> Strip:
        """Draw [start:end] of a line, as `_render_line` draws short ones."""
        theme = self._theme
        assert theme is not None
        base_style, rest_style = theme.base_style or self.rich_style, theme.base_style
        cursor = " " if end == len(line) else ""
        text = Text(line[start:end] + cursor, end="", no_wrap=True)
        first, last = sorted(self.selection)
        at_row, at_column = self.selection.end
        if at_row == row and self.highlight_cursor_line:
            rest_style = theme.cursor_line_style
            if rest_style and self._has_cursor:
                text.stylize(rest_style)
        if first != last and first[0] <= row <= last[0] and theme.selection_style:
            begin = first[1] - start if row == first[0] else 0
            stop = last[1] - start if row == last[0] else end - start
            if begin < stop:
                text.stylize(theme.selection_style, max(0, begin), max(0, stop))
        shows = start <= at_column < end + len(cursor)
        if at_row == row and shows and self._draw_cursor and theme.cursor_style:
            text.stylize(theme.cursor_style, at_column - start, at_column - start + 1)
        tabs = [tab_cells(line, at, self.indent_width) for at in _tabs(line, start, end)]
        text = expand_text_tabs_from_widths(text, tabs)
        strip = Strip(text.render(self.app.console), cell_length=text.cell_len)
        width = self.scrollable_content_region.size.width
        return strip.extend_cell_length(width, rest_style).apply_style(base_style)


def _tabs(line: str, start: int, end: int) -> list[int]:
    return [at for at in range(start, end) if line[at] == "\t"]
