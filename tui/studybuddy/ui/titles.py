"""Titles by the model, looked for while nothing else is to be done."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from studybuddy.chat.titling import wanted
from studybuddy.domain.messages import Titled
from studybuddy.domain.problems import StudyBuddyError
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from textual.worker import Worker

    from studybuddy.chat.sessions import Session
    from studybuddy.ui.features import Workplace

_log = logging.getLogger(__name__)

REST = 1.0
"""Seconds after an answer in which a next question goes first."""


class TitleKeeper:
    """Finds titles for conversations whose first answers have come; a question goes before."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._looking: Worker[None] | None = None

    def begun(self) -> None:
        """Give up looking: something is asked, and must not wait for a title."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def answered(self, session: Session) -> None:
        """Look for a title, where the conversation is to have one by the model."""
        endpoint = self._place.desk.endpoint
        if endpoint is not None and wanted(session.head, session.messages, endpoint):
            self.begun()
            work = partial(self._find, session)
            self._looking = start(self._place.screen, work, "title")

    async def _find(self, session: Session) -> None:
        place, endpoint = self._place, self._place.desk.endpoint
        await asyncio.sleep(REST)
        if endpoint is None or place.desk.busy():
            return
        try:
            title = await place.desk.titler().title(session.head, session.messages, endpoint)
            if not title:
                return
            head = await place.desk.shelf.rename(session.head, title, Titled.MODEL)
        except StudyBuddyError as error:
            _log.info("no title was found: %s", error.problem.kind)
            return
        session.renamed(head.title, head.titled)
        await place.opener.reload_list()
