"""The assistants in the sidebar, above the threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from studybuddy.domain.assistants import Assistant
from studybuddy.domain.text import harmless
from studybuddy.ui.assistant_texts import tools_shortly
from studybuddy.ui.commands import Scope, bindings

_AGAIN = "again"


class AssistantList(OptionList):
    """The assistants with their tools; the chosen one is set off."""

    BINDINGS = bindings(Scope.ASSISTANTS)

    @dataclass
    class Chosen(Message):
        """An assistant was chosen."""

        assistant: Assistant

    @dataclass
    class Asked(Message):
        """Something is to be done with the assistant that is pointed at."""

        command: str
        """A command of the table."""
        assistant: Assistant | None
        """`None` where the list has none."""

    class AskedAgain(Message):
        """The list could not be read, and the student wants another try."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._assistants: dict[str, Assistant] = {}
        self._chosen = ""

    def show(self, assistants: Sequence[Assistant], chosen: str) -> None:
        """Show these assistants, one of them as the chosen one.

        The cursor of a list in use stays where it is, unless another one was chosen: what the next
        key does is for the assistant that is set off.
        """
        pointed = self.highlighted_option.id if self.highlighted_option else None
        self._assistants = {assistant.id: assistant for assistant in assistants}
        self.remove_class("-error")
        self.set_options([_option(a, chosen=a.id == chosen) for a in assistants])
        stays = self.has_focus and chosen == self._chosen and pointed in self._assistants
        wanted = pointed if stays and pointed else chosen
        self._chosen = chosen
        if wanted in self._assistants:
            self.highlighted = self.get_option_index(wanted)

    def show_loading(self) -> None:
        """Say that the list is on its way."""
        self._assistants = {}
        self.remove_class("-error")
        text = Content("Getting the assistants…").stylize("italic $foreground 60%")
        self.set_options([Option(text, disabled=True)])

    def show_error(self, sentence: str) -> None:
        """Say why there is no list, and offer to try again."""
        self._assistants = {}
        self.add_class("-error")  # a sentence is to be read whole
        again = Content("↻ Try again").stylize("bold")
        error = Content(harmless(sentence)).stylize("$text-error")
        self.set_options([Option(error, disabled=True), Option(again, id=_AGAIN)])
        self.highlighted = 1

    @property
    def pointed_at(self) -> Assistant | None:
        """The assistant under the cursor."""
        option = self.highlighted_option
        return self._assistants.get(option.id or "") if option else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell which assistant was chosen."""
        event.stop()
        if event.option_id == _AGAIN:
            self.post_message(self.AskedAgain())
        elif assistant := self._assistants.get(event.option_id or ""):
            self.post_message(self.Chosen(assistant))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Keep it: nobody else has to know."""
        event.stop()

    def action_new_assistant(self) -> None:
        """Make an assistant."""
        self._ask("new_assistant")

    def action_edit_assistant(self) -> None:
        """Change the assistant."""
        self._ask("edit_assistant")

    def action_duplicate_assistant(self) -> None:
        """Make a copy of the assistant."""
        self._ask("duplicate_assistant")

    def action_delete_assistant(self) -> None:
        """Delete the assistant."""
        self._ask("delete_assistant")

    def _ask(self, command: str) -> None:
        self.post_message(self.Asked(command, self.pointed_at))


class AssistantPane(Vertical):
    """The list of assistants under its heading, and the heading of what comes below."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.list = AssistantList(id="assistant-list")
        """The list; it can be filled before it is mounted."""
        self._reading = Label("", classes="reading", markup=False)
        self._reading.display = False

    def compose(self) -> ComposeResult:
        yield Label("Assistants", classes="heading")
        yield self.list
        yield self._reading
        yield Label("Threads", classes="heading")

    def tell_reading(self, names: Sequence[str]) -> None:
        """Say which notes are on their way."""
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        self._reading.update(harmless(f"● Reading {names[0]}{more}…") if names else "")
        self._reading.display = bool(names)


def _option(assistant: Assistant, *, chosen: bool) -> Option:
    name = Content(harmless(assistant.spec.name) or "Unnamed")
    head = Content.assemble(
        ("◉ ", "$text-primary") if chosen else ("○ ", "$foreground 60%"),
        name.stylize("bold") if chosen else name,
    )
    tools = Content(f"  {tools_shortly(assistant.spec)}").stylize("$foreground 60%")
    return Option(Content.assemble(head, "\n", tools), id=assistant.id)
