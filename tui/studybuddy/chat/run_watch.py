"""What the polling of one run goes by: the time, what the server hinted, and what failed."""

from __future__ import annotations

from collections.abc import Callable

from studybuddy.domain.assistant_ports import Polled
from studybuddy.domain.polling import Watched
from studybuddy.domain.problems import Problem
from studybuddy.domain.runs import Run


class Watch:
    """Keeps count for `domain.polling`; times are seconds of the clock given."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.tag = ""
        """Of the state that was polled last."""
        self.problem: Problem | None = None
        """What the last request failed with; `None` where it worked."""
        self.failures = 0
        """Requests that failed in a row."""
        self.cut_off = False
        """Whether nothing can be asked any more, for a reason that does not pass by itself."""
        self._clock = clock
        self._began = self._episode = self._last_active = clock()
        self._polls = 0
        self._failing_since = 0.0
        self._held = False
        self._poll_after: float | None = None

    @property
    def age(self) -> float:
        """Seconds since the watch began."""
        return self._clock() - self._began

    @property
    def late(self) -> float:
        """Seconds since the run was last seen not to be over."""
        return self._clock() - self._last_active

    def of(self, run: Run, *, streaming: bool) -> Watched:
        """What is known of the run by now."""
        now = self._clock()
        expires_in = None
        if run.expires_at is not None and run.created_at:
            # By the lifetime, for the server's clock may not be ours.
            expires_in = self._began + run.expires_at - run.created_at - now
        return Watched(
            now - self._episode,
            run.status,
            self._polls,
            expires_in,
            streaming=streaming,
            held=self._held,
            poll_after=self._poll_after,
            problem=self.problem,
            failures=self.failures,
            failing_for=now - self._failing_since if self.failures else 0.0,
        )

    def new_episode(self) -> None:
        """The run goes on from here: be quick again."""
        self._episode, self._polls = self._clock(), 0

    def polling(self) -> None:
        """A poll begins."""
        self._polls += 1

    def polled(self, polled: Polled) -> None:
        """A poll has come back."""
        self.tag, self._held, self._poll_after = polled.tag, polled.held, polled.poll_after
        if not polled.run.status.over:
            self._last_active = self._clock()

    def failed(self, problem: Problem | None, *, unconnected: bool = False) -> None:
        """A request failed, or could not even be made."""
        self.cut_off = unconnected and problem is not None and not problem.transient
        if not self.failures:
            self._failing_since = self._clock()
        self.failures += 1
        self.problem = problem

    def worked(self) -> None:
        """A request, or the stream, worked."""
        self.failures, self.problem = 0, None
        self.cut_off = False
