"""Every request leaves a record, whatever its end."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from itertools import count
from threading import Event
from typing import Literal

import pytest

from studybuddy.chat.accounts import Accounts
from studybuddy.chat.metered import MeteredConnector
from studybuddy.domain.accounts import Origin, Outcome, Purpose, Selection, Total, UsageRecord
from studybuddy.domain.endpoints import Endpoint, EndpointKind, Model
from studybuddy.domain.events import ReasoningDelta, StatusChanged, TextDelta, UsageReported
from studybuddy.domain.limits import Period
from studybuddy.domain.messages import Mode, Role
from studybuddy.domain.phases import Phase
from studybuddy.domain.ports import CompletionFinished, CompletionProvider, CompletionRequest
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.usage import Usage
from tests.support.accounting import FlatPrices, WordCounter, accounts
from tests.support.memory_usage import MemoryUsageLog
from tests.support.scripted_provider import ScriptedConnector, ScriptedProvider, Step, says

ENDPOINT = Endpoint("lab", "http://lab.invalid/v1", EndpointKind.REMOTE, "small")
LOCAL = Endpoint("shelf", "http://127.0.0.1:9/v1", EndpointKind.LOCAL, "small")
NEARBY = Endpoint("attic", "http://192.168.1.20:11434/v1", EndpointKind.REMOTE, "small")
BUSY = Problem(ProblemKind.RATE_LIMITED, "Busy.", "Wait.")
ORIGIN = Origin("c1", Mode.COMPLETION, Purpose.SUMMARY)
REQUEST = CompletionRequest(
    ((Role.SYSTEM, "Be kind."), (Role.USER, "What is light?")), origin=ORIGIN
)
PROMPT = 3 + (3 + 2) + (3 + 3)
"""Tokens of REQUEST by `WordCounter`."""
REPORT = UsageReported(Usage(50, 7, 20, 4, 2))


class Lab:
    """A metered endpoint that plays scripts, and the records that it leaves."""

    def __init__(
        self,
        *scripts: list[Step],
        exact: bool = True,
        unpriced: bool = False,
        every: float = 60.0,
        log: MemoryUsageLog | None = None,
    ) -> None:
        self.endpoint = ENDPOINT
        self.provider = ScriptedProvider(*scripts)
        self.log = log or MemoryUsageLog()
        self.counter = WordCounter(exact=exact)
        prices = FlatPrices(unknown=["small"] if unpriced else [])
        self.accounts: Accounts = accounts(self.log, prices=prices, counter=self.counter)
        self.clock = count(100.0).__next__  # a second passes with each look
        self.connector = MeteredConnector(
            ScriptedConnector(self.provider), self.accounts, self.clock, every=every
        )

    async def connect(self) -> CompletionProvider:
        return await self.connector.connect(self.endpoint)

    async def ask(self, request: CompletionRequest = REQUEST) -> str:
        """As the app does: it leaves at the last event."""
        text = ""
        async with aclosing((await self.connect()).stream(request)) as events:
            async for event in events:
                match event:
                    case TextDelta(more):
                        text += more
                    case CompletionFinished():
                        break
        return text

    async def record(self) -> UsageRecord:
        """The one record there is."""
        await self.accounts.settled()
        (record,) = await self.log.records(Selection())
        return record


def problem(kind: ProblemKind) -> Problem:
    return Problem(kind, "It failed.")


async def test_what_the_endpoint_reports_is_recorded_as_it_is() -> None:
    lab = Lab([TextDelta("A "), TextDelta("wave."), REPORT, CompletionFinished("stop", "small-7")])
    assert await lab.ask() == "A wave."
    record = await lab.record()
    assert record == UsageRecord(
        record.id,
        1_000_000.0,
        "lab",
        "small",
        ORIGIN,
        REPORT.usage,
        True,
        (50 - 20) * 1 + 20 // 2 + 7 * 2,
        first_token=1.0,
        duration=2.0,
        outcome=Outcome.COMPLETE,
    )


async def test_an_iterator_that_is_read_to_its_very_end_is_complete_too() -> None:
    lab = Lab([*says("A wave."), StatusChanged(Phase.ANSWERING)])
    events = [event async for event in (await lab.connect()).stream(REQUEST)]
    assert len(events) == 4
    assert (await lab.record()).outcome is Outcome.COMPLETE


async def test_tokens_are_counted_where_none_are_reported() -> None:
    lab = Lab(says("It is a wave."))
    await lab.ask()
    record = await lab.record()
    assert (record.usage, record.reported) == (Usage(PROMPT, 4), False)
    assert record.cost == PROMPT + 4 * 2


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (Usage(0, 0), Usage(PROMPT, 2)),
        (Usage(50, 0), Usage(50, 2)),
        (Usage(0, 7, 0, 3), Usage(PROMPT, 7, 0, 3)),
    ],
)
async def test_what_a_report_leaves_out_is_counted(told: Usage, kept: Usage) -> None:
    lab = Lab([TextDelta("A wave."), UsageReported(told), CompletionFinished("stop", "small")])
    await lab.ask()
    record = await lab.record()
    assert (record.usage, record.reported) == (kept, False)


async def test_a_server_that_reports_more_than_was_said_is_not_believed() -> None:
    lab = Lab([TextDelta("It is so."), UsageReported(Usage(10**11, 10**12, 10**10)), says("")[-1]])
    async with aclosing((await lab.connect()).stream(REQUEST)) as events:
        assert not any([isinstance(event, UsageReported) async for event in events])
    record = await lab.record()
    assert (record.usage, record.reported) == (Usage(PROMPT, 3), False)
    assert lab.counter.learnt == []


async def test_an_answer_that_breaks_off_is_counted_as_far_as_it_came() -> None:
    lab = Lab([TextDelta("It is a"), problem(ProblemKind.CUT_OFF)])
    with pytest.raises(StudyBuddyError):
        await lab.ask()
    record = await lab.record()
    assert (record.outcome, record.usage) == (Outcome.FAILED, Usage(PROMPT, 3))


async def test_a_stream_that_ends_without_its_last_event_has_failed() -> None:
    lab = Lab([TextDelta("It is a")])
    assert await lab.ask() == "It is a"
    assert (await lab.record()).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "kind",
    [
        ProblemKind.NO_CONNECTION,
        ProblemKind.DNS,
        ProblemKind.UNAUTHORIZED,
        ProblemKind.RATE_LIMITED,
        ProblemKind.CONTEXT_OVERFLOW,
        ProblemKind.SERVER_ERROR,
    ],
)
@pytest.mark.parametrize("unpriced", [False, True])
async def test_a_request_that_was_refused_leaves_a_row_of_nothing(
    kind: ProblemKind, unpriced: bool
) -> None:
    lab = Lab([problem(kind)], unpriced=unpriced)
    with pytest.raises(StudyBuddyError):
        await lab.ask()
    record = await lab.record()
    assert (record.usage, record.cost, record.first_token) == (Usage(), 0, None)
    assert (record.outcome, record.reported) == (Outcome.FAILED, False)


@pytest.mark.parametrize(
    "kind", [ProblemKind.TIMEOUT, ProblemKind.EMPTY, ProblemKind.CUT_OFF, ProblemKind.MALFORMED]
)
async def test_a_prompt_that_was_taken_counts_though_no_word_came(kind: ProblemKind) -> None:
    lab = Lab([problem(kind)])
    with pytest.raises(StudyBuddyError):
        await lab.ask()
    assert (await lab.record()).usage == Usage(PROMPT)


async def test_words_before_a_refusal_count() -> None:
    lab = Lab([TextDelta("It is"), problem(ProblemKind.RATE_LIMITED)])
    with pytest.raises(StudyBuddyError):
        await lab.ask()
    assert (await lab.record()).usage == Usage(PROMPT, 2)


async def test_what_was_reported_before_a_failure_counts() -> None:
    lab = Lab([REPORT, problem(ProblemKind.EMPTY)])
    with pytest.raises(StudyBuddyError):
        await lab.ask()
    record = await lab.record()
    assert (record.usage, record.reported) == (REPORT.usage, True)


async def test_an_answer_of_an_unknown_price_is_unpriced_and_not_free() -> None:
    lab = Lab(says("A wave."), unpriced=True)
    await lab.ask()
    record = await lab.record()
    assert (record.cost, record.free) == (None, False)


async def test_a_stopped_answer_is_counted_as_far_as_it_came() -> None:
    gate = asyncio.Event()
    lab = Lab([TextDelta("It is a"), gate, TextDelta("wave.")])
    came = asyncio.Event()

    async def ask() -> None:
        async with aclosing((await lab.connect()).stream(REQUEST)) as events:
            async for _ in events:
                came.set()

    asking = asyncio.create_task(ask())
    await came.wait()
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()
    record = await lab.record()
    assert (record.outcome, record.usage) == (Outcome.STOPPED, Usage(PROMPT, 3))
    assert lab.provider.abandoned == 1


async def test_an_answer_that_is_closed_in_the_middle_was_stopped() -> None:
    lab = Lab(says("It is a wave."))
    events = (await lab.connect()).stream(REQUEST)
    await anext(events)
    await anext(events)
    await events.aclose()
    record = await lab.record()
    assert (record.outcome, record.usage) == (Outcome.STOPPED, Usage(PROMPT, 2))
    assert lab.provider.abandoned == 1


async def test_a_request_that_is_stopped_before_a_word_came_may_be_billed_for_its_prompt() -> None:
    gate = _Gate()
    lab = Lab([gate])
    asking = asyncio.create_task(lab.ask())
    await gate.reached.wait()
    asking.cancel()
    await asyncio.wait({asking})
    record = await lab.record()
    assert (record.outcome, record.usage) == (Outcome.STOPPED, Usage(PROMPT))


async def noted(lab: Lab, completion: int) -> UsageRecord:
    """The record of a request that is under way, once it has so many tokens of the answer."""
    async with asyncio.timeout(5):
        while True:
            for record in lab.log.rows.values():
                if record.usage.completion >= completion:
                    return record
            await asyncio.sleep(0.001)


async def test_a_row_is_written_when_the_request_leaves_and_grows_until_its_end_replaces_it() -> (
    None
):
    gates = [asyncio.Event(), asyncio.Event()]
    script: list[Step] = [
        *(gates[0], TextDelta("It is "), gates[1], TextDelta("a wave.")),
        REPORT,
    ]
    lab = Lab([*script, CompletionFinished("stop", "small")], every=0.001)
    asking = asyncio.create_task(lab.ask())
    left = await noted(lab, 0)
    assert (left.outcome, left.reported, left.usage) == (Outcome.INTERRUPTED, False, Usage(PROMPT))
    assert (left.cost, left.first_token, left.duration) == (PROMPT, None, None)
    assert (left.origin, left.model, left.at) == (ORIGIN, "small", 1_000_000.0)
    gates[0].set()
    grown = await noted(lab, 2)
    assert (grown.id, grown.usage, grown.cost) == (left.id, Usage(PROMPT, 2), PROMPT + 4)
    gates[1].set()
    await asking
    record = await lab.record()
    assert (record.id, record.outcome, record.usage) == (left.id, Outcome.COMPLETE, REPORT.usage)
    assert record.reported


async def test_what_is_under_way_counts_once_in_this_window_and_at_once_in_others() -> None:
    gate = asyncio.Event()
    lab = Lab([TextDelta("It is "), gate, *says("a wave.")], every=0.001)
    await lab.accounts.conversation("c1")
    asking = asyncio.create_task(lab.ask())
    await noted(lab, 2)
    other = accounts(MemoryUsageLog(rows=lab.log.rows))
    assert (await other.conversation("c1")).usage == Usage(PROMPT, 2)
    assert lab.accounts.session == Total()
    assert (await lab.accounts.spent("c1"))[Period.DAY].tokens == 0
    gate.set()
    await asking
    await lab.accounts.settled()
    total = lab.accounts.conversation_known("c1")
    assert total is not None
    assert (total.requests, total.usage) == (1, Usage(PROMPT, 4))
    assert lab.accounts.session == total


async def test_a_row_of_a_process_that_is_gone_counts_for_the_next() -> None:
    lab = Lab([TextDelta("It is "), asyncio.Event()], every=0.001)
    asking = asyncio.create_task(lab.ask())
    await noted(lab, 2)
    rows = dict(lab.log.rows)  # as they are on disk when it is killed
    asking.cancel()
    await asyncio.wait({asking})
    later = accounts(MemoryUsageLog(rows=rows))
    spent = await later.spent("c1")
    assert [spent[period].tokens for period in (Period.DAY, Period.CONVERSATION)] == [
        PROMPT + 2,
        PROMPT + 2,
    ]


async def test_a_disk_that_fails_meanwhile_fails_no_answer_and_the_end_is_written() -> None:
    class Tried(MemoryUsageLog):
        def __init__(self) -> None:
            super().__init__()
            self.tried = asyncio.Event()

        async def add(self, record: UsageRecord) -> None:
            self.tried.set()
            await super().add(record)

    gate, log = asyncio.Event(), Tried()
    lab = Lab([TextDelta("It is "), gate, *says("a wave.")], every=0.001, log=log)
    lab.log.failing = problem(ProblemKind.STORAGE)
    asking = asyncio.create_task(lab.ask())
    await asyncio.wait_for(log.tried.wait(), 5)
    lab.log.failing = None
    gate.set()
    assert await asking == "It is a wave."
    assert (await lab.record()).outcome is Outcome.COMPLETE


@pytest.mark.parametrize("stopped", [False, True])
async def test_thoughts_count_as_reasoning_where_nothing_is_reported(stopped: bool) -> None:
    thoughts: list[Step] = [
        *(ReasoningDelta("Let me "), ReasoningDelta("see.")),
        TextDelta("A wave."),
    ]
    end: Step = asyncio.Event() if stopped else CompletionFinished("stop", "small")
    lab = Lab([*thoughts, end])
    events = (await lab.connect()).stream(REQUEST)
    for _ in thoughts:
        await anext(events)
    if not stopped:
        await anext(events)
    await events.aclose()
    record = await lab.record()
    assert (record.usage, record.reported) == (Usage(PROMPT, 5, reasoning=3), False)
    assert record.first_token == 1.0


async def test_thoughts_alone_count_though_no_word_came() -> None:
    lab = Lab([ReasoningDelta("Let me see."), problem(ProblemKind.RATE_LIMITED)])
    with pytest.raises(StudyBuddyError):
        await lab.ask()
    assert (await lab.record()).usage == Usage(PROMPT, 3, reasoning=3)


async def test_a_stream_that_was_never_begun_leaves_nothing() -> None:
    lab = Lab(says("A wave."))
    await (await lab.connect()).stream(REQUEST).aclose()
    await lab.accounts.settled()
    assert lab.log.rows == {}


async def test_every_attempt_leaves_its_own_row() -> None:
    lab = Lab([problem(ProblemKind.RATE_LIMITED)], says("A wave."))
    with pytest.raises(StudyBuddyError):
        await lab.ask()
    await lab.ask()
    await lab.accounts.settled()
    assert [r.outcome for r in lab.log.rows.values()] == [Outcome.FAILED, Outcome.COMPLETE]


async def test_the_end_of_an_answer_does_not_wait_for_the_tokenizer_but_the_sums_do() -> None:
    lab = Lab(says("A wave."))
    lab.counter.gate = Event()
    assert await lab.ask() == "A wave."
    assert lab.log.rows == {}
    reading = asyncio.create_task(lab.accounts.conversation("c1"))
    await asyncio.sleep(0)
    assert not reading.done()
    lab.counter.gate.set()
    assert (await reading).requests == 1


async def test_leaving_the_app_waits_until_the_record_is_written() -> None:
    lab = Lab([TextDelta("A"), asyncio.Event()])
    events = (await lab.connect()).stream(REQUEST)
    await anext(events)
    lab.counter.gate = Event()
    await events.aclose()
    leaving = asyncio.create_task(lab.accounts.close())
    await asyncio.sleep(0)
    lab.counter.gate.set()
    await leaving
    assert [record.usage for record in lab.log.rows.values()] == [Usage(PROMPT, 1)]


async def test_reports_teach_where_counts_are_estimates() -> None:
    estimating = Lab(
        [*says("A wave.")[:-1], REPORT, CompletionFinished("stop", "small")], exact=False
    )
    await estimating.ask()
    assert (await estimating.record()).usage == REPORT.usage
    assert estimating.counter.learnt == [("small", PROMPT, 50)]
    exact = Lab([REPORT, CompletionFinished("stop", "small")])
    await exact.ask()
    await exact.record()
    assert exact.counter.learnt == []


async def test_the_model_is_the_one_that_was_asked_for_else_the_one_that_answered() -> None:
    named = CompletionRequest(REQUEST.messages, "large")
    lab = Lab(says("A wave."))
    await lab.ask(named)
    assert (await lab.record()).model == "large"
    nameless = Lab([TextDelta("A"), CompletionFinished("stop", "the-server's-own")])
    nameless.provider._endpoint = Endpoint("lab", "", EndpointKind.LOCAL)
    connector = MeteredConnector(_AsItIs(nameless.provider), nameless.accounts)
    provider = await connector.connect(ENDPOINT)
    assert [event async for event in provider.stream(REQUEST)]
    assert (await nameless.record()).model == "the-server's-own"


async def test_windows_that_the_endpoint_lists_are_learnt() -> None:
    lab = Lab(says("A wave."))
    lab.provider._models = [Model("small", context_window=123)]
    provider = await lab.connect()
    assert await provider.models() == [Model("small", context_window=123)]
    assert (await lab.accounts.facts(ENDPOINT)).context_window == 123


class Listing(ScriptedProvider):
    """Of a server that tells windows of models that are loaded."""

    def __init__(self, *scripts: list[Step]) -> None:
        super().__init__(*scripts)
        self.listed = 0

    async def models(self) -> list[Model]:
        self.listed += 1
        return [Model("small", context_window=4096 if self.requests else None)]


def listing(*scripts: list[Step], endpoint: Endpoint) -> tuple[Lab, Listing]:
    lab, provider = Lab(), Listing(*scripts)
    lab.endpoint = endpoint
    lab.connector = MeteredConnector(ScriptedConnector(provider), lab.accounts, lab.clock)
    return lab, provider


@pytest.mark.parametrize("endpoint", [LOCAL, NEARBY])
async def test_a_window_that_is_told_once_the_model_is_loaded_is_learnt_after_its_answer(
    endpoint: Endpoint,
) -> None:
    lab, provider = listing(says("A wave."), endpoint=endpoint)
    learnt = asyncio.Event()
    lab.accounts.subscribe(learnt.set)
    await lab.ask()
    async with asyncio.timeout(5):
        while (await lab.accounts.facts(endpoint)).context_window != 4096:
            await learnt.wait()
            learnt.clear()
    await lab.ask()
    await lab.accounts.settled()
    assert provider.listed == 1


@pytest.mark.parametrize(
    ("script", "endpoint"),
    [([TextDelta("A")], LOCAL), ([BUSY], LOCAL), (says("A wave."), ENDPOINT)],
)
async def test_nothing_is_listed_after_a_failure_or_of_a_server_elsewhere(
    script: list[Step], endpoint: Endpoint
) -> None:
    lab, provider = listing(script, endpoint=endpoint)
    with suppress(StudyBuddyError):
        await lab.ask()
    await lab.accounts.settled()
    assert provider.listed == 0


async def test_all_else_is_the_providers_own() -> None:
    lab = Lab(says("A wave."))
    lab.provider.counts = 77
    provider = await lab.connect()
    assert provider.endpoint == ENDPOINT
    assert await provider.count(REQUEST) == 77
    await provider.close()
    assert lab.provider.closed


async def test_a_connection_that_fails_is_told_and_leaves_no_row() -> None:
    lab = Lab()
    failing = ScriptedConnector(lab.provider, problem=problem(ProblemKind.ENGINE))
    with pytest.raises(StudyBuddyError):
        await MeteredConnector(failing, lab.accounts).connect(ENDPOINT)
    await lab.accounts.settled()
    assert lab.log.rows == {}


class _AsItIs:
    """Connects to a provider and leaves its endpoint alone."""

    def __init__(self, provider: ScriptedProvider) -> None:
        self._provider = provider

    async def connect(self, endpoint: Endpoint) -> ScriptedProvider:
        return self._provider


class _Gate(asyncio.Event):
    """A gate that tells when someone waits at it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def wait(self) -> Literal[True]:
        self.reached.set()
        return await super().wait()


async def test_where_nothing_would_be_kept_of_it_nothing_is_learnt() -> None:
    lab = Lab([REPORT, CompletionFinished("stop", "small")], exact=False)
    connector = MeteredConnector(ScriptedConnector(lab.provider), lab.accounts, learns=False)
    provider = await connector.connect(ENDPOINT)
    assert [event async for event in provider.stream(REQUEST)]
    assert (await lab.record()).usage == REPORT.usage
    assert lab.counter.learnt == []
