"""Searching many conversations: how soon results are there, and what their index costs."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from studybuddy.domain.messages import Conversation, Message, Mode, Role, new_id
from studybuddy.domain.searching import Query
from studybuddy.storage import search_index
from studybuddy.storage.conversations import SqliteConversationStore
from studybuddy.storage.database import open_database
from studybuddy.storage.instances import Instance
from studybuddy.storage.search import SqliteSearch
from tests.benchmarks.figures import Figure, Report, quantiles
from tests.benchmarks.programs import OURS
from tests.benchmarks.zipf import drawn, vocabulary

_MESSAGES = 50  # of a conversation
_HOUR = 3600.0
_STEP = 40  # messages, as the app takes them in
_LIKE = (
    "SELECT m.id, m.text FROM messages m JOIN conversations c ON c.id = m.conversation_id "
    "WHERE m.text LIKE ? AND m.deleted = 0 AND c.deleted_at IS NULL"
)
"""Of all matches, since whoever ranks has to see them; and of the newest alone."""
_NEWEST = " ORDER BY m.seq DESC LIMIT 50"


def measure_search(report: Report, folder: Path, conversations: int, searches: int) -> None:
    """Store `conversations` of fifty messages each, index them, and search so often each way."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_measure(report, folder, conversations, searches))


async def _measure(report: Report, folder: Path, conversations: int, searches: int) -> None:
    chance = random.Random(5)
    words = vocabulary(chance)
    path = folder / "studybuddy.db"
    instance = Instance(folder / "instances")
    now = 1_700_000_000.0 + conversations * _HOUR
    store = SqliteConversationStore(path, instance, clock=lambda: now)
    await _fill(store, chance, words, conversations)
    before = _size(path)
    steps: list[float] = []
    while True:
        begun = time.perf_counter()
        done = await store.database.run(search_index.catch_up, _STEP)
        steps.append(1000 * (time.perf_counter() - begun))
        if done:
            break
    stored = f"{conversations * _MESSAGES:,} messages"
    report.add(
        Figure(f"index of {stored}, work in all (s)", {OURS: [sum(steps) / 1000]}),
        Figure(f"a step of {_STEP} (ms)", {OURS: steps}, quantiles),
        Figure("the index on disk, of the texts' size", {OURS: [(_size(path) - before) / before]}),
    )
    search = SqliteSearch(store.database, lambda: now)
    kinds = {
        "the commonest word": [words[0]],
        "one letter": sorted({word[0] for word in words[:20]}),
        "the beginning of a common word": [word[:2] for word in words[10:40]],
        "three common words": [" ".join(chance.sample(words[:30], 3)) for _ in range(20)],
        "a rare word": chance.sample(words[-3000:], 20),
        "a word that nothing has": ["zzzz"],
    }
    with closing(open_database(path).connection) as connection:
        for kind, texts in kinds.items():
            times = [await _timed(search, Query(texts[n % len(texts)])) for n in range(searches)]
            report.add(Figure(f"search, {kind} (ms)", {OURS: times}, quantiles, wanted="≤ 50"))
            for what, ending in (("of all", ""), ("of the newest 50", _NEWEST)):
                scans = [_scan(connection, text, ending) for text in texts[:3]]
                ratio = statistics.median(scans) / statistics.median(times)
                report.add(Figure(f"a LIKE scan {what} takes so many times that", {OURS: [ratio]}))
    for kind, query in {
        "one mode": Query(words[0], mode=Mode.ASSISTANT),
        "one model": Query(words[0], model="model-2"),
        "the oldest month": Query(words[0], until=1_700_000_000.0 + 30 * 24 * _HOUR),
    }.items():
        times = [await _timed(search, query) for _ in range(searches)]
        report.add(Figure(f"search, {kind} (ms)", {OURS: times}, quantiles, wanted="≤ 50"))
    await store.close()
    instance.release()


async def _timed(search: SqliteSearch, query: Query) -> float:
    begun = time.perf_counter()
    await search.search(query)
    return 1000 * (time.perf_counter() - begun)


def _scan(connection: sqlite3.Connection, text: str, ending: str) -> float:
    words = text.split()
    begun = time.perf_counter()
    found = connection.execute(_LIKE + ending, (f"%{words[0]}%",))
    for _, message in found:
        all(word in message.lower() for word in words)
    return 1000 * (time.perf_counter() - begun)


async def _fill(
    store: SqliteConversationStore, chance: random.Random, words: Sequence[str], count: int
) -> None:
    # Texts are used again, with another beginning: drawing each would take minutes.
    answers = [_text(chance, words, chance.randint(60, 500)) for _ in range(min(4000, 20 * count))]
    for number in range(count):
        at = 1_700_000_000.0 + number * _HOUR
        mode = Mode.ASSISTANT if number % 3 == 0 else Mode.COMPLETION
        head = Conversation(new_id(), _text(chance, words, 5), at, at, mode)
        model = f"model-{number % 4}"
        await store.insert(head, list(_messages(chance, words, answers, at, model)))


def _messages(
    chance: random.Random, words: Sequence[str], answers: Sequence[str], at: float, model: str
) -> Iterator[Message]:
    parent: str | None = None
    for number in range(_MESSAGES):
        beginning = _text(chance, words, 12)
        if number % 2:
            text = f"{beginning}\n\n{chance.choice(answers)}"
            message = Message(new_id(), Role.ASSISTANT, text, at + number, parent, model=model)
        else:
            message = Message(new_id(), Role.USER, beginning, at + number, parent)
        parent = message.id
        yield message


def _text(chance: random.Random, words: Sequence[str], count: int) -> str:
    return " ".join(drawn(chance, words, count)).capitalize() + "."


def _size(path: Path) -> int:
    """Bytes that are used, what the log before writing has included."""
    with closing(sqlite3.connect(path)) as connection:
        pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
        size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    return pages * size
