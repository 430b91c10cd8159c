"""The streamed answer: varied Markdown, the same every time, in pieces as a model sends them."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_WORD = "Overture"
LAST_WORD = "Zenithmark"
_PIECE = 27  # characters in a piece, on average
_WORDS = """
the a memory student lesson because carefully question answer light water energy cell number
proof between always example river method history simple language understand remember compare
equation plant machine network table reason practice often small step
""".split()  # noqa: SIM905


class _Writer:
    """Writes blocks of Markdown from a seeded source of chance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def _words(self, fewest: int, most: int) -> str:
        words = self._random.choices(_WORDS, k=self._random.randint(fewest, most))
        return " ".join(words)

    def _sentence(self) -> str:
        start, middle, end = self._words(2, 8), self._words(1, 3), self._words(2, 6)
        styled = self._random.choice(("**{}**", "*{}*", "`{}`", "[{}](https://example.org/)", "{}"))
        return f"{start.capitalize()} {styled.format(middle)} {end}."

    def heading(self) -> str:
        return f"{'#' * self._random.randint(2, 4)} {self._words(2, 5).capitalize()}"

    def paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self._random.randint(2, 6)))

    def bullets(self) -> str:
        lines = []
        for number in range(1, self._random.randint(3, 5)):
            lines.append(f"{number}. {self._sentence()}")
            lines += [f"   - {self._words(3, 9)}" for _ in range(self._random.randint(0, 3))]
        return "\n".join(lines)

    def quote(self) -> str:
        return f"> {self._sentence()}\n> {self._sentence()}"

    def table(self) -> str:
        rows = ["| Term | Meaning | Count |", "| --- | --- | ---: |"]
        rows += [
            f"| {self._words(1, 2)} | {self._words(3, 6)} | {self._random.randint(1, 999)} |"
            for _ in range(self._random.randint(3, 6))
        ]
        return "\n".join(rows)

    def code(self) -> str:
        lines = ["```python"]
        for _ in range(self._random.randint(2, 4)):
            name, other = self._random.sample(_WORDS, 2)
            lines += [
                f"def {name}({other}: int = {self._random.randint(0, 9)}) -> str:",
                f"    # {self._words(3, 7)}",
                f'    return f"{name} {{{other}}} {self._words(2, 4)}"',
                "",
            ]
        return "\n".join([*lines, "```"])

    def block(self) -> str:
        kinds: list[Callable[[], str]] = [self.heading, self.paragraph, self.paragraph]
        kinds += [self.bullets, self.quote, self.table, self.code]
        return self._random.choice(kinds)()

    def cut(self, text: str, pieces: int) -> list[str]:
        places = sorted(self._random.sample(range(len(FIRST_WORD), len(text)), pieces - 1))
        return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def markdown(characters: int, seed: int) -> str:
    """Write at least that many characters, in whole blocks."""
    writer = _Writer(seed)
    blocks = []
    while characters > 0:
        blocks.append(writer.block())
        characters -= len(blocks[-1])
    return "\n\n".join(blocks)


def answer_pieces(count: int, seed: int = 1) -> list[str]:
    """Return an answer in `count` pieces; its first and last words occur nowhere else in it."""
    text = f"{FIRST_WORD}. {markdown(count * _PIECE, seed)}\n\nAnd that is the end: "
    return [*_Writer(seed).cut(text, count - 1), f"{LAST_WORD}."]
