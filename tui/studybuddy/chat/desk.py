"""The student's desk: the conversations that are open, and the endpoint that answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from studybuddy.chat.carrying import carried
from studybuddy.chat.heads import in_persona, new_conversation
from studybuddy.chat.limits import Limits
from studybuddy.chat.open_sessions import OpenSessions
from studybuddy.chat.run_claims import RunClaims
from studybuddy.chat.sessions import Session
from studybuddy.chat.thread_forgetting import ThreadForgetter
from studybuddy.chat.unavailable import NoAssistants, NoRuns
from studybuddy.domain.endpoints import Endpoint, EndpointKind, Model
from studybuddy.domain.messages import Conversation, Mode
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.shelves import EVERYTHING_ACTIVE, Place

if TYPE_CHECKING:  # assistant mode is loaded when it is first used: the first frame waits for none
    from studybuddy.chat.accounts import Accounts
    from studybuddy.chat.assistant_shelf import AssistantShelf
    from studybuddy.chat.budgets import Budgets
    from studybuddy.chat.kept_answers import KeptAnswers
    from studybuddy.chat.meter import ConversationMeter
    from studybuddy.chat.shelf import ConversationShelf
    from studybuddy.chat.thread_session import ThreadSession
    from studybuddy.chat.titling import Titler
    from studybuddy.domain.accounts import Total
    from studybuddy.domain.assistant_ports import (
        AssistantConnector,
        AssistantService,
        FollowedRun,
        RunStore,
    )
    from studybuddy.domain.ports import CompletionRequest, Connector, ConversationStore
    from studybuddy.domain.prompts import Persona
    from studybuddy.domain.settings import SavingSettings, Settings

_log = logging.getLogger(__name__)


class Desk:
    """Opens conversations and keeps those with a turn under way while others are read."""

    def __init__(
        self,
        store: ConversationStore,
        connector: Connector,
        system_prompt: str,
        endpoint: Endpoint | None,
        *,
        limits: Limits | None = None,
        assistants: AssistantConnector | None = None,
        runs: RunStore | None = None,
        endpoints: Callable[[], Sequence[Endpoint]] = tuple,
    ) -> None:
        """Take the parts.

        Args:
            store: the conversations.
            connector: connects to who answers in completion mode.
            system_prompt: of new conversations in completion mode.
            endpoint: where questions go; `None` until the student has chosen.
            limits: what holds for every request; nothing does without.
            assistants: connects to the server of assistant mode; without it there is none.
            runs: the runs to be followed again after a restart.
            endpoints: those that can be used, to find the one that a run was started with.
        """
        self.endpoint = endpoint
        """Where questions go; `None` until the student has chosen."""
        self.system_prompt = system_prompt
        self.persona: Persona | None = None
        """Who answers in new conversations in completion mode, in place of the system prompt."""
        self._shelf: AssistantShelf | None = None
        self._store = store
        self._connector = connector
        self._limits = limits or Limits.none()
        self._assistant_connector = assistants or NoAssistants()
        self._runs = runs or NoRuns()
        self._open = OpenSessions(
            store,
            connector,
            self._limits,
            self._assistant_connector,
            self._runs,
            lambda: self.assistants,
        )
        self._claims = RunClaims(self._runs, endpoints)
        self._forgetter = ThreadForgetter(self._assistant_connector, endpoints)
        self._chores: set[asyncio.Task[None]] = set()

    @property
    def accounts(self) -> Accounts:
        """What was used so far, and what models cost and hold."""
        return self._limits.accounts

    @property
    def used(self) -> Total:
        """What this run of the app has used so far."""
        return self._limits.session

    @property
    def budgets(self) -> Budgets:
        """The most that may be spent."""
        return self._limits.budgets

    @property
    def kept(self) -> KeptAnswers:
        """The answers that may be given again."""
        return self._limits.kept

    @property
    def savings(self) -> SavingSettings:
        """The ways to use fewer tokens."""
        return self._limits.settings.savings

    def use_settings(self, settings: Settings) -> None:
        """Hold to other settings: the next new conversation, and the next request of all."""
        self.system_prompt = settings.system_prompt
        self._limits.use(settings)

    def meter(self) -> ConversationMeter:
        """A meter for one conversation at a time."""
        from studybuddy.chat.meter import ConversationMeter

        return ConversationMeter(
            self.accounts, self.budgets, self._limits.fitter, self._count_there
        )

    async def _count_there(self, endpoint: Endpoint, request: CompletionRequest) -> int | None:
        """The tokens of a request by the endpoint's own tokenizer."""
        return await (await self._connector.connect(endpoint)).count(request)

    @property
    def assistants(self) -> AssistantShelf:
        """The assistants of the endpoint in use."""
        if self._shelf is None:
            from studybuddy.chat.assistant_shelf import AssistantShelf

            self._shelf = AssistantShelf(self._assistants)
        return self._shelf

    def new(self, mode: Mode = Mode.COMPLETION) -> Session:
        """A new conversation; it is stored with its first message or draft."""
        prompt = self.system_prompt if mode is Mode.COMPLETION else ""
        head = new_conversation(prompt, mode)
        if self.persona is not None and mode is Mode.COMPLETION:
            head = in_persona(head, self.persona)
        return self._open.begin(head)

    async def open(self, conversation_id: str) -> Session | None:
        """Open a stored conversation; `None` where it is gone.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        session = await self._open.get(conversation_id)
        if session is not None:
            await self._store.mark_opened(conversation_id)
        return session

    async def open_last(self) -> Session | None:
        """Open the conversation that was on screen last; `None` where there is none."""
        conversation_id = await self._store.last_opened()
        return await self.open(conversation_id) if conversation_id else None

    async def claim_runs(self) -> None:
        """Take over the runs of apps that are gone; no server is asked for that.

        Their answers count as under way from here on. `resume_runs` gives them to be followed.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        await self._to_its_end(self._claims.take(self._open.get, lambda: self.endpoint))

    async def resume_runs(self) -> list[tuple[ThreadSession, FollowedRun]]:
        """The runs of apps that are gone, each with its session, to be followed by the caller.

        None for as long as no endpoint is chosen. A run whose session is busy comes later: this
        may be called again at any time, and gives each run once.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        await self.claim_runs()
        return self._claims.give(self.endpoint)

    async def carry(self, session: Session) -> Session:
        """A copy of the conversation in the other mode, stored and opened.

        Raises:
            StudyBuddyError: where the disk fails.
        """
        copy = carried(session.head, session.messages, self.system_prompt)

        async def keep() -> None:
            await self._store.save(copy.head)
            await self._store.add(copy.head.id, *copy.messages)

        await self._to_its_end(keep())
        return await self.open(copy.head.id) or self._open.keep(copy)

    async def _to_its_end(self, work: Coroutine[Any, Any, None]) -> None:
        """Do all of it, also where the caller is cancelled meanwhile."""
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        await asyncio.shield(task)

    async def recent(
        self,
        limit: int,
        after: Conversation | None = None,
        mode: Mode | None = None,
        place: Place = EVERYTHING_ACTIVE,
    ) -> Sequence[Conversation]:
        """Pinned conversations and then the newest, or those after the one given.

        Of one mode, or of both; of one place.
        """
        key = (after.pinned, after.updated_at, after.id) if after else None
        return await self._store.recent(limit, key, mode, place)

    async def recent_prompts(self, limit: int) -> Sequence[str]:
        """What the student asked lately, newest first."""
        return await self._store.recent_prompts(limit)

    def busy(self) -> Sequence[Session]:
        """Sessions whose turn is under way."""
        return self._open.busy()

    async def models(self) -> Sequence[Model]:
        """The models that the endpoint lists.

        Raises:
            StudyBuddyError: where it can't be asked.
        """
        if self.endpoint is None:
            return ()
        return await (await self._connector.connect(self.endpoint)).models()

    def model_of(self, session: Session) -> str:
        """The model that answers in a conversation; empty where that is not known."""
        from studybuddy.chat.context_now import own_model

        endpoint = self.endpoint
        return self.accounts.names.of(endpoint, own_model(session)) if endpoint else ""

    @property
    def shelf(self) -> ConversationShelf:
        """The order of the conversations."""
        from studybuddy.chat.shelf import ConversationShelf

        return ConversationShelf(self._store, forgetter=self._forgetter)

    def titler(self) -> Titler:
        """Who finds titles for conversations."""
        from studybuddy.chat.titling import Titler

        return Titler(self._connector, self.budgets)

    async def warm_up(self) -> None:
        """Do what the first question would wait for: imports, and the engine's start.

        Raises:
            StudyBuddyError: where the endpoint can't be reached.
        """
        if (endpoint := self.endpoint) is not None:
            provider = await self._connector.connect(endpoint)
            if endpoint.kind is not EndpointKind.OPENAI:  # whose list tells no windows
                try:
                    self.accounts.learn_models(endpoint, await provider.models())
                except StudyBuddyError as error:
                    _log.info("the models' windows are not known: %s", error.problem.kind)

    async def _assistants(self) -> AssistantService:
        if self.endpoint is None:
            raise StudyBuddyError(
                Problem(
                    ProblemKind.NO_CONNECTION,
                    "Nothing is chosen yet that could answer.",
                    "Choose an endpoint first.",
                )
            )
        return await self._assistant_connector.connect(self.endpoint)

    async def close(self) -> None:
        """Let go of what is under way with what came of it: answers stop, runs go on."""
        await asyncio.gather(*self._chores, return_exceptions=True)
        await asyncio.gather(*(session.leave() for session in self.busy()))
