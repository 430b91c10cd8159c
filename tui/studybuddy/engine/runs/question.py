"""One question of a run to its model: what is sent, and asked again where that may help."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from studybuddy.engine.asking.port import Ask, Asker, Reply
from studybuddy.engine.errors import ApiError
from studybuddy.engine.objects import Run
from studybuddy.engine.runs import problems
from studybuddy.engine.runs.broadcast import Broadcast
from studybuddy.engine.runs.context import head_of, history_of, is_first, rounds_of
from studybuddy.engine.runs.draft import Draft
from studybuddy.engine.runs.fitting import ChatMessage, estimate, estimate_tools, kept
from studybuddy.engine.runs.ledger import Ledger, Look
from studybuddy.engine.runs.offers import Offer, choice_of
from studybuddy.engine.runs.pictures import Pictures
from studybuddy.engine.runs.ports import RunParts
from studybuddy.engine.runs.problems import RunFailure, RunShortfall

log = logging.getLogger(__name__)

_SHRINKINGS = 4  # new tries with a shorter prompt, where the upstream says it is too long
_SHRINK = 0.7
_UNSURE = 0.6  # what a count of tokens may be too high by, before a prompt counts as too long


class Question:
    """What a run asks next."""

    def __init__(
        self,
        parts: RunParts,
        ledger: Ledger,
        broadcast: Broadcast,
        look: Look,
        offer: Offer,
        pictures: Pictures,
    ) -> None:
        """Prepare it for what the run has come to."""
        self._parts = parts
        self._ledger = ledger
        self._broadcast = broadcast
        self._look = look
        self._offer = offer
        self._pictures = pictures
        self.draft = self._new_draft()
        """The answer as far as it has come."""

    async def answer(self, asker: Asker) -> Reply:
        """The model's answer; its text is in the draft.

        Raises:
            RunShortfall: where the run has no tokens left for it.
            RunFailure: where the answer never came to its end.
            ApiError: of the upstream.
            TakenAway: where the run is over meanwhile.
        """
        look, run = self._look, self._look.run
        left = None
        if run.max_completion_tokens is not None:
            left = run.max_completion_tokens - look.usage.completion
            if left <= 0:
                raise RunShortfall("max_completion_tokens")
        window = await self._parts.window_of(look.upstream, run.model)
        limit = None
        if window is not None:
            tools = estimate_tools(self._offer.tools)
            limit = window - min(window // 4, left or window) - tools
        messages = self._messages(limit)
        ask = Ask(
            messages=await self._pictures.shown(messages),
            model=run.model,
            tools=self._offer.tools,
            tool_choice=choice_of(run, self._offer, is_first(look)),
            parallel_tool_calls=run.parallel_tool_calls,
            response_format=_format_of(run),
            # 1 is what the API says where nothing was asked: the model's own is better then.
            temperature=run.temperature if run.temperature != 1 else None,
            top_p=run.top_p if run.top_p != 1 else None,
            max_completion_tokens=left,
            reasoning_effort=look.effort,
        )
        for _ in range(_SHRINKINGS):
            try:
                return await self._persistently(asker, ask)
            except ApiError as error:
                if error.code != problems.OVERFLOW or self.draft.is_begun:
                    raise
                size = sum(map(estimate, messages))
                shorter = self._messages(int(size * _shrinking(error)))
                if len(shorter) == len(messages):
                    raise
                messages = shorter
                ask = replace(ask, messages=await self._pictures.shown(messages))
        return await self._persistently(asker, ask)

    async def _persistently(self, asker: Asker, ask: Ask) -> Reply:
        """Ask, and ask again where it failed in passing before any text came."""
        clock = asyncio.get_running_loop().time
        waits = list(self._parts.limits.retries)
        give_up = clock() + self._parts.limits.patience
        while True:
            self.draft = self._new_draft()
            try:
                return await self._once(asker, ask)
            except ApiError as error:
                if self.draft.is_begun or not problems.may_pass(error):
                    raise
                if error.code == problems.LOADING and clock() < give_up:
                    usual = 1.0
                elif len(waits) > problems.tries_kept(error, len(self._parts.limits.retries)):
                    usual = waits.pop(0)
                else:
                    raise
                log.info("%s asks again: %s", self._ledger.run_id, error)
                await asyncio.sleep(problems.wait_before(error, usual))

    async def _once(self, asker: Asker, ask: Ask) -> Reply:
        async with aclosing(asker.ask(ask)) as parts:
            async for part in parts:
                if isinstance(part, Reply):
                    return part
                await self.draft.add(part)
        raise RunFailure("server_error", "The model's answer broke off.")

    def _messages(self, limit: int | None) -> list[ChatMessage]:
        """What to send, in at most so many tokens where that can be."""
        look, run = self._look, self._look.run
        left = None
        if run.max_prompt_tokens is not None:
            left = run.max_prompt_tokens - look.usage.prompt
            limit = left if limit is None else min(left, limit)
        strategy = run.truncation_strategy
        last = strategy.get("last_messages") if strategy.get("type") == "last_messages" else None
        messages = kept(
            head_of(run, self._offer.notice),
            history_of(look),
            rounds_of(look),
            last_messages=last,
            limit=limit,
        )
        if left is not None and _UNSURE * sum(map(estimate, messages)) > left:
            raise RunShortfall("max_prompt_tokens")
        return messages

    def _new_draft(self) -> Draft:
        return Draft(self._ledger, self._broadcast, self._parts.limits.journal)


def _shrinking(error: ApiError) -> float:
    """By what a prompt is to be made shorter after it did not fit."""
    tokens, window = error.extra.get("n_prompt_tokens"), error.extra.get("n_ctx")
    if isinstance(tokens, int) and isinstance(window, int) and tokens > 0:
        return min(_SHRINK, 0.8 * window / tokens)
    return _SHRINK


def _format_of(run: Run) -> Mapping[str, Any] | None:
    found = run.response_format
    return found if isinstance(found, dict) and found.get("type") != "text" else None
