"""The meter, the detail behind it and what is sent agree to the token, whatever is set."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from studybuddy.chat.accounts import Accounts
from studybuddy.chat.context import opening_of
from studybuddy.chat.fitting import Fitter
from studybuddy.chat.heads import new_conversation
from studybuddy.chat.meter import ConversationMeter
from studybuddy.chat.outlooks import Fitted
from studybuddy.chat.plans import Plan
from studybuddy.chat.reports import Report
from studybuddy.chat.sending import as_sent
from studybuddy.chat.session import ChatSession
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.kept_texts import Summary
from studybuddy.domain.limits import DoesNotFit, Overflow
from studybuddy.domain.messages import Message, MessageState, OpenConversation, Role
from studybuddy.domain.money import ModelFacts
from studybuddy.domain.prompts import Example
from studybuddy.domain.settings import LimitSettings, SavingSettings, Settings
from studybuddy.domain.usage import Usage
from studybuddy.tokens.counter import Counter
from tests.support.accounting import NANO, FlatPrices
from tests.support.memory_store import MemoryConversationStore, MemoryData
from tests.support.memory_usage import MemorySummaryStore, MemoryUsageLog
from tests.support.scripted_provider import ScriptedConnector, ScriptedProvider

EXACT, FORMAT_UNKNOWN, UNKNOWN = "gpt-4o", "gpt-5", "llama3.2:3b"
COUNTER = Counter()
for counted, reported in ((100, 131), (400, 520), (1000, 1290)):
    request = [(Role.USER, " word" * (counted - 7))]  # what the format adds is 7
    COUNTER.learn(UNKNOWN, request, reported)
    COUNTER.learn(FORMAT_UNKNOWN, request, counted + 7)

texts = st.one_of(
    st.sampled_from(
        ["word", "привет", "学习", "🙂 ", "Please explain it to me. ", "x = 1\n"]
    ).flatmap(lambda word: st.integers(1, 60).map(lambda times: word * times)),
    st.text(max_size=40),
)
drafts = st.one_of(
    st.just(""), st.just(" \n"), texts, texts.map(lambda text: f"Could you please {text}")
)


@dataclass
class Case:
    """A conversation, and what is set for it."""

    turns: Sequence[tuple[str, str, MessageState, bool]]
    """Question, answer, its state, and whether it is pinned."""
    system_prompt: str
    overflow: Overflow
    summed_up: int
    """Turns for which a summary stands; none of them where there are not so many."""
    window: int | None
    max_output: int | None
    most: int | None
    saving: SavingSettings
    model: str
    told: tuple[int, int] | None
    """Of the last turn's request: prompt tokens beyond those counted, and the answer's."""
    examples: Sequence[Example] = ()


cases = st.builds(
    Case,
    st.lists(
        st.tuples(
            texts,
            texts,
            st.sampled_from([MessageState.COMPLETE] * 4 + [MessageState.FAILED]),
            st.sampled_from([False, False, True]),
        ),
        max_size=8,
    ),
    st.one_of(st.just(""), texts),
    st.sampled_from(list(Overflow)),
    st.integers(0, 4),
    st.one_of(st.none(), st.integers(8, 900)),
    st.one_of(st.none(), st.integers(1, 200)),
    st.one_of(st.none(), st.integers(1, 100)),
    st.builds(SavingSettings, filler_words=st.booleans(), steady_prefix=st.booleans()),
    st.sampled_from([EXACT, FORMAT_UNKNOWN, UNKNOWN]),
    st.one_of(st.none(), st.tuples(st.integers(-5, 900), st.integers(0, 60))),
    st.lists(st.builds(Example, texts, texts), max_size=2),
)


class Desk:
    """A session, its meter, and the fitter that both ask."""

    def __init__(self, case: Case) -> None:
        set_for_all = Settings(limits=LimitSettings("refuse"), savings=case.saving)
        data = MemoryData()
        facts = ModelFacts(NANO, case.window, case.max_output, "the test")
        accounts = Accounts(MemoryUsageLog(), FlatPrices(facts), COUNTER, lambda: 0.0)
        connector = ScriptedConnector(ScriptedProvider())
        self.summaries = MemorySummaryStore(data)
        self.fitter = Fitter(accounts, self.summaries, connector, set_for_all)
        self.endpoint = Endpoint("lab", "http://lab.invalid/v1", EndpointKind.REMOTE, case.model)
        head = replace(
            new_conversation(case.system_prompt),
            overflow=case.overflow,
            examples=tuple(case.examples),
            max_completion_tokens=case.most,
        )
        messages: list[Message] = []
        for number, (question, answer, state, pinned) in enumerate(case.turns):
            messages.append(Message(f"q{number}", Role.USER, question, 0.0, pinned=pinned))
            messages.append(Message(f"a{number}", Role.ASSISTANT, answer, 0.0, state=state))
        data.conversations[head.id] = head
        self.session = ChatSession(
            OpenConversation(head, tuple(messages)),
            MemoryConversationStore(data),
            connector,
            cast("Any", SimpleNamespace(fitter=self.fitter, settings=set_for_all)),
            new=True,
        )
        self.meter = ConversationMeter(accounts, None, self.fitter)
        self.meter.watch(self.session, self.endpoint)
        self.covers = f"a{case.summed_up - 1}" if case.summed_up else ""

        self.accounts, self.told = accounts, case.told

    async def begin(self) -> None:
        """What was there before: a summary, and what was reported of the last turn."""
        await self.sum_up()
        if self.told is None or len(self.session.messages) < 2:
            return
        *before, _ = self.session.messages
        branch = [*before[:-1], replace(before[-1], state=MessageState.COMPLETE)]
        head = self.session.head
        outlook = await self.fitter.outlook(head, branch[:-1], branch[-1], self.endpoint)
        if isinstance(outlook.plan, Plan) and outlook.plan.to_sum_up is None:
            beyond, answer = self.told
            usage = Usage(prompt=max(1, outlook.count.tokens + beyond), completion=answer)
            sent = outlook.plan.messages(opening_of(head))
            report = Report(self.endpoint.name, self.endpoint.model, sent, usage)
            self.accounts.reports.keep(head.id, report)

    async def sum_up(self) -> None:
        if self.covers:
            text = "What was said before, in short."
            await self.summaries.keep_summary(Summary(self.session.head.id, self.covers, text, 0.0))


def lines_of(text: str) -> list[str]:
    return text.split("\n")


@settings(max_examples=100, deadline=None)
@given(cases, drafts)
def test_the_meter_shows_what_the_detail_shows_and_what_is_sent(case: Case, draft: str) -> None:
    async def check() -> None:
        desk = Desk(case)
        await desk.begin()
        desk.meter.typed(lines_of(draft))
        reading = await desk.meter.settle()
        report = await desk.session.report(draft, desk.endpoint)
        assert (reading.request, reading.room) == (report.request, report.room)
        assert desk.meter.streaming(0).request == reading.request
        if not draft.strip():
            assert reading.sending is None
            return
        assert reading.sending == report.sending
        sent = as_sent(draft, desk.fitter.settings)
        branch = [*desk.session.messages, Message("now", Role.USER, sent, 0.0)]
        outlook = await desk.fitter.outlook(
            desk.session.head, desk.session.messages, branch[-1], desk.endpoint
        )
        if not isinstance(outlook.plan, DoesNotFit) and outlook.plan.to_sum_up is not None:
            return  # a model has to be asked before it is sent
        fitted = await desk.fitter.fit(desk.session.head, branch, desk.endpoint)
        if isinstance(fitted, Fitted):
            assert fitted.count == reading.request
        else:
            assert isinstance(fitted, DoesNotFit)

    asyncio.run(check())


@settings(max_examples=200, deadline=None)
@given(cases, drafts)
def test_the_meter_is_over_exactly_where_it_would_be_refused(case: Case, draft: str) -> None:
    async def check() -> None:
        desk = Desk(replace(case, overflow=Overflow.REFUSE))
        await desk.begin()
        desk.meter.typed(lines_of(draft))
        reading = await desk.meter.settle()
        report = await desk.session.report(draft, desk.endpoint)
        assert reading.kept_back == report.kept_back
        assert not (reading.request.exact and reading.kept_back)
        sent = as_sent(draft, desk.fitter.settings)
        if not sent:
            return
        branch = [*desk.session.messages, Message("now", Role.USER, sent, 0.0)]
        fitted = await desk.fitter.fit(desk.session.head, branch, desk.endpoint, Overflow.REFUSE)
        room = reading.room.prompt
        over = room is not None and reading.request.tokens > room - reading.kept_back
        assert over == isinstance(fitted, DoesNotFit)
        if isinstance(fitted, DoesNotFit) and not fitted.exact and not reading.request.exact:
            assert reading.kept_back == fitted.margin

    asyncio.run(check())


@settings(max_examples=100, deadline=None)
@given(cases, drafts, drafts)
def test_what_is_shown_at_a_key_is_what_is_found_at_rest(
    case: Case, before: str, after: str
) -> None:
    async def check() -> None:
        desk = Desk(case)
        await desk.begin()
        desk.meter.typed(lines_of(before))
        rest = await desk.meter.settle()
        assert desk.meter.typed(lines_of(before)).request.tokens == rest.request.tokens
        typed = desk.meter.typed(lines_of(after))
        found = await desk.meter.settle()
        assert typed.draft == found.draft
        if typed.request.exact:
            assert typed.request == found.request
        if case.overflow is Overflow.REFUSE and not case.saving.filler_words:
            # An estimate of a message is rounded once, the sum of its parts more often.
            off = 0 if case.model != UNKNOWN else 2
            assert abs(typed.request.tokens - found.request.tokens) <= off

    asyncio.run(check())
