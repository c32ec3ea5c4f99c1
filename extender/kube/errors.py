"""What can go wrong between this process and the API server, each with its own type."""

from __future__ import annotations

from typing import Literal

FaultKind = Literal["timeout", "connection", "tls", "protocol", "credentials", "closed"]
"""What broke a call: nothing came in time, the connection failed or was cut, TLS did not come
about, the bytes are not what the protocol says, no credentials could be had, or the call was ended
from this side."""


class KubeError(Exception):
    """Anything this package raises on purpose."""


class KubeConfigError(KubeError):
    """How to reach the cluster cannot be found out; the text says why and what to give instead."""


class ApiError(KubeError):
    """An answer of the API server that is not a success.

    Args:
        status: the HTTP status, or ``code`` of a Status object that came inside a watch.
        reason: ``reason`` of the Status object (``Expired``, ``Forbidden``, …), else the HTTP
            phrase; empty if there was neither.
        message: ``message`` of the Status object, else the beginning of the body.
        retry_after: seconds the server asks to stay away, None if it does not ask.
    """

    def __init__(
        self, status: int, reason: str, message: str, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{status} {reason}: {message}" if message else f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class TransportError(KubeError):
    """No answer, or not a whole one: the call may be repeated.

    Args:
        message: one line for people.
        kind: what broke, see `FaultKind`.
    """

    def __init__(self, message: str, kind: FaultKind) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind
