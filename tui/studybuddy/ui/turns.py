"""What the screen knows of turns under way: one record for each conversation that has one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from studybuddy.domain.allowances import NOTHING_ALLOWED, Allowance
from studybuddy.domain.events import (
    ActionRequired,
    ContextFitted,
    ReasoningDelta,
    StatusChanged,
    StepChanged,
    TextDelta,
    TextReplaced,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnRefused,
    TurnStarted,
    UsageReported,
)
from studybuddy.domain.messages import Message, MessageState
from studybuddy.domain.phases import Phase
from studybuddy.domain.usage import Usage
from studybuddy.ui.drafts import joined
from studybuddy.ui.widgets.status import Activity

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from studybuddy.domain.limits import Obstacle
    from studybuddy.domain.runs import RunStep

_STOPPED = "Stopped."
_BACK = " What was answered before is shown again."


class Ask(Protocol):
    """Asks what a turn is about, with what the student allows."""

    def __call__(self, *, allow: Allowance) -> AsyncGenerator[TurnEvent]: ...


@dataclass(slots=True)
class Turn:
    """One turn as it was shown so far; it lets a conversation be left and come back to."""

    asked: str
    """The prompt's text, given back where no complete answer comes."""
    anew: bool
    """Whether a question that was asked before is asked again."""
    activity: Activity
    assistant: str = ""
    """Name of the assistant that answers; empty in completion mode."""
    answer: Message | None = None
    usage: Usage | None = None
    steps: dict[str, RunStep] = field(default_factory=dict)
    """Of a run, by their ids, in the order in which they began."""
    required: ActionRequired | None = None
    """What a run waits for."""
    action_draft: str = ""
    """What was answered of that so far."""
    put_off: bool = False
    """Whether the student wants to answer that later."""
    warned: bool = False
    """Whether the student was told what stopping would give up."""
    called: ActionRequired | None = None
    """What the student was called for last."""
    taken: bool = True
    """Whether the prompt's text was taken for it, which it gets back where nothing is sent."""
    begun: bool = False
    """Whether the question is in the conversation: until then the draft has it."""
    allow: Allowance = NOTHING_ALLOWED
    """What the student allowed it."""
    ask: Ask | None = None
    """Asks it again; `None` where it was found under way."""
    back: bool = False
    """Whether nothing came, and what was shown before the turn is shown again."""
    aside: str | None = None
    """What was in the prompt when its conversation left the screen; `None` while it is there."""
    obstacle: Obstacle | None = None
    """Why nothing was sent."""
    fitted: str = ""
    """What was left out or summed up for it to fit the context window."""
    shortened: str = ""
    """What was left out of the question itself."""
    _taken_up: bool = False
    """Whether the run had begun before: its times are not known."""
    _parts: list[str] = field(default_factory=list)
    _thoughts: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, asked: str, *, anew: bool, assistant: str = "") -> Turn:
        """A turn that starts now."""
        now = time.monotonic()
        return cls(asked, anew, Activity(Phase.THINKING, since=now, started=now), assistant)

    @property
    def over(self) -> bool:
        """Whether the turn has ended."""
        return self.activity.phase is None

    @property
    def complete(self) -> bool:
        """Whether the whole answer came."""
        return self.answer is not None and self.answer.state is MessageState.COMPLETE

    @property
    def pending_text(self) -> str:
        """The question while it is neither in the prompt nor in the conversation; else empty."""
        return self.asked if self.taken and not self.begun and not self.over else ""

    @property
    def choice(self) -> bool:
        """Whether the student can choose what is to be done about what stands in the way."""
        if self.obstacle is None:
            return False
        from studybuddy.domain.limits import DoesNotFit, OverBudget

        if isinstance(self.obstacle, DoesNotFit):
            return self.obstacle.droppable > 0
        return isinstance(self.obstacle, OverBudget)

    @property
    def changed(self) -> str:
        """What was left out, of the question or of what was said before it, in few words."""
        return " · ".join(filter(None, (self.fitted, self.shortened)))

    def pin(self, message: Message) -> Message:
        """A message as it is shown while the turn goes on; the answer is pinned as it is there."""
        if self.answer is None or self.answer.id != message.id:
            return message
        self.answer = replace(self.answer, pinned=message.pinned)
        return self.answer_shown() or message

    def abandon(self) -> None:
        """End the turn after a fault of the app's own."""
        self.activity = Activity(detail="Something inside Study Buddy went wrong.", failed=True)
        self.required = None

    def answer_shown(self) -> Message | None:
        """The answer with the text that was shown so far."""
        if self.answer is None or self.over:
            return self.answer
        text, reasoning = "".join(self._parts), "".join(self._thoughts)
        return replace(self.answer, text=text, reasoning=reasoning)

    def take(self, event: TurnEvent) -> None:
        """Bring the record up to date with an event."""
        match event:
            case StatusChanged(phase, detail, retry_in):
                self.activity = self.activity.to(phase, detail, retry_in)
                if phase not in (Phase.WAITING, Phase.RETRYING):
                    self.required = None
                if phase is Phase.RETRYING:  # what comes now thinks anew
                    self._thoughts.clear()
            case TurnStarted(question, answer, replaced):
                self.begun = True
                self._taken_up = answer.id in replaced
                if not self.anew:
                    self.shortened = shortened(self.asked, question.text)
                if self.assistant and answer.details is None:  # it is named from the beginning
                    from studybuddy.domain.runs import RunDetails  # not before the first frame

                    details = RunDetails("", "", assistant_name=self.assistant)
                    answer = replace(answer, details=details)
                self.answer = answer
                self._parts = [answer.text] if answer.text else []  # one that is continued
            case ReasoningDelta(text):
                self._thoughts.append(text)
            case TextDelta(text):
                self._parts.append(text)
                if self.activity.phase is not Phase.ANSWERING:
                    self.activity = self.activity.to(Phase.ANSWERING)
                characters = self.activity.characters + len(text)
                self.activity = replace(self.activity, characters=characters)
            case TextReplaced(text):
                self._parts = [text]
                self.activity = replace(self.activity, characters=len(text))
            case StepChanged(step):
                self.steps[step.id] = step
            case ActionRequired():
                self.required, self.action_draft, self.put_off = event, event.draft, False
                self.warned = False
                if self.activity.phase is not Phase.WAITING:
                    self.activity = self.activity.to(Phase.WAITING)
            case UsageReported(usage):
                self.usage = usage
            case ContextFitted():
                self.fitted = fitted(event)
            case TurnRefused(obstacle):
                self.obstacle = obstacle
                self.activity = Activity(detail=str(obstacle), failed=True)
            case TurnFinished(answer):
                told = event.remark or self._summary(answer)
                if self.changed and answer.state is MessageState.COMPLETE:
                    told = f"{told.removesuffix('.')} · {self.changed}"
                self.back = event.back
                self._end(answer, Activity(detail=f"{told}{_BACK if event.back else ''}"))
            case TurnFailed(answer, problem):
                self.back = event.back
                told = f"{problem.sentence}{_BACK if event.back else ''}"
                self._end(answer, Activity(detail=told, failed=True))

    def give_back_aside(self) -> None:
        """Put the question where it is given back to, out of sight, as `show_event` does in it."""
        if not self.over or self.complete or self.back:
            return
        if not self.begun:
            self.aside = joined(self.asked, self.aside or "") if self.taken else self.aside
        elif not self.aside:
            self.aside = self.asked

    def give_back(self) -> None:
        """Say that the question is in the prompt again."""
        if self.answer is not None and self.answer.state is MessageState.STOPPED:
            detail = (
                f"{self.activity.detail.removesuffix('.')}; your question is back in the prompt."
            )
            self.activity = replace(self.activity, detail=detail)

    def _end(self, answer: Message, activity: Activity) -> None:
        if self.answer is not None and self.answer.pinned:
            answer = replace(answer, pinned=True)
        self.answer = answer
        self.activity = activity
        self.required = None
        self._thoughts.clear()
        self._parts.clear()  # the answer has the text

    def _summary(self, answer: Message) -> str:
        if answer.state is MessageState.STOPPED:
            return _STOPPED
        if answer.kept:
            return "A kept answer; nothing was sent."
        if self._taken_up:
            return "Answered."
        now = time.monotonic()
        seconds = now - self.activity.started
        summary = f"Answered in {seconds:.1f} s"
        writing = now - self.activity.since
        one_stretch = not any(step.calls for step in self.steps.values())
        if self.usage and self.usage.completion and one_stretch and writing > 0.5:
            summary += f" · {self.usage.completion / writing:,.0f} tokens/s"
        return summary


def fitted(event: ContextFitted) -> str:
    """What was done to make the conversation fit, in few words."""
    from studybuddy.ui.token_words import many

    told = []
    for count, done in ((event.dropped, "left out"), (event.summarised, "summed up")):
        if count:
            told.append(f"{many(count, 'older message')} {done}")
    return ", ".join(told)


def shortened(asked: str, sent: str) -> str:
    """Which words were left out of a question, in few words; empty where none were."""
    if asked == sent:
        return ""
    from studybuddy.domain.filler import shorten

    found = shorten(asked)
    return f"left out {found.words}" if found.text == sent and found.removed else ""
