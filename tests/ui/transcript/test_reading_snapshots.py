"""How formulas and tables look on a whole screen.

Update with `pytest tests/ui/transcript/test_reading_snapshots.py --snapshot-update`, and look at
the difference.
"""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.ui.transcript.host import Host
from tests.ui.transcript.samples import answer, question

MATHS = r"""The roots of \(ax^2 + bx + c = 0\) with $a \neq 0$ are
$$
x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}
$$
It costs $5 and $10 to print.

\[ \lim_{n \to \infty} \left(1 + \frac{1}{n}\right)^n = e \]

1. The **matrix** $A$ is
   $$A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}, \quad \det A = -2$$
2. Then $|x| = \begin{cases} x & x \ge 0 \\ -x & x < 0 \end{cases}$.

\begin{align*}
\int_0^\infty e^{-x^2}\,dx &= \frac{\sqrt{\pi}}{2} \\
&\approx 0.886
\end{align*}

> Water: $\ce{2H2 + O2 -> 2H2O}$, and $\vec{F} = m\vec{a}$.

$$\unknown{x}$$
"""
TABLE = r"""| Algorithm | Best case | Average | Worst | How it works |
|:--|:-:|--:|--:|---|
| Bubble sort | $O(n)$ | $O(n^2)$ | $O(n^2)$ | Compares neighbours and swaps them |
| Merge sort | $O(n \log n)$ | $O(n \log n)$ | $O(n \log n)$ | Merges sorted halves; **stable** |
"""
SIZES = [(80, 40), (140, 40), (42, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_formulas(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    app = Host([question("Roots?"), answer(MATHS)])
    async with app.run_test(size=size):
        assert "\n".join(app.lines()) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_a_table(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    app = Host([question("Sorting?"), answer(TABLE)])
    async with app.run_test(size=size):
        assert "\n".join(app.lines()) == snapshot
