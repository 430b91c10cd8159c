"""The whole screen over ports that need no disk, no wire and no engine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import tomlkit
from textual.pilot import Pilot

from studybuddy.chat.desk import Desk
from studybuddy.domain.endpoints import BUILT_IN, Endpoint, EndpointKind
from studybuddy.domain.limits import Amount, Period
from studybuddy.domain.metering import Reading
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.setting_fields import value_at
from studybuddy.domain.settings import Settings
from studybuddy.domain.setup import WeightsOffer
from studybuddy.storage.settings import convert, parse
from studybuddy.storage.settings_file import changed, mistake_in
from studybuddy.ui.app import StudyBuddyApp
from studybuddy.ui.conversation_view import ConversationView
from studybuddy.ui.services import Services
from tests.support.limited import Limited, of_window
from tests.support.memory_store import MemoryConversationStore, MemoryData
from tests.support.scripted_assistants import ScriptedAssistantConnector, ScriptedAssistants
from tests.support.scripted_provider import (
    ENDPOINT,
    ScriptedConnector,
    ScriptedProvider,
    Step,
    says,
)
from tests.support.word_meter import WordMeter
from tests.ui.shown import lines_of

BUILT_IN_ENDPOINT = Endpoint(BUILT_IN, "", EndpointKind.BUILT_IN)
OLLAMA = Endpoint("Ollama", "http://127.0.0.1:11434/v1", EndpointKind.LOCAL)


@dataclass
class MemorySetup:
    """`domain.setup.Setup` that remembers what it was told."""

    found: Sequence[Endpoint] = (OLLAMA,)
    offer: WeightsOffer | Problem | None = None
    key_problem: Problem | None = None
    fetches: list[Callable[[Callable[[int, int], None]], object]] = field(default_factory=list)
    remembered: list[Endpoint] = field(default_factory=list)
    written: dict[str, object] = field(default_factory=dict)
    cancelled: int = 0
    file: str = ""
    """The settings file."""
    file_problem: Problem | None = None
    """Why it can't be read."""

    async def discover(self) -> Sequence[Endpoint]:
        """The servers given."""
        return self.found

    def configured(self) -> Sequence[Endpoint]:
        """The built-in one."""
        return [BUILT_IN_ENDPOINT]

    async def keep_key(self, key: str) -> Endpoint:
        """An endpoint with that key."""
        if self.key_problem:
            raise StudyBuddyError(self.key_problem)
        return Endpoint("openai", "https://api.openai.invalid/v1", EndpointKind.OPENAI, "m", key)

    async def remember(self, endpoint: Endpoint) -> None:
        """Keep it for the test."""
        self.remembered.append(endpoint)

    async def set(self, key: str, value: object) -> None:
        """Keep it for the test."""
        self.written[key] = value
        self.file = changed(self.file, tuple(key.split(".")), value)

    def begin(self, settings: Settings) -> None:
        """Have a file that gives these settings."""
        self.file = tomlkit.dumps(_plain(asdict(settings)))

    async def read(self) -> Settings:
        """What is written."""
        if self.file_problem is not None:
            raise StudyBuddyError(self.file_problem)
        return convert(parse(self.file.encode())[1])[0]

    def wrong(self, place: Sequence[str], value: object) -> str:
        """What the file's own check says."""
        return mistake_in(tuple(place), value)

    async def change(self, place: Sequence[str], value: object, seen: Settings) -> Settings:
        """Write it, unless something else was written there."""
        if value_at(await self.read(), place) != value_at(seen, place):
            sentence = f"`{'.'.join(place)}` was changed meanwhile; nothing was written."
            raise StudyBuddyError(Problem(ProblemKind.STORAGE, sentence))
        self.file = changed(self.file, tuple(place), value)
        self.written[".".join(place)] = value
        return await self.read()

    def weights_offer(self) -> WeightsOffer | None:
        """The offer given."""
        if isinstance(self.offer, Problem):
            raise StudyBuddyError(self.offer)
        return self.offer

    async def fetch_weights(self, on_progress: Callable[[int, int], None]) -> None:
        """Play the next fetch: a coroutine function that reports progress."""
        try:
            await self.fetches.pop(0)(on_progress)  # type: ignore[misc]
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


def _plain(table: Any) -> Any:
    """A table without what TOML can't say."""
    if not isinstance(table, dict):
        return table
    return {key: _plain(value) for key, value in table.items() if value is not None}


def limited(
    *scripts: Sequence[Step],
    window: int | None = None,
    longest: int | None = None,
    budgets: Mapping[Period, Amount] | None = None,
    settings: Settings | None = None,
    **others: Any,
) -> Student:
    """A student with real limits, accounts and meter, for a model of such a window in words."""
    settings = settings or Settings(system_prompt="")

    def make(provider: ScriptedProvider, data: MemoryData) -> Limited:
        facts = of_window(window, longest)
        return Limited(provider, data, facts=facts, settings=settings, budgets=budgets)

    return Student(*scripts, settings=settings, limited=make, **others)


class Student:
    """The app with somebody in front of it."""

    def __init__(
        self,
        *scripts: Sequence[Step],
        endpoint: Endpoint | None = ENDPOINT,
        data: MemoryData | None = None,
        settings: Settings | None = None,
        setup: MemorySetup | None = None,
        provider: ScriptedProvider | None = None,
        notices: Sequence[Problem] = (),
        start_new: bool = False,
        server: ScriptedAssistants | None = None,
        limited: Callable[[ScriptedProvider, MemoryData], Limited] | None = None,
        titles: bool = False,
    ) -> None:
        """Take what differs from one test to the next; `titles` are asked of the model."""
        self.server = server or ScriptedAssistants()
        self.store = MemoryConversationStore(data)
        self.provider = provider or ScriptedProvider(*(scripts or (says("Hello."),)))
        self.connector = ScriptedConnector(self.provider)
        self.setup = setup or MemorySetup()
        settings = replace(settings or Settings(), titles="model" if titles else "question")
        self.setup.begin(settings)
        limits = limited(self.provider, self.store.data) if limited is not None else None
        self.desk = Desk(
            self.store,
            limits.connector if limits is not None else self.connector,
            settings.system_prompt,
            endpoint,
            limits=limits.limits if limits is not None else None,
            assistants=ScriptedAssistantConnector(self.server),
            runs=self.store.runs,
        )
        self.meter = WordMeter()
        if limits is None:
            self.desk.meter = lambda: self.meter  # type: ignore[assignment,return-value]
        self._limited = limits
        self.app = StudyBuddyApp(
            Services(self.desk, self.setup, settings, notices, start_new=start_new)
        )
        self.pilot: Pilot[None]

    @asynccontextmanager
    async def at_work(self, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Self]:
        """Run the app."""
        async with self.app.run_test(size=size) as pilot:
            self.pilot = pilot
            await self.settle()
            yield self

    @property
    def limited(self) -> Limited:
        """The parts of the limits, where they are real."""
        assert self._limited is not None
        return self._limited

    @property
    def reading(self) -> Reading:
        """What the meter shows."""
        reading = self.view.meter_line.reading
        assert reading is not None
        return reading

    @property
    def view(self) -> ConversationView:
        """The conversation pane."""
        return self.app.chat.view

    async def in_assistant_mode(self) -> None:
        """Switch to assistant mode, and wait for its assistants."""
        await self.pilot.press("f2")
        await self.until(lambda: "◉ Study Buddy" in self.shown() or not self.sidebar_shown)
        await self.until(lambda: self.view.assistant is not None)

    @property
    def sidebar_shown(self) -> bool:
        """Whether the sidebar is unfolded."""
        return self.app.chat.sidebar.display

    async def settle(self) -> None:
        """Let everything happen that happens by itself."""
        await self.pilot.pause()
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text, line feeds as Ctrl+J."""
        keys = {"\n": "ctrl+j", " ": "space", "?": "question_mark", ".": "full_stop"}
        await self.pilot.press(*(keys.get(character, character) for character in text))

    async def ask(self, question: str) -> None:
        """Send a question and wait for the end of its turn."""
        self.view.prompt.put(question)
        await self.pilot.press("enter")
        await self.until(lambda: self.view.turn is not None and self.view.turn.over)

    async def counted(self) -> None:
        """Wait until the meter shows the conversation as it is."""
        lines = self.view.prompt.document.lines
        await self.until(lambda: self.view.meter_line.reading == self.meter.typed(lines))

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(10):
                while not condition():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)  # what comes may come from anywhere
        except TimeoutError:
            raise AssertionError(f"it never was so; on the screen was:\n{self.shown()}") from None
        await self.pilot.pause()

    def told(self) -> str:
        """What was told in notifications that are not gone yet."""
        return "\n".join(f"{note.title} {note.message}" for note in self.app._notifications)

    def shown(self) -> str:
        """The text on the screen."""
        return "\n".join(lines_of(self.app.screen))


def steady(student: Student) -> str:
    """The text on the screen, without what differs from one run to the next: times."""
    text = re.sub(r"Answered in \d+\.\d s", "Answered in 0.0 s", student.shown())
    return re.sub(r"\b\d\d:\d\d\b", "12:00", text)
