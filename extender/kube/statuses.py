"""Writing the status of our own kinds."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from extender.kube.transport import MERGE_PATCH, Transport


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
    body = msgspec.json.encode({"status": dict(status)})
    transport.send("PATCH", f"{path}/status", body, timeout, content_type=MERGE_PATCH)
