"""Which Kubernetes the API server is of."""

from __future__ import annotations

import re

import msgspec

from extender.kube.errors import TransportError
from extender.kube.transport import Transport

_NUMBER = re.compile(r"[0-9]{1,6}")


class _Version(msgspec.Struct):
    major: str
    minor: str


_version = msgspec.json.Decoder(_Version)


def server_version(transport: Transport, timeout: float) -> tuple[int, int]:
    """Major and minor version of the API server, such as ``(1, 37)``.

    Providers append signs to the minor version (``37+``); they are left out.

    Args:
        transport: the way to the API server.
        timeout: seconds for all of it.

    Raises:
        ApiError: refused.
        TransportError: no whole answer in time; of kind ``protocol``: it names no version.
    """
    body = transport.get("/version", None, timeout, total=timeout).body
    try:
        told = _version.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TransportError(f"/version: not a version: {error}", "protocol") from error
    major, minor = _NUMBER.match(told.major), _NUMBER.match(told.minor)
    if major is None or minor is None:
        raise TransportError(
            f"/version: major {told.major[:20]!r} and minor {told.minor[:20]!r} must begin with"
            " digits",
            "protocol",
        )
    return int(major[0]), int(minor[0])
