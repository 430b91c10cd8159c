"""Which file a code block of an answer is meant for."""

from __future__ import annotations

import re

from studybuddy.domain.text import harmless

_FENCE = re.compile(r"([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(`{3,}|~{3,})([^\n]*)")
_NAMED = re.compile(
    r"\b(?:title|file|filename|name|path)\s*[=:]\s*(?:\"([^\"]+)\"|'([^']+)'|(\S+))"
)
_PATH = re.compile(r"[\w.@+/\\-]*\.[A-Za-z]\w{0,9}")
_COMMENT = re.compile(
    r"\s*(?:#|//|--|;+|%|/\*+|<!--|\"\"\"|')\s*(?:file(?:name)?\s*:\s*)?(.*?)\s*(?:\*/|-->|\"\"\")?\s*"
)
_BARE = frozenset({"Makefile", "Dockerfile"})
_ENDINGS = {
    "r": "R",
    "bash": "sh",
    "shell": "sh",
    "text": "txt",
    "plaintext": "txt",
    "plain": "txt",
}
"""Where the first one that Pygments has is not what one expects, or where it has none."""


def info_of(text: str, code: str) -> str:
    """Return what stands behind the fence of a code block in a message; empty where nothing does.

    `code` is the block as the transcript has it.
    """
    lines = harmless(text).split("\n")
    for number, line in enumerate(lines):
        opening = _FENCE.fullmatch(line)
        if opening and opening[3].strip() and _begins(lines[number + 1 :], code, len(opening[1])):
            return opening[3].strip()
    return ""


def _begins(lines: list[str], code: str, indent: int) -> bool:
    """Tell whether these lines begin with the code, behind what may indent it."""
    wanted = code.split("\n")
    if len(lines) < len(wanted):
        return False
    behind = len(wanted)
    end = lines[behind].strip(" \t>") if behind < len(lines) else ""
    if end and not end.startswith(("```", "~~~")):
        return False  # that block is longer
    return all(
        wanted_line.rstrip() in (line.rstrip(), line[min(indent, len(line)) :].rstrip())
        for line, wanted_line in zip(lines, wanted, strict=False)
    )


def file_name(info: str, code: str) -> str:
    """Suggest a name for a file: one that fence or first comment give, else "code" by language."""
    return _named(info) or _commented(code) or _by_language(info)


def _named(info: str) -> str:
    if match := _NAMED.search(info):
        return _last_part(match[1] or match[2] or match[3].rstrip("}"))
    for word in info.replace(":", " ").split():
        if word in _BARE or _PATH.fullmatch(word):
            return _last_part(word)
    return ""


def _commented(code: str) -> str:
    lines = [line for line in code.split("\n")[:3] if line.strip() and not line.startswith("#!")]
    match = _COMMENT.fullmatch(lines[0]) if lines else None
    return _last_part(match[1]) if match and _PATH.fullmatch(match[1]) else ""


def _last_part(path: str) -> str:
    name = re.split(r"[/\\]", path)[-1].strip()
    return "" if name.strip(".") == "" else name


def _by_language(info: str) -> str:
    from studybuddy.ui.transcript.markdown import language_of

    language = language_of(info)
    ending = _ENDINGS.get(language, "")
    if not ending and language:
        patterns = _patterns(language)
        if bare := next((name for name in patterns if name in _BARE), ""):
            return bare
        endings = [pattern[2:] for pattern in patterns if re.fullmatch(r"\*\.\w+", pattern)]
        known = language if re.fullmatch(r"[a-z0-9]{1,5}", language) else ""
        ending = known if known in endings else next(iter(endings), known)
    return f"code.{ending or 'txt'}"


def _patterns(language: str) -> list[str]:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return list(get_lexer_by_name(language).filenames)
    except ClassNotFound:
        return []
