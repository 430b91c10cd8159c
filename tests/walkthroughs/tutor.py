"""A model server that uses the tools it is offered, as a capable model would.

As a process of its own, which tells its base URL: `python -m tests.walkthroughs.tutor`.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from tests.support.scripted_server import Received, ScriptedServer
from tests.support.wire import Answer, Reply, answer, calls, error

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


def tutor(request: Received) -> Answer:
    """The next move: a call where a tool fits and was not used yet, words otherwise."""
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
    if "file_search" in offered and "slowly" not in question:
        return calls(("file_search", {"query": question}))
    if "slowly" in question:
        return replace(answer(f"{SLOWLY} END-OF-ANSWER"), rate=40)
    return answer(f"You said: {question}")


SLOWLY = " ".join(f"Word {number} of the answer." for number in range(40))
MODELS = Reply({"object": "list", "data": [{"id": "tutor", "object": "model"}]})


async def main() -> None:
    """Serve until killed."""
    async with ScriptedServer(tutor, models=MODELS) as server:
        print(json.dumps({"base_url": server.base_url}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
