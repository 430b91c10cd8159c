"""Texts and palettes for the transcript's tests."""

from __future__ import annotations

from hypothesis import strategies as st
from rich.style import Style

from studybuddy.domain.messages import Message, MessageState, Role
from studybuddy.ui.transcript.lines import Line
from studybuddy.ui.transcript.palette import PARTS, Palette, component, make_palette

RICH = """A **binary search** looks for a value in a *sorted* list, see \
[Wikipedia](https://en.wikipedia.org/wiki/Binary_search) or https://visualgo.net/bst.

## How it works

1. Look at the `middle`.
2. Otherwise:
   - smaller: right half;
   - larger: left half.
3. Repeat.

```python
def search(items: list[int], value: int) -> int | None:
    return None
```

| Method | Steps |
|:--|--:|
| linear | 500,000 |
| binary | 20 |

> Sorting first costs **more**
> than one search.

- [x] understand
- [ ] write

***

学生の皆さん、頑張って! 👩‍💻 Good luck.
"""

_PIECES = [
    "para", "word ", "- item", "* star", "1. one", "2) two", "3. three", "```", "```py", "~~~",
    "    code", "\t", "  ", "   ", "\n", "\n", "\n", "\n\n", "# h", "## ", "===", "---", "***",
    "> q", ">", "|a|b|", "|-|-|", "|--|:-:|", "a | b", "-|-", "|x", "[ ] t", "- [x] d", "<b>",
    "&amp;", "&#27;", "**b**", "`c`", "[l](http://x)", "![i](http://y)", "\r\n", "\r", "\\", "+",
    "10. ten", "-", "- - n", "> - q", "é", "👩", "\u200d", "\ufe0f", "学生", "\ud83d", "\ude00",
    "\xa0", "||", "\x0b", "\x1b[31m", "_", "~~", "<br>", "https://a.b/c_d)", "x" * 30,
]  # fmt: skip

_FORMULAS = [
    "$x$", "$", "$$", "$$\n", "\n$$\n", "$5", "10$", "\\(", "\\)", "\\[", "\\]", "\n\\[\n",
    "\n\\]\n", "x^2",
    "\\frac12", "\\begin{align}", "\\end{align}", "a &= b \\\\", "\\sum_{i=1}^n i", "- $$\n",
    "> $$\n", "  $$\n", "```math\n", "$y_1$.", "\\unknown{", "}", "{", "\\$", "$$x^2$$", "\\b",
    "\n```\n", "|", "a b", "$|x|$", "\\begin{cases}", "&", "\n",
]  # fmt: skip

markdown_texts = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=30).map("".join),
    st.lists(st.sampled_from(_PIECES[:40] + _FORMULAS * 2), max_size=30).map("".join),
)
"""Texts made of what Markdown and formulas are made of, and of what terminals trip over."""

chunk_sizes = st.lists(st.integers(1, 12), min_size=1, max_size=8)


def chunks(text: str, sizes: list[int]) -> list[str]:
    """Cut `text` into pieces of these sizes, over and over."""
    pieces: list[str] = []
    while text:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def plain_palette() -> Palette:
    """Return a palette without colours."""
    return make_palette(lambda _: Style())


def telling_palette() -> Palette:
    """Return a palette in which each part has a colour of its own: its number."""
    numbers = {component(part): number for number, part in enumerate(PARTS, 20)}
    return make_palette(lambda name: Style(color=f"color({numbers[name]})"))


def texts(lines: list[Line]) -> list[str]:
    """Return what the lines show."""
    return [line.text for line in lines]


def question(text: str = "Why?", key: str = "q") -> Message:
    return Message(key, Role.USER, text, 0.0)


def answer(
    text: str,
    key: str = "a",
    state: MessageState = MessageState.COMPLETE,
    *,
    model: str = "",
    error: str = "",
) -> Message:
    return Message(key, Role.ASSISTANT, text, 0.0, state=state, model=model, error=error)
