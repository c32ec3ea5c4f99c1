"""What can go wrong between a client and the API server, one small class a fault."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus

# What `hits` counts, and what a fault does, is said by the proxy that these are handed to.


@dataclass(frozen=True)
class Answer:
    """The request is answered by the proxy and never reaches the API server."""

    status: int
    retry_after: int | None = None

    def encode(self) -> bytes:
        """The whole reply, as the API server would write it."""
        phrase = HTTPStatus(self.status).phrase
        body = status_body(self.status)
        lines = [
            f"HTTP/1.1 {self.status} {phrase}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        if self.retry_after is not None:
            lines.append(f"Retry-After: {self.retry_after}")
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Delay:
    """Every answer, and every line of a watch, comes `seconds` later."""

    seconds: float


@dataclass(frozen=True)
class Cut:
    """The connection is reset when the request has been read; with `late` when it was carried out.

    Late, the API server has done what it was asked and the client cannot know.
    """

    late: bool = False


@dataclass(frozen=True)
class Silence:
    """The request is swallowed, and so is whatever comes on its connection from then on."""


@dataclass(frozen=True)
class TruncateLine:
    """The next line of a watch ends in its middle.

    Args:
        orderly: Whether the stream is ended as if nothing were missing; else it is reset.
    """

    orderly: bool = False


@dataclass(frozen=True)
class ExpireWatch:
    """Instead of its next line a watch carries the ERROR event of an expired resourceVersion."""


Fault = Answer | Delay | Cut | Silence | TruncateLine | ExpireWatch
OF_REQUESTS = (Answer, Cut, Silence)
OF_LINES = (TruncateLine, ExpireWatch)


@dataclass
class Rule:
    """Which requests a fault befalls.

    Args:
        fault: What happens to them.
        path: A regular expression that is found in the path and query.
        method: A regular expression that the method is.
        share: How many of those that match, as a part of 1.
        count: How many at most; None for all.
    """

    fault: Fault
    path: str = ""
    method: str = ".*"
    share: float = 1.0
    count: int | None = None
    hits: int = field(default=0, init=False)

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one of those meant, and there is still one to befall."""
        return (
            (self.count is None or self.hits < self.count)
            and re.fullmatch(self.method, method) is not None
            and re.search(self.path, path) is not None
        )


def status_body(code: int) -> bytes:
    """A Status of the API server that is a failure."""
    reasons = {410: "Expired", 429: "TooManyRequests", 500: "InternalError"}
    return json.dumps(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": f"the test's proxy answers {code}",
            "reason": reasons.get(code, "ServiceUnavailable"),
            "code": code,
        }
    ).encode()


def expired_line() -> bytes:
    """The event with which the API server ends a watch whose resourceVersion is too old."""
    return b'{"type":"ERROR","object":' + status_body(410) + b"}\n"
