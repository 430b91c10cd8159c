"""Putting a file that is whole where it is to be."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def put_in_place(part: Path, path: Path, *, replace: bool) -> None:
    """Let a file that was written beside `path` be there, in one step; touches the disk.

    Raises:
        FileExistsError: where there is one by now and `replace` is not set; it has the path.
        OSError: where that fails.
    """
    if replace:
        os.replace(part, path)
        return
    try:
        try:
            os.link(part, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            os.replace(part, path)
    except FileExistsError:
        raise FileExistsError(path) from None
    with suppress(OSError):
        part.unlink(missing_ok=True)
