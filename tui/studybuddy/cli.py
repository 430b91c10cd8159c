"""Arguments to what they ask for. Each command's slow imports wait until it is chosen."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from studybuddy import __version__

EPILOG = (
    "Without a command the app opens. With nothing set up it offers the built-in model, the "
    "servers that run on this computer, or a key. OPENAI_API_KEY, OPENAI_BASE_URL and "
    "STUDYBUDDY_HOME are read from the environment."
)

COMMANDS = {
    "ask": ("studybuddy.commands.ask", "ask one question and print the answer"),
    "serve": ("studybuddy.engine.serve", "serve models with OpenAI's API"),
    "tokens": ("studybuddy.commands.tokens", "count the tokens of a text or a request"),
    "usage": ("studybuddy.commands.usage", "show what was used and what it cost"),
    "export": ("studybuddy.commands.transfer", "write all conversations to files"),
    "import": ("studybuddy.commands.transfer", "read conversations in, ChatGPT's too"),
    "web": ("studybuddy.commands.web", "open the app in a browser page"),
    "doctor": ("studybuddy.commands.doctor", "check what is set up and reachable"),
}
"""Each command with the module that declares its arguments, and its help."""


def main(argv: list[str] | None = None) -> int:
    """Run `studybuddy` and return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    args = _parser(arguments).parse_args(arguments)
    match args.command:
        case "serve":
            from studybuddy.engine import serve
            from studybuddy.storage.paths import Paths

            paths = Paths.from_environment(os.environ)
            if args.models_dir is None:
                args.models_dir = str(paths.models_dir)
            if args.data_dir is None:
                args.data_dir = str(paths.data / "serve")
            return serve.run(args)
        case "ask":
            from studybuddy.assembly.commands import run_ask

            return run_ask(args, os.environ)
        case "tokens":
            from studybuddy.assembly.commands import run_tokens

            return run_tokens(args, os.environ)
        case "usage":
            from studybuddy.assembly.commands import run_usage

            return run_usage(args, os.environ)
        case "export" | "import":
            from studybuddy.assembly.commands import run_transfer

            return run_transfer(args, os.environ)
        case "web":
            from studybuddy.commands import web

            return web.run(args)
        case "doctor":
            from studybuddy.assembly.commands import run_doctor

            return run_doctor(args, os.environ)
        case _:
            return _open_app(args)


def _open_app(args: argparse.Namespace) -> int:
    in_browser = bool(os.environ.get("TEXTUAL_DRIVER"))  # set by what serves the page
    if not in_browser and not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(
            "studybuddy needs a terminal. In a pipe, use: studybuddy ask “question”",
            file=sys.stderr,
        )
        return 2
    # Textual paints at most so often; at its usual 60 a typed key waits for up to 33 ms.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    # Loading makes no garbage worth looking for; the app collects again after its first frame.
    gc.disable()
    # What is drawn is written by a thread of its own, which waits so long for a busy interpreter,
    # several times for a screen; at the usual 5 ms that is seen at start. The app goes back to
    # that after its first frame, for later it was of no use that could be measured.
    sys.setswitchinterval(0.0005)
    from studybuddy.assembly.app import run_app

    return run_app(args, os.environ)


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="studybuddy", description="Study with a language model.", epilog=EPILOG
    )
    parser.add_argument("--version", action="version", version=f"studybuddy {__version__}")
    _add_endpoint_arguments(parser)
    parser.add_argument("--new", action="store_true", help="start with a new conversation")
    if not arguments:  # the app itself, and nobody asks for help: there is no time to waste
        parser.set_defaults(command=None)
        return parser
    commands = parser.add_subparsers(dest="command", title="commands", metavar="command")
    for name, (module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name in arguments:  # the others' arguments are not needed, nor their imports
            importlib.import_module(module).add_arguments(command)
    return parser


def _add_endpoint_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", metavar="URL", help="address of a model server, with /v1")
    parser.add_argument("--model", metavar="NAME", help="model to ask")
    parser.add_argument(
        "--model-file", metavar="FILE.gguf", help="weights for the built-in model's place"
    )
