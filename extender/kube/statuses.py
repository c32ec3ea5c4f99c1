"""Writing the status of our own kinds."""

from __future__ import annotations

from collections.abc import Mapping

from extender.kube.patches import merge
from extender.kube.transport import Transport


def patch_status(
    transport: Transport, path: str, status: Mapping[str, object], timeout: float
) -> None:
    """Merge these fields into the status of an object; nothing else of it changes.

    Args:
        transport: the way to the API server.
        path: of the object, quoted (see `extender.kube.paths.part`).
        status: the fields; None removes one, and an array replaces the one that is there.
        timeout: seconds for all of it.

    Raises:
        ApiError: refused, also because the object is gone (404).
        TransportError: no whole answer in time; it is not known whether it was done.
    """
    merge(transport, f"{path}/status", {"status": dict(status)}, timeout)
