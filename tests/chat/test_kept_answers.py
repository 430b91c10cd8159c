"""Answers that are given again."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.kept_answers import KeptAnswers, answer_key
from studybuddy.domain.accounts import Origin
from studybuddy.domain.endpoints import Endpoint, EndpointKind
from studybuddy.domain.kept_texts import KeptAnswer
from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.domain.ports import CompletionRequest
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.settings import SavingSettings
from studybuddy.domain.usage import Usage

DAY = 86_400.0
ENDPOINT = Endpoint("openai", "https://api.example/v1", EndpointKind.OPENAI, "gpt-5")
REQUEST = CompletionRequest(((Role.SYSTEM, "Be brief."), (Role.USER, "Why?")), "gpt-5")
ANSWER = Message("a", Role.ASSISTANT, "Because.", 1.0, model="gpt-5-1", usage=Usage(9, 3))


class Cache:
    """`domain.ports.AnswerCache` without a disk."""

    def __init__(self) -> None:
        self.answers: dict[str, KeptAnswer] = {}
        self.failing = False
        self.calls = 0

    def _called(self) -> None:
        self.calls += 1
        if self.failing:
            raise StudyBuddyError(Problem(ProblemKind.STORAGE, "The disk fails."))

    async def find_answer(self, key: str, not_before: float) -> KeptAnswer | None:
        self._called()
        found = self.answers.get(key)
        return found if found and found.created_at >= not_before else None

    async def keep_answer(self, answer: KeptAnswer) -> None:
        self._called()
        self.answers[answer.key] = answer

    async def clear_answers(self, before: float | None = None) -> int:
        self._called()
        gone = [a for a in self.answers.values() if before is None or a.created_at < before]
        for answer in gone:
            del self.answers[answer.key]
        return len(gone)


class Shelf:
    """Kept answers with a clock that stands still."""

    def __init__(self, *, on: bool = True, days: int = 7) -> None:
        self.cache = Cache()
        self.now = 1_000_000.0
        settings = SavingSettings(keep_answers=on, keep_answers_days=days)
        self.kept = KeptAnswers(self.cache, settings, lambda: self.now)

    async def found(self, request: CompletionRequest = REQUEST) -> str | None:
        answer = await self.kept.find(ENDPOINT, request)
        return answer.text if answer else None


async def test_an_answer_is_given_again_to_the_same_request() -> None:
    shelf = Shelf()
    assert await shelf.found() is None
    await shelf.kept.keep(ENDPOINT, REQUEST, ANSWER)
    found = await shelf.kept.find(ENDPOINT, REQUEST)
    assert found is not None
    assert (found.text, found.model, found.usage) == ("Because.", "gpt-5-1", Usage(9, 3))
    assert found.created_at == shelf.now


async def test_it_is_off_unless_it_is_switched_on() -> None:
    for kept in (KeptAnswers(cache := Cache(), SavingSettings()), Shelf(days=0).kept):
        await kept.keep(ENDPOINT, REQUEST, ANSWER)
        assert await kept.find(ENDPOINT, REQUEST) is None
        assert not kept.on
    assert cache.calls == 0


@pytest.mark.parametrize(
    "answer",
    [
        replace(ANSWER, state=MessageState.STOPPED),
        replace(ANSWER, state=MessageState.FAILED, error="No."),
        replace(ANSWER, state=MessageState.INTERRUPTED),
        replace(ANSWER, state=MessageState.STREAMING),
        replace(ANSWER, text=" \n"),
        replace(ANSWER, kept=True),
    ],
)
async def test_only_whole_answers_are_kept(answer: Message) -> None:
    shelf = Shelf()
    await shelf.kept.keep(ENDPOINT, REQUEST, answer)
    assert shelf.cache.answers == {}


async def test_an_answer_that_was_cut_off_is_not_kept() -> None:
    shelf = Shelf()
    await shelf.kept.keep(ENDPOINT, REQUEST, ANSWER, "length")
    assert await shelf.found() is None


async def test_it_expires_and_goes_with_the_next_one_that_is_kept() -> None:
    shelf = Shelf(days=2)
    await shelf.kept.keep(ENDPOINT, REQUEST, ANSWER)
    shelf.now += 2 * DAY
    assert await shelf.found() == "Because."
    shelf.now += 1
    assert await shelf.found() is None
    other = replace(REQUEST, messages=((Role.USER, "How?"),))
    await shelf.kept.keep(ENDPOINT, other, ANSWER)
    assert len(shelf.cache.answers) == 1


async def test_all_are_cleared_on_demand_also_where_it_is_off() -> None:
    shelf = Shelf()
    await shelf.kept.keep(ENDPOINT, REQUEST, ANSWER)
    off = KeptAnswers(shelf.cache, SavingSettings())
    assert await off.clear() == 1
    assert await shelf.found() is None


async def test_a_failing_disk_breaks_nothing() -> None:
    shelf = Shelf()
    shelf.cache.failing = True
    await shelf.kept.keep(ENDPOINT, REQUEST, ANSWER)
    assert await shelf.found() is None
    with pytest.raises(StudyBuddyError):
        await shelf.kept.clear()


def changed(**fields: object) -> CompletionRequest:
    return replace(REQUEST, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("endpoint", "request_"),
    [
        (replace(ENDPOINT, name="other"), REQUEST),
        (replace(ENDPOINT, base_url="https://other.example/v1"), REQUEST),
        (ENDPOINT, changed(model="gpt-4")),
        (ENDPOINT, changed(max_completion_tokens=10)),
        (ENDPOINT, changed(messages=((Role.SYSTEM, "Be long."), (Role.USER, "Why?")))),
        (ENDPOINT, changed(messages=((Role.USER, "Be brief."), (Role.USER, "Why?")))),
        (ENDPOINT, changed(messages=((Role.SYSTEM, "Be brief.Why?"),))),
        (
            ENDPOINT,
            changed(messages=(*REQUEST.messages, (Role.ASSISTANT, "So."), (Role.USER, "Why?"))),
        ),
    ],
)
async def test_nothing_else_is_answered_with_it(
    endpoint: Endpoint, request_: CompletionRequest
) -> None:
    shelf = Shelf()
    await shelf.kept.keep(ENDPOINT, REQUEST, ANSWER)
    assert await shelf.kept.find(endpoint, request_) is None


async def test_nothing_is_kept_where_the_server_chooses_the_model() -> None:
    shelf = Shelf()
    anyone, request = replace(ENDPOINT, model=""), replace(REQUEST, model="")
    await shelf.kept.keep(anyone, request, ANSWER)
    assert await shelf.kept.find(anyone, request) is None
    assert shelf.cache.answers == {}


def test_the_key_does_not_depend_on_who_asks_or_on_the_key_or_where_the_engine_listens() -> None:
    key = answer_key(ENDPOINT, REQUEST)
    assert answer_key(replace(ENDPOINT, key="sk-1"), REQUEST) == key
    assert answer_key(ENDPOINT, replace(REQUEST, origin=Origin("another"))) == key
    assert answer_key(ENDPOINT, replace(REQUEST, model="")) == key
    built_in = Endpoint("built-in", "", EndpointKind.BUILT_IN)
    running = replace(built_in, base_url="http://127.0.0.1:4711/v1")
    assert answer_key(built_in, REQUEST) == answer_key(running, REQUEST)


async def test_other_weights_in_the_built_in_models_place_are_another_model() -> None:
    here, request = Endpoint("built-in", "", EndpointKind.BUILT_IN), replace(REQUEST, model="")
    weights = ["smol"]
    settings = SavingSettings(keep_answers=True, keep_answers_days=7)
    kept = KeptAnswers(Cache(), settings, lambda: 1.0, weights=lambda: weights[0])
    await kept.keep(here, request, ANSWER)
    running = replace(here, base_url="http://127.0.0.1:4711/v1", model="smol.gguf")
    assert await kept.find(here, request) is not None
    assert await kept.find(running, request) is not None
    weights[0] = "large"
    assert await kept.find(here, request) is None
    weights[0] = ""  # there are none
    await kept.keep(here, request, ANSWER)
    assert await kept.find(here, request) is None


_MESSAGES = st.lists(st.tuples(st.sampled_from(Role), st.text()), max_size=4)


@given(_MESSAGES, _MESSAGES)
def test_different_messages_have_different_keys(
    one: list[tuple[Role, str]], other: list[tuple[Role, str]]
) -> None:
    keys = [answer_key(ENDPOINT, CompletionRequest(tuple(messages))) for messages in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)
    assert set(keys[0]) <= set(string.hexdigits)


def test_a_text_with_half_a_character_has_a_key_too() -> None:
    half = CompletionRequest(((Role.USER, "\ud83d"),))
    assert len(answer_key(ENDPOINT, half)) == 64
