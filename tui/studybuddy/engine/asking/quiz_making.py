"""A quiz made from study notes without a model: gaps in their sentences.

The built-in model was tried first, with each fact and its answer put before it and its output
bound to a schema: of 20 questions one was sensible, most were not about the fact at all. A gap
with choices from the same notes always is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from studybuddy.engine.asking.facts import Fact, facts_in
from studybuddy.engine.asking.notes import Sentence
from studybuddy.engine.asking.quiz_shape import Item

_WORDS = re.compile(r"^In your own words: what do you know about “(.+)”\?$")
_GAP = re.compile(r"^What is missing\? “(.+)”$", re.DOTALL)


def quiz_items(
    sentences: Sequence[Sentence],
    count: int,
    *,
    about: Sequence[Sentence] = (),
    multiple: bool = True,
    free: bool = True,
) -> list[Item]:
    """Questions about what sentences say; fewer than asked where they do not give more.

    Args:
        sentences: of the notes, in their order.
        count: how many.
        about: those of the sentences that are to be asked about first.
        multiple: whether some are to be multiple choice.
        free: whether one, or all where `multiple` is not, are to be answered in own words.
    """
    open_ones = 1 if multiple else count
    facts = facts_in(sentences, count, about)
    items = [_choice(fact) for fact in facts[: count - (open_ones if free else 0)]]
    if not multiple:
        items = []
    if free:
        # No one can say much about a number.
        used = sorted(facts[len(items) :] or facts, key=lambda fact: fact.term[0].isdigit())
        items += [_in_own_words(fact) for fact in used[:open_ones]]
    return items[:count]


def source_of(item: Item, sentences: Sequence[Sentence]) -> tuple[Sentence | None, str]:
    """The sentence that a question was made from, and the right answer; empty where unknown."""
    if found := _GAP.match(item.text):
        before, _, after = found[1].partition("_____")
        for sentence in sentences:
            text = sentence.text
            if text.startswith(before) and text.endswith(after):
                return sentence, text[len(before) : len(text) - len(after)]
    if found := _WORDS.match(item.text):
        term = re.compile(rf"\b{re.escape(found[1])}\b", re.IGNORECASE)
        return next((s for s in sentences if term.search(s.text)), None), ""
    return None, ""


def _choice(fact: Fact) -> Item:
    choices = {fact.term, *fact.others[:3]}
    return Item(f"What is missing? “{fact.gap}”", tuple(sorted(choices, key=_order)))


def _in_own_words(fact: Fact) -> Item:
    return Item(f"In your own words: what do you know about “{fact.term}”?")


def _order(choice: str) -> tuple[float, str]:
    """By number or alphabet: the place tells nothing about which is right."""
    digits = choice.replace(",", "")
    number = float(digits) if re.fullmatch(r"\d+(?:\.\d+)?", digits) else 0.0
    return number, choice.lower()
