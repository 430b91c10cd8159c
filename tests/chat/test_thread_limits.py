"""Limits and records of conversations in assistant mode, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from studybuddy.chat.meter import ConversationMeter
from studybuddy.domain.accounts import Origin, Outcome, Purpose, Total, UsageRecord
from studybuddy.domain.assistants import AssistantSpec, Function, Tool
from studybuddy.domain.endpoints import EndpointKind
from studybuddy.domain.events import (
    BudgetNear,
    StepChanged,
    TextDelta,
    TurnEvent,
    TurnRefused,
    TurnStarted,
)
from studybuddy.domain.limits import Amount, DoesNotFit, OverBudget, Period, PromptTooLong
from studybuddy.domain.messages import MessageState, Mode
from studybuddy.domain.metering import PartKind, Place
from studybuddy.domain.money import Cost, ModelFacts
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.runs import Hit, RunStatus
from studybuddy.domain.settings import LimitSettings, SavingSettings, Settings
from studybuddy.domain.usage import Usage
from tests.support.limited import Limited, of_window
from tests.support.memory_store import MemoryData
from tests.support.run_scripts import USAGE, Cuts, Ends, Pauses, RunsCode, Says, Script, Searches
from tests.support.scripted_provider import ENDPOINT, ScriptedProvider
from tests.support.study_room import StudyRoom, failed, finished, until
from tests.support.virtual_time import virtually

ROUND = Usage(prompt=100, completion=20)
"""140 nanodollars at the prices of the tests."""


class MeteredRoom(StudyRoom):
    """A study room with budgets, prices and records."""

    def __init__(
        self,
        *scripts: Script,
        budgets: Mapping[Period, Amount] | None = None,
        facts: ModelFacts | None = None,
        settings: Settings | None = None,
        exact: bool = True,
    ) -> None:
        data = MemoryData()
        self.parts = Limited(
            ScriptedProvider(),
            data,
            budgets=budgets,
            facts=facts,
            settings=settings,
            exact=exact,
        )
        super().__init__(*scripts, data=data, limits=self.parts.limits)

    @property
    def records(self) -> list[UsageRecord]:
        """What was recorded."""
        return list(self.parts.log.rows.values())

    def lift(self, events: list[TurnEvent]) -> None:
        """Press the key that lifts the budget that was told of last."""
        states = [e.state for e in events if isinstance(e, BudgetNear)]
        refused = [e.obstacle for e in events if isinstance(e, TurnRefused)]
        states += [o.state for o in refused if isinstance(o, OverBudget)]
        self.limits.budgets.lift(states[-1])


def refusal(events: list[TurnEvent]) -> object:
    """What was in the way; nothing else may have happened."""
    [event] = events
    assert isinstance(event, TurnRefused)
    return event.obstacle


def near(events: list[TurnEvent]) -> list[str]:
    """What was told of budgets."""
    return [str(event.state) for event in events if isinstance(event, BudgetNear)]


# What may not leave


@virtually
async def test_a_prompt_longer_than_allowed_is_refused_before_anything_is_stored() -> None:
    settings = Settings(limits=LimitSettings(prompt_characters=5))
    room = MeteredRoom(settings=settings)
    assert refusal(await room.send("Hello?")) == PromptTooLong(6, 5)
    assert room.session.messages == []
    assert await room.store.load(room.session.head.id) is None
    assert room.server.requests == []
    assert not room.session.busy
    finished(await room.send("Hell?"))


@virtually
async def test_a_question_that_alone_exceeds_the_window_is_refused_with_the_numbers() -> None:
    room = MeteredRoom(facts=of_window(40, 10))
    told = refusal(await room.send("word " * 28))
    assert told == DoesNotFit(31, 30, True, 0)
    assert str(told) == "31 of 30 tokens: too long for this model. Shorten it."
    finished(await room.send("word " * 27))
    assert len(room.server.asked) == 1


@virtually
async def test_an_estimate_keeps_a_margin_free() -> None:
    room = MeteredRoom(facts=of_window(40, 10), exact=False)
    assert isinstance(refusal(await room.send("word " * 25)), DoesNotFit)
    finished(await room.send("word " * 24))


@virtually
async def test_a_budget_that_is_used_up_refuses_until_it_is_lifted() -> None:
    day = {Period.DAY: Amount(tokens=30)}
    room = MeteredRoom(budgets=day)
    finished(await room.send("One?"))
    events = await room.send("Two?")
    assert str(refusal(events)) == "The day's budget of 30 tokens is used up."
    assert len(room.server.asked) == 1
    room.lift(events)
    finished(await room.send("Two?"))
    finished(await room.send("Three?"))


@virtually
async def test_what_the_thread_has_is_held_against_the_budget_of_a_request() -> None:
    room = MeteredRoom([Says("word " * 40)], budgets={Period.REQUEST: Amount(tokens=50)})
    await room.send("One?")
    told = refusal(await room.send("Two?"))
    assert str(told) == (
        "This would take at least 51 tokens, more than the request's budget of 50 tokens."
    )


@virtually
async def test_a_budget_that_nears_its_end_is_told_as_the_turn_begins() -> None:
    room = MeteredRoom(budgets={Period.DAY: Amount(tokens=50)})
    assert near(await room.send("One?")) == []
    events = await room.send("word")
    assert isinstance(events[1], BudgetNear)
    assert near(events) == ["With this, at least 84 % of the day's budget of 50 tokens is used."]


@virtually
async def test_a_model_without_a_price_is_told_of_once_and_counts_no_dollars() -> None:
    room = MeteredRoom(facts=ModelFacts(), budgets={Period.DAY: Amount(nanodollars=10**9)})
    assert near(await room.send("One?")) == [
        "The price of this model is not known: the day's budget of $1.00 can't count it."
    ]
    assert near(await room.send("Two?")) == []
    assert [(record.cost, record.free) for record in room.records] == [(None, False)] * 2


@virtually
async def test_stopping_while_the_limits_are_checked_stores_nothing() -> None:
    room = MeteredRoom()
    events = room.session.send("Well?", ENDPOINT)
    first = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    stopping = asyncio.ensure_future(room.session.stop())
    ended = await first
    rest = [event async for event in events]
    await stopping
    if isinstance(ended, TurnStarted):  # it had begun already
        assert finished(rest).answer.state is MessageState.STOPPED
    else:
        assert finished([ended]).answer.state is MessageState.STOPPED
        assert room.session.messages == []
    assert room.server.asked == []


# What is asked with


@virtually
async def test_the_longest_answer_is_the_conversations_own_or_what_is_set_for_all() -> None:
    room = MeteredRoom(settings=Settings(limits=LimitSettings(max_completion_tokens=300)))
    await room.send("One?")
    await room.session.set_limits(500, None)
    await room.send("Two?")
    assert [asked.max_completion_tokens for asked in room.server.asked] == [300, 500]
    free = MeteredRoom()
    await free.send("One?")
    assert free.server.asked[0].max_completion_tokens is None


@virtually
async def test_filler_is_left_out_where_the_student_wants_that() -> None:
    room = MeteredRoom(settings=Settings(savings=SavingSettings(filler_words=True)))
    await room.send("Could you please explain cells?")
    assert room.thread[0] == "Explain cells?"
    assert room.session.messages[0].text == "Explain cells?"


# While a run goes on


def rounds(number: int, usage: Usage | None = ROUND, seconds: float = 1) -> list[RunsCode]:
    return [RunsCode("1 + 1", "2", seconds, usage) for _ in range(number)]


@virtually
async def test_a_run_is_cancelled_where_its_tool_rounds_use_up_the_budget() -> None:
    script: Script = [Says("So far."), *rounds(4), Pauses(60), Says("Never said.")]
    room = MeteredRoom(script, budgets={Period.DAY: Amount(nanodollars=420)})
    events = await room.send("Count!")
    end = finished(events)
    assert end.finish_reason == "stopped"
    assert end.remark == "Stopped: the day's budget of $0.00000042 is used up."
    assert end.answer.state is MessageState.STOPPED
    assert end.answer.text == "So far."
    assert room.server.runs[0].run.status is RunStatus.CANCELLED
    steps = {event.step.id: event.step for event in events if isinstance(event, StepChanged)}
    assert sum(step.usage == ROUND for step in steps.values()) == 3
    [record] = room.records
    assert record.outcome is Outcome.STOPPED


@virtually
async def test_a_run_tells_at_eighty_percent_once_and_at_the_end_of_the_budget() -> None:
    room = MeteredRoom([*rounds(5), Pauses(60)], budgets={Period.CONVERSATION: Amount(tokens=500)})
    room.server.shelf.clear()
    room.server.put(AssistantSpec("Tutor"))
    events = await room.send("Count!")
    assert near(events) == [
        "96 % of the conversation's budget of 500 tokens is used.",
        "The conversation's budget of 500 tokens is used up.",
    ]
    assert finished(events).remark == (
        "Stopped: the conversation's budget of 500 tokens is used up."
    )


@virtually
async def test_a_requests_budget_counts_for_the_whole_run() -> None:
    room = MeteredRoom([*rounds(3), Pauses(60)], budgets={Period.REQUEST: Amount(tokens=240)})
    end = finished(await room.send("Count!"))
    assert end.remark == "Stopped: the request's budget of 240 tokens is used up."


@virtually
async def test_a_budget_lifted_while_the_run_goes_on_does_not_cancel_it() -> None:
    room = MeteredRoom([*rounds(8), Says("Done.")], budgets={Period.DAY: Amount(tokens=400)})
    stream = room.session.send("Count!", ENDPOINT)
    before = await until(stream, BudgetNear)
    room.lift(before)
    rest = [event async for event in stream]
    assert near(rest) == []
    assert finished(rest).answer.text == "Done."


@virtually
async def test_a_request_lifted_before_the_run_is_lifted_for_all_of_it_and_for_it_alone() -> None:
    room = MeteredRoom([*rounds(4), Says("Done.")], budgets={Period.REQUEST: Amount(tokens=5)})
    events = await room.send("Count to nine!")
    assert isinstance(refusal(events), OverBudget)
    room.lift(events)
    assert finished(await room.send("Count to nine!")).answer.text == "Done."
    assert isinstance(refusal(await room.send("Count to nine!")), OverBudget)


@virtually
async def test_a_request_lifted_while_the_run_goes_on_is_not_lifted_for_the_next_one() -> None:
    room = MeteredRoom([*rounds(9), Says("Done.")], budgets={Period.REQUEST: Amount(tokens=300)})
    stream = room.session.send("Count!", ENDPOINT)
    room.lift(await until(stream, BudgetNear))
    assert finished([event async for event in stream]).answer.text == "Done."
    assert finished(await room.send("Again!")).answer.state is MessageState.STOPPED


@virtually
async def test_rounds_that_nobody_reports_count_by_what_they_had_to_read() -> None:
    room = MeteredRoom(
        [*rounds(9, usage=None), Pauses(60)], budgets={Period.DAY: Amount(tokens=40)}
    )
    room.server.streams = True
    end = finished(await room.send("one two three four five"))  # 8 tokens
    assert end.remark == "Stopped: the day's budget of 40 tokens is used up."


@virtually
async def test_a_model_that_costs_nothing_goes_on_beyond_a_budget_of_dollars() -> None:
    room = MeteredRoom([*rounds(9), Says("Done.")], budgets={Period.DAY: Amount(nanodollars=1)})
    local = replace(ENDPOINT, kind=EndpointKind.LOCAL)
    events = [event async for event in room.session.send("Count!", local)]
    assert finished(events).answer.text == "Done."
    [record] = room.records
    assert (record.cost, record.free) == (0, True)


# What is recorded


@virtually
async def test_a_run_leaves_a_record_with_its_times_before_its_end_is_told() -> None:
    room = MeteredRoom([Pauses(2), Says("Hello there.", pause=1)])
    stream = room.session.send("Hello?", ENDPOINT)
    async for event in stream:
        last = event
    answer = finished([last]).answer
    assert answer.details is not None
    [record] = room.records
    assert record.id == answer.details.run_id
    assert record.origin == Origin(room.session.head.id, Mode.ASSISTANT, Purpose.RUN)
    assert (record.endpoint, record.model) == (ENDPOINT.name, ENDPOINT.model)
    assert (record.usage, record.reported, record.cost) == (USAGE, True, 40)
    assert record.first_token == pytest.approx(2.0)
    assert record.duration == pytest.approx(4.0)
    assert record.outcome is Outcome.COMPLETE
    assert room.parts.accounts.session.requests == 1


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        (Ends(RunStatus.FAILED, "Oops.", "server_error"), Outcome.FAILED),
        (Ends(RunStatus.EXPIRED), Outcome.FAILED),
        (Ends(RunStatus.INCOMPLETE, incomplete_reason="max_completion_tokens"), Outcome.COMPLETE),
        (Ends(RunStatus.CANCELLED), Outcome.STOPPED),
    ],
)
def test_however_a_run_ends_it_leaves_a_record(ends: Ends, outcome: Outcome) -> None:
    @virtually
    async def run() -> None:
        room = MeteredRoom([Says("Some."), ends])
        await room.send("Well?")
        [record] = room.records
        assert (record.outcome, record.usage) == (outcome, USAGE)

    run()


@virtually
async def test_without_the_runs_usage_its_steps_are_added_each_at_its_own_price() -> None:
    room = MeteredRoom([*rounds(3), Ends(usage=None)])
    answer = finished(await room.send("Count!")).answer
    [record] = room.records
    assert record.usage == answer.usage == ROUND + ROUND + ROUND
    assert (record.cost, record.reported) == (3 * 140, True)


@virtually
async def test_what_neither_the_run_nor_a_step_tells_is_counted_beside_what_they_tell() -> None:
    room = MeteredRoom([*rounds(3), Says("All done."), Ends(usage=None)])
    answer = finished(await room.send("Count!")).answer
    [record] = room.records
    assert record.usage == ROUND + ROUND + ROUND + Usage(prompt=4, completion=5)
    assert (record.cost, record.reported) == (3 * 140 + 14, False)
    assert answer.usage is None


@virtually
async def test_a_run_stopped_while_it_writes_is_recorded_with_what_it_wrote() -> None:
    room = MeteredRoom([*rounds(1), Says("word " * 200, pause=0.1)])
    stream = room.session.send("Count!", ENDPOINT)
    events = [event for _ in range(100) for event in await until(stream, TextDelta)]
    stopping = asyncio.ensure_future(room.session.stop())
    events += [event async for event in stream]
    await stopping
    assert room.server.runs[0].run.usage == ROUND
    words = len(finished(events).answer.text.split())
    assert words >= 100
    [record] = room.records
    assert record.usage == ROUND + Usage(prompt=4, completion=words + 3)
    assert (record.outcome, record.reported) == (Outcome.STOPPED, False)
    assert record.cost == 140 + 4 + 2 * (words + 3)


@virtually
async def test_a_run_is_cancelled_where_what_it_writes_uses_up_the_budget() -> None:
    room = MeteredRoom(
        [Says("word " * 5000, pause=0.01)], budgets={Period.REQUEST: Amount(tokens=100)}
    )
    end = finished(await room.send("Write!"))
    assert end.answer.state is MessageState.STOPPED
    [record] = room.records
    assert 100 <= record.usage.total < 200


@virtually
async def test_what_is_written_counts_beside_the_rounds_that_are_reported() -> None:
    room = MeteredRoom(
        [*rounds(2), Says("word " * 5000, pause=0.01)], budgets={Period.DAY: Amount(tokens=400)}
    )
    end = finished(await room.send("Write!"))
    assert end.answer.state is MessageState.STOPPED
    [record] = room.records
    assert 400 <= record.usage.total < 500


@virtually
async def test_what_nobody_reports_is_counted() -> None:
    room = MeteredRoom([Says("Not much, you?"), Ends(usage=None)])
    answer = finished(await room.send("What is up?")).answer
    [record] = room.records
    assert answer.usage is None
    assert not record.reported
    assert record.usage == Usage(prompt=6, completion=6)


@virtually
async def test_a_run_that_is_refused_leaves_a_record_of_nothing() -> None:
    room = MeteredRoom()
    refused = Problem(ProblemKind.QUOTA, "No.")
    room.server.failures["create_run"].append(refused)
    answer = failed(await room.send("Well?")).answer
    [record] = room.records
    assert (record.id, record.outcome, record.billed) == (answer.id, Outcome.FAILED, False)
    assert (record.usage, record.endpoint, record.model) == (Usage(), "scripted", ENDPOINT.model)
    assert record.origin == Origin(room.session.head.id, Mode.ASSISTANT, Purpose.RUN)


@virtually
async def test_a_question_that_never_left_leaves_no_record() -> None:
    room = MeteredRoom()
    room.server.failures["create_thread"].append(Problem(ProblemKind.QUOTA, "No."))
    failed(await room.send("Well?"))
    assert room.records == []
    room.connector.problem = Problem(ProblemKind.UNAUTHORIZED, "No.")
    failed(await room.send("Well?"))
    assert room.records == []


@virtually
async def test_a_run_that_may_have_begun_leaves_its_prompt_until_it_is_found() -> None:
    room = MeteredRoom([Pauses(60), Says("Well.")])
    room.server.lifetime = None
    await room.send("First?")
    lost = Problem(ProblemKind.TIMEOUT, "Nobody answers.", transient=True)
    room.server.lost["create_run"].extend([lost] * 9)
    room.server.failures["messages"].extend([lost] * 9)
    answer = failed(await room.send("One two three?")).answer
    record = room.records[-1]
    assert (record.id, record.reported) == (answer.id, False)
    assert record.usage.prompt > 6
    assert record.billed
    before = room.parts.accounts.session.requests
    room.server.lost.clear()
    room.server.failures.clear()
    finished(await room.retry())
    assert len(room.server.asked) == 2  # it was found
    [unknown] = [row for row in room.records if row.id == answer.id]
    assert not unknown.billed
    assert sum(row.usage.total for row in room.records) == 2 * USAGE.total
    assert room.parts.accounts.session.requests == before + 1


@virtually
async def test_a_run_followed_after_a_restart_leaves_one_record_at_the_time_it_began() -> None:
    room = MeteredRoom([Says("one two three", pause=5)])
    stream = room.session.send("Count!", ENDPOINT)
    await until(stream, TextDelta)
    await room.session.leave()
    await stream.aclose()
    assert room.records == []
    run = await room.reopen()
    assert run is not None
    began = room.server.runs[0].run.created_at
    room.parts.accounts.now = lambda: began + 600
    events = [event async for event in room.session.follow(run)]
    assert finished(events).answer.text == "one two three"
    [record] = room.records
    assert record.id == run.run_id
    assert record.at == began
    assert (record.usage, record.first_token, record.duration) == (USAGE, None, None)


@pytest.mark.parametrize("told", [1_700_000_000_000.0, 1_700_000_900.0, 12.0, 0.0, -1.0])
def test_a_time_that_can_not_be_is_not_taken_from_the_server(told: float) -> None:
    @virtually
    async def run() -> None:
        room = MeteredRoom([Says("one two three", pause=5)])
        room.server.lifetime = None
        stream = room.session.send("Count!", ENDPOINT)
        await until(stream, TextDelta)
        await room.session.leave()
        await stream.aclose()
        followed = await room.reopen()
        assert followed is not None
        room.parts.accounts.now = lambda: 1_700_000_600.0
        of_server = room.server.runs[0]
        of_server.run = replace(of_server.run, created_at=told)
        finished([event async for event in room.session.follow(followed)])
        [record] = room.records
        assert record.at == 1_700_000_600.0

    run()


@virtually
async def test_a_run_that_is_followed_again_counts_once() -> None:
    script: Script = [*rounds(1), Says("one"), Cuts(), Pauses(300), Says("two")]
    room = MeteredRoom(script, budgets={Period.DAY: Amount(tokens=220)})
    room.server.lifetime = None
    stream = room.session.send("Count!", ENDPOINT)
    await until(stream, TextDelta)
    room.connector.problem = Problem(ProblemKind.UNAUTHORIZED, "No.")
    failed([event async for event in stream][-1:])
    [record] = room.records
    assert record.usage.total >= ROUND.total
    room.connector.problem = None
    events = await room.retry()
    assert finished(events).answer.state is MessageState.COMPLETE
    assert near(events) == []


@virtually
async def test_a_run_that_was_lost_sight_of_is_recorded_once_in_the_end() -> None:
    room = MeteredRoom([Says("one"), Cuts(), Pauses(400), Says("two")])
    room.server.lifetime = None
    stream = room.session.send("Count!", ENDPOINT)
    await until(stream, TextDelta)
    room.connector.problem = Problem(ProblemKind.UNAUTHORIZED, "No.")
    [*_, end] = [event async for event in stream]
    assert failed([end]).answer.state is MessageState.INTERRUPTED
    room.connector.problem = None
    finished(await room.retry())
    [record] = room.records
    assert (record.outcome, record.usage) == (Outcome.COMPLETE, USAGE)
    assert room.parts.accounts.session.requests == 1


@virtually
async def test_a_disk_that_refuses_the_record_fails_no_turn() -> None:
    room = MeteredRoom()
    room.parts.log.failing = Problem(ProblemKind.STORAGE, "The disk is full.")
    finished(await room.send("Well?"))
    assert room.records == []


# The detail


@virtually
async def test_the_report_tells_what_the_server_will_read() -> None:
    hits = (Hit("file_1", "cells.md", "Cells divide a lot."),)
    room = MeteredRoom([Searches(hits), Says("They divide.")], facts=of_window(1000, 100))
    room.server.shelf.clear()
    room.server.put(AssistantSpec("Tutor", "Be kind to all.", tools=frozenset({Tool.FILE_SEARCH})))
    await room.send("What do cells do?")
    report = await room.session.report("And now?", ENDPOINT)
    assert [(p.kind, p.count.tokens, p.place) for p in report.parts] == [
        (PartKind.SYSTEM, 4, Place.SERVER),
        (PartKind.TOOLS, 0, Place.SERVER),
        (PartKind.NOTES, 4, Place.SERVER),
        (PartKind.MESSAGE, 4, Place.SERVER),
        (PartKind.MESSAGE, 2, Place.SERVER),
        (PartKind.DRAFT, 2, Place.INSIDE),
        (PartKind.OVERHEAD, 18, Place.INSIDE),
    ]
    assert report.request.tokens == 34
    assert not report.request.exact
    assert report.room.prompt == 900
    assert report.sending.nanodollars == 34
    assert report.parts[4].reported == USAGE
    assert report.parts[4].label == "Tutor: They divide."
    texts = [part.text for part in report.parts]
    notes, asked = "Cells divide a lot.", "What do cells do?"
    assert texts == ["Be kind to all.", "", notes, asked, "They divide.", "And now?", ""]


@virtually
async def test_the_report_is_made_without_the_server_too() -> None:
    room = MeteredRoom()
    await room.send("What?")
    room.connector.problem = Problem(ProblemKind.NO_CONNECTION, "Not there.")
    report = await room.session.report("", ENDPOINT)
    kinds = [PartKind.MESSAGE, PartKind.MESSAGE, PartKind.OVERHEAD]
    assert [part.kind for part in report.parts] == kinds


@virtually
async def test_the_meter_of_a_thread_shows_what_the_report_shows() -> None:
    hits = (Hit("file_1", "cells.md", "Cells divide a lot."),)
    room = MeteredRoom([Searches(hits), Says("They divide.")], facts=of_window(1000, 100))
    room.server.shelf.clear()
    function = Function("draw_card", "Draws a card with a question.", '{"type": "object"}')
    tools = frozenset({Tool.FILE_SEARCH})
    room.server.put(AssistantSpec("Tutor", "Be kind to all.", tools=tools, functions=(function,)))
    await room.send("What do cells do?")
    meter = ConversationMeter(room.parts.accounts, None, room.limits.fitter)
    meter.watch(room.session, ENDPOINT)
    for draft in ("", "And now?"):
        meter.typed([draft])
        report = await room.session.report(draft, ENDPOINT)
        reading = await meter.settle()
        assert (reading.request, reading.room) == (report.request, report.room)
        assert reading.sending == (report.sending if draft else None)
        assert any(part.label == "Function draw_card" for part in report.parts)


@virtually
async def test_failed_turns_are_left_out_of_the_report() -> None:
    room = MeteredRoom([Ends(RunStatus.FAILED, "Oops.", "invalid_prompt")])
    await room.send("What?")
    report = await room.session.report("", ENDPOINT)
    places = [part.place for part in report.parts if part.kind is PartKind.MESSAGE]
    assert places == [Place.LEFT_OUT, Place.LEFT_OUT]


@virtually
async def test_a_run_under_way_counts_as_what_the_server_has() -> None:
    room = MeteredRoom([Says("one two three", pause=1)])
    stream = room.session.send("Count!", ENDPOINT)
    await until(stream, TextDelta)
    report = await room.session.report("", ENDPOINT, "one")
    finished([event async for event in stream])
    parts = [part for part in report.parts if part.kind is PartKind.MESSAGE]
    assert [(part.text, part.place) for part in parts] == [
        ("Count!", Place.SERVER),
        ("one", Place.SERVER),
    ]
    assert report.request.tokens == sum(part.count.tokens for part in report.parts)


@virtually
async def test_an_answer_pinned_while_it_comes_stays_pinned() -> None:
    room = MeteredRoom([Says("one two three", pause=1)])
    stream = room.session.send("Count!", ENDPOINT)
    await until(stream, TextDelta)
    await room.session.pin(room.session.messages[-1].id, True)
    finished([event async for event in stream])
    assert [message.pinned for message in room.session.messages] == [False, True]
    assert [message.pinned for message in await room.stored()] == [False, True]


@virtually
async def test_limits_set_in_another_window_are_left_by_the_turns_of_this_one() -> None:
    room = MeteredRoom()
    await room.send("One?")
    await room.store.set_limits(room.session.head.id, 77, None)
    finished(await room.send("Two?"))
    opened = await room.store.load(room.session.head.id)
    assert opened is not None
    assert opened.head.max_completion_tokens == 77


@virtually
async def test_the_meter_shows_what_a_run_used_so_far() -> None:
    room = MeteredRoom([Searches(()), Says("They divide a lot.", pause=5)])
    meter = ConversationMeter(room.parts.accounts, None, room.limits.fitter)
    meter.watch(room.session, ENDPOINT)
    await meter.settle()
    shown: list[tuple[Usage, Cost]] = []

    def look() -> None:
        reading = meter.typed([""])
        if reading.used is not None and reading.cost is not None:
            shown.append((reading.used, reading.cost))

    room.parts.accounts.subscribe(look)
    finished(await room.send("What do cells do?"))
    [record] = room.records
    await meter.settle()
    look()
    assert shown[-1] == (record.usage, Cost(record.cost or 0, free=False))
    assert any(0 < used.total < record.usage.total for used, _ in shown)
    assert room.parts.accounts.going_on.of() == Total()
