"""How often the sentences quoted for a small model hold the answer, on labelled questions."""

from __future__ import annotations

import re

import pytest

from studybuddy.engine.asking.port import Ask
from studybuddy.engine.search.citations import cite, passages_for_model
from studybuddy.engine.search.index import SearchIndex
from studybuddy.engine.tools.definitions import FILE_SEARCH, definition
from tests.engine.asking.test_policy import result, user
from tests.engine.asking.test_prompted import small
from tests.engine.asking.upstreams import ScriptedUpstream, text
from tests.engine.search.labelled import HELD_OUT, NOTES, STORE, TUNED, questions


def letters(text: str) -> str:
    """A text without numbers and marks, such as those of lists."""
    return " ".join(re.findall(r"[^\W\d_]+", text))


@pytest.mark.parametrize(
    ("name", "enough"),
    [
        (TUNED, 0.65),  # 77 of 111; 18 of 70 of these for the model with the passages
        (HELD_OUT, 0.8),  # 46 of 52
    ],
)
async def test_the_quotes_hold_the_answer_to_most_questions_and_are_cited(
    name: str, enough: float
) -> None:
    index = SearchIndex(None)
    try:
        for path in sorted(NOTES.iterdir()):
            await index.add(STORE, path.name, path, path.name)
        asked = questions(name)
        held = 0
        for question in asked:
            found = await index.search([STORE], question.text, limit=8)
            messages = [user(question.text), *result(FILE_SEARCH, passages_for_model(found))]
            ask = Ask(messages=messages, tools=[definition(FILE_SEARCH)])
            reply = await small(ScriptedUpstream(text("In other words.")), ask)
            held += question.phrase in reply.text
            if found:
                cited = cite(reply.text, found)
                assert cited.annotations
                for annotation in cited.annotations:
                    told = annotation["file_citation"]
                    quote, answer = letters(told["quote"]), letters(reply.text)
                    assert quote[:40] in answer or quote[-40:] in answer
    finally:
        await index.close()
    assert held / len(asked) >= enough, f"{held} of {len(asked)}"
