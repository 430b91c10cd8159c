"""The library's files: as students write them, break them, and leave comments in them."""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.prompts import Example, Persona, Template, Variable
from studybuddy.domain.text import harmless
from studybuddy.storage.library import FileLibrary
from studybuddy.storage.library_files import (
    changed_text,
    new_text,
    persona_tables,
    template_tables,
)
from studybuddy.storage.library_folder import file_stem

OWN = """\
# my comment
name = "Latin coach"
system_prompt = '''
Drill Latin.
One form at a time.'''
"""


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.skipif(os.name != "posix", reason="modes are for POSIX")
async def test_folders_that_are_made_are_private(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    library = FileLibrary(tmp_path / "home" / "config")
    before = os.umask(0)
    try:
        await library.save_persona(Persona("Latin coach", system_prompt="Drill Latin."))
    finally:
        os.umask(before)
    made = [p for p in (tmp_path / "home").rglob("*") if p.is_dir()]
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in made} == {
        "config": 0o700,
        "personas": 0o700,
    }


async def test_nothing_is_made_on_disk_before_something_is_saved(tmp_path: Path) -> None:
    library = FileLibrary(tmp_path / "config")
    assert list(await library.personas()) == []
    assert list(await library.templates()) == []
    assert not (tmp_path / "config").exists()


async def test_a_file_of_the_students_is_read_with_what_it_says(tmp_path: Path) -> None:
    write(tmp_path / "personas" / "latin.toml", OWN)
    assert list(await FileLibrary(tmp_path).personas()) == [
        Persona("Latin coach", "", "Drill Latin.\nOne form at a time.", own=True)
    ]


async def test_a_persona_without_a_name_has_that_of_its_file(tmp_path: Path) -> None:
    write(tmp_path / "personas" / "greek.toml", "system_prompt = 'Greek.'")
    assert [persona.name for persona in await FileLibrary(tmp_path).personas()] == ["greek"]


async def test_a_template_is_called_as_its_file(tmp_path: Path) -> None:
    write(tmp_path / "templates" / "My Letter.toml", "text = 'Dear {{who}}'")
    templates = await FileLibrary(tmp_path).templates()
    assert [(template.name, template.text) for template in templates] == [
        ("my-letter", "Dear {{who}}")
    ]


async def test_a_changed_file_a_new_one_and_one_that_is_gone_are_seen_at_once(
    tmp_path: Path,
) -> None:
    library = FileLibrary(tmp_path)
    path = write(tmp_path / "personas" / "latin.toml", OWN)
    await library.personas()
    write(path, OWN.replace("One form", "Two forms"))
    write(tmp_path / "personas" / "greek.toml", "system_prompt = 'Greek.'")
    greek, latin = await library.personas()
    assert (greek.name, "Two forms" in latin.system_prompt) == ("greek", True)
    path.unlink()
    assert [persona.name for persona in await library.personas()] == ["greek"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = 'x\n", 'not valid TOML: expected "\'" (line 2, at the end)'),
        ("name = 'x'\nsystem_prompt == 'y'\n", "(line 2, column 16)"),
        (b"system_prompt = '\xff'", "it is not UTF-8 text (line 1, column 18)"),
        ("name = 'x'\n", "`system_prompt` is missing"),
        (
            "name = 'x'\n\nsystem_prompt = 3\n",
            "`system_prompt` must be text, not a number (line 3)",
        ),
    ],
)
async def test_a_broken_file_is_named_with_its_line_and_the_others_still_work(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    path = write(tmp_path / "personas" / "broken.toml", text)
    write(tmp_path / "personas" / "latin.toml", OWN)
    library = FileLibrary(tmp_path)
    assert [persona.name for persona in await library.personas()] == ["Latin coach"]
    (complaint,) = library.complaints()
    assert str(path) in complaint
    assert told in complaint
    assert list(library.complaints(template=False)) == [complaint]
    assert list(library.complaints(template=True)) == []
    assert "Correct it there" in complaint
    write(path, "system_prompt = 'Mended.'")
    assert len(await library.personas()) == 2
    assert list(library.complaints()) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("starters = 'x'", "`starters` must be a list of texts"),
        ("exampels = 3", "`exampels` means nothing here (did you mean `examples`?) (line 6)"),
        ("[[examples]]\nquestion = 'a'\n[[examples]]\nanswer = 'b'",
         "`answer` is missing (line 6); `question` is missing (line 8)"),
    ],
)  # fmt: skip
async def test_of_a_file_with_a_mistake_the_rest_is_used(
    tmp_path: Path, more: str, told: str
) -> None:
    write(tmp_path / "personas" / "latin.toml", OWN + more)
    library = FileLibrary(tmp_path)
    (persona,) = await library.personas()
    assert (persona.name, persona.starters, persona.examples) == ("Latin coach", (), ())
    (complaint,) = library.complaints()
    assert told in complaint
    assert complaint.endswith("the rest of it is used.")


async def test_of_two_files_with_the_same_persona_one_is_used_and_both_are_named(
    tmp_path: Path,
) -> None:
    first = write(tmp_path / "personas" / "a.toml", OWN)
    second = write(tmp_path / "personas" / "b.toml", OWN.replace("Latin", "LATIN"))
    library = FileLibrary(tmp_path)
    assert [persona.name for persona in await library.personas()] == ["Latin coach"]
    (complaint,) = library.complaints()
    assert str(first) in complaint
    assert str(second) in complaint


async def test_saving_keeps_the_students_comments_and_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "personas" / "other-name.toml", OWN)
    library = FileLibrary(tmp_path)
    (persona,) = await library.personas()
    await library.save_persona(replace(persona, description="Drills.", starters=("Go!",)))
    text = path.read_text()
    assert text.startswith("# my comment\n")
    assert "'''\nDrill Latin.\nOne form at a time.'''" in text
    assert [p.description for p in await library.personas()] == ["Drills."]
    assert [p.name for p in path.parent.iterdir()] == ["other-name.toml"]


async def test_saving_never_writes_over_a_file_that_could_not_be_read(tmp_path: Path) -> None:
    persona = write(tmp_path / "personas" / "latin-coach.toml", "name = 'broken")
    template = write(tmp_path / "templates" / "letter.toml", "text = 'broken")
    library = FileLibrary(tmp_path)
    await library.save_persona(Persona("Latin coach", "", "Drill."))
    with pytest.raises(StudyBuddyError, match=r"letter\.toml is there already"):
        await library.save_template(Template("letter", "", "Dear"))
    assert persona.read_text() == "name = 'broken"
    assert template.read_text() == "text = 'broken"
    assert [p.name for p in await library.personas()] == ["Latin coach"]


async def test_the_place_of_a_file_is_told_before_and_after_it_is_saved(tmp_path: Path) -> None:
    library = FileLibrary(tmp_path)
    place = library.place("Latin: coach!", template=False)
    assert place == str(tmp_path / "personas" / "latin-coach.toml")
    await library.save_persona(Persona("Latin: coach!", "", "Drill."))
    assert library.place("latin: COACH!", template=False) == place
    assert [str(path) for path in (tmp_path / "personas").iterdir()] == [place]


@pytest.mark.parametrize(
    ("name", "stem"),
    [("Two Words", "two-words"), ("../../etc/passwd", "etc-passwd"), ("É", "é"), ("con", "con-1"),
     ("?!", ""), ("C++ tutor", "c-tutor")],
)  # fmt: skip
def test_a_name_makes_a_file_name_that_every_system_takes(name: str, stem: str) -> None:
    assert file_stem(name) == stem


TEXTS = st.text(max_size=40).map(harmless) | st.sampled_from(
    ["'''", '"""', "'", '"', "\\", "a\n\nb\n", "\n", "x'", "\\n", "# no comment", "{{x}}", "''''"]
)
PERSONA = st.builds(
    Persona,
    st.just("Name"),
    TEXTS,
    TEXTS,
    st.lists(st.builds(Example, TEXTS, TEXTS), max_size=2).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
)
VARIABLE = st.builds(
    Variable, TEXTS, TEXTS, TEXTS, st.lists(TEXTS, max_size=2).map(tuple), st.booleans()
)
TEMPLATE = st.builds(
    Template, st.just("name"), TEXTS, TEXTS, st.lists(VARIABLE, max_size=2).map(tuple)
)


@given(PERSONA, PERSONA)
def test_every_persona_is_written_and_changed_so_that_it_reads_the_same(
    before: Persona, after: Persona
) -> None:
    text = new_text(persona_tables(before), template=False)
    assert tomllib.loads(text) == persona_tables(before)
    changed = changed_text(text, persona_tables(after))
    assert changed is not None
    assert tomllib.loads(changed) == persona_tables(after)
    assert "# A persona of Study Buddy" in changed


@given(TEMPLATE, TEMPLATE)
def test_every_template_is_written_and_changed_so_that_it_reads_the_same(
    before: Template, after: Template
) -> None:
    text = new_text(template_tables(before), template=True)
    assert tomllib.loads(text) == template_tables(before)
    changed = changed_text(text, template_tables(after))
    assert changed is not None
    assert tomllib.loads(changed) == template_tables(after)
