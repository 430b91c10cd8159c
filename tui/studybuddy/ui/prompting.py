"""What questions are asked with: personas, templates, the student's editor, and files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.domain.messages import Mode
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.prompts import Persona
from studybuddy.study.filling import first_text, form_of
from studybuddy.ui.prompt_tokens import count_prompt, count_text
from studybuddy.ui.screens.persona_editor import PersonaEditor

if TYPE_CHECKING:
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
        self._typed: dict[str, dict[str, str]] = {}
        """What was typed into the form of each template, by its name."""

    async def run(self, command: str) -> None:
        """Carry out a command."""
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
        try:
            library = self._library
        except StudyBuddyError as error:
            place.tell(error.problem)
            return
        place.screen.app.clear_notifications()  # they would lie over it
        screen = PersonasScreen(
            library,
            place.undoing,
            count_prompt(place.desk.accounts.counter, place.desk.model_of(session)),
            current=await self._current(),
            default=place.services.settings.persona,
            make_default=self._make_default,
            edit_own=self._edit_own,
            none=NO_PERSONA if thread else None,
            explained=IN_THREADS if thread else "",
        )
        persona = await place.dialog(screen)
        if persona is not None:
            await self._use(Persona("") if persona is NO_PERSONA else persona)
        await self._starter.show()  # its starters may have been changed

    async def _current(self) -> str:
        """Name of who answers in the conversation."""
        head = self._place.view.session.head
        if head.persona or (head.mode is Mode.ASSISTANT and head.system_prompt):
            return head.persona
        if head.mode is Mode.ASSISTANT:
            return NO_PERSONA.name
        for persona in await self._library.personas():
            if (persona.system_prompt, persona.examples) == (head.system_prompt, head.examples):
                return persona.name
        return ""

    async def _use(self, persona: Persona) -> None:
        place = self._place
        session = place.view.session
        try:
            await session.set_persona(persona)
        except StudyBuddyError as error:
            place.tell(error.problem)
            return
        place.view.endpoint_changed()
        place.view.meter.settle()
        if session.messages:
            who = f"“{persona.name}” answers" if persona.name else "The assistant alone answers"
            place.say(f"{who} from the next question on.")

    async def _make_default(self, persona: Persona | None) -> None:
        services, name = self._place.services, persona.name if persona else ""
        await services.setup.set("persona", name)
        services.settings = replace(services.settings, persona=name)
        services.desk.persona = persona

    # What the conversation itself has

    async def _own(self) -> None:
        await self._edit_own()

    async def _edit_own(self) -> bool:
        """Have the conversation's prompt and examples changed; `False` where they stay."""
        place = self._place
        view, desk = place.view, place.desk
        session, head = view.session, view.session.head
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
        try:
            library = self._library
        except StudyBuddyError as error:
            place.tell(error.problem)
            return
        count = count_text(place.desk.accounts.counter, place.desk.model_of(place.view.session))
        draft = place.view.prompt.text
        place.screen.app.clear_notifications()  # they would lie over it
        template = await place.dialog(TemplatesScreen(library, place.undoing, count, draft=draft))
        if template is not None:
            await self._fill_in(template, draft)

    async def use_template(self, name: str, rest: str = "") -> None:
        """Have a template filled in that was called in the prompt, with what stood behind it."""
        await self._place.once(lambda: self._called(name, rest))

    async def _called(self, name: str, rest: str) -> None:
        try:
            templates = await self._library.templates()
        except StudyBuddyError as error:
            self._place.tell(error.problem)
            return
        template = next((template for template in templates if template.name == name), None)
        if template is None:
            self._place.say(f"There is no template /{name} any more.")
        else:
            await self._fill_in(template, rest)

    async def _fill_in(self, template: Template, given: str) -> None:
        """Put a filled template into the prompt; `given` goes into its first text."""
        from studybuddy.ui.screens.template_form import TemplateForm

        place = self._place
        prompt, form = place.view.prompt, form_of(template)
        if not form:
            prompt.put(f"{template.text}\n{given}" if given.strip() else template.text)
            prompt.focus()
            return
        values = self._typed.setdefault(template.name, {})
        if given.strip() and (first := first_text(form)) is not None:
            values[first.name] = given
        count = count_text(place.desk.accounts.counter, place.desk.model_of(place.view.session))
        place.screen.app.clear_notifications()  # they would lie over it
        filled = await place.dialog(TemplateForm(template, values, count))
        if filled is not None:
            prompt.put(filled)
            for variable in form:  # the next text is another one
                if variable.long and not variable.default:
                    values.pop(variable.name, None)
        prompt.focus()

    # The editor

    async def _edit(self) -> None:
        from studybuddy.ui.editing import edit_prompt

        try:
            await edit_prompt(self._place.screen.app, self._place.view.prompt)
        except StudyBuddyError as error:
            self._place.tell(error.problem)


def _same(one: Persona, other: Persona) -> bool:
    return (one.system_prompt, one.examples) == (other.system_prompt, other.examples)
