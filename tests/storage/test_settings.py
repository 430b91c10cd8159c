"""Reading the settings file: what is right of it is used, what is wrong is told."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import EndpointSettings, Settings
from studybuddy.storage.settings import BrokenSettings, convert, load_settings, parse


def read(path: Path, text: str | bytes) -> tuple[Settings, str]:
    file = path / "settings.toml"
    raw = text.encode() if isinstance(text, str) else text
    file.write_bytes(raw)
    settings, problem = load_settings(file)
    assert file.read_bytes() == raw
    if problem is None:
        return settings, ""
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.STORAGE
    assert str(file) in str(problem)
    return settings, problem.sentence


def test_without_a_file_the_defaults_apply(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.toml") == (Settings(), None)


def test_everything_can_be_set(tmp_path: Path) -> None:
    text = """
        endpoint = "lab"
        model = "gpt-x"
        system_prompt = '''
        Be brief.'''
        theme = "nord"
        reduced_motion = true
        start_with = "new"
        sidebar = false
        log_messages = true
        [keys]
        new_conversation = "ctrl+n,f5"
        [endpoints.lab]
        base_url = "http://127.0.0.1:1/v1"
        model = "m"
        key_env = "LAB_KEY"
        [endpoints."home server"]
        base_url = "http://127.0.0.1:2/v1"
    """
    settings, said = read(tmp_path, text)
    assert said == ""
    assert settings == Settings(
        "lab",
        "gpt-x",
        "        Be brief.",
        "nord",
        True,
        "new",
        False,
        True,
        {"new_conversation": "ctrl+n,f5"},
        {
            "lab": EndpointSettings("http://127.0.0.1:1/v1", "m", "LAB_KEY"),
            "home server": EndpointSettings("http://127.0.0.1:2/v1"),
        },
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("theme = 3", "`theme` must be text, not a number (line 2)"),
        ("theme = 3.5", "`theme` must be text, not a number (line 2)"),
        ("theme = false", "`theme` must be text, not true or false (line 2)"),
        ("theme = ['a']", "`theme` must be text, not a list (line 2)"),
        ("theme = 2026-11-21", "`theme` must be text, not a date or time (line 2)"),
        ("reduced_motion = 'yes'", "`reduced_motion` must be true or false, not text (line 2)"),
        ("reduced_motion = 1", "`reduced_motion` must be true or false, not a number (line 2)"),
        ("start_with = 'first'", '`start_with` must be "last" or "new" (line 2)'),
        ("start_with = true", '`start_with` must be "last" or "new", not true or false (line 2)'),
        ("theme.name = 'x'", "`theme` must be text, not a table (line 2)"),
        ("endpoints = 'lab'", "`endpoints` must be a table, not text (line 2)"),
        ("keys.quit = 3", "`keys.quit` must be text, not a number (line 2)"),
        ("[keys]\nquit = 3", "`keys.quit` must be text, not a number (line 3)"),
        ("endpoints.lab = 3", "`endpoints.lab` must be a table, not a number (line 2)"),
        ("[endpoints.lab]\nmodel = 'm'", "`endpoints.lab.base_url` is missing (line 2)"),
        ("them = 'x'", "`them` is not a setting (did you mean `theme`?) (line 2)"),
        ("Reduced-Motion = true", "is not a setting (did you mean `reduced_motion`?) (line 2)"),
        ("zzz = 1", "`zzz` is not a setting (line 2)"),
        ("api_key = 'sk-secret'", "`api_key` is not a setting: keys are never kept here"),
    ],
)
def test_a_mistake_is_told_by_name_and_place_and_the_rest_is_used(
    tmp_path: Path, line: str, what: str
) -> None:
    settings, said = read(tmp_path, f"sidebar = false\n{line}\n")
    assert what in said
    assert "sk-secret" not in said
    assert settings == Settings(sidebar=False)


def test_an_endpoint_with_a_mistake_keeps_its_other_keys_and_its_neighbours(
    tmp_path: Path,
) -> None:
    settings, said = read(
        tmp_path,
        """
[endpoints.lab]
base_url = "http://127.0.0.1:1/v1"
model = 3
[endpoints.broken]
base_url = 5
[endpoints.home]
base_url = "http://127.0.0.1:2/v1"
modle = "m"
""",
    )
    assert set(settings.endpoints) == {"lab", "home"}
    assert settings.endpoints["lab"] == EndpointSettings("http://127.0.0.1:1/v1")
    assert "3 mistakes" in said
    assert "`endpoints.lab.model` must be text, not a number (line 4)" in said
    assert "`endpoints.broken.base_url` must be text, not a number (line 6)" in said
    assert "`endpoints.home.modle` is not a setting (did you mean `model`?) (line 9)" in said


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b"theme = nord\n", "line 1, column 9"),
        (b"theme = 'a'\ntheme = 'b'\n", "line 2"),
        (b"theme = 'a'\n[keys\n", "line 2"),
        (b"theme = '''never closed\n\n", "line 3"),
        (b"<html>", "line 1, column 1"),
        (b"theme = 'a'\n\xff\xfe", "line 2, column 1"),
        (b"theme = '\x00'", "line 1"),
        (b"theme =", "line 1"),
        (b"x = " + b"[" * 5000, "nested too deeply"),
        (b"a = " + b"9" * 5000, "line 1"),
        (b"day = 2026-13-45\n", "line 1"),
        ("theme = 'a'".encode("utf-16"), "line 1, column 1"),
    ],
)
def test_a_file_that_is_not_toml_is_told_with_its_place_and_left_as_it_is(
    tmp_path: Path, raw: bytes, where: str
) -> None:
    settings, said = read(tmp_path, raw)
    assert settings == Settings()
    assert "not valid TOML" in said
    assert where in said
    assert [file.name for file in tmp_path.iterdir()] == ["settings.toml"]


def test_files_from_windows_editors_are_understood(tmp_path: Path) -> None:
    settings, said = read(tmp_path, b'\xef\xbb\xbftheme = "nord"\r\nsidebar = false\r\n')
    assert (settings, said) == (Settings(theme="nord", sidebar=False), "")


def test_a_file_that_cannot_be_read_is_told(ordinary_folder: Path) -> None:
    file = ordinary_folder / "settings.toml"
    file.write_text("theme = 'nord'")
    file.chmod(0)
    settings, problem = load_settings(file)
    assert settings == Settings()
    assert problem is not None
    assert "could not be read" in problem.sentence


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    settings, problem = load_settings(tmp_path)
    assert settings == Settings()
    assert problem is not None


@given(st.binary(max_size=80))
def test_no_bytes_bring_it_down(raw: bytes) -> None:
    with suppress(BrokenSettings):
        convert(parse(raw)[1])


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["base_url", "model", "key_env", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
_names = st.sampled_from([field.name for field in fields(Settings)]) | st.text(max_size=8)


@given(st.dictionaries(_names, _values, max_size=6))
def test_each_key_has_the_value_given_or_its_default_and_is_then_told(
    data: dict[str, object],
) -> None:
    settings, mistakes = convert(data)
    told = {mistake.place[0] for mistake in mistakes}
    for field in fields(Settings):
        value = getattr(settings, field.name)
        if field.name not in data:
            assert value == getattr(Settings(), field.name)
        elif field.name not in told and field.name != "endpoints":
            assert value == data[field.name]
    assert all(name in told for name in data if name not in {f.name for f in fields(Settings)})
