"""Titles by the model: what is asked, what is taken, and when nothing is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.heads import new_conversation
from studybuddy.chat.stored import answer_to
from studybuddy.chat.titling import LONGEST, MOST_TOKENS, Titler, cleaned, wanted
from studybuddy.domain.accounts import Purpose
from studybuddy.domain.endpoints import BUILT_IN, Endpoint, EndpointKind
from studybuddy.domain.events import TextDelta
from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.messages import Message, MessageState, Role, Titled, new_id
from studybuddy.domain.usage import Usage
from tests.support.limited import Limited
from tests.support.memory_store import MemoryData
from tests.support.scripted_provider import ENDPOINT, ScriptedProvider, says

HEAD = new_conversation()


def exchange(text: str = "A cell makes ATP.") -> list[Message]:
    """A question and its whole answer."""
    question = Message(new_id(), Role.USER, "How do cells get energy?", 1.0)
    answer = replace(answer_to(question), text=text, state=MessageState.COMPLETE)
    return [question, answer]


async def title_of(provider: ScriptedProvider, budget: int | None = None) -> str:
    """The title that a model of that script finds."""
    budgets = {Period.DAY: Amount(tokens=budget)} if budget is not None else None
    limited = Limited(provider, MemoryData(), budgets=budgets)
    titler = Titler(limited.connector, limited.limits.budgets)
    return await titler.title(HEAD, exchange(), ENDPOINT)


async def test_the_model_is_shown_the_first_exchange_and_its_title_is_taken() -> None:
    provider = ScriptedProvider(says("“Energy of cells”."))
    assert await title_of(provider) == "Energy of cells"
    [request] = provider.requests
    assert "How do cells get energy?" in request.messages[-1][1]
    assert "A cell makes ATP." in request.messages[-1][1]
    assert request.max_completion_tokens == MOST_TOKENS
    assert request.origin is not None
    assert request.origin.purpose is Purpose.TITLE
    assert request.origin.conversation_id == HEAD.id


async def test_no_title_is_worth_going_over_a_budget() -> None:
    provider = ScriptedProvider(says("Energy"))
    assert await title_of(provider, budget=50) == ""
    assert provider.requests == []


async def test_a_model_that_writes_no_title_is_not_read_to_its_end() -> None:
    provider = ScriptedProvider([*[TextDelta("word ")] * 5000, *says("")])
    assert await title_of(provider) == ""


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Cell energy", "Cell energy"),
        ('"Cell energy"', "Cell energy"),
        ("**Title:** Cell energy", "Cell energy"),
        ("Titel: Zellen", "Zellen"),
        ("<think>hm, so\nmany</think>\n\nCell energy.", "Cell energy"),
        ("# Cell energy\nBecause the student asks", "Cell energy"),
        ("細胞のエネルギー", "細胞のエネルギー"),
        ("C++ pointers", "C++ pointers"),
        ("", ""),
        ("\n \n", ""),
        ("I'm sorry, but I can't find a title for this, since it says too little about it.", ""),
        ("x" * 61, ""),
    ],
)
def test_of_an_answer_the_title_alone_is_taken(answer: str, title: str) -> None:
    assert cleaned(answer) == title


@given(st.text())
def test_whatever_a_model_says_a_title_is_one_short_line(answer: str) -> None:
    title = cleaned(answer)
    assert len(title) <= LONGEST
    assert "\n" not in title


def test_a_title_is_wanted_after_the_first_whole_answers() -> None:
    messages = exchange()
    assert wanted(HEAD, messages, ENDPOINT)
    assert not wanted(HEAD, messages[:1], ENDPOINT)
    assert wanted(HEAD, messages * 3, ENDPOINT)
    assert not wanted(HEAD, messages * 4, ENDPOINT)
    stopped = replace(messages[1], state=MessageState.STOPPED)
    assert not wanted(HEAD, [messages[0], stopped], ENDPOINT)
    for titled in (Titled.MODEL, Titled.STUDENT):
        assert not wanted(replace(HEAD, titled=titled), messages, ENDPOINT)
    assert not wanted(HEAD, messages, Endpoint(BUILT_IN, "", EndpointKind.BUILT_IN))


async def test_what_a_title_takes_is_recorded_as_that() -> None:
    limited = Limited(ScriptedProvider(says("Energy")), MemoryData())
    await Titler(limited.connector, limited.limits.budgets).title(HEAD, exchange(), ENDPOINT)
    await limited.limits.accounts.settled()
    total = await limited.limits.accounts.conversation(HEAD.id)
    assert total.usage != Usage()
