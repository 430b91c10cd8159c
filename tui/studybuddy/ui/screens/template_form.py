"""Filling a template in: a field for each of its places, and how it reads then."""

from __future__ import annotations

from collections.abc import MutableMapping

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Static, TextArea

from studybuddy.domain.prompts import Template, Variable
from studybuddy.domain.text import harmless
from studybuddy.study.filling import default_of, fill, first_text, form_of, label_of
from studybuddy.ui.pace import Pace
from studybuddy.ui.prompt_tokens import CountText, tokens_in_words
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.widgets.editor import Editor

BESIDE = 110
"""Columns from which on the preview is beside the fields, not in their place."""
PREVIEW_PACE = 0.15
"""Seconds between two previews while something is typed."""
MOST_SHOWN = 20_000
"""Characters of a preview; nobody reads more of one."""
LONG = 50_000
"""Characters from which on a prompt is filled in when the keys rest: it takes its time then."""
REST = 0.4
"""Seconds without a key press after which they rest."""


class TemplateForm(Dialog[str | None]):
    """Asks for what a template needs; returns the prompt, or `None`.

    The values that it was given have what was typed, however it is left.
    """

    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("f9,ctrl+enter", "use", "Use", show=False, priority=True),
        Binding("f8", "preview", "Preview", show=False, priority=True),
    ]

    def __init__(
        self, template: Template, values: MutableMapping[str, str], count: CountText
    ) -> None:
        """Take the template, what was typed before, which is kept up to date, and what counts."""
        super().__init__()
        self._template = template
        self._values = values
        self._count = count
        self._form = form_of(template)
        self._warned = False
        self._long = False
        self._resting: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet form"):
            with Horizontal(classes="head"):
                yield Label(f"/{self._template.name}", classes="title", markup=False)
                yield Label("", id="tokens", markup=False)
            yield Static(harmless(self._template.description), id="explained", markup=False)
            with Horizontal(id="panes"):
                with VerticalScroll(id="fields", can_focus=False):
                    for number, variable in enumerate(self._form):
                        label = harmless(label_of(variable))
                        yield Label(label, classes="field", markup=False)
                        yield self._field(variable, f"field-{number}")
                    if not self._form:
                        yield Label("There is nothing to fill in.", classes="field")
                with VerticalScroll(id="preview"):
                    yield Static("", id="shown", markup=False)
            yield Static("", id="error", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Put into the prompt", id="use", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
            yield Label("", id="keys", markup=False)

    def _field(self, variable: Variable, id: str) -> Widget:
        value = harmless(self._values.get(variable.name, default_of(variable)))
        if variable.choices:
            chosen = value if value in variable.choices else variable.choices[0]
            choices = [(Content(harmless(choice)), choice) for choice in variable.choices]
            return Select(choices, value=chosen, allow_blank=False, id=id, compact=True)
        if variable.long or "\n" in value:
            return Editor(value, id=id, classes="long", soft_wrap=True, tab_behavior="focus",
                          highlight_cursor_line=False)  # fmt: skip
        return Input(value, id=id, compact=True)

    def on_mount(self) -> None:
        self._pace = Pace(self, PREVIEW_PACE, self._again)
        self._say("")
        self._arrange()
        self._show()
        self._focus_first()

    def _focus_first(self) -> None:
        """Go to the first field that has nothing yet, else to the first one."""
        empty = next((n for n, v in enumerate(self._form) if not self._value(n, v)), 0)
        first = f"#field-{empty}" if self._form else "#use"
        field = self.query_one(first)
        self.set_focus(field, scroll_visible=False)
        if isinstance(field, Editor):
            field.move_cursor(field.document.end)

    def on_resize(self, event: events.Resize) -> None:
        """Put the preview beside the fields where there is room."""
        self._arrange()

    @property
    def _beside(self) -> bool:
        return self.size.width >= BESIDE

    def _arrange(self, *, preview: bool = False) -> None:
        """Show fields, preview, or both."""
        fields, shown = self.query_one("#fields"), self.query_one("#preview")
        fields.display = self._beside or not preview
        shown.display = self._beside or preview
        looks = "" if self._beside else "F8 fields · " if preview else "F8 preview · "
        self.query_one("#keys", Label).update(
            f"F9 puts it into the prompt · {looks}Tab goes on · Esc keeps it"
        )

    def action_preview(self) -> None:
        """Show the preview in place of the fields, or the fields again."""
        if self._beside:
            return
        to_preview = self.query_one("#fields").display
        self._arrange(preview=to_preview)
        if to_preview:
            self.query_one("#preview").focus()
        else:
            self._focus_first()

    # What is typed

    def _value(self, number: int, variable: Variable) -> str:
        field = self.query_one(f"#field-{number}")
        match field:
            case Editor():
                return harmless(field.text)
            case Input():
                return harmless(field.value)
            case Select():
                return str(field.value)
        return default_of(variable)

    def _keep(self) -> None:
        for number, variable in enumerate(self._form):
            self._values[variable.name] = self._value(number, variable)

    @property
    def filled(self) -> str:
        """The prompt as it is by now."""
        self._keep()
        return fill(self._template, self._values)

    @on(TextArea.Changed)
    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        if self._warned:
            self._warned = False
            self._say("")
        if self._resting is not None:
            self._resting.reset()
        elif self._long:
            self._resting = self.set_timer(REST, self._rested)
        else:
            self._pace.ask()

    def _rested(self) -> None:
        self._resting = None
        self._show()

    def _again(self) -> None:
        self._show()

    @work(exclusive=True, group="show", exit_on_error=False)
    async def _show(self) -> None:
        if not self.is_mounted:
            return
        filled = self.filled
        self._long = len(filled) > LONG
        more = f"\n… and {len(filled) - MOST_SHOWN:,} more" if len(filled) > MOST_SHOWN else ""
        self.query_one("#shown", Static).update(harmless(filled[:MOST_SHOWN]) + more)
        told = tokens_in_words(await self._count(filled))
        self.query_one("#tokens", Label).update(told)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Go on; behind the last field, use it."""
        if event.input.id == f"field-{len(self._form) - 1}":
            self.action_use()
        else:
            self.focus_next()

    # Leaving

    @on(Button.Pressed, "#use")
    def action_use(self) -> None:
        """Give the prompt; where its text is missing, at the second time."""
        filled = self.filled
        needed = first_text(self._form)
        if needed is not None and not self._values[needed.name].strip() and not self._warned:
            self._warned = True
            self._arrange()
            self.query_one(f"#field-{self._form.index(needed)}").focus()
            label = harmless(label_of(needed))
            self._say(f"“{label}” is empty. F9 again puts it into the prompt as it is.")
            return
        self.dismiss(filled)

    def _say(self, text: str) -> None:
        error = self.query_one("#error", Static)
        error.update(text)
        error.display = bool(text)

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Go back; what was typed is there the next time."""
        self._keep()
        self.dismiss(None)
