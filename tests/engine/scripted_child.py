"""A child process that speaks as the one with the model does, and does what it is told.

python scripted_child.py [--starts FILE] (serve PORT | slow FILE PORT | crash | …)
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

KEY = "the-childs-key"


def main(arguments: list[str]) -> int:
    """Report, then live until standard input closes."""
    if arguments[0] == "--starts":  # one line for each time it was started
        with Path(arguments[1]).open("a") as file:
            file.write(f"{os.getpid()}\n")
        arguments = arguments[2:]
    print("a line of its log", file=sys.stderr, flush=True)
    match arguments:
        case ["serve", port]:
            report({"port": int(port), "key": KEY})
        case ["slow", gate, port]:
            while not Path(gate).exists():
                time.sleep(0.01)
            report({"port": int(port), "key": KEY})
        case ["crash"]:
            print("its last words", file=sys.stderr, flush=True)
            return 3
        case ["declare", sentence]:
            report({"error": sentence})
            return 1
    while os.read(0, 100):
        pass
    return 0


def report(message: dict[str, object]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
