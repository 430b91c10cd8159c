"""The life of one run: ask the model, carry out what it calls, and again, until there is an end."""

from __future__ import annotations

import asyncio
import logging

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.port import Asker, Reply
from studybuddy.engine.errors import ApiError
from studybuddy.engine.objects import Message, Run, RunState, now
from studybuddy.engine.runs import problems, transitions
from studybuddy.engine.runs.broadcast import Broadcast, Told
from studybuddy.engine.runs.context import calls_made, is_first, wrong_rounds
from studybuddy.engine.runs.draft import Cut, Draft, without_blank_start
from studybuddy.engine.runs.endings import end_early
from studybuddy.engine.runs.ledger import Ledger, Look, Put, TakenAway
from studybuddy.engine.runs.notes import usage_object
from studybuddy.engine.runs.offers import Offer, offer_of, store_ids
from studybuddy.engine.runs.pictures import Pictures
from studybuddy.engine.runs.ports import Limits, RunParts
from studybuddy.engine.runs.problems import RunFailure, RunShortfall
from studybuddy.engine.runs.question import Question
from studybuddy.engine.runs.rounds import Round
from studybuddy.engine.runs.toolbox import Searchable, Toolbox, read_passage
from studybuddy.engine.runs.transitions import Shortfall
from studybuddy.engine.search.citations import Cited, cite
from studybuddy.engine.store.objects import Objects
from studybuddy.engine.tools.definitions import FILE_SEARCH

log = logging.getLogger(__name__)


class RunLoop:
    """Works on one run until it is done, parked or taken away."""

    def __init__(self, parts: RunParts, broadcast: Broadcast, run: Run) -> None:
        """Prepare for a run that is queued, or in progress since before the engine ended."""
        self._parts = parts
        self._broadcast = broadcast
        self._ledger = Ledger(parts.store, broadcast, run)
        self._toolbox = Toolbox(parts, run.thread_id)
        self._pictures = Pictures(parts.image_of)
        self._question: Question | None = None

    def draft(self) -> Message | None:
        """The message that is being written, with all its text."""
        return self._question.draft.current() if self._question else None

    async def work(self) -> RunState | None:
        """Do it, and return how the run ended, or `requires_action`; that is stored and told.

        `None` means that someone else ended it.
        """
        try:
            status = await self._work()
        except TakenAway:
            return None
        finally:
            if self._question is not None:
                await self._question.draft.settle()
        log.info("%s %s", self._ledger.run_id, status)
        return status

    async def _work(self) -> RunState:
        try:
            status = (await self._ledger.claim()).status
            while status == "in_progress":
                status = await self._round()
            return status
        except TakenAway:
            raise
        except RunFailure as failure:
            return await self._fail(failure)
        except ApiError as error:
            return await self._fail(problems.failure_of(error))
        except Exception:
            log.exception("%s met a fault of the engine", self._ledger.run_id)
            sentence = "The engine had an error of its own. Its log tells more."
            return await self._fail(RunFailure("server_error", sentence))

    async def _round(self) -> RunState:
        """Ask once, do what follows from the answer, and return what the run then is."""
        look = await self._ledger.look()
        asker = self._asker(look)
        _check_calls(look, self._parts.limits)
        searchable = Searchable()
        if any(tool.get("type") == FILE_SEARCH for tool in look.run.tools):
            ids = store_ids(look.assistant, look.thread)
            searchable = await self._toolbox.searchable(ids, patient=is_first(look))
        offer = offer_of(look.run, searchable.stores, searchable.expired)
        self._question = Question(
            self._parts, self._ledger, self._broadcast, look, offer, self._pictures
        )
        try:
            reply = await self._question.answer(asker)
        except RunShortfall as shortfall:
            return await self._end(look.usage, shortfall.reason)
        return await self._follow(reply, self._question.draft, look, offer)

    def _asker(self, look: Look) -> Asker:
        asker = self._parts.asker_for(look.upstream)
        if asker is None:
            raise RunFailure(
                "server_error",
                "The server that this run was started with is no longer known to the engine. "
                "Start the run again.",
            )
        return asker

    async def _follow(self, reply: Reply, draft: Draft, look: Look, offer: Offer) -> RunState:
        """Store an answer, carry out its calls, and return what the run then is."""
        total = look.usage + reply.usage
        text = without_blank_start(reply.text or draft.text)
        shortfall = _shortfall(reply, look.run, total)
        goes_on = bool(reply.calls) and shortfall is None
        usage = usage_object(reply.usage)
        puts: list[Put] = []
        # A run that is completed leaves a message, be it an empty one: clients look for it.
        if draft.is_begun or text.strip() or not (goes_on or shortfall):
            cited = await _cited(text, look)
            puts = await draft.finished(
                cited.text,
                usage,
                annotations=cited.annotations,
                cut=_CUTS.get(reply.finish_reason),
            )
            usage = usage_object(Usage())  # of an answer that has two steps, the first bears all
        if goes_on:
            wanted = reply.calls[: self._parts.limits.calls - calls_made(look.steps)]
            lenient = wrong_rounds(look.steps) >= self._parts.limits.corrections
            calls = await asyncio.to_thread(  # a client's schema may take its time
                Round, wanted, offer, look, self._ledger, usage, lenient=lenient
            )
            return await calls.work(self._toolbox, self._broadcast, puts)
        return await self._end(total, shortfall, puts)

    async def _end(
        self, usage: Usage, shortfall: Shortfall | None, puts: list[Put] | None = None
    ) -> RunState:
        """End the run with what is to be stored last."""
        whole = usage_object(usage)

        def change(run: Run) -> Run:
            if shortfall is not None:
                return transitions.incomplete(run, shortfall, whole)
            return transitions.completed(run, now(), whole)

        return (await self._ledger.put(*(puts or ()), change=change)).status

    async def _fail(self, failure: RunFailure) -> RunState:
        log.warning("%s failed: %s", self._ledger.run_id, failure.sentence)
        if self._question is not None:
            await self._question.draft.settle()
        run_id, thread_id, draft = self._ledger.run_id, self._ledger.thread_id, self.draft()

        def work(objects: Objects) -> list[Told]:
            run = objects.get(Run, run_id, parent=thread_id)
            if run is None or run.status not in ("queued", "in_progress"):
                raise TakenAway
            return end_early(objects, run, "failed", draft=draft, failure=failure)

        self._broadcast.tell(*await self._parts.store.write(work))
        return "failed"


async def _cited(text: str, look: Look) -> Cited:
    """An answer with its marks as annotations; those that no passage stands behind are gone."""
    stored = [passage for _, note in look.steps for passage in note.passages]
    may_search = any(tool.get("type") == FILE_SEARCH for tool in look.run.tools)
    if not stored and not (may_search and "【" in text):
        return Cited(text, [])
    # In a thread: the words of each sentence are compared with those of many passages.
    return await asyncio.to_thread(lambda: cite(text, [read_passage(p) for p in stored]))


_CUTS: dict[str, Cut] = {"length": "max_tokens", "content_filter": "content_filter"}


def _check_calls(look: Look, limits: Limits) -> None:
    """Refuse to go on where the model does nothing but call tools."""
    made = calls_made(look.steps)
    if made >= limits.calls:
        raise RunFailure(
            "server_error",
            f"The model called tools {made} times without coming to an answer. "
            "Ask for less at once, or try another model.",
        )
    if wrong_rounds(look.steps) > limits.corrections:
        raise RunFailure(
            "server_error",
            "The model kept calling tools in a wrong way, also after it was told. "
            "Try again, or try another model.",
        )


def _shortfall(reply: Reply, run: Run, total: Usage) -> Shortfall | None:
    """Which limit an answer met.

    An answer that was cut off at the model's own limit ends its run as one that was cut off at
    the run's limit does: the API's documents know no other status for it, and "completed" would
    pass half an answer for a whole one.
    """
    if reply.finish_reason == "content_filter":
        return "content_filter"
    if reply.finish_reason == "length":
        return "max_completion_tokens"
    if run.max_prompt_tokens is not None and total.prompt > run.max_prompt_tokens:
        return "max_prompt_tokens"
    limit = run.max_completion_tokens
    return "max_completion_tokens" if limit is not None and total.completion > limit else None
