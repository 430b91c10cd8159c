"""Sums and equations in questions, as Python whose output is right."""

from __future__ import annotations

import pytest

from studybuddy.engine.asking.arithmetic import sum_in
from studybuddy.engine.asking.equations import equation_in
from studybuddy.engine.tools.interpreter import Interpreters


async def output(code: str | None) -> str:
    assert code is not None
    running = Interpreters(workers=1)
    try:
        result = await running.run("t", code)
    finally:
        await running.close()
    assert not result.error
    return result.logs.strip()


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("What is 37 * 43?", "1591"),
        ("37 x 43 =", "1591"),
        ("what's 37 times 43", "1591"),
        ("15% of 240", "36.0"),
        ("What is 20 percent of 50?", "10.0"),
        ("sqrt(2)", "1.4142135623730951"),
        ("What is the square root of 144?", "12.0"),
        ("√81", "9.0"),
        ("2^10", "1024"),
        ("5!", "120"),
        ("What is 10 choose 3?", "120"),
        ("(3+4)*2 = ?", "14"),
        ("1,234 + 4,321", "5555"),
        ("Please calculate 12.5 divided by 4.", "3.125"),
        ("What is 5 squared plus 3?", "28"),
        ("100 − 7 ÷ 2", "96.5"),
        ("compute sin(pi / 2)", "1.0"),
        ("What is the mean of 3, 4 and 8?", "5.0"),
        ("What is the median of 9, 1, 5, 7?", "6.0"),
        ("the sum of 1, 2 and 3", "6"),
        ("Is 97 prime?", "97 is a prime number."),
        ("is 91 a prime number?", "91 is not a prime number."),
        ("the greatest common divisor of 12 and 18", "6"),
    ],
)
async def test_a_sum_is_worked_out(question: str, result: str) -> None:
    assert await output(sum_in(question)) == result


@pytest.mark.parametrize(
    "question",
    [
        "What happened in 1914-1918?",
        "1914-1918",
        "3/4/2020",
        "555-123-4567",
        "What is 7?",
        "what is pi",
        "How many cells are in 3 cubes?",
        "Explain 2 + 2 to me like I'm five",
        "9**9**9**9",
        "What is C++ and why 2?",
        "__import__('os').system('ls') + 1",
        "",
    ],
)
def test_other_questions_are_no_sums(question: str) -> None:
    assert sum_in(question) is None


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("I need to solve the equation 3x + 11 = 14. Can you help me?", "3x = 3\nx = 1"),
        ("solve 2(x+3) = 4x - 1", "2x = 7\nx = 7/2 ≈ 3.5"),
        ("what is x if 2x = 5?", "2x = 5\nx = 5/2 ≈ 2.5"),
        ("find y when 4y - 3 = 2y + 9", "2y = 12\ny = 6"),
        ("solve x/2 + 1/3 = 5/6", "1x = 1\nx = 1"),
        ("Solve x^2 - 5x + 6 = 0 for x", "Discriminant b² - 4ac = 1\nx = 2 or x = 3"),
        ("x² = 9", "Discriminant b² - 4ac = 36\nx = -3 or x = 3"),
        ("x*x + 1 = 0", "Discriminant b² - 4ac = -4\nThere is no real solution."),
        (
            "x^2 = 2",
            "Discriminant b² - 4ac = 8\nx = (0 ± √8) / 2\nx ≈ -1.41421 or x ≈ 1.41421",
        ),
        ("-3x = 9", "3x = -9\nx = -3"),
    ],
)
async def test_an_equation_is_solved(question: str, result: str) -> None:
    assert await output(equation_in(question)) == result


@pytest.mark.parametrize(
    "question",
    ["In E = mc^2, what is c?", "y = 3", "a = 3 and b = 4", "x^3 = 8", "1 = 1", "x = y + 1", "=="],
)
def test_other_equations_are_left_alone(question: str) -> None:
    assert equation_in(question) is None
