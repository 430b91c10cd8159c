"""What is shown of a tree of messages, and what can stand in its place."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from studybuddy.domain.messages import Message, Role
from studybuddy.domain.tree import MessageTree


def a_tree(*rows: tuple[str, str | None], deleted: str = "") -> MessageTree:
    """Messages of one letter each with their parents."""
    return MessageTree(
        Message(name, Role.USER, name, 1.0, parent, deleted=name in deleted)
        for name, parent in rows
    )


def shown(tree: MessageTree, leaf: str | None) -> str:
    return "".join(message.id for message in tree.branch(leaf))


LINE = (("q", None), ("a", "q"), ("r", "a"), ("b", "r"))
FORK = (*LINE, ("c", "r"), ("s", "a"), ("d", "s"))


def test_a_branch_is_shown_from_its_first_message_to_its_leaf() -> None:
    tree = a_tree(*FORK)
    assert [shown(tree, leaf) for leaf in "bcd"] == ["qarb", "qarc", "qasd"]
    assert shown(tree, "a") == "qa"
    assert shown(tree, None) == shown(tree, "unknown") == ""


def test_alternatives_share_what_stands_before_them_oldest_first() -> None:
    tree = a_tree(*FORK)
    assert tree.alternatives("r") == tree.alternatives("s") == ("r", "s")
    assert tree.alternatives("c") == ("b", "c")
    assert tree.alternatives("q") == ("q",)
    assert tree.alternatives("unknown") == ()


def test_deleted_messages_are_passed_through_and_what_follows_them_stays() -> None:
    tree = a_tree(*FORK, deleted="ra")
    assert shown(tree, "b") == "qb"
    assert tree.alternatives("b") == ("b", "c", "s")
    assert tree.alternatives("r") == ()


def test_the_latest_leaf_below_a_message_is_shown_when_it_is_chosen() -> None:
    tree = a_tree(*FORK)
    assert [tree.leaf_below(name) for name in "qrsb"] == ["d", "c", "d", "b"]
    assert a_tree(*FORK, deleted="d").leaf_below("q") == "s"


def test_where_the_last_message_was_deleted_another_branch_of_what_is_left_is_shown() -> None:
    assert shown(a_tree(*LINE, deleted="rb"), "b") == "qa"
    assert shown(a_tree(*FORK, deleted="c"), "c") == "qarb"
    assert shown(a_tree(*FORK, deleted="sd"), "d") == "qarc"
    assert shown(a_tree(("q", None), ("r", None), deleted="r"), "r") == "q"
    assert shown(a_tree(("q", None), deleted="q"), "q") == ""


@st.composite
def trees(draw: st.DrawFn) -> list[Message]:
    count = draw(st.integers(1, 12))
    names = [str(number) for number in range(count)]
    parents = st.sampled_from([None, "nowhere", *names])  # loops and later parents too
    return [
        Message(name, Role.USER, name, 1.0, draw(parents), deleted=draw(st.booleans()))
        for name in names
    ]


@given(trees(), st.data())
def test_every_message_that_is_not_deleted_is_reached_by_walking_alternatives(
    messages: list[Message], data: st.DataObject
) -> None:
    tree = MessageTree(messages)
    leaves = [m.id for m in messages if m.deleted or tree.leaf_below(m.id) == m.id]
    visible = {m.id for m in messages if not m.deleted}
    reached: set[str] = set()
    waiting = [data.draw(st.sampled_from(leaves))]
    while waiting:
        branch = tree.branch(waiting.pop())
        assert not any(message.deleted for message in branch)
        for message in branch:
            if message.id not in reached:
                alternatives = tree.alternatives(message.id)
                assert message.id in alternatives
                reached.add(message.id)
                waiting += [tree.leaf_below(other) for other in alternatives]
    assert reached == visible


@given(trees())
def test_a_message_that_is_brought_back_stands_where_it_stood(messages: list[Message]) -> None:
    whole = MessageTree([replace(message, deleted=False) for message in messages])
    for message in messages:
        before = [m.id for m in whole.branch(message.id)]
        part = [m.id for m in MessageTree(messages).branch(message.id)]
        if not message.deleted:
            assert part == [name for name in before if name in part]
            assert part[-1] == message.id
