"""A function that the app does not know, shown to the student."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from studybuddy.domain.runs import FunctionCall
from studybuddy.ui.screens.function_call import DECLINED, FunctionCallScreen
from tests.ui.dialog_host import OPEN, DialogHost

CALL = FunctionCall("c", "get_weather", '{"city":"Lisbon","days":[1,2]}')


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_it_looks_like(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with DialogHost(FunctionCallScreen(CALL, "Sunny.")).open(size) as host:
        assert host.shown() == snapshot


async def test_the_student_answers_by_hand() -> None:
    drafts: list[str] = []
    async with DialogHost(FunctionCallScreen(CALL, "", drafts.append)).open() as host:
        await host.press(*"Hot", "enter", *"Dry", "f9")
        assert host.result == "Hot\nDry"
    assert drafts[-1] == "Hot\nDry"


async def test_the_student_declines() -> None:
    async with DialogHost(FunctionCallScreen(CALL)).open() as host:
        await host.click_on("Decline")
        assert host.result == DECLINED
        assert "declined" in host.result


async def test_esc_puts_it_off_and_the_draft_resumes_it() -> None:
    drafts: list[str] = []
    async with DialogHost(FunctionCallScreen(CALL, "", drafts.append)).open() as host:
        await host.press(*"Hot", "escape")
        assert host.result is None
    async with DialogHost(FunctionCallScreen(CALL, drafts[-1])).open() as host:
        assert "Hot" in host.shown()
        assert host.result is OPEN


async def test_long_arguments_scroll_beside_the_answer() -> None:
    numbers = ",".join(str(n) for n in range(100, 160))
    call = FunctionCall("c", "sum", f'{{"numbers":[{numbers}]}}')
    async with DialogHost(FunctionCallScreen(call)).open() as host:
        assert "159" not in host.shown()
        await host.press(*["pagedown"] * 20)
        await host.until(lambda: "159" in host.shown())
        assert "Send" in host.shown()


@pytest.mark.parametrize("arguments", ["", "{}", "  "])
async def test_a_call_without_arguments_says_so(arguments: str) -> None:
    call = FunctionCall("c", "", arguments)
    async with DialogHost(FunctionCallScreen(call)).open() as host:
        assert "without arguments" in host.shown()
        assert "a function without a name" in host.shown()


async def test_text_of_the_model_is_neither_markup_nor_control_characters() -> None:
    call = FunctionCall("c", "[b]na\x1bme[/b]", "[red]no JSON\x07[/red]")
    async with DialogHost(FunctionCallScreen(call)).open() as host:
        assert "[b]na␛me[/b]" in host.shown()
        assert "[red]no JSON␇[/red]" in host.shown()
