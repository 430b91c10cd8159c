"""What the model is shown of a conversation."""

from studybuddy.chat.context import request_messages
from studybuddy.domain.messages import Message, MessageState, Role


def user(text: str) -> Message:
    return Message(text, Role.USER, text, 0)


def answer(text: str, state: MessageState = MessageState.COMPLETE) -> Message:
    return Message(text, Role.ASSISTANT, text, 0, state=state)


def test_an_empty_conversation_is_the_system_prompt_alone_or_nothing() -> None:
    assert request_messages("Be kind.", []) == ((Role.SYSTEM, "Be kind."),)
    assert request_messages("", []) == ()


def test_a_question_whose_answer_is_not_whole_leaves_with_it() -> None:
    for state in MessageState:
        messages = [user("a"), answer("b", state), user("c")]
        expected = ["a", "b", "c"] if state is MessageState.COMPLETE else ["c"]
        assert [text for _, text in request_messages("", messages)] == expected


def test_the_question_being_asked_stays() -> None:
    assert request_messages("", [user("a")]) == ((Role.USER, "a"),)
