"""What was used and what it cost: of this run of the app, of a conversation, of a day, a month."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.going_on import GoingOn
from studybuddy.chat.model_book import ModelBook
from studybuddy.chat.model_names import ModelNames
from studybuddy.chat.reports import Reports
from studybuddy.chat.sums import Sums
from studybuddy.domain.accounts import Origin, Outcome, Purpose, Selection, Total, UsageRecord
from studybuddy.domain.messages import new_id
from studybuddy.domain.money import Cost
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.domain.accounts import UsageLog
    from studybuddy.domain.counting import PriceBook, TokenCounter
    from studybuddy.domain.endpoints import Endpoint, Model
    from studybuddy.domain.limits import Period, Spent
    from studybuddy.domain.money import ModelFacts

_log = logging.getLogger(__name__)


class Accounts:
    """Knows prices and sizes of models, takes every request's record, and tells the sums.

    Records are written to the log as they come. One that the disk refuses counts all the same
    and is tried again with the next; it never fails a turn.
    """

    def __init__(
        self,
        log: UsageLog,
        prices: PriceBook,
        counter: TokenCounter,
        now: Callable[[], float] = time.time,
        *,
        restore: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take the parts.

        Args:
            log: the history on disk.
            prices: what models cost and hold.
            counter: the tokenizers.
            now: Unix time, seconds.
            restore: reads what was learned of tokenizers before; called once, before the first
                facts are told.
        """
        self.log = log
        self.counter = counter
        self.now = now
        self.session = Total()
        """Of this run of the app, all conversations."""
        self.names = ModelNames()
        """Who answers where no model is named."""
        self.reports = Reports()
        """What was told of the last requests."""
        self.going_on = GoingOn(self._tell)
        self._book = ModelBook(prices, self.names, restore)
        self._sums = Sums(log, now)
        self._recorded: dict[str, UsageRecord] = {}
        self._underway: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[], None]] = []

    # Models

    async def facts(self, endpoint: Endpoint, model: str = "") -> ModelFacts:
        """What is known of a model, the endpoint's own where `model` is empty; never blocks."""
        return await self._book.facts(endpoint, model)

    def facts_known(self, endpoint: Endpoint, model: str = "") -> ModelFacts | None:
        """The same without waiting; `None` before `facts` was asked once."""
        return self._book.known(endpoint, model)

    def learn_models(self, endpoint: Endpoint, models: Sequence[Model]) -> None:
        """Take the models that an endpoint lists, with the windows that it tells of them."""
        if self._book.learn(endpoint, models):
            self._tell()

    def learn_name(self, endpoint: Endpoint, model: str) -> None:
        """Take the model that answers at an endpoint, where that was not told which to ask."""
        if self.names.answered(endpoint, model):
            self._tell()

    def prices_changed(self) -> None:
        """Look up again what models cost and hold; what was recorded keeps its price."""
        self._book.forget_prices()
        self._tell()

    # Records

    async def record(self, record: UsageRecord, *, underway: bool = False) -> None:
        """Count a record and write it, in place of one of the same id.

        Never raises for the disk's sake. Not undone where the caller is cancelled. A record of
        what is still `underway` is written for later, should this process be gone by then, and
        counts in no sum of this window.
        """
        record = record.bounded()
        writing = self._sums.note(record) if underway else self._record(record)
        await asyncio.shield(self.see_to(writing))

    async def record_usage(
        self,
        origin: Origin,
        endpoint: Endpoint,
        model: str,
        usage: Usage | None,
        *,
        id: str = "",
        at: float,
        first_token: float | None,
        duration: float | None,
        outcome: Outcome,
        kept: bool = False,
        counted: Usage | None = None,
        underway: bool = False,
    ) -> Cost:
        """Price a request and record it.

        Args:
            origin: who asked.
            endpoint: who was asked.
            model: empty for the endpoint's own.
            usage: as the endpoint reported it; `None` where it did not.
            id: of a run its own; empty for a new one.
            at: Unix time, seconds, at which it began.
            first_token: seconds until the first piece of the answer.
            duration: seconds; `None` where nobody saw the end.
            outcome: how it ended.
            kept: whether nothing was sent: the answer was a kept one, and costs nothing.
            counted: in place of what is not reported. A failed request of no tokens at all was
                never billed: it has no cost, whether the price is known or not.
            underway: whether there is more to come, see `record`.
        """
        used = usage or counted or Usage()
        facts = await self.facts(endpoint, model)
        cost = None if facts.tariff is None else facts.tariff.cost(used.bounded())
        record = UsageRecord(
            id or new_id(),
            at,
            endpoint.name,
            self.names.of(endpoint, model),
            origin,
            used,
            usage is not None,
            cost,
            facts.tariff is not None and facts.tariff.free,
            kept,
            first_token,
            duration,
            outcome,
        )
        if not record.billed:
            record = replace(record, cost=0)
        await self.record(record, underway=underway)
        return Total.of(record.bounded()).cost

    def see_to(self, recording: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Have a record made behind the back of who is ending; sums and `close` wait for it."""
        task = asyncio.create_task(recording)
        self._underway.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._underway.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a record of usage could not be made", exc_info=error)

    async def _record(self, record: UsageRecord) -> None:
        again = record.id in self._recorded
        self._recorded[record.id] = record
        self.going_on.recorded(record.id)
        if again:
            self.session = sum(map(Total.of, self._recorded.values()), Total())
        else:
            self.session += Total.of(record)
        # A run may have been recorded by another window, or before a restart.
        await self._sums.write(record, anew=again or record.origin.purpose is Purpose.RUN)
        self._tell()

    # Sums

    async def conversation(self, conversation_id: str) -> Total:
        """All that a conversation used, by every window.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        if not conversation_id:
            return Total()
        await self.settled()
        return await self._sums.total(Selection(conversation_id=conversation_id))

    def conversation_known(self, conversation_id: str) -> Total | None:
        """The same without waiting; `None` before it was read once."""
        return self._sums.known(Selection(conversation_id=conversation_id))

    async def spent(self, conversation_id: str) -> Mapping[Period, Spent]:
        """Used so far of each budget but the one for a request, by every window.

        Days and months are those of the local calendar.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        await self.settled()
        return await self._sums.spent(conversation_id)

    def goes_on(self, record_id: str) -> None:
        """Leave what was recorded of a run out of the sums here: it is to be recorded anew."""
        self._sums.leave_out(record_id)

    # Listening and leaving

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have a function called, on the event loop, when sums or models change.

        Returns how to end it.
        """
        self._listeners.append(callback)

        def end() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return end

    def _tell(self) -> None:
        for callback in tuple(self._listeners):
            callback()

    async def settled(self) -> None:
        """Wait until what was to be recorded so far is."""
        current = asyncio.current_task()
        while underway := [task for task in self._underway if task is not current]:
            await asyncio.wait(underway)

    async def close(self) -> None:
        """Have all records written, and log what this run of the app used. Before the store's."""
        await self.settled()
        await self._sums.write_the_rest()
        if self._sums.unwritten:
            _log.warning("%d records of usage are lost", self._sums.unwritten)
        self.log_session()

    def log_session(self) -> None:
        """Write a line of the session's total to the log file, where there was any request."""
        total = self.session
        if total == Total():
            return
        _log.info(
            "session: %d requests, %d tokens in (%d cached), %d out (%d reasoning), %s, %d kept",
            total.requests,
            total.usage.prompt,
            total.usage.cached,
            total.usage.completion,
            total.usage.reasoning,
            total.cost,
            total.kept,
        )
