"""Writing single settings into the file that the student may edit too."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.setting_fields import value_at
from studybuddy.domain.settings import Settings
from studybuddy.storage.files import disk_problem, one_at_a_time, write_private
from studybuddy.storage.settings import BrokenSettings, convert, parse, sentence
from studybuddy.storage.settings_template import comment_of, new_settings_text


def save_setting(
    path: Path, key: str | Sequence[str], value: Any, *, seen: Settings | None = None
) -> None:
    """Write one setting and keep all else in the file, comments too; `None` takes it out.

    A new file is readable by its owner only, and explains every setting. A file that is not
    TOML stays as it is.

    Args:
        path: the settings file.
        key: with its tables, as "endpoints.lab.model", or in parts where a name has a dot.
        value: text, true or false, a number, or lists and tables of them.
        seen: the settings that the student had before their eyes. With them, a setting stays
            that says something else there by now.

    Raises:
        StudyBuddyError: where the value does not fit the setting, the file can't be written, or
            what is in it is not to be written over.
    """
    parts = tuple(key.split(".")) if isinstance(key, str) else tuple(key)
    if value is not None:
        _refuse_mistakes(parts, value)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with one_at_a_time(path):
            if seen is not None:
                _refuse_to_surprise(path, parts, seen)
            write_private(path, changed(_current(path), parts, value))
    except OSError as error:
        raise StudyBuddyError(disk_problem(error, path)) from error
    except ValueError as error:
        raise StudyBuddyError(
            Problem(
                ProblemKind.STORAGE,
                f"The setting could not be written: {error} in {path}.",
                "Write it there yourself, with a text editor.",
            )
        ) from error


def changed(text: str, parts: tuple[str, ...], value: Any) -> str:
    """The text of a settings file with one setting changed, or taken out for `None`.

    Each way to change it is read back before it is believed: tomlkit slips where the same
    table is written in several forms, and a student's file is not worth that.

    Raises:
        ValueError: where no way leaves all the rest as it was.
    """
    from tomlkit.exceptions import TOMLKitError

    _, wanted = parse(text.encode())
    _put(wanted, parts, value)
    for way in (_in_place, _at_the_end, _at_the_start):
        try:
            new = way(text, parts, value)
            if _without_empty(parse(new.encode())[1]) == _without_empty(wanted):
                return new
        except (TOMLKitError, ValueError, TypeError):
            continue
    raise ValueError(f"{'.'.join(parts)} can't be changed")


def _put(data: dict[str, Any], parts: tuple[str, ...], value: Any) -> None:
    *tables, last = parts
    for part in tables:
        if part not in data:
            if value is None:
                return
            data[part] = {}
        data = data[part]
        if not isinstance(data, dict):  # what the student wrote there is not ours to drop
            raise ValueError(f"`{part}` is not a table")
    if value is not None:
        data[last] = value
    else:
        data.pop(last, None)


def _without_empty(data: Any) -> Any:
    """Plain data without empty tables, which say nothing in a settings file."""
    if not isinstance(data, dict):
        return data
    kept = {key: _without_empty(value) for key, value in data.items()}
    return {key: value for key, value in kept.items() if value != {}}


def _in_place(text: str, parts: tuple[str, ...], value: Any) -> str:
    import tomlkit  # 30 to 60 ms, and seldom needed
    from tomlkit.container import OutOfOrderTableProxy
    from tomlkit.items import InlineTable, Table

    document = tomlkit.parse(text)
    if value is not None and len(parts) == 1 and parts[0] not in document:
        document = tomlkit.parse(_uncommented(text, parts[0]))
    table: Any = document
    for part in parts[:-1]:
        if not isinstance(table.get(part), Table | InlineTable | OutOfOrderTableProxy):
            if value is None:
                return text
            inline = isinstance(table, InlineTable)
            table[part] = tomlkit.inline_table() if inline else tomlkit.table(table is document)
        table = table[part]
    if value is not None:
        table[parts[-1]] = value
    elif parts[-1] in table:
        del table[parts[-1]]
    return tomlkit.dumps(document)


def _at_the_end(text: str, parts: tuple[str, ...], value: Any) -> str:
    import tomlkit

    new: dict[str, Any] = {}
    _put(new, parts, value)
    return f"{text}\n{tomlkit.dumps(new)}"


def _at_the_start(text: str, parts: tuple[str, ...], value: Any) -> str:
    import tomlkit

    new: dict[str, Any] = {}
    _put(new, parts, value)
    return f"{tomlkit.dumps(new)}\n{text}"


def _uncommented(text: str, name: str) -> str:
    """The text with the comment that shows a setting's default turned into the setting."""
    default = next((f.default for f in dataclasses.fields(Settings) if f.name == name), None)
    if not isinstance(default, str | bool | int | float):
        return text
    comment = comment_of(name, default)
    setting = comment.removeprefix("# ")
    tried = text.replace(f"\n{comment}\n", f"\n{setting}\n", 1)
    try:
        _, data = parse(tried.encode())
    except BrokenSettings:
        return text
    return tried if name in data else text  # else the comment has slipped into a table


def mistake_in(parts: tuple[str, ...], value: Any) -> str:
    """What is wrong with a value, as in "`theme` must be text, not a number"; empty for nothing."""
    data: Any = value
    for part in reversed(parts):
        data = {part: data}
    _, mistakes = convert(data)
    # Not those beside it: of an endpoint that is written key by key, others are missing yet.
    wrong = [m for m in mistakes if all(a == b for a, b in zip(m.place, parts, strict=False))]
    return sentence(wrong[0]) if wrong else ""


def _refuse_mistakes(parts: tuple[str, ...], value: Any) -> None:
    if wrong := mistake_in(parts, value):
        raise StudyBuddyError(
            Problem(
                ProblemKind.STORAGE,
                f"The setting was not written: {wrong}.",
                "Choose another value.",
            )
        )


def _refuse_to_surprise(path: Path, parts: tuple[str, ...], seen: Settings) -> None:
    """Raise where the file can't be read, or has another value than the one that was seen."""
    settings = read_settings(path)
    if value_at(settings, parts) != value_at(seen, parts):
        raise StudyBuddyError(
            Problem(
                ProblemKind.STORAGE,
                f"`{'.'.join(parts)}` was changed in {path} meanwhile; nothing was written.",
                "This is what the file says now: change it again if you want to.",
            )
        )


def read_settings(path: Path) -> Settings:
    """The settings as the file has them now; a setting with a mistake has its default.

    Raises:
        StudyBuddyError: where the file can't be read or is not TOML.
    """
    try:
        return convert(parse(path.read_bytes())[1])[0]
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise StudyBuddyError(disk_problem(error, path)) from error
    except BrokenSettings as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: BrokenSettings) -> StudyBuddyError:
    return StudyBuddyError(
        Problem(
            ProblemKind.STORAGE,
            f"The settings file {path} is not valid TOML: {error}. It stays as it is.",
            "Mend it with a text editor first, or move it away.",
        )
    )


def _current(path: Path) -> str:
    """The text to change."""
    try:
        return parse(path.read_bytes())[0]
    except FileNotFoundError:
        return new_settings_text()
    except BrokenSettings as error:
        raise _broken(path, error) from error
