"""What the app is given to work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studybuddy.chat.desk import Desk
from studybuddy.domain.problems import Problem
from studybuddy.domain.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from studybuddy.domain.archives import Archive
    from studybuddy.domain.prompts import PromptLibrary
    from studybuddy.domain.searching import ConversationSearch
    from studybuddy.domain.setup import Setup


@dataclass(slots=True)
class Services:
    """Everything behind the screen, put together by the command line."""

    desk: Desk
    setup: Setup
    settings: Settings
    """As they are by now: the student may change them while the app runs."""
    notices: Sequence[Problem] = ()
    """What went wrong on reading settings and data; may grow while the app runs."""
    start_new: bool = False
    """Whether to start with a new conversation, whatever the settings say."""
    places: str = ""
    """Where settings, data and log are, for the help screen."""
    private: Sequence[Path] = ()
    """Folders of our own; none of their files goes with a question."""
    search: Callable[[], ConversationSearch] | None = None
    """Makes what finds what was said; `None` where there is nothing to search."""
    library: PromptLibrary | None = None
    """Personas and templates; `None` where there are none."""
    archive: Callable[[], Archive] | None = None
    """Makes what writes conversations to files and reads them in; `None` where nothing does."""
