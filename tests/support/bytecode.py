"""Compiled modules that are kept, where the environment says that Python is to write none.

The suite starts some hundred Python processes. Without compiled modules each of them compiles
everything that it imports, which takes longer than what most of the tests are about.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_OFF = "PYTHONDONTWRITEBYTECODE"
_FOLDER = "PYTHONPYCACHEPREFIX"


def keep_bytecode(folder: Path) -> None:
    """Keep compiled modules below `folder`, and none beside the sources, if that was asked for.

    Holds for this process and for those that it starts. Does nothing where Python writes them
    beside the sources anyway.
    """
    if not sys.dont_write_bytecode:
        return
    os.environ.pop(_OFF, None)
    os.environ[_FOLDER] = sys.pycache_prefix = str(folder)
    sys.dont_write_bytecode = False
