"""How a conversation begins: as whom it is answered by default, and what it may begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.ui.widgets.starters import Starters

if TYPE_CHECKING:
    from studybuddy.domain.prompts import Persona
    from studybuddy.ui.features import Workplace

LOW = 20
"""Lines of the screen below which there is no room for questions to begin with."""


class Starter:
    """Keeps the default persona, and shows the beginnings that an empty conversation offers."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._list: Starters | None = None
        self._told: set[str] = set()
        self._begun = False

    async def show(self) -> None:
        """Offer what the conversation on screen may begin with."""
        place = self._place
        personas: Sequence[Persona] = ()
        if place.services.library is not None:
            try:
                personas = await place.services.library.personas()
            except StudyBuddyError as error:
                place.tell(error.problem)
            self.complain(place.services.library.complaints())
        await self._use_default(personas)
        await self._offer(self._texts(personas))

    def complain(self, complaints: Sequence[str]) -> None:
        """Tell what is wrong with files of the library, each once."""
        for complaint in complaints:
            if complaint not in self._told:
                self._told.add(complaint)
                self._place.tell(Problem(ProblemKind.SETTINGS, complaint))
        self._told.intersection_update(complaints)  # one that was mended may break again

    # The persona of new conversations

    async def _use_default(self, personas: Sequence[Persona]) -> None:
        desk, name = self._place.desk, self._place.services.settings.persona
        persona = named(personas, name) if name else None
        if name and persona is None and personas and desk.persona is None and not self._begun:
            sentence = f"There is no persona “{name}”, which the settings name."
            self._place.tell(Problem(ProblemKind.SETTINGS, sentence, "Alt+P chooses another."))
        desk.persona = persona
        session = self._place.view.session
        if not self._begun and persona is not None and session.head.mode is Mode.COMPLETION:
            # The conversation of the first frame was begun before the library was read.
            new = not session.messages and not session.head.persona and not session.busy
            if new and session.head.system_prompt == desk.system_prompt:
                await session.set_persona(persona)
                self._place.view.endpoint_changed()
        self._begun = True

    # Beginnings

    def _texts(self, personas: Sequence[Persona]) -> tuple[str, ...]:
        view = self._place.view
        head = view.session.head
        persona = named(personas, head.persona)
        if persona is None and head.mode is Mode.ASSISTANT:
            from studybuddy.ui.assistant_texts import beginnings

            return beginnings(view.assistant)
        persona = persona or (personas[0] if personas else None)
        return persona.starters if persona is not None else ()

    async def _offer(self, texts: tuple[str, ...]) -> None:
        view = self._place.view
        if self._list is None:
            if not texts:
                return
            self._list = Starters(id="starters")
            self._list.display = False
            await view.mount(self._list, before=view.status)
        self._list.offer(texts)
        self.fit()

    def fit(self) -> None:
        """Show the beginnings for as long as nothing was said."""
        if self._list is not None:
            view = self._place.view
            empty = not view.transcript.messages and not view.busy
            room = self._place.screen.size.height >= LOW
            shown = bool(self._list.texts) and empty and room
            if shown != self._list.display:
                self._list.display = shown
                # Where it was mounted a moment ago, its own wish for a layout may be lost.
                view.refresh(layout=True)

    def focus(self) -> None:
        """Let the keys choose one."""
        if self._list is not None and self._list.display:
            self._list.begin()

    def chosen(self, text: str) -> None:
        """Put one into the prompt, in place of another one, or below what is written."""
        prompt = self._place.view.prompt
        written = prompt.text
        others = self._list.texts if self._list is not None else ()
        fresh = not written.strip() or written in others
        prompt.put(text if fresh else f"{written.rstrip()}\n{text}")
        prompt.focus()


def named(personas: Sequence[Persona], name: str) -> Persona | None:
    """The persona of that name, however it is written; `None` where there is none."""
    folded = name.casefold()
    return next((persona for persona in personas if persona.name.casefold() == folded), None)
