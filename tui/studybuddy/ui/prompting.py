"""What questions are asked with: personas, templates, the student's editor, and files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Persona
from studybuddy.domain.text import one_line
from studybuddy.study.filling import first_text, form_of
from studybuddy.ui.drafts import joined, replaced
from studybuddy.ui.form_values import FormValues
from studybuddy.ui.prompt_tokens import count_prompt, count_text
from studybuddy.ui.screens.persona_editor import PersonaEditor
from studybuddy.ui.unsent import change_draft

if TYPE_CHECKING:
    from studybuddy.chat.sessions import Session
    from studybuddy.domain.prompts import PromptLibrary, Template
    from studybuddy.ui.features import Workplace
    from studybuddy.ui.starting import Starter

NO_PERSONA = Persona("No persona", "The assistant answers by its own instructions alone.")
IN_THREADS = "The assistant keeps its own instructions and tools; the persona's are added to them."
NO_LIBRARY = Problem(ProblemKind.SETTINGS, "There are no personas and templates here.")


class Prompter:
    """Opens what questions are asked with, and puts into the prompt what comes of it."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._forms = FormValues()

    async def run(self, command: str) -> None:
        """Carry out a command.

        Raises:
            StudyBuddyError: where it can't be done.
        """
        match command:
            case "persona":
                await self._place.once(self._personas)
            case "templates":
                await self._place.once(self._templates)
            case "system_prompt" if self._place.view.session.head.mode is Mode.ASSISTANT:
                # The assistant's instructions say it.
                await self._place.screen.run_action("assistant('edit_assistant')")
            case "system_prompt":
                await self._place.once(self._own)
            case "editor":
                await self._place.once(self._edit)
            case "attach_file":
                self._place.view.prompt.pick()

    @property
    def _library(self) -> PromptLibrary:
        library = self._place.services.library
        if library is None:
            raise StudyBuddyError(NO_LIBRARY)
        return library

    @property
    def _starter(self) -> Starter:
        starter: Starter = self._place.features().get("starters")
        return starter

    # Personas

    async def _personas(self) -> None:
        from studybuddy.ui.screens.personas import PersonasScreen

        place = self._place
        session = place.view.session
        thread = session.head.mode is Mode.ASSISTANT
        library = self._library
        current = await self._current(session)
        place.screen.app.clear_notifications()  # they would lie over it
        screen = PersonasScreen(
            library,
            place.undoing,
            count_prompt(place.desk.accounts.counter, place.desk.model_of(session)),
            current=current,
            default=lambda: place.services.settings.persona,
            make_default=self._make_default,
            edit_own=partial(self._edit_own, session),
            none=NO_PERSONA if thread else None,
            explained=IN_THREADS if thread else "",
        )
        persona = await place.dialog(screen)
        if persona is not None:
            await self._use(session, Persona("") if persona is NO_PERSONA else persona)
        await self._starter.show()  # its starters may have been changed

    async def _current(self, session: Session) -> str:
        """Name of who answers in a conversation."""
        head = session.head
        if head.persona or (head.mode is Mode.ASSISTANT and head.system_prompt):
            return head.persona
        if head.mode is Mode.ASSISTANT:
            return NO_PERSONA.name
        for persona in await self._library.personas():
            if (persona.system_prompt, persona.examples) == (head.system_prompt, head.examples):
                return persona.name
        return ""

    async def _use(self, session: Session, persona: Persona) -> None:
        place = self._place
        await session.set_persona(persona)
        place.view.endpoint_changed()
        place.view.meter.settle()
        if session.messages:
            who = f"“{persona.name}” answers" if persona.name else "The assistant alone answers"
            # Another one may have been opened meanwhile: this is of the one it was asked for.
            here = session is place.view.session
            where = "" if here else f" in “{one_line(session.head.title)}”"
            place.say(f"{who}{where} from the next question on.")

    async def _make_default(self, persona: Persona | None) -> None:
        place, name = self._place, persona.name if persona else ""
        new = replace(place.services.settings, persona=name)
        await place.settings.hold(new, "persona", name)  # the desk takes it from there

    # What the conversation itself has

    async def _own(self) -> None:
        await self._edit_own(self._place.view.session)

    async def _edit_own(self, session: Session) -> bool:
        """Have a conversation's prompt and examples changed; `False` where they stay."""
        place = self._place
        view, desk, head = place.view, place.desk, session.head
        thread = head.mode is Mode.ASSISTANT
        default = desk.persona or Persona("", system_prompt=desk.system_prompt)
        before = Persona(head.persona, system_prompt=head.system_prompt, examples=head.examples)

        async def save(written: Persona) -> None:
            if written != before:
                # Changed, it is the persona's no more.
                name = default.name if _same(written, default) else ""
                await session.set_persona(replace(written, name=name))

        editor = PersonaEditor(
            before,
            title="What is added to the assistant's instructions in this thread?"
            if thread
            else "How shall the model behave in this conversation?",
            count=count_prompt(desk.accounts.counter, desk.model_of(session)),
            save=save,
            default=Persona("") if thread else default,
            note="From the next question on.",
        )
        written = await place.dialog(editor)
        view.endpoint_changed()
        view.meter.settle()
        return written is not None

    # Templates

    async def _templates(self) -> None:
        from studybuddy.ui.screens.templates import TemplatesScreen

        place = self._place
        session, draft = place.view.session, place.view.prompt.text
        count = count_text(place.desk.accounts.counter, place.desk.model_of(session))
        library = self._library
        place.screen.app.clear_notifications()  # they would lie over it
        template = await place.dialog(TemplatesScreen(library, place.undoing, count, draft=draft))
        if template is not None:
            await self._fill_in(template, session, draft, draft)

    async def use_template(self, name: str, rest: str = "") -> None:
        """Have a template filled in that was called in the prompt, with what stood behind it.

        Raises:
            StudyBuddyError: where the library can't be read.
        """
        session, call = self._place.view.session, self._place.view.prompt.text
        await self._place.once(lambda: self._called(name, rest, session, call))

    async def _called(self, name: str, rest: str, session: Session, call: str) -> None:
        templates = await self._library.templates()
        template = next((template for template in templates if template.name == name), None)
        if template is None:
            self._place.say(f"There is no template /{name} any more.")
            return
        # What was typed behind it since is no part of the call.
        whole = call.strip().startswith("/") and call.rstrip().endswith(rest)
        await self._fill_in(template, session, rest, call if whole else "")

    async def _fill_in(self, template: Template, session: Session, given: str, before: str) -> None:
        """Put a filled template into the prompt of a conversation.

        Args:
            template: what is filled in.
            session: the conversation.
            given: what goes into its first text; where there is none, it stays below.
            before: what was in the prompt, in whose place it comes.
        """
        from studybuddy.ui.screens.template_form import TemplateForm

        place = self._place
        filled: str | None = template.text
        if form := form_of(template):
            count = count_text(place.desk.accounts.counter, place.desk.model_of(session))
            values = self._forms.begin(template, given)
            place.screen.app.clear_notifications()  # they would lie over it
            filled = await place.dialog(TemplateForm(template, values, count))
            self._forms.keep(template, given, values, used=filled is not None)
        if filled is not None:
            takes = first_text(form) is not None
            text = filled if takes else joined(filled, given if given.strip() else "")
            await change_draft(place.view, session, lambda typed: replaced(typed, before, text))
        place.view.prompt.focus()

    # The editor

    async def _edit(self) -> None:
        from studybuddy.ui.editing import edit_prompt

        await edit_prompt(self._place.screen.app, self._place.view)


def _same(one: Persona, other: Persona) -> bool:
    return (one.system_prompt, one.examples) == (other.system_prompt, other.examples)
