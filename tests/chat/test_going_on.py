"""Answers that were cut, and go on in others beside them."""

from __future__ import annotations

import pytest

from studybuddy.domain.events import (
    TextDelta,
    TurnFailed,
    TurnStarted,
)
from studybuddy.domain.messages import MessageState
from studybuddy.domain.ports import CompletionFinished
from studybuddy.domain.variations import CONTINUED
from tests.support.branching import REFUSED, Chat, a_chat, read
from tests.support.scripted_provider import ENDPOINT, Step, says


async def test_a_cut_answer_goes_on_in_one_beside_it() -> None:
    chat = Chat(says("The sky is", "length"), says("is blue."), says("C"))
    await chat.ask("a")
    cut = chat.session.messages[-1]
    assert (cut.finish_reason, chat.session.can_go_on) == ("length", True)
    events = await read(chat.session.go_on(ENDPOINT))
    started = events[0]
    assert isinstance(started, TurnStarted)
    assert (started.answer.text, started.replaced) == ("The sky is", (cut.id,))
    assert chat.asked(1) == ["a", "The sky is", CONTINUED.instruction]
    added = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert "The sky is" + added == "The sky is is blue."
    answer = chat.session.messages[-1]
    assert (answer.text, answer.variation) == ("The sky is is blue.", "continued")
    assert not chat.session.can_go_on
    assert chat.versions == {"The sky is is blue.": (2, 2)}
    await chat.ask("c")
    assert chat.asked(2) == ["a", "The sky is is blue.", "c"]
    await chat.walk(1, -1)
    assert chat.shown == await chat.stored() == ["a", "The sky is"]


async def test_what_is_said_again_where_an_answer_goes_on_is_left_out() -> None:
    chat = Chat([TextDelta("The sky is blue"), REFUSED], says("is blue because of scattering."))
    await chat.ask("a")
    await read(chat.session.go_on(ENDPOINT))
    assert chat.shown == await chat.stored() == ["a", "The sky is blue because of scattering."]


async def test_what_came_of_going_on_is_kept_where_it_fails_and_can_be_gone_on_with() -> None:
    cut = [TextDelta("One"), REFUSED]
    chat = Chat(cut, [TextDelta(" two"), REFUSED], [REFUSED], says("three."))
    await chat.ask("a")
    await read(chat.session.go_on(ENDPOINT))
    assert chat.shown == await chat.stored() == ["a", "One two"]
    ended = (await read(chat.session.go_on(ENDPOINT)))[-1]
    assert isinstance(ended, TurnFailed)
    assert ended.back
    assert chat.shown == await chat.stored() == ["a", "One two"]
    assert chat.versions == {"One two": (2, 3)}
    await read(chat.session.go_on(ENDPOINT))
    assert chat.shown == await chat.stored() == ["a", "One two three."]


async def test_a_whole_answer_is_not_gone_on_with() -> None:
    chat = await a_chat([REFUSED])
    assert not chat.session.can_go_on
    with pytest.raises(ValueError, match="go on"):
        chat.session.go_on(ENDPOINT)
    await chat.ask("c")
    assert not chat.session.can_go_on  # there is nothing of it


async def test_an_answer_that_says_it_is_whole_with_no_more_words_is_that() -> None:
    nothing: list[Step] = [CompletionFinished("stop", ENDPOINT.model)]
    chat = Chat(says("All of it", "length"), nothing)
    await chat.ask("a")
    await read(chat.session.go_on(ENDPOINT))
    last = chat.session.messages[-1]
    assert (last.text, last.state) == ("All of it", MessageState.COMPLETE)
