"""Writing single settings into the file that the student may edit too."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.settings import EndpointSettings, Settings
from studybuddy.storage.files import disk_problem, name_aside, one_at_a_time, write_private
from studybuddy.storage.settings import BrokenSettings, convert, parse, sentence

_HEADING = """\
# The settings of StudyBuddy. A line that begins with # is a comment: take the # away to use it.
# Keys of endpoints are never kept here.
"""


def save_setting(path: Path, key: str | Sequence[str], value: Any) -> Problem | None:
    """Write one setting and keep all else in the file, comments too; `None` takes it out.

    A new file is readable by its owner only, and explains every setting. A file that is not
    TOML is renamed beside the new one, and the problem returned tells so.

    Args:
        path: the settings file.
        key: with its tables, as "endpoints.lab.model", or in parts where a name has a dot.
        value: text, true or false, a number, or lists and tables of them.

    Raises:
        StudyBuddyError: where the value does not fit the setting, or the file can't be written.
    """
    parts = tuple(key.split(".")) if isinstance(key, str) else tuple(key)
    if value is not None:
        _refuse_mistakes(parts, value)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with one_at_a_time(path):
            text, notice = _current(path)
            write_private(path, _checked(text, parts, value, path))
    except OSError as error:
        raise StudyBuddyError(disk_problem(error, path)) from error
    return notice


def changed(text: str, parts: tuple[str, ...], value: Any) -> str:
    """The text of a settings file with one setting changed, or taken out for `None`."""
    import tomlkit  # 30 to 60 ms, and seldom needed
    from tomlkit.container import OutOfOrderTableProxy
    from tomlkit.items import InlineTable, Table

    document = tomlkit.parse(text)
    if value is not None and len(parts) == 1 and parts[0] not in document:
        text = _uncommented(text, parts[0])
        document = tomlkit.parse(text)
    table: Any = document
    for part in parts[:-1]:
        if not isinstance(table.get(part), Table | InlineTable | OutOfOrderTableProxy):
            if value is None:
                return text
            table[part] = tomlkit.table(is_super_table=table is document)
        table = table[part]
    if value is not None:
        table[parts[-1]] = value
    elif parts[-1] in table:
        del table[parts[-1]]
    return tomlkit.dumps(document)


def new_settings_text() -> str:
    """A settings file that changes nothing and explains every setting."""
    lines = [_HEADING]
    tables: list[str] = []
    said = _docstrings(Settings)
    for field in dataclasses.fields(Settings):
        about = f"# {said[field.name]}" if field.name in said else "#"
        if field.name == "keys":
            tables += [about, "# [keys]", '# new_conversation = "ctrl+n,f5"', ""]
        elif field.name == "endpoints":
            tables += [about, "# [endpoints.NAME]", *_endpoint_lines(), ""]
        else:
            lines += [about, _comment_of(field.name, field.default), ""]
    return "\n".join([*lines, *tables])


def _endpoint_lines() -> list[str]:
    said = _docstrings(EndpointSettings)
    names = [field.name for field in dataclasses.fields(EndpointSettings)]
    return [f'# {name} = ""  # {said.get(name, "")}' for name in names]


def _docstrings(cls: type) -> dict[str, str]:
    """The docstring below each field of a class, as one line; nothing without its source."""
    try:
        body = ast.parse(inspect.getsource(cls)).body[0]
    except (OSError, SyntaxError):
        return {}
    assert isinstance(body, ast.ClassDef)
    said = {}
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    said[statement.target.id] = " ".join(text.split())
    return said


def _comment_of(name: str, value: Any) -> str:
    import tomlkit

    return f"# {name} = {tomlkit.item(value).as_string()}"


def _uncommented(text: str, name: str) -> str:
    """The text with the comment that shows a setting's default turned into the setting."""
    default = next((f.default for f in dataclasses.fields(Settings) if f.name == name), None)
    if not isinstance(default, str | bool | int | float):
        return text
    comment = _comment_of(name, default)
    setting = comment.removeprefix("# ")
    tried = text.replace(f"\n{comment}\n", f"\n{setting}\n", 1)
    try:
        _, data = parse(tried.encode())
    except BrokenSettings:
        return text
    return tried if name in data else text  # else the comment has slipped into a table


def _refuse_mistakes(parts: tuple[str, ...], value: Any) -> None:
    data: Any = value
    for part in reversed(parts):
        data = {part: data}
    _, mistakes = convert(data)
    # Of an endpoint that is being written key by key, other keys may well be missing.
    wrong = [m for m in mistakes if m.place == parts or m.place[: len(parts)] == parts]
    if wrong:
        raise StudyBuddyError(
            Problem(
                ProblemKind.STORAGE,
                f"The setting was not written: {sentence(wrong[0])}.",
                "Choose another value.",
            )
        )


def _checked(text: str, parts: tuple[str, ...], value: Any, path: Path) -> str:
    """The changed text, read back to be sure: a student's file is not worth a library's slip."""
    from tomlkit.exceptions import TOMLKitError

    try:
        new = changed(text, parts, value)
        read = parse(new.encode())[1]
        for part in parts[:-1]:
            read = read.get(part, {})
        if read.get(parts[-1]) == value:
            return new
    except (TOMLKitError, BrokenSettings):
        pass
    raise StudyBuddyError(
        Problem(
            ProblemKind.STORAGE,
            f"The setting `{'.'.join(parts)}` could not be written into {path}.",
            "Write it there yourself, with a text editor.",
        )
    )


def _current(path: Path) -> tuple[str, Problem | None]:
    """The text to change, and what to tell where the file had to be set aside."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return new_settings_text(), None
    try:
        return parse(raw)[0], None
    except BrokenSettings as error:
        reason = str(error)
    target = Path(os.path.realpath(path))
    kept = name_aside(target)
    os.replace(target, kept)
    return new_settings_text(), Problem(
        ProblemKind.STORAGE,
        f"The settings file was not valid TOML ({reason}), so StudyBuddy kept it as {kept} "
        "and began a new one.",
        "Copy what you want to keep from it.",
    )
