"""A turn in completion mode where limits hold, budgets are set, and answers are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace

import pytest

from studybuddy.chat.heads import new_conversation
from studybuddy.chat.session import ChatSession
from studybuddy.domain.accounts import Outcome, Purpose, UsageRecord
from studybuddy.domain.allowances import Allowance
from studybuddy.domain.events import (
    BudgetNear,
    ContextFitted,
    ReasoningDelta,
    StatusChanged,
    TextDelta,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnRefused,
    TurnStarted,
    UsageReported,
)
from studybuddy.domain.limits import (
    Amount,
    DoesNotFit,
    OverBudget,
    Overflow,
    Period,
    PromptTooLong,
)
from studybuddy.domain.messages import MessageState, OpenConversation
from studybuddy.domain.metering import PartKind, Place
from studybuddy.domain.money import FREE, ModelFacts, Tariff
from studybuddy.domain.phases import Phase
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import LimitSettings, SavingSettings, Settings
from studybuddy.domain.usage import Count, Usage
from tests.support.limited import Limited, of_window
from tests.support.memory_store import MemoryConversationStore
from tests.support.scripted_provider import ENDPOINT, ScriptedProvider, Step, says

DROP, SUMMARISE = Allowance(Overflow.DROP), Allowance(Overflow.SUMMARISE)
BUSY = Problem(ProblemKind.RATE_LIMITED, "Too many requests.", transient=True, retry_after=0)
KEEPING = Settings(savings=SavingSettings(keep_answers=True))


class Chat:
    """A session with limits, on a server that answers in 40 words unless it is told otherwise."""

    def __init__(
        self,
        *scripts: Sequence[Step],
        facts: ModelFacts | None = None,
        settings: Settings | None = None,
        budgets: Mapping[Period, Amount] | None = None,
        system_prompt: str = "",
    ) -> None:
        self.store = MemoryConversationStore()
        self.provider = ScriptedProvider(*(scripts or (says("so " * 38 + "it is."),)))
        self.parts = Limited(
            self.provider, self.store.data, facts=facts, settings=settings, budgets=budgets
        )
        head = new_conversation(system_prompt)
        self.session = self.opened(OpenConversation(head), new=True)

    def opened(self, opened: OpenConversation, *, new: bool = False) -> ChatSession:
        return ChatSession(opened, self.store, self.parts.connector, self.parts.limits, new=new)

    async def send(self, text: str, allow: Allowance | None = None) -> list[TurnEvent]:
        events = self.session.send(text, ENDPOINT, allow or Allowance())
        return [event async for event in events]

    async def retry(self) -> list[TurnEvent]:
        return [event async for event in self.session.retry(ENDPOINT)]

    async def records(self) -> list[UsageRecord]:
        await self.parts.accounts.settled()
        return list(self.parts.log.rows.values())

    def asked(self, request: int = -1) -> list[str]:
        return [text.split()[0] for _, text in self.provider.requests[request].messages]


async def until(events: AsyncGenerator[TurnEvent], kind: type) -> TurnEvent:
    async for event in events:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind.__name__}")


def words(first: str, count: int = 40) -> str:
    return f"{first} " * count


async def test_what_does_not_fit_is_refused_and_nothing_is_sent_or_stored() -> None:
    chat = Chat(facts=of_window(300, 100))
    await chat.send(words("one"))
    await chat.send(words("two"))
    before = list(chat.session.messages)
    [refused] = await chat.send(words("three"))
    assert refused == TurnRefused(DoesNotFit(218, 200, True, 2))
    assert len(chat.provider.requests) == 2
    assert chat.session.messages == before
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    assert len(opened.messages) == 4
    assert not chat.session.busy


async def test_the_first_question_of_a_new_conversation_is_refused_without_a_trace() -> None:
    chat = Chat(facts=of_window(30, 10))
    [refused] = await chat.send(words("one"))
    assert refused == TurnRefused(DoesNotFit(46, 20, True, 0))
    assert await chat.store.recent(9) == []


async def test_the_student_may_let_the_oldest_turns_go_and_is_told_how_many_did() -> None:
    chat = Chat(facts=of_window(300, 100))
    await chat.send(words("one"))
    await chat.send(words("two"))
    events = await chat.send(words("three"), DROP)
    assert isinstance(events[0], TurnStarted)
    assert events[1] == ContextFitted(dropped=2)
    assert isinstance(events[-1], TurnFinished)
    assert chat.asked() == ["two", "so", "three"]
    assert len(chat.session.messages) == 6


async def test_a_pinned_message_stays_with_its_answer_also_after_a_restart() -> None:
    chat = Chat(facts=of_window(300, 100))
    await chat.send(words("one"))
    await chat.send(words("two"))
    await chat.session.pin(chat.session.messages[0].id, pinned=True)
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    chat.session = chat.opened(opened)
    await chat.send(words("three"), DROP)
    assert chat.asked() == ["one", "so", "three"]
    await chat.session.pin(chat.session.messages[0].id, pinned=False)
    await chat.send(words("four"), DROP)
    assert chat.asked() == ["three", "so", "four"]


async def test_a_message_pinned_while_it_is_written_stays_pinned() -> None:
    gate = asyncio.Event()
    chat = Chat([TextDelta("Half "), gate, *says("an answer.")])
    events = chat.session.send("Well?", ENDPOINT)
    await until(events, TextDelta)
    await chat.session.pin(chat.session.messages[-1].id, pinned=True)
    gate.set()
    await until(events, TurnFinished)
    await events.aclose()
    assert chat.session.messages[-1].pinned


async def test_a_conversations_own_limits_hold_and_are_stored() -> None:
    chat = Chat(facts=of_window(300, 100))
    await chat.send(words("one"))
    await chat.session.set_limits(20, Overflow.DROP)
    await chat.send(words("two"))
    assert chat.provider.requests[-1].max_completion_tokens == 20
    await chat.send(words("three"))
    assert chat.asked() == ["one", "so", "two", "so", "three"]
    await chat.send(words("four"))
    assert chat.asked() == ["two", "so", "three", "so", "four"]
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    assert (opened.head.max_completion_tokens, opened.head.overflow) == (20, Overflow.DROP)


async def test_an_answer_that_reached_its_limit_says_so() -> None:
    chat = Chat(says("It is", finish_reason="length"))
    await chat.session.set_limits(2, None)
    finished = (await chat.send("Well?"))[-1]
    assert isinstance(finished, TurnFinished)
    assert finished.remark == "The answer was cut at 2 tokens, the longest that is allowed here."


async def test_older_turns_are_summed_up_before_the_turn_begins() -> None:
    summary = says("They counted.")
    answer = says("so " * 38 + "it is.")
    chat = Chat(*[answer] * 9, summary, answer, facts=of_window(1000, 200))
    for number in range(9):
        await chat.send(words(str(number)))
    events = await chat.send(words("ten"), SUMMARISE)
    assert events[0] == StatusChanged(Phase.THINKING, "summing up 14 earlier messages")
    assert isinstance(events[1], TurnStarted)
    assert events[2] == ContextFitted(summarised=14)
    assert chat.asked()[:3] == ["Please", "They", "7"]
    purposes = [record.origin.purpose for record in await chat.records()]
    assert purposes == [*[Purpose.ANSWER] * 9, Purpose.SUMMARY, Purpose.ANSWER]
    await chat.send("Short.", SUMMARISE)
    assert chat.asked()[:3] == ["Please", "They", "7"]


@pytest.mark.parametrize("one_request", [True, False])
async def test_a_refusal_tells_what_summing_up_would_take_and_that_is_what_it_takes(
    *, one_request: bool
) -> None:
    summary = says("They " + "counted " * 24)
    answer = says("so " * 38 + "it is.")
    window = 1000 if one_request else 620
    chat = Chat(*[answer] * 9, *[summary] * 9, facts=of_window(window, 200))
    for number in range(9):
        await chat.send(words(str(number)), DROP)
    refused = (await chat.send(words("ten")))[-1]
    assert isinstance(refused, TurnRefused)
    assert isinstance(refused.obstacle, DoesNotFit)
    told = refused.obstacle.summing
    assert told is not None
    events = await chat.send(words("ten"), SUMMARISE)
    [fitted] = [event for event in events if isinstance(event, ContextFitted)]
    paid = [r for r in await chat.records() if r.origin.purpose is Purpose.SUMMARY]
    assert (told.messages, told.requests) == (fitted.summarised, len(paid))
    assert (told.requests == 1) == one_request
    assert 0 < sum(record.cost or 0 for record in paid) <= told.cost.nanodollars


async def test_stopping_while_it_is_summed_up_sends_and_stores_nothing() -> None:
    gate = asyncio.Event()
    answer = says("so " * 38 + "it is.")
    chat = Chat(answer, answer, [gate], facts=of_window(600, 300))
    await chat.send(words("one", 100))
    await chat.send(words("two", 100))
    events = chat.session.send(words("three", 100), ENDPOINT, SUMMARISE)
    await until(events, StatusChanged)
    assert chat.session.busy
    async with asyncio.timeout(5):
        while len(chat.provider.requests) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    stopping = asyncio.create_task(chat.session.stop())
    rest = [event async for event in events]
    await stopping
    assert isinstance(rest[-1], TurnFinished)
    assert rest[-1].answer.state is MessageState.STOPPED
    assert len(chat.session.messages) == 4
    assert chat.parts.summaries.kept == []
    assert chat.provider.abandoned == 1
    assert not chat.session.busy


async def test_where_it_cannot_be_summed_up_the_turn_is_not_sent_and_says_why() -> None:
    refused = Problem(ProblemKind.QUOTA, "No credit is left.", "Add some.")
    answer = says("so " * 38 + "it is.")
    chat = Chat(answer, answer, [refused], facts=of_window(600, 300))
    await chat.send(words("one", 100))
    await chat.send(words("two", 100))
    failed = (await chat.send(words("three", 100), SUMMARISE))[-1]
    assert isinstance(failed, TurnFailed)
    assert "could not be summed up. No credit is left." in failed.problem.sentence
    assert len(chat.session.messages) == 4


async def test_a_prompt_that_is_longer_than_the_student_allows_is_refused_first() -> None:
    settings = Settings(limits=LimitSettings(prompt_characters=10))
    chat = Chat(facts=of_window(6, 3), settings=settings)
    assert await chat.send("eleven char") == [TurnRefused(PromptTooLong(11, 10))]
    chat = Chat(settings=settings)
    assert isinstance((await chat.send("ten chars."))[-1], TurnFinished)


async def test_a_budget_warns_at_80_percent_and_stops_at_100_until_it_is_lifted() -> None:
    usage = UsageReported(Usage(10, 80))
    chat = Chat([usage, *says("Yes.")], budgets={Period.CONVERSATION: Amount(tokens=250)})
    assert not any(isinstance(event, BudgetNear) for event in await chat.send("One?"))
    await chat.send("Two?")
    near = next(e for e in await chat.send("Three?") if isinstance(e, BudgetNear))
    assert near.state.share > 0.8
    assert isinstance((await chat.send("Four?"))[0], TurnRefused)
    [refused] = await chat.send("Four?")
    assert isinstance(refused, TurnRefused)
    assert isinstance(refused.obstacle, OverBudget)
    assert len(chat.provider.requests) == 3
    chat.parts.limits.budgets.lift(refused.obstacle.state)
    assert isinstance((await chat.send("Four?"))[-1], TurnFinished)


REQUEST = {Period.REQUEST: Amount(tokens=30)}
SPENT = "Stopped: the request's budget of 30 tokens is used up."


def near(events: Sequence[TurnEvent]) -> list[str]:
    """What was told of budgets."""
    return [str(event.state) for event in events if isinstance(event, BudgetNear)]


async def test_an_answer_is_asked_for_no_longer_than_the_budget_allows() -> None:
    chat = Chat(says("so", finish_reason="length"), budgets=REQUEST)
    finished = (await chat.send("One two three four?"))[-1]  # 10 tokens
    assert chat.provider.requests[-1].max_completion_tokens == 20
    assert isinstance(finished, TurnFinished)
    assert (finished.remark, finished.answer.state) == (SPENT, MessageState.COMPLETE)


async def test_a_shorter_answer_is_asked_for_where_the_student_wants_that() -> None:
    chat = Chat(says("so", finish_reason="length"), budgets=REQUEST)
    await chat.session.set_limits(5, None)
    finished = (await chat.send("Well?"))[-1]
    assert chat.provider.requests[-1].max_completion_tokens == 5
    assert isinstance(finished, TurnFinished)
    assert finished.remark == "The answer was cut at 5 tokens, the longest that is allowed here."


async def test_an_answer_from_a_server_that_ignores_it_is_stopped_at_the_budgets_end() -> None:
    chat = Chat(says("so " * 200 + "on."), budgets=REQUEST)
    events = await chat.send("One two three four?")
    assert near(events) == ["80 % of the request's budget of 30 tokens is used."]
    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert (finished.remark, finished.finish_reason) == (SPENT, "stopped")
    assert finished.answer.state is MessageState.STOPPED
    assert len(finished.answer.text.split()) == 21  # the one that was over it is paid for, too
    assert chat.provider.abandoned == 1
    [record] = await chat.records()
    assert (record.usage, record.outcome) == (Usage(10, 21), Outcome.STOPPED)
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    assert opened.messages[-1] == finished.answer
    assert not chat.session.busy


async def test_thoughts_use_up_a_budget_like_the_answer_itself() -> None:
    chat = Chat([ReasoningDelta("hm " * 25), *says("Yes.")], budgets=REQUEST)
    finished = (await chat.send("One two three four?"))[-1]
    assert isinstance(finished, TurnFinished)
    assert (finished.remark, finished.answer.text) == (SPENT, "")


async def test_a_budget_of_dollars_holds_by_the_price_of_the_answer() -> None:
    budgets = {Period.DAY: Amount(nanodollars=30)}
    chat = Chat(says("so " * 200 + "on."), budgets=budgets)
    finished = (await chat.send("One two three four?"))[-1]
    assert chat.provider.requests[-1].max_completion_tokens == 10
    assert isinstance(finished, TurnFinished)
    assert finished.remark == "Stopped: the day's budget of $0.00000003 is used up."
    [record] = await chat.records()
    assert record.usage.completion == 11


@pytest.mark.parametrize("tariff", [FREE, None])
async def test_an_answer_that_costs_nothing_or_has_no_price_is_not_cut_for_dollars(
    tariff: Tariff | None,
) -> None:
    budgets = {Period.DAY: Amount(nanodollars=30)}
    chat = Chat(facts=ModelFacts(tariff), budgets=budgets)
    finished = (await chat.send("One?"))[-1]
    assert chat.provider.requests[-1].max_completion_tokens is None
    assert isinstance(finished, TurnFinished)
    assert finished.answer.state is MessageState.COMPLETE


async def test_a_lifted_budget_neither_shortens_nor_stops_the_answer() -> None:
    chat = Chat(says("so " * 200 + "on."), budgets=REQUEST)
    [refused] = await chat.send(words("One"))
    assert isinstance(refused, TurnRefused)
    assert isinstance(refused.obstacle, OverBudget)
    chat.parts.limits.budgets.lift(refused.obstacle.state)
    events = await chat.send(words("One"))
    assert chat.provider.requests[-1].max_completion_tokens is None
    assert near(events) == []
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].answer.state is MessageState.COMPLETE
    assert isinstance((await chat.send(words("Two")))[-1], TurnRefused)


async def test_the_warning_comes_with_the_answer_that_brings_the_budget_there() -> None:
    usage = UsageReported(Usage(10, 71))
    chat = Chat([*says("Yes.")[:-1], usage, says("")[-1]], budgets={Period.DAY: Amount(tokens=100)})
    events = await chat.send("One?")
    assert near(events) == ["81 % of the day's budget of 100 tokens is used."]
    assert isinstance(events[-1], TurnFinished)
    events = await chat.send("Two?")
    assert near(events) == ["With this, at least 99 % of the day's budget of 100 tokens is used."]


async def test_two_requests_that_leave_at_once_share_what_is_left() -> None:
    gate = asyncio.Event()
    chat = Chat(
        [TextDelta("so " * 50), gate, *says("on.")],
        says("so " * 100 + "on."),
        budgets={Period.DAY: Amount(tokens=100)},
    )
    events = chat.session.send("One?", ENDPOINT)
    await until(events, TextDelta)  # 57 tokens
    head = new_conversation("")
    other = chat.opened(OpenConversation(head), new=True)
    finished = [event async for event in other.send("Two?", ENDPOINT)][-1]
    assert chat.provider.requests[-1].max_completion_tokens == 36
    assert isinstance(finished, TurnFinished)
    assert len(finished.answer.text.split()) == 37
    gate.set()
    first = [event async for event in events][-1]
    assert isinstance(first, TurnFinished)
    assert first.remark == "Stopped: the day's budget of 100 tokens is used up."
    assert sum(record.usage.total for record in await chat.records()) == 102


async def test_what_was_held_for_a_turn_that_failed_is_free_again() -> None:
    budgets = {Period.DAY: Amount(tokens=100)}
    chat = Chat([Problem(ProblemKind.QUOTA, "No credit.")], says("Yes."), budgets=budgets)
    assert isinstance((await chat.send(words("One", 80)))[-1], TurnFailed)
    [state] = await chat.parts.limits.budgets.states("")
    assert state.spent.tokens == 0
    assert isinstance((await chat.send(words("Two", 80)))[-1], TurnFinished)


async def test_a_kept_answer_is_found_whatever_a_budget_says_of_its_length() -> None:
    chat = Chat(says("Yes."), settings=KEEPING, budgets={Period.DAY: Amount(tokens=300)})
    await chat.send("One?")
    chat.session = chat.opened(OpenConversation(new_conversation("")), new=True)
    finished = (await chat.send("One?"))[-1]
    assert isinstance(finished, TurnFinished)
    assert finished.answer.kept
    assert len(chat.provider.requests) == 1


async def test_a_budget_for_a_request_holds_for_a_summary_too() -> None:
    answer = says("so " * 38 + "it is.")
    budgets = {Period.REQUEST: Amount(tokens=300)}
    chat = Chat(answer, facts=of_window(600, 300), budgets=budgets)
    await chat.send(words("one", 100))
    await chat.send(words("two", 100))
    [status, refused] = await chat.send(words("three", 100), SUMMARISE)
    assert isinstance(status, StatusChanged)
    assert isinstance(refused, TurnRefused)
    assert isinstance(refused.obstacle, OverBudget)
    assert len(chat.provider.requests) == 2


async def test_the_same_question_is_answered_again_without_being_sent() -> None:
    usage = UsageReported(Usage(300, 45))
    chat = Chat([usage, *says("Because of scattering.")], says("Afresh."), settings=KEEPING)
    await chat.send("Why?")
    chat.session = chat.opened(OpenConversation(new_conversation()), new=True)
    started, delta, finished = await chat.send("Why?")
    assert isinstance(started, TurnStarted)
    assert started.answer.state is MessageState.STREAMING
    assert delta == TextDelta("Because of scattering.")
    assert isinstance(finished, TurnFinished)
    assert finished.answer.kept
    assert finished.remark.startswith("Kept answer of ")
    assert "nothing was sent, 345 tokens saved." in finished.remark
    assert len(chat.provider.requests) == 1
    opened = await chat.store.load(chat.session.head.id)
    assert opened is not None
    stored = opened.messages[-1]
    assert (stored.text, stored.state, stored.kept, stored.usage) == (
        "Because of scattering.",
        MessageState.COMPLETE,
        True,
        Usage(300, 45),
    )
    assert chat.session.messages[-1] == stored
    sent, kept = await chat.records()
    assert (sent.kept, kept.kept, kept.usage, kept.cost) == (False, True, Usage(300, 45), 0)
    await chat.retry()
    assert [m.text for m in chat.session.messages] == ["Why?", "Afresh."]
    assert len(chat.provider.requests) == 2


async def test_asking_afresh_asks_and_keeps_the_new_answer() -> None:
    chat = Chat(says("Old."), says("New."), settings=KEEPING)
    await chat.send("Why?")
    for allow, text in ((Allowance(afresh=True), "New."), (None, "New.")):
        chat.session = chat.opened(OpenConversation(new_conversation()), new=True)
        await chat.send("Why?", allow)
        assert chat.session.messages[-1].text == text
    assert len(chat.provider.requests) == 2


async def test_an_answer_is_kept_for_its_context_alone_and_only_where_it_is_whole() -> None:
    chat = Chat(says("Cut", finish_reason="length"), says("Whole."), settings=KEEPING)
    await chat.send("Why?")
    chat.session = chat.opened(OpenConversation(new_conversation()), new=True)
    await chat.send("Why?")
    chat.session = chat.opened(OpenConversation(new_conversation("Be brief.")), new=True)
    await chat.send("Why?")
    assert len(chat.provider.requests) == 3


async def test_a_kept_answer_is_given_also_where_a_budget_is_used_up() -> None:
    chat = Chat(
        [UsageReported(Usage(90, 10)), *says("Yes.")],
        settings=KEEPING,
        budgets={Period.DAY: Amount(tokens=100)},
    )
    await chat.send("Why?")
    chat.session = chat.opened(OpenConversation(new_conversation()), new=True)
    assert isinstance((await chat.send("Else?"))[0], TurnRefused)
    finished = (await chat.send("Why?"))[-1]
    assert isinstance(finished, TurnFinished)
    assert finished.answer.kept


async def test_a_disk_that_fails_keeps_a_kept_answer_from_being_shown_as_stored() -> None:
    chat = Chat(says("Yes."), settings=KEEPING)
    await chat.send("Why?")
    chat.session = chat.opened(OpenConversation(new_conversation()), new=True)
    chat.store.failing = Problem(ProblemKind.STORAGE, "The disk is full.")
    assert isinstance((await chat.send("Why?"))[-1], TurnFailed)
    assert chat.session.messages == []


async def test_an_attempt_that_is_tried_again_is_checked_once_and_recorded_twice() -> None:
    chat = Chat([BUSY], says("At last."), facts=of_window(300, 100))
    fits = []
    fit = chat.parts.fitter.fit

    async def listening(*args: object, **kwargs: object) -> object:
        fits.append(args)
        return await fit(*args, **kwargs)  # type: ignore[arg-type]

    chat.parts.fitter.fit = listening  # type: ignore[method-assign,assignment]
    await chat.send("Please?")
    assert len(fits) == 1
    assert len(await chat.records()) == 2


async def test_a_server_that_finds_it_too_long_after_all_is_believed_the_next_time() -> None:
    overflow = Problem(
        ProblemKind.CONTEXT_OVERFLOW, "Too long.", "Shorten.", prompt_tokens=120, context_tokens=60
    )
    chat = Chat(says("so " * 38 + "it is."), [overflow], says("Yes."))
    await chat.send(words("one"))
    failed = (await chat.send(words("two")))[-1]
    assert isinstance(failed, TurnFailed)
    assert "Send it again" in failed.problem.advice
    [refused] = await chat.send(words("two"))
    assert isinstance(refused, TurnRefused)
    assert isinstance(refused.obstacle, DoesNotFit)
    assert len(chat.provider.requests) == 2


async def test_filler_words_are_not_sent_and_what_is_stored_is_what_was_sent() -> None:
    settings = Settings(savings=SavingSettings(filler_words=True))
    chat = Chat(settings=settings)
    await chat.send("Could you please explain what a hash is?")
    [(_, sent)] = chat.provider.requests[0].messages
    assert "please" not in sent
    assert "hash" in sent
    assert chat.session.messages[0].text == sent


async def test_the_report_adds_up_to_what_would_be_sent() -> None:
    chat = Chat(facts=of_window(300, 100), system_prompt="Be kind.")
    await chat.send(words("one"))
    await chat.send(words("two"))
    await chat.session.set_limits(None, Overflow.DROP)
    report = await chat.session.report(words("three"), ENDPOINT)
    assert [part.kind for part in report.parts] == [
        PartKind.SYSTEM,
        *[PartKind.MESSAGE] * 4,
        PartKind.DRAFT,
        PartKind.OVERHEAD,
    ]
    places = [part.place for part in report.parts[1:5]]
    assert places == [Place.DROPPED] * 2 + [Place.INSIDE] * 2
    inside = [part.count for part in report.parts if part.place is Place.INSIDE]
    assert report.request == sum(inside, Count()) == Count(5 + 2 * 43 + 43 + 3)
    assert str(report.sending) == "<$0.000001"
    assert report.sending.nanodollars == report.request.tokens
    assert report.longest_answer is not None
    assert report.longest_answer.nanodollars == 200
    assert report.facts_from == "Size: the test · Price: the test"
    assert report.parts[1].label == "You: " + ("one " * 14)[:54] + "…"
    await chat.send(words("three"))
    assert chat.asked() == ["Be", "two", "so", "three"]


async def test_the_report_without_a_draft_shows_the_context_and_what_never_enters_it() -> None:
    chat = Chat(says("Yes."), [Problem(ProblemKind.QUOTA, "No credit.")], facts=of_window(300, 100))
    await chat.send("One?")
    await chat.send("Two?")
    report = await chat.session.report("", ENDPOINT)
    assert [part.place for part in report.parts] == [
        *[Place.INSIDE] * 2,
        *[Place.LEFT_OUT] * 2,
        Place.INSIDE,
    ]
    assert report.request == Count(4 + 4 + 3)
    chat = Chat()
    assert (await chat.session.report("", ENDPOINT)).request == Count(3)


async def test_a_turn_under_way_is_inside_with_what_came_of_its_answer() -> None:
    chat = Chat(says("Cells divide by mitosis."), facts=of_window(300, 100))
    stream = chat.session.send("What do cells do?", ENDPOINT)
    await until(stream, TextDelta)
    before = await chat.session.report("And then?", ENDPOINT)
    report = await chat.session.report("And then?", ENDPOINT, "Cells divide")
    assert [event async for event in stream]
    assert [(part.label, part.place) for part in before.parts[:-1]] == [
        ("You: What do cells do?", Place.INSIDE),
        ("Draft: And then?", Place.INSIDE),
    ]
    assert [(part.label, part.place) for part in report.parts[:3]] == [
        ("You: What do cells do?", Place.INSIDE),
        ("Answer: Cells divide", Place.INSIDE),
        ("Draft: And then?", Place.INSIDE),
    ]
    assert report.request == sum((part.count for part in report.parts), Count())


async def test_each_part_has_its_text_where_there_is_one_to_look_at() -> None:
    chat = Chat(facts=of_window(300, 100), system_prompt="Be kind.")
    await chat.send("One?")
    report = await chat.session.report("Two?", ENDPOINT)
    texts = ["Be kind.", "One?", chat.session.messages[1].text, "Two?", ""]
    assert [part.text for part in report.parts] == texts


async def test_the_report_tells_of_a_summary_that_is_and_of_one_that_will_be() -> None:
    answer = says("so " * 38 + "it is.")
    chat = Chat(*[answer] * 9, says("They counted."), answer, facts=of_window(1000, 200))
    for number in range(9):
        await chat.send(words(str(number)))
    await chat.session.set_limits(None, Overflow.SUMMARISE)
    report = await chat.session.report(words("ten"), ENDPOINT)
    [summary] = [part for part in report.parts if part.kind is PartKind.SUMMARY]
    assert summary.label == "Summary, to be made when you send"
    assert not summary.count.exact
    assert [part.place for part in report.parts].count(Place.SUMMARISED) == 14
    assert len(chat.provider.requests) == 9
    await chat.send(words("ten"))
    report = await chat.session.report("", ENDPOINT)
    [summary] = [part for part in report.parts if part.kind is PartKind.SUMMARY]
    assert summary.label == "Summary: They counted."
    inside = [part.count for part in report.parts if part.place is Place.INSIDE]
    assert report.request == sum(inside, Count())


async def test_a_model_of_unknown_price_and_size_is_reported_as_such() -> None:
    chat = Chat(facts=ModelFacts())
    report = await chat.session.report("One?", ENDPOINT)
    assert str(report.sending) == "unpriced"
    assert (report.longest_answer, report.facts_from, report.room.window) == (None, "", None)


@pytest.mark.parametrize("allow", [Allowance(), DROP, SUMMARISE])
async def test_without_any_limits_nothing_is_refused(allow: Allowance) -> None:
    store = MemoryConversationStore()
    provider = ScriptedProvider(says("Yes."))
    parts = Limited(provider, store.data)
    session = ChatSession(OpenConversation(new_conversation()), store, parts.connector, new=True)
    events = [event async for event in session.send(words("one", 10_000), ENDPOINT, allow)]
    assert isinstance(events[-1], TurnFinished)
    assert replace(events[-1].answer).text == "Yes."
