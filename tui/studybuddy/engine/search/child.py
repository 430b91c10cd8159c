"""The child process that reads files: `python -m studybuddy.engine.search.child`.

What a file makes a native library do happens here and not in the engine. It takes tasks on
standard input and ends as soon as that closes, also amid a file: it does so when the engine is
killed. A task that holds the whole interpreter up is ended by a clock outside of it.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from studybuddy.engine.search.chunks import Chunking, chunked
from studybuddy.engine.search.extract import extract
from studybuddy.engine.search.passages import Unreadable
from studybuddy.engine.search.wire import PREFIX, Done, Task, pack, unpack

_NICENESS = 10
_MEMORY = 4 * 1024**3  # bytes of address space


def main() -> None:
    """Answer each task in turn; it does not return."""
    _be_modest()
    tasks: SimpleQueue[Task] = SimpleQueue()
    threading.Thread(target=_take_in, args=(os.dup(0), tasks), daemon=True).start()
    # Answers go where nothing that a library prints can get between them.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        task = tasks.get()
        faulthandler.dump_traceback_later(task.seconds, exit=True)
        answer = pack(_done(task))
        faulthandler.cancel_dump_traceback_later()
        try:
            answers.write(answer)
            answers.flush()
        except BrokenPipeError:
            os._exit(0)


def _take_in(source: int, tasks: SimpleQueue[Task]) -> None:
    """Queue tasks from a file descriptor; when it closes, end the process, whatever it does."""
    try:
        while len(prefix := _exactly(source, PREFIX.size)) == PREFIX.size:
            (length,) = PREFIX.unpack(prefix)
            tasks.put(unpack(_exactly(source, length), Task))
    finally:
        os._exit(0)


def _exactly(source: int, length: int) -> bytes:
    """So many bytes; fewer at the end."""
    found = bytearray()
    while len(found) < length and (part := os.read(source, min(length - len(found), 1 << 20))):
        found += part
    return bytes(found)


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
