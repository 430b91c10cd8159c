"""A model server that uses the tools it is offered, as a capable model would.

As a process of its own, which tells its base URL: `python -m tests.walkthroughs.tutor`. Answers
that were asked for slowly then stop in the middle until it is sent a line.
"""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from typing import Any

from tests.support.scripted_server import Received, ScriptedServer
from tests.support.wire import Answer, Reply, Stream, Wait, answer, calls, error, text_steps

SOLVED = "The solution is x = 1.0, Jane Doe."
CODE = "x = (14 - 11) / 3\nprint('x =', x)"
QUIZ: dict[str, Any] = {
    "title": "The cell",
    "questions": [
        {"question_text": "What does a ribosome do?", "question_type": "FREE_RESPONSE"},
        {
            "question_text": "Where is the DNA?",
            "question_type": "MULTIPLE_CHOICE",
            "choices": ["In the nucleus", "In the membrane"],
        },
    ],
}


def tutor(request: Received, gate: asyncio.Event | None = None) -> Answer:
    """The next move: a call where a tool fits and was not used yet, words otherwise.

    Args:
        request: what was asked.
        gate: what the second half of an answer waits for that is to come slowly.
    """
    body = request.json
    if not body.get("stream"):
        return error(400, "This server only streams.")
    said = [message for message in body["messages"] if message["role"] != "system"]
    offered = {tool["function"]["name"] for tool in body.get("tools") or ()}
    outputs = []
    while said and said[-1]["role"] == "tool":
        outputs.append(said.pop()["content"])
    question = next(m["content"] for m in reversed(said) if m["role"] == "user")
    if not isinstance(question, str):
        question = " ".join(part.get("text", "") for part in question)
    if "slowly" in question and gate is not None:
        return _slowly(gate)
    return _answer(question, offered, outputs)


def _answer(question: str, offered: set[str], outputs: list[str]) -> Answer:
    if outputs and "quiz" in question:
        return answer(f"You answered {outputs[0]}: well done.")
    if outputs and "x" in question and "solve" in question.lower():
        return answer(SOLVED if "1.0" in outputs[0] else f"The code printed {outputs[0]!r}.")
    if outputs:
        return answer("The mitochondrion does【1】.")
    if "quiz" in question and "display_quiz" in offered:
        return calls(("display_quiz", QUIZ))
    if "solve" in question.lower() and "code_interpreter" in offered:
        return calls(("code_interpreter", {"code": CODE}))
    if "file_search" in offered:
        return calls(("file_search", {"query": question}))
    return answer(f"You said: {question}")


def _slowly(gate: asyncio.Event) -> Answer:
    begin, *rest = answer("Word 1, word 2, word 3").steps
    words = len(rest) - 3  # the last steps are what ends an answer
    return Stream([begin, *rest[:words], Wait(gate), *text_steps(" END-OF-ANSWER"), *rest[words:]])


MODELS = Reply({"object": "list", "data": [{"id": "tutor", "object": "model"}]})


async def main() -> None:
    """Serve until killed; a line on standard input lets slow answers go on to their end."""
    gate = asyncio.Event()
    async with ScriptedServer(partial(tutor, gate=gate), models=MODELS) as server:
        print(json.dumps({"base_url": server.base_url}), flush=True)
        if await asyncio.to_thread(sys.stdin.readline):
            gate.set()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
