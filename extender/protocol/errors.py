"""The one exception of this package."""

from __future__ import annotations


class ProtocolError(Exception):
    """A request that is not what kube-scheduler would send.

    The text is meant for the person who reads the scheduler's event or the caller's terminal: what
    was wrong, where, and what would be right. It quotes at most a few short keys of the request.

    Attributes:
        path: where in the document, as a JSON path (``$.NodeNames[3]``); ``$`` is the whole of it.
        offset: how many bytes into the body, where the text itself is broken; else ``None``.
    """

    def __init__(self, message: str, *, path: str = "$", offset: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.offset = offset
