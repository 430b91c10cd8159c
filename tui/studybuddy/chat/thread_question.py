"""What a question means to a thread, given how the turns before it ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from studybuddy.chat.asked import Asked
from studybuddy.chat.context import request_messages
from studybuddy.chat.run_start import Question
from studybuddy.chat.thread_instructions import beyond_assistants
from studybuddy.domain.messages import Conversation, Message, MessageState, Role
from studybuddy.domain.variations import CONTINUED


def question_of(
    asked: Asked,
    head: Conversation,
    messages: Sequence[Message],
    earlier: Sequence[Message],
    *,
    threads: Collection[str] = (),
    model: str = "",
) -> Question:
    """What is asked of the server.

    Args:
        asked: the turn that is about to begin.
        head: of its conversation.
        messages: the branch that is shown before the turn.
        earlier: what of it stays before the question.
        threads: of this conversation; any of them may have just that.
        model: another one than the assistant's own; empty for that.
    """
    last = messages[-1] if messages else None
    told = request_messages((), earlier)
    question = Question(
        asked.question.text,
        told,
        beyond_assistants(head, None if asked.goes_on else asked.variation),
        frozenset(m.details.run_id for m in messages if m.details and m.details.run_id),
        model=model,
    )
    if asked.goes_on:
        # No server adds to a message that is there. So the answer that was cut is shown to it, on
        # a thread that serves for this alone.
        cut = (Role.USER, asked.question.text), (Role.ASSISTANT, asked.beginning)
        return replace(question, text=CONTINUED.instruction, earlier=(*told, *cut), leaves=True)
    gone = messages[len(earlier) :]
    run_id = _run_on(head.thread_id, last)
    in_line = _is_tail(asked, gone) if gone else last is None or _complete(last) or bool(run_id)
    may_go_on = last is not None and _may_go_on(last, asked)
    if not head.thread_id or not in_line or may_go_on:
        return replace(question, like=_thread_of(earlier, threads), leaves=True)
    if gone:
        if run_id:
            return replace(question, earlier_run=run_id)
        # An answer that another thread gave can't be taken back from this one.
        strange = last is not None and bool(_run_of(last))
        whole = last is not None and last.role is Role.ASSISTANT and _complete(last)
        afresh = strange or whole
        return replace(question, maybe_asked=not afresh, afresh=afresh)
    refused = last is not None and not _complete(last)
    return replace(question, refused_run=run_id if refused else "")


def unseen_end(answer: Message) -> bool:
    """Whether the answer's run may still be going on."""
    details = answer.details
    return (
        answer.state is MessageState.INTERRUPTED
        and details is not None
        and bool(details.run_id)
        and not details.status.over
    )


def _is_tail(asked: Asked, gone: Sequence[Message]) -> bool:
    """Whether a turn brings to the thread's end what the question takes the place of.

    That is the same question with an answer. Where more leaves the branch, or the question is
    another one, the thread stays as it is for the branch that it is of.
    """
    return len(gone) <= 2 and gone[0].text.strip() == asked.question.text.strip()


def _may_go_on(answer: Message, asked: Asked) -> bool:
    """Whether the answer's run may go on, or is not known, and is none of what is asked."""
    if answer.state is MessageState.STREAMING or unseen_end(answer):
        return True
    lost = answer.state is not MessageState.COMPLETE and not _run_of(answer)
    return lost and asked.variation is not None


def _thread_of(earlier: Sequence[Message], threads: Collection[str]) -> str:
    """The thread that the last of those answers was made in; empty where it is not known."""
    made = (m.details.thread_id for m in reversed(earlier) if m.details and m.details.run_id)
    thread_id = next(made, "")
    return thread_id if thread_id in threads else ""


def _run_on(thread_id: str, answer: Message | None) -> str:
    """The run of that thread that made an answer; empty where none did."""
    details = answer.details if answer else None
    return details.run_id if details and details.thread_id == thread_id else ""


def _run_of(answer: Message) -> str:
    return answer.details.run_id if answer.details else ""


def _complete(message: Message) -> bool:
    return message.state is MessageState.COMPLETE
