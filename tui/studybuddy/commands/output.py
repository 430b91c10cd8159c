"""Where `studybuddy ask` writes: the answer to standard output, all else to standard error."""

from __future__ import annotations

import json
import os
from typing import Any, TextIO

from studybuddy.domain.endpoints import Endpoint
from studybuddy.domain.problems import Problem
from studybuddy.domain.text import harmless
from studybuddy.domain.usage import Usage


class Output:
    """Standard output and error, each fit for where it goes."""

    def __init__(self, stdout: TextIO, stderr: TextIO, *, as_json: bool) -> None:
        self._out = stdout
        self._err = stderr
        self._as_json = as_json
        self._shows_status = self._err.isatty() and os.environ.get("TERM") != "dumb"
        self._status = ""
        self._parts: list[str] = []
        self.endpoint: Endpoint | None = None
        self.usage: Usage | None = None
        self.finish_reason = ""
        self.stopped = ""
        """Why the answer was not let come to its end; empty where it was."""
        self.model = ""

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self._parts)

    def status(self, text: str) -> None:
        """Show what is going on, in place of what was shown before."""
        if self._shows_status and text != self._status:
            self._status = text
            self._err.write(f"\r\x1b[K{harmless(text)}" if text else "\r\x1b[K")
            self._err.flush()

    def write(self, text: str) -> None:
        """Print more of the answer."""
        self.status("")
        self._parts.append(text)
        if not self._as_json:
            # Also in a pipe: what reads it may well be a terminal in the end.
            self._print(harmless(text))

    def finished(self) -> None:
        """End the answer."""
        if self._as_json:
            self._print_json()
        elif self.finish_reason == "length":
            self._end_line()
            self._tell("the answer was cut at its length limit.")
        else:
            self._end_line()

    def failed(self, problem: Problem) -> None:
        """Tell a problem."""
        self.status("")
        if self._as_json:
            self._print_json(problem)
        else:
            self._end_line()
        self._tell(str(problem))

    def interrupted(self) -> None:
        """End what was begun."""
        self.status("")
        if not self._as_json:
            self._end_line()

    def _end_line(self) -> None:
        if self._parts and not self._parts[-1].endswith("\n"):
            self._print("\n")

    def _tell(self, text: str) -> None:
        self._err.write(f"studybuddy: {harmless(text)}\n")
        self._err.flush()

    def _print(self, text: str) -> None:
        try:
            self._out.write(text)
        except UnicodeEncodeError:  # a terminal or locale that can't show it
            encoding = self._out.encoding or "ascii"
            self._out.write(text.encode(encoding, "replace").decode(encoding))
        self._out.flush()

    def _print_json(self, problem: Problem | None = None) -> None:
        endpoint, usage = self.endpoint, self.usage
        result: dict[str, Any] = {
            "text": self.text,
            "model": self.model or (endpoint.model if endpoint else ""),
            "endpoint": endpoint.name if endpoint else None,
            "base_url": endpoint.base_url if endpoint else None,
            "finish_reason": self.finish_reason or None,
            "usage": usage
            and {
                "prompt_tokens": usage.prompt,
                "completion_tokens": usage.completion,
                "total_tokens": usage.total,
                "cached_tokens": usage.cached,
                "reasoning_tokens": usage.reasoning,
            },
            "error": problem
            and {"kind": problem.kind, "sentence": problem.sentence, "advice": problem.advice},
        }
        self._print(json.dumps(result) + "\n")
