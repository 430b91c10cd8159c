"""The code interpreter: it runs Python, keeps variables, and comes through whatever is run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from studybuddy.engine.tools import interpreter as module
from studybuddy.engine.tools.definitions import BUILT_IN, definition
from studybuddy.engine.tools.interpreter import CodeResult, Interpreters
from studybuddy.engine.tools.sandbox import SandboxLimits, tells_failure

QUICK = SandboxLimits(seconds=0.3)


@asynccontextmanager
async def interpreters(limits: SandboxLimits | None = None) -> AsyncIterator[Interpreters]:
    running = Interpreters(limits, workers=2)
    try:
        yield running
    finally:
        await running.close()


@pytest.mark.parametrize(
    ("code", "logs"),
    [
        ("print(1 + 1)", "2\n"),
        ("1 + 1", "2\n"),
        ("x = 3", ""),
        ("x = 3; x", "3\n"),
        ("(1 + 2)", "3\n"),
        ("'a' 'b'  # a comment", "'ab'\n"),
        ("print('é')\n'ü', 3", "é\n('ü', 3)\n"),
        ("None", ""),
        ('"""two\nlines"""', "'two\\nlines'\n"),
        ("```python\n40 + 2\n```", "42\n"),
        ("class P:\n    def __repr__(self): return 'P!'\nP()", "P!\n"),
        ("import math\nmath.sqrt(16)", "4.0\n"),
        ("async def f(): return 7\nawait f()", "7\n"),
        ("print('no line end', end='')", "no line end"),
        ("", ""),
    ],
)
async def test_code_prints_and_shows_the_value_of_its_last_expression(code: str, logs: str) -> None:
    async with interpreters() as running:
        assert await running.run("t", code) == CodeResult(logs)


async def test_variables_are_kept_for_each_thread_by_itself() -> None:
    async with interpreters() as running:
        await running.run("a", "x = 1\ndef double(n): return 2 * n\nimport math")
        await running.run("b", "x = 10")
        assert (await running.run("a", "double(x) + math.floor(0.5)")).logs == "2\n"
        assert (await running.run("b", "x")).logs == "10\n"
        assert "NameError" in (await running.run("c", "x")).error


async def test_an_error_reads_as_pythons_own_and_keeps_what_was_done_before_it() -> None:
    async with interpreters() as running:
        result = await running.run("t", "x = 5\ndef f(n):\n    return 1 / n\nprint('a')\nf(0)")
        assert result.logs == "a\n"
        assert result.error.splitlines() == [
            "Traceback (most recent call last):",
            '  File "<code>", line 5, in <module>',
            "    f(0)",
            '  File "<code>", line 3, in f',
            "    return 1 / n",
            "ZeroDivisionError: division by zero",
        ]
        assert result.output == f"a\n{result.error}"
        assert (await running.run("t", "x")).logs == "5\n"


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("import numpy as np", "Use lists, loops and math instead. These are: math, "),
        ("import statistics", "The mean is sum(x) / len(x)"),
        ("class A: pass\nclass B(A): pass", "Classes can't inherit here"),
        ("def f():\n    yield 1", "There are no generators here"),
        ("open('/etc/passwd').read()", "Files, folders and the system can't be reached here"),
        ("import os\nos.system('ls')", "This small Python may lack it"),
        ("import socket", "There is no network here"),
        ("input('?')", "Nothing can be typed in here"),
        ("!pip install numpy", "Lines for a shell or a notebook"),
        ("def f(n): return f(n + 1)\nf(0)", "It calls itself without end"),
    ],
)
async def test_what_it_cannot_do_is_told_with_what_to_do_instead(code: str, advice: str) -> None:
    async with interpreters() as running:
        assert advice in (await running.run("t", code)).error


async def test_code_without_end_is_stopped_and_variables_are_as_before() -> None:
    async with interpreters(QUICK) as running:
        await running.run("t", "x = 1")
        result = await running.run("t", "x = 2\nwhile True: pass")
        assert result.error.startswith("TimeoutError: the code was stopped after 0.3 seconds.")
        assert result.error.endswith("Variables are as they were before.")
        assert (await running.run("t", "x")).logs == "1\n"


async def test_code_that_takes_too_much_memory_is_stopped() -> None:
    async with interpreters(SandboxLimits(memory=20_000_000)) as running:
        await running.run("t", "x = 1")
        grow = "x = 2\nkept = []\nwhile True: kept.append('x' * 100_000)"
        assert "needs more than 19 MB" in (await running.run("t", grow)).error
        assert (await running.run("t", "x")).logs == "1\n"


async def test_long_output_is_cut_with_a_sentence() -> None:
    async with interpreters(SandboxLimits(output=100)) as running:
        result = await running.run("t", "for i in range(100): print('hello')\n5")
        assert result.logs.startswith("hello\n" * 16)
        assert result.logs.endswith("[The output was cut here, after 100 characters. Print less.]")
        assert not result.error


async def test_output_without_end_stops_the_code() -> None:
    async with interpreters(SandboxLimits(output=100)) as running:
        result = await running.run("t", "while True: print('hello ' * 100)")
        assert "it prints without end" in result.error
        assert (await running.run("t", "1")).logs == "1\n"


async def test_code_that_is_too_long_is_refused() -> None:
    async with interpreters(SandboxLimits(code=10)) as running:
        assert "too long: at most 10 characters" in (await running.run("t", "x = 1 + 1 + 1")).error


async def test_a_worker_that_dies_is_replaced_and_variables_are_as_before() -> None:
    async with interpreters() as running:
        before = set(psutil.Process().children())
        await running.run("t", "x = 1")
        for worker in set(psutil.Process().children()) - before:
            worker.kill()
        results = [await running.run("t", "x") for _ in range(3)]
        assert results[-1] == CodeResult("1\n")
        assert all(r.logs == "1\n" or "Variables are as they were" in r.error for r in results)


async def test_cancelling_ends_the_code_and_leaves_the_variables(
    printed: threading.Event,
) -> None:
    async with interpreters() as running:
        await running.run("t", "x = 1")
        code = "x = 2\nprint('on')\nimport time\nwhile True: time.sleep(0)"
        endless = asyncio.create_task(running.run("t", code))
        assert await asyncio.to_thread(printed.wait, 10)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        assert (await running.run("t", "x")).logs == "1\n"


async def test_closing_ends_code_that_runs_and_code_that_waits(
    printed: threading.Event,
) -> None:
    running = Interpreters(SandboxLimits(seconds=60), workers=1)
    endless = "print('on')\nwhile True: pass"
    runs = [asyncio.create_task(running.run(thread, endless)) for thread in ("a", "b")]
    assert await asyncio.to_thread(printed.wait, 10)
    await running.close()
    for result in await asyncio.gather(*runs):
        assert result.error == "The code was stopped. Variables are as they were before."


async def test_runs_of_one_thread_wait_for_each_other_and_others_do_not() -> None:
    async with interpreters(QUICK) as running:
        await running.run("t", "seen = []")
        await asyncio.gather(*(running.run("t", f"seen.append({n})") for n in range(5)))
        assert (await running.run("t", "seen")).logs == "[0, 1, 2, 3, 4]\n"
        slow = asyncio.create_task(running.run("slow", "while True: pass"))
        assert (await running.run("t", "1")).logs == "1\n"
        assert not slow.done()
        await slow


async def test_forgotten_threads_start_anew() -> None:
    async with interpreters() as running:
        await running.run("t", "x = 1")
        assert running.knows("t")
        await running.forget("t")
        assert not running.knows("t")
        assert "NameError" in (await running.run("t", "x")).error


async def test_variables_used_longest_ago_are_dropped_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_THREADS", 2)
    async with interpreters() as running:
        for thread in ("a", "b", "c"):
            await running.run(thread, "x = 1")
        assert [running.knows(thread) for thread in "abc"] == [False, True, True]
        result = await running.run("a", "print('here')")
        assert result.logs.startswith("[The variables and functions of earlier runs are no longer")
        assert result.logs.endswith("here\n")
        assert (await running.run("a", "print('again')")).logs == "again\n"


async def test_variables_that_hold_too_much_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_STATE", 100_000)
    async with interpreters() as running:
        await running.run("t", "x = 1")
        result = await running.run("t", "x = 2\nbig = list(range(100_000))\nprint(len(big))")
        assert result.logs.startswith("100000\n[The variables hold too much to be kept")
        assert (await running.run("t", "x")).logs == "1\n"


@pytest.mark.parametrize(
    ("code", "failed"),
    [
        ("print(1)", False),
        ("print('Traceback (most recent call last): that is how errors begin')", False),
        ("", False),
        ("1 / 0", True),
        ("print('a')\n1 / 0", True),
        ("print('a')\nwhile True: pass", True),
        ("x = [0] * 10 ** 10", True),
        ("x" * 300, True),
    ],
)
async def test_an_output_tells_whether_the_code_failed(code: str, failed: bool) -> None:
    async with interpreters(SandboxLimits(seconds=0.3, code=200)) as running:
        assert tells_failure((await running.run("t", code)).output) is failed


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_tools_are_defined_as_functions(name: str) -> None:
    function = definition(name)["function"]
    assert function["name"] == name
    assert len(function["parameters"]["required"]) == 1


@pytest.mark.parametrize(
    ("code", "kept"), [("x = 2", True), ("x = 2\n1 / 0", True), ("while True: x = 2", False)]
)
async def test_code_says_whether_it_left_something_behind(code: str, kept: bool) -> None:
    async with interpreters(QUICK) as running:
        await running.run("t", "x = 1")
        assert (await running.run("t", code)).kept is kept
        assert (await running.run("t", "x")).logs == ("2\n" if kept else "1\n")
