"""What the app is given to work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studybuddy.chat.desk import Desk
from studybuddy.domain.ports import Setup
from studybuddy.domain.problems import Problem
from studybuddy.domain.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Everything behind the screen, put together by the command line."""

    desk: Desk
    setup: Setup
    settings: Settings
    notices: Sequence[Problem] = ()
    """What went wrong on reading settings and data; may grow while the app runs."""
    start_new: bool = False
    """Whether to start with a new conversation, whatever the settings say."""
    places: str = ""
    """Where settings, data and log are, for the help screen."""
