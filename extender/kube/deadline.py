"""A call that is to be over by a time, and that knows whether its request can have been sent.

A time-out of a socket counts silence: an answer that comes in pieces may last much longer. Here all
of a call counts: connecting, sending, waiting, the second try after a 401, and the body.
"""

from __future__ import annotations

import math
import time
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection

from extender.kube.connection import Call
from extender.kube.errors import TransportError

_SHORTEST = 0.001  # a time-out of 0 would mean not to wait at all, which is another mode


class UnsentError(TransportError):
    """The request was certainly not carried out: nothing has left, or a 401 was the answer."""


class TimedCall(Call):
    """One request and its answer, with an end.

    Args:
        total: seconds for all of it; None for as long as it takes.
    """

    def __init__(self, total: float | None = None) -> None:
        super().__init__()
        self._end = math.inf if total is None else time.monotonic() + total
        self._carrier: Any = None

    @property
    def reached(self) -> bool:
        """Whether a connection has come about for the request at hand, so that it may be sent."""
        return self._carrier is not None

    def attach(self, connection: HTTPConnection) -> None:
        """As `Call.attach`; a connection without a socket is only about to be opened."""
        super().attach(connection)
        self._carrier = connection.sock

    def detach(self) -> None:
        """As `Call.detach`; what is sent from now on is another request."""
        super().detach()
        self._carrier = None

    @property
    def late(self) -> bool:
        """Whether no time is left."""
        return self._left() <= 0

    def limit(self, connect: float, read: float) -> urllib3.Timeout:
        """The time-outs of a request that is sent now.

        Args:
            connect: seconds to reach the server, at most.
            read: seconds of silence, at most.

        Raises:
            UnsentError: of kind ``timeout``: no time is left.
        """
        left = self._left()
        if left <= 0:
            raise UnsentError("no time was left to send the request", "timeout")
        total = left if math.isfinite(left) else None
        return urllib3.Timeout(connect=min(connect, left), read=min(read, left), total=total)

    def hurry(self, response: urllib3.BaseHTTPResponse) -> None:
        """Makes the next read from the answer wait no longer than there is time."""
        left = self._left()
        # A connection that has gone back to its pool may be another call's already.
        if math.isfinite(left) and self._carrier is not None and response.connection is not None:
            self._carrier.settimeout(max(left, _SHORTEST))

    def _left(self) -> float:
        return self._end - time.monotonic()
