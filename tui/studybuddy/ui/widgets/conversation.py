"""The transcript with the keys that the command table gives it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message as Event

from studybuddy.domain.citing import citations_of
from studybuddy.domain.messages import Message, MessageState
from studybuddy.ui.commands import Scope, bindings
from studybuddy.ui.transcript import Transcript
from studybuddy.ui.transcript.look import Keys
from studybuddy.ui.transcript.opening import openable


class Conversation(Transcript):
    """The messages of the conversation on screen, walked and copied by key."""

    BINDINGS = bindings(Scope.TRANSCRIPT)

    @dataclass
    class PinAsked(Event):
        """A message is to stay in the context, or no longer."""

        message_id: str
        pinned: bool

    FOCUS_ON_CLICK = False  # what is typed after a click still goes to the prompt

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer citations and reasoning where there are any."""
        if action == "open_citation" and self.on_formula:
            return self.on_image
        if action in ("next_citation", "previous_citation", "open_citation"):
            return any(map(citations_of, self.messages))
        if action == "reasoning":
            return any(map(_may_have_reasoning, self.messages))
        return True

    def name_keys(self, keys: Mapping[str, str]) -> None:
        """Tell of these keys beside what they do, given by the ids of commands."""
        first = {command: names.split(", ")[0] for command, names in keys.items()}
        self.hint = f"{keys['retry']} asks again."
        self.keys = Keys(first["fold"], first["reasoning"], first["continue"])

    def action_previous(self) -> None:
        """Choose the message before."""
        self.cursor_previous()

    def action_next(self) -> None:
        """Choose the message after."""
        self.cursor_next()

    def action_previous_code(self) -> None:
        """Choose the code block before."""
        self.code_previous()

    def action_next_code(self) -> None:
        """Choose the code block after."""
        self.code_next()

    def action_previous_citation(self) -> None:
        """Choose the citation before."""
        self.citation_previous()

    def action_next_citation(self) -> None:
        """Choose the citation after."""
        self.citation_next()

    def action_previous_formula(self) -> None:
        """Choose the formula before."""
        self.formula_previous()

    def action_next_formula(self) -> None:
        """Choose the formula after."""
        self.formula_next()

    def action_open_citation(self) -> None:
        """Open the citation or image that was stepped to, else step to the first citation."""
        if self.on_formula and openable(url := self.current_formula() or ""):
            self.post_message(self.LinkClicked(url))
        elif self.on_image:
            self.copy(url, "address")  # a file, or data: there is no page to open
        elif self.on_citation:
            self.open_citation()
        else:
            self.citation_next()

    def action_last_question(self) -> None:
        """Choose the last question, or the one before."""
        self.question_last()

    def action_fold(self) -> None:
        """Fold the chosen message, or unfold it."""
        if not self.toggle_fold():
            self.notify("This message is too short to be folded.", timeout=4)

    def action_reasoning(self) -> None:
        """Show what the model thought, or fold it."""
        if not self.toggle_thoughts():
            self.notify("The model showed no reasoning for this message.", timeout=4)

    def action_code_right(self) -> None:
        """Show what follows in long lines of code."""
        self.slide(1)

    def action_code_left(self) -> None:
        """Go back in long lines of code."""
        self.slide(-1)

    def action_wrap_code(self) -> None:
        """Wrap long lines of code, or let them scroll."""
        wraps = self.toggle_wrap()
        told = "Long lines of code are wrapped." if wraps else "Long lines of code can be scrolled."
        self.notify(told, timeout=3)

    def action_pin(self) -> None:
        """Keep the chosen message in the context, or no longer."""
        message = self.current_message()
        if message is not None and message.state is not MessageState.STREAMING:
            self.post_message(self.PinAsked(message.id, not message.pinned))

    def action_copy_here(self) -> None:
        """Copy the code block or formula that was stepped to, or the chosen message."""
        if self.on_code:
            self.copy_code()
        elif self.on_formula:
            source = self.current_formula() or ""
            self.copy(source, "address" if self.on_image else "formula as LaTeX")
        else:
            self.copy_message()

    def on_transcript_link_clicked(self, event: Transcript.LinkClicked) -> None:
        """Open a link in the browser, or copy it where there is none to open."""
        event.stop()
        if self.app.is_web or _has_browser(os.environ):
            self.app.open_url(event.url)
            self.notify(event.url, title="Opened in the browser", timeout=4, markup=False)
        else:
            self.copy(event.url, "link")

    def copy_message(self) -> None:
        """Copy the chosen message while this has the focus, else the last answer."""
        message = self.current_message() if self.has_focus else self.last_answer()
        self.copy(markdown_of(message) if message else "", "message")

    def copy_code(self) -> None:
        """Copy the chosen code block, else the last one."""
        self.copy(self.current_code() or "", "code block")

    def copy(self, text: str, what: str) -> None:
        """Copy a text and say so; `what` names it."""
        if text:
            from studybuddy.ui.clipboard import copy  # not before the first frame

            copy(self.app, text, what)
        else:
            self.notify(f"There is no {what} to copy here.", timeout=4, markup=False)


def markdown_of(message: Message) -> str:
    """A message as it is copied: Markdown, with its sources at the end, without reasoning."""
    if not citations_of(message):
        return message.text
    from studybuddy.domain.citing import cited_markdown

    return cited_markdown(message)


def _may_have_reasoning(message: Message) -> bool:
    return bool(message.reasoning) or message.state is MessageState.STREAMING


def _has_browser(environ: Mapping[str, str]) -> bool:
    """Whether a browser has a window to open: one in this terminal would take the screen."""
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in environ
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
