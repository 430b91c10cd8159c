"""What to do about code that the interpreter can't run, in a sentence for model and student."""

from __future__ import annotations

import re

MODULES = (
    "math, random, re, json, datetime, time, decimal, collections, itertools, functools, bisect, "
    "copy, csv, base64, dataclasses, typing"
)
"""What can be imported and is of use."""

_INSTEAD = {
    "numpy": "Use lists, loops and math instead.",
    "pandas": "Use lists and dictionaries instead.",
    "scipy": "Write the method out with loops and math instead.",
    "sympy": "Work with numbers, or with decimal for exact ones, instead.",
    "statistics": "The mean is sum(x) / len(x); write the rest out in the same way.",
    "fractions": "Use whole numbers with math.gcd, or decimal, instead.",
    "matplotlib": "Nothing can be drawn here: print numbers or a table instead.",
    "seaborn": "Nothing can be drawn here: print numbers or a table instead.",
    "plotly": "Nothing can be drawn here: print numbers or a table instead.",
    "requests": "There is no network here: put the data into the code.",
    "urllib": "There is no network here: put the data into the code.",
    "httpx": "There is no network here: put the data into the code.",
    "socket": "There is no network here: put the data into the code.",
    "sqlite3": "There are no databases here: use lists and dictionaries instead.",
    "subprocess": "No programs can be started here.",
    "heapq": "Sort the list, or use bisect, instead.",
    "string": "Write the letters out instead.",
    "cmath": "Complex numbers such as 2j work without it; abs() and ** too.",
    "enum": "Use plain names with numbers instead.",
    "operator": "Use a lambda instead.",
}

_SENTENCES = (
    (r"inheritance", "Classes can't inherit here: write one class with all it needs."),
    (r"yield", "There are no generators here: collect the values in a list and return it."),
    (r"'del' statement", "There is no del here: assign another value, or use .pop()."),
    (r"method decorators", "Methods can't have decorators here: write plain methods."),
    (r"not yet support", "This small Python lacks that: write it with plain functions and loops."),
    (
        r"(?i)permission denied|os\.environ|FileNotFoundError",
        "Files, folders and the system can't be reached here: put the data into the code.",
    ),
    (r"name '(input|raw_input)'", "Nothing can be typed in here: put the value into the code."),
    (r"name '(exit|quit)'|module 'sys' has no attribute 'exit'", "The code simply ends."),
    (r"name '(help|dir|globals|locals|__import__)'", "That is not there in this small Python."),
    (r"RecursionError", "It calls itself without end, or too deep: use a loop."),
    (r"has no attribute", "This small Python may lack it: write it out with simpler means."),
)
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_SHELL = re.compile(r"^\s*[!%]\w", re.MULTILINE)


def advice(error: str, code: str) -> str:
    """A sentence on what to do; empty where the error speaks for itself.

    Args:
        error: the last line of the traceback, such as "NameError: name 'x' is not defined".
        code: what was run.
    """
    if found := _NO_MODULE.search(error):
        name = found.group(1).partition(".")[0]
        return f"{name} is not there. {_INSTEAD.get(name, '')} These are: {MODULES}.".replace(
            "  ", " "
        )
    if error.startswith("SyntaxError") and _SHELL.search(code):
        return "Lines for a shell or a notebook (! and %) don't work here, nor does pip."
    for pattern, sentence in _SENTENCES:
        if re.search(pattern, error):
            return sentence
    return ""
