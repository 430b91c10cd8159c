"""`studybuddy usage`: what was used and what it cost, from the records on this computer."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Protocol, TextIO

from studybuddy.chat.usage_export import groups_csv, groups_json, records_csv, records_json
from studybuddy.commands.since import FORMS, since
from studybuddy.commands.usage_table import table
from studybuddy.domain.accounts import By, Group, Selection, UsageRecord
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.domain.text import harmless

OK = 0
FAILED = 1
"""The records can't be read, or the answer can't be written."""
BAD_INPUT = 2
INTERRUPTED = 130

_EPILOG = (
    "In and Out are prompt and completion tokens; Cached and Reasoning are parts of them. "
    "Requests of models whose price is not known are “unpriced” and stand for no money; those "
    "that failed before they were taken are billed by nobody and have no cost at all. "
    "Kept answers, which were given again without asking, are filed under the model that was "
    "asked for; they are no requests, and what they would have used is in Saved alone (in CSV: "
    "rows with “kept”, whose tokens are in the columns “saved_…”). "
    "The outcome “interrupted” is a request whose end nobody saw, or that is still under way: it "
    "counts with the prompt and as much of the answer as was noted. "
    "Durations begin when a request leaves: the time in which the built-in model is started for "
    "it is not in them, nor is the wait before another attempt. "
    "Exit codes: 0 shown, also where nothing was used yet; 1 the records can't be read; "
    "2 an argument is no good; 130 interrupted."
)


class UsageHistory(Protocol):
    """The records on disk, to be read only.

    Raises:
        StudyBuddyError: (any method) where they can't be read.
    """

    def groups(self, by: By, selection: Selection) -> Sequence[Group]:
        """Sums by a key: days in their order, all else with the most tokens first."""
        ...

    def records(self, selection: Selection) -> Sequence[UsageRecord]:
        """The records themselves, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class UsageServices:
    """What the command works with."""

    history: UsageHistory
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    now: Callable[[], float] = time.time
    zone: tzinfo | None = None
    """Whose days and times are shown; `None` for the computer's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--since", metavar="WHEN", default="all", help=f"count from there on: {FORMS}"
    )
    parser.add_argument(
        "--by",
        choices=[by.value for by in By],
        help="a line for each of these; day where none is given",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--csv", action="store_true", help="print CSV: every record, or the sums with --by"
    )
    form.add_argument("--json", action="store_true", help="print the same as JSON")


def run(args: argparse.Namespace, services: UsageServices) -> int:
    """Read, print, and return the exit code."""
    try:
        selection = Selection(since(args.since, services.now(), services.zone))
    except ValueError as error:
        _tell(f"--since: {error}", services)
        return BAD_INPUT
    try:
        text = _text(args, selection, services)
    except StudyBuddyError as error:
        _tell(str(error.problem), services)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return _print(text, services)


def _text(args: argparse.Namespace, selection: Selection, services: UsageServices) -> str:
    history = services.history
    if not args.by and (args.csv or args.json):
        write = records_csv if args.csv else records_json
        return write(history.records(selection), services.zone)
    by = By(args.by or By.DAY)
    groups = history.groups(by, selection)
    if args.csv:
        return groups_csv(by, groups)
    if args.json:
        return groups_json(by, groups)
    if groups:
        width = shutil.get_terminal_size().columns if services.stdout.isatty() else None
        return table(by, groups, width)
    if selection.since is None:
        return "Nothing has been used yet.\n"
    day = datetime.fromtimestamp(selection.since, services.zone).date()
    return f"Nothing was used since {day}.\n"


def _print(text: str, services: UsageServices) -> int:
    out = services.stdout
    encoding = getattr(out, "encoding", None) or "utf-8"
    try:
        out.write(text.encode(encoding, "replace").decode(encoding))
        out.flush()
    except BrokenPipeError:  # the reader has seen enough
        # Else the interpreter writes to the closed pipe once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    except OSError as error:
        _tell(f"The answer can't be written: {error.strerror or error}.", services)
        return FAILED
    return OK


def _tell(sentence: str, services: UsageServices) -> None:
    encoding = getattr(services.stderr, "encoding", None) or "utf-8"
    text = f"studybuddy: {harmless(sentence)}"
    print(text.encode(encoding, "replace").decode(encoding), file=services.stderr)
