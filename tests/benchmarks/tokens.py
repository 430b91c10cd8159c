"""What the meter costs at a key press: drafts of 10 to 100,000 tokens, beside a full recount."""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, cast

from studybuddy.chat.accounts import Accounts
from studybuddy.chat.fitting import Fitter
from studybuddy.chat.meter import ConversationMeter
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.messages import Conversation, Message, Role
from studybuddy.domain.settings import Settings
from studybuddy.tokens.counter import Counter
from studybuddy.tokens.prices import Prices
from tests.benchmarks.figures import Figure, Report, quantiles
from tests.benchmarks.programs import OURS
from tests.support.memory_store import MemoryData
from tests.support.memory_usage import MemorySummaryStore, MemoryUsageLog
from tests.support.scripted_provider import ScriptedConnector, ScriptedProvider

_MODEL = "gpt-4o"
_ENDPOINT = Endpoint("OpenAI", "https://api.openai.com/v1", EndpointKind.OPENAI, _MODEL)
_SIZES = (10, 10_000, 100_000)  # tokens
_TOKENS_A_LINE = 20
_KEYS = "some words, 12 more.\b\b\n"
_TICK = 0.005  # seconds
_WORDS = """
a an and are as at because between by can cell course energy every exam example explains for from
function graph has history how if in interest into is it its language learns light means memory
model more not number of on one or photosynthesis plants question reads remember sentence student
study sum that the them then theorem there this to token understand values was water we what when
which why with words would you your
"""
_OTHERS = ("l'été", "Größe", "слово", "学习", "🙂", "x²", "3.14", "(see", "don't", "O(n)", "2026")


def measure_tokens(report: Report, keys: int) -> None:
    """Type `keys` keys into drafts of each size and shape, and paste the longest.

    What is measured is `ConversationMeter.typed`: all that the meter does before the next frame,
    in a conversation of 200 messages.
    """
    asyncio.run(_measure(report, keys))


async def _measure(report: Report, keys: int) -> None:
    counter = Counter()
    for size in _SIZES:
        text = _text(size, counter)
        recount = [_timed(partial(counter.count, text, _MODEL)) for _ in range(9)]
        name = f"{size:,} tokens"
        report.add(Figure(f"full recount of {name} (ms)", {OURS: recount}))
        rows = max(1, size // _TOKENS_A_LINE)
        for shape in dict.fromkeys((rows, 1)):
            for place in ("at the end", "in the middle"):
                cost = await _typing(counter, _in_lines(text, shape), place, keys)
                lines = f"{shape:,} lines" if shape > 1 else "one line"
                what = f"{name} in {lines}, {place}"
                ratio = statistics.median(recount) / statistics.median(cost)
                wanted = "≤ 2"
                report.add(
                    Figure(f"key press, {what} (ms)", {OURS: cost}, quantiles, wanted=wanted),
                    Figure("a full recount costs as many of these", {OURS: [ratio]}),
                )
    for shape in (_SIZES[-1] // _TOKENS_A_LINE, 1):
        await _pasting(report, counter, _in_lines(_text(_SIZES[-1], counter), shape))


async def _typing(counter: Counter, lines: list[str], place: str, keys: int) -> list[float]:
    """Milliseconds of each key."""
    meter = await _meter(counter)
    meter.typed(lines)
    await meter.settle()
    row = len(lines) - 1 if place == "at the end" else len(lines) // 2
    column = len(lines[row]) if place == "at the end" else len(lines[row]) // 2
    gc.collect()
    times: list[float] = []
    for number in range(keys):
        row, column = _press(lines, row, column, _KEYS[number % len(_KEYS)])
        times.append(_timed(partial(meter.typed, lines)))
    return times


async def _pasting(report: Report, counter: Counter, pasted: list[str]) -> None:
    costs: list[float] = []
    counted: list[float] = []
    late: list[float] = []
    for _ in range(5):
        meter = await _meter(counter)
        before = ["Explain", "this: ", ""]
        meter.typed(before)
        await meter.settle()
        after = [*before, *pasted]
        costs.append(_timed(partial(meter.typed, after)))
        ticking = asyncio.create_task(_tick(late))
        began = time.perf_counter()
        await meter.settle()
        counted.append(1000 * (time.perf_counter() - began))
        ticking.cancel()
    lines = f"{len(pasted):,} lines" if len(pasted) > 1 else "one line"
    what = f"paste of {_SIZES[-1]:,} tokens in {lines}"
    report.add(
        Figure(f"{what}, at the key (ms)", {OURS: costs}, quantiles, wanted="≤ 2"),
        Figure("until it is counted exactly, in a thread (ms)", {OURS: counted}),
        Figure("event loop late meanwhile (ms): median / p95 / max", {OURS: late}, quantiles),
    )


async def _tick(late: list[float]) -> None:
    while True:
        due = time.perf_counter() + _TICK
        await asyncio.sleep(_TICK)
        late.append(1000 * (time.perf_counter() - due))


class _Shown:
    """A conversation of 200 messages, as a meter reads it."""

    busy = False

    def __init__(self) -> None:
        self.head = Conversation("c", "", 0.0, 0.0, system_prompt="You are a study partner.")
        texts = [" ".join(_words(random.Random(number), 60)) for number in range(200)]
        roles = (Role.USER, Role.ASSISTANT)
        self.messages = [Message(str(n), roles[n % 2], text, 0.0) for n, text in enumerate(texts)]


async def _meter(counter: Counter) -> ConversationMeter:
    accounts = Accounts(MemoryUsageLog(), Prices({}), counter)
    nobody = ScriptedConnector(ScriptedProvider())
    fitter = Fitter(accounts, MemorySummaryStore(MemoryData()), nobody, Settings())
    meter = ConversationMeter(accounts, None, fitter)
    meter.watch(cast("Any", _Shown()), _ENDPOINT)
    await meter.settle()
    return meter


def _press(lines: list[str], row: int, column: int, key: str) -> tuple[int, int]:
    """Do to the lines what a text area does, and tell where the cursor is then."""
    line = lines[row]
    if key == "\n":
        lines[row : row + 1] = [line[:column], line[column:]]
        return row + 1, 0
    if key == "\b":
        lines[row] = line[: column - 1] + line[column:]
        return row, column - 1
    lines[row] = line[:column] + key + line[column:]
    return row, column + 1


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds of work; what other programs take of the processor meanwhile is left out."""
    began = time.thread_time()
    work()
    return 1000 * (time.thread_time() - began)


def _text(tokens: int, counter: Counter) -> str:
    """Prose of about that many tokens, with what else students write between the words."""
    sample = " ".join(_words(random.Random(1), 2000))
    words = round(tokens * 2000 / counter.count(sample, _MODEL).tokens)
    return " ".join(_words(random.Random(2), max(1, words)))


def _words(chance: random.Random, count: int) -> Iterator[str]:
    words = _WORDS.split()
    for _ in range(count):
        end = "." if chance.random() < 0.08 else "," if chance.random() < 0.05 else ""
        yield chance.choice(_OTHERS if chance.random() < 0.02 else words) + end


def _in_lines(text: str, rows: int) -> list[str]:
    words: Sequence[str] = text.split(" ")
    bounds = [len(words) * row // rows for row in range(rows + 1)]
    return [" ".join(words[a:b]) for a, b in pairwise(bounds)]
