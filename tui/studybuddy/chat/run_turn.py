"""One answer made by a run: started or taken up again, followed, and brought to disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace

from studybuddy.chat.faults import problem_of
from studybuddy.chat.journal import Journal
from studybuddy.chat.mailbox import Mailbox
from studybuddy.chat.run_account import RunAccount
from studybuddy.chat.run_begun import Begun, Start
from studybuddy.chat.run_endings import (
    Ending,
    ending,
    given_up,
    never_begun,
    not_set_up,
    perhaps_begun,
)
from studybuddy.chat.run_parts import RunParts
from studybuddy.chat.run_text import RunText
from studybuddy.chat.run_worker import STOP_PATIENCE, RunWorker
from studybuddy.domain.assistant_ports import FollowedRun
from studybuddy.domain.events import (
    TextDelta,
    TextReplaced,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    UsageReported,
)
from studybuddy.domain.messages import Message, MessageState
from studybuddy.domain.polling import GiveUp
from studybuddy.domain.problems import Problem, StudyBuddyError

_log = logging.getLogger(__name__)
_messages_log = logging.getLogger("studybuddy.messages")
"""For the texts themselves; silent unless the setting `log_messages` is on."""


class RunTurn:
    """The making of one answer; it goes on in a task of its own, whoever reads the events."""

    def __init__(self, answer: Message, parts: RunParts) -> None:
        self.message = answer
        self._parts = parts
        self._journal = Journal(parts.store, answer.id)
        if answer.text:
            self._journal.put(answer.text)
        self._mailbox = Mailbox()
        self._work: asyncio.Task[Ending] | None = None
        self._begin: asyncio.Task[Begun] | None = None
        self._worker: RunWorker | None = None
        self._start: Start | None = None
        self._assistant = ("", "")
        self._stop_asked = False
        self._ended = asyncio.Event()

    @property
    def over(self) -> bool:
        """Whether the end is on disk, or the run was left alone."""
        return self._ended.is_set()

    @property
    def account(self) -> RunAccount:
        """What the run uses."""
        return self._parts.account

    @property
    def stop_asked(self) -> bool:
        """Whether the student wants it to stop."""
        return self._stop_asked

    @property
    def run_id(self) -> str:
        """The run, once it exists."""
        return self._worker.state.run.id if self._worker else ""

    def put(self, event: TurnEvent) -> None:
        """Tell an event, and journal the text."""
        match event:
            case TextDelta(text):
                self._journal.add(text)
            case TextReplaced(text):
                self._journal.put(text)
            case UsageReported(usage):
                self.message = replace(self.message, usage=usage)
        self._parts.account.saw(event)
        self._mailbox.put(event)

    async def events(self, start: Start, *, draft: str = "") -> AsyncGenerator[TurnEvent]:
        """Make the answer, and yield what happens.

        The last event is TurnFinished or TurnFailed, and what it says is on disk by then; there
        is none where `leave` was called.

        Args:
            start: starts the run, or finds the one to be followed.
            draft: what the student had answered of what the run requires.
        """
        if self.over:
            return
        self._start = start
        self.account.begins()
        self._work = asyncio.create_task(self._follow(start, draft))
        ending = asyncio.create_task(self._conclude(self._work))
        try:
            async for event in self._mailbox:
                yield event
        finally:
            if not self.over:
                self._work.cancel()
            await asyncio.shield(ending)

    async def answer(self, outputs: Mapping[str, str]) -> None:
        """Submit what the run requires; see `RunWorker.answer`."""
        if self._worker is None or self.over:
            raise ValueError("the run waits for no answer")
        await self._worker.answer(outputs)

    async def stop(self) -> None:
        """Cancel the run, and return when what came of it is on disk."""
        self._stop_asked = True
        if self._worker is not None:
            self._worker.stop()
        elif self._begin is not None:
            self._stop_beginning(self._begin)
        await self._ended.wait()

    async def leave(self) -> None:
        """Stop following, with what came so far on disk; the run goes on."""
        if self._work is None:
            self.release()
            return
        self._work.cancel()
        await self._ended.wait()

    def release(self) -> None:
        """Let go of who waits for the end."""
        self._ended.set()
        self._mailbox.close()

    async def _conclude(self, work: asyncio.Task[Ending]) -> None:
        """Bring the answer to disk, whichever way the work went."""
        await asyncio.wait({work})
        try:
            if work.cancelled():
                await self._left()
            elif (error := work.exception()) is not None:
                await self._end(self._fault(problem_of(error)))
            else:
                await self._end(work.result())
        finally:
            self.release()

    async def _follow(self, start: Start, draft: str) -> Ending:
        begun = await self._started(start)
        if begun is None and start.committed:
            try:
                async with asyncio.timeout(STOP_PATIENCE):
                    begun = await start.lost()
            except (StudyBuddyError, TimeoutError) as error:
                _log.info("a start that was stopped is not accounted for: %s", error)
                return perhaps_begun()
        if begun is None:
            return never_begun()
        if begun.events is None:
            self.account.was_found()
        self._assistant = self._parts.assistant()
        goes_on = self.message.details.goes_on if self.message.details else 0
        text = RunText(self._journal.text, goes_on, self._parts.question)
        worker = RunWorker(self._parts.connect, begun.run, self.put, text=text, draft=draft)
        self._worker = worker
        try:
            await self._remember(begun.run.id, begun.run.thread_id, draft)
        except asyncio.CancelledError:
            if begun.events is not None:
                await begun.events.aclose()
            raise
        if self._stop_asked:
            worker.stop()
        account = self._parts.account
        async with self._journal.running(), account.watching(worker.state, self.put, worker.stop):
            verdict = await worker.follow(begun.events)
        _log.info("run %s: %s", begun.run.id, worker.state.run.status)
        if self._parts.stands_in and verdict in (GiveUp.GONE, GiveUp.REFUSED):
            return not_set_up(self._parts.endpoint)
        if verdict is not GiveUp.OVER:
            return given_up(verdict, worker.problem, stop_asked=worker.stop_asked)
        return ending(
            worker.state.run,
            text=worker.state.written,
            used_tools=worker.state.used_tools,
            stop_asked=worker.stop_asked,
            said_again=worker.state.said_again,
            over=None if self._stop_asked else account.ended_by(worker.state.run),
        )

    async def _started(self, start: Start) -> Begun | None:
        """The run; `None` where the student stopped it before it began."""
        self._begin = asyncio.ensure_future(start.begin())
        if self._stop_asked:
            self._stop_beginning(self._begin)
        try:
            await asyncio.wait({self._begin})
            return None if self._begin.cancelled() else self._begin.result()
        finally:
            self._begin.cancel()

    def _stop_beginning(self, begin: asyncio.Future[Begun]) -> None:
        """Stop the start at once, or where a run may exist, once it has had time to say which."""
        if self._start is not None and self._start.committed:
            asyncio.get_running_loop().call_later(STOP_PATIENCE, begin.cancel)
        else:
            begin.cancel()

    def _fault(self, problem: Problem) -> Ending:
        """The end where something of ours failed; a run that it leaves alone is kept in mind."""
        alone = self._worker is not None and not self._worker.state.run.status.over
        return Ending(MessageState.INTERRUPTED if alone else MessageState.FAILED, problem=problem)

    async def _remember(self, run_id: str, thread_id: str, draft: str) -> None:
        run = FollowedRun(
            run_id,
            thread_id,
            self._parts.conversation_id,
            self.message.id,
            self._parts.endpoint,
            draft,
        )
        try:
            await self._parts.runs.follow(run)
        except StudyBuddyError as error:
            _log.warning("run %s would be lost by a restart: %s", run_id, error)

    async def _left(self) -> None:
        """Keep what came, where nobody follows any more."""
        try:
            if self._worker is None:
                cut = replace(self.message, state=MessageState.INTERRUPTED)
                self.message = cut
                await self._parts.store.finish(cut)
            else:
                await self._journal.flush()
        except StudyBuddyError as error:
            _log.warning("the answer %s was left, not written: %s", self.message.id, error)

    async def _end(self, end: Ending) -> None:
        """Bring the answer and its ending to disk, then tell it."""
        self.message = self._ended_message(end)
        event: TurnFinished | TurnFailed
        if end.problem is None:
            event = TurnFinished(self.message, end.finish_reason, end.remark)
        else:
            event = TurnFailed(self.message, end.problem)
        _messages_log.info("answered (%s): %s", self.message.state, self.message.text)
        try:
            await self._parts.store.finish(self.message)
            if self.run_id and end.state is not MessageState.INTERRUPTED:
                await self._parts.runs.run_over(self.run_id)
        except StudyBuddyError as error:
            event = self._unwritten(error.problem)
        if self._worker is not None:
            await self.account.close(self._worker.state, end.state)
        elif self._start is not None and self._start.asked:
            await self.account.close_unknown(self.message, end.problem)
        self._mailbox.put(event)

    def _ended_message(self, end: Ending) -> Message:
        message = replace(
            self.message,
            text=self._journal.text if self._is_to_be_kept(end.state) else "",
            state=end.state,
            error=str(end.problem) if end.problem else "",
            finish_reason=end.finish_reason if end.state is MessageState.COMPLETE else "",
        )
        if self._worker is None:
            return message
        state = self._worker.state
        assistant_id, name = self._assistant
        if state.run.assistant_id not in ("", assistant_id):
            name = ""  # another one answered than was chosen by then
        return replace(message, model=state.run.model or message.model, details=state.details(name))

    def _is_to_be_kept(self, state: MessageState) -> bool:
        """Whether the text is an answer; what it went on from is none by itself."""
        if state in (MessageState.COMPLETE, MessageState.INTERRUPTED):
            return True
        known = self.message.details
        written = self._worker.state.written if self._worker else ""
        return bool(written) or known is None or not known.goes_on

    def _unwritten(self, problem: Problem) -> TurnFailed:
        self.message = replace(self.message, state=MessageState.FAILED, error=str(problem))
        return TurnFailed(self.message, problem)
