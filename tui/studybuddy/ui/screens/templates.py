"""The templates: choosing one to fill in, and making one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.binding import Binding
from textual.content import Content

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import PromptLibrary, Template
from studybuddy.domain.text import harmless
from studybuddy.study.filling import form_of, label_of
from studybuddy.ui.prompt_tokens import CountText, tokens_in_words
from studybuddy.ui.screens.library import INSTEAD, LibraryScreen, back_as, free, taken
from studybuddy.ui.screens.template_editor import TemplateEditor
from studybuddy.ui.slash import COMMANDS
from studybuddy.ui.undoing import Deed, Undoing


def _is_command(name: str) -> StudyBuddyError:
    sentence = f"/{name} is a command of Study Buddy."
    return StudyBuddyError(Problem(ProblemKind.SETTINGS, sentence, "Choose another name."))


class TemplatesScreen(LibraryScreen[Template | None, Template]):
    """Shows the templates; returns the one to fill in, or `None`."""

    TITLE_TEXT = "Templates"
    KEYS = (
        "Enter fills it in · / searches · n new · s the prompt as a new one · e edit · "
        "d duplicate · Del delete · Esc"
    )
    BINDINGS = [Binding("s", "keep", "Save the prompt", show=False)]

    def __init__(
        self, library: PromptLibrary, undoing: Undoing, count: CountText, *, draft: str
    ) -> None:
        """Take the templates, what remembers deeds and counts, and what is in the prompt."""
        super().__init__(undoing)
        self._library = library
        self._count = count
        self._draft = draft

    # What is shown

    async def read(self) -> tuple[Sequence[Template], Sequence[str]]:
        """The templates, and what is wrong with files."""
        templates = await self._library.templates()
        return templates, self._library.complaints(template=True)

    def row(self, thing: Template) -> Content:
        """What is typed for it."""
        name = Content(f"/{thing.name}")
        return Content.assemble(name, (" own", "$foreground 60%")) if thing.own else name

    def preview(self, thing: Template) -> Content:
        """All that it says."""
        parts = [Content(harmless(thing.description)).stylize("italic")]
        if form := form_of(thing):
            asks = ", ".join(harmless(label_of(variable)) for variable in form)
            parts.append(Content.assemble(("Asks for  ", "bold $text-secondary"), asks))
        parts.append(Content(harmless(thing.text)))
        if thing.own:
            place = self._library.place(thing.name, template=True)
            parts.append(Content(f"File: {place}").stylize("$foreground 60%"))
        return Content("\n\n").join([part for part in parts if part])

    async def measure(self, thing: Template) -> str:
        """The tokens of its own words."""
        return f"{tokens_in_words(await self._count(thing.text))} before it is filled in"

    def choose(self, thing: Template) -> None:
        """Fill it in."""
        self.dismiss(thing)

    # Changing

    def action_keep(self) -> None:
        """Make one of what is in the prompt."""
        if self._draft.strip():
            draft = Template("", text=self._draft)
            self.change(lambda: self._write(draft, "Save the prompt as a template"))
        else:
            self.notify("The prompt is empty: write it first, then save it here.", timeout=5)

    async def write(self, thing: Template | None, *, copy: bool = False) -> None:
        """Have the student write one."""
        if thing is None:
            await self._write(Template(""), "New template")
        elif copy:
            await self._write(replace(thing, name="", own=False), f"A copy of /{thing.name}")
        else:
            await self._write(thing, f"Edit /{thing.name}", "" if thing.own else INSTEAD)

    async def _write(self, template: Template, title: str, note: str = "") -> None:
        async def save(written: Template) -> None:
            if written.name != template.name and written.name in {t.name for t in self._all}:
                raise taken(f"/{written.name}")
            if written.name in COMMANDS:
                raise _is_command(written.name)
            await self._library.save_template(written)
            if template.own and written.name != template.name:
                await self._library.delete_template(template.name)

        editor = TemplateEditor(template, title=title, count=self._count, save=save, note=note)
        written = await self.app.push_screen_wait(editor)
        if written is not None:
            self.load(written.name)

    async def remove_file(self, thing: Template) -> Deed:
        """Delete an own one."""
        await self._library.delete_template(thing.name)

        async def back() -> str | None:
            names = {other.name for other in await self._library.templates() if other.own}
            again = replace(thing, name=free(thing.name, names, "{name:.54}-{number}"))
            await self._library.save_template(again)
            return back_as(f"/{thing.name}", f"/{again.name}")

        return Deed(f"/{thing.name} is back.", back)
