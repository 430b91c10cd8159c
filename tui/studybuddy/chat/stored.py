"""A conversation's shown branch and its copy on disk: what every kind of session shares."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from studybuddy.chat.heads import title_from
from studybuddy.chat.shown import ELSEWHERE, ShownBranch
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.messages import (
    Message,
    MessageState,
    Role,
    new_id,
)
from studybuddy.domain.problems import SHOWN_OTHERWISE, Problem, StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.chat.asked import Asked
    from studybuddy.domain.events import TurnFailed, TurnStarted
    from studybuddy.domain.limits import Overflow
    from studybuddy.domain.messages import Titled
    from studybuddy.domain.prompts import Example, Persona
    from studybuddy.domain.variations import Variation

_log = logging.getLogger(__name__)
_Turn = TypeVar("_Turn")


class StoredConversation(ShownBranch):
    """A conversation that is stored with its first message or draft."""

    async def agreed(self, wanted: Callable[[], _Turn], *, again: bool) -> _Turn | Problem:
        """What a turn is to be, once what other windows did is taken over; or why there is none.

        There is none where another window is answering, or has just done so where it is asked
        `again`, and where what is `wanted` raises ValueError, as it is not shown any more.
        """
        elsewhere = self.elsewhere
        try:
            async with self._changing:  # so that the turn begins in the branch that is wanted
                await self._catch_up()
        except StudyBuddyError as error:
            return error.problem
        done = bool(self._messages) and self._messages[-1].state is MessageState.COMPLETE
        if self.elsewhere or (elsewhere and again and done):
            return ELSEWHERE
        try:
            return wanted()
        except ValueError:
            return SHOWN_OTHERWISE

    def last_question(self) -> Message | None:
        """The student's latest message of the shown branch."""
        return next((m for m in reversed(self._messages) if m.role is Role.USER), None)

    def context(self) -> tuple[tuple[Role, str], ...]:
        """Role and text of what the next question is asked with."""
        from studybuddy.chat.context import opening_of, request_messages

        return request_messages(opening_of(self.head), self._messages)

    @property
    def can_go_on(self) -> bool:
        """Whether the last answer was cut, so that more of it can be asked for."""
        from studybuddy.chat.asked import is_cut

        last = self._messages[-2:]
        return len(last) == 2 and last[0].role is Role.USER and is_cut(last[1]) and not self.busy

    def ask(self, text: str) -> Asked:
        """A turn that asks `text`; see `asked.asking`."""
        from studybuddy.chat.asked import asking

        return asking(self._messages, text)

    def ask_again(self, message_id: str = "", variation: Variation | None = None) -> Asked:
        """A turn that asks a question again; see `asked.asking_again`.

        Raises:
            ValueError: where there is no such question.
        """
        from studybuddy.chat.asked import asking_again

        return asking_again(self._messages, message_id, variation)

    def ask_otherwise(self, message_id: str, text: str) -> Asked:
        """A turn that asks a question in other words; see `asked.asking_otherwise`.

        Raises:
            ValueError: where there is no such question, or the text is blank.
        """
        from studybuddy.chat.asked import asking_otherwise

        return asking_otherwise(self._messages, message_id, text)

    def ask_on(self) -> Asked:
        """A turn that goes on with the last answer; see `asked.going_on`.

        Raises:
            ValueError: where that was not cut.
        """
        from studybuddy.chat.asked import going_on

        return going_on(self._messages)

    def branch(self, asked: Asked) -> list[Message]:
        """The shown branch as the turn will leave it, up to its question."""
        branch = self._messages[: len(self._messages) - len(asked.replaced)]
        return branch if asked.anew else [*branch, asked.question]

    async def begin(
        self, asked: Asked, answer: Message, endpoint: Endpoint
    ) -> TurnStarted | TurnFailed:
        """Bring question and answer's place to disk and into the branch, and say so."""
        from studybuddy.domain.events import TurnStarted

        branch = self.branch(asked)
        try:
            await self.store_turn(asked, answer, endpoint)
        except StudyBuddyError as error:
            return failed(answer, error.problem)
        self._number(asked, answer, branch)
        self._messages = [*branch, answer]
        self.head = replace(self.head, leaf_id=answer.id)
        return TurnStarted(asked.question, answer, tuple(m.id for m in asked.replaced))

    def _number(self, asked: Asked, answer: Message, branch: Sequence[Message]) -> None:
        """Count what takes the place of others among them: it was written last."""
        known = self._alternatives
        self._alternatives = {m.id: known[m.id] for m in branch if m.id in known}
        if asked.replaced:
            _, before = known.get(asked.replaced[0].id, (1, 1))
            new = answer if asked.anew else asked.question
            self._alternatives[new.id] = before + 1, before + 1

    async def come_back(self, asked: Asked, answer: Message) -> bool:
        """Show what left the branch for a turn, where nothing came in its place; else `False`.

        The answer that came to nothing stays as an alternative. Where the disk fails it is shown.
        """
        from studybuddy.chat.asked import comes_back

        if not comes_back(asked, answer):
            return False
        async with self._changing:
            if not self._messages or self._messages[-1].id != answer.id:
                return False
            try:
                tree = await self.tree()
                return await self._show(tree, tree.leaf_below(asked.replaced[-1].id))
            except StudyBuddyError as error:
                _log.warning("what was shown of %s before is not: %s", self.head.id, error)
                return False

    async def store_turn(self, asked: Asked, answer: Message, endpoint: Endpoint) -> None:
        """Write the head, the question where it is new, and the answer's place.

        Raises:
            StudyBuddyError: where the disk fails, the conversation was deleted, or another window
                has changed what is shown since the turn began.
        """
        self.head = replace(
            self.head,
            title=self.head.title or title_from(asked.question.text),
            updated_at=time.time(),
            endpoint=endpoint.name,
            model=endpoint.model,
            draft="",
        )
        await self.save()
        await self._store.add(
            self.head.id,
            *(() if asked.anew else (asked.question,)),
            answer,
            shown=[message.id for message in self._messages],
            thread_id=self.head.thread_id,
        )
        try:
            # By now something new may have been typed.
            await self._store.save_draft(self.head.id, self.head.draft)
        except StudyBuddyError as error:
            _log.warning("the draft of %s was not cleared: %s", self.head.id, error)

    async def save(self) -> None:
        """Write what a turn changes of the conversation's head; all of it where it is new."""
        await self._store.save(self.head, new=self._unsaved)
        if self._unsaved:
            await self._store.mark_opened(self.head.id)
            self._unsaved = False

    async def save_draft(self, draft: str) -> None:
        """Keep what is typed; a conversation that is new begins to exist with its first word."""
        if draft == self.head.draft or (self._unsaved and not draft):
            return
        if self._unsaved:
            await self.save()
        await self._store.save_draft(self.head.id, draft)
        self.head = replace(self.head, draft=draft)

    async def save_scroll(self, scroll: str) -> None:
        """Keep where it is scrolled to; a conversation that is new has nothing to scroll."""
        if scroll != self.head.scroll and not self._unsaved:
            await self._store.save_scroll(self.head.id, scroll)
            self.head = replace(self.head, scroll=scroll)

    async def pin(self, message_id: str, pinned: bool) -> None:
        """Let a message stay in the context where older ones are dropped, or no longer.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        await self._store.pin(message_id, pinned)
        for place, message in enumerate(self._messages):
            if message.id == message_id:
                self._messages[place] = replace(message, pinned=pinned)

    async def set_limits(
        self, max_completion_tokens: int | None, overflow: Overflow | None
    ) -> None:
        """Set this conversation's own limits from the next turn on; `None` for what is set for all.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        self.head = replace(
            self.head, max_completion_tokens=max_completion_tokens, overflow=overflow
        )
        if not self._unsaved:
            await self._store.set_limits(self.head.id, max_completion_tokens, overflow)

    async def set_system_prompt(self, prompt: str) -> None:
        """Change the system prompt from the next turn on.

        Another prompt than the persona's is no persona any more; a blank one has no examples.
        """
        if prompt == self.head.system_prompt:
            return
        examples = self.head.examples if prompt.strip() else ()
        await self._set_prompt(prompt, "", examples)

    async def set_persona(self, persona: Persona) -> None:
        """Take over a persona's prompt and examples from the next turn on."""
        await self._set_prompt(persona.system_prompt, persona.name, persona.examples)

    async def _set_prompt(self, prompt: str, persona: str, examples: tuple[Example, ...]) -> None:
        self.head = replace(self.head, system_prompt=prompt, persona=persona, examples=examples)
        if not self._unsaved:
            await self._store.set_prompt(self.head.id, prompt, persona, examples)

    def renamed(self, title: str, titled: Titled) -> None:
        """Take over a title that was stored."""
        self.head = replace(self.head, title=title, titled=titled)


def failed(answer: Message, problem: Problem) -> TurnFailed:
    """The end of a turn that came to nothing."""
    from studybuddy.domain.events import TurnFailed

    return TurnFailed(replace(answer, state=MessageState.FAILED, error=str(problem)), problem)


def not_begun(problem: Problem) -> TurnFailed:
    """The end of a turn of which nothing was stored."""
    return failed(Message(new_id(), Role.ASSISTANT, "", time.time()), problem)


def answer_to(question: Message, model: str = "") -> Message:
    """The place of an answer that is about to come."""
    now = time.time()
    return Message(new_id(), Role.ASSISTANT, "", now, question.id, MessageState.STREAMING, model)
