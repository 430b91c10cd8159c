"""An editor that shows what is pasted harmlessly, and stays quick with long texts."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.document._document_navigator import DocumentNavigator
from textual.strip import Strip
from textual.widgets import TextArea

from studybuddy.domain.text import harmless
from studybuddy.ui.widgets.long_text import LONG, LongDocument, LongWrappedDocument


class Editor(TextArea):
    """A text area whose pasted text has its control characters made visible."""

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

    def _render_line(self, y: int) -> Strip:
        """Draw a line of the screen; of a long line of the text that part alone is looked at."""
        wrapped, place = self.wrapped_document, y + self.scroll_offset.y
        if self._theme is None or not 0 <= place < wrapped.height:
            return super()._render_line(y)
        row, number = wrapped._offset_to_line_info[place]
        line = self.document[row]
        plain = self.soft_wrap and not self.show_line_numbers and not self.suggestion
        if len(line) < LONG or not plain or "\t" in line:
            return super()._render_line(y)
        assert isinstance(wrapped, LongWrappedDocument)
        return self._render_part(line, row, *wrapped.section(row, number))

    def _render_part(self, line: str, row: int, start: int, end: int) -> Strip:
        """Draw [start:end] of a line without tabs, as `_render_line` draws short ones."""
        theme = self._theme
        assert theme is not None
        base_style = theme.base_style or self.rich_style
        cursor = " " if end == len(line) else ""
        text = Text(line[start:end] + cursor, end="", no_wrap=True)
        first, last = sorted(self.selection)
        if first != last and first[0] <= row <= last[0] and theme.selection_style:
            begin = first[1] - start if row == first[0] else 0
            stop = last[1] - start if row == last[0] else end - start
            if begin < stop:
                text.stylize(theme.selection_style, max(0, begin), max(0, stop))
        at_row, at_column = self.selection.end
        shows = start <= at_column < end + len(cursor)
        if at_row == row and shows and self._draw_cursor and theme.cursor_style:
            text.stylize(theme.cursor_style, at_column - start, at_column - start + 1)
        strip = Strip(text.render(self.app.console), cell_length=text.cell_len)
        width = self.scrollable_content_region.size.width
        return strip.extend_cell_length(width, theme.base_style).apply_style(base_style)
