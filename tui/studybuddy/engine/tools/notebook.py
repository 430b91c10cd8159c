"""Code as notebooks take it: fences stripped, and the value of a last expression printed."""

from __future__ import annotations

import ast
import re

_FENCED = re.compile(r"\s*```[ \t]*[\w+-]*[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)
_SHOW = "\nif _ is not None: print(repr(_))"


def prepared(code: str) -> str:
    """The code to run: it prints the value of a last bare expression, which is also kept as `_`.

    The value is made text inside the sandbox, so that no large or odd object leaves it. Line
    numbers stay. Code that Python can't parse is left to the interpreter to refuse.
    """
    code = _unfenced(code).encode("utf-8", "replace").decode()
    last = _last_expression(code)
    if last is None:
        return code
    start, end = _range(code, last)
    raw = code.encode()
    return (raw[:start] + b"_ = (" + raw[start:end] + b")" + raw[end:]).decode() + _SHOW


def _unfenced(code: str) -> str:
    found = _FENCED.match(code)
    return found.group(1) if found else code


def _last_expression(code: str) -> ast.Expr | None:
    try:
        tree = compile(code, "<code>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(tree, ast.Module) or not tree.body:
        return None
    last = tree.body[-1]
    return last if isinstance(last, ast.Expr) else None


def _range(code: str, node: ast.Expr) -> tuple[int, int]:
    """Where a statement starts and ends, in bytes of UTF-8; Python counts columns so."""
    starts = [0]
    for line in code.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (
        starts[node.lineno - 1] + node.col_offset,
        starts[node.end_lineno - 1] + node.end_col_offset,
    )
