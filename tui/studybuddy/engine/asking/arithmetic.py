"""Sums in a question, as Python: "What is 15% of 240?" becomes `15 / 100 * 240`."""

from __future__ import annotations

import ast
import re

_LEAD = re.compile(
    r"^(?:[\s:,]*(?:please|can you|could you|tell me|hey|hi|so|and|now|then)\b)*[\s:,]*"
    r"(?:what(?:'s| is| are|s)|how much is|how much are|calculate|compute|evaluate|work out|"
    r"find|give me|add up|simplify|the (?:value|result) of|the|value of|result of|equals?)?\b",
    re.IGNORECASE,
)
_WORDS = (
    (r"(?<=\d),(?=\d{3}\b)", ""),
    (r"(\d+(?:\.\d+)?)\s*(?:%|percent|per cent)\s+of\b", r"\1 / 100 *"),
    (r"(\d+(?:\.\d+)?)\s*(?:%|percent|per cent)(?!\s*[\d(])", r"(\1 / 100)"),
    (r"\b(?:the )?(?:square root|sqrt)\s*(?:of)?\s*\(?\s*(\d+(?:\.\d+)?)\s*\)?", r"math.sqrt(\1)"),
    (r"√\s*\(?\s*(\d+(?:\.\d+)?)\s*\)?", r"math.sqrt(\1)"),
    (r"\b(?:the )?cube root of\s*(\d+(?:\.\d+)?)", r"(\1 ** (1 / 3))"),
    (r"\b(?:the )?factorial of\s*(\d+)", r"math.factorial(\1)"),
    (r"\b(\d+)\s*factorial\b", r"math.factorial(\1)"),
    (r"\b(\d+)\s*!(?!=)", r"math.factorial(\1)"),
    (r"\b(\d+)\s+choose\s+(\d+)\b", r"math.comb(\1, \2)"),
    (r"\b(?:the )?(?:gcd|greatest common divisor) of (\d+) and (\d+)", r"math.gcd(\1, \2)"),
    (r"\b(?:the )?(?:lcm|least common multiple) of (\d+) and (\d+)", r"math.lcm(\1, \2)"),
    (r"\b(\d+(?:\.\d+)?)\s+squared\b|\b(\d+(?:\.\d+)?)\s*²", r"(\1\2 ** 2)"),
    (r"\b(\d+(?:\.\d+)?)\s+cubed\b|\b(\d+(?:\.\d+)?)\s*³", r"(\1\2 ** 3)"),
    (r"\b(?:raised )?to the (?:power of|power)\b", "**"),
    (r"\bdivided by\b|\bover\b|÷", "/"),
    (r"\bmultiplied by\b|\btimes\b|×|·|⋅|(?<=\d)\s*x\s*(?=\d)", "*"),
    (r"\bplus\b|\badded to\b", "+"),
    (r"\bminus\b|−|–", "-"),
    (r"\bmod(?:ulo)?\b", "%"),
    (r"\^", "**"),
    (r"\bpi\b|π", "math.pi"),
    (r"(?<![\w.])(sqrt|sin|cos|tan|exp|log10|log2|log|factorial)\s*(?=\()", r"math.\1"),
    (r"(?<![\w.])ln\s*(?=\()", "math.log"),
)
_LIST = re.compile(
    r"\b(mean|average|median|sum|product|max(?:imum)?|min(?:imum)?|largest|smallest)\s+"
    r"(?:value\s+)?(?:of|among)\s+(?:the\s+)?(?:numbers?\s+|values?\s+)?"
    r"(?P<list>-?\d[\d.]*(?:(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+)-?\d[\d.]*)+)",
    re.IGNORECASE,
)
_PRIME = re.compile(r"\bis (\d{1,12}) (?:a )?prime\b", re.IGNORECASE)
_OVER_LISTS = {
    "mean": "sum(values) / len(values)",
    "average": "sum(values) / len(values)",
    "median": "(sorted(values)[(len(values) - 1) // 2] + sorted(values)[len(values) // 2]) / 2",
    "sum": "sum(values)",
    "product": "math.prod(values)",
    "max": "max(values)",
    "maximum": "max(values)",
    "largest": "max(values)",
    "min": "min(values)",
    "minimum": "min(values)",
    "smallest": "min(values)",
}
_FUNCTIONS = frozenset(
    ("sqrt", "sin", "cos", "tan", "exp", "log", "log2", "log10", "factorial", "comb", "gcd", "lcm")
) | {"pi"}
_LONGEST = 200  # characters of an expression


def sum_in(question: str) -> str | None:
    """Python code for the sum that a question asks; `None` where it asks for none.

    Ranges of years, dates and the like in a question about something else are no sums.
    """
    if found := _PRIME.search(question):
        number = found[1]
        return (
            f"n = {int(number)}\n"
            "divisors = [d for d in range(2, int(n ** 0.5) + 1) if n % d == 0]\n"
            'print(n, "is a prime number." if n > 1 and not divisors else "is not a prime number.")'
        )
    if found := _LIST.search(question):
        values = ", ".join(re.findall(r"-?\d+(?:\.\d+)?", found["list"]))
        return f"import math\nvalues = [{values}]\n{_OVER_LISTS[found[1].lower()]}"
    expression = _expression(question)
    if expression is None:
        return None
    return f"import math\n{expression}" if "math." in expression else expression


def _expression(question: str) -> str | None:
    text = question.strip().rstrip("?. ").removesuffix("=").rstrip()
    text = re.sub(r"\s*=\s*\?*$", "", text)
    text = _LEAD.sub("", text, count=1).strip(" :,")
    for pattern, instead in _WORDS:
        text = re.sub(pattern, instead, text, flags=re.IGNORECASE)
    text = text.strip()
    if not text or len(text) > _LONGEST or not re.search(r"\d", text):
        return None
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return ast.unparse(tree) if _is_sum(tree.body) and not _is_range(text) else None


def _is_range(text: str) -> bool:
    """Whether it is years, a date or a telephone number rather than a difference."""
    return bool(re.fullmatch(r"\d{4}-\d{2,4}|\d{1,4}[-/]\d{1,2}[-/]\d{1,4}|[\d-]{8,}", text))


def _is_sum(node: ast.expr) -> bool:
    return not isinstance(node, ast.Constant | ast.Attribute) and all(
        map(_is_allowed, ast.walk(node))
    )


def _is_allowed(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ast.Attribute(value=ast.Name(id="math"), attr=name):
            return name in _FUNCTIONS
        case ast.Name(id=name):
            return name == "math"
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=power)):
            return isinstance(power, int | float) and abs(power) <= 10_000
        case ast.BinOp(op=ast.Pow()):
            return False
        case ast.BinOp() | ast.UnaryOp() | ast.Call() | ast.operator() | ast.Load():
            return True
        case ast.USub() | ast.UAdd():
            return True
    return False
