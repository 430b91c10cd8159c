"""Everything that can be set, changed in place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, Label, Static

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import harmless
from studybuddy.ui.screens.asking import AskingScreen
from studybuddy.ui.screens.confirm import ConfirmScreen
from studybuddy.ui.screens.settings_choice import ChoiceScreen
from studybuddy.ui.screens.settings_list import SettingsList
from studybuddy.ui.screens.settings_typing import Typing
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.setting_keeper import SettingsKeeper
from studybuddy.ui.setting_lines import (
    LATER,
    Kind,
    SettingLine,
    lines_of,
    matching,
    name_of,
    read,
    shown,
)

Editors = Mapping[str, Callable[[], Awaitable[None]]]
"""Screens of their own for some settings, by name: each opens one and waits until it is left."""
_KEYS = "Enter changes · r resets · / searches · c only changed ones · Esc closes"
_EDITING = "Enter keeps it · Esc leaves it as it was"


class SettingsScreen(AskingScreen[None]):
    """Lists the settings; each is checked as the file is, written, and holds at once."""

    AUTO_FOCUS = "SettingsList"
    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("r,delete,backspace", "reset", "Reset", show=False),
        Binding("c", "changed", "Only changed ones", show=False),
    ]

    def __init__(self, keeper: SettingsKeeper, editors: Editors) -> None:
        """Take what changes settings, and the screens of those that have their own."""
        super().__init__()
        self._keeper = keeper
        self._editors = editors
        self._changed = False
        self._editing: Typing | None = None
        self._saving = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet settings"):
            with Horizontal(classes="head"):
                yield Label("Settings", classes="title", markup=False)
                yield Label("", id="model", markup=False)
            yield Input(placeholder="/ searches", compact=True, id="search")
            yield SettingsList()
            yield Static("", id="said", markup=False)
            yield Static("", id="asked", markup=False)
            yield Input(compact=True, id="edit")
            yield Static("", id="error", markup=False)
            yield Label(_KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        self._edit(None)
        self._say("")
        self.show()

    @property
    def list(self) -> SettingsList:
        """The list."""
        return self.query_one(SettingsList)

    def show(self, at: SettingLine | None = None) -> None:
        """Show the settings as they are by now."""
        lines = lines_of(self._keeper.settings)
        query = self.query_one("#search", Input).value
        self.list.show(matching(lines, query, changed=self._changed), at or self.list.line)
        differ = sum(line.differs for line in lines if line.kind is Kind.FIELD)
        told = f"{differ} changed" if differ else "all as by default"
        self.query_one("#model", Label).update(f"only the {told}" if self._changed else f"* {told}")
        self._explain()

    def _explain(self) -> None:
        line = self.list.line
        if line is None:
            self.query_one("#said", Static).update("Nothing here is called that.")
            return
        parts = [line.said]
        if line.kind is Kind.FIELD and line.field is not None:
            parts.append(LATER.get(line.place[0], ""))
            default = shown(line.field, line.field.default)
            if line.differs and line.place != ("system_prompt",):
                parts.append(f"Default: {default or 'nothing'}.")
            parts.append(f"({'.'.join(line.place)})")
        elif line.kind is Kind.ENTRY:
            parts.append("r removes it.")
        self.query_one("#said", Static).update(harmless(" ".join(filter(None, parts))))

    def _say(self, text: str, *, good: bool = False) -> None:
        error = self.query_one("#error", Static)
        error.update(harmless(text))
        error.set_class(good, "-told")
        error.display = bool(text)

    @on(SettingsList.Moved)
    def _moved(self) -> None:
        self._say("")
        self._explain()

    # Searching

    def action_search(self) -> None:
        """Go to the search field."""
        self.query_one("#search").focus()

    @on(Input.Changed, "#search")
    def _searched(self, event: Input.Changed) -> None:
        """Show what is found, with the cursor on what is called so, rather than what says so."""
        self.show()
        fields = [line for line in self.list.lines if line.kind is Kind.FIELD]
        named = [line for line in fields if event.value.casefold() in line.label.casefold()]
        if fields and event.value:
            self.show((named or fields)[0])

    @on(Input.Submitted, "#search")
    def _found(self) -> None:
        self.list.focus()

    def action_changed(self) -> None:
        """Show only what is not as by default, or all again."""
        self._changed = not self._changed
        self.show()

    # Changing

    @on(SettingsList.Chosen)
    def _chosen(self) -> None:
        self.once(self._change_line)

    async def _change_line(self) -> None:
        line = self.list.line
        if line is None or line.field is None:
            return
        name, field = line.place[0], line.field
        if line.kind is Kind.ADD:
            self._edit(Typing((), replace(field, kind=str, choices=()), line.place))
        elif line.place == (name,) and name in self._editors:
            await self._editors[name]()
            self.show(line)
        elif field.kind is bool:
            await self._change(line.place, not line.value)
        elif field.choices:
            await self._choose(line, {choice: choice for choice in field.choices})
        else:
            try:
                named = await self._keeper.named(line.place)
            except StudyBuddyError as error:
                self._say(str(error.problem))
                return
            if named:
                await self._choose(line, named)
            else:
                self._edit(Typing(line.place, field), line)

    async def _choose(self, line: SettingLine, choices: Mapping[str, str]) -> None:
        screen: Screen[str | None] = ChoiceScreen(line.label, line.said, choices, line.value)
        chosen = await self.app.push_screen_wait(screen)
        if chosen is not None:
            await self._change(line.place, chosen or None)

    async def _change(self, place: tuple[str, ...], value: object) -> bool:
        """Write and take over one setting; whether that went well."""
        if self._saving:
            return False
        if wrong := self._keeper.wrong(place, value):
            self._say(wrong)
            return False
        self._saving = True
        try:
            await self._keeper.change(place, value)
        except StudyBuddyError as error:
            self._say(str(error.problem))
            return False
        else:
            what = name_of(place[-1])
            later = LATER.get(place[0], "") if len(place) == 1 else ""
            self._say(
                f"{what}: {'as by default' if value is None else 'saved'}. {later}", good=True
            )
            return True
        finally:
            self._saving = False
            self.show()

    def action_reset(self) -> None:
        """Set what is under the cursor back to its default, or remove the entry."""
        self.once(self._reset)

    async def _reset(self) -> None:
        line = self.list.line
        if line is None or not line.differs:
            return
        if line.place == ("endpoints", self._keeper.settings.endpoint):
            self._say("This endpoint is the one that is used: choose another one first.")
            return
        if line.field is not None and line.field.default is None and line.field.kind is str:
            self._say("It can't do without. To remove all of it, go to its name and press r.")
            return
        if line.kind is Kind.ENTRY or line.place == ("keys",):
            title = f"Remove “{line.label}”?" if line.kind is Kind.ENTRY else "Reset all keys?"
            yes = "Remove" if line.kind is Kind.ENTRY else "Reset"
            text = "It is taken out of the settings file."
            if not await self.app.push_screen_wait(ConfirmScreen(title, text, yes)):
                return
        await self._change(line.place, None)

    # Typing

    def _edit(self, editing: Typing | None, line: SettingLine | None = None) -> None:
        """Have a value typed, or no longer."""
        self._editing = editing
        asked, edit = self.query_one("#asked", Static), self.query_one("#edit", Input)
        asked.display = edit.display = editing is not None
        self.query_one("#keys", Label).update(_KEYS if editing is None else _EDITING)
        if editing is None:
            return
        self._say("")
        asked.update(editing.asked)
        value = line.value if line is not None else None
        edit.value = "" if value is None else harmless(f"{value}")
        edit.placeholder = shown(editing.field, editing.field.default)
        edit.focus()

    @on(Input.Changed, "#edit")
    def _typed(self) -> None:
        """Say at once what can't be used of it."""
        if (editing := self._editing) is not None and editing.place:
            try:
                value = read(editing.field, self.query_one("#edit", Input).value)
                self._say(self._keeper.wrong(editing.place, value))
            except ValueError as error:
                self._say(str(error))

    @on(Input.Submitted, "#edit")
    @work(group="change", exit_on_error=False)
    async def _submitted(self, event: Input.Submitted) -> None:
        if (editing := self._editing) is None:
            return
        if not editing.place:
            self._named(editing, event.value.strip())
            return
        try:
            value = read(editing.field, event.value)
        except ValueError as error:
            self._say(str(error))
            return
        if value is None and editing.table:
            self._say("Write something, or press Esc.")
        elif await self._change(editing.place, value):
            self._edit(None)
            self.list.focus()
            self.show(SettingLine(Kind.FIELD, "", editing.place))

    def _named(self, editing: Typing, name: str) -> None:
        """Go on from the name of a new entry to the first thing in it."""
        taken = getattr(self._keeper.settings, editing.table[0])
        if not name or name in taken:
            self._say(f"There is “{name}” already." if name else "Give it a name, or press Esc.")
            return
        self._edit(editing.named(name))

    def action_leave(self) -> None:
        """Leave what is typed or searched for, or else the screen."""
        search = self.query_one("#search", Input)
        if self._editing is not None:
            self._edit(None)
            self._say("")
            self.list.focus()
        elif search.has_focus or search.value:
            search.value = ""
            self.list.focus()
        else:
            self.dismiss()
