"""What writers need of a `Transport`: nothing but its calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from extender.kube.connection import Interrupt
from extender.kube.transport import Response


class Sends(Protocol):
    """Can write; see `Transport.send`."""

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout: float = ...,
        *,
        content_type: str = ...,
        interrupt: Interrupt | None = ...,
    ) -> Response:
        """One write and its whole answer."""


class Calls(Sends, Protocol):
    """Can read, too; see `Transport.get`."""

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = ...,
        timeout: float = ...,
        *,
        interrupt: Interrupt | None = ...,
    ) -> Response:
        """One whole answer."""
