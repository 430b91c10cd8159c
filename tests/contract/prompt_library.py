"""What every library of personas and templates does, run on each implementation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.prompts import Example, Persona, PromptLibrary, Template, Variable

BUDDY = Persona("Buddy", "Explains.", "Be kind.", starters=("What is a list?",))
POET = Persona("Poet", "Rhymes.", "Rhyme.")
SUMMARY = Template("summary", "Sums up.", "Sum up: {{text}}", (Variable("text", long=True),))
ZEBRA = Template("zebra", "Stripes.", "Draw {{what}}.")
COACH = Persona(
    "Latin coach",
    "Drills Latin.",
    "Ask for one \"form\".\n\n- \\ and ''' stay.\n",
    (Example("amo?", "first person,\nsingular"), Example("'", '"""')),
    ("Drill me.", "C:\\temp"),
)
EMAIL = Template(
    "a-mail-2",
    "Writes.",
    "Dear {{who}},\n<notes>\n{{notes}}\n</notes>'",
    (
        Variable("notes", "Your notes", "none\nyet", long=True),
        Variable("who", choices=("Ada", "Grace \\ \"'")),
    ),
)


class PromptLibraryContract:
    """Subclasses give the fixture `library`, with BUDDY, POET, SUMMARY and ZEBRA built in."""

    async def test_the_apps_own_are_there_from_the_beginning(self, library: PromptLibrary) -> None:
        assert list(await library.personas()) == [BUDDY, POET]
        assert list(await library.templates()) == [SUMMARY, ZEBRA]
        assert list(library.complaints()) == []

    async def test_what_is_saved_comes_back_as_it_was(self, library: PromptLibrary) -> None:
        await library.save_persona(COACH)
        await library.save_template(EMAIL)
        assert list(await library.personas()) == [BUDDY, POET, replace(COACH, own=True)]
        templates = [replace(EMAIL, own=True), SUMMARY, ZEBRA]
        assert list(await library.templates()) == templates

    async def test_saving_again_replaces_also_where_the_name_differs_in_case(
        self, library: PromptLibrary
    ) -> None:
        await library.save_persona(COACH)
        again = Persona("LATIN COACH", "Other.", "Be strict.")
        await library.save_persona(again)
        await library.save_template(EMAIL)
        await library.save_template(replace(EMAIL, text="Dear {{who}}", variables=()))
        assert (await library.personas())[2:] == [replace(again, own=True)]
        first = (await library.templates())[0]
        assert (first.text, first.variables) == ("Dear {{who}}", ())

    async def test_an_own_one_goes_before_one_of_the_app_and_deleting_brings_that_back(
        self, library: PromptLibrary
    ) -> None:
        await library.save_persona(replace(BUDDY, system_prompt="Be brief."))
        await library.save_template(replace(SUMMARY, text="Briefly: {{text}}"))
        assert [p.system_prompt for p in await library.personas()] == ["Be brief.", "Rhyme."]
        assert (await library.templates())[0].text == "Briefly: {{text}}"
        await library.delete_persona("buddy")
        await library.delete_template("summary")
        assert list(await library.personas()) == [BUDDY, POET]
        assert list(await library.templates()) == [SUMMARY, ZEBRA]

    async def test_deleting_what_is_not_there_or_not_ones_own_does_nothing(
        self, library: PromptLibrary
    ) -> None:
        await library.delete_persona("Nobody")
        await library.delete_persona("Buddy")
        await library.delete_template("zebra")
        assert list(await library.personas()) == [BUDDY, POET]
        assert list(await library.templates()) == [SUMMARY, ZEBRA]

    @pytest.mark.parametrize("name", ["", "  ", "x" * 61])
    async def test_a_persona_needs_a_name(self, library: PromptLibrary, name: str) -> None:
        with pytest.raises(StudyBuddyError, match="name"):
            await library.save_persona(replace(COACH, name=name))
        assert list(await library.personas()) == [BUDDY, POET]

    @pytest.mark.parametrize("name", ["", "Two Words", "a/b", "../up", "UP", "a b"])
    async def test_a_template_has_a_name_that_can_be_typed_after_a_slash(
        self, library: PromptLibrary, name: str
    ) -> None:
        with pytest.raises(StudyBuddyError, match="name"):
            await library.save_template(replace(EMAIL, name=name))
        assert list(await library.templates()) == [SUMMARY, ZEBRA]
