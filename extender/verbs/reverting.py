"""The use cases ``overcommit check`` and ``overcommit revert``: may the amplification of nodes go?

Pods that together request more than a node has of its own were admitted because its allocatable is
amplified. When that ends, the next restart of the kubelet ends some of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from http import HTTPStatus
from typing import NamedTuple, TypeVar

import msgspec

from extender.kube.errors import ApiError
from extender.model.options import TranslateOptions
from extender.state.cluster import Cluster
from extender.state.floors import inventories, overcommitted
from extender.state.node_feed import NodeSink, read_node
from extender.state.pod_feed import PodSink, read_pod
from extender.translate.admission import Amended
from extender.translate.errors import TranslateError
from extender.translate.objects import decode_node
from extender.translate.restoration import restoration
from extender.translate.schema import Node

PATIENCE = 30.0
"""Seconds for which a node that is amplified again is put back again: an API server goes by a
policy for some seconds after it was deleted."""

PAUSE = 2.0
"""Seconds between one pass over the nodes and the next."""

T = TypeVar("T")
Raws = Iterable[bytes | msgspec.Raw]
Restore = Callable[[str, str, Mapping[str, str | None], Mapping[str, str]], object]


class Excess(NamedTuple):
    """Pods of a node that request more than it has of its own, in milli-cores or bytes.

    Args:
        node: its name.
        resource: HostState's name of it.
        requested: what the kubelet counts.
        raw: what the node has of its own.
        allocatable: what holds requests at present.
    """

    node: str
    resource: str
    requested: int
    raw: int
    allocatable: int


class Reverted(NamedTuple):
    """How putting nodes back went, by their names.

    Args:
        done: nodes that are as if they had never been amplified.
        again: nodes that were amplified again each time.
        failed: why others could not be written.
    """

    done: Sequence[str]
    again: Sequence[str]
    failed: Mapping[str, str]


def excesses(nodes: Raws, pods: Raws, tell: Callable[[str], object]) -> list[Excess]:
    """What kubelets that restart would not admit again without the amplification, by node.

    Only nodes that are amplified, or could be: what others request is not for a policy to hold.

    Args:
        nodes: all of them, as JSON.
        pods: all of them, likewise.
        tell: told of objects that cannot be read, and are not counted.
    """
    cluster, lock = Cluster(), nullcontext()
    # What else is wrong with a node does not matter here.
    sink = NodeSink(cluster, lock, lambda _: None)
    options = TranslateOptions()
    sink.replace(list(_read(nodes, lambda raw: read_node(raw, options), tell)))
    PodSink(cluster, lock).replace(list(_read(pods, lambda raw: read_pod(raw, tell), tell)))
    return [
        Excess(host.host, resource.inventory, one.requested, one.raw, one.held)
        for host in sorted(cluster.table.hosts, key=lambda host: host.host)
        for resource, one in inventories(host)
        if overcommitted(one) and one.requested > one.raw
    ]


def revert(
    list_nodes: Callable[[], Raws],
    restore: Restore,
    tell: Callable[[str], object],
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] = time.sleep,
) -> Reverted:
    """Put every node back to what it has of its own, and look whether it stays so.

    Args:
        list_nodes: reads all nodes anew, as JSON; may raise.
        restore: writes a node of this name, at this version, these annotations and this
            allocatable; raises if it cannot.
        tell: told of nodes that cannot be read.
        clock: seconds that only grow.
        pause: waits for so many seconds.

    Raises:
        KubeError: nodes cannot be read or, where no rights are given at all, not be written.
    """
    written: set[str] = set()
    failed: dict[str, str] = {}
    end: float | None = None
    while True:
        nodes = _read(list_nodes(), decode_node, tell)
        due = [(node, restoration(node)) for node in nodes if node.name not in failed]
        due = [(node, found) for node, found in due if found.annotations or found.allocatable]
        if not due or (end is not None and clock() >= end):
            again = {node.name for node, _ in due}
            return Reverted(sorted(written - again), sorted(again), failed)
        for node, found in due:
            wrong = _restore(node, found, restore)
            if wrong:
                failed[node.name] = wrong
                written.discard(node.name)
            else:
                written.add(node.name)
        if end is None:
            end = clock() + PATIENCE
        pause(PAUSE)


def _restore(node: Node, found: Amended, restore: Restore) -> str:
    """Put one node back; why that will not do, "" where it did or is worth another try."""
    try:
        restore(node.name, node.resource_version, found.annotations, found.allocatable)
    except ApiError as error:
        if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise
        # Gone, or written by somebody else in between: the next look tells.
        if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            return str(error)
    return ""


def _read(
    raws: Raws, read: Callable[[bytes | msgspec.Raw], T], tell: Callable[[str], object]
) -> Iterator[T]:
    """What can be read of them."""
    for raw in raws:
        try:
            yield read(raw)
        except TranslateError as error:
            tell(f"{error}; it is not counted")
