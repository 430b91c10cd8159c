"""A long Markdown text for streaming, with every kind of block an answer has."""

from __future__ import annotations

from itertools import count

_SECTION = """\
## Part {n}: how a cell makes energy

A cell takes in **glucose** and, step by step, turns it into *ATP*, the coin that every
other process is paid with. The whole of it is called `respiration`, and it has three stages
that follow one another in different places of the cell.

1. **Glycolysis** happens in the cytoplasm and needs no oxygen.
   - One glucose becomes two pyruvate.
   - The gain is 2 ATP and 2 NADH.
2. **The citric acid cycle** happens in the mitochondrion.
   - Each pyruvate gives up its carbon as CO₂.
3. **The electron transport chain** makes most of the ATP, about {atp} a molecule of glucose.

| Stage | Place | ATP |
| :--- | :--- | ---: |
| Glycolysis | cytoplasm | 2 |
| Citric acid cycle | matrix | 2 |
| Electron transport | inner membrane | {atp} |

> A muscle that runs short of oxygen stops after the first stage, and the pyruvate becomes
> lactate instead: that is why a sprint cannot last.

```python
def atp(glucose: int, oxygen: bool = True) -> int:
    \"\"\"How many ATP come out of so many molecules of glucose.\"\"\"
    per_molecule = 2 + (2 + {atp} if oxygen else 0)
    return glucose * per_molecule


print(atp({n}), atp({n}, oxygen=False))
```

See [the chapter on membranes](https://example.org/biology/membranes#part-{n}) for the details,
and try to answer: *why does the last stage need a membrane at all?*

"""


def markdown(length: int) -> str:
    """At least `length` characters of it; the same text every time."""
    parts: list[str] = []
    size = 0
    for n in count(1):
        part = _SECTION.format(n=n, atp=26 + n % 3)
        parts.append(part)
        size += len(part)
        if size >= length:
            return "".join(parts)
    raise AssertionError("count() does not end")
