"""What of a conversation goes into a request, and what stays of one that is too long."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.chat.context import (
    Turn,
    cut_to_fit,
    entering,
    opening_of,
    request_messages,
    staying,
    tokens_of,
    turns_of,
)
from studybuddy.chat.heads import new_conversation
from studybuddy.chat.plans import Plan, ToSumUp, make_plan, summary_messages
from studybuddy.chat.weighing import Weighed
from studybuddy.domain.kept_texts import Summary
from studybuddy.domain.limits import DoesNotFit, Overflow, Room
from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.domain.prompts import Example


def user(text: str) -> Message:
    return Message(text, Role.USER, text, 0)


def answer(text: str, state: MessageState = MessageState.COMPLETE) -> Message:
    return Message(text, Role.ASSISTANT, text, 0, state=state)


def test_an_empty_conversation_is_the_system_prompt_alone_or_nothing() -> None:
    assert request_messages(((Role.SYSTEM, "Be kind."),), []) == ((Role.SYSTEM, "Be kind."),)
    assert request_messages((), []) == ()


def test_a_question_whose_answer_is_not_whole_leaves_with_it() -> None:
    for state in MessageState:
        messages = [user("a"), answer("b", state), user("c")]
        expected = ["a", "b", "c"] if state is MessageState.COMPLETE else ["c"]
        assert [text for _, text in request_messages((), messages)] == expected


def test_the_question_being_asked_stays() -> None:
    assert request_messages((), [user("a")]) == ((Role.USER, "a"),)


def test_a_question_and_its_answer_are_one_turn() -> None:
    messages = [answer("hi"), user("a"), answer("b"), user("x"), user("c")]
    turns = [[m.text for m in turn] for turn in turns_of(messages)]
    assert turns == [["hi"], ["a", "b"], ["x"], ["c"]]


def test_examples_stand_between_the_system_prompt_and_the_messages() -> None:
    head = replace(
        new_conversation("Be kind."),
        examples=(Example("1+1?", "2"), Example("2+2?", "4")),
    )
    asked = request_messages(opening_of(head), [user("3+3?")])
    roles = [Role.SYSTEM, *[Role.USER, Role.ASSISTANT] * 2, Role.USER]
    texts = ["Be kind.", "1+1?", "2", "2+2?", "4", "3+3?"]
    assert asked == tuple(zip(roles, texts, strict=True))
    assert opening_of(replace(head, system_prompt=""))[0] == (Role.USER, "1+1?")
    assert opening_of(replace(head, system_prompt="", examples=())) == ()


def conversation(*sizes: int, question: int = 10, pinned: tuple[int, ...] = ()) -> list[Turn]:
    """Turns of those sizes, half of each for the answer, and a question."""
    turns = []
    for number, size in enumerate(sizes):
        asked = replace(user(f"q{number}"), pinned=number in pinned)
        turns.append(Turn((asked, answer(f"a{number}")), (size - size // 2, size // 2)))
    return [*turns, Turn((user("now"),), (question,))]


def test_only_as_many_turns_go_as_must() -> None:
    turns = conversation(100, 100, 100)
    assert cut_to_fit(turns, 0, 310) == 0
    assert cut_to_fit(turns, 0, 309) == 1
    assert cut_to_fit(turns, 5, 214) == 2
    assert cut_to_fit(turns, 0, 10) == 3
    assert cut_to_fit(turns, 0, 9) is None


def test_pinned_turns_stay_and_others_go_in_their_place() -> None:
    turns = conversation(100, 100, 100, pinned=(0,))
    assert cut_to_fit(turns, 0, 210) == 2
    assert [t.messages[0].text for t in staying(turns, 2)] == ["q0", "q2", "now"]
    assert cut_to_fit(turns, 0, 109) is None


messages_of_any_kind = st.builds(
    Message,
    id=st.uuids().map(str),
    role=st.sampled_from([Role.USER, Role.ASSISTANT]),
    text=st.text(max_size=3),
    created_at=st.just(0.0),
    state=st.sampled_from(MessageState),
    pinned=st.booleans(),
)


@st.composite
def weighed(draw: st.DrawFn) -> Weighed:
    """Any history, with any pins and sizes, and a question."""
    history = draw(st.lists(messages_of_any_kind, max_size=14))
    question = Message("question", Role.USER, "?", 0)
    sizes = st.integers(0, 60)
    turns = [
        Turn(turn, tuple(draw(sizes) for _ in turn)) for turn in turns_of([*history, question])
    ]
    exact = draw(st.booleans())
    return Weighed(draw(st.integers(0, 40)), draw(st.integers(0, 3)), tuple(turns), exact)


summaries = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 60)), max_size=3)


@given(weighed(), st.integers(1, 500), st.sampled_from(Overflow), st.booleans(), summaries)
def test_what_is_sent_always_fits_with_all_that_must_be_in_it(
    history: Weighed,
    window: int,
    wanted: Overflow,
    steady: bool,
    known: list[tuple[int, int]],
) -> None:
    kept = [
        (Summary("c", history.turns[place % len(history.turns)].messages[-1].id, "Sum.", 0), size)
        for place, size in known
    ]
    plan = make_plan(history, Room(window), wanted, kept, steady=steady)
    turns = history.turns
    if isinstance(plan, DoesNotFit):
        least = [t for t in turns[:-1] if t.pinned] + [turns[-1]]
        fits = tokens_of(least, history.base) <= window - plan.margin
        assert wanted is not Overflow.DROP or not fits
        # What it says can be dropped can: the student may do what is offered.
        offered = make_plan(history, Room(window), Overflow.DROP, steady=steady)
        gone = len(offered.gone) if isinstance(offered, Plan) else 0
        assert plan.droppable == gone
        return
    assert plan.count.tokens <= window
    if not history.exact:
        assert plan.count.tokens <= window / 1.1
    inside = plan.messages(((Role.SYSTEM, "System."),))
    assert inside[0] == (Role.SYSTEM, "System.")
    whole = [m for turn in turns for m in turn.messages]
    sent = [m for m in whole if m.id not in plan.gone]
    first = summary_messages("Sum.") if plan.summary else ()
    assert inside[1:] == (*first, *((m.role, m.text) for m in sent))
    assert sent[-1].id == "question"
    assert {m.id for m in whole if m.pinned} <= {m.id for m in sent}
    for turn in turns:  # whole, or not at all
        assert len({m.id in plan.gone for m in turn.messages}) == 1
    if wanted is Overflow.REFUSE:
        assert not plan.gone
    if plan.gone:
        assert history.whole.tokens > window / 1.1
        assert bool(plan.dropped) is (wanted is Overflow.DROP)


@given(st.lists(messages_of_any_kind, max_size=14))
def test_turns_are_all_that_enters_in_its_order(history: list[Message]) -> None:
    assert [m for turn in turns_of(history) for m in turn] == list(entering(history))
    assert all(m.role is not Role.USER for turn in turns_of(history) for m in turn[1:])


def test_an_estimate_keeps_a_margin_and_a_count_does_not() -> None:
    turns = tuple(conversation(90))
    assert isinstance(make_plan(Weighed(0, 0, turns, True), Room(100), Overflow.REFUSE), Plan)
    refused = make_plan(Weighed(0, 0, turns, False), Room(100), Overflow.REFUSE)
    assert isinstance(refused, DoesNotFit)
    assert str(refused) == (
        "About 100 of 100 tokens (10 stay free, since this is an estimate); "
        "shorten it or let me drop the oldest 2 messages."
    )


def test_a_refusal_says_how_much_must_go_or_that_it_is_no_help() -> None:
    turns = tuple(conversation(400, 400, question=100))
    refused = make_plan(Weighed(50, 3, turns, True), Room(600, 100), Overflow.REFUSE)
    assert str(refused) == "953 of 500 tokens; shorten it or let me drop the oldest 4 messages."
    refused = make_plan(Weighed(450, 3, turns, True), Room(600, 100), Overflow.DROP)
    assert str(refused) == "553 of 500 tokens: too long for this model. Shorten it."


def test_without_a_known_window_everything_is_sent() -> None:
    plan = make_plan(Weighed(0, 0, tuple(conversation(10**9)), False), Room(), Overflow.REFUSE)
    assert isinstance(plan, Plan)
    assert not plan.gone


Sent = list[tuple[str, int]]
"""Ids and tokens of a request's messages."""


def requests(*, steady: bool, turns: int = 120, room: int = 4000) -> list[Sent]:
    """What is sent turn by turn, in a conversation whose turns differ in length."""
    every = conversation(*(60 + 13 * (n % 7) for n in range(turns)), pinned=(2,))
    sent = []
    for place in range(turns):
        asked = Turn(every[place].messages[:1], every[place].sizes[:1])
        history = [*every[:place], asked]
        cut = cut_to_fit(history, 40, room, steady=steady)
        assert cut is not None
        assert tokens_of(history, 40, cut) <= room
        inside = staying(history, cut)
        sent.append([(m.id, n) for t in inside for m, n in zip(t.messages, t.sizes, strict=True)])
    return sent


def read_again(sent: list[Sent]) -> float:
    """Share of all tokens that the request before began with: what a server has in its cache."""
    known = 0
    for before, after in pairwise(sent):
        same = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
        known += sum(tokens for (_, tokens), _ in same)
    return known / sum(tokens for request in sent[1:] for _, tokens in request)


def test_a_steady_beginning_stays_the_same_over_many_turns_and_spares_most_tokens() -> None:
    plain, steady = requests(steady=False), requests(steady=True)
    full = next(n for n, sent in enumerate(plain) if sent[0][0] != "q0")
    # Once the room is full, dropping as little as must be changes the beginning at each turn.
    same = [after[: len(before)] == before for before, after in pairwise(steady[full:])]
    assert sum(same) >= 0.85 * len(same)
    assert read_again(plain[full:]) < 0.2
    assert read_again(steady[full:]) > 0.8
    # What is paid for it: somewhat less of the conversation is sent.
    tokens = [sum(n for request in sent for _, n in request) for sent in (plain, steady)]
    assert tokens[1] >= 0.8 * tokens[0]
    assert all(("q2", 43) in request for request in steady[3:])


@given(st.lists(st.integers(2, 80), min_size=1, max_size=30), st.integers(90, 300))
def test_a_steady_cut_depends_on_nothing_but_the_turns_and_never_goes_back(
    sizes: list[int], room: int
) -> None:
    every = conversation(*sizes)
    cuts = []
    for place in range(len(sizes)):
        asked = Turn(every[place].messages[:1], every[place].sizes[:1])
        cut = cut_to_fit([*every[:place], asked], 5, room, steady=True)
        assert cut is not None
        cuts.append(cut)
    assert cuts == sorted(cuts)


def test_a_summary_that_is_there_is_used_and_the_one_that_stands_for_least_goes_first() -> None:
    history = Weighed(0, 0, tuple(conversation(100, 100, 100, 100)), True)
    short, long = Summary("c", "a0", "Short.", 0), Summary("c", "a1", "Long.", 0)
    other = Summary("c", "not in this branch", "Other.", 0)
    known = [(other, 1), (long, 30), (short, 20)]
    plan = make_plan(history, Room(350), Overflow.SUMMARISE, known)
    assert isinstance(plan, Plan)
    assert plan.summary is short
    assert (plan.summarised, plan.dropped) == (("q0", "a0"), ())
    plan = make_plan(history, Room(250), Overflow.SUMMARISE, known)
    assert isinstance(plan, Plan)
    assert plan.summary is long


def test_a_summary_to_be_made_goes_on_from_the_one_before() -> None:
    history = Weighed(0, 0, tuple(conversation(*[100] * 8)), True)
    earlier = Summary("c", "a1", "Earlier.", 0)
    plan = make_plan(history, Room(500), Overflow.SUMMARISE, [(earlier, 50)])
    assert isinstance(plan, Plan)
    assert isinstance(plan.to_sum_up, ToSumUp)
    assert plan.to_sum_up.previous is earlier
    assert plan.to_sum_up.turns[0].messages[0].id == "q2"
    assert plan.count.tokens <= 250  # room is made for turns to come, so that it is done seldom
    assert plan.to_sum_up.covers_id == history.turns[plan.cut - 1].messages[-1].id


def test_a_question_that_leaves_no_room_for_a_summary_is_refused_with_what_helps() -> None:
    history = Weighed(0, 0, tuple(conversation(100, question=95)), True)
    refused = make_plan(history, Room(100), Overflow.SUMMARISE)
    assert isinstance(refused, DoesNotFit)
    assert refused.droppable == 2


@pytest.mark.parametrize("wanted", Overflow)
def test_what_fits_is_sent_whole_also_where_there_is_a_summary(wanted: Overflow) -> None:
    history = Weighed(0, 0, tuple(conversation(100, 100)), True)
    known = [(Summary("c", "a0", "Short.", 0), 20)]
    plan = make_plan(history, Room(210), wanted, known)
    assert isinstance(plan, Plan)
    assert (plan.gone, plan.summary) == ((), None)
