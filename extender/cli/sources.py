"""Where the cluster comes from: a file, or a live API server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from extender.kube.credentials import from_kubeconfig, in_cluster
from extender.kube.snapshot import Snapshot, read_snapshot
from extender.kube.transport import Transport
from extender.model.host_state import HostState
from extender.model.options import TranslateOptions
from extender.state.kind_feed import put_kinds
from extender.state.node_feed import NodeSink, read_node
from extender.state.numa_feed import NodeTopology, NUMASink, read_node_topology
from extender.state.pod_feed import PodRecord, PodSink, read_pod
from extender.translate.errors import TranslateError
from extender.verbs.engine import Engine

EXAMPLE = Path(__file__).with_name("example") / "cluster.yaml"
KINDS = frozenset({"Node", "Pod", "HostAggregate", "Flavor", "ServerGroup", "NodeResourceTopology"})

Tell = Callable[[str], object]


def load_file(engine: Engine, path: str, tell: Tell) -> None:
    """Fill the engine's cluster from a file; ``example`` is the one inside the package.

    An object that cannot be read is told of and left out; the others count.

    Raises:
        SnapshotError: the file as a whole cannot be read.
    """
    snapshot = read_snapshot(str(EXAMPLE) if path == "example" else path, KINDS)
    for kind, count in sorted(snapshot.unread.items()):
        tell(f"{count} objects of kind {kind} are not read; kinds read: {', '.join(sorted(KINDS))}")
    put_kinds(
        engine.cluster,
        engine.lock,
        tell,
        snapshot.of("HostAggregate"),
        snapshot.of("Flavor"),
        snapshot.of("ServerGroup"),
    )
    topologies = NUMASink(engine.cluster, engine.lock)
    topologies.replace(_distinct_topologies(snapshot, tell))
    nodes = NodeSink(engine.cluster, engine.lock, tell)
    nodes.replace(_distinct_nodes(snapshot, engine.options, tell))
    PodSink(engine.cluster, engine.lock).replace(_distinct_pods(snapshot, tell))


def _distinct_nodes(snapshot: Snapshot, options: TranslateOptions, tell: Tell) -> list[HostState]:
    found: dict[str, HostState] = {}
    for raw in snapshot.of("Node"):
        try:
            host = read_node(raw, options)
        except TranslateError as error:
            tell(f"{error}; the node is left out")
            continue
        if not host.host:
            tell("a Node without metadata.name is left out")
            continue
        if host.host in found:
            tell(f"node {host.host} stands twice in the file; the later one counts")
        found[host.host] = host
    return list(found.values())


def _distinct_topologies(snapshot: Snapshot, tell: Tell) -> list[NodeTopology]:
    found: dict[str, NodeTopology] = {}
    for raw in snapshot.of("NodeResourceTopology"):
        try:
            read = read_node_topology(raw)
        except TranslateError as error:
            tell(f"{error}; it is left out")
            continue
        if read.host in found:
            tell(f"NodeResourceTopology {read.host} stands twice in the file; the later one counts")
        found[read.host] = read
    return list(found.values())


def _distinct_pods(snapshot: Snapshot, tell: Tell) -> list[PodRecord]:
    found: dict[str, PodRecord] = {}
    for raw in snapshot.of("Pod"):
        try:
            record = read_pod(raw, tell)
        except TranslateError as error:
            tell(f"{error}; the pod is left out")
            continue
        if record.uid in found:
            tell(f"pod uid {record.uid} stands twice in the file; the later one counts")
        found[record.uid] = record
    return list(found.values())


def transport(kubeconfig: str | None) -> Transport:
    """The way to the API server of a kubeconfig, else of the cluster this runs in.

    Raises:
        KubeConfigError: neither can be had.
    """
    return from_kubeconfig(kubeconfig) if kubeconfig else in_cluster()
