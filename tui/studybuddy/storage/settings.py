"""Reading the settings file, with a sentence for every mistake in it."""

from __future__ import annotations

import dataclasses
import math
import re
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from studybuddy.domain.problems import Problem, ProblemKind
from studybuddy.domain.settings import BudgetSettings, PriceSettings, Settings

_NAMES: dict[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
_FOUND = {**_NAMES, int: "a number"}
_POSITION = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_BARE = re.compile(r"[\w-]*")
_AT_LEAST_ONE = ("context_window", "max_output")
_NOTHING: Any = object()


class BrokenSettings(ValueError):
    """The file is not TOML; the message says where and why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Mistake:
    """One key that is not used as it stands."""

    place: tuple[str, ...]
    """The key with the tables it is in, outermost first."""
    what: str
    """What goes on after the key's name: "must be text, not a number"."""


def load_settings(path: Path) -> tuple[Settings, Problem | None]:
    """Read the settings; what can't be used of them is told by the problem.

    A file that can't be read at all stays as it is and the defaults apply. A key with a wrong
    value has its default. Never raises for what is in the file.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Settings(), None
    except OSError as error:
        sentence = f"The settings in {path} could not be read: {error.strerror or error}."
        advice = "The defaults are used for now."
        return Settings(), Problem(ProblemKind.STORAGE, sentence, advice)
    try:
        text, data = parse(raw)
    except BrokenSettings as error:
        sentence = f"The settings file {path} is not valid TOML: {error}."
        advice = "The file is left as it is and the defaults are used until you correct it."
        return Settings(), Problem(ProblemKind.STORAGE, sentence, advice)
    settings, mistakes = convert(data)
    return settings, _told(mistakes, text, path) if mistakes else None


def parse(raw: bytes) -> tuple[str, dict[str, Any]]:
    """The text of a settings file and its tables.

    Raises:
        BrokenSettings: where it is not TOML, with line and column.
    """
    try:
        text = raw.decode("utf-8-sig")  # editors on Windows begin files with a BOM
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        line = before.count(b"\n") + 1
        place = f"line {line}, column {column}"
        raise BrokenSettings(f"it is not UTF-8 text ({place})") from error
    import tomllib  # most students have no such file, and 2 ms less to wait then

    try:
        return text, tomllib.loads(text)
    except RecursionError as error:
        raise BrokenSettings("it is nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, or a number of too many digits
        message = str(error)
        found = _POSITION.search(message)
        reason = message[: found.start()] if found else message
        place = f"line {text.count(chr(10)) + 1}, at the end"
        if found and found[1]:
            place = f"line {found[1]}, column {found[2]}"
        raise BrokenSettings(f"{reason[:1].lower()}{reason[1:]} ({place})") from error


def convert(data: dict[str, Any]) -> tuple[Settings, list[Mistake]]:
    """The settings that parsed TOML gives, and the mistakes in it."""
    mistakes: list[Mistake] = []
    return _read(data, Settings, (), mistakes), mistakes


def sentence(mistake: Mistake, line: int | None = None) -> str:
    """A mistake in words, without a full stop: "`theme` must be text, not a number (line 3)"."""
    where = f" (line {line})" if line else ""
    name = ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in mistake.place)
    return f"`{name}` {mistake.what}{where}"


def _told(mistakes: list[Mistake], text: str, path: Path) -> Problem:
    said = [sentence(mistake, _line_of(mistake.place, text)) for mistake in mistakes]
    advice = f"Correct {path}; the rest of it is used."
    if len(said) == 1:
        return Problem(ProblemKind.STORAGE, f"In the settings, {said[0]}.", advice)
    listed = f"The settings have {len(said)} mistakes: {'; '.join(said)}."
    return Problem(ProblemKind.STORAGE, listed, advice)


def _read(value: Any, hint: Any, place: tuple[str, ...], mistakes: list[Mistake]) -> Any:
    """The value as its type wants it, or `_NOTHING` with one more mistake."""
    if dataclasses.is_dataclass(hint) or get_origin(hint) is dict:
        if not isinstance(value, dict):
            mistakes.append(Mistake(place, f"must be a table, not {_found(value)}"))
            return _NOTHING
        if get_origin(hint) is dict:
            inner = get_args(hint)[1]
            read = {key: _read(v, inner, (*place, key), mistakes) for key, v in value.items()}
            return {key: v for key, v in read.items() if v is not _NOTHING}
        return _read_table(value, hint, place, mistakes)

    import msgspec  # 10 to 20 ms, and only where there is something to check

    try:
        read = msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        mistakes.append(Mistake(place, _wrong(value, hint, str(error))))
        return _NOTHING
    if isinstance(read, int | float) and (what := _out_of_range(read, place[-1])):
        mistakes.append(Mistake(place, what))
        return _NOTHING
    return read


def _read_table(
    value: dict[str, Any], hint: Any, place: tuple[str, ...], mistakes: list[Mistake]
) -> Any:
    hints = get_type_hints(hint)
    given = {}
    for key, inner in value.items():
        here = (*place, key)
        if key not in hints:
            mistakes.append(Mistake(here, _unquoted(here, inner, hint) or _unknown(key, hints)))
        elif hint is BudgetSettings and (what := _no_amount(inner)):
            mistakes.append(Mistake(here, what))
        elif (read := _read(inner, hints[key], here, mistakes)) is not _NOTHING:
            given[key] = read
    for field in dataclasses.fields(hint):
        needed = field.default is field.default_factory is dataclasses.MISSING
        if needed and field.name not in given:
            if field.name not in value:
                mistakes.append(Mistake((*place, field.name), "is missing"))
            return _NOTHING
    return hint(**given)


def _wrong(value: Any, hint: Any, message: str) -> str:
    choices = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    names = []
    for choice in choices:
        if get_origin(choice) is Literal:
            names += [f'"{option}"' for option in get_args(choice)]
        elif choice is not types.NoneType:
            names.append(_NAMES.get(get_origin(choice) or choice, ""))
    if not all(names) or type(value) in (get_origin(c) or c for c in choices):
        # Of the right type, and still refused: out of range, or wrong further in.
        return f"can't be used: {message[:1].lower()}{message[1:]}"
    literal = all(get_origin(choice) is Literal for choice in choices)
    if literal and isinstance(value, str):
        return f"must be {_either(names)}"
    return f"must be {_either(names)}, not {_found(value)}"


MOST = 1_000_000_000
"""No number of tokens, characters, days or dollars is larger; TOML itself ends at 64 bits."""


def _out_of_range(number: float, key: str) -> str:
    """What is wrong with a number that is one; empty where nothing is. No setting is negative."""
    if not math.isfinite(number):
        return "must be a finite number"
    if key in _AT_LEAST_ONE and number < 1:
        return "must be at least 1"
    if number > MOST:
        return f"must not be more than {MOST:,}"
    return "" if number >= 0 else "must not be negative"


def _no_amount(value: Any) -> str:
    """What is wrong with a budget; empty where nothing is."""
    from studybuddy.domain.amounts import HOW_TO_WRITE, parse_amount

    if not isinstance(value, str):
        how = f"{HOW_TO_WRITE[:1].lower()}{HOW_TO_WRITE[1:]}"
        return f"must be text, not {_found(value)}: {how}"
    if not value.strip():
        return ""
    try:
        parse_amount(value)
    except ValueError as error:
        return f"limits nothing: {str(error).rstrip('.')}"
    return ""


def _unquoted(place: tuple[str, ...], value: Any, hint: Any) -> str:
    """What is wrong where a model's name was taken apart at its dot; empty where it wasn't."""
    if hint is not PriceSettings or not isinstance(value, dict):
        return ""
    return (
        f'is not a setting: a name with a dot needs quotes, as in [prices."{".".join(place[1:])}"]'
    )


def _found(value: Any) -> str:
    return _FOUND.get(type(value), "a date or time")


def _either(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _unknown(key: str, known: Iterable[str]) -> str:
    if re.search(r"(?i)(api.?key|^key|(?<!completion.)token|secret)$", key):
        return "is not a setting: keys are never kept here, but in the keychain or environment"
    import difflib

    near = difflib.get_close_matches(key.lower().replace("-", "_"), list(known), 1)
    return "is not a setting" + (f" (did you mean `{near[0]}`?)" if near else "")


def _line_of(place: tuple[str, ...], text: str) -> int | None:
    """The line that a key, or else the innermost table it is in, is on, counted from 1."""
    table: tuple[str, ...] = ()
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line.startswith("["):
            here = table = _parts(line.partition("]")[0])
        elif "=" in line and not line.startswith("#"):
            here = (*table, *_parts(line.partition("=")[0]))
        else:
            continue
        depth = min(len(here), len(place))
        if here[:depth] == place[:depth] and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
