"""What is said on leaving."""

from __future__ import annotations

from studybuddy.domain.accounts import Total
from studybuddy.domain.text import one_line


def goodbye(name: str, total: Total) -> str:
    """A goodbye in a line, with what the session has used.

    Args:
        name: of the student; empty where it is not known.
        total: of the session's requests.
    """
    said = f"Goodbye, {one_line(name)}!" if name.strip() else "Goodbye!"
    told = []
    if total.requests:
        told.append(f"{total.requests:,} request{'' if total.requests == 1 else 's'}")
        told.append(f"{total.usage.prompt:,} tokens in, {total.usage.completion:,} out")
        if total.money is not None:
            told.append(str(total.money))
    if total.kept:
        told.append(f"{total.kept:,} kept answer{'' if total.kept == 1 else 's'}")
    return f"{said} This session: {' · '.join(told)}." if told else said
