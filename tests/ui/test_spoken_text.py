"""The screen-reader mode says every character of what somebody wrote, and marks it readably."""

from __future__ import annotations

import pytest

from studybuddy.domain.messages import Message, Role
from studybuddy.domain.settings import Settings
from tests.support.scripted_provider import says
from tests.ui.app_under_test import Student

SPOKEN = Settings(screen_reader=True)
ANSWER = """\
a · b, x │ y, inline `c · d ● e`

> quoted • so
>
> > twice

- one
  - two
- [x] done
- [ ] open

```python
├── a · b  # ★
│   └── c › d
```

```
plain · text ▸ here
```

$$\\vec a\\cdot\\vec b$$

| p · q | r |
|---|---|
| 1 ✓ | 2 |

---

End ✗ of it.
"""


@pytest.mark.parametrize("size", [(80, 80), (140, 50)])
async def test_no_character_of_an_answer_is_another_one(size: tuple[int, int]) -> None:
    async with Student(says(ANSWER), settings=SPOKEN).at_work(size) as student:
        await student.ask("What · is ● that?")
        shown = student.shown()
        for text in (
            "a · b, x │ y, inline c · d ● e", "├── a · b  # ★", "│   └── c › d",
            "plain · text ▸ here", "a⃗ · b⃗", "p · q", "1 ✓", "End ✗ of it.", "What · is ● that?",
        ):  # fmt: skip
            assert text in shown, f"{text}\n{shown}"


async def test_quotes_items_and_columns_have_a_mark_that_can_be_read() -> None:
    async with Student(says(ANSWER), settings=SPOKEN).at_work((80, 80)) as student:
        await student.ask("What?")
        lines = [line.strip() for line in student.shown().splitlines()]
        for line in ("> quoted • so", "> > twice", "- one", "- two", "[x] done", "[ ] open",
                     "p · q | r", "1 ✓   | 2", "---"):  # fmt: skip
            assert line in lines, f"{line}\n{student.shown()}"
        assert not any(mark in student.shown() for mark in "▌▎◦▪☐☑┼")


async def test_thoughts_are_said_as_they_are_thought() -> None:
    async with Student(settings=SPOKEN).at_work((80, 40)) as student:
        said = Message("m", Role.ASSISTANT, "It is.", 0.0, reasoning="So a · b\n\n> if ● c")
        student.view.transcript.set_messages([said])
        await student.pilot.press("f6", "up", "t")
        await student.until(lambda: "So a · b" in student.shown())
        assert "> if ● c" in student.shown()
        assert "v Thought: " in student.shown()


async def test_what_is_typed_stays_as_it_is_typed() -> None:
    async with Student(settings=SPOKEN).at_work((80, 24)) as student:
        student.view.prompt.put("a · b │ c")
        await student.settle()
        assert "a · b │ c" in student.shown()
        assert "scripted-model · " not in student.shown()


async def test_marks_beside_the_text_come_back_with_the_mode_off() -> None:
    async with Student(says(ANSWER), settings=SPOKEN).at_work((80, 80)) as student:
        await student.ask("What?")
        await student.app.chat.run_action("feature('screen_reader')")
        await student.until(lambda: "▌ quoted • so" in student.shown())
        assert "◦ two" in student.shown()
        await student.app.chat.run_action("feature('screen_reader')")
        await student.until(lambda: "> quoted • so" in student.shown())
        assert "◦ two" not in student.shown()
