"""Addresses to listen on: reading them, taking them, and saying why one cannot be taken."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
from typing import Final

_BIND: Final = re.compile(r"(?:\[(?P<v6>[^\s\[\]]+)\]|(?P<host>[^\s:\[\]]+)):(?P<port>[0-9]{1,5})")
_LARGEST_PORT: Final = 65535
_BACKLOG: Final = 2048


class ListenError(Exception):
    """An address that cannot be listened on; the text names the address and its option."""


def split_bind(bind: str, option: str) -> tuple[str, int]:
    """Split ``host:port`` or ``[IPv6]:port``.

    Raises:
        ListenError: it is neither; the text shows what it should look like.
    """
    match = _BIND.fullmatch(bind)
    if match is None or int(match["port"]) > _LARGEST_PORT:
        raise ListenError(
            f"{option}: {bind!r} is no address to listen on; "
            f"expected host:port, such as 127.0.0.1:8888 or [::1]:8888"
        )
    return match["v6"] or match["host"], int(match["port"])


def listen(bind: str, option: str) -> socket.socket:
    """Take an address and begin to listen.

    Args:
        bind: ``host:port``; port 0 is any free one.
        option: the configuration option the address comes from, named if it cannot be had.

    Raises:
        ListenError: the address is malformed, taken, not of this machine, or not permitted.
    """
    host, port = split_bind(bind, option)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: not even a possible name
        raise ListenError(
            f"{option}: cannot listen on {bind}: the name {host!r} is not known here"
        ) from error
    family, kind, protocol, _, address = found[0]
    listener = None
    try:
        listener = socket.socket(family, kind, protocol)
        # Otherwise a restart would have to wait for the last process's connections to expire.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Two sockets may be bound with SO_REUSEADDR as long as neither listens: to bind alone
        # would prove nothing.
        listener.listen(_BACKLOG)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise ListenError(f"{option}: cannot listen on {bind}: {_why(error)}") from error
    return listener


def _why(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another process listens there already"
        case errno.EADDRNOTAVAIL:
            return "it is no address of this machine"
        case errno.EACCES:
            return "no permission (ports below 1024 need it)"
        case _:
            return os.strerror(error.errno) if error.errno else str(error)


def is_loopback(address: str) -> bool:
    """Whether a numeric address is this machine's own, IPv4 addresses in IPv6's clothes included.

    ``::ffff:127.0.0.1`` is what a socket that serves both families calls an IPv4 client.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
