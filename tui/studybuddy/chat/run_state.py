"""What is known of a run, and the turn events that tell what is new of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from studybuddy.chat.run_phases import status_of
from studybuddy.chat.run_text import RunText
from studybuddy.chat.run_usage import reported_usage
from studybuddy.domain.assistant_ports import (
    MessageDelta,
    MessageSeen,
    RunChanged,
    RunEvent,
    StepSeen,
    ThreadMessage,
)
from studybuddy.domain.events import (
    ActionRequired,
    StatusChanged,
    StepChanged,
    TextDelta,
    TextReplaced,
    TurnEvent,
    UsageReported,
)
from studybuddy.domain.phases import Phase
from studybuddy.domain.runs import Run, RunDetails, RunStatus, RunStep, SearchCall


class RunState:
    """Brings together what the stream and the polls tell of one run."""

    def __init__(
        self,
        run: Run,
        put: Callable[[TurnEvent], None],
        text: RunText,
        *,
        draft: str = "",
    ) -> None:
        self.run = run
        self._text = text
        self._put = put
        self._steps: dict[str, RunStep] = {}
        self._draft = draft
        self._said: StatusChanged | None = None
        self._asked: tuple[str, ...] = ()
        """Ids of the calls that were last told as required."""
        self._writing = False
        self._cancelling = False

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._text.text

    @property
    def written(self) -> str:
        """What of it this run wrote: all of it, where it goes on with no answer that was cut."""
        return self._text.written

    @property
    def said_again(self) -> bool:
        """Whether all that the run wrote was there before it."""
        return not self.written and any(self.texts.values())

    @property
    def texts(self) -> Mapping[str, str]:
        """The same by the ids of the messages it is made of."""
        return self._text.messages

    @property
    def steps(self) -> tuple[RunStep, ...]:
        """The steps that are known, oldest first."""
        return tuple(self._steps.values())

    @property
    def used_tools(self) -> bool:
        """Whether any step used a tool."""
        return any(step.calls for step in self._steps.values())

    @property
    def settled(self) -> bool:
        """Whether all that the run left so far is known: whole texts, and what searches found."""
        return self._text.whole and not any(_lacks_texts(step) for step in self._steps.values())

    def details(self, assistant_name: str = "") -> RunDetails:
        """What is kept with the answer."""
        return RunDetails(
            self.run.id,
            self.run.thread_id,
            self.run.assistant_id,
            assistant_name,
            self.run.status,
            self._text.citations,
            self.steps,
            self._text.goes_on,
        )

    def take(self, event: RunEvent) -> None:
        """Take what a stream tells."""
        match event:
            case RunChanged(run):
                self._take_run(run)
            case StepSeen(step):
                self._take_step(step)
            case MessageDelta():
                self._tell_text(self._text.add(event))
            case MessageSeen(message):
                self._tell_text(self._text.see(message))
        self.announce()

    def refresh(
        self,
        run: Run,
        steps: Sequence[RunStep] | None,
        messages: Sequence[ThreadMessage] | None,
    ) -> None:
        """Take what a poll tells; `None` for what it was not asked."""
        if steps is not None:
            for step in steps:
                self._take_step(step)
            self._steps = {step.id: step for step in steps}
        if messages is not None:
            self._tell_text(self._text.settle(messages))
        if steps and steps[-1].calls:
            self._writing = False
        self._take_run(run)
        self.announce()

    def knows(
        self,
        run: Run,
        steps: Sequence[RunStep] | None,
        messages: Sequence[ThreadMessage] | None,
    ) -> bool:
        """Whether a poll tells nothing that is new."""
        if run.status is not self.run.status:
            return False
        if steps is not None and any(self._steps.get(step.id) != step for step in steps):
            return False
        return messages is None or self._text.has(messages)

    def cancelling(self) -> None:
        """The run was asked to end; nothing else is said of it from here on."""
        self._cancelling = True
        self.announce()

    def announce(self) -> None:
        """Say what the run is doing, where that is not what was said last."""
        if self._cancelling:
            self.say(StatusChanged(Phase.CANCELLING))
        elif not self.run.status.over:
            self.say(status_of(self.run, self.steps, writing=self._writing))

    def say(self, status: StatusChanged) -> None:
        """Say a status, where it is not what was said last."""
        if status != self._said:
            self._said = status
            self._put(status)

    def _take_run(self, run: Run) -> None:
        self.run = run
        if run.status is RunStatus.REQUIRES_ACTION:
            self._require(run)
        if run.status.over and (usage := reported_usage(run, self.steps)) is not None:
            self._put(UsageReported(usage))

    def _require(self, run: Run) -> None:
        asked = tuple(call.id for call in run.calls)
        if asked == self._asked or self._cancelling:
            return
        self._asked = asked
        draft, self._draft = self._draft, ""  # it answers only the first that is required
        self.announce()
        self._put(ActionRequired(run.id, run.calls, draft))

    def _take_step(self, step: RunStep) -> None:
        known = self._steps.get(step.id)
        if known == step:
            return
        self._steps[step.id] = step
        if step.calls and known is None:
            self._writing = False
        self._put(StepChanged(step))

    def _tell_text(self, change: TextDelta | TextReplaced | None) -> None:
        if change is None:
            return
        self._writing = True
        self.announce()
        self._put(change)


def _lacks_texts(step: RunStep) -> bool:
    return any(
        isinstance(call, SearchCall) and any(not hit.text for hit in call.hits)
        for call in step.calls
    )
