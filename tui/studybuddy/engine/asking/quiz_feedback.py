"""What a student's answers to a quiz are worth, as far as the notes tell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from studybuddy.engine.asking.notes import Sentence, stems
from studybuddy.engine.asking.quiz_making import source_of
from studybuddy.engine.asking.quiz_shape import Item

_KEYS = ("answer", "response", "given", "value", "text", "choice")
_LISTS = ("responses", "answers", "results", "questions")
_MATCHING = 0.3
"""Share of a sentence's words in an answer from which it says what the sentence does."""


def answers_in(output: str, count: int) -> list[str] | None:
    """The answers in a function's output, empty where a question was left open.

    Returns:
        `None` where it holds none: the quiz was declined, for one.
    """
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, Mapping):
        listed = next((value[key] for key in _LISTS if isinstance(value.get(key), list)), None)
        value = listed if listed is not None else list(value.values())
    if not isinstance(value, list) or not value:
        return None
    found = [_answer(each) for each in value[:count]]
    return found + [""] * (count - len(found))


def feedback(items: Sequence[Item], answers: Sequence[str], notes: Sequence[Sentence]) -> str:
    """Say of each question what is right; empty where the notes tell of none.

    Args:
        items: the questions.
        answers: the student's, one for each.
        notes: the sentences that the quiz was made from.
    """
    lines: list[str] = []
    right = judged = 0
    for number, (item, answer) in enumerate(zip(items, answers, strict=True), 1):
        sentence, solution = source_of(item, notes)
        if sentence is None:
            lines.append(
                f"{number}. You answered {_quoted(answer)}. The text does not settle this."
            )
        elif solution:
            judged += 1
            is_right = _same(answer, solution, item.choices)
            right += is_right
            lines.append(f"{number}. {_on_choice(answer, solution, sentence, is_right)}")
        else:
            lines.append(f"{number}. {_on_words(answer, sentence)}")
    if len(lines) == 0 or all(source_of(item, notes)[0] is None for item in items):
        return ""
    head = ""
    if judged:
        head = f"**{right} of {judged} right.**\n\n"
        if not any(sentence.mark for sentence in notes):
            head = f"**{right} of {judged} as in the text above**, which may itself be wrong.\n\n"
    return head + "\n".join(lines)


def _on_choice(answer: str, solution: str, sentence: Sentence, is_right: bool) -> str:
    if is_right:
        return f"Right: **{solution}**."
    said = f"You answered {_quoted(answer)}; it is" if answer else "You left this open; it is"
    return f"{said} **{solution}**. “{sentence.text}” {sentence.mark}".strip()


def _on_words(answer: str, sentence: Sentence) -> str:
    if not answer:
        return f"You left this open. It says: “{sentence.text}” {sentence.mark}".strip()
    wanted, given = set(stems(sentence.text)), set(stems(answer))
    share = len(wanted & given) / max(1, len(wanted))
    said = "That fits" if share >= _MATCHING else "Compare yours with this"
    return f"{said}: “{sentence.text}” {sentence.mark}".strip()


def _same(answer: str, solution: str, choices: Sequence[str]) -> bool:
    plain = _plain(answer)
    if plain == _plain(solution):
        return True
    # A letter or a number for the choice, where that is no choice itself.
    if choices and plain not in map(_plain, choices):
        labelled = re.fullmatch(r"([a-z])|(\d)", plain)
        if labelled:
            index = ord(labelled[1]) - ord("a") if labelled[1] else int(labelled[2]) - 1
            return 0 <= index < len(choices) and choices[index] == solution
        return bool(re.search(rf"\b{re.escape(_plain(solution))}\b", plain))
    return False


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w.,'-]+", text.casefold())).strip(" .,")


def _quoted(answer: str) -> str:
    return f"“{answer}”" if answer else "nothing"


def _answer(value: Any) -> str:
    if isinstance(value, Mapping):
        value = next((value[key] for key in _KEYS if value.get(key) is not None), "")
    return "" if value is None else str(value).strip()
