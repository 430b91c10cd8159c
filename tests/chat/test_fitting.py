"""Making a conversation fit: counting, the endpoint's own tokenizer, and summaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from studybuddy.chat.heads import new_conversation
from studybuddy.chat.outlooks import Fitted
from studybuddy.chat.rooms import room_for
from studybuddy.chat.summarising import halves, joined
from studybuddy.domain.accounts import Purpose
from studybuddy.domain.endpoints import EndpointKind, Model
from studybuddy.domain.events import StatusChanged
from studybuddy.domain.kept_texts import Summary
from studybuddy.domain.limits import (
    Amount,
    BudgetState,
    DoesNotFit,
    OverBudget,
    Overflow,
    Period,
    Room,
    Spent,
)
from studybuddy.domain.messages import Conversation, Message, MessageState, Role
from studybuddy.domain.money import ModelFacts
from studybuddy.domain.phases import Phase
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.settings import LimitSettings, SavingSettings, Settings
from tests.support.limited import Limited, of_window
from tests.support.memory_store import MemoryData
from tests.support.scripted_provider import ENDPOINT, ScriptedProvider, Step, says

BUSY = Problem(ProblemKind.RATE_LIMITED, "Too many requests.", transient=True, retry_after=0)
REFUSED = Problem(ProblemKind.UNAUTHORIZED, "The key was refused.", "Paste another.")
PRIMING, MESSAGE = 3, 3


class Bench:
    """A fitter, and a conversation of turns of twice so many words and 6 tokens more."""

    def __init__(
        self,
        *scripts: Sequence[Step],
        turns: int = 6,
        words: int = 47,
        question: int = 7,
        facts: ModelFacts | None = None,
        settings: Settings | None = None,
        exact: bool = True,
        provider: ScriptedProvider | None = None,
        head: Conversation | None = None,
    ) -> None:
        data = MemoryData()
        self.head = head or new_conversation()
        data.conversations[self.head.id] = self.head
        self.provider = provider or ScriptedProvider(*(scripts or (says("Summed up."),)))
        self.parts = Limited(self.provider, data, facts=facts, settings=settings, exact=exact)
        self.fitter = self.parts.fitter
        self.branch: list[Message] = []
        for number in range(turns):
            for role, name in ((Role.USER, f"q{number}"), (Role.ASSISTANT, f"a{number}")):
                self.branch.append(Message(name, role, f"{name} " * words, 0))
        self.branch.append(Message("now", Role.USER, "now " * question, 0))
        self.told: list[StatusChanged] = []

    async def fit(
        self, overflow: Overflow | None = None, branch: Sequence[Message] | None = None
    ) -> Fitted | DoesNotFit | OverBudget:
        return await self.fitter.fit(
            self.head, branch or self.branch, ENDPOINT, overflow, tell=self.told.append
        )

    async def fitted(self, overflow: Overflow | None = None) -> Fitted:
        found = await self.fit(overflow)
        assert isinstance(found, Fitted)
        return found


def begins(fitted: Fitted) -> list[str]:
    """The first word of each message."""
    return [text.split()[0] for _, text in fitted.messages]


async def test_what_fits_is_sent_whole_with_its_count() -> None:
    bench = Bench(facts=of_window(2000, 200))
    fitted = await bench.fitted()
    assert len(fitted.messages) == 13
    assert fitted.count.tokens == 6 * 100 + 10 + PRIMING
    assert fitted.count.exact
    assert fitted.room == Room(2000, 200)
    assert fitted.max_completion_tokens is None
    assert fitted.coming == Spent(613, 613)


async def test_what_does_not_fit_is_refused_with_the_numbers_unless_something_else_is_set() -> None:
    bench = Bench(facts=of_window(600, 100))
    refused = await bench.fit()
    assert refused == DoesNotFit(613, 500, True, 4)
    fitted = await bench.fitted(Overflow.DROP)
    assert fitted.dropped == ("q0", "a0", "q1", "a1")
    assert begins(fitted)[0] == "q2"
    assert fitted.count.tokens == 413
    bench.head = replace(bench.head, overflow=Overflow.DROP)
    assert (await bench.fitted()).dropped
    dropping = Settings(limits=LimitSettings("drop"))
    assert (await Bench(facts=of_window(600, 100), settings=dropping).fitted()).dropped


async def test_system_prompt_and_pinned_messages_stay() -> None:
    bench = Bench(facts=of_window(600, 100), head=new_conversation("Be kind."))
    bench.branch[0] = replace(bench.branch[0], pinned=True)
    fitted = await bench.fitted(Overflow.DROP)
    assert begins(fitted) == ["Be", "q0", "a0", "q3", "a3", "q4", "a4", "q5", "a5", "now"]
    assert fitted.dropped == ("q1", "a1", "q2", "a2")


async def test_turns_that_failed_take_no_room() -> None:
    bench = Bench(facts=of_window(700, 80))
    lost = replace(bench.branch[1], state=MessageState.FAILED)
    fitted = await bench.fit(branch=[bench.branch[0], lost, *bench.branch[2:]])
    assert isinstance(fitted, Fitted)
    assert fitted.count.tokens == 513


async def test_the_longest_answer_allowed_is_reserved_sent_and_kept_within_the_window() -> None:
    settings = Settings(limits=LimitSettings(max_completion_tokens=300))
    bench = Bench(facts=of_window(1000, 200), settings=settings)
    fitted = await bench.fitted()
    assert (fitted.room, fitted.max_completion_tokens) == (Room(1000, 200), 200)
    bench.head = replace(bench.head, max_completion_tokens=50)
    fitted = await bench.fitted()
    assert (fitted.room, fitted.max_completion_tokens) == (Room(1000, 50), 50)
    bench = Bench(settings=settings)
    assert (await bench.fitted()).max_completion_tokens == 300


def test_an_answer_allowed_to_be_longer_than_the_window_leaves_room_for_a_question() -> None:
    head = replace(new_conversation(), max_completion_tokens=10**6)
    assert room_for(of_window(1000), head, Settings()) == Room(1000, 500)
    assert room_for(ModelFacts(), head, Settings()) == Room()


async def test_each_message_is_counted_once_where_counts_are_exact() -> None:
    bench = Bench(facts=of_window(2000, 200))
    await bench.fitted()
    counted: list[str] = []
    count = bench.parts.counter.count

    def listening(text: str, model: str) -> object:
        counted.append(text.split()[0])
        return count(text, model)

    bench.parts.counter.count = listening  # type: ignore[assignment,method-assign]
    bench.branch += [
        Message("an", Role.ASSISTANT, "an answer", 0),
        Message("then", Role.USER, "then", 0),
    ]
    await bench.fitted()
    assert counted == ["an", "then"]


class Tokenizer(ScriptedProvider):
    """A provider whose tokenizer finds so many times the tokens that are estimated."""

    factor = 1.0

    def __init__(self, factor: float, *scripts: Sequence[Step]) -> None:
        super().__init__(*scripts)
        self.factor = factor
        self.counted = 0

    async def count(self, request: CompletionRequest) -> int | None:
        self.counted += 1
        words = sum(len(text.split()) + MESSAGE for _, text in request.messages) + PRIMING
        return round(words * self.factor)


async def test_the_endpoints_own_tokenizer_decides_where_an_estimate_leaves_it_open() -> None:
    bench = Bench(facts=of_window(700, 50), exact=False, provider=Tokenizer(1.0))
    fitted = await bench.fitted()
    assert (fitted.count.tokens, fitted.count.exact) == (613, True)
    bench = Bench(facts=of_window(700, 50), exact=False, provider=Tokenizer(1.5))
    refused = await bench.fit()
    assert isinstance(refused, DoesNotFit)
    assert (refused.tokens, refused.room, refused.exact) == (920, 650, True)
    fitted = await bench.fitted(Overflow.DROP)
    assert fitted.count.exact
    assert 400 < fitted.count.tokens <= 650


async def test_it_is_not_asked_where_there_is_room_to_spare_or_the_count_is_exact() -> None:
    for exact, window in ((True, 700), (False, 5000)):
        provider = Tokenizer(1.0)
        bench = Bench(facts=of_window(window, 50), exact=exact, provider=provider)
        await bench.fitted()
        assert provider.counted == 0


async def test_a_tokenizer_on_this_computer_is_asked_also_where_there_is_room_to_spare() -> None:
    for kind, window, times in (
        (EndpointKind.LOCAL, 5000, 1),
        (EndpointKind.BUILT_IN, 5000, 1),
        (EndpointKind.LOCAL, 50_000, 0),  # no tokenizer is that different
    ):
        provider = Tokenizer(9.0)
        bench = Bench(facts=ModelFacts(), exact=False, provider=provider)
        here = replace(ENDPOINT, kind=kind)
        bench.parts.accounts.learn_models(here, [Model(ENDPOINT.model, context_window=window)])
        found = await bench.fitter.fit(bench.head, bench.branch, here)
        assert isinstance(found, DoesNotFit) == (times > 0)
        assert provider.counted == times


async def test_a_script_that_other_vocabularies_cut_finer_is_asked_about_earlier() -> None:
    provider = Tokenizer(4.0)
    bench = Bench(facts=of_window(2000, 50), exact=False, provider=provider)
    bench.parts.counter.off = 3.0
    refused = await bench.fit()
    assert provider.counted == 1
    assert isinstance(refused, DoesNotFit)
    bench = Bench(facts=of_window(2000, 50), exact=False)  # where nobody can be asked
    bench.parts.counter.off = 3.0
    assert isinstance(await bench.fit(), DoesNotFit)


async def test_a_window_that_nobody_published_is_asked_for_where_it_may_matter() -> None:
    models = [Model("other"), Model(ENDPOINT.model, context_window=2000)]
    bench = Bench(facts=ModelFacts(), provider=ScriptedProvider(models=models))
    assert (await bench.fitted()).room == Room()  # few tokens: nothing is waited for
    bench = Bench(turns=20, facts=ModelFacts(), provider=ScriptedProvider(models=models))
    refused = await bench.fit()
    assert isinstance(refused, DoesNotFit)
    assert (refused.tokens, refused.room) == (2013, 1500)


async def test_an_endpoint_that_names_no_model_has_the_window_of_the_one_that_answers() -> None:
    provider = ScriptedProvider(models=[Model(ENDPOINT.model, context_window=2000)])
    bench = Bench(turns=20, facts=ModelFacts(), provider=provider)
    nameless = replace(ENDPOINT, model="")
    refused = await bench.fitter.fit(bench.head, bench.branch, nameless)
    assert isinstance(refused, DoesNotFit)


async def test_a_server_that_tells_a_window_only_of_what_is_loaded_is_asked_again() -> None:
    class Ollama(ScriptedProvider):
        loaded = False
        lists = 0

        async def models(self) -> Sequence[Model]:
            self.lists += 1
            return [Model(ENDPOINT.model, context_window=2000 if self.loaded else None)]

    provider = Ollama()
    bench = Bench(turns=20, facts=ModelFacts(), provider=provider)
    assert (await bench.fitted()).room == Room()
    assert (await bench.fitted()).room == Room()
    provider.loaded = True
    assert isinstance(await bench.fit(), DoesNotFit)
    assert isinstance(await bench.fit(), DoesNotFit)
    assert provider.lists == 3


async def test_an_embedder_that_is_listed_first_does_not_lend_its_window() -> None:
    models = [Model("nomic-embed", context_window=512), Model("chatty", context_window=4000)]
    nameless = replace(ENDPOINT, model="")
    provider = ScriptedProvider(endpoint=nameless, models=models)
    bench = Bench(turns=20, facts=ModelFacts(), provider=provider)
    fitted = await bench.fitter.fit(bench.head, bench.branch, nameless)
    assert isinstance(fitted, Fitted)
    assert fitted.room.window == 4000


async def test_a_server_that_does_not_list_its_models_is_asked_the_question_itself() -> None:
    provider = ScriptedProvider(models=REFUSED)
    bench = Bench(turns=20, facts=ModelFacts(), provider=provider)
    assert (await bench.fitted()).room == Room()


async def test_without_such_a_tokenizer_an_estimate_keeps_its_margin() -> None:
    bench = Bench(facts=of_window(700, 50), exact=False)
    refused = await bench.fit()
    assert isinstance(refused, DoesNotFit)
    assert (refused.tokens, refused.room, refused.margin, refused.exact) == (613, 650, 60, False)
    assert (await bench.fitted(Overflow.DROP)).count.tokens == 513


async def test_older_turns_are_summed_up_by_the_model_and_the_summary_is_used_again() -> None:
    bench = Bench(says("Summed up."), turns=10, words=147, facts=of_window(2900, 200))
    fitted = await bench.fitted(Overflow.SUMMARISE)
    assert fitted.summarised == tuple(m.id for m in bench.branch[:14])
    assert begins(fitted) == ["Please", "Summed", "q7", "a7", "q8", "a8", "q9", "a9", "now"]
    assert fitted.count.tokens <= 1350
    assert bench.told == [StatusChanged(Phase.THINKING, "summing up 14 earlier messages")]
    [request] = bench.provider.requests
    assert request.origin.purpose is Purpose.SUMMARY
    assert request.origin.conversation_id == bench.head.id
    assert request.max_completion_tokens == 2700 // 8
    assert "a6" in request.messages[1][1]
    assert "q7" not in request.messages[1][1]
    [kept] = bench.parts.summaries.kept
    assert (kept.covers_id, kept.text) == ("a6", "Summed up.")
    again = await bench.fitted(Overflow.SUMMARISE)
    assert again.messages == fitted.messages
    assert len(bench.provider.requests) == 1


async def test_a_summary_that_tells_of_what_was_deleted_since_is_not_used_any_more() -> None:
    bench = Bench(
        says("All of it."), says("Less."), turns=10, words=147, facts=of_window(2900, 200)
    )
    await bench.fitted(Overflow.SUMMARISE)
    whole = list(bench.branch)
    bench.branch[2:4] = []  # as a deleted turn is: what follows still follows it
    bench.branch[2] = replace(bench.branch[2], parent_id="a1")
    fitted = await bench.fitted(Overflow.SUMMARISE)
    assert "Less." in [text for _, text in fitted.messages]
    again = await bench.fitted(Overflow.SUMMARISE)
    assert again.messages == fitted.messages
    bench.branch[:] = whole
    back = await bench.fitted(Overflow.SUMMARISE)
    assert "All of it." in [text for _, text in back.messages]
    assert len(bench.provider.requests) == 2


async def test_a_summary_leaves_a_record_of_what_it_cost() -> None:
    bench = Bench(facts=of_window(600, 100))
    await bench.fitted(Overflow.SUMMARISE)
    await bench.parts.accounts.settled()
    records = list(bench.parts.log.rows.values())
    assert len(records) == len(bench.provider.requests)
    assert all(record.origin.purpose is Purpose.SUMMARY for record in records)
    assert all(record.cost for record in records)


async def test_the_next_summary_goes_on_from_the_one_before() -> None:
    bench = Bench(
        says("First sum."), says("Second sum."), turns=10, words=147, facts=of_window(2900, 200)
    )
    await bench.fitted(Overflow.SUMMARISE)
    question = bench.branch.pop()
    for number in range(10, 17):
        for role, name in ((Role.USER, f"q{number}"), (Role.ASSISTANT, f"a{number}")):
            bench.branch.append(Message(name, role, f"{name} " * 147, 0))
    bench.branch.append(question)
    fitted = await bench.fitted(Overflow.SUMMARISE)
    assert begins(fitted)[1] == "Second"
    asked = bench.provider.requests[1].messages[1][1]
    assert "First sum." in asked
    assert "q7" in asked
    assert "q6" not in asked
    assert len(bench.provider.requests) == 2


async def test_a_summary_that_is_not_of_this_branch_is_not_used() -> None:
    bench = Bench(says("Of this one."), facts=of_window(600, 100))
    other = Summary(bench.head.id, "an answer of another branch", "Wrong.", 0)
    await bench.parts.summaries.keep_summary(other)
    assert begins(await bench.fitted(Overflow.SUMMARISE))[1] == "Of"


async def test_what_is_to_be_summed_up_goes_in_pieces_that_fit_themselves() -> None:
    bench = Bench(*(says(f"Sum {n}.") for n in range(20)), turns=30, facts=of_window(600, 100))
    fitted = await bench.fitted(Overflow.SUMMARISE)
    requests = bench.provider.requests
    assert len(requests) > 4
    for request in requests:
        words = sum(len(text.split()) + MESSAGE for _, text in request.messages) + PRIMING
        assert words + (request.max_completion_tokens or 0) <= 600
    assert "Sum 0." in requests[1].messages[1][1]
    assert fitted.messages[1][1] == f"Sum {len(requests) - 1}."
    assert [status.detail for status in bench.told][1].endswith(f"(1 of {len(requests)})")
    sent = " ".join(request.messages[1][1] for request in requests)
    assert all(f"{m.id} " in sent for m in bench.branch if m.id in fitted.summarised)
    assert len(bench.parts.summaries.kept) == 1


async def test_a_message_longer_than_the_window_is_summed_up_too() -> None:
    bench = Bench(turns=1, words=2000, facts=of_window(600, 100))
    assert begins(await bench.fitted(Overflow.SUMMARISE)) == ["Please", "Summed", "now"]


async def test_where_summing_up_fails_that_is_told_and_nothing_is_kept() -> None:
    bench = Bench([REFUSED], facts=of_window(600, 100))
    with pytest.raises(StudyBuddyError) as caught:
        await bench.fit(Overflow.SUMMARISE)
    assert str(caught.value) == (
        "The earlier messages could not be summed up. The key was refused. "
        "Nothing was sent. Paste another."
    )
    assert bench.parts.summaries.kept == []


async def test_a_model_that_says_nothing_gave_no_summary() -> None:
    bench = Bench(says(" "), facts=of_window(600, 100))
    with pytest.raises(StudyBuddyError, match="gave no summary"):
        await bench.fit(Overflow.SUMMARISE)


async def test_what_passes_by_itself_is_tried_again() -> None:
    bench = Bench([BUSY], says("At last."), facts=of_window(600, 100))
    assert begins(await bench.fitted(Overflow.SUMMARISE))[1] == "At"
    assert Phase.RETRYING in [status.phase for status in bench.told]


async def test_a_summary_that_may_not_be_paid_for_is_not_asked_for() -> None:
    bench = Bench(facts=of_window(600, 100))
    over = OverBudget(BudgetState(Period.DAY, Amount(nanodollars=1), Spent(1)))
    coming: list[Spent] = []

    async def afford(spent: Spent) -> OverBudget:
        coming.append(spent)
        return over

    found = await bench.fitter.fit(
        bench.head, bench.branch, ENDPOINT, Overflow.SUMMARISE, afford=afford
    )
    assert found is over
    assert bench.provider.requests == []
    assert coming[0].tokens > 200
    assert coming[0].nanodollars > coming[0].tokens  # the longest summary is in it


async def test_a_server_that_finds_a_request_too_long_teaches_the_window() -> None:
    bench = Bench(facts=ModelFacts())
    fitted = await bench.fitted()
    told = Problem(
        ProblemKind.CONTEXT_OVERFLOW,
        "Too long.",
        "Shorten it.",
        prompt_tokens=700,
        context_tokens=512,
    )
    problem = bench.fitter.overflowed(ENDPOINT, fitted, told)
    assert problem.sentence == "Too long."
    assert "Send it again" in problem.advice
    assert bench.parts.counter.learnt == [(ENDPOINT.model, 613, 700)]
    refused = await bench.fit()
    assert isinstance(refused, DoesNotFit)
    assert refused.tokens == 613
    unnumbered = Problem(ProblemKind.CONTEXT_OVERFLOW, "Too long.", "Shorten it.")
    assert bench.fitter.overflowed(ENDPOINT, fitted, unnumbered) is unnumbered


async def test_a_steady_beginning_drops_more_at_once() -> None:
    settings = Settings(limits=LimitSettings("drop"), savings=SavingSettings(steady_prefix=True))
    facts = of_window(2100, 100)
    fitted = await Bench(facts=facts, settings=settings, turns=20).fitted()
    assert fitted.count.tokens <= 2000 * 0.75
    plain = await Bench(facts=facts, turns=20).fitted(Overflow.DROP)
    assert len(fitted.dropped) > len(plain.dropped)


async def test_a_long_text_is_divided_at_spaces_and_nothing_of_it_is_lost() -> None:
    async def size(text: str) -> int:
        return len(text.split())

    text = "one two three four five six seven " * 20
    pieces = [piece async for piece in joined(["a b", text, "c"], 12, 10, size)]
    assert all(len(piece.split()) <= 10 for piece in pieces[1:])
    assert len(pieces[0].split()) <= 12
    assert " ".join(pieces).split() == ["a", "b", *text.split(), "c"]
    assert list(halves("abcd")) == ["ab", "cd"]
