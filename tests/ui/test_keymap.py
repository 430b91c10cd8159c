"""Which keys a command can be given."""

from __future__ import annotations

import pytest

from studybuddy.ui.command_table import COMMANDS
from studybuddy.ui.commands import BY_ID, Scope, check_keymap
from studybuddy.ui.keymap import keys_now, refusal


def test_the_keys_that_commands_have_by_default_are_never_refused() -> None:
    for command in COMMANDS:
        for key in keys_now(command, {}):
            assert refusal(command, key, {}) == "", (command.id, key)


@pytest.mark.parametrize(
    ("command", "key", "says"),
    [
        ("mode", "ctrl+n", "“New conversation or thread”"),
        ("mode", "enter", "writing"),
        ("mode", "x", "writing"),
        ("mode", "left", "writing"),
        ("mode", "ctrl+a", "edits the prompt"),
        ("mode", "ctrl+m", "as Enter"),
        ("mode", "ctrl+i", "as Tab"),
        ("mode", "ctrl+h", "as Backspace"),
        ("mode", "ctrl+b", "tmux"),
        ("mode", "ctrl+s", "halts"),
        ("mode", "ctrl+shift+x", "terminals themselves"),
        ("mode", "ctrl+j", "“New line”"),
        ("mode", "ctrl+end", "“Follow the end”"),  # the prompt would have it first
        ("pin", "ctrl+n", "“New conversation or thread” (everywhere)"),
        ("pin", "f", "“Fold message”"),
        ("pin", "tab", "leads out"),
    ],
)
def test_a_key_that_can_not_be_had_is_refused_with_who_has_it(
    command: str, key: str, says: str
) -> None:
    assert says in refusal(BY_ID[command], key, {})


def test_lists_that_never_have_the_focus_together_may_share_a_key() -> None:
    assert BY_ID["fold"].scope is Scope.TRANSCRIPT
    assert refusal(BY_ID["rename_here"], "x", {}) == ""
    assert refusal(BY_ID["pin_here"], "c", {}) == ""  # copies in the conversation


def test_a_key_that_was_given_away_is_free() -> None:
    assert "belongs to" in refusal(BY_ID["mode"], "ctrl+n", {})
    assert refusal(BY_ID["mode"], "ctrl+n", {"new": "alt+q"}) == ""
    assert "“New conversation" in refusal(BY_ID["mode"], "alt+q", {"new": "alt+q"})


def test_a_key_for_everywhere_that_a_pane_has_already_is_told_of() -> None:
    assert check_keymap({})[1] == []
    _, problems = check_keymap({"mode": "f"})
    assert [problem.sentence for problem in problems] == [
        "“mode” and “fold” share the key f; only one of them gets it in the conversation.",
        "“mode” and “shelf_here” share the key f; only one of them gets it in the list of "
        "conversations.",
    ]
