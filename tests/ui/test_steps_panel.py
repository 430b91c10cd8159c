"""The panel of a run's steps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.app import App, ComposeResult

from studybuddy.domain.runs import (
    CodeCall,
    FunctionCall,
    Hit,
    RunStep,
    SearchCall,
    StepStatus,
)
from studybuddy.domain.usage import Usage
from studybuddy.ui.widgets.steps import StepsPanel
from studybuddy.ui.widgets.steps_list import StepsList
from tests.ui.dialog_host import DialogHost

GREEN = Hit("f1", "biology.pdf", "Chlorophyll reflects green light. " * 6, 0.91)
CELLS = Hit("f2", "cells.md", "The [b]membrane[/b].", 0.42)
SEARCH = RunStep("s1", StepStatus.COMPLETED, (SearchCall("c1", (GREEN, CELLS)),))
CODE = RunStep("s2", StepStatus.COMPLETED, (CodeCall("c2", "a = 6\nprint(a * 7)", "42\n"),))
BROKEN = RunStep("s3", StepStatus.FAILED, (CodeCall("c3", "open('x')"),), error="No files.")
QUIZ = RunStep(
    "s4", StepStatus.IN_PROGRESS, (FunctionCall("c4", "display_quiz", '{"title":"Biology"}'),)
)
WRITING = RunStep("s5", StepStatus.IN_PROGRESS, message_id="m1")
STEPS = (SEARCH, CODE, BROKEN, QUIZ, WRITING)


class Host(App[None]):
    CSS_PATH = DialogHost.CSS_PATH

    def __init__(self, *steps: RunStep) -> None:
        super().__init__()
        self.panel = StepsPanel()
        self.panel.styles.height = "100%"
        self.given = steps
        self.copied: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.set_steps(self.given)
        self.panel.focus_list()

    def on_steps_panel_copy_requested(self, event: StepsPanel.CopyRequested) -> None:
        self.copied.append((event.what, event.text))

    def shown(self) -> str:
        strips = self.screen._compositor.render_strips(self.screen.size)
        return "\n".join("".join(segment.text for segment in s).rstrip() for s in strips)


def many(count: int) -> list[RunStep]:
    code = "\n".join(f"print({n})" for n in range(30))
    return [
        RunStep(f"s{n}", StepStatus.COMPLETED, (CodeCall(f"c{n}", f"n = {n}\n{code}", "1\n2"),))
        for n in range(count)
    ]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_it_looks_like(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    app = Host(*STEPS)
    async with app.run_test(size=size) as pilot:
        await pilot.press("home")
        await pilot.pause()
        assert app.shown() == snapshot


async def test_a_panel_without_steps_says_so() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press("up", "enter", "c", "f", "left")
        assert "No steps yet" in app.shown()
        app.panel.set_steps(STEPS)
        await pilot.pause()
        assert "Steps · 5" in app.shown()
        app.panel.clear()
        await pilot.pause()
        assert "No steps yet" in app.shown()
        assert "Ran code" not in app.shown()


async def test_a_step_is_shown_as_it_happens() -> None:
    app = Host()
    async with app.run_test() as pilot:
        running = RunStep("s", StepStatus.IN_PROGRESS, (CodeCall("c", "print(6 * 7)"),))
        app.panel.update_step(running)
        await pilot.pause()
        assert "● Running code" in app.shown()
        assert "output" not in app.shown()
        done = (CodeCall("c", "print(6 * 7)", "42"),)
        app.panel.update_step(replace(running, status=StepStatus.COMPLETED, calls=done))
        app.panel.update_step(WRITING)
        await pilot.pause()
        assert "✓ Ran code" in app.shown()
        assert "42" in app.shown()
        assert "● Writing the answer" in app.shown()
        assert "Steps · 2" in app.shown()
        usage = Usage(10, 1243)
        app.panel.update_step(replace(WRITING, status=StepStatus.COMPLETED, usage=usage))
        await pilot.pause()
        assert "✓ Wrote the answer  1,243 tokens" in app.shown()


async def test_what_was_folded_stays_folded_while_steps_come() -> None:
    app = Host(CODE)
    async with app.run_test() as pilot:
        await pilot.press("home", "enter")
        assert "a * 7" not in app.shown()
        app.panel.update_step(WRITING)
        app.panel.update_step(replace(CODE, usage=Usage(1, 1)))
        app.panel.set_steps((CODE, WRITING))
        await pilot.pause()
        assert "a * 7" not in app.shown()
        await pilot.press("right")
        assert "a * 7" in app.shown()


async def test_passages_have_a_score_and_unfold() -> None:
    app = Host(SEARCH)
    async with app.run_test(size=(60, 24)) as pilot:
        assert "biology.pdf  ━━━━━ 0.91" in app.shown()
        assert "cells.md  ━━╌╌╌ 0.42" in app.shown()
        assert "membrane" not in app.shown()
        await pilot.press("end", "space")
        assert "The [b]membrane[/b]." in app.shown()
        await pilot.press("up", "right")
        assert app.shown().count("Chlorophyll") > 2
        await pilot.press("left", "left", "left")
        assert "biology.pdf" not in app.shown()


async def test_c_asks_for_the_code_the_output_the_passage_or_the_arguments() -> None:
    app = Host(SEARCH, CODE, QUIZ, WRITING)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press("home")
        for _ in range(7):
            await pilot.press("c", "down")
        await pilot.pause()
        assert [what for what, _ in app.copied] == [
            "passages", "passage", "passage", "code", "output", "arguments",
        ]  # fmt: skip
        assert app.copied[2][1] == CELLS.text
        assert app.copied[3][1] == "a = 6\nprint(a * 7)"
        assert app.copied[5][1] == '{\n  "title": "Biology"\n}'


async def test_a_click_on_a_step_folds_it() -> None:
    app = Host(CODE)
    async with app.run_test() as pilot:
        lines = app.shown().split("\n")
        row = next(y for y, line in enumerate(lines) if "Ran code" in line)
        await pilot.click(offset=(10, row))
        assert "a * 7" not in app.shown()
        await pilot.click(offset=(10, row))
        assert "a * 7" in app.shown()


async def test_a_long_run_begins_folded_and_is_laid_out_only_where_it_is_unfolded() -> None:
    app = Host(*many(150))
    async with app.run_test(size=(80, 24)) as pilot:
        listed = app.query_one(StepsList)
        assert len(listed._rows) == 150
        assert not listed._bodies
        assert "▸ ✓ Ran code  n = 149 …" in app.shown()  # from the end
        await pilot.press("home", "enter")
        assert "print(0)" in app.shown()
        assert len(listed._bodies) == 2
        await pilot.press("f", "f")
        assert "n = 0 …" in app.shown()
        assert len(listed._bodies) == 300


async def test_only_the_step_that_changed_is_laid_out_again() -> None:
    app = Host(*many(5))
    async with app.run_test() as pilot:
        listed = app.query_one(StepsList)
        before = {key: kept[1] for key, kept in listed._bodies.items()}
        app.panel.update_step(RunStep("s2", StepStatus.COMPLETED, (CodeCall("c2", "other"),)))
        await pilot.pause()
        same = [key for key, kept in listed._bodies.items() if before[key] is kept[1]]
        assert "s2/0" not in same
        assert len(same) == len(before) - 1


async def test_the_end_is_followed_until_the_student_looks_elsewhere() -> None:
    app = Host(*many(3))
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.update_step(WRITING)
        await pilot.pause()
        assert "Writing the answer" in app.shown()
        await pilot.press("home")
        app.panel.update_step(replace(WRITING, id="s6"))
        await pilot.pause()
        assert "n = 0" in app.shown()


async def test_text_of_the_model_is_neither_markup_nor_control_characters() -> None:
    code = CodeCall("c", "print('[red]\x1b[31m')", "[b]\x07out[/b]")
    call = FunctionCall("f", "na[b]me\x1b", "not JSON \x1b[0m", output='"[i]yes[/i]"')
    app = Host(RunStep("s", StepStatus.COMPLETED, (code, call)))
    async with app.run_test():
        shown = app.shown()
        for text in ("print('[red]␛[31m')", "[b]␇out[/b]", "na[b]me␛", "not JSON ␛[0m", "[i]yes"):
            assert text in shown
        assert "\x1b" not in shown


async def test_a_very_long_output_is_cut_with_a_count_and_copied_whole() -> None:
    logs = "\n".join(str(n) for n in range(5000))
    app = Host(RunStep("s", StepStatus.COMPLETED, (CodeCall("c", "x", logs),)))
    async with app.run_test() as pilot:
        assert "… 4,800 more lines" in app.shown()
        await pilot.press("end", "c")
        await pilot.pause()
        assert app.copied == [("output", logs)]


@pytest.mark.parametrize("width", [6, 12, 20])
async def test_it_can_be_very_narrow(width: int) -> None:
    app = Host(*STEPS)
    async with app.run_test(size=(width, 12)) as pilot:
        await pilot.press("f", "f", "home", "end")
        assert all(len(line) <= width for line in app.shown().split("\n"))
