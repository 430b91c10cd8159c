"""The outline of a run's steps, drawn line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from studybuddy.domain.runs import RunStep
from studybuddy.ui.as_written import AsWritten, is_spoken
from studybuddy.ui.transcript.css import CSS, PARTS_CSS
from studybuddy.ui.transcript.palette import PARTS, Palette, component, make_palette
from studybuddy.ui.transcript.rows import CURSOR_BAR, GUTTER
from studybuddy.ui.widgets.step_lines import Line, body_of, head_of
from studybuddy.ui.widgets.step_nodes import Node, nodes_of

UNFOLDED = 8
"""Steps above which those that are there from the beginning are folded: a list to look through."""


class _Row(NamedTuple):
    node: Node
    line: Line
    head: bool


class StepsList(AsWritten, ScrollView, can_focus=True):
    """Lays out only what is unfolded, and each step again only when it changed."""

    DEFAULT_CSS = (CSS + PARTS_CSS).replace("Transcript {", "StepsList {")
    COMPONENT_CLASSES: ClassVar[set[str]] = {component(part) for part in PARTS if part != "text"}
    FOCUS_ON_CLICK = True
    BINDINGS = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("home", "move(-999999)", show=False),
        Binding("end", "move(999999)", show=False),
        Binding("enter,space", "fold", show=False),
        Binding("left", "fold(True)", show=False),
        Binding("right", "fold(False)", show=False),
        Binding("f", "fold_all", show=False),
        Binding("c,y", "copy", show=False),
    ]

    @dataclass
    class CopyRequested(Message, namespace="steps_panel"):
        """A text is to be copied; `what` names it, such as "code" or "passage"."""

        text: str
        what: str

    def __init__(self) -> None:
        super().__init__()
        self._steps: dict[str, RunStep] = {}
        self._outline: dict[str, tuple[Node, ...]] = {}
        self._folded: dict[str, bool] = {}  # what differs from a node's own choice
        self._bodies: dict[str, tuple[Node, list[Line]]] = {}
        self._rows: list[_Row] = []
        self._cursor = ""
        self._palette: Palette | None = None
        self._width = 0

    # What is shown

    @property
    def count(self) -> int:
        """How many lines the outline has at its top level."""
        return sum(map(len, self._outline.values()))

    def set_steps(self, steps: Sequence[RunStep]) -> None:
        """Show these steps and no others; what was folded by hand stays so."""
        if self._rows and tuple(steps) == tuple(self._steps.values()):
            return
        self._steps = {step.id: step for step in steps}
        self._outline = {step.id: nodes_of(step) for step in steps}
        tops = [node for nodes in self._outline.values() for node in nodes]
        for node in tops:
            if len(tops) > UNFOLDED:
                self._folded.setdefault(node.key, True)
        known = {node.key for node in self._walk()}
        self._bodies = {key: kept for key, kept in self._bodies.items() if key in known}
        self._arrange()

    def update_step(self, step: RunStep) -> None:
        """Show a step's new state, at the end where it is a new one."""
        if self._steps.get(step.id) == step:
            return
        self._steps[step.id] = step
        self._outline[step.id] = nodes_of(step)
        self._arrange()

    def _walk(self) -> Iterator[Node]:
        for nodes in self._outline.values():
            for node in nodes:
                yield node
                yield from node.children

    def _is_folded(self, node: Node) -> bool:
        return self._folded.get(node.key, node.folded)

    def _arrange(self) -> None:
        """Bring the rows up to date, and stay at the end where the list was there."""
        palette, width = self._palette, self._width
        if palette is None or width <= 0:
            return
        following = self.scroll_y >= self.max_scroll_y
        rows: list[_Row] = []
        for nodes in self._outline.values():
            for node in nodes:
                self._add(rows, node, palette, width)
        self._rows = rows
        if (place := self._place()) is not None:
            self._cursor = rows[place].node.key
        self.virtual_size = Size(self.size.width, len(rows))
        if following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
            self.call_after_refresh(self._place_bar)
        self.refresh()

    def _place_bar(self) -> None:
        """Tell the scroll bar where it is: it may not have been there before."""
        self.vertical_scrollbar.position = self.scroll_y

    def _add(self, rows: list[_Row], node: Node, palette: Palette, width: int) -> None:
        folded = self._is_folded(node)
        rows.append(_Row(node, head_of(node, folded, palette, width), True))
        if folded:
            return
        kept = self._bodies.get(node.key)
        if kept is None or kept[0].body != node.body:
            kept = self._bodies[node.key] = (node, body_of(node, palette, width))
        rows.extend(_Row(node, line, False) for line in kept[1])
        for child in node.children:
            self._add(rows, child, palette, width)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Return a line of the screen."""
        palette = self._palette
        width = self.size.width
        number = y + round(self.scroll_y)
        if palette is None or number >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        node, line, _ = self._rows[number]
        marked = self.has_focus and node.key == self._cursor
        bar_mark = CURSOR_BAR if marked and not palette.spoken else " "
        bar = Segment(bar_mark.ljust(GUTTER), palette.cursor)
        strip = Strip([bar, *line.segments], GUTTER + line.width)
        return strip.adjust_cell_length(width, palette.text)

    def _fit(self) -> None:
        palette = make_palette(self._style_of, spoken=is_spoken(self))
        width = self.scrollable_content_region.width - GUTTER - 1
        if (palette, width) != (self._palette, self._width):
            self._palette, self._width = palette, width
            self._bodies.clear()
            self._arrange()

    def _style_of(self, name: str) -> Style:
        if name == component("text"):
            return self.rich_style
        return self.get_component_rich_style(name)

    def notify_style_update(self) -> None:
        """Draw in the new colours."""
        super().notify_style_update()
        if self.is_mounted:
            self.call_after_refresh(self._fit)

    def on_resize(self) -> None:
        """Lay out for the new width."""
        self._fit()

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    # Moving, folding, copying

    def _place(self) -> int | None:
        """The row of the line under the cursor, at first the last one."""
        last = None
        for number, row in enumerate(self._rows):
            if row.head:
                last = number
                if row.node.key == self._cursor:
                    break
        return last

    def action_move(self, by: int) -> None:
        """Move the cursor to a line above or below."""
        heads = [number for number, row in enumerate(self._rows) if row.head]
        place = self._place()
        if place is not None:
            index = heads.index(place) + by
            self._put(heads[min(max(index, 0), len(heads) - 1)])

    def _put(self, number: int) -> None:
        """Set the cursor on a row, and show it with as much of what is below as there is room."""
        node = self._rows[number].node
        self._cursor = node.key
        end = number
        while end + 1 < len(self._rows) and self._rows[end + 1].node.key == node.key:
            end += 1
        height = self.scrollable_content_region.height
        top = round(self.scroll_y)
        if number < top:
            self.scroll_to(y=number, animate=False)
        elif end >= top + height:
            self.scroll_to(y=min(number, end - height + 1), animate=False)
        self.refresh()

    def action_fold(self, fold: bool | None = None) -> None:
        """Fold what is under the cursor, or unfold it."""
        place = self._place()
        if place is None:
            return
        node = self._rows[place].node
        folded = self._is_folded(node)
        if fold is True and (folded or not node.folds) and node.depth:
            parent = max(
                n for n, row in enumerate(self._rows[:place]) if row.head and not row.node.depth
            )
            self._put(parent)
        elif node.folds and fold is not folded:
            self._folded[node.key] = not folded
            self._arrange()
            self._put(place)

    def action_fold_all(self) -> None:
        """Fold all steps, or unfold them where all are folded."""
        tops = [node for nodes in self._outline.values() for node in nodes if node.folds]
        fold = any(not self._is_folded(node) for node in tops)
        self._folded.update((node.key, fold) for node in tops)
        if fold:  # the cursor stands on the step that it was in
            inside = (n for n in tops if any(c.key == self._cursor for c in n.children))
            self._cursor = next((node.key for node in inside), self._cursor)
        self._arrange()
        if (place := self._place()) is not None:
            self._put(place)

    def action_copy(self) -> None:
        """Ask for the code, the passage or the arguments under the cursor to be copied."""
        place = self._place()
        node = self._rows[place].node if place is not None else None
        if node is not None and node.copy:
            self.post_message(self.CopyRequested(node.copy, node.what))

    def on_click(self, event: events.Click) -> None:
        """Set the cursor; on the line of a step, fold it or unfold it."""
        number = event.y + round(self.scroll_y)
        if not 0 <= number < len(self._rows):
            return
        row = self._rows[number]
        self._cursor = row.node.key
        if row.head:
            self.action_fold()
        else:
            self.refresh()
