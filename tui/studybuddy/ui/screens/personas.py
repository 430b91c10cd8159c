"""The personas: choosing who answers in a conversation, and making one's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from textual.binding import Binding
from textual.content import Content

from studybuddy.domain.prompts import Persona, PromptLibrary
from studybuddy.domain.text import harmless
from studybuddy.ui.prompt_tokens import CountPrompt, tokens_in_words
from studybuddy.ui.screens.library import INSTEAD, LibraryScreen, back_as, free, taken
from studybuddy.ui.screens.persona_editor import PersonaEditor
from studybuddy.ui.undoing import Deed, Undoing

PLAIN = "have the system prompt of the settings"
"""What new conversations do without a persona of their own."""


class PersonasScreen(LibraryScreen[Persona | None, Persona]):
    """Shows the personas; returns the one to use in this conversation, or `None`."""

    TITLE_TEXT = "Who answers in this conversation?"
    KEYS = (
        "Enter uses it · n new · e edit · d duplicate · Del delete · * for new conversations · "
        "F9 this conversation's own · Esc"
    )
    BINDINGS = [
        Binding("asterisk", "default", "Default", show=False),
        Binding("f9", "own", "This conversation's", show=False),
    ]

    def __init__(
        self,
        library: PromptLibrary,
        undoing: Undoing,
        count: CountPrompt,
        *,
        current: str,
        default: Callable[[], str],
        make_default: Callable[[Persona | None], Awaitable[None]],
        edit_own: Callable[[], Awaitable[bool]],
        none: Persona | None = None,
        explained: str = "",
    ) -> None:
        """Take the parts.

        Args:
            library: the personas.
            undoing: remembers what is deleted.
            count: counts a persona's prompt and examples.
            current: name of the conversation's persona.
            default: tells the name of the persona of new conversations.
            make_default: sets that; `None` for none.
            edit_own: edits what the conversation itself has, and returns whether it was changed.
            none: stands for no persona at all, where there may be none.
            explained: what is to be known of the mode.
        """
        super().__init__(undoing)
        self.EXPLAINED = explained
        self._library = library
        self._count = count
        self._current = current
        self._default_now = default
        self._make_default = make_default
        self._edit_own = edit_own
        self._none = none

    @property
    def _default(self) -> str:
        """Name of the persona of new conversations, folded; empty for none."""
        return self._default_now().casefold()

    # What is shown

    async def read(self) -> tuple[Sequence[Persona], Sequence[str]]:
        """The personas, and what is wrong with files."""
        personas = list(await self._library.personas())
        if self._none is not None:
            personas.insert(0, self._none)
        return personas, self._library.complaints(template=False)

    def first(self) -> str:
        """The conversation's own one."""
        return self._current

    def row(self, thing: Persona) -> Content:
        """Its name, and what it is here."""
        folded = thing.name.casefold()
        current = folded == self._current.casefold()
        marks = [("* ", "$text-warning")] if folded == self._default else []
        if thing.own:
            marks.append(("own", "$foreground 60%"))
        name = Content(harmless(thing.name))
        return Content.assemble(
            ("● " if current else "  ", "$text-accent"),
            name.stylize("bold") if current else name,
            " ",
            *marks,
        )

    def preview(self, thing: Persona) -> Content:
        """All that it says."""
        parts = [
            Content(harmless(thing.description)).stylize("italic"),
            Content(harmless(thing.system_prompt)),
        ]
        for number, example in enumerate(thing.examples, 1):
            parts.append(Content.assemble(
                (f"Example {number}\n", "bold $text-secondary"),
                ("You  ", "$foreground 60%"), harmless(example.question),
                ("\n→  ", "$foreground 60%"), harmless(example.answer),
            ))  # fmt: skip
        if thing.starters:
            told = "\n".join(f"› {harmless(starter)}" for starter in thing.starters)
            parts.append(Content.assemble(("Starters\n", "bold $text-secondary"), told))
        if thing.own:
            place = self._library.place(thing.name, template=False)
            parts.append(Content(f"File: {place}").stylize("$foreground 60%"))
        return Content("\n\n").join([part for part in parts if part])

    async def measure(self, thing: Persona) -> str:
        """The tokens of its prompt and examples."""
        count = await self._count(thing.system_prompt, thing.examples)
        return f"{tokens_in_words(count)} in each request" if count.tokens else "No tokens"

    # Choosing

    def choose(self, thing: Persona) -> None:
        """Use it in this conversation."""
        self.dismiss(thing)

    def action_default(self) -> None:
        """Use it in new conversations, or no longer."""
        if (thing := self.chosen) is not None and thing is not self._none:
            self.change(lambda: self._set_default(thing))

    async def _set_default(self, thing: Persona) -> None:
        same = thing.name.casefold() == self._default
        await self._make_default(None if same else thing)
        told = PLAIN if same else f"begin as “{thing.name}”"
        self.notify(f"New conversations {told}.", timeout=5, markup=False)
        self.show(thing.name)

    def action_own(self) -> None:
        """Edit what this conversation has of its own."""
        self.change(self._own)

    async def _own(self) -> None:
        if await self._edit_own():
            self.dismiss(None)

    # Changing

    async def write(self, thing: Persona | None, *, copy: bool = False) -> None:
        """Have the student write one."""
        if thing is not None and thing is self._none:
            return
        title, note, persona = "New persona", "", Persona("")
        if thing is not None and copy:
            title = f"A copy of “{harmless(thing.name)}”"
            persona = replace(thing, name=f"{thing.name[:52]} (copy)", own=False)
        elif thing is not None:
            title, note = f"Edit “{harmless(thing.name)}”", "" if thing.own else INSTEAD
            persona = thing
        before = persona.name.casefold()

        async def save(written: Persona) -> None:
            name = written.name.casefold()
            names = {other.name.casefold() for other in self._all}
            if name in names and (copy or name != before):
                raise taken(written.name)
            await self._library.save_persona(written)
            if persona.own and before == self._default and name != before:
                await self._make_default(written)
            if persona.own and name != before:
                await self._library.delete_persona(persona.name)

        editor = PersonaEditor(persona, title=title, count=self._count, save=save, note=note)
        written = await self.app.push_screen_wait(editor)
        if written is not None:
            self.load(written.name)

    async def remove_file(self, thing: Persona) -> Deed:
        """Delete an own one; new conversations do without it then."""
        name = thing.name.casefold()
        await self._library.delete_persona(thing.name)
        others = {other.name.casefold() for other in await self._library.personas()}
        was_default = name == self._default and name not in others
        if was_default:
            await self._make_default(None)
            self.notify(f"New conversations {PLAIN}.", timeout=6)

        async def back() -> str | None:
            names = {other.name.casefold()
                     for other in await self._library.personas() if other.own}  # fmt: skip
            again = replace(thing, name=free(thing.name, names, "{name:.54} ({number})"))
            await self._library.save_persona(again)
            if was_default and not self._default:
                await self._make_default(again)
            return back_as(thing.name, again.name)

        return Deed(f"“{thing.name}” is back.", back)
