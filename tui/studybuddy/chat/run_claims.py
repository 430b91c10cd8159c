"""The runs of apps that are gone: taken over, and given once each to be followed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:  # assistant mode is loaded when it is first used: the first frame waits for none
    from studybuddy.chat.sessions import Session
    from studybuddy.chat.thread_session import ThreadSession
    from studybuddy.domain.assistant_ports import FollowedRun, RunStore
    from studybuddy.domain.endpoints import Endpoint


class RunClaims:
    """Claims runs for the desk, and keeps those that are not followed yet."""

    def __init__(self, runs: RunStore, endpoints: Callable[[], Sequence[Endpoint]]) -> None:
        """Take the runs, and the endpoints among which is the one that a run was started with."""
        self._runs = runs
        self._endpoints = endpoints
        self._claimed: dict[str, tuple[ThreadSession, FollowedRun]] = {}
        """To be followed here and not followed yet."""

    async def take(
        self,
        opened: Callable[[str], Awaitable[Session | None]],
        in_use: Callable[[], Endpoint | None],
    ) -> None:
        """Take over what nobody follows; the answers count as under way from here on.

        Args:
            opened: the one session of a conversation; `None` where that is gone.
            in_use: the endpoint that answers by now; it may be chosen meanwhile.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        for run in await self._runs.claim_runs():
            session = await opened(run.conversation_id)
            if session is None:  # nobody would see what comes of it
                await self._runs.run_over(run.run_id)
                continue
            thread = cast("ThreadSession", session)
            thread.expect(run, self._endpoint_of(run, in_use()))
            self._claimed[run.run_id] = thread, run

    def give(self, in_use: Endpoint | None) -> list[tuple[ThreadSession, FollowedRun]]:
        """Those that can be followed now, one of each session that is not busy.

        None for as long as no endpoint is in use. Each is given once, and not before its answer is
        in the branch that its session shows.
        """
        given: dict[ThreadSession, FollowedRun] = {}
        for session, run in list(self._claimed.values()):
            if not session.expects(run):  # the student was quicker to ask for it
                del self._claimed[run.run_id]
            elif not session.shows(run) or session.busy or session in given:
                continue
            elif in_use is not None:
                del self._claimed[run.run_id]
                session.expect(run, self._endpoint_of(run, in_use))
                given[session] = run
        return list(given.items())

    def _endpoint_of(self, run: FollowedRun, in_use: Endpoint | None) -> Endpoint | None:
        """Where a run was started, else what answers now; `None` where nothing is chosen yet."""
        if in_use is None or in_use.name == run.endpoint:
            return in_use
        named = (known for known in self._endpoints() if known.name == run.endpoint)
        return next(named, in_use)
