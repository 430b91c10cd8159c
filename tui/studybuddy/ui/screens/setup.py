"""Where answers come from: the one screen of a first run, and later behind a key."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.setup import Setup
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.texts import endpoint_label

_PASTE_KEY = "paste-key"


class SetupScreen(Dialog[Endpoint | None]):
    """Offers the built-in model, the servers that run here, and a key; returns the choice."""

    BINDINGS = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, setup: Setup, *, first_run: bool) -> None:
        super().__init__()
        self._setup = setup
        self._first_run = first_run
        self._choices: dict[str, Endpoint] = {}

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog", can_focus=False):
            yield Label("Welcome to Study Buddy" if self._first_run else "Set up", classes="title")
            yield Label("Which model shall answer? You can change this at any time with F12.")
            yield OptionList(id="choices")
            yield Input(id="key", password=True, placeholder="Paste the key (sk-…) and press Enter")
            yield Label("", id="note", markup=False)

    def on_mount(self) -> None:
        """Offer what is known at once, and look for servers meanwhile."""
        self.query_one("#key").display = False
        for endpoint in self._setup.configured():
            self._choices[endpoint.name] = endpoint
        self._show()
        self.query_one(OptionList).focus()
        self._look_for_servers()

    def _show(self) -> None:
        choices = self.query_one(OptionList)
        highlighted = choices.highlighted or 0
        options = [Option(Content(endpoint_label(e)), id=e.name) for e in self._choices.values()]
        options.append(Option("Paste an OpenAI API key…", id=_PASTE_KEY))
        choices.set_options(options)
        choices.highlighted = min(highlighted, len(options) - 1)

    def _note(self, text: str) -> None:
        self.query_one("#note", Label).update(text)

    @work(exclusive=True, group="discover", exit_on_error=False)
    async def _look_for_servers(self) -> None:
        self._note("Looking for model servers on this computer…")
        found = await self._setup.discover()
        known = {endpoint.base_url for endpoint in self._choices.values()}
        new = [endpoint for endpoint in found if endpoint.base_url not in known]
        self._choices.update({endpoint.name: endpoint for endpoint in new})
        self._show()
        self._note("" if found else "No model server runs on this computer (Ollama, LM Studio, …).")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id == _PASTE_KEY:
            key = self.query_one("#key", Input)
            key.display = True
            key.focus()
            self._note("It is kept in the system's keychain, or in a file only you can read.")
        elif event.option_id:
            self.dismiss(self._choices[event.option_id])

    @on(Input.Submitted)
    @work(exclusive=True, group="key", exit_on_error=False)
    async def _key_pasted(self, event: Input.Submitted) -> None:
        key = event.value.strip()
        if not key:
            self._note("Paste the key first; it begins with “sk-”.")
            return
        if not key.isascii() or any(character.isspace() for character in key):
            self._note("That can't be a key: it has spaces or other characters in it.")
            return
        try:
            self.dismiss(await self._setup.keep_key(key))
        except StudyBuddyError as error:
            self._note(str(error.problem))

    def action_leave(self) -> None:
        """Go back: from the key to the choices, from the choices to the conversation.

        On a first run the built-in model is what one goes on with, so nobody gets stuck.
        """
        key = self.query_one("#key", Input)
        if key.display:
            key.value = ""
            key.display = False
            self._note("")
            self.query_one(OptionList).focus()
            return
        built_in = (e for e in self._choices.values() if e.kind is EndpointKind.BUILT_IN)
        self.dismiss(next(built_in, None) if self._first_run else None)
