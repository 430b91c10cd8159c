"""The prompt in the student's own editor, with the app suspended but alive."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App, SuspendNotSupported

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.domain.text import harmless
from studybuddy.study.text_files import read_text
from studybuddy.ui.drafts import replaced
from studybuddy.ui.unsent import change_draft

if TYPE_CHECKING:
    from studybuddy.ui.conversation_view import ConversationView

MOST_BYTES = 20_000_000
_USUAL = ("nano", "vi", "vim", "micro", "emacs")
_WAITING = {
    "code": "--wait", "code-insiders": "--wait", "codium": "--wait", "cursor": "--wait",
    "windsurf": "--wait", "zed": "--wait", "subl": "--wait", "atom": "--wait", "mate": "-w",
    "gvim": "-f", "mvim": "-f", "gedit": "--wait", "kate": "--block",
}  # fmt: skip
"""Editors with windows of their own, and what keeps each from returning at once."""


async def edit_prompt(app: App[Any], view: ConversationView) -> None:
    """Have the prompt written in the student's editor; what comes meanwhile stays beside it.

    Raises:
        StudyBuddyError: where that fails; the prompt is as it was then.
    """
    session, before = view.session, view.prompt.text
    text = await edit_text(app, before)
    if text != before:
        await change_draft(view, session, lambda typed: replaced(typed, before, text))


async def edit_text(app: App[Any], text: str, suffix: str = ".md") -> str:
    """Open a text in $VISUAL, $EDITOR or a usual editor, and return what it is made into.

    Line ends at the end are left out. Answers go on coming meanwhile; they are drawn afterwards.

    Raises:
        StudyBuddyError: where there is no editor, it fails, or what it wrote can't be read. What
            was written by then is kept in a file that the problem names.
    """
    command = editor_command(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="studybuddy-"))  # for its owner alone; so is the file
    file = folder / f"prompt{suffix}"
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        file.write_text(text, encoding="utf-8", newline="")
        code = await _suspended(app, [*command, str(file)])
        written = harmless(read_text(file, MOST_BYTES, "What the editor wrote"))
    except StudyBuddyError as error:
        kept = _keep(folder, file, text)
        raise _problem(error.problem.sentence, kept or error.problem.advice) from error
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _problem(f"The editor can't be opened ({error.strerror or error}).") from error
    if code:
        kept = _keep(folder, file, text)
        name = Path(command[0]).name
        ended = f"ended with error {code}" if code > 0 else "was stopped"
        raise _problem(f"{name} {ended}; the prompt is as it was.", kept)
    shutil.rmtree(folder, ignore_errors=True)
    return written.rstrip("\n")


def editor_command(environ: Mapping[str, str]) -> Sequence[str]:
    """The editor and its arguments: $VISUAL, else $EDITOR, else a usual one that is installed.

    Raises:
        StudyBuddyError: where there is none, or the variable names none.
    """
    for variable in ("VISUAL", "EDITOR"):
        if not (value := environ.get(variable, "").strip()):
            continue
        try:
            words = shlex.split(value, posix=os.name != "nt")
        except ValueError:
            raise _problem(f"${variable} can't be read: a quote is not closed.") from None
        command = [word.strip('"') for word in words] if os.name == "nt" else words
        if not command or shutil.which(command[0]) is None:
            sentence = f"${variable} names an editor that is not installed: {value}."
            raise _problem(sentence, "Set it to one that is, such as “nano” or “code --wait”.")
        waiting = _WAITING.get(Path(command[0]).stem.lower())
        if waiting is not None and len(command) == 1:
            command.append(waiting)
        return command
    usual = ("notepad",) if os.name == "nt" else _USUAL
    for name in usual:
        if shutil.which(name) is not None:
            return [name]
    raise _problem("There is no editor here.", "Set EDITOR to the one you use, and start again.")


async def _suspended(app: App[Any], argv: Sequence[str]) -> int:
    """Run a program that has the terminal to itself; returns its exit code.

    Raises:
        StudyBuddyError: where there is no terminal to give.
        OSError: where it can't be started.
    """
    failed: BaseException | None = None
    code = 0
    try:
        with app.suspend(), app.batch_update(), _silence(app), _keys_of_the_terminal():
            try:
                process = await asyncio.create_subprocess_exec(*argv)
                code = await process.wait()
            except BaseException as error:  # noqa: BLE001 - the terminal is taken back first
                failed = error
    except SuspendNotSupported:
        sentence = "There is no terminal here in which an editor could be opened."
        raise _problem(sentence) from None
    if failed is not None:
        raise failed
    return code


class _Nowhere:
    """Takes what the app would write to a terminal that another program has."""

    def write(self, text: str) -> None:
        """Forget it: all is drawn anew afterwards."""

    def flush(self) -> None:
        """Nothing is kept back."""

    def stop(self) -> None:
        """Nothing goes on."""


@contextmanager
def _silence(app: App[Any]) -> Iterator[None]:
    """Keep bells, notifications and titles off the terminal.

    Textual's thread that writes is gone by now, and a full queue would block the app for good.
    """
    driver = app._driver
    if driver is not None and hasattr(driver, "_writer_thread"):
        driver._writer_thread = _Nowhere()
    yield


@contextmanager
def _keys_of_the_terminal() -> Iterator[None]:
    """Leave Ctrl+C and Ctrl+\\ to the editor: the terminal sends them to this process as well."""
    names = ("SIGINT", "SIGQUIT")
    signals = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # A function, and not SIG_IGN: that would be handed on to the editor.
    before = [(which, signal.signal(which, lambda *_: None)) for which in signals]
    try:
        yield
    finally:
        for which, handler in before:
            signal.signal(which, handler)


def _keep(folder: Path, file: Path, text: str) -> str:
    """Keep a file that is another than it was; returns a sentence that says where it is."""
    try:
        changed = file.read_bytes() != text.encode("utf-8", "replace")
    except OSError:
        changed = False
    if changed:
        return f"What was written is in {file}."
    shutil.rmtree(folder, ignore_errors=True)
    return ""


def _problem(sentence: str, advice: str = "") -> StudyBuddyError:
    return StudyBuddyError(Problem(ProblemKind.BAD_REQUEST, sentence, advice))
