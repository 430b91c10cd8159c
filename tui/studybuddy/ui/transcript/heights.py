"""Prefix sums over the heights of many items (a Fenwick tree)."""

from __future__ import annotations

from collections.abc import Iterable


class Heights:
    """Heights in lines, each at least 0, with their sums at hand.

    Reading a sum, changing a height, adding one at the end and finding the item at a line take
    time logarithmic in the number of items.
    """

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._tree = self._build()
        self.total = sum(self._heights)
        """The sum of all heights."""

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def _build(self) -> list[int]:
        tree = [0, *self._heights]
        for node in range(1, len(tree)):
            parent = node + (node & -node)
            if parent < len(tree):
                tree[parent] += tree[node]
        return tree

    def set(self, index: int, height: int) -> None:
        """Change one height."""
        change = height - self._heights[index]
        if not change:
            return
        self._heights[index] = height
        self.total += change
        node = index + 1
        while node < len(self._tree):
            self._tree[node] += change
            node += node & -node

    def append(self, height: int) -> None:
        """Add an item at the end."""
        self._heights.append(height)
        node = len(self._tree)
        size = node & -node
        self._tree.append(height + self.before(node - 1) - self.before(node - size))
        self.total += height

    def remove(self, index: int) -> None:
        """Take an item out; the only operation that is linear in the number of items."""
        self.total -= self._heights.pop(index)
        self._tree = self._build()

    def before(self, index: int) -> int:
        """Return the sum of the heights of the items before `index` (which may be the length)."""
        total = 0
        node = index
        while node:
            total += self._tree[node]
            node &= node - 1
        return total

    def find(self, line: int) -> tuple[int, int]:
        """Return the item in which `line` (counted from 0) lies, and the line inside it.

        Lines outside all items give the nearest line of the first or last item that has lines.
        Raises IndexError where there is none.
        """
        if not self.total:
            raise IndexError("there are no lines")
        rest = min(max(line, 0), self.total - 1)
        node = 0
        step = 1 << (len(self._heights).bit_length())
        while step:
            child = node + step
            if child < len(self._tree) and self._tree[child] <= rest:
                node = child
                rest -= self._tree[child]
            step >>= 1
        return node, rest
