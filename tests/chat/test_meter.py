"""The meter: what sending now would take, read at each key press."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

import pytest

from studybuddy.chat.accounts import Accounts
from studybuddy.chat.budgets import Budgets
from studybuddy.chat.context import opening_of, request_messages
from studybuddy.chat.fitting import Fitter
from studybuddy.chat.meter import ConversationMeter
from studybuddy.chat.own_tokenizer import Ask
from studybuddy.chat.reports import Report
from studybuddy.domain.accounts import Origin, Outcome
from studybuddy.domain.assistants import Assistant, AssistantSpec, Function
from studybuddy.domain.counting import MARGIN, Token
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.limits import Amount, DoesNotFit, Overflow, Period, Room
from studybuddy.domain.messages import Conversation, Message, MessageState, Mode, Role
from studybuddy.domain.money import FREE, Cost, ModelFacts, Rates, Tariff
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.settings import LimitSettings, SavingSettings, Settings
from studybuddy.domain.usage import Count, Usage
from studybuddy.tokens.counter import Counter
from studybuddy.tokens.vocabularies import Vocabularies, read_packaged
from tests.support.memory_store import MemoryData
from tests.support.memory_usage import MemorySummaryStore, MemoryUsageLog
from tests.support.scripted_provider import ScriptedConnector, ScriptedProvider

OPENAI = Endpoint("OpenAI", "https://api.openai.com/v1", EndpointKind.OPENAI, "gpt-4o")
LOCAL = Endpoint("Local", "http://127.0.0.1:8080/v1", EndpointKind.LOCAL, "tiny")
DOLLAR_A_TOKEN = Tariff((Rates(Decimal(1_000_000), Decimal(2_000_000)),))
FACTS = ModelFacts(DOLLAR_A_TOKEN, context_window=1000, max_output=100)
PER_MESSAGE, PRIMING = 4, 3


class WordDraft:
    """A `DraftCounter` that counts words, when it settles."""

    def __init__(self, *, exact: bool) -> None:
        self.exact = exact
        self.lines: Sequence[str] = ()
        self.settled = False

    def changed(self, lines: Sequence[str]) -> Count:
        if list(lines) != list(self.lines):
            self.lines = list(lines)
        return Count(len(" ".join(lines).split()), self.exact and self.settled)

    async def settle(self) -> Count:
        self.settled = True
        return self.changed(self.lines)


@dataclass
class WordCounter:
    """A `TokenCounter` of a token a word; `inexact` are the models that it estimates."""

    inexact: tuple[str, ...] = ("tiny", "")
    counted: list[str] = field(default_factory=list)
    learned: list[tuple[str, int, int]] = field(default_factory=list)

    def count(self, text: str, model: str) -> Count:
        return Count(len(text.split()), model not in self.inexact)

    def count_message(self, role: Role, text: str, model: str) -> Count:
        if text:
            self.counted.append(text)
        return self.count(text, model) + Count(PER_MESSAGE)

    def priming(self, model: str) -> Count:
        return Count(PRIMING, model not in self.inexact)

    def count_request(self, messages: Sequence[tuple[Role, str]], model: str) -> Count:
        counts = (self.count_message(role, text, model) for role, text in messages)
        return sum(counts, self.priming(model))

    def draft(self, model: str) -> WordDraft:
        return WordDraft(exact=model not in self.inexact)

    def tokens(self, text: str, encoding: str) -> Sequence[Token]:
        return ()

    def encoding_of(self, model: str) -> tuple[str, bool]:
        return "words", model not in self.inexact

    def encodings(self) -> Sequence[str]:
        return ("words",)

    def margin(self, model: str, texts: Sequence[str]) -> float:
        return MARGIN

    def learn(self, model: str, messages: Sequence[tuple[Role, str]], reported: int) -> None:
        counted = self.count_request(messages, model)
        if not counted.exact:
            self.learned.append((model, counted.tokens, reported))


@dataclass
class Book:
    """A `PriceBook` of one model."""

    known: ModelFacts = FACTS

    def facts(self, endpoint: Endpoint, model: str) -> ModelFacts:
        return self.known


@dataclass
class Shown:
    """What the meter needs of a `Session`."""

    head: Conversation
    messages: list[Message] = field(default_factory=list)
    busy: bool = False
    known_assistant: Any = None
    report: Report | None = None

    def context(self) -> tuple[tuple[Role, str], ...]:
        return request_messages(opening_of(self.head), self.messages)

    def say(self, role: Role, text: str, usage: Usage | None = None, **more: Any) -> Message:
        """Add a message; `usage` is what its endpoint tells of all that is said before it."""
        if usage is not None:
            self.report = Report(self.head.endpoint, self.head.model, self.context(), usage)
        message = Message(f"m{len(self.messages)}", role, text, 0.0, usage=usage, **more)
        self.messages.append(message)
        return message


def shown(endpoint: Endpoint = OPENAI, **head: Any) -> Shown:
    made = Conversation("c", "Title", 0.0, 0.0, endpoint=endpoint.name, model=endpoint.model)
    return Shown(replace(made, system_prompt="Be kind .", **head))


@dataclass
class Bench:
    """A meter and what it stands on."""

    meter: ConversationMeter
    session: Shown
    accounts: Accounts
    counter: WordCounter
    log: MemoryUsageLog


def fitter(accounts: Accounts, settings: Settings | None = None) -> Fitter:
    nobody = ScriptedConnector(ScriptedProvider())
    return Fitter(accounts, MemorySummaryStore(MemoryData()), nobody, settings or Settings())


def metered(
    session: Shown,
    endpoint: Endpoint = OPENAI,
    *,
    facts: ModelFacts = FACTS,
    settings: Settings | None = None,
    amounts: Mapping[Period, Amount] | None = None,
    ask: Ask | None = None,
) -> Bench:
    counter, log = WordCounter(), MemoryUsageLog()
    accounts = Accounts(log, Book(facts), counter, lambda: 0.0)
    budgets = Budgets(amounts, accounts, lambda: 0.0) if amounts else None
    meter = ConversationMeter(accounts, budgets, fitter(accounts, settings), ask)
    meter.watch(cast("Any", session), endpoint)
    if session.report is not None:
        accounts.reports.keep("c", session.report)
    return Bench(meter, session, accounts, counter, log)


SYSTEM = 3 + PER_MESSAGE


async def test_a_draft_is_counted_with_what_stands_before_it_and_the_formats_tokens() -> None:
    session = shown()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three")
    room = metered(session)
    await room.meter.settle()
    before = SYSTEM + 2 + PER_MESSAGE + 1 + PER_MESSAGE + PRIMING
    empty = room.meter.typed([""])
    assert (empty.draft, empty.request, empty.sending) == (Count(0), Count(before), None)
    reading = room.meter.typed(["four five", "six"])
    assert reading.draft == Count(3)
    assert reading.request == Count(before + PER_MESSAGE + 3)
    assert reading.characters == len("four five\nsix")
    assert reading.room == Room(1000, 100)
    assert reading.share == (before + PER_MESSAGE + 3) / 1000


async def test_before_anything_is_counted_all_is_an_estimate_and_nothing_is_loaded() -> None:
    reads: list[str] = []

    def read(name: str) -> bytes:
        reads.append(name)
        return read_packaged(name)

    counter = Counter(Vocabularies(read))
    accounts = Accounts(MemoryUsageLog(), Book(), counter, lambda: 0.0)
    meter = ConversationMeter(accounts, None, fitter(accounts))
    session = shown()
    session.say(Role.USER, "What is the mitochondrion? " * 100)
    meter.watch(cast("Any", session), OPENAI)
    reading = meter.typed(["Tell me more about it, please."])
    assert not reads
    assert not reading.request.exact
    exact = await meter.settle()
    assert exact.request.exact
    assert exact.request.tokens / 2 < reading.request.tokens < exact.request.tokens * 2
    request = (*session.context(), (Role.USER, "Tell me more about it, please."))
    assert exact.request == counter.count_request(request, "gpt-4o")
    assert meter.typed(["Tell me"]).request == counter.count_request(
        (*session.context(), (Role.USER, "Tell me")), "gpt-4o"
    )


async def test_each_message_is_counted_once() -> None:
    session = shown()
    session.say(Role.USER, "one two")
    room = metered(session)
    await room.meter.settle()
    await room.meter.settle()
    session.say(Role.ASSISTANT, "three")
    room.meter.typed(["x"])
    await room.meter.settle()
    assert room.counter.counted == ["one two", "Be kind .", "three", "x"]


async def test_after_an_answer_the_reported_usage_is_the_base() -> None:
    session = shown()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=100, completion=60, reasoning=20))
    room = metered(session)
    reading = await room.meter.settle()
    assert reading.request == Count(100 + 1 + PER_MESSAGE)
    assert room.meter.typed(["four"]).request == Count(100 + 2 * PER_MESSAGE + 2)
    assert (await room.meter.settle()).request == Count(100 + 2 * PER_MESSAGE + 2)


async def test_for_an_estimated_model_the_report_is_exact_and_with_a_draft_it_is_about() -> None:
    session = shown(LOCAL)
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=100, completion=60, reasoning=20))
    room = metered(session, LOCAL)
    assert (await room.meter.settle()).request == Count(140)
    typed = Count(140 + 2 * PER_MESSAGE + 1, exact=False)
    assert room.meter.typed(["four"]).request == typed
    assert (await room.meter.settle()).request == typed
    assert room.meter.typed([""]).request == Count(140)


async def test_what_an_estimate_may_not_fill_is_carried_from_rest_to_the_next_key() -> None:
    session = shown(LOCAL)
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=100, completion=60, reasoning=20))
    room = metered(session, LOCAL)
    assert (await room.meter.settle()).kept_back == 0
    margin = 900 - int(900 / (1 + MARGIN))
    assert room.meter.typed(["four"]).kept_back == margin
    assert (await room.meter.settle()).kept_back == margin
    assert room.meter.streaming(40).kept_back == margin
    assert room.meter.typed([""]).kept_back == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda session: setattr(session, "head", replace(session.head, system_prompt="Be brief .")),
        lambda session: session.messages.pop(0),
        lambda session: session.messages.insert(0, Message("m", Role.USER, "new", 0.0)),
    ],
)
async def test_what_was_reported_of_another_context_is_not_the_base(
    change: Callable[[Shown], object],
) -> None:
    session = shown()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=500, completion=60))
    room = metered(session)
    assert (await room.meter.settle()).request.tokens >= 500
    change(session)
    assert (await room.meter.settle()).request.tokens < 100


async def test_what_was_reported_of_another_model_or_endpoint_is_not_the_base() -> None:
    session = shown()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=500, completion=60))
    room = metered(session)
    for other in (replace(OPENAI, model="other"), replace(OPENAI, name="Another")):
        room.meter.watch(cast("Any", session), other)
        assert (await room.meter.settle()).request.tokens < 100
    room.meter.watch(cast("Any", session), OPENAI)
    assert (await room.meter.settle()).request.tokens >= 500


async def test_what_was_reported_stays_the_base_of_what_is_said_after_it() -> None:
    session = shown(LOCAL)
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=500, completion=60))
    room = metered(session, LOCAL)
    session.say(Role.USER, "no answer to this")
    session.say(Role.ASSISTANT, "no", state=MessageState.FAILED)
    assert (await room.meter.settle()).request == Count(560)
    session.say(Role.USER, "four")
    session.say(Role.ASSISTANT, "five")
    reading = await room.meter.settle()
    assert reading.request == Count(500 + 3 * (PER_MESSAGE + 1), exact=False)


async def test_an_edit_while_the_conversation_was_closed_leaves_nothing_of_the_base() -> None:
    session = shown(LOCAL)
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=500, completion=60))
    session.head = replace(session.head, system_prompt="Be brief and clear .")
    room = metered(session, LOCAL)
    counted = 5 + PER_MESSAGE + 3 + 2 * PER_MESSAGE + PRIMING
    assert (await room.meter.settle()).request == Count(counted, exact=False)


async def test_pinning_what_had_been_dropped_leaves_nothing_of_the_base() -> None:
    session = shown(replace(LOCAL, model="tiny"), overflow=Overflow.DROP)
    session.say(Role.USER, "word " * 500)
    session.say(Role.ASSISTANT, "three")
    session.say(Role.USER, "word " * 450)
    sent = (session.context()[0], session.context()[-1])
    session.say(Role.ASSISTANT, "four")
    session.report = Report("Local", "tiny", sent, Usage(prompt=600, completion=1))
    room = metered(session, LOCAL)
    assert (await room.meter.settle()).request == Count(601)
    session.messages[0] = replace(session.messages[0], pinned=True)
    pinned = (await room.meter.settle()).request
    assert pinned == Count(SYSTEM + 501 + 2 * PER_MESSAGE + PRIMING, exact=False)


@pytest.mark.parametrize("prompt", [0, 1, 10**12])
async def test_a_report_that_can_not_be_true_is_not_the_base(prompt: int) -> None:
    session = shown(LOCAL)
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=prompt, completion=60))
    reading = await metered(session, LOCAL).meter.settle()
    assert reading.request.tokens == SYSTEM + 3 + 2 * PER_MESSAGE + PRIMING


async def test_a_report_without_completion_is_filled_up_by_counting() -> None:
    session = shown(LOCAL)
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=100))
    reading = await metered(session, LOCAL).meter.settle()
    assert reading.request == Count(100 + 1 + PER_MESSAGE, exact=False)


async def test_what_does_not_fit_is_told_in_full_where_it_would_be_refused() -> None:
    session = shown()
    for _ in range(4):
        session.say(Role.USER, "word " * 300)
        session.say(Role.ASSISTANT, "three")
    room = metered(session)
    room.meter.typed(["four"])
    whole = SYSTEM + 4 * 301 + 1 + 9 * PER_MESSAGE + PRIMING
    assert (await room.meter.settle()).request == Count(whole)
    session.head = replace(session.head, overflow=Overflow.DROP)
    left = SYSTEM + 2 * 301 + 1 + 5 * PER_MESSAGE + PRIMING
    assert (await room.meter.settle()).request == Count(left)
    assert room.meter.typed(["four five"]).request == Count(left + 1)
    reading = room.meter.typed(["word " * 400])
    assert reading.request == Count(900, exact=False)  # until it rests
    left = SYSTEM + 301 + 400 + 3 * PER_MESSAGE + PRIMING
    assert (await room.meter.settle()).request == Count(left)
    room.meter.typed(["word " * 1000])
    alone = (await room.meter.settle()).request
    assert alone == Count(SYSTEM + 4 * 301 + 1000 + 9 * PER_MESSAGE + PRIMING)
    assert room.meter.typed(["word " * 1001]).request == alone + Count(1)


async def test_sending_costs_its_prompt_and_unknown_prices_are_unpriced() -> None:
    room = metered(shown())
    await room.meter.settle()
    reading = room.meter.typed(["one two"])
    tokens = SYSTEM + PRIMING + PER_MESSAGE + 2
    assert reading.sending == Cost(tokens * 10**9, free=False)
    room = metered(shown(), facts=ModelFacts())
    await room.meter.settle()
    assert str(room.meter.typed(["one two"]).sending) == "unpriced"
    room = metered(shown(), facts=ModelFacts(FREE))
    await room.meter.settle()
    assert str(room.meter.typed(["one two"]).sending) == "free"


async def test_what_was_used_is_what_the_records_say() -> None:
    room = metered(shown())
    reading = await room.meter.settle()
    assert (reading.used, reading.cost, reading.session) == (None, None, None)
    for conversation in ("c", "other"):
        await room.accounts.record_usage(
            Origin(conversation),
            OPENAI,
            "gpt-4o",
            Usage(10, 5),
            at=0.0,
            first_token=None,
            duration=1.0,
            outcome=Outcome.COMPLETE,
        )
    reading = room.meter.typed([""])
    assert reading.used == Usage(10, 5)
    assert str(reading.cost) == "$20.00"
    assert str(reading.session) == "$40.00"


async def test_budgets_count_what_sending_would_take_at_each_key() -> None:
    amounts = {Period.DAY: Amount(tokens=100), Period.REQUEST: Amount(tokens=20)}
    room = metered(shown(), amounts=amounts)
    await room.meter.settle()
    assert [state.coming.tokens for state in room.meter.typed([""]).budgets] == [0, 0]
    states = room.meter.typed(["one two three four five six"]).budgets
    assert [state.period for state in states] == [Period.REQUEST, Period.DAY]
    assert [state.warns for state in states] == [True, False]
    assert states[0].coming.tokens == SYSTEM + PRIMING + PER_MESSAGE + 6


async def test_a_disk_that_fails_leaves_the_rest_of_the_meter() -> None:
    room = metered(shown())
    room.log.failing = Problem(ProblemKind.STORAGE, "The disk is full.")
    room.meter.typed(["one"])
    assert (await room.meter.settle()).request == Count(SYSTEM + PRIMING + PER_MESSAGE + 1)


async def test_the_limit_of_characters_is_shown_with_them() -> None:
    settings = Settings(limits=LimitSettings(prompt_characters=5))
    reading = metered(shown(), settings=settings).meter.typed(["one", "two"])
    assert (reading.characters, reading.most_characters) == (7, 5)


async def test_while_an_answer_comes_the_question_is_inside_and_the_answer_grows() -> None:
    session = shown()
    room = metered(session)
    await room.meter.settle()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "", state=MessageState.STREAMING)
    session.busy = True
    reading = room.meter.streaming(80)
    assert reading.answer == 20
    assert reading.request.tokens >= SYSTEM + PER_MESSAGE + PRIMING
    assert (await room.meter.settle()).answer == 20
    assert room.meter.typed(["next"]).answer == 20
    assert room.meter.streaming(160).answer == 40
    session.messages[-1] = replace(session.messages[-1], state=MessageState.COMPLETE, text="three")
    session.busy = False
    assert room.meter.typed([""]).answer == 0


async def test_another_conversation_has_its_own_reading() -> None:
    first, second = shown(), shown(id="d")
    first.say(Role.USER, "word " * 50)
    room = metered(first)
    long = await room.meter.settle()
    room.meter.watch(cast("Any", second), OPENAI)
    short = await room.meter.settle()
    assert long.request.tokens - short.request.tokens == 50 + PER_MESSAGE


async def test_another_model_is_counted_for_with_the_draft_as_it_is() -> None:
    room = metered(shown())
    room.meter.typed(["one two"])
    assert (await room.meter.settle()).request.exact
    room.meter.watch(cast("Any", room.session), LOCAL)
    reading = await room.meter.settle()
    assert reading.draft == Count(2, exact=False)
    assert not reading.request.exact


async def test_without_an_endpoint_there_is_an_estimate_and_no_cost() -> None:
    room = metered(shown())
    room.meter.watch(cast("Any", room.session), None)
    room.meter.typed(["one two"])
    reading = await room.meter.settle()
    assert not reading.request.exact
    assert (reading.sending, reading.room) == (None, Room())


async def test_in_assistant_mode_the_context_is_an_estimate_with_the_instructions() -> None:
    session = shown(mode=Mode.ASSISTANT)
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=5000, completion=60))
    room = metered(session)
    plain = (await room.meter.settle()).request
    assert plain == Count(SYSTEM + 3 + 2 * PER_MESSAGE + PRIMING, exact=False)

    session.known_assistant = Assistant("a", AssistantSpec("Tutor", "teach me well"))
    told = plain.tokens + 3 + PER_MESSAGE
    assert (await room.meter.settle()).request.tokens == told
    functions = (Function("draw", "Draws a card.", "{}"),)
    spec = AssistantSpec("Tutor", "teach me well", functions=functions)
    session.known_assistant = Assistant("a", spec)
    assert (await room.meter.settle()).request.tokens == told + 5 + PER_MESSAGE
    assert room.meter.typed(["four"]).request == Count(told + 6 + 2 * PER_MESSAGE, exact=False)


async def test_a_draft_in_a_thread_is_counted_as_it_is_sent() -> None:
    settings = Settings(savings=SavingSettings(filler_words=True))
    session = shown(mode=Mode.ASSISTANT)
    session.known_assistant = Assistant("a", AssistantSpec("Tutor", "teach me well"))
    room = metered(session, settings=settings)
    plain = (await room.meter.settle()).request.tokens
    room.meter.typed(["Please explain cells."])
    assert (await room.meter.settle()).request.tokens == plain + PER_MESSAGE + 2


async def test_what_a_run_reads_is_never_more_than_there_is_room_for() -> None:
    session = shown(mode=Mode.ASSISTANT)
    session.say(Role.USER, "word " * 1200)
    room = metered(session)
    assert (await room.meter.settle()).request == Count(900, exact=False)
    assert room.meter.typed(["four"]).request == Count(900, exact=False)


class Tokenizer:
    """An endpoint's own tokenizer: ten tokens a word."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.failing = False

    async def __call__(self, endpoint: Endpoint, request: CompletionRequest) -> int | None:
        self.asked.append(tuple(text for _, text in request.messages))
        if self.failing:
            raise StudyBuddyError(Problem(ProblemKind.NO_CONNECTION, "Nobody is there."))
        return sum(10 * len(text.split()) for _, text in request.messages)


async def test_the_endpoints_own_tokenizer_is_asked_at_rest_and_makes_it_exact() -> None:
    session, ask = shown(LOCAL), Tokenizer()
    session.say(Role.USER, "one two")
    room = metered(session, LOCAL, ask=ask)
    room.meter.typed(["three"])
    assert not ask.asked
    reading = await room.meter.settle()
    assert reading.request == Count(60)
    assert ask.asked == [("Be kind .", "one two"), ("Be kind .", "one two", "three")]
    assert room.counter.learned == [("tiny", SYSTEM + 2 + PER_MESSAGE + PRIMING, 50)]
    typed = room.meter.typed(["three four"])
    assert typed.request == Count(60 + 1, exact=False)
    assert room.meter.typed([""]).request == Count(50)


async def test_a_tokenizer_that_fails_leaves_the_estimate() -> None:
    session, ask = shown(LOCAL), Tokenizer()
    ask.failing = True
    session.say(Role.USER, "one two")
    room = metered(session, LOCAL, ask=ask)
    reading = await room.meter.settle()
    assert reading.request == Count(SYSTEM + 2 + PER_MESSAGE + PRIMING, exact=False)


async def test_an_endpoint_elsewhere_is_not_shown_what_was_not_sent() -> None:
    remote = Endpoint("Remote", "https://llm.example/v1", EndpointKind.REMOTE, "tiny")
    session, ask = shown(remote), Tokenizer()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three")
    room = metered(session, remote, ask=ask)
    room.meter.typed(["a secret"])
    await room.meter.settle()
    assert ask.asked == [("Be kind .", "one two", "three")]
    session.head = replace(session.head, endpoint="Another")
    session.say(Role.USER, "four")
    await room.meter.settle()
    assert len(ask.asked) == 1


async def test_exact_counts_ask_nobody() -> None:
    session, ask = shown(), Tokenizer()
    session.say(Role.USER, "one two")
    room = metered(session, ask=ask)
    room.meter.typed(["x"])
    await room.meter.settle()
    assert not ask.asked


async def test_of_an_endpoint_that_chooses_its_model_the_one_that_answered_is_counted_for() -> None:
    chooses = replace(LOCAL, model="")
    session = shown(chooses)
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", model="own")
    room = metered(session, chooses)
    assert (await room.meter.settle()).request.exact  # "own" is one that the counter knows
    session.say(Role.USER, "four")
    assert (await room.meter.settle()).request.exact


async def test_a_report_of_more_than_the_window_holds_refuses_nothing() -> None:
    session = shown()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=1200, completion=60))
    room = metered(session)
    reading = await room.meter.settle()
    assert reading.request == Count(SYSTEM + 3 + 2 * PER_MESSAGE + PRIMING)


async def test_what_a_server_adds_counts_for_what_fits_too() -> None:
    session = shown()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "three", Usage(prompt=890, completion=6))
    room = metered(session)
    room.meter.typed(["one two three"])
    reading = await room.meter.settle()
    assert reading.request == Count(890 + 1 + 3 + 2 * PER_MESSAGE)
    question = Message("q", Role.USER, "one two three", 0.0)
    branch = [*session.messages, question]
    told = await fitter(room.accounts).fit(session.head, branch, OPENAI)
    assert told == DoesNotFit(reading.request.tokens, 900, True, 2)


async def test_an_answer_that_comes_is_counted_by_its_text_where_that_is_given() -> None:
    session = shown()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "", state=MessageState.STREAMING)
    session.busy = True
    room = metered(session)
    rest = await room.meter.settle()
    reading = room.meter.streaming(11, "a b c\nd e f")
    assert reading.answer == 6
    assert reading.context == Count(rest.request.tokens + 6, exact=False)


async def test_what_is_sent_after_an_answer_that_comes_has_it_in_it() -> None:
    session = shown()
    session.say(Role.USER, "one two")
    session.say(Role.ASSISTANT, "", state=MessageState.STREAMING)
    session.busy = True
    room = metered(session)
    room.meter.typed(["three"])
    before = (await room.meter.settle()).sending
    after = room.meter.streaming(11, "a b c d e f").sending
    assert before is not None
    assert after is not None
    assert after.nanodollars - before.nanodollars == 6 * 10**9


async def test_characters_are_those_that_are_sent() -> None:
    settings = Settings(
        limits=LimitSettings(prompt_characters=16), savings=SavingSettings(filler_words=True)
    )
    room = metered(shown(), settings=settings)
    assert room.meter.typed(["Please explain cells."]).characters == 21
    assert (await room.meter.settle()).characters == len("Explain cells.")
    assert room.meter.typed(["Please explain cells!!"]).characters == len("Explain cells!!")
    assert room.meter.typed([""]).characters == 0
