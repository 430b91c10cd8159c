"""Tool calls found in the text of a model that writes them there, while it streams."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studybuddy.engine.asking.offered import Offered
from studybuddy.engine.asking.written import (
    Written,
    calls_in_json,
    calls_in_tag,
    json_end,
    may_be_call,
)
from studybuddy.engine.tools.definitions import CODE_INTERPRETER

_PYTHON_TAG = "<|python_tag|>"
_MISTRAL = "[TOOL_CALLS]"
_TAGS = ("<tool_call>", "<|tool_call|>", "<function_call>", "<tool_use>", _MISTRAL, _PYTHON_TAG)
_FUNCTION = "<function="
_FENCE = "```"
_LITERALS = (*_TAGS, _FUNCTION, _FENCE)

_OPENING = re.compile("|".join(map(re.escape, _LITERALS)) + r"|[{\[]")
_FENCE_HEAD = re.compile(r"```[\w+-]*[ \t]*\n\s*")
_FUNCTION_HEAD = re.compile(r"<function=\"?(?P<name>[\w.-]+)\"?>")
_FUNCTION_END = "</function>"
_MISTRAL_NAME = re.compile(r"(?P<name>[\w.-]+)(?:\[CALL_ID\][\w-]*)?(?:\[ARGS\])?\s*(?=\{)")
_MISTRAL_START = re.compile(r"[\w.-]*(?:\[[\w\]-]*)*\s*\Z")
_CLOSING_FENCE = re.compile(r"^[ \t]*```[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What stands at an opening: calls, or nothing of the kind, up to `end`."""

    end: int
    calls: tuple[Written, ...] = ()
    in_code: bool = False
    """Whether a block of code goes on after it."""


class TextCalls:
    """Takes a text in pieces, and gives back what of it is to be shown.

    What may be the beginning of a call is held back until it is clear that it is none. Only
    calls of offered functions count. Text after a call is dropped: models go on by making up
    its result.
    """

    def __init__(self, offered: Offered) -> None:
        """Look for calls of these functions."""
        self.calls: list[Written] = []
        self._offered = offered
        self._held = ""
        self._in_code = False
        self._line_is_blank = True
        self._inside_json = False

    def feed(self, delta: str) -> str:
        """Take the next piece, and return what can be shown now."""
        self._held += delta
        if self._inside_json and "}" not in delta and "]" not in delta:
            return ""  # it goes on; looking at it all again for each piece would take long
        return self._scan(final=False)

    def finish(self) -> str:
        """Take it that the text is over, and return what is left to be shown."""
        return self._scan(final=True)

    def _scan(self, *, final: bool) -> str:
        shown: list[str] = []
        self._inside_json = False
        while self._held:
            go_on = self._pass_code if self._in_code else self._pass_text
            if not go_on(shown, final):
                break
        return "".join(shown)

    def _pass_code(self, shown: list[str], final: bool) -> bool:
        """Go to the end of a block of code, and return whether there may be more to do."""
        closing = _CLOSING_FENCE.search(self._held)
        if closing and (final or closing.end() < len(self._held)):
            self._show(shown, closing.end())
            self._in_code = False
            return True
        whole_lines = len(self._held) if final else self._held.rfind("\n") + 1
        # A line can be shown at once where it can't become the closing fence.
        rest = self._held[whole_lines:]
        if rest.strip(" \t`"):
            whole_lines = len(self._held)
        self._show(shown, whole_lines)
        return False

    def _pass_text(self, shown: list[str], final: bool) -> bool:
        """Go to the next opening and past it, and return whether there may be more to do."""
        start = self._opening()
        if start is None:
            self._show(shown, len(self._held) - (0 if final else self._open_end()))
            return False
        # The blank before a call goes with it.
        self._show(shown, len(self._held[:start].rstrip()))
        start = len(self._held) - len(self._held.lstrip())
        verdict = self._judge(start, final)
        if verdict is None:
            return False
        if verdict.calls:
            self.calls += verdict.calls
            self._held = self._held[verdict.end :]
        else:
            self._show(shown, verdict.end)
        self._in_code = verdict.in_code
        return True

    def _show(self, shown: list[str], length: int) -> None:
        text, self._held = self._held[:length], self._held[length:]
        if not text:
            return
        line = text.rpartition("\n")
        self._line_is_blank = not line[2].strip() and (self._line_is_blank or bool(line[1]))
        if not self.calls:
            shown.append(text)

    def _opening(self) -> int | None:
        """Where the next thing begins that may be a call."""
        for found in _OPENING.finditer(self._held):
            if found[0] in (*_TAGS, _FUNCTION) or self._begins_line(found.start()):
                return found.start()
        return None

    def _begins_line(self, position: int) -> bool:
        _, newline, line = self._held[:position].rpartition("\n")
        return not line.strip() and (bool(newline) or self._line_is_blank)

    def _open_end(self) -> int:
        """How many characters at the end may be the beginning of an opening, or blank."""
        rest = self._held
        for length in range(min(len(rest), max(map(len, _LITERALS))), 0, -1):
            if any(literal.startswith(rest[-length:]) for literal in _LITERALS):
                rest = rest[:-length]
                break
        return len(self._held) - len(rest.rstrip())

    def _judge(self, start: int, final: bool) -> _Verdict | None:
        """What stands at an opening; `None` where that can't be said yet."""
        text = self._held
        if not final and any(
            len(text) - start < len(x) and x.startswith(text[start:]) for x in _LITERALS
        ):
            return None
        for tag in _TAGS:
            if text.startswith(tag, start):
                return self._judge_tag(tag, start + len(tag), final)
        if text.startswith(_FUNCTION, start):
            return self._judge_function(start, final)
        if text.startswith(_FENCE, start):
            head = _FENCE_HEAD.match(text, start)
            if head is None or head.end() == len(text):
                if not final and (head or "\n" not in text[start:]):
                    return None
                return _Verdict(len(text) if head is None else head.end(), in_code=True)
            if text[head.end()] not in "{[":
                return _Verdict(head.end(), in_code=True)
            verdict = self._judge_json(head.end(), final, certain=False)
            return verdict and _Verdict(verdict.end, verdict.calls, in_code=True)
        return self._judge_json(start, final, certain=False)

    def _judge_tag(self, tag: str, inside: int, final: bool) -> _Verdict | None:
        body = self._held[inside:].lstrip()
        start = len(self._held) - len(body)
        if not body or (not final and _FUNCTION.startswith(body)):
            return _Verdict(len(self._held)) if final else None
        if body[0] in "{[":
            return self._judge_json(start, final, certain=True)
        if body.startswith(_FUNCTION):
            return self._judge_function(start, final)
        if tag == _MISTRAL:
            if named := _MISTRAL_NAME.match(body):
                return self._judge_named(named["name"], start + named.end(), final)
            if not final and _MISTRAL_START.match(body):
                return None
        if tag == _PYTHON_TAG and CODE_INTERPRETER in self._offered:
            if not final:
                return None
            return _Verdict(len(self._held), ((CODE_INTERPRETER, {"code": body.strip()}),))
        return _Verdict(inside)

    def _judge_named(self, name: str, start: int, final: bool) -> _Verdict | None:
        end = json_end(self._held, start)
        if end is None and not final:
            return None
        body = self._held[start:end]
        calls = calls_in_tag(name, body, self._offered)
        return _Verdict(len(self._held) if end is None else end, tuple(calls))

    def _judge_function(self, start: int, final: bool) -> _Verdict | None:
        head = _FUNCTION_HEAD.match(self._held, start)
        if head is None:
            waits = not final and not re.search(r"[\s>]", self._held[start:])
            return None if waits else _Verdict(start + len(_FUNCTION))
        if self._offered.get(head["name"]) is None:
            return _Verdict(head.end())
        closing = self._held.find(_FUNCTION_END, head.end())
        if closing < 0 and not final:
            return None
        body = self._held[head.end() : closing if closing >= 0 else None]
        end = closing + len(_FUNCTION_END) if closing >= 0 else len(self._held)
        return _Verdict(end, tuple(calls_in_tag(head["name"], body, self._offered)))

    def _judge_json(self, start: int, final: bool, *, certain: bool) -> _Verdict | None:
        likely = True if certain else may_be_call(self._held[start:], self._offered)
        if likely is False or (likely is None and final):
            return _Verdict(start + 1)
        end = json_end(self._held, start) if likely else None
        if end is None and not final:
            self._inside_json = likely is True
            return None
        calls = calls_in_json(self._held[start:end], self._offered)
        if not calls:
            return _Verdict(start + 1)
        return _Verdict(len(self._held) if end is None else end, tuple(calls))
