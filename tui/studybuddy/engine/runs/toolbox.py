"""The built-in tools at work for a run: code is run, notes are searched."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from studybuddy.engine.objects import Json, Run, RunStep, VectorStore, now
from studybuddy.engine.runs.calls import Sorted
from studybuddy.engine.runs.notes import read_note
from studybuddy.engine.runs.offers import Searching
from studybuddy.engine.runs.ports import RunParts
from studybuddy.engine.search.citations import passages_for_model
from studybuddy.engine.search.passages import Passage
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.vectors.contents import touch, with_expiry

log = logging.getLogger(__name__)

_TOUCHED_EVERY = 60  # seconds between two notes that a vector store is in use


@dataclass(frozen=True, slots=True)
class Searchable:
    """The vector stores of a run, by id."""

    stores: tuple[str, ...] = ()
    """Those that have files."""
    expired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call of a built-in tool came to."""

    output: str
    """For the model."""
    details: Json
    """To be merged into the call's own part of its step."""
    passages: tuple[Passage, ...] = ()
    spoilt: bool = False
    """Whether code left no variables behind."""


class Toolbox:
    """Carries out calls for one thread."""

    def __init__(self, parts: RunParts, thread_id: str) -> None:
        """Work for the runs of a thread."""
        self._parts = parts
        self._thread_id = thread_id

    async def searchable(self, ids: Sequence[str], *, patient: bool) -> Searchable:
        """Those of the vector stores that can be searched, which counts as their use.

        Args:
            ids: of vector stores.
            patient: whether to wait for files that are being indexed.
        """
        if not ids or self._parts.index is None:
            return Searchable()
        if patient:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._parts.limits.indexing):
                    await self._parts.settled(ids)
        return await self._parts.store.write(lambda objects: _in_use(objects, ids))

    async def carry_out(self, call: Sorted, search: Searching | None, number: int) -> Outcome:
        """Do what a call asks; what goes wrong is told to the model.

        Args:
            call: of a built-in tool.
            search: how files are searched.
            number: of passages that the run has found before.
        """
        seconds = self._parts.limits.tool
        try:
            if call.kind == "code_interpreter":
                await self._remember()
            async with asyncio.timeout(seconds):
                if call.kind == "code_interpreter":
                    return await self._run_code(call.given)
                return await self._search(call.given, search, number)
        except TimeoutError:
            return _mishap(call, f"“{call.name}” took longer than {seconds:.0f} seconds.")
        except Exception:
            log.exception("a tool failed")
            return _mishap(call, f"“{call.name}” failed in an unexpected way. Go on without it.")

    async def _remember(self) -> None:
        """Have the thread's variables again, after the engine was started anew."""
        interpreters, thread_id = self._parts.interpreters, self._thread_id
        if interpreters is None or interpreters.knows(thread_id):
            return
        codes = await self._parts.store.read(lambda objects: _codes_run(objects, thread_id))
        if codes:
            await interpreters.restore(thread_id, codes)

    async def _run_code(self, code: str) -> Outcome:
        interpreters = self._parts.interpreters
        if interpreters is None:
            raise RuntimeError("no interpreter")
        result = await interpreters.run(self._thread_id, code)
        return _coded(result.output, spoilt=not result.kept)

    async def _search(self, query: str, search: Searching | None, number: int) -> Outcome:
        index = self._parts.index
        if index is None or search is None:
            raise RuntimeError("no index")
        found = await index.search(
            search.stores, query, limit=search.limit, score_threshold=search.threshold
        )
        output = passages_for_model(found, number + 1)
        return Outcome(output, {"results": [_result(p) for p in found]}, tuple(found))


def search_options(search: Searching | None) -> Json:
    """The ranking options as a step tells them."""
    if search is None:
        return {}
    return {"ranking_options": {"ranker": search.ranker, "score_threshold": search.threshold}}


def stored_passage(passage: Passage) -> Json:
    """A passage as a step's note keeps it."""
    return asdict(passage) | {"attributes": dict(passage.attributes)}


def read_passage(stored: Mapping[str, Any]) -> Passage:
    """A passage from a step's note."""
    return Passage(**stored)


def _coded(output: str, *, spoilt: bool) -> Outcome:
    return Outcome(output, {"outputs": [{"type": "logs", "logs": output}]}, spoilt=spoilt)


def _mishap(call: Sorted, sentence: str) -> Outcome:
    if call.kind == "code_interpreter":
        return _coded(sentence, spoilt=True)
    return Outcome(sentence, {})


def _result(passage: Passage) -> Json:
    """A result as OpenAI's steps have it, and where it is in the file."""
    return {
        "file_id": passage.file_id,
        "file_name": passage.file_name,
        "score": min(1.0, max(0.0, passage.score)),
        "content": [{"type": "text", "text": passage.text}],
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "line": passage.line,
    }


def _in_use(objects: Objects, ids: Sequence[str]) -> Searchable:
    """Sort out the stores that there are, and put off the expiry of those that are used."""
    stores: list[str] = []
    expired: list[str] = []
    for store in (objects.get(VectorStore, id) for id in ids):
        if store is None:
            continue
        if with_expiry(store).status == "expired":
            expired.append(store.id)
            continue
        if now() - (store.last_active_at or 0) >= _TOUCHED_EVERY:
            touch(store)
            objects.update(store)
        if store.file_counts.get("completed"):
            stores.append(store.id)
    return Searchable(tuple(stores), tuple(expired))


def _codes_run(objects: Objects, thread_id: str) -> list[str]:
    """The code of a thread that left something behind, oldest first."""
    found: list[str] = []
    for run in objects.all(Run, parent=thread_id):
        for step, raw in objects.noted(RunStep, parent=run.id):
            if step.type != "tool_calls" or step.status != "completed":
                continue
            spoilt = {call.id for call in read_note(raw).calls if call.spoilt}
            found += [
                call["code_interpreter"]["input"]
                for call in step.step_details["tool_calls"]
                if call["type"] == "code_interpreter" and call["id"] not in spoilt
            ]
    return found
