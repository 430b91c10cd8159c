"""The tools that a request offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Function:
    """A function tool."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """JSON schema of its arguments."""

    @property
    def properties(self) -> Mapping[str, Any]:
        """The schema of each argument."""
        found = self.parameters.get("properties")
        return found if isinstance(found, Mapping) else {}

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the arguments that can't be left out."""
        found = self.parameters.get("required")
        return tuple(n for n in found if isinstance(n, str)) if isinstance(found, list) else ()


class Offered:
    """The functions of a request, by name."""

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Take the request's `tools`; what is no function is passed over."""
        self._functions: dict[str, Function] = {}
        for tool in tools:
            inner = tool.get("function")
            if isinstance(inner, Mapping) and isinstance(inner.get("name"), str):
                parameters = inner.get("parameters")
                self._functions[inner["name"]] = Function(
                    inner["name"],
                    str(inner.get("description") or ""),
                    parameters if isinstance(parameters, Mapping) else {},
                )

    def __bool__(self) -> bool:
        return bool(self._functions)

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    @property
    def names(self) -> tuple[str, ...]:
        """In the request's order."""
        return tuple(self._functions)

    def get(self, name: Any) -> Function | None:
        """The function that is meant by a name; models add a prefix, or change the case."""
        if not isinstance(name, str):
            return None
        name = name.strip().removesuffix("()")
        if name in self._functions:
            return self._functions[name]
        bare = name.rpartition(".")[2].casefold()
        for known, function in self._functions.items():
            if bare and known.casefold() == bare:
                return function
        return None


def forced(tool_choice: str | Mapping[str, Any]) -> str:
    """The name of the one function that must be called; empty where none is named."""
    if isinstance(tool_choice, Mapping):
        inner = tool_choice.get("function")
        name = inner.get("name") if isinstance(inner, Mapping) else tool_choice.get("type")
        return name if isinstance(name, str) and name != "function" else ""
    return ""
