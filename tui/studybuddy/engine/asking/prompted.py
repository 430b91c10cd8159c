"""Asks models that can't call tools: what to do is decided for them, and put into plain prompts."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking import policy, prompts
from studybuddy.engine.asking.efforts import Efforts
from studybuddy.engine.asking.filling import Filling
from studybuddy.engine.asking.gathering import Gathering
from studybuddy.engine.asking.notes import (
    all_sentences,
    best_sentences,
    passages_in,
    worth_quoting,
)
from studybuddy.engine.asking.offered import Function, Offered
from studybuddy.engine.asking.port import Ask, Call, Reply
from studybuddy.engine.asking.quizzing import needs_lesson, quiz_arguments, quiz_feedback
from studybuddy.engine.asking.requests import plain_body
from studybuddy.engine.asking.turn import turn_of
from studybuddy.engine.asking.wants import wants_own_words
from studybuddy.engine.names import ModelNames
from studybuddy.engine.objects import new_object_id
from studybuddy.engine.tools.definitions import CODE_INTERPRETER, FILE_SEARCH
from studybuddy.engine.tools.sandbox import tells_failure
from studybuddy.engine.upstream.port import Upstream

_SUMMARY = 160
"""Tokens of a small model's own words beside what the notes say."""
_PASSAGES = 3
"""In which the answer is looked for."""
_SENTENCES = 3
"""That are quoted at most."""
_LESSON = 320
"""Tokens of a text for a quiz to be made from."""
_OWN_KNOWLEDGE = "This is what the model itself knows, which may be wrong:\n\n"

Texts = AsyncGenerator[str, None]


class PromptedAsker:
    """`Asker` for models that can't call tools.

    A small model, such as the built-in one, is helped further: what the notes or the code say
    is told without it, word for word, and quizzes are made from the notes themselves.
    """

    def __init__(self, upstream: Upstream, names: ModelNames, *, small: bool = True) -> None:
        """Take the upstream; `small` for models of a few hundred million parameters."""
        self._upstream = upstream
        self._efforts = Efforts(upstream)
        self._names = names
        self._small = small

    async def ask(self, ask: Ask) -> AsyncGenerator[str | Reply, None]:
        """Text deltas as they come, then one `Reply`."""
        names = await self._names.resolve(ask.model)
        request = _Request(self._upstream, self._efforts, ask, names.sent, small=self._small)
        told: list[str] = []
        async with aclosing(request.texts()) as texts:
            async for text in texts:
                told.append(text)
                yield text
        yield request.reply("".join(told), names.echo)


class _Request:
    """One `Ask` on its way: the texts to show, and what becomes of it besides."""

    def __init__(
        self, upstream: Upstream, efforts: Efforts, ask: Ask, model: str, *, small: bool
    ) -> None:
        self._efforts = efforts
        self._ask = ask
        self._model = model
        # What is told without the model is no JSON.
        self._small = small and (ask.response_format or {}).get("type", "text") == "text"
        self._turn = turn_of(ask.messages)
        self._filling = Filling(upstream, model, ask.max_completion_tokens)
        self._usage = Usage()
        self._finish = ""
        self._calls: tuple[Call, ...] = ()
        self._served = ""

    def texts(self) -> Texts:
        """What the next move comes to."""
        match policy.next_move(self._ask, self._turn):
            case policy.Search(query):
                return self._call(FILE_SEARCH, {"query": query})
            case policy.RunCode(code) if code:
                return self._call(CODE_INTERPRETER, {"code": code})
            case policy.RunCode():
                return self._write_code()
            case policy.Fill(function):
                return self._fill(function)
            case policy.AnswerFromNotes() if self._small:
                return self._from_notes()
            case policy.AnswerFromCode() if self._small:
                return self._from_code()
            case policy.Feedback() if self._small:
                return self._feedback()
            case _:
                return self._say(prompts.flattened(self._turn))

    def reply(self, text: str, echo: str | None) -> Reply:
        """The last word on it."""
        usage = self._usage + self._filling.usage
        finish = "tool_calls" if self._calls else self._finish or "stop"
        return Reply(text, self._calls, finish, usage, echo or self._served or self._model)

    async def _call(self, name: str, arguments: Mapping[str, Any]) -> Texts:
        self._made(name, arguments)
        return
        yield

    async def _write_code(self) -> Texts:
        """Have the model write code; where that is no Python, have it answer without."""
        if code := await self._filling.code(self._turn):
            self._made(CODE_INTERPRETER, {"code": code})
            return
        async with aclosing(self._say(prompts.flattened(self._turn))) as texts:
            async for text in texts:
                yield text

    async def _fill(self, function: Function) -> Texts:
        """Call a function of the client's; where nothing follows its schema, answer in words."""
        arguments = quiz_arguments(function, self._turn) if self._small else None
        if self._small and (topic := needs_lesson(function, self._turn)):
            # There is nothing to make a quiz from: the model writes something, for all to see.
            told: list[str] = []
            yield f"There are no notes on {topic}. {_OWN_KNOWLEDGE}"
            async with aclosing(self._say(prompts.lesson(topic), _LESSON)) as texts:
                async for text in texts:
                    told.append(text)
                    yield text
            arguments = quiz_arguments(function, replace(self._turn, said=("".join(told),)))
        if arguments is None:
            arguments = await self._filling.arguments(self._turn, function)
        if arguments is not None:
            self._made(function.name, arguments)
            return
        async with aclosing(self._say(prompts.flattened(self._turn))) as texts:
            async for text in texts:
                yield text

    async def _from_notes(self) -> Texts:
        """Quote what the notes say, and have the model put it in words where that is asked.

        Measured with the built-in model on 35 questions about study notes: the sentences quoted
        held the answer to 27, the model's own to 5 of 24. Where a fact is asked for it could
        only spoil it.
        """
        question = self._turn.question
        own_words = wants_own_words(question)
        passages = passages_in(self._turn.outputs(FILE_SEARCH))[:_PASSAGES]
        best = best_sentences(question, passages, _SENTENCES)
        said = "Your notes say:"
        if not best:  # the search knows more words than those of the question
            best, said = all_sentences(passages[:1])[:2], "The closest in your notes is:"
        if not best:
            yield f"Your files do not seem to say anything about that. {_OWN_KNOWLEDGE}"
            messages = prompts.flattened(replace(self._turn, results=()))
            async with aclosing(self._say(messages)) as texts:
                async for text in texts:
                    yield text
            return
        best = worth_quoting(question, best, widely=own_words)
        lines = "\n>\n".join(f"> {s.text} {s.mark}" for s in best)
        yield f"{said}\n\n{lines}"
        if not own_words:
            return
        yield "\n\nIn the model's own words, which may be wrong: "
        async with aclosing(self._say(prompts.from_notes(question, best), _SUMMARY)) as texts:
            async for text in texts:
                yield text

    async def _from_code(self) -> Texts:
        """Tell what the code printed, as it did: a small model would get it wrong."""
        output = self._turn.outputs(CODE_INTERPRETER)[-1].strip("\n")
        failed = tells_failure(output)
        yield "The code stopped with an error:" if failed else "The code gives:"
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", output)), default=0))
        yield f"\n\n{fence}\n{output}\n{fence}"

    async def _feedback(self) -> Texts:
        """Judge a quiz by the notes, else let the model say something about what came back."""
        if judged := quiz_feedback(Offered(self._ask.tools), self._turn):
            yield judged
            return
        async with aclosing(self._say(prompts.from_output(self._turn), _LESSON)) as texts:
            async for text in texts:
                yield text

    async def _say(
        self, messages: Sequence[Mapping[str, Any]], most_tokens: int | None = None
    ) -> Texts:
        """Have the model write, with at most so many tokens."""
        wanted = self._ask.max_completion_tokens
        limits = [limit for limit in (wanted, most_tokens) if limit is not None]
        limited = replace(
            self._ask, messages=messages, max_completion_tokens=min(limits) if limits else None
        )
        gathering = Gathering()
        stream = self._efforts.stream_text(plain_body(limited, self._model), gathering)
        async with aclosing(stream) as texts:
            async for text in texts:
                yield text
        self._usage += gathering.usage
        self._served = gathering.model
        finish = gathering.finish_reason
        # Our own limit is no shortfall that the student asked for.
        cut_by_us = finish == "length" and most_tokens is not None and most_tokens != wanted
        self._finish = "stop" if cut_by_us else finish

    def _made(self, name: str, arguments: Mapping[str, Any]) -> None:
        text = json.dumps(dict(arguments), ensure_ascii=False)
        self._calls = (Call(new_object_id("call"), name, text),)
