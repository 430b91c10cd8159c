"""Whose network an address belongs to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LAN_NAMES = (".local", ".lan", ".home.arpa", ".internal")


def is_nearby(base_url: str) -> bool:
    """Whether an address can only be one of the student's own network."""
    try:
        host = (urlsplit(base_url).hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(_LAN_NAMES))
    return address.is_private or address.is_loopback or address.is_link_local
