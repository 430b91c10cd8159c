"""What changed in a text that is held in lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studybuddy.tokens.changes import TrackedText

states = st.lists(st.text("ab\n", max_size=12), min_size=1, max_size=6)


@given(states, st.data())
def test_a_change_says_what_was_replaced_and_gives_what_is_there_now(
    texts: list[str], data: st.DataObject
) -> None:
    tracked = TrackedText()
    before = ""
    for text in texts:
        change = tracked.update(text.split("\n"))
        if change is None:
            assert text == before
            continue
        end = change.end + change.delta
        assert text[: change.start] == before[: change.start]
        assert text[end:] == before[change.end :]
        start = data.draw(st.integers(0, change.start))
        stop = data.draw(st.integers(end, len(text)))
        assert tracked.part(start, stop) == text[start:stop]
        before = text


def test_a_letter_typed_is_all_that_changed() -> None:
    tracked = TrackedText()
    tracked.update(["one", "two", "three"])
    change = tracked.update(["one", "twxo", "three"])
    assert change is not None
    assert (change.start, change.end, change.delta) == (6, 6, 1)


def test_the_same_lines_are_no_change() -> None:
    tracked = TrackedText()
    assert tracked.update([]) is None
    tracked.update(["one", "two"])
    assert tracked.update(("one", "two")) is None
