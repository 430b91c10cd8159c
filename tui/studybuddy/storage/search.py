"""Searching all conversations in SQLite.

The index gives the newest messages that have every word; a bounded number of these is read and
ranked here, so that the commonest words are found as quickly as rare ones.
"""

from __future__ import annotations

import asyncio
import logging
import math
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from studybuddy.domain.messages import Conversation, Role
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.searching import Hit, Query
from studybuddy.domain.words import Terms, fold
from studybuddy.storage import rows, search_index
from studybuddy.storage.search_query import conditions, expression, span
from studybuddy.storage.text import clean
from studybuddy.storage.worker import DatabaseThread

_log = logging.getLogger(__name__)

OF_ONE_CONVERSATION = 3
"""Hits of one conversation at most."""

_AT_ONCE = 40
"""Messages taken into the index in one step: a few milliseconds, with nothing else meanwhile."""
_REST = 1.0
"""How long the next step waits, in times of what the last one took: 100,000 take a minute."""

_CANDIDATES = 200
"""Messages with all the words that are ranked; of more, the newest."""
_CHARACTERS = 200_000
"""Characters of them that are read."""
_LOOKED_UP = 6_000
"""Messages that are looked up for them; the filters, and deletion, pass over the others."""
_BATCH = 60

_TITLE = 2.5
"""What a word in the title counts, in times of one in a message."""
_MONTHS_TO_HALF = 3.0
"""The age at which half of what being new counts is left."""

_NO_FTS = Problem(
    ProblemKind.STORAGE,
    "Searching is not possible here: the SQLite of this Python has no full-text search (FTS5).",
    "Use a Python from python.org or uv, whose SQLite has it.",
)


@dataclass(frozen=True, slots=True)
class _Found:
    score: float
    conversation_id: str
    message_id: str
    role: Role | None
    at: float
    text: str


class SqliteSearch:
    """`domain.searching.ConversationSearch` in the database of the conversations.

    The index is made when something is first searched for, in small steps while the app goes on;
    from then on it is brought up to date before each search.
    """

    def __init__(self, database: DatabaseThread, clock: Callable[[], float] = time.time) -> None:
        """Take the thread that works on the database, and Unix time, seconds."""
        self._database = database
        self._clock = clock
        self._reading: asyncio.Task[None] | None = None

    async def search(self, query: Query, limit: int = 50) -> Sequence[Hit]:
        """The best places, best first; see the port."""
        terms = Terms(clean(query.text))
        if not terms.terms:
            return ()
        hits, all_read = await self._database.run(self._search, query, terms, limit)
        self._read_on(all_read)
        return hits

    async def unread(self) -> int:
        """About how many messages can't be found yet."""
        return await self._database.run(search_index.behind)

    async def models(self) -> Sequence[str]:
        """The models that answered, most used first."""
        models, all_read = await self._database.run(self._models)
        self._read_on(all_read)
        return models

    def _read_on(self, all_read: bool) -> None:
        if not all_read and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read(), name="reading for the search")

    async def _read(self) -> None:
        try:
            while True:
                begun = time.perf_counter()
                if await self._database.run(self._catch_up):
                    return
                # What the student does goes before: answers are written on the same thread.
                await asyncio.sleep(_REST * (time.perf_counter() - begun))
        except StudyBuddyError as error:  # at the app's end too; a search tells of others
            _log.info("not all is read for the search: %s", error.problem.kind)

    # What follows runs on the storage thread.

    def _catch_up(self, connection: sqlite3.Connection) -> bool:
        try:
            return search_index.catch_up(connection, _AT_ONCE)
        except sqlite3.OperationalError as error:
            if "no such module" in str(error):
                raise StudyBuddyError(_NO_FTS) from error
            raise

    def _models(self, connection: sqlite3.Connection) -> tuple[list[str], bool]:
        all_read = self._catch_up(connection)
        counted = connection.execute(
            "SELECT model FROM search_models WHERE answers > 0 ORDER BY answers DESC, model"
        )
        used = connection.execute(
            "SELECT DISTINCT model FROM conversations WHERE model <> '' AND deleted_at IS NULL "
            "ORDER BY model"
        )
        names = [name for (name,) in (*counted, *(() if all_read else used))]
        return list(dict.fromkeys(names)), all_read

    def _search(
        self, connection: sqlite3.Connection, query: Query, terms: Terms, limit: int
    ) -> tuple[list[Hit], bool]:
        all_read = self._catch_up(connection)
        now = self._clock()
        titled = {found.conversation_id: found for found in _titles(connection, query, terms)}
        hits = []
        for found in self._messages(connection, query, terms, now):
            score = found.score * _newness(now - found.at)
            if (title := titled.get(found.conversation_id)) is not None:
                score += title.score / 2
            hits.append((score, found))
        in_text = {found.conversation_id for _, found in hits}
        hits += [
            (found.score * _newness(now - found.at), found)
            for found in titled.values()
            if found.conversation_id not in in_text
        ]
        # The newest of those that are as good: what was found comes in that order.
        hits.sort(key=lambda hit: hit[0], reverse=True)
        best = list(_few_of_each((found for _, found in hits), limit))
        heads = _heads(connection, {found.conversation_id for found in best})
        return [
            Hit(
                heads[found.conversation_id],
                found.message_id,
                found.role,
                found.at,
                *terms.excerpt(found.text),
            )
            for found in best
        ], all_read

    def _messages(
        self, connection: sqlite3.Connection, query: Query, terms: Terms, now: float
    ) -> Iterator[_Found]:
        """The newest messages that have all terms, ranked."""
        wanted = expression(connection, query, terms, now)
        if wanted is None:
            return
        held, values = conditions(query)
        numbers = connection.execute(
            "SELECT rowid FROM search_index WHERE search_index MATCH ? ORDER BY rowid DESC",
            (wanted,),
        )
        count = characters = looked_up = 0
        while count < _CANDIDATES and characters < _CHARACTERS and looked_up < _LOOKED_UP:
            batch = [number for (number,) in numbers.fetchmany(_BATCH)]
            if not batch:
                break
            looked_up += len(batch)
            found = connection.execute(
                "SELECT m.conversation_id, m.id, m.role, m.created_at, m.text FROM messages m "
                "JOIN conversations c ON c.id = m.conversation_id "
                f"WHERE m.seq IN ({','.join('?' * len(batch))}) AND m.deleted = 0 "
                f"AND {held} AND m.created_at >= ? AND m.created_at < ? "
                "ORDER BY m.seq DESC",
                (*batch, *values, *span(query)),
            )
            for conversation_id, message_id, role, at, text in found:
                characters += len(text)
                if score := terms.rank(text):  # 0: signs of a run that do not stand together
                    count += 1
                    yield _Found(score, conversation_id, message_id, Role(role), at, text)
        numbers.close()


def _titles(connection: sqlite3.Connection, query: Query, terms: Terms) -> Iterator[_Found]:
    held, values = conditions(query)
    found = connection.execute(
        f"SELECT id, title, created_at, model FROM conversations c WHERE {held} "
        "AND created_at >= ? AND created_at < ?",
        (*values, *span(query)),
    )
    model = fold(query.model)
    for conversation_id, title, at, its_model in found:
        if (score := terms.rank(title)) and model in fold(its_model):
            yield _Found(_TITLE * score, conversation_id, "", None, at, title)


def _newness(age: float) -> float:
    """What a score is multiplied by for its age in seconds: 1 for new, towards 0.7 for old."""
    months = max(age, 0.0) / (30 * 86_400)
    return 0.7 + 0.3 * math.pow(0.5, min(months / _MONTHS_TO_HALF, 100.0))


def _few_of_each(found: Iterable[_Found], limit: int) -> Iterator[_Found]:
    counts: Counter[str] = Counter()
    for each in found:
        counts[each.conversation_id] += 1
        if counts[each.conversation_id] <= OF_ONE_CONVERSATION:
            yield each
            limit -= 1
        if limit <= 0:
            return


def _heads(connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Conversation]:
    names = list(ids)
    found = connection.execute(
        f"SELECT {rows.CONVERSATION} FROM conversations WHERE id IN ({','.join('?' * len(names))})",
        names,
    )
    return {row[0]: rows.conversation(row) for row in found}
