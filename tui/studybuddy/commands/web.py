"""`studybuddy web`: the same app in a browser page."""

from __future__ import annotations

import argparse
import ipaddress
import shlex
import socket
import subprocess
import sys
import webbrowser

OK, FAILED, BAD_INPUT = 0, 1, 2

_EPILOG = (
    "Each page that is opened runs an app of its own, on the same conversations. Keys that a "
    "browser keeps for itself (such as Ctrl+N, Ctrl+T and Ctrl+W) do not reach the app: use the "
    "command palette (Ctrl+P) or a slash command instead."
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
            webbrowser.open(address)

    BrowserServer(_command(args), args.host, port, say).serve()
    return OK


def is_loopback(host: str) -> bool:
    """Whether an address is this computer's own, which no other can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _command(args: argparse.Namespace) -> str:
    """The app itself, as a shell is told to run it."""
    argv = [sys.executable, "-m", "studybuddy"]
    for name in ("base_url", "model", "model_file"):
        if value := getattr(args, name, None):
            argv += [f"--{name.replace('_', '-')}", str(value)]
    return subprocess.list2cmdline(argv) if sys.platform == "win32" else shlex.join(argv)


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
        return (
            f"It can't be served at {host}, port {port}: {error.strerror or error}. Try --port 0."
        )
    return ""


def _free_port(host: str) -> int:
    family = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0][0]
    with socket.socket(family, socket.SOCK_STREAM) as test:
        test.bind((host, 0))
        return int(test.getsockname()[1])
