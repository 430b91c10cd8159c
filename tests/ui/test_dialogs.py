"""First run, model picker, weights, system prompt and help."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from studybuddy.domain.endpoints import EndpointKind, Model
from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import STUDY_BUDDY_PROMPT
from studybuddy.domain.setup import WeightsOffer
from tests.support.scripted_provider import ScriptedProvider, says
from tests.ui.app_under_test import BUILT_IN_ENDPOINT, OLLAMA, MemorySetup, Student

OFFER = WeightsOffer("SmolLM2", 98_000_000, "Apache-2.0", "/somewhere")


async def test_a_first_run_offers_the_built_in_model_and_enter_takes_it() -> None:
    async with Student(endpoint=None).at_work() as student:
        await student.until(lambda: "Welcome to Study Buddy" in student.shown())
        await student.pilot.press("enter")
        await student.until(lambda: student.view.prompt.has_focus)
        assert student.desk.endpoint == BUILT_IN_ENDPOINT
        assert student.setup.remembered == [BUILT_IN_ENDPOINT]
        await student.settle()
        assert "very small" in student.shown()


async def test_a_server_that_runs_here_is_offered() -> None:
    async with Student(endpoint=None).at_work() as student:
        await student.until(lambda: "Ollama" in student.shown())
        await student.pilot.press("down", "enter")
        await student.until(lambda: student.desk.endpoint == OLLAMA)


async def test_a_key_can_be_pasted_and_is_never_shown() -> None:
    async with Student(endpoint=None, setup=MemorySetup(found=())).at_work() as student:
        await student.until(lambda: "Paste an OpenAI API key" in student.shown())
        await student.pilot.press("down", "enter")
        await student.pilot.press(*"sk-secret", "enter")
        await student.until(lambda: student.desk.endpoint is not None)
        assert student.desk.endpoint is not None
        assert student.desk.endpoint.kind is EndpointKind.OPENAI
        assert student.desk.endpoint.key == "sk-secret"


async def test_a_key_that_cannot_be_kept_is_told_and_asked_for_again() -> None:
    problem = Problem(ProblemKind.STORAGE, "The key could not be kept.")
    setup = MemorySetup(found=(), key_problem=problem)
    async with Student(endpoint=None, setup=setup).at_work() as student:
        await student.until(lambda: "Paste an OpenAI API key" in student.shown())
        await student.pilot.press("down", "enter")
        await student.pilot.press(*"sk-secret", "enter")
        await student.until(lambda: "could not be kept" in student.shown())
        assert "sk-secret" not in student.shown()
        setup.key_problem = None
        await student.pilot.press("enter")
        await student.until(lambda: student.desk.endpoint is not None)


async def test_esc_on_a_first_run_goes_on_with_the_built_in_model() -> None:
    async with Student(endpoint=None).at_work() as student:
        await student.until(lambda: "Welcome" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: student.desk.endpoint == BUILT_IN_ENDPOINT)


async def test_there_is_no_first_screen_where_the_choice_is_clear() -> None:
    async with Student().at_work() as student:
        await student.settle()
        assert "Welcome to Study Buddy" not in student.shown()


async def test_the_model_picker_finds_by_letters_and_switches_in_mid_conversation() -> None:
    models = [Model("gpt-5"), Model("gpt-5-mini"), Model("o4-mini", shutdown_date="2027-01-01")]
    provider = ScriptedProvider(says("One."), says("Two."), models=models)
    async with Student(provider=provider).at_work() as student:
        await student.ask("First?")
        await student.pilot.press("f4")
        await student.until(lambda: "3 models" in student.shown())
        assert "ends 2027-01-01" in student.shown()
        await student.pilot.press(*"5mini")
        await student.until(lambda: "o4-mini" not in student.shown())
        await student.pilot.press("enter")
        await student.until(lambda: student.view.prompt.has_focus)
        await student.ask("Second?")
        assert [request.model for request in provider.requests] == ["scripted-model", "gpt-5-mini"]
        assert len(provider.requests[1].messages) == 4


async def test_a_model_that_is_not_listed_can_be_asked_by_its_name() -> None:
    problem = Problem(ProblemKind.NOT_FOUND, "This server has no list of models.")
    async with Student(provider=ScriptedProvider(says("Hi."), models=problem)).at_work() as student:
        await student.pilot.press("f4")
        await student.until(lambda: "no list of models" in student.shown())
        await student.pilot.press(*"mine", "enter")
        await student.until(lambda: student.view.prompt.has_focus)
        assert student.desk.endpoint is not None
        assert student.desk.endpoint.model == "mine"


async def test_missing_weights_are_offered_with_size_and_fetched_with_progress() -> None:
    gate = asyncio.Event()

    async def fetch(on_progress: Callable[[int, int], None]) -> None:
        on_progress(49_000_000, 98_000_000)
        await gate.wait()

    setup = MemorySetup(offer=OFFER, fetches=[fetch])
    async with Student(endpoint=BUILT_IN_ENDPOINT, setup=setup).at_work() as student:
        await student.until(lambda: "Fetch 98 MB" in student.shown())
        await student.pilot.press("enter")
        await student.until(lambda: "49 of 98 MB" in student.shown())
        gate.set()
        await student.until(lambda: student.view.prompt.has_focus)


async def test_fetching_weights_can_be_cancelled_and_tried_again() -> None:
    async def never(on_progress: Callable[[int, int], None]) -> None:
        on_progress(1_000_000, 98_000_000)
        await asyncio.Event().wait()

    async def at_once(on_progress: Callable[[int, int], None]) -> None:
        on_progress(98_000_000, 98_000_000)

    setup = MemorySetup(offer=OFFER, fetches=[never, at_once])
    async with Student(endpoint=BUILT_IN_ENDPOINT, setup=setup).at_work() as student:
        await student.until(lambda: "Fetch 98 MB" in student.shown())
        await student.pilot.press("enter")
        await student.until(lambda: "1 of 98 MB" in student.shown())
        await student.pilot.press("escape")
        await student.until(lambda: "Cancelled" in student.shown())
        assert setup.cancelled == 1
        await student.pilot.press("enter")
        await student.until(lambda: student.view.prompt.has_focus)


async def test_a_fetch_that_fails_says_why_and_can_be_tried_again() -> None:
    from studybuddy.domain.problems import StudyBuddyError

    async def fails(on_progress: Callable[[int, int], None]) -> None:
        raise StudyBuddyError(Problem(ProblemKind.NO_WEIGHTS, "No connection to the index."))

    setup = MemorySetup(offer=OFFER, fetches=[fails])
    async with Student(endpoint=BUILT_IN_ENDPOINT, setup=setup).at_work() as student:
        await student.until(lambda: "Fetch 98 MB" in student.shown())
        await student.pilot.press("enter")
        await student.until(lambda: "No connection to the index." in student.shown())
        assert "Try again" in student.shown()


async def test_a_missing_runtime_is_told_and_the_app_goes_on() -> None:
    problem = Problem(ProblemKind.ENGINE, "The runtime is not installed.", "Install it.")
    setup = MemorySetup(offer=problem)
    async with Student(endpoint=BUILT_IN_ENDPOINT, setup=setup).at_work() as student:
        await student.until(lambda: "The runtime is not installed." in student.shown())
        assert student.view.prompt.has_focus


async def test_the_system_prompt_is_changed_for_this_conversation_only() -> None:
    async with Student(says("Arr."), says("Hello.")).at_work() as student:
        await student.pilot.press("f9")
        await student.settle()
        assert "You are Study Buddy" in student.shown()
        editor = student.app.screen.query_one("TextArea")
        editor.load_text("Talk like a pirate.")  # type: ignore[attr-defined]
        await student.pilot.press("f9")
        await student.until(lambda: student.view.prompt.has_focus)
        await student.ask("Hi?")
        await student.pilot.press("ctrl+n")
        await student.ask("Hi?")
        prompts = [request.messages[0][1] for request in student.provider.requests]
        assert prompts == ["Talk like a pirate.", STUDY_BUDDY_PROMPT]


async def test_help_lists_every_command_with_the_keys_as_they_are() -> None:
    from studybuddy.domain.settings import Settings
    from studybuddy.ui.commands import COMMANDS

    async with Student(settings=Settings(keys={"new": "f5"})).at_work((140, 160)) as student:
        await student.pilot.press("f1")
        await student.settle()
        shown = student.shown()
        for command in COMMANDS:
            assert command.help[:30] in shown
        assert "F5 " in shown
        await student.pilot.press("escape")
        await student.settle()
        assert student.view.prompt.has_focus


async def test_the_palette_has_the_commands() -> None:
    async with Student().at_work() as student:
        await student.pilot.press("ctrl+p")
        await student.pilot.press(*"system")
        await student.until(lambda: "System prompt" in student.shown())
