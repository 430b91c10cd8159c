"""Tool calls found in the text of a model that writes them there, while it streams."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from studybuddy.engine.asking.json_ends import JsonEnd
from studybuddy.engine.asking.lines import Line
from studybuddy.engine.asking.offered import Offered
from studybuddy.engine.asking.wants import is_program
from studybuddy.engine.asking.written import Written, calls_in_json, calls_in_tag, may_be_call
from studybuddy.engine.tools.definitions import CODE_INTERPRETER

_PYTHON_TAG = "<|python_tag|>"
_MISTRAL = "[TOOL_CALLS]"
_TAGS = ("<tool_call>", "<|tool_call|>", "<function_call>", "<tool_use>", _MISTRAL, _PYTHON_TAG)
_FUNCTION = "<function="
_FENCES = ("```", "~~~")
_LITERALS = (*_TAGS, _FUNCTION, *_FENCES)

_OPENING = re.compile("|".join(map(re.escape, _LITERALS)) + r"|[{\[]")
_FENCE_HEAD = re.compile(r"(?P<fence>`{3,}|~{3,})[^\n`]{0,100}\n\s*")
_LONGEST_HEAD = 120  # characters of a fence with its language
_FUNCTION_HEAD = re.compile(r"<function=\"?(?P<name>[\w.-]+)\"?>")
_FUNCTION_END = "</function>"
_MISTRAL_NAME = re.compile(r"(?P<name>[\w.-]+)(?:\[CALL_ID\][\w-]*)?(?:\[ARGS\])?\s*(?=\{)")
_MISTRAL_START = re.compile(r"[\w.-]*(?:\[[\w\]-]*)*\s*\Z")
_BEFORE_A_TAG = tuple(".!?…:。>")
"""What a tag follows without a blank: the end of a sentence, or of another tag."""
_SPECIAL = re.compile(r"(?:<\|\w+\|>\s*)+\Z")
_PIECE = 4096
"""Characters that are looked at together."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What stands at an opening: calls, or nothing of the kind, up to `end`."""

    end: int
    calls: tuple[Written, ...] = ()
    fence: str = ""
    """Of the block of code that goes on after it."""


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
        self._fence = ""
        self._line = Line()
        self._said_something = False
        self._json = JsonEnd(0)
        self._inside_json = False
        self._cut = False

    def feed(self, delta: str) -> str:
        """Take the next piece, and return what can be shown now."""
        shown: list[str] = []
        for start in range(0, len(delta), _PIECE):
            piece = delta[start : start + _PIECE]
            self._held += piece
            # Where JSON goes on, looking at it all again for each piece would take long.
            if not self._inside_json or "}" in piece or "]" in piece:
                shown.append(self._scan(final=False))
        return "".join(shown)

    def finish(self, *, cut: bool = False) -> str:
        """Take it that the text is over, and return what is left to be shown.

        Args:
            cut: whether the model was stopped by a limit; what it had not ended is no call then.
        """
        self._cut = cut
        return self._scan(final=True)

    def _scan(self, *, final: bool) -> str:
        shown: list[str] = []
        self._inside_json = False
        while self._held:
            go_on = self._pass_code if self._fence else self._pass_text
            if not go_on(shown, final):
                break
        return "".join(shown)

    def _pass_code(self, shown: list[str], final: bool) -> bool:
        """Go to the end of a block of code, and return whether there may be more to do."""
        mark = self._fence[0]
        closing = re.search(rf"(?m)^[ \t]*{mark}{{{len(self._fence)},}}[ \t]*$", self._held)
        if closing and (final or closing.end() < len(self._held)):
            self._show(shown, closing.end())
            self._fence = ""
            return True
        whole_lines = len(self._held) if final else self._held.rfind("\n") + 1
        # A line can be shown at once where it can't become the closing fence.
        rest = self._held[whole_lines:]
        if rest.strip(f" \t{mark}"):
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
            self._json = JsonEnd(-1)
        else:
            self._show(shown, verdict.end)
        self._fence = verdict.fence
        return True

    def _show(self, shown: list[str], length: int) -> None:
        text, self._held = self._held[:length], self._held[length:]
        if not text:
            return
        self._line.add(text)
        self._json = JsonEnd(-1)
        if not self.calls:
            shown.append(text)
            self._said_something = self._said_something or bool(text.strip("`~ \n"))

    def _opening(self) -> int | None:
        """Where the next thing begins that may be a call."""
        for found in _OPENING.finditer(self._held):
            line = self._line.then(self._held[: found.start()])
            if line.is_blank:
                return found.start()
            # In the middle of a line, and in code, a tag is only spoken of.
            is_tag = found[0] not in ("{", "[", _PYTHON_TAG, *_FENCES)
            if is_tag and (self.calls or (line.last in _BEFORE_A_TAG and not line.has_code)):
                return found.start()
        return None

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
        if text.startswith(_FENCES, start):
            return self._judge_fence(start, final)
        return self._judge_json(start, final)

    def _judge_fence(self, start: int, final: bool) -> _Verdict | None:
        text = self._held
        head = _FENCE_HEAD.match(text, start)
        if head is None:
            is_open = "\n" not in text[start:] and len(text) - start < _LONGEST_HEAD
            return None if is_open and not final else _Verdict(start + len(_FENCES[0]))
        if head.end() == len(text):
            return _Verdict(len(text), fence=head["fence"]) if final else None
        if text[head.end()] not in "{[":
            return _Verdict(head.end(), fence=head["fence"])
        verdict = self._judge_json(head.end(), final, repair=True)
        return verdict and replace(verdict, fence=head["fence"])

    def _judge_tag(self, tag: str, inside: int, final: bool) -> _Verdict | None:
        body = self._held[inside:].lstrip()
        start = len(self._held) - len(body)
        if not body or (not final and _FUNCTION.startswith(body)):
            return _Verdict(len(self._held)) if final else None
        if body[0] in "{[":
            verdict = self._judge_json(start, final, certain=True, repair=True)
            if verdict is None or verdict.calls or tag != _PYTHON_TAG:
                return verdict
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
            code = _SPECIAL.sub("", body).strip()
            if is_program(code) and not self._cut:
                return _Verdict(len(self._held), ((CODE_INTERPRETER, {"code": code}),))
        return _Verdict(inside)

    def _judge_named(self, name: str, start: int, final: bool) -> _Verdict | None:
        end = self._end(start)
        if end is None and (not final or self._cut):
            return _Verdict(start) if final else None
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
        if closing < 0 and (not final or self._cut):
            return _Verdict(head.end()) if final else None
        body = self._held[head.end() : closing if closing >= 0 else None]
        end = closing + len(_FUNCTION_END) if closing >= 0 else len(self._held)
        return _Verdict(end, tuple(calls_in_tag(head["name"], body, self._offered)))

    def _judge_json(
        self, start: int, final: bool, *, certain: bool = False, repair: bool = False
    ) -> _Verdict | None:
        likely = True if certain else may_be_call(self._held, start, self._offered)
        if likely is False:
            return _Verdict(start + 1)
        end = self._end(start)
        if end is None and not final:
            self._inside_json = likely is True
            return None
        if likely is None or (end is None and self._cut):
            return _Verdict(start + 1 if end is None else end)
        body, repair = self._held[start:end], repair or end is not None
        calls = calls_in_json(body, self._offered, certain=certain, repair=repair)
        if not calls and end is not None and self._is_all(end):
            calls = calls_in_json(body, self._offered, alone=True)
            if calls and not final:
                return None  # there may be more to come
        if not calls:
            return _Verdict(start + 1 if end is None else end)
        return _Verdict(len(self._held) if end is None else end, tuple(calls))

    def _is_all(self, end: int) -> bool:
        """Whether nothing else was said than what ends there."""
        return not (self._said_something or self.calls or self._held[end:].strip("`~ \n"))

    def _end(self, start: int) -> int | None:
        """Where the JSON ends that begins there; looked for in what is new only."""
        if self._json.start != start:
            self._json = JsonEnd(start)
        return self._json.find(self._held)
