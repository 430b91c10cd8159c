"""The keys of all commands, changed by pressing others."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.commands import Command, check_keymap, key_names
from studybuddy.ui.keymap import keys_now, refusal
from studybuddy.ui.screens.asking import AskingScreen
from studybuddy.ui.screens.confirm import ConfirmScreen
from studybuddy.ui.screens.keymap_capture import CaptureScreen
from studybuddy.ui.screens.keymap_list import KeymapList, lines_of
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.setting_keeper import SettingsKeeper

_KEYS = "Enter another key · a one more · r resets · R all · / searches · Esc closes"


class KeymapScreen(AskingScreen[None]):
    """Lists commands by where their keys work; a change is written and holds at once."""

    AUTO_FOCUS = "KeymapList"
    VERTICAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("a", "add", "Add", show=False),
        Binding("r,delete,backspace", "reset", "Reset", show=False),
        Binding("R", "reset_all", "Reset all", show=False),
    ]

    def __init__(self, keeper: SettingsKeeper) -> None:
        """Take what changes settings."""
        super().__init__()
        self._keeper = keeper

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet keymap"):
            with Horizontal(classes="head"):
                yield Label("Keys", classes="title", markup=False)
                yield Label("", id="model", markup=False)
            yield Input(placeholder="/ searches", compact=True, id="search")
            yield KeymapList()
            yield Static("", id="said", markup=False)
            yield Static("", id="error", markup=False)
            yield Label(_KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        self._say("")
        self._show()

    @property
    def _keymap(self) -> dict[str, str]:
        return check_keymap(self._keeper.settings.keys)[0]

    def _show(self) -> None:
        keymap = self._keymap
        self.query_one(KeymapList).show(
            lines_of(self.query_one("#search", Input).value, keymap), keymap
        )
        told = f"* {len(keymap)} changed" if keymap else "all as by default"
        self.query_one("#model", Label).update(told)
        self._explain()

    @on(KeymapList.Moved)
    def _moved(self) -> None:
        self._say("")
        self._explain()

    def _explain(self) -> None:
        command = self.query_one(KeymapList).command
        text = "No command and no key is called that."
        if command is not None:
            default = key_names(command.keys) or "none, it is in the command palette"
            text = f"{command.help} By default: {default}. ({command.id})"
        self.query_one("#said", Static).update(text)

    def _say(self, text: str, *, good: bool = False) -> None:
        error = self.query_one("#error", Static)
        error.update(text)
        error.set_class(good, "-told")
        error.display = bool(text)

    # Changing

    @on(KeymapList.Chosen)
    def _chosen(self) -> None:
        self.once(partial(self._capture, more=False))

    def action_add(self) -> None:
        """Give the command one more key."""
        self.once(partial(self._capture, more=True))

    async def _capture(self, *, more: bool) -> None:
        command, keymap = self.query_one(KeymapList).command, self._keymap
        if command is None:
            return
        title = f"{'One more key' if more else 'The key'} for “{command.title}”"
        screen = CaptureScreen(title, lambda key: refusal(command, key, keymap))
        key = await self.app.push_screen_wait(screen)
        if key is None:
            return
        kept = keys_now(command, keymap) if more else ()
        keys = ",".join(dict.fromkeys((*kept, key)))
        await self._change(command, keys)

    def action_reset(self) -> None:
        """Give the command its own keys back."""
        self.once(self._reset)

    async def _reset(self) -> None:
        command, keymap = self.query_one(KeymapList).command, self._keymap
        if command is None or command.id not in keymap:
            return
        others = {id: keys for id, keys in keymap.items() if id != command.id}
        for key in keys_now(command, {}):
            if taken := refusal(command, key, others):
                self._say(f"{taken} Reset or change that one first.")
                return
        await self._change(command, None)

    async def _change(self, command: Command, keys: str | None) -> None:
        if keys == command.keys:
            keys = None
        try:
            await self._keeper.change(("keys", command.id), keys)
        except StudyBuddyError as error:
            self._say(str(error.problem))
        else:
            now = key_names(self._keymap.get(command.id, command.keys))
            self._say(f"{command.title}: {now or 'in the command palette'}.", good=True)
        self._show()

    def action_reset_all(self) -> None:
        """Give all commands their own keys back."""
        self.once(self._reset_all)

    async def _reset_all(self) -> None:
        if not self._keeper.settings.keys:
            return
        text = "The table [keys] is taken out of the settings file."
        if await self.app.push_screen_wait(ConfirmScreen("Reset all keys?", text, "Reset")):
            try:
                await self._keeper.change(("keys",), None)
            except StudyBuddyError as error:
                self._say(str(error.problem))
            else:
                self._say("All keys are as by default.", good=True)
            self._show()

    # Searching

    def action_search(self) -> None:
        """Go to the search field."""
        self.query_one("#search").focus()

    @on(Input.Changed)
    def _searched(self) -> None:
        self._show()

    @on(Input.Submitted)
    def _found(self) -> None:
        self.query_one(KeymapList).focus()

    def action_leave(self) -> None:
        """Leave what is searched for, or else the screen."""
        search = self.query_one("#search", Input)
        if search.has_focus or search.value:
            search.value = ""
            self.query_one(KeymapList).focus()
        else:
            self.dismiss()
