"""Package clients that are installed here, and how each fetches one package.

They are run as programs, so that whatever they are configured with holds: an index of one's
own, a proxy, certificates, a folder of wheels.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_DOWNLOAD = (
    "download",
    "--no-deps",
    "--only-binary",
    ":all:",
    "--disable-pip-version-check",
    "--no-input",
    "--progress-bar",  # versions differ in what it can be told: the files' sizes tell as much
    "off",
)


@dataclass(frozen=True, slots=True)
class PackageClient:
    """A command that puts a wheel, or what is in it, somewhere below a folder."""

    name: str
    command: Sequence[str]
    """With `{folder}` and `{requirement}` to be filled in."""

    def command_for(self, folder: Path, requirement: str) -> list[str]:
        """The command line that fetches `requirement` into `folder`."""
        fill = {"{folder}": str(folder), "{requirement}": requirement}
        return [_filled(part, fill) for part in self.command]


def _filled(part: str, fill: Mapping[str, str]) -> str:
    for name, value in fill.items():
        part = part.replace(name, value)
    return part


def find_client(environ: Mapping[str, str]) -> PackageClient | None:
    """The client to use, the one of this Python first; `None` where there is none."""
    download = (*_DOWNLOAD, "--dest", "{folder}", "{requirement}")
    if importlib.util.find_spec("pip") is not None:
        return PackageClient("pip", (sys.executable, "-P", "-m", "pip", *download))
    path = environ.get("PATH", os.defpath)
    # `uv run` tells its own place, also where it is not on the path.
    if uv := environ.get("UV") or shutil.which("uv", path=path):
        install = ("pip", "install", "--no-deps", "--only-binary", ":all:")
        target = ("--target", "{folder}/package")
        # A cache of its own lies on the same disk, so that the file is not copied, and nothing
        # of it stays behind.
        options = ("--python", sys.executable, "--no-progress")
        cache = ("--cache-dir", "{folder}/cache")
        return PackageClient("uv", (uv, *install, *target, *options, *cache, "{requirement}"))
    if pip := shutil.which("pip", path=path) or shutil.which("pip3", path=path):
        return PackageClient("pip", (pip, *download))
    return None
