"""Reading the settings file: what is right of it is used, what is wrong is told."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import (
    BudgetSettings,
    EndpointSettings,
    LimitSettings,
    PriceSettings,
    SavingSettings,
    Settings,
)
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
        persona = "Poet"
        name = "Ada"
        theme = "nord"
        reduced_motion = true
        screen_reader = true
        start_with = "new"
        sidebar = false
        titles = "question"
        notifications = false
        goodbye = false
        log_messages = true
        [keys]
        new_conversation = "ctrl+n,f5"
        [endpoints.lab]
        base_url = "http://127.0.0.1:1/v1"
        model = "m"
        key_env = "LAB_KEY"
        [endpoints."home server"]
        base_url = "http://127.0.0.1:2/v1"
        [limits]
        context = "drop"
        max_completion_tokens = 500
        prompt_characters = 4000
        [budgets]
        request = "20,000 tokens"
        conversation = "$0.50"
        day = "$1"
        month = "10 dollars"
        [savings]
        filler_words = true
        keep_answers = true
        keep_answers_days = 30
        steady_prefix = true
        [prices."gpt-4.1"]
        input = 2
        output = 8.0
        cached = 0.5
        cache_write = 2
        context_window = 1_000_000
        max_output = 32_000
        [prices.local]
        input = 0
        output = 0
    """
    settings, said = read(tmp_path, text)
    assert said == ""
    assert settings == Settings(
        "lab",
        "gpt-x",
        "        Be brief.",
        "Poet",
        "Ada",
        "nord",
        True,
        True,
        "new",
        False,
        "question",
        False,
        False,
        True,
        {"new_conversation": "ctrl+n,f5"},
        {
            "lab": EndpointSettings("http://127.0.0.1:1/v1", "m", "LAB_KEY"),
            "home server": EndpointSettings("http://127.0.0.1:2/v1"),
        },
        LimitSettings("drop", 500, 4000),
        BudgetSettings("20,000 tokens", "$0.50", "$1", "10 dollars"),
        SavingSettings(True, True, 30, True),
        {
            "gpt-4.1": PriceSettings(2.0, 8.0, 0.5, 2.0, 1_000_000, 32_000),
            "local": PriceSettings(0.0, 0.0),
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
        ("limits = 3", "`limits` must be a table, not a number (line 2)"),
        (
            "[limits]\ncontext = 'forget'",
            '`limits.context` must be "refuse", "drop" or "summarise" (line 3)',
        ),
        ("limits.contxt = 'drop'", "`limits.contxt` is not a setting (did you mean `context`?)"),
        (
            "[limits]\nmax_completion_tokens = 99999999999999999999999",
            "`limits.max_completion_tokens` must not be more than 1,000,000,000",
        ),
        ("[limits]\nprompt_characters = -1", "`limits.prompt_characters` must not be negative"),
        ("limits.prompt_characters = 1.5", "must be a whole number, not a number (line 2)"),
        ("limits.max_completion_token = 9", "(did you mean `max_completion_tokens`?) (line 2)"),
        ("[limit]", "`limit` is not a setting (did you mean `limits`?) (line 2)"),
        ("budgets.day = 5", "`budgets.day` must be text, not a number: write dollars, such as"),
        ("budgets.day = 'five'", "`budgets.day` limits nothing: “five” is neither money nor tok"),
        ("budgets.week = '$1'", "`budgets.week` is not a setting (line 2)"),
        ("budgets.moth = '$1'", "`budgets.moth` is not a setting (did you mean `month`?) (line 2)"),
        ("savings.keep_answers = 7", "`savings.keep_answers` must be true or false, not a number"),
        ("savings.keep_answers_days = -7", "`savings.keep_answers_days` must not be negative"),
        ("prices.m.input = '$3'", "`prices.m.input` must be a number, not text (line 2)"),
        ("prices.m.input = -3", "`prices.m.input` must not be negative (line 2)"),
        ("prices.m.input = nan", "`prices.m.input` must be a finite number (line 2)"),
        ("prices.m.max_output = 0", "`prices.m.max_output` must be at least 1 (line 2)"),
        (
            "[prices.'gpt-4.1']\ninptu = 2",
            '`prices."gpt-4.1".inptu` is not a setting (did you mean `input`?) (line 3)',
        ),
        (
            "[prices.gpt-4.1]\ninput = 2",
            'a name with a dot needs quotes, as in [prices."gpt-4.1"] (line 2)',
        ),
        ("api_key = 'sk-secret'", "`api_key` is not a setting: keys are never kept here"),
    ],
)
def test_a_mistake_is_told_by_name_and_place_and_the_rest_is_used(
    tmp_path: Path, line: str, what: str
) -> None:
    settings, said = read(tmp_path, f"sidebar = false\n{line}\n")
    assert what in said
    assert "sk-secret" not in said
    named = Settings(sidebar=False, prices=dict.fromkeys(settings.prices, PriceSettings()))
    assert settings == named


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


def is_table_of_ours(value: object) -> bool:
    inner = value.values() if isinstance(value, dict) else ()
    return is_dataclass(value) or any(is_dataclass(one) for one in inner)


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
        elif field.name not in told and not is_table_of_ours(value):
            assert value == data[field.name]
    assert all(name in told for name in data if name not in {f.name for f in fields(Settings)})
