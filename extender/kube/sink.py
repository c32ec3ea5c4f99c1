"""What a reflector talks to: where the objects go, and who counts what happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

T_contra = TypeVar("T_contra", contravariant=True)


class Sink(Protocol[T_contra]):
    """Where the objects go. Called by the reflector's thread only.

    If a call raises, the whole set is listed and handed over again.
    """

    def listing(self) -> None:
        """The whole set is about to be asked for: what comes is no older than this moment.

        Called again if the asking begins anew. What `replace` hands over is of the latest call; a
        list that fails hands over nothing.
        """

    def replace(self, objects: Sequence[T_contra], /) -> None:
        """This is the whole set now, after a list; to be taken in one step."""

    def upsert(self, obj: T_contra, /) -> None:
        """The object is new or has changed; the same state may come twice."""

    def delete(self, obj: T_contra, /) -> None:
        """The object is gone, or no longer matches the selector; this was its last state."""


class Observer(Protocol):
    """What metrics want to know. Called by the reflector's thread only; must not raise."""

    def restarted(self, resource: str, cause: str, /) -> None:
        """A list or watch ended and will be started again; ``cause`` is a ``recovery.Cause``."""

    def relisted(self, resource: str, /) -> None:
        """The whole set was handed over, and not for the first time."""

    def synced(self, resource: str, /) -> None:
        """The whole set was handed over, or the optional resource found missing."""

    def opened(self, resource: str, /) -> None:
        """The server has accepted a watch: a sign of life, though nothing was told yet."""

    def event(self, resource: str, /) -> None:
        """A line of the watch was taken in, bookmarks included: a sign of life."""
