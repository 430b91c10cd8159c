"""What a question means to a thread, given how the turns before it ended."""

from __future__ import annotations

from collections.abc import Sequence

from studybuddy.chat.context import request_messages
from studybuddy.chat.run_start import Question
from studybuddy.chat.stored import Asked
from studybuddy.domain.messages import Conversation, Message, MessageState, Role


def question_of(
    asked: Asked, head: Conversation, messages: Sequence[Message], earlier: Sequence[Message]
) -> Question:
    """What is asked of the server.

    Args:
        asked: the turn that is about to begin.
        head: of its conversation.
        messages: the branch that is shown before the turn.
        earlier: what of it stays before the question.
    """
    text = asked.question.text
    told = request_messages("", earlier)
    prompt = head.system_prompt
    known = frozenset(m.details.run_id for m in messages if m.details)
    last = messages[-1] if messages else None
    run_id = _run_on(head.thread_id, last)
    if asked.anew or asked.replaced:
        if run_id:
            return Question(text, told, prompt, known, earlier_run=run_id)
        # An answer that another thread gave can't be taken back from this one.
        strange = last is not None and last.details is not None
        whole = last is not None and last.role is Role.ASSISTANT and _complete(last)
        afresh = strange or whole
        return Question(text, told, prompt, known, maybe_asked=not afresh, afresh=afresh)
    refused = last is not None and not _complete(last) and not unseen_end(last, head.thread_id)
    return Question(text, told, prompt, known, refused_run=run_id if refused else "")


def unseen_end(answer: Message, thread_id: str) -> bool:
    """Whether the answer's run may still be going on in that thread."""
    details = answer.details
    return (
        answer.state is MessageState.INTERRUPTED
        and details is not None
        and details.thread_id == thread_id
        and not details.status.over
    )


def _run_on(thread_id: str, answer: Message | None) -> str:
    """The run of that thread that made an answer; empty where none did."""
    details = answer.details if answer else None
    return details.run_id if details and details.thread_id == thread_id else ""


def _complete(message: Message) -> bool:
    return message.state is MessageState.COMPLETE
