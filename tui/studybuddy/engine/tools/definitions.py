"""The built-in tools as the model sees them: functions with a JSON schema."""

from __future__ import annotations

from typing import Any

from studybuddy.engine.tools.advice import MODULES

CODE_INTERPRETER = "code_interpreter"
FILE_SEARCH = "file_search"

BUILT_IN = (CODE_INTERPRETER, FILE_SEARCH)
"""The names of the tools that the engine runs; all others are the client's."""

_DESCRIPTIONS = {
    CODE_INTERPRETER: (
        "Run Python code and see what it prints. Use it for every calculation and to check "
        "results. Variables and functions are kept from call to call. Print what you want to "
        "see; the value of a last expression is shown too. There is no numpy, pandas, "
        "statistics or matplotlib, no pip, no files and no network, no class inheritance, no "
        "generators (yield): write plain functions and loops. These modules can be imported: "
        f"{MODULES}."
    ),
    FILE_SEARCH: (
        "Search the student's notes and files for passages about something. Ask in a few words "
        "or a short question. Use it before answering whatever the notes may tell."
    ),
}

_PARAMETERS = {
    CODE_INTERPRETER: ("code", "Python source code."),
    FILE_SEARCH: ("query", "What to look for."),
}


def definition(name: str) -> dict[str, Any]:
    """A built-in tool as a function tool of Chat Completions; KeyError for another name."""
    argument, meaning = _PARAMETERS[name]
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": _DESCRIPTIONS[name],
            "parameters": {
                "type": "object",
                "properties": {argument: {"type": "string", "description": meaning}},
                "required": [argument],
                "additionalProperties": False,
            },
        },
    }
