"""Equations in one unknown, of the first or second degree, as Python that solves them exactly."""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from math import lcm

_EQUATION = re.compile(r"[\w\s.,+\-*/^²()−·×]+=[\w\s.,+\-*/^²()−·×]+")
_LEAD = re.compile(
    r"^.*\b(?:solve|equation|for [a-z] in|find [a-z](?: in| if| when| where)?|if|when|where|that|"
    r"is|in|of|what|me|this|with)\b\s*(?:for [a-z]\b)?[\s:,]*",
    re.IGNORECASE | re.DOTALL,
)
_TAIL = re.compile(
    r"[,.;?!]?\s*(?:\b(?:for|what|can|could|please|and|then|find|how|step|where|is|"
    r"using|with|i|help)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
_LARGEST = 10**12

Polynomial = tuple[Fraction, Fraction, Fraction]
"""Coefficients of 1, x and x²."""


def equation_in(question: str) -> str | None:
    """Python code that solves the equation in a question, step by step; `None` for none."""
    for found in _EQUATION.finditer(question):
        left, _, right = found[0].partition("=")
        left = _LEAD.sub("", left).strip(" ,.:")
        right = _TAIL.sub("", right).strip(" ,.:?!")
        if (solved := _solving(left, right)) is not None:
            return solved
    return None


def _solving(left: str, right: str) -> str | None:
    unknowns = set(re.findall(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", left + " " + right))
    if len(unknowns) != 1 or re.search(r"[A-Za-z]{2}", left + " " + right):
        return None
    unknown = unknowns.pop()
    if unknown in (left, right):  # "y = 3" tells a value, and asks for none
        return None
    one, other = _polynomial(left, unknown), _polynomial(right, unknown)
    if one is None or other is None:
        return None
    constant, linear, square = (a - b for a, b in zip(one, other, strict=True))
    if square == 0 and linear == 0:
        return None
    scale = lcm(constant.denominator, linear.denominator, square.denominator)
    whole = [int(value * scale) for value in (square, linear, constant)]
    if (whole[0] or whole[1]) < 0:
        whole = [-value for value in whole]
    if max(map(abs, whole)) > _LARGEST:
        return None
    head = f"# {left} = {right}, with everything on one side"
    if whole[0] == 0:
        return _LINEAR.format(head=head, x=unknown, a=whole[1], b=whole[2])
    return _QUADRATIC.format(head=head, x=unknown, a=whole[0], b=whole[1], c=whole[2])


_LINEAR = """\
import math
{head}: a{x} + b = 0
a, b = {a}, {b}
print(f"{{a}}{x} = {{-b}}")
p, q = -b, a
g = math.gcd(p, q)
p, q = p // g, q // g
if q < 0:
    p, q = -p, -q
print("{x} =", p if q == 1 else f"{{p}}/{{q}} ≈ {{p / q:.6g}}")"""

_QUADRATIC = """\
import math
{head}: a{x}² + b{x} + c = 0
a, b, c = {a}, {b}, {c}
d = b * b - 4 * a * c
print("Discriminant b² - 4ac =", d)
root = math.isqrt(abs(d))
def exact(p, q):
    g = math.gcd(p, q)
    p, q = p // g, q // g
    if q < 0:
        p, q = -p, -q
    return str(p) if q == 1 else f"{{p}}/{{q}}"
if d < 0:
    print("There is no real solution.")
elif root * root == d:
    print("{x} =", " or {x} = ".join(sorted({{exact(-b + root, 2 * a), exact(-b - root, 2 * a)}})))
else:
    values = sorted([(-b + math.sqrt(d)) / (2 * a), (-b - math.sqrt(d)) / (2 * a)])
    print(f"{x} = ({{-b}} ± √{{d}}) / {{2 * a}}")
    print("{x} ≈", " or {x} ≈ ".join(f"{{value:.6g}}" for value in values))"""


def _polynomial(text: str, unknown: str) -> Polynomial | None:
    """A side of an equation; `None` where it is no polynomial of degree two or less."""
    text = text.replace("−", "-").replace("·", "*").replace("×", "*").replace("²", "**2")
    text = text.replace("^", "**").replace(unknown, "x")
    text = re.sub(r"(?<=[\dx)])\s*(?=[x(])", "*", text)
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return _value(tree.body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr) -> Polynomial:
    """Work a side out; ValueError where that can't be done."""
    zero = Fraction(0)
    match node:
        case ast.Constant(value=int() | float() as number):
            return Fraction(str(number)), zero, zero
        case ast.Name(id="x"):
            return zero, Fraction(1), zero
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            c, b, a = _value(inner)
            return -c, -b, -a
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=2)):
            return _product(_value(left), _value(left))
        case ast.BinOp(left=left, op=op, right=right):
            one, other = _value(left), _value(right)
            match op:
                case ast.Add():
                    return one[0] + other[0], one[1] + other[1], one[2] + other[2]
                case ast.Sub():
                    return one[0] - other[0], one[1] - other[1], one[2] - other[2]
                case ast.Mult():
                    return _product(one, other)
                case ast.Div() if other[1] == other[2] == 0:
                    return one[0] / other[0], one[1] / other[0], one[2] / other[0]
    raise ValueError("no polynomial of the second degree")


def _product(one: Polynomial, other: Polynomial) -> Polynomial:
    if one[1] * other[2] or one[2] * other[1] or one[2] * other[2]:
        raise ValueError("of a higher degree")
    return (
        one[0] * other[0],
        one[0] * other[1] + one[1] * other[0],
        one[0] * other[2] + one[1] * other[1] + one[2] * other[0],
    )
