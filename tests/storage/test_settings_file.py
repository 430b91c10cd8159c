"""Writing single settings without harm to what else is in the file."""

from __future__ import annotations

import errno
import os
import re
import stat
import threading
import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.domain.settings import (
    BudgetSettings,
    EndpointSettings,
    LimitSettings,
    PriceSettings,
    SavingSettings,
    Settings,
)
from studybuddy.storage.settings import load_settings
from studybuddy.storage.settings_file import changed, save_setting
from studybuddy.storage.settings_template import new_settings_text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def loaded(file: Path) -> Settings:
    settings, problem = load_settings(file)
    assert problem is None
    return settings


def test_a_new_file_is_private_explains_itself_and_holds_the_setting(file: Path) -> None:
    save_setting(file, "theme", "nord")
    assert loaded(file) == Settings(theme="nord")
    text = file.read_text()
    assert "# Static status texts and no animation.\n# reduced_motion = false\n" in text
    assert '\ntheme = "nord"\n' in text
    assert "# theme =" not in text
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [found.name for found in file.parent.iterdir()] == ["settings.toml"]


def test_the_text_of_a_new_file_changes_nothing_and_names_every_setting() -> None:
    text = new_settings_text()
    assert tomllib.loads(text) == {}
    bare = "\n".join(
        line.removeprefix("# ") for line in text.splitlines() if re.match(r"# (\w+ = |\[)", line)
    )
    assert set(tomllib.loads(bare)) == set(Settings.__dataclass_fields__)


def test_comments_order_and_other_settings_stay(file: Path) -> None:
    text = '# mine\ntheme = "nord" # dark\n\n[keys] # short\nquit = "q"\n# the end\n'
    written(file, text)
    save_setting(file, "theme", "gruvbox")
    assert file.read_text() == text.replace('"nord"', '"gruvbox"')
    save_setting(file, "sidebar", False)
    assert loaded(file) == Settings(theme="gruvbox", sidebar=False, keys={"quit": "q"})
    assert "# the end" in file.read_text()


def test_tables_are_made_changed_and_taken_out(file: Path) -> None:
    save_setting(file, "endpoints.lab.base_url", "http://127.0.0.1:1/v1")
    save_setting(file, "endpoints.lab.model", "m")
    save_setting(file, ("endpoints", "my.server", "base_url"), "http://127.0.0.1:2/v1")
    save_setting(file, "keys.quit", "ctrl+q")
    save_setting(file, "endpoint", "lab")
    assert loaded(file) == Settings(
        endpoint="lab",
        keys={"quit": "ctrl+q"},
        endpoints={
            "lab": EndpointSettings("http://127.0.0.1:1/v1", "m"),
            "my.server": EndpointSettings("http://127.0.0.1:2/v1"),
        },
    )
    save_setting(file, "endpoints.lab", None)
    save_setting(file, "endpoint", None)
    save_setting(file, "keys.never", None)
    save_setting(file, "nowhere.at.all", None)
    settings = loaded(file)
    assert (settings.endpoint, list(settings.endpoints)) == ("", ["my.server"])


def test_limits_budgets_savings_and_prices_are_written_key_by_key(file: Path) -> None:
    save_setting(file, ("budgets", "day"), "$0.50")
    save_setting(file, "budgets.month", "20,000 tokens")
    save_setting(file, ("limits", "context"), "summarise")
    save_setting(file, ("limits", "max_completion_tokens"), 300)
    save_setting(file, ("savings", "keep_answers"), True)
    save_setting(file, ("prices", "gpt-4.1", "input"), 2.5)
    save_setting(file, ("prices", "gpt-4.1", "output"), 10)
    save_setting(file, ("budgets", "day"), None)
    assert loaded(file) == Settings(
        limits=LimitSettings("summarise", 300),
        budgets=BudgetSettings(month="20,000 tokens"),
        savings=SavingSettings(keep_answers=True),
        prices={"gpt-4.1": PriceSettings(2.5, 10.0)},
    )


def test_what_the_text_of_a_new_file_shows_are_the_defaults(file: Path) -> None:
    shown = re.findall(r"^# (\[.*\]|\w+ = .*)$", new_settings_text(), re.MULTILINE)
    examples = ("[keys]", "[endpoints.NAME]", '[prices."MODEL"]')
    bare = "\n".join(shown)
    for example in examples:
        bare = re.sub(rf"^{re.escape(example)}\n([^\[].*\n?)*", "", bare, flags=re.MULTILINE)
    assert "[budgets]" in bare
    assert loaded(written(file, bare)) == Settings()


def test_a_whole_endpoint_can_be_written_at_once(file: Path) -> None:
    save_setting(file, "endpoints.lab", {"base_url": "http://127.0.0.1:1/v1", "model": "m"})
    assert loaded(file).endpoints == {"lab": EndpointSettings("http://127.0.0.1:1/v1", "m")}


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("theme", 3, "`theme` must be text"),
        ("start_with", "first", '"last" or "new"'),
        ("them", "x", "did you mean `theme`?"),
        ("them.name", "x", "did you mean `theme`?"),
        ("endpoints.lab.key", "sk-1234567890", "keys are never kept here"),
        ("keys", "q", "must be a table"),
        ("budgets.day", "a lot", "neither money nor tokens"),
        ("limits.max_completion_tokens", -1, "must not be negative"),
        ("limits.context", "forget", '"refuse", "drop" or "summarise"'),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    file: Path, key: str, value: object, what: str
) -> None:
    with pytest.raises(StudyBuddyError) as caught:
        save_setting(file, key, value)
    assert what in str(caught.value)
    assert "sk-1234567890" not in str(caught.value)
    assert not file.exists()


def test_a_broken_file_is_neither_written_nor_renamed_and_is_told(file: Path) -> None:
    broken = "theme = nord # I forgot the quotes\nmy notes"
    written(file, broken)
    for value in (False, True):
        with pytest.raises(StudyBuddyError, match="line 1, column 9") as raised:
            save_setting(file, "sidebar", value)
        assert raised.value.problem.kind is ProblemKind.STORAGE
        assert "stays as it is" in raised.value.problem.sentence
    assert file.read_text() == broken
    assert not [found for found in file.parent.iterdir() if "damaged" in found.name]


@pytest.mark.skipif(os.name != "posix", reason="links need rights here")
def test_a_link_to_the_file_stays_a_link_and_its_mode_is_kept(tmp_path: Path, file: Path) -> None:
    target = written(tmp_path / "dotfiles" / "studybuddy.toml", "theme = 'nord'\n")
    target.chmod(0o640)
    file.parent.mkdir()
    file.symlink_to(target)
    save_setting(file, "sidebar", False)
    assert file.is_symlink()
    assert loaded(target) == Settings(theme="nord", sidebar=False)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_disk_that_fills_up_leaves_the_file_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(file, "theme = 'nord'\n")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StudyBuddyError, match="disk is full"):
        save_setting(file, "theme", "gruvbox")
    assert file.read_text() == "theme = 'nord'\n"
    assert [found.name for found in file.parent.iterdir()] == ["settings.toml"]


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(ordinary_folder: Path) -> None:
    ordinary_folder.chmod(0o500)
    with pytest.raises(StudyBuddyError, match="not allowed to write"):
        save_setting(ordinary_folder / "settings.toml", "theme", "nord")


def test_a_file_that_cannot_be_changed_without_harm_is_left_to_the_student(file: Path) -> None:
    text = "[[endpoints]]\nbase_url = 'u'\n[[endpoints]]\nbase_url = 'v'\n"
    written(file, text)
    with pytest.raises(StudyBuddyError, match="text editor"):
        save_setting(file, "endpoints.lab.base_url", "http://127.0.0.1:1/v1")
    assert file.read_text() == text


def test_writers_at_once_lose_no_setting(file: Path) -> None:
    names = [f"command_{number}" for number in range(12)]
    threads = [
        threading.Thread(target=save_setting, args=(file, f"keys.{name}", "f1")) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(loaded(file).keys) == set(names)


_text = st.text(max_size=20)
_changes = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([("theme",), ("model",), ("system_prompt",)]), _text),
        st.tuples(st.sampled_from([("sidebar",), ("reduced_motion",)]), st.booleans()),
        st.tuples(st.tuples(st.just("keys"), st.text(min_size=1, max_size=6)), _text),
        st.tuples(
            st.tuples(
                st.just("endpoints"),
                st.sampled_from(["a", "b.c", "d e", "学"]),
                st.just("base_url"),
            ),
            _text,
        ),
        st.tuples(st.sampled_from([("theme",), ("keys",), ("endpoints", "a")]), st.none()),
    ),
    max_size=6,
)
_beginnings = st.sampled_from(
    [
        "",
        new_settings_text(),
        "# mine\n[endpoints.a]\nbase_url = 'u'\n[keys]\nquit = 'q'\n[endpoints.z]\nbase_url='v'\n",
        "endpoints = { a = { base_url = 'u' } }\nkeys.quit = 'q'\r\ntheme = 'nord'\r\n",
        "endpoints.a.base_url = 'u' # here\n\n[keys]",
    ]
)


@given(_beginnings, _changes)
def test_what_is_written_is_read_back_with_all_the_rest(
    text: str, changes: list[tuple[tuple[str, ...], object]]
) -> None:
    expected = tomllib.loads(text)
    for parts, value in changes:
        text = changed(text, parts, value)
        table = expected
        for part in parts[:-1]:
            if value is None and part not in table:
                break
            table = table.setdefault(part, {})
        else:
            if value is None:
                table.pop(parts[-1], None)
            else:
                table[parts[-1]] = value
    read = tomllib.loads(text)
    assert _without_empty(read) == _without_empty(expected)
    tomlkit.parse(text)


def _without_empty(data: dict[str, object]) -> dict[str, object]:
    kept = {k: _without_empty(v) if isinstance(v, dict) else v for k, v in data.items()}
    return {k: v for k, v in kept.items() if v != {}}
