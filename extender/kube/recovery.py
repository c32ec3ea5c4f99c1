"""What to do after a list or a watch has ended: when to go on, and whether to list again.

The manners are those of client-go's reflector (``tools/cache/reflector.go``), as far as they are
told apart there; numbers that differ say so.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from extender.kube.errors import ApiError, TransportError

Cause = Literal[
    "closed",
    "timeout",
    "connection",
    "tls",
    "credentials",
    "protocol",
    "expired",
    "throttled",
    "unauthorized",
    "forbidden",
    "missing",
    "api",
    "unreadable",
    "internal",
]
"""Why a list or watch was started again: the server ended the watch in an orderly way; nothing came
in time; the connection broke; TLS or credentials failed; bytes that are no list or event; the
resource version is too old (410); 429; 401; 403; 404; any other answer; an object that was deleted
could not be read; the consumer raised."""

SHORTEST = 0.5
"""Seconds of the shortest pause after a failure."""

LONGEST = 5.0
"""Seconds of the longest; client-go's is 30. An extender that is blind sends pods where there is no
room, and kube-scheduler goes on asking: what has been missed is to be seen within ten seconds."""

LONGEST_ASKED = 300.0
"""Seconds a ``Retry-After`` is honoured for at most: a proxy that asks for a day must not blind us
for a day."""

STUCK = 5
"""Watches from one resource version that may fail, or end without a line, before it is given up:
the version may itself be what fails. After etcd was restored from a backup it can lie in the
future, where kube-apiserver 1.37.1 keeps the watch open and says nothing, bookmarks included; or an
event follows it that the server cannot encode. client-go lists again after every ERROR event, and
never after silence; counting spares the server a list for every hiccup."""


class UnreadableDeletionError(Exception):
    """An object was deleted that cannot be read, so that the consumer cannot be told which."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do next.

    Args:
        cause: the label for metrics.
        delay: seconds to wait.
        relist: whether to list, rather than to go on from the last resource version.
        text: for people; None where this is the ordinary course of things, or was said before
            and nothing has come since.
    """

    cause: Cause
    delay: float
    relist: bool
    text: str | None


class Recovery:
    """Judges the ends of one reflector's lists and watches, remembering how they went before.

    Args:
        rng: for the jitter, which keeps the reflectors of a cluster from coming back as one when
            an API server restarts.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._failures = 0
        self._expired = 0
        self._stuck = 0
        self._told: str | None = None

    def healthy(self) -> None:
        """A watch has run for a while: the next failure is a first one again."""
        self._failures = self._expired = 0

    def progressed(self) -> None:
        """Something has come: a list, or a line of a watch."""
        self._stuck = 0
        self._told = None

    def closed(self) -> Verdict:
        """Judges a watch that the server ended in an orderly way."""
        return self._verdict("closed", ordinary=True, at_version=True)

    def failed(self, error: Exception) -> Verdict:
        """Judges whatever else ended a list or a watch."""
        if isinstance(error, ApiError):
            return self._refused(error)
        if isinstance(error, TransportError):
            # Silence is what a half-open connection looks like: to be replaced at once.
            return self._verdict(
                error.kind,
                text=str(error),
                ordinary=error.kind == "timeout",
                at_version=error.kind in {"timeout", "protocol"},
            )
        if isinstance(error, UnreadableDeletionError):
            return self._verdict("unreadable", text=str(error), relist=True)
        # The consumer may have taken part of a change: only the whole set makes it right.
        text = f"internal error: {type(error).__name__}: {error}"
        return self._verdict("internal", text=text, relist=True)

    def _refused(self, error: ApiError) -> Verdict:
        text = str(error)
        match error.status:
            case HTTPStatus.GONE:
                # An API server that has just started forgets all versions: that it was away for a
                # while is no reason to wait now. Only expiring once more after a list is.
                self._failures = self._expired
                self._expired += 1
                return self._verdict("expired", relist=True, ordinary=True)
            case HTTPStatus.UNAUTHORIZED:
                return self._verdict("unauthorized", text=text)
            case HTTPStatus.FORBIDDEN:
                return self._verdict("forbidden", text=text)
            case HTTPStatus.NOT_FOUND:
                return self._verdict("missing", text=text, relist=True)
            case HTTPStatus.TOO_MANY_REQUESTS:
                return self._verdict("throttled", text=text, asked=error.retry_after)
        # 503 comes from a server that starts or stops and says nothing about the version.
        at_version = error.status != HTTPStatus.SERVICE_UNAVAILABLE
        return self._verdict("api", text=text, asked=error.retry_after, at_version=at_version)

    def _verdict(
        self,
        cause: Cause,
        *,
        text: str | None = None,
        relist: bool = False,
        ordinary: bool = False,
        asked: float | None = None,
        at_version: bool = False,
    ) -> Verdict:
        """Weighs it.

        Args:
            cause: the label.
            text: for people.
            relist: whether to list anyway.
            ordinary: it happens in healthy clusters too: no pause the first time.
            asked: the server's ``Retry-After`` in seconds.
            at_version: the resource version may be to blame, if it happens again and again.
        """
        ceiling = min(LONGEST, 2 * SHORTEST * 2 ** min(self._failures, 16))
        delay = self._rng.uniform(ceiling / 2, ceiling)
        if ordinary and self._failures == 0:
            delay = 0.0
        if asked is not None:
            # Never earlier than asked, and not all at the same instant.
            delay = max(delay, min(asked, LONGEST_ASKED) * self._rng.uniform(1.0, 1.25))
        self._failures += 1
        if at_version:
            self._stuck += 1
        if relist or self._stuck >= STUCK:
            self._stuck = 0
            relist = True
        if (ordinary and delay == 0) or text == self._told:
            text = None
        else:
            self._told = text
        return Verdict(cause, delay, relist, text)
