"""What the lists of personas and of templates share: a list, a look at what is chosen, a search."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Coroutine, Sequence
from itertools import chain, count
from typing import Any, Generic, TypeVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ScreenResultType
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Persona, Template
from studybuddy.domain.text import harmless
from studybuddy.ui.faults import in_a_line
from studybuddy.ui.screens.dialog import Dialog
from studybuddy.ui.screens.sheet import BREAKPOINTS
from studybuddy.ui.undoing import Deed, Undoing
from studybuddy.ui.workers import start

Thing = TypeVar("Thing", bound=Persona | Template)


class LibraryScreen(Dialog[ScreenResultType], Generic[ScreenResultType, Thing]):
    """A list with what it has beside it; Enter chooses, letters change."""

    AUTO_FOCUS = "#list"
    VERTICAL_BREAKPOINTS = BREAKPOINTS
    TITLE_TEXT = ""
    EXPLAINED = ""
    KEYS = ""
    BINDINGS = [
        Binding("escape", "leave", "Back", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("n,insert", "new", "New", show=False),
        Binding("e", "edit", "Edit", show=False),
        Binding("d", "duplicate", "Duplicate", show=False),
        Binding("delete,backspace", "delete", "Delete", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("f", "faults", "Faults", show=False),
        Binding("left,right", "switch", "Switch", show=False),
    ]

    def __init__(self, undoing: Undoing) -> None:
        """Take what remembers deeds, so that they can be undone from outside too."""
        super().__init__()
        self._undoing = undoing
        self._busy = False
        """Whether something is being written or deleted: a held key does it once."""
        self._deeds = 0
        """How many deeds of this screen can be undone."""
        self._all: Sequence[Thing] = ()
        self._shown: Sequence[Thing] = ()
        self._faults: Sequence[str] = ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet library"):
            with Horizontal(classes="head"):
                yield Label(self.TITLE_TEXT, classes="title", markup=False)
                yield Input(placeholder="/ searches", id="search", compact=True)
            yield Static(self.EXPLAINED, id="explained", markup=False)
            yield Static("", id="error", markup=False)
            with Horizontal(id="panes"):
                yield OptionList(id="list", markup=False)
                with VerticalScroll(id="preview"):
                    yield Static("", id="shown", markup=False)
            yield Label(self.KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#explained").display = bool(self.EXPLAINED)
        self._say("")
        self.load()

    # What the kinds of libraries say

    @abstractmethod
    async def read(self) -> tuple[Sequence[Thing], Sequence[str]]:
        """The things in the order of the list, and what is wrong with files."""

    @abstractmethod
    def row(self, thing: Thing) -> Content:
        """A line of the list."""

    @abstractmethod
    def preview(self, thing: Thing) -> Content:
        """What is shown beside the list."""

    @abstractmethod
    async def measure(self, thing: Thing) -> str:
        """How many tokens it takes, in words."""

    @abstractmethod
    async def write(self, thing: Thing | None, *, copy: bool = False) -> None:
        """Have the student write a new one, change one, or change a copy of it."""

    @abstractmethod
    async def remove_file(self, thing: Thing) -> Deed:
        """Delete an own one, and return how that is undone.

        Raises:
            StudyBuddyError: where the file can't be deleted.
        """

    def first(self) -> str:
        """Name of what has the cursor in the beginning."""
        return ""

    # What is shown

    @work(exclusive=True, group="load", exit_on_error=False)
    async def load(self, name: str = "") -> None:
        """Read the library, and point at the thing of that name."""
        try:
            self._all, self._faults = await self.read()
        except StudyBuddyError as error:
            self._say(str(error.problem))
            return
        self._say(in_a_line(self._faults))
        self.show(name or (self.chosen.name if self.chosen else self.first()))

    def show(self, name: str = "") -> None:
        """Show what the search leaves, and point at the thing of that name, or else the first."""
        words = self.query_one("#search", Input).value.casefold().split()
        self._shown = [
            thing
            for thing in self._all
            if all(word in f"{thing.name} {thing.description}".casefold() for word in words)
        ]
        options = self.query_one("#list", OptionList)
        with options.prevent(OptionList.OptionHighlighted):
            options.set_options([Option(self.row(thing)) for thing in self._shown])
            names = [thing.name.casefold() for thing in self._shown]
            at = names.index(name.casefold()) if name.casefold() in names else 0
            options.highlighted = at if names else None
        self._look()

    @property
    def chosen(self) -> Thing | None:
        """The thing under the cursor."""
        at = self.query_one("#list", OptionList).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    @on(OptionList.OptionHighlighted)
    def _look(self) -> None:
        thing = self.chosen
        shown = self.preview(thing) if thing is not None else Content("Nothing fits.")
        self.query_one("#shown", Static).update(shown)
        self.query_one("#preview").scroll_home(animate=False)
        if thing is not None:
            self._measure(thing)

    @work(exclusive=True, group="count", exit_on_error=False)
    async def _measure(self, thing: Thing) -> None:
        told = await self.measure(thing)
        if self.chosen is thing:
            shown = Content(f"{told}\n\n").stylize("$foreground 60%") + self.preview(thing)
            self.query_one("#shown", Static).update(shown)

    def _say(self, text: str) -> None:
        error = self.query_one("#error", Static)
        error.update(text)
        error.display = bool(text)

    def action_faults(self) -> None:
        """Show all that is wrong with files, in place of what is beside the list."""
        if self._faults:
            self.query_one("#shown", Static).update(Content("\n\n".join(self._faults)))

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        if (thing := self.chosen) is not None:
            self.choose(thing)

    @abstractmethod
    def choose(self, thing: Thing) -> None:
        """Enter was pressed on a thing."""

    # Searching

    def action_search(self) -> None:
        """Go to the search."""
        self.query_one("#search").focus()

    @on(Input.Changed, "#search")
    def _searched(self) -> None:
        self.show(self.chosen.name if self.chosen else "")

    @on(Input.Submitted, "#search")
    def _found(self) -> None:
        self._selected()

    def on_key(self, event: events.Key) -> None:
        """Go from the search to the list."""
        if event.key in ("down", "up") and self.query_one("#search").has_focus:
            event.stop()
            self.query_one("#list").focus()

    def action_switch(self) -> None:
        """Go between the list and what is shown of it."""
        there = self.query_one("#preview").has_focus
        self.query_one("#list" if there else "#preview").focus()

    def action_leave(self) -> None:
        """Leave the search, or the screen."""
        search = self.query_one("#search", Input)
        if search.has_focus or search.value:
            search.value = ""
            self.query_one("#list").focus()
        else:
            self.dismiss(None)

    # Changing

    def change(self, do: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something that takes a while, unless something is being done."""

        async def doing() -> None:
            try:
                await do()
            except StudyBuddyError as error:
                self._say(str(error.problem))
            finally:
                self._busy = False

        if not self._busy:
            self._busy = True
            start(self, doing, "change")

    def action_new(self) -> None:
        """Make one."""
        self.change(lambda: self.write(None))

    def action_edit(self) -> None:
        """Change the one under the cursor; of one of the app's, an own one is made."""
        if (thing := self.chosen) is not None:
            self.change(lambda: self.write(thing))

    def action_duplicate(self) -> None:
        """Make a copy of the one under the cursor."""
        if (thing := self.chosen) is not None:
            self.change(lambda: self.write(thing, copy=True))

    def action_delete(self) -> None:
        """Delete the one under the cursor."""
        if (thing := self.chosen) is None:
            return
        if thing.own:
            self.change(lambda: self._delete(thing))
        else:
            self.notify("This one comes with the app and stays.", timeout=4)

    async def _delete(self, thing: Thing) -> None:
        deed = await self.remove_file(thing)
        self._undoing.done(deed)
        self._deeds += 1
        self.notify(f"“{thing.name}” is deleted. u brings it back.", timeout=6, markup=False)
        self.load()

    def action_undo(self) -> None:
        """Bring back what was deleted last."""
        if self._deeds:
            self.change(self._undo)
        else:
            self.notify("There is nothing to undo here.", timeout=4)

    async def _undo(self) -> None:
        told = await self._undoing.undo()
        self._deeds -= 1
        if told:
            self.notify(told, timeout=4, markup=False)
        self.load()


def taken(name: str) -> StudyBuddyError:
    """The problem of a name that another one has."""
    sentence = f"There is another one called “{harmless(name)}”."
    return StudyBuddyError(Problem(ProblemKind.SETTINGS, sentence, "Choose another name."))


def free(name: str, names: Collection[str], pattern: str) -> str:
    """That name, or where it is among the folded ones given, one of a pattern that is not."""
    numbered = (pattern.format(name=name, number=number) for number in count(2))
    return next(one for one in chain((name,), numbered) if one.casefold() not in names)


def back_as(name: str, now: str) -> str | None:
    """What is said of one that could not come back under its own name; `None` where it could."""
    return None if now == name else f"“{name}” is back as “{now}”: there is another one by now."


INSTEAD = "Yours takes the place of the app's; deleting yours brings that back."
"""Said where one of the app's is changed."""
