"""What can be told of the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from studybuddy.commands.checks import Check, State

SMALLEST = (80, 24)
"""Columns and rows from which everything has its place."""


def terminal_checks(
    environ: Mapping[str, str], *, is_terminal: bool, size: tuple[int, int], encoding: str
) -> list[Check]:
    """Kind, size, colours and encoding.

    Args:
        environ: the process's environment.
        is_terminal: whether standard output is one.
        size: columns and rows.
        encoding: of standard output.
    """
    checks = [_kind(environ, is_terminal=is_terminal)]
    if is_terminal:
        checks += [_size(size), _colours(environ)]
        if encoding.lower().replace("-", "") not in ("utf8", "utf16", "utf16le"):
            checks.append(
                Check(
                    "Encoding",
                    State.NOTE,
                    f"{encoding or 'unknown'}; many characters can't be shown.",
                    "Use a UTF-8 locale, such as LANG=C.UTF-8.",
                )
            )
    return checks


def _kind(environ: Mapping[str, str], *, is_terminal: bool) -> Check:
    term = environ.get("TERM", "")
    inside = [
        name
        for name, present in (
            ("tmux", "TMUX" in environ),
            ("screen", "STY" in environ),
            ("ssh", "SSH_CONNECTION" in environ or "SSH_TTY" in environ),
        )
        if present
    ]
    text = ", inside ".join([term or "TERM is not set", " and ".join(inside)]).removesuffix(
        ", inside "
    )
    if not is_terminal:
        return Check(
            "Terminal",
            State.NOTE,
            "standard output is no terminal.",
            "Run it in a terminal to have the terminal checked too.",
        )
    if term in ("", "dumb", "unknown"):
        return Check(
            "Terminal",
            State.NOTE,
            f"{text}; the full-screen app may not draw.",
            "Use another terminal, or “studybuddy ask”.",
        )
    return Check("Terminal", State.OK, text)


def _size(size: tuple[int, int]) -> Check:
    text = f"{size[0]} columns, {size[1]} rows"
    if size[0] < SMALLEST[0] or size[1] < SMALLEST[1]:
        return Check(
            "Size", State.NOTE, text, f"Make the window {SMALLEST[0]} by {SMALLEST[1]} or larger."
        )
    return Check("Size", State.OK, text)


def _colours(environ: Mapping[str, str]) -> Check:
    term, colour = environ.get("TERM", ""), environ.get("COLORTERM", "").lower()
    if environ.get("NO_COLOR"):
        return Check("Colours", State.OK, "none, since NO_COLOR is set")
    if colour in ("truecolor", "24bit") or "direct" in term or "kitty" in term:
        return Check("Colours", State.OK, "16 million")
    if "256color" in term:
        return Check("Colours", State.OK, "256")
    return Check(
        "Colours",
        State.NOTE,
        "16, as far as TERM tells.",
        "If the terminal has more, set TERM=xterm-256color.",
    )
