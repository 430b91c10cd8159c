"""The child process that reads files: `python -m studybuddy.engine.search.child`.

What a file makes a native library do happens here and not in the engine. It takes tasks on
standard input until that closes, which it does also when the engine is killed.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from studybuddy.engine.search.chunks import Chunking, chunked
from studybuddy.engine.search.extract import extract
from studybuddy.engine.search.passages import Unreadable
from studybuddy.engine.search.wire import PREFIX, Done, Task, pack, unpack

_NICENESS = 10
_MEMORY = 4 * 1024**3  # bytes of address space


def main() -> None:
    """Answer each task in turn."""
    _be_modest()
    tasks = sys.stdin.buffer
    # Answers go where nothing that a library prints can get between them.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while (task := _next_task(tasks)) is not None:
        answers.write(pack(_done(task)))
        answers.flush()


def _next_task(tasks: BinaryIO) -> Task | None:
    prefix = tasks.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    (length,) = PREFIX.unpack(prefix)
    body = tasks.read(length)
    return unpack(body, Task) if len(body) == length else None


def _done(task: Task) -> Done:
    try:
        document = task.document or extract(Path(task.path), task.name)
        chunks = chunked(document, Chunking(task.max_tokens, task.overlap_tokens))
        return Done(None if task.document else document, chunks)
    except Unreadable as refusal:
        return Done(code=refusal.code, sentence=refusal.sentence)
    except MemoryError:
        return Done(code="invalid_file", sentence="This file takes too much memory to read.")
    except OSError as error:
        return Done(code="server_error", sentence=f"The file can't be opened: {error.strerror}.")
    except Exception as error:  # noqa: BLE001 - it is told, and the next file has another chance
        return Done(
            code="invalid_file",
            sentence=f"This file can't be read ({type(error).__name__}). It may be damaged.",
        )


def _be_modest() -> None:
    """Give way to whatever the student does, and take no more memory than is sane."""
    with suppress(OSError, AttributeError):  # Windows has its own way: see `reading`
        os.nice(_NICENESS)
    if sys.platform == "linux":
        import resource

        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    main()
