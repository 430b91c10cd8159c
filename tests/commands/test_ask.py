from __future__ import annotations

import argparse
import asyncio
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from studybuddy.commands import ask
from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.events import StatusChanged, TextDelta, UsageReported
from studybuddy.domain.messages import Role
from studybuddy.domain.phases import Phase
from studybuddy.domain.ports import CompletionFinished
from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.settings import Settings
from studybuddy.domain.usage import Usage
from tests.support.scripted_provider import (
    ENDPOINT,
    ScriptedConnector,
    ScriptedProvider,
    Step,
    says,
)

BUSY = Problem(ProblemKind.RATE_LIMITED, "Too many requests.", "Wait.", transient=True)
NO_KEY = Problem(ProblemKind.UNAUTHORIZED, "The key is wrong.", "Check it.")


class Stream(io.StringIO):
    """A text stream that may be a terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self._terminal = terminal
        self.written = asyncio.Event()

    def write(self, text: str) -> int:
        self.written.set()
        return super().write(text)

    def isatty(self) -> bool:
        return self._terminal


class Asked:
    """One run of the command, with all that went in and came out."""

    def __init__(
        self,
        *scripts: Sequence[Step],
        endpoint: Endpoint | Problem | None = ENDPOINT,
        terminal: bool = False,
        stdin: str | None = None,
    ) -> None:
        self.provider = ScriptedProvider(*(scripts or [says("An answer.")]))
        self.connector = ScriptedConnector(self.provider)
        self.slept: list[float] = []
        self.out = Stream(terminal=terminal)
        self.err = Stream(terminal=terminal)

        def resolve(args: argparse.Namespace) -> Endpoint | None:
            if isinstance(endpoint, Problem):
                raise StudyBuddyError(endpoint)
            return endpoint

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        self.services = ask.AskServices(
            self.connector,
            resolve,
            Settings(system_prompt="Be kind."),
            stdin=Stream(stdin or "", terminal=stdin is None),
            stdout=self.out,
            stderr=self.err,
            sleep=sleep,
            jitter=lambda: 0.0,
        )

    async def run(self, *arguments: str) -> int:
        parser = argparse.ArgumentParser()
        ask.add_arguments(parser)
        return await ask.run(parser.parse_args(arguments), self.services)

    @property
    def question(self) -> str:
        return self.provider.requests[-1].messages[-1][1]

    @property
    def json(self) -> Any:
        lines = self.out.getvalue().splitlines()
        assert len(lines) == 1
        return json.loads(lines[0])


async def test_the_answer_goes_to_standard_output_and_ends_its_line() -> None:
    asked = Asked()
    assert await asked.run("Why?") == ask.OK
    assert asked.out.getvalue() == "An answer.\n"
    assert asked.err.getvalue() == ""
    assert asked.provider.requests[0].messages == (
        (Role.SYSTEM, "Be kind."),
        (Role.USER, "Why?"),
    )


async def test_the_answer_comes_as_it_is_made() -> None:
    gate = asyncio.Event()
    asked = Asked([TextDelta("first "), gate, *says("second")])
    running = asyncio.create_task(asked.run("Why?"))
    await asked.out.written.wait()
    assert asked.out.getvalue() == "first "
    gate.set()
    assert await running == ask.OK
    assert asked.out.getvalue() == "first second\n"


async def test_an_answer_that_ends_its_line_gets_no_second_end() -> None:
    asked = Asked(says("An answer.\n"))
    await asked.run("Why?")
    assert asked.out.getvalue() == "An answer.\n"


async def test_words_need_no_quotes() -> None:
    asked = Asked()
    await asked.run("what", "is", "a", "cell")
    assert asked.question == "what is a cell"


@pytest.mark.parametrize("arguments", [["-"], []])
async def test_the_question_can_come_from_standard_input(arguments: list[str]) -> None:
    asked = Asked(stdin="What is\na cell?\n")
    assert await asked.run(*arguments) == ask.OK
    assert asked.question == "What is\na cell?"


async def test_files_are_put_in_under_their_names(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Notes\n```\ncode\n```\n", encoding="utf-8")
    (tmp_path / "b.txt").write_bytes("Grüße".encode("utf-16"))
    asked = Asked()
    await asked.run("Sum up.", "--file", str(tmp_path / "a.md"), "-f", str(tmp_path / "b.txt"))
    assert asked.question == (
        "Sum up.\n\na.md:\n````\n# Notes\n```\ncode\n```\n````\n\nb.txt:\n```\nGrüße\n```"
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("missing.txt", None, "There is no file"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00", "no text in UTF-8"),
        ("latin.txt", "Gr\xfc\xdfe".encode("latin-1"), "no text in UTF-8"),
        ("huge.txt", b"x" * (4 * 1024 * 1024 + 1), "larger than 4 MB"),
        (".", None, "folder"),
    ],
)
async def test_a_file_that_is_no_text_is_told_before_anything_is_asked(
    name: str, content: bytes | None, told: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    asked = Asked()
    assert await asked.run("Why?", "--file", str(path)) == ask.BAD_INPUT
    assert told in asked.err.getvalue()
    assert asked.connector.connected == []


@pytest.mark.parametrize("arguments", [[" "], []])
async def test_no_question_is_no_good(arguments: list[str]) -> None:
    asked = Asked()
    assert await asked.run(*arguments) == ask.BAD_INPUT
    assert "There is no question." in asked.err.getvalue()


async def test_an_argument_that_is_no_good_is_told() -> None:
    asked = Asked(endpoint=Problem(ProblemKind.SETTINGS, "Bad address.", "Mend it."))
    assert await asked.run("Why?") == ask.BAD_INPUT
    assert asked.err.getvalue() == "studybuddy: Bad address. Mend it.\n"


async def test_without_an_endpoint_it_says_how_to_get_one() -> None:
    asked = Asked(endpoint=None)
    assert await asked.run("Why?") == ask.NOT_CONFIGURED
    assert "OPENAI_API_KEY" in asked.err.getvalue()


async def test_the_system_prompt_can_be_replaced_and_left_out() -> None:
    asked = Asked()
    await asked.run("Why?", "--system", "Be a poet.")
    await asked.run("Why?", "--system", "")
    assert [request.messages[0] for request in asked.provider.requests] == [
        (Role.SYSTEM, "Be a poet."),
        (Role.USER, "Why?"),
    ]


async def test_a_failure_is_told_on_standard_error() -> None:
    asked = Asked([NO_KEY])
    assert await asked.run("Why?") == ask.FAILED
    assert asked.out.getvalue() == ""
    assert asked.err.getvalue() == "studybuddy: The key is wrong. Check it.\n"
    assert asked.slept == []


async def test_a_passing_failure_is_tried_again_after_a_wait() -> None:
    asked = Asked([BUSY], [BUSY], says("At last."))
    assert await asked.run("Why?") == ask.OK
    assert asked.out.getvalue() == "At last.\n"
    assert asked.slept == [1.0, 2.0]


async def test_it_gives_up_in_the_end() -> None:
    asked = Asked([BUSY])
    assert await asked.run("Why?") == ask.FAILED
    assert len(asked.provider.requests) == 4


async def test_an_answer_that_has_begun_is_never_begun_again() -> None:
    asked = Asked([TextDelta("Half an"), BUSY])
    assert await asked.run("Why?") == ask.FAILED
    assert asked.out.getvalue() == "Half an\n"
    assert len(asked.provider.requests) == 1


async def test_a_connection_that_fails_is_told() -> None:
    asked = Asked()
    asked.connector.problem = NO_KEY
    assert await asked.run("Why?") == ask.FAILED


async def test_json_is_one_object_with_all_that_is_known() -> None:
    usage = UsageReported(Usage(12, 34, cached=5, reasoning=7))
    asked = Asked([TextDelta("An "), TextDelta("é."), usage, CompletionFinished("stop", "m-1")])
    assert await asked.run("Why?", "--json") == ask.OK
    assert asked.json == {
        "text": "An é.",
        "model": "m-1",
        "endpoint": "scripted",
        "base_url": ENDPOINT.base_url,
        "finish_reason": "stop",
        "usage": {
            "prompt_tokens": 12,
            "completion_tokens": 34,
            "total_tokens": 46,
            "cached_tokens": 5,
            "reasoning_tokens": 7,
        },
        "error": None,
    }


async def test_json_tells_a_failure_and_keeps_what_came() -> None:
    asked = Asked([TextDelta("Half"), NO_KEY])
    assert await asked.run("Why?", "--json") == ask.FAILED
    assert asked.json["text"] == "Half"
    assert asked.json["error"] == {
        "kind": "unauthorized",
        "sentence": "The key is wrong.",
        "advice": "Check it.",
    }
    assert asked.json["usage"] is None


async def test_neither_a_terminal_nor_what_a_pipe_leads_to_is_driven_by_the_answer() -> None:
    text = "\x1b[31mred\x1b[0m\n"
    piped, shown = Asked(says(text)), Asked(says(text), terminal=True)
    await piped.run("Why?")
    await shown.run("Why?")
    assert piped.out.getvalue() == shown.out.getvalue()
    assert "\x1b" not in shown.out.getvalue()
    assert "red" in shown.out.getvalue()


async def test_the_status_is_shown_on_a_terminal_and_wiped_before_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    asked = Asked([BUSY], says("ok"), terminal=True)
    await asked.run("Why?")
    shown = asked.err.getvalue()
    assert "Thinking…" in shown
    assert "Too many requests. Trying again in 1 s…" in shown
    assert shown.endswith("\r\x1b[K")


async def test_how_far_the_question_is_read_is_shown_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    reading = StatusChanged(Phase.THINKING, "reading 2,400 of 8,000 tokens")
    asked = Asked([reading, *says("ok")], terminal=True)
    await asked.run("Why?")
    assert "Reading 2,400 of 8,000 tokens…" in asked.err.getvalue()


async def test_a_length_limit_is_mentioned() -> None:
    asked = Asked(says("cut", finish_reason="length"))
    assert await asked.run("Why?") == ask.OK
    assert asked.out.getvalue() == "cut\n"
    assert "length limit" in asked.err.getvalue()


async def test_an_interrupt_ends_the_line_and_the_stream() -> None:
    asked = Asked([TextDelta("Half"), asyncio.Event()])
    running = asyncio.create_task(asked.run("Why?"))
    await asked.out.written.wait()
    running.cancel()
    assert await running == ask.INTERRUPTED
    assert asked.out.getvalue() == "Half\n"
    assert asked.provider.abandoned == 1


async def test_a_reader_that_left_is_no_failure() -> None:
    class Closed(Stream):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    asked = Asked([TextDelta("one"), asyncio.Event()])
    services = ask.AskServices(
        asked.connector, asked.services.resolve, Settings(), stdin=Stream(terminal=True),
        stdout=Closed(), stderr=asked.err,
    )  # fmt: skip
    parser = argparse.ArgumentParser()
    ask.add_arguments(parser)
    assert await ask.run(parser.parse_args(["Why?"]), services) == ask.OK
    assert asked.err.getvalue() == ""
    assert asked.provider.abandoned == 1


def test_arguments_before_the_command_are_not_forgotten() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model")
    ask.add_arguments(parser.add_subparsers().add_parser("ask"))
    assert parser.parse_args(["--model", "m", "ask", "Why?"]).model == "m"
    assert parser.parse_args(["ask", "Why?", "--model", "n"]).model == "n"
    assert parser.parse_args(["ask", "Why?"]).model is None
