"""What is looked at of tokens and money: the next request, texts as tokens, the history."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from studybuddy.domain.amounts import amounts_of
from studybuddy.domain.messages import Mode, Role
from studybuddy.domain.metering import PartKind
from studybuddy.ui.pinning import pin
from studybuddy.ui.screens.token_view import Sample, TokenViewScreen
from studybuddy.ui.screens.tokens import TokensScreen
from studybuddy.ui.screens.usage import UsageScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studybuddy.domain.messages import Message
    from studybuddy.domain.metering import ContextReport, Part
    from studybuddy.ui.features import Workplace


class TokenScreens:
    """Opens the screens."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def run(self, command: str) -> None:
        """Carry out a command."""
        match command:
            case "tokens":
                await self._tokens()
            case "token_view":
                self._show_part(None)
            case "usage":
                self._show_usage()

    async def _tokens(self) -> None:
        view, desk, app = self._place.view, self._place.desk, self._place.screen.app
        endpoint = desk.endpoint
        if endpoint is None:
            self._place.say("Choose a model first: F12.")
            return

        async def report() -> ContextReport:
            return await view.session.report(
                view.files.whole(view.prompt.text), endpoint, self._coming()
            )

        screen = TokensScreen(
            None,
            lambda: view.meter_line.reading,
            model=desk.model_of(view.session) or endpoint.name,
            reload=report,
            pin=partial(pin, view) if view.session.head.mode is Mode.COMPLETION else None,
            show=self._show_part,
            usage=self._show_usage,
            follow=desk.accounts.subscribe,
        )
        app.clear_notifications()  # they would lie over its numbers
        await app.push_screen(screen)
        screen.watch(view.meter_line, "reading", screen.changed, init=False)

    def _show_part(self, part: Part | None) -> None:
        view, desk, app = self._place.view, self._place.desk, self._place.screen.app
        messages = [self._as_shown(message) for message in view.session.messages]
        prompt = view.session.head.system_prompt
        samples, start = samples_of(view.files.whole(view.prompt.text), prompt, messages, part)
        app.clear_notifications()
        model = desk.model_of(view.session)
        app.push_screen(TokenViewScreen(samples, desk.accounts.counter, model, start))

    def _as_shown(self, message: Message) -> Message:
        """A message with what there is by now of its text."""
        turn = self._place.view.turn
        shown = turn.answer_shown() if turn is not None else None
        return shown if shown is not None and shown.id == message.id else message

    def _coming(self) -> str:
        """What there is by now of an answer that is coming; empty for none."""
        messages = self._place.view.session.messages
        return self._as_shown(messages[-1]).text if messages else ""

    def _show_usage(self) -> None:
        app = self._place.screen.app
        amounts, _ = amounts_of(self._place.services.settings.budgets)
        app.clear_notifications()
        app.push_screen(UsageScreen(self._place.desk.accounts.log, amounts))


def samples_of(
    draft: str, system_prompt: str, messages: Sequence[Message], part: Part | None
) -> tuple[list[Sample], int]:
    """The texts that can be looked at as tokens, and the number of the one that shows a part.

    Args:
        draft: what is typed; it comes first, and is shown where no part is given.
        system_prompt: of the conversation; left out where it is empty.
        messages: of the shown branch, as far as they have come.
        part: of the context report; what is none of these texts is added.
    """
    samples, start = [Sample("Draft", draft)], 0
    if system_prompt:
        samples.append(Sample("System prompt", system_prompt))
        start = 1 if part is not None and part.kind is PartKind.SYSTEM else 0
    for message in messages:
        if part is not None and message.id == part.message_id:
            start = len(samples)
        who = "You" if message.role is Role.USER else "Answer"
        samples.append(Sample(f"{who}: {_beginning(message.text)}", message.text))
    if part is not None and not part.message_id and part.text != samples[start].text:
        start = len(samples)
        samples.append(Sample(part.label, part.text))
    return samples, start


def _beginning(text: str) -> str:
    """How a text begins, in one line."""
    return " ".join(text[:200].split())[:40]
