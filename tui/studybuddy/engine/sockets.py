"""The socket that the engine listens at."""

from __future__ import annotations

import errno
import os
import socket


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        OSError: where the address can't be had.
    """
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    # With the protocol named: asyncio turns the delay of small packets (40 ms at the end of an
    # answer) off only for sockets that say they are TCP.
    listener = socket.socket(family, kind, protocol or socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def socket_problem(error: OSError, host: str, port: int) -> str:
    """What an error on listening at an address means, in a sentence or two."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use by another program. Choose another with --port, or "
            "let --port 0 find a free one."
        )
    if error.errno in (errno.EACCES, errno.EPERM) and port < 1024:
        return f"Port {port} is not open to you. Choose one above 1023 with --port."
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this computer."
    return f"The engine can't run: {error.strerror or error}."
