"""What metrics.k8s.io, which a cluster may or may not have, tells of the nodes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from extender.kube.errors import ApiError
from extender.kube.transport import Transport

PATH: Final = "/apis/metrics.k8s.io/v1beta1/nodes"


def node_metrics(transport: Transport, timeout: float) -> bytes | None:
    """The JSON of a NodeMetricsList, or None: the cluster has no such API.

    Its server makes the list of what it has in memory, all of it at once: it knows no pages.

    Args:
        transport: the way to the API server.
        timeout: seconds for all of it.

    Raises:
        ApiError: any other answer than the list or 404; 503 while the server behind it is away.
        TransportError: no whole answer in time.
    """
    try:
        return transport.get(PATH, None, timeout, total=timeout).body
    except ApiError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
