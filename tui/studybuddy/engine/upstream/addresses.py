"""Addresses of upstreams as they may be told: a password in one is nobody else's business."""

from __future__ import annotations

from urllib.parse import urlsplit


def shown_address(url: str) -> str:
    """A URL without the user name and password that it may have."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=host).geturl()
    except ValueError:
        return "its address"
