"""What a node can run, what is known of its CPU, and what else is said of it.

Nova's virt drivers report these. On Kubernetes they come from the kubelet (``status.nodeInfo``),
from the labels of Node Feature Discovery, and from annotations.

Nodes come again and again with hundreds of labels, and most say what others say. What is made of
equal words is therefore remembered and shared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from extender.model.guests import ARCHITECTURES, HYPERVISOR_TYPES, VM_MODES, GuestNames
from extender.model.host_parts import Unreadable
from extender.model.host_state import NOTHING_SAID
from extender.model.said import Said
from extender.translate import annotations as table
from extender.translate.errors import shown_json
from extender.translate.readers import AnnotationError, read_array, read_object, read_text

if TYPE_CHECKING:
    from extender.translate.annotations import Annotation
    from extender.translate.schema import Node

T = TypeVar("T")
Guests = tuple[tuple[str, ...], ...]
"""Architecture, hypervisor type and VM mode of each kind of guest that a node can run."""

CPU_LABEL = "feature.node.kubernetes.io/cpu-"
FEATURE_LABEL = f"{CPU_LABEL}cpuid."
"""Before the name of a feature: where the label is ``true`` the CPU has it."""
VENDOR_LABEL = f"{CPU_LABEL}model.vendor_id"
MODEL_LABELS = {"family": f"{CPU_LABEL}model.family", "id": f"{CPU_LABEL}model.id"}

_CONTAINERS = "exe"
_remembered = lru_cache(maxsize=256)


class Capabilities(NamedTuple):
    """``supported_instances``, ``cpu_info`` and ``stats`` of Nova's compute node."""

    supported_instances: Guests
    cpu_info: Mapping[str, object]
    stats: Mapping[str, object]


def read_capabilities(
    node: Node, runtime: str | None, bad: Callable[[Unreadable, str], None]
) -> Capabilities:
    """What a node can do; what an annotation says beside it counts where it can be read.

    Args:
        node: as the API server has it.
        runtime: its container runtime's name.
        bad: takes in what cannot be read: which filters mind, and a text for people.
    """
    info = node.status.node_info if node.status is not None else None
    written = (info.architecture if info is not None else None) or ""
    architecture = ARCHITECTURES.canonical(written) or written.lower()
    labels = _cpu_labels(tuple(node.labels))
    values = tuple(map(node.labels.__getitem__, labels))

    def annotated(row: Annotation, bit: Unreadable, read: Callable[[str | None], T]) -> T:
        try:
            return read(read_text(node.annotations, row))
        except AnnotationError as error:
            bad(bit, f"node {error}")
            return read(None)

    return Capabilities(
        annotated(
            table.SUPPORTED_INSTANCES,
            Unreadable.SUPPORTED_INSTANCES,
            lambda said: _guests(architecture, runtime or "", said),
        ),
        annotated(
            table.CPU_INFO,
            Unreadable.CPU_INFO,
            lambda said: _cpu_info(architecture, labels, values, said),
        ),
        annotated(table.STATS, Unreadable.STATS, _stats),
    )


@_remembered
def _guests(architecture: str, runtime: str, said: str | None) -> Guests:
    """Containers of the node's runtime, and what the annotation adds."""
    own = ((architecture, runtime.lower(), _CONTAINERS),) if architecture or runtime else ()
    if said is None:
        return own
    row = table.SUPPORTED_INSTANCES
    further = [_guest(row.key, guest) for guest in read_array({row.key: said}, row)]
    return tuple(dict.fromkeys((*own, *further)))


def _guest(key: str, value: Any) -> tuple[str, ...]:
    kinds = (ARCHITECTURES, HYPERVISOR_TYPES, VM_MODES)
    if not isinstance(value, list) or len(value) != len(kinds):
        wrong = f"{shown_json(value, 80)} is no guest"
        raise AnnotationError(key, wrong, "lists of architecture, hypervisor type and VM mode")
    return tuple(_name(key, kind, name) for kind, name in zip(kinds, value, strict=True))


def _name(key: str, kind: GuestNames, value: Any) -> str:
    name = kind.canonical(value) if isinstance(value, str) else None
    if name is None:
        wrong = f"{shown_json(value, 80)} is not a name that Nova knows"
        raise AnnotationError(key, wrong, ", ".join(kind.names))
    return name


@_remembered
def _cpu_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a node's labels that tell of its CPU."""
    return tuple(label for label in labels if label.startswith(CPU_LABEL))


@_remembered
def _cpu_info(
    architecture: str, labels: tuple[str, ...], values: tuple[str, ...], said: str | None
) -> Mapping[str, object]:
    """What labels say, under what the annotation says; its names win, each as a whole."""
    labelled = dict(zip(labels, values, strict=True))
    vendor = labelled.get(VENDOR_LABEL)
    model = {name: labelled[label] for name, label in MODEL_LABELS.items() if label in labelled}
    start = len(FEATURE_LABEL)
    features = sorted(
        label[start:].lower()
        for label, value in labelled.items()
        if value == "true" and label.startswith(FEATURE_LABEL)
    )
    known = {"arch": architecture, "vendor": vendor, "model": model, "features": features}
    found: dict[str, object] = {name: value for name, value in known.items() if value}
    if said is not None:
        found |= _annotated_cpu(said)
    return Said(found) if found else NOTHING_SAID


def _annotated_cpu(said: str) -> dict[str, Any]:
    row = table.CPU_INFO
    given = read_object({row.key: said}, row)
    width = given.get("maxphysaddr", {})
    bits = width.get("bits", 0) if isinstance(width, dict) else None
    if not isinstance(bits, int) or isinstance(bits, bool) or bits < 0:
        wrong = f"maxphysaddr is {shown_json(width, 80)}"
        raise AnnotationError(row.key, wrong, 'an object such as {"bits": 46}')
    return given


def _stats(said: str | None) -> Mapping[str, object]:
    return NOTHING_SAID if said is None else Said(read_object({table.STATS.key: said}, table.STATS))
