"""Holds an answer against the budgets while it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studybuddy.domain.budget_states import BudgetState, Spent
from studybuddy.domain.money import Cost
from studybuddy.domain.usage import Usage

if TYPE_CHECKING:
    from studybuddy.chat.holds import Hold
    from studybuddy.domain.counting import TokenCounter
    from studybuddy.domain.money import Tariff

_OPEN = 200
"""Characters at the end of a text that are counted anew with what follows."""


class TokensSoFar:
    """Counts a text as it grows, in time that does not grow with it.

    Texts are closed before a space, where the tokenizers part them too; what is open is counted
    as a whole, for a token may come in several pieces.
    """

    def __init__(self, counter: TokenCounter, model: str) -> None:
        self._counter = counter
        self._model = model
        self._closed = 0
        self._open = ""

    def add(self, text: str) -> int:
        """Take more of the text, and return the tokens of all of it."""
        self._open += text
        if len(self._open) > 2 * _OPEN:
            space = self._open.rfind(" ", 1, len(self._open) - _OPEN)
            cut = space if space > 0 else len(self._open) - _OPEN
            self._closed += self._count(self._open[:cut])
            self._open = self._open[cut:]
        return self._closed + self._count(self._open)

    def _count(self, text: str) -> int:
        return self._counter.count(text, self._model).tokens


class AnswerWatch:
    """One answer: what its request used so far, by what came and by what the endpoint tells."""

    def __init__(self, hold: Hold, tokens: TokensSoFar, prompt: int, tariff: Tariff | None) -> None:
        """Take the parts.

        Args:
            hold: of its request.
            tokens: counts its text; the prompt was counted by the same, so it has its vocabulary.
            prompt: tokens of the request.
            tariff: what it costs; `None` where nobody knows.
        """
        self.over: BudgetState | None = None
        """The budget that the answer went over."""
        self._hold = hold
        self._tokens = tokens
        self._prompt = prompt
        self._tariff = tariff
        self._written = 0
        self._told = Usage()

    def wrote(self, text: str) -> Sequence[BudgetState]:
        """Take more of the answer; returns the budgets that near their end for the first time."""
        self._written = self._tokens.add(text)
        news = self._use()
        self.over = next((state for state in self._hold.states() if state.exceeded), None)
        return [state for state in news if not state.exceeded]

    def reported(self, usage: Usage) -> Sequence[BudgetState]:
        """The same for what the endpoint tells; what came is whole, so it is not stopped by it."""
        self._told = usage.bounded()
        return self._use()

    def leave(self) -> None:
        """It is over."""
        self._hold.leave()

    def _use(self) -> Sequence[BudgetState]:
        told = self._told
        if told.prompt and told.completion >= self._written:
            usage = told
        else:
            usage = Usage(told.prompt or self._prompt, max(told.completion, self._written))
        return self._hold.use(Spent.of(usage, Cost.of(self._tariff, usage)))
