"""From question to answer: the meter, the records and what is learned speak of one model."""

from __future__ import annotations

from contextlib import aclosing
from types import SimpleNamespace
from typing import Any, cast

import pytest

from studybuddy.chat.accounts import Accounts
from studybuddy.chat.budgets import Budgets
from studybuddy.chat.fitting import Fitter
from studybuddy.chat.heads import new_conversation
from studybuddy.chat.kept_answers import KeptAnswers
from studybuddy.chat.meter import ConversationMeter
from studybuddy.chat.metered import MeteredConnector
from studybuddy.chat.session import ChatSession
from studybuddy.domain.accounts import Selection
from studybuddy.domain.endpoints import Endpoint, EndpointKind, Model
from studybuddy.domain.events import TextDelta, UsageReported
from studybuddy.domain.messages import OpenConversation, Role
from studybuddy.domain.money import ModelFacts
from studybuddy.domain.ports import CompletionFinished, CompletionProvider, CompletionRequest
from studybuddy.domain.settings import Settings
from studybuddy.domain.usage import Usage
from studybuddy.tokens.counter import Counter
from studybuddy.tokens.vocabularies import Vocabularies
from tests.support.accounting import NANO, FlatPrices
from tests.support.memory_store import MemoryConversationStore, MemoryData
from tests.support.memory_usage import MemoryAnswerCache, MemorySummaryStore, MemoryUsageLog
from tests.support.scripted_provider import ScriptedProvider

VOCABULARIES = Vocabularies()
QUESTIONS = (
    "What is a mitochondrion, and what does it do in the cell? " * 3,
    "And why does it have a membrane of its own?",
    "Quiz me about it, with three questions on its history. " * 2,
    "Thanks, that was it.",
)
ANSWER = "It makes energy from sugar; 学习 is learning, and Größe is size. " * 8


class Server:
    """Reports `factor` times the tokens of another tokenizer, and `added` for each request."""

    def __init__(self, endpoint: Endpoint, answers_as: str, factor: float, added: int) -> None:
        self.endpoint = endpoint
        self.truth = Counter(VOCABULARIES)
        self.answers_as = answers_as
        self.factor, self.added = factor, added
        self.reports = True

    def tokens(self, request: tuple[Any, ...]) -> int:
        counted = self.truth.count_request(request, "gpt-4o").tokens
        return round(counted * self.factor) + self.added

    async def connect(self, endpoint: Endpoint) -> CompletionProvider:
        outer = self

        class Provider(ScriptedProvider):
            async def stream(self, request: CompletionRequest) -> Any:
                yield TextDelta(ANSWER)
                if outer.reports:
                    answer = round(outer.truth.count(ANSWER, "gpt-4o").tokens * outer.factor)
                    yield UsageReported(Usage(outer.tokens(request.messages), answer))
                yield CompletionFinished("stop", outer.answers_as)

        return Provider(endpoint=self.endpoint, models=[Model("chatty", context_window=8000)])


class App:
    """What takes part in a turn, with a meter beside it."""

    def __init__(self, model: str, server: Server, kind: EndpointKind) -> None:
        settings = Settings()
        data = MemoryData()
        self.endpoint = Endpoint("lab", "http://lab.invalid/v1", kind, model)
        self.counter = Counter(VOCABULARIES)
        self.log = MemoryUsageLog()
        facts = ModelFacts(NANO, 8000, 500, "the test")
        self.accounts = Accounts(self.log, FlatPrices(facts), self.counter)
        connector = MeteredConnector(server, self.accounts)
        fitter = Fitter(self.accounts, MemorySummaryStore(data), connector, settings)
        limits = SimpleNamespace(
            fitter=fitter,
            budgets=Budgets({}, self.accounts),
            kept=KeptAnswers(MemoryAnswerCache(), settings.savings),
            accounts=self.accounts,
            settings=settings,
        )
        self.session = ChatSession(
            OpenConversation(new_conversation("You are a patient study partner.")),
            MemoryConversationStore(data),
            connector,
            cast("Any", limits),
            new=True,
        )
        self.meter = ConversationMeter(self.accounts, None, fitter)
        self.meter.watch(self.session, self.endpoint)

    async def ask(self, question: str) -> None:
        async with aclosing(self.session.send(question, self.endpoint)) as events:
            async for _ in events:
                pass
        self.meter.watch(self.session, self.endpoint)
        self.meter.typed([""])
        await self.meter.settle()


@pytest.mark.parametrize(("factor", "added"), [(1.0, 4), (1.12, 9), (0.9, 0), (1.3, 30)])
async def test_an_unknown_tokenizer_is_known_well_after_two_answers(
    factor: float, added: int
) -> None:
    openai = Endpoint("lab", "https://api.openai.com/v1", EndpointKind.OPENAI, "gpt-6-luna")
    server = Server(openai, "gpt-6-luna-2026-09-09", factor, added)
    app = App("gpt-6-luna", server, EndpointKind.OPENAI)
    for question in QUESTIONS[:2]:
        await app.ask(question)
    app.meter.typed([QUESTIONS[2]])
    reading = await app.meter.settle()
    truth = server.tokens((*app.session.context(), (Role.USER, QUESTIONS[2])))
    assert not reading.request.exact
    assert reading.request.tokens == pytest.approx(truth, rel=0.02)
    report = await app.session.report(QUESTIONS[2], app.endpoint)
    assert report.request.tokens == pytest.approx(truth, rel=0.04)  # without what was reported


async def test_what_the_format_of_a_known_encoding_adds_is_learned() -> None:
    openai = Endpoint("lab", "https://api.openai.com/v1", EndpointKind.OPENAI, "gpt-5")
    server = Server(openai, "gpt-5-2025-08-07", 1.0, 7)
    app = App("gpt-5", server, EndpointKind.OPENAI)
    before = app.counter.priming("gpt-5")
    for question in QUESTIONS:
        await app.ask(question)
    after = app.counter.priming("gpt-5")
    assert not after.exact
    assert abs(after.tokens - before.tokens - 7) <= 1
    report = await app.session.report("And now?", app.endpoint)
    truth = server.tokens((*app.session.context(), (Role.USER, "And now?")))
    assert abs(report.request.tokens - truth) <= 1


async def test_a_model_that_nobody_named_is_the_same_for_all() -> None:
    nameless = Endpoint("lab", "http://lab.invalid/v1", EndpointKind.LOCAL)
    app = App("", Server(nameless, "chatty", 1.2, 5), EndpointKind.LOCAL)
    for question in QUESTIONS[:2]:
        await app.ask(question)
    assert app.accounts.names.of(app.endpoint) == "chatty"
    assert {record.model for record in await app.log.records(Selection())} == {"chatty"}
    plain = Counter(VOCABULARIES).count_request(app.session.context(), "chatty").tokens
    assert app.counter.count_request(app.session.context(), "chatty").tokens > plain * 1.1
    app.accounts.reports.keep(app.session.head.id, cast("Any", _Nothing()))
    app.meter.typed(["More?"])
    reading = await app.meter.settle()
    report = await app.session.report("More?", app.endpoint)
    assert reading.request == report.request
    assert reading.request.tokens > plain * 1.1


class _Nothing:
    """A report of no endpoint."""

    endpoint = model = "none"


async def test_the_built_in_model_has_the_name_that_its_engine_tells() -> None:
    started = Endpoint("lab", "http://127.0.0.1:1/v1", EndpointKind.BUILT_IN, "smol")
    app = App("", Server(started, "smol.gguf", 1.2, 5), EndpointKind.BUILT_IN)
    await app.ask(QUESTIONS[0])
    assert app.accounts.names.of(app.endpoint) == "smol"
    assert {record.model for record in await app.log.records(Selection())} == {"smol"}
    assert app.counter.count("word " * 100, "smol").tokens > 105


async def test_an_edited_system_prompt_is_counted_whether_it_is_seen_or_not() -> None:
    openai = Endpoint("lab", "https://api.openai.com/v1", EndpointKind.OPENAI, "gpt-5")
    app = App("gpt-5", Server(openai, "gpt-5", 1.0, 7), EndpointKind.OPENAI)
    await app.ask(QUESTIONS[0])
    reported = (await app.meter.settle()).request
    assert reported.exact
    await app.session.set_system_prompt("Be brief. " * 50)
    edited = (await app.meter.settle()).request
    assert not edited.exact
    assert edited.tokens > reported.tokens + 80
    assert edited == (await app.session.report("", app.endpoint)).request
    await app.session.set_system_prompt("You are a patient study partner.")
    assert (await app.meter.settle()).request == reported
