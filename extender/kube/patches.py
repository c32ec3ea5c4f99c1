"""The one way in which objects are changed here: a JSON merge patch (RFC 7386)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from extender.kube.calls import Sends
from extender.kube.transport import MERGE_PATCH


def merge(transport: Sends, path: str, patch: Mapping[str, object], timeout: float) -> bytes:
    """Merge fields into an object, None removing one; returns the object as it is then.

    Args:
        transport: the way to the API server.
        path: of the object or of a subresource of it, quoted (see `extender.kube.paths.part`).
        patch: the fields. ``metadata.resourceVersion`` or ``metadata.uid`` among them makes the
            server refuse (409) if the object is not just that one.
        timeout: seconds for all of it.

    Raises:
        ApiError: refused, also because the object is gone (404).
        TransportError: no whole answer in time; it is not known whether it was done.
    """
    body = msgspec.json.encode(patch)
    return transport.send("PATCH", path, body, timeout, content_type=MERGE_PATCH).body
