"""The generated cluster: as many nodes as wanted with ten pods each, as an API server prints them.

Everything follows from the positions and a fixed seed, so that two runs measure the same. Where
the cluster is mixed, six filters refuse a third of the nodes for ``questions.pod(mixed=True)``.
``node.json`` and ``pod.json`` are the objects, with ``%(name)s`` where a value comes in.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PODS_A_NODE = 10
GENERAL = "general"
"""The availability zone that the mixed cluster's pod asks for."""

_ZONES = ("zone-a", "zone-b", "zone-c")
_OUTSIDE, _PICKY = "outside", "picky"
_CAUSES = ("pool", "flavor", "cpu", "memory", "disk", "service")


def name(number: int) -> str:
    """The name of a node."""
    return f"worker-{_ZONES[number % len(_ZONES)][-1]}-{number:05d}"


def nodes(count: int, *, mixed: bool = False) -> Iterator[bytes]:
    """The nodes' JSON."""
    template = _template(_object("node"))
    for number in range(count):
        cause = refuses(number) if mixed else ""
        yield _filled(
            template,
            {
                "name": name(number),
                "uid": f"{number:08x}-7a2d-4f6b-8c9e-5f4e3d2c1b0a",
                "version": str(50_000 + number),
                "zone": _ZONES[number % len(_ZONES)],
                "pool": {"pool": _OUTSIDE, "flavor": _PICKY}.get(cause, GENERAL),
                "ratio": "4.0" if mixed and number % 2 and cause != "cpu" else "1.0",
                "ready": "False" if cause == "service" else "True",
                "ip": f"10.250.{number >> 8}.{number & 255}",
            },
        )


def pods(node_count: int, *, mixed: bool = False, managed: bool = False) -> Iterator[bytes]:
    """The JSON of the pods on all nodes.

    Args:
        node_count: how many nodes there are.
        mixed: whether to fill some nodes up.
        managed: with ``managedFields``, which the API server sends and kubectl leaves out.
    """
    pod = _object("pod")
    if not managed:
        del pod["metadata"]["managedFields"]
    template = _template(pod)
    rng = random.Random(1)  # noqa: S311 - a generated cluster, not a secret
    for serial in range(node_count * PODS_A_NODE):
        number, slot = divmod(serial, PODS_A_NODE)
        full = refuses(number) if mixed else ""
        cpu = 3200 if full == "cpu" else 50 * rng.randint(1, 36)
        memory = 12750 if full == "memory" else 64 * rng.randint(1, 120)
        disk = 50 if full == "disk" else rng.randint(0, 20)
        yield _filled(
            template,
            {
                "app": f"app-{serial % 997}",
                "name": f"app-{serial % 997}-6c9d7f5b8-{serial:05x}",
                "namespace": f"team-{serial % 61}",
                "uid": f"{serial:08x}-5b1c-4c3e-9d5f-0a1b2c3d4e5f",
                "version": str(100_000 + serial),
                "node": name(number),
                "cpu": f"{cpu}m",
                "memory": f"{memory}Mi",
                "disk": f"{disk}Gi",
                "ip": f"10.{number >> 8}.{number & 255}.{slot + 1}",
                "id": f"{serial:064x}",
            },
        )


def write_list(path: Path, node_count: int, *, mixed: bool = False) -> None:
    """Write the cluster as ``kubectl get nodes,pods,… -A -o json`` would."""
    with path.open("wb") as file:
        file.write(b'{"apiVersion":"v1","kind":"List","metadata":{},"items":[')
        file.write(b",".join(json.dumps(kind).encode() for kind in _aggregates()))
        for item in nodes(node_count, mixed=mixed):
            file.write(b"," + item)
        for item in pods(node_count, mixed=mixed):
            file.write(b"," + item)
        file.write(b"]}")


def refuses(number: int) -> str:
    """What keeps the mixed cluster's pod off a node; "" for two nodes of three."""
    turn, rest = divmod(number % (3 * len(_CAUSES)), 3)
    return "" if rest else _CAUSES[turn]


def _aggregates() -> list[dict[str, Any]]:
    metadata = {
        GENERAL: {"availability_zone": GENERAL},
        _PICKY: {"availability_zone": GENERAL, "instance_type": "m1.large,m1.xlarge"},
    }
    return [
        {
            "apiVersion": "nova-extender.io/v1alpha1",
            "kind": "HostAggregate",
            "metadata": {"name": pool},
            "spec": {"nodeSelector": {"example.com/pool": pool}, "metadata": what},
        }
        for pool, what in metadata.items()
    ]


def _object(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name(f"{kind}.json").read_bytes())
    return found


def _template(obj: dict[str, Any]) -> bytes:
    return json.dumps(obj, separators=(",", ":")).encode()


def _filled(template: bytes, values: Mapping[str, str]) -> bytes:
    return template % {key.encode(): value.encode() for key, value in values.items()}
