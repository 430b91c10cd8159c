"""`studybuddy web`: the same app in a browser page."""

from __future__ import annotations

import argparse
import ipaddress
import socket
import sys
import webbrowser

OK, FAILED, BAD_INPUT = 0, 1, 2

_EPILOG = (
    "Each page that is opened runs an app of its own, on the same conversations; closing the page "
    "ends it, and everything is kept. Browsers keep some keys for themselves, so that the app "
    "never hears them: Ctrl+N (use /new or the command palette, Ctrl+P), Ctrl+T (answer what is "
    "waited for: “Answer” in the palette), Ctrl+W, which closes the page, and in some browsers "
    "Ctrl+Q (/quit, or close the page). F11 is the browser's full screen. “Change keys” in the "
    "palette gives any command another key. What is copied goes to the browser's clipboard; files "
    "are read and written on the computer that runs this command, and $EDITOR can't be opened "
    "from a page."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; anything but this computer's own lets others in (127.0.0.1)",
    )
    parser.add_argument("--port", type=int, default=8123, help="port; 0 for any (8123)")
    parser.add_argument("--no-open", action="store_true", help="open no browser")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl+C."""
    try:
        from studybuddy.web.server import BrowserServer
    except ImportError:
        print(
            "studybuddy web needs the extra “web”: install studybuddy[web].",
            file=sys.stderr,
        )
        return FAILED
    if wrong := _wrong(args.host, args.port):
        print(wrong, file=sys.stderr)
        return BAD_INPUT
    port = args.port or _free_port(args.host)
    if not is_loopback(args.host):
        print(
            f"studybuddy: {args.host} can be reached from other computers. Whoever has the address "
            "below can read your conversations and files, and what is sent is not encrypted.",
            file=sys.stderr,
        )

    def say(address: str) -> None:
        print(f"Study Buddy is at {address}\nCtrl+C ends it.", flush=True)
        if not args.no_open:
            webbrowser.open(server.address_for_once())

    server = BrowserServer(_command(args), args.host, port, say)
    try:
        server.serve()
    except OSError as error:  # taken by another in the meantime
        print(_not_there(args.host, port, error), file=sys.stderr)
        return FAILED
    return OK


def is_loopback(host: str) -> bool:
    """Whether an address is this computer's own, which no other can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _command(args: argparse.Namespace) -> list[str]:
    """The app itself, as it is started for each page."""
    argv = [sys.executable, "-m", "studybuddy"]
    for name in ("base_url", "model", "model_file"):
        if value := getattr(args, name, None):
            argv += [f"--{name.replace('_', '-')}", str(value)]
    return argv


def _wrong(host: str, port: int) -> str:
    """Why it can't be served there; empty where it can."""
    if not 0 <= port <= 65_535:
        return f"{port} is no port: give a number up to 65535."
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as test:
            test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            test.bind((host, port))
    except OSError as error:
        return _not_there(host, port, error)
    return ""


def _not_there(host: str, port: int, error: OSError) -> str:
    return f"It can't be served at {host}, port {port}: {error.strerror or error}. Try --port 0."


def _free_port(host: str) -> int:
    family = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0][0]
    with socket.socket(family, socket.SOCK_STREAM) as test:
        test.bind((host, 0))
        return int(test.getsockname()[1])
