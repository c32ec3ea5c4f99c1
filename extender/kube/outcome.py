"""What a binding asks for, what can become of it, and what a pod says of it.

Source: ``assignPod`` of ``pkg/registry/core/pod/storage/storage.go`` in Kubernetes says when a
binding is refused with 409.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from extender.kube.errors import TransportError
from extender.kube.names import MAX_SUBDOMAIN, is_subdomain, wrong_with_annotations
from extender.kube.nesting import decode_deep


@dataclass(frozen=True, slots=True)
class Binding:
    """What is to be bound.

    Args:
        namespace: of the pod.
        name: of the pod.
        uid: of the pod; another pod of that name is not bound.
        node: where to. It must exist: the API server does not check.
        annotations: put into the pod together with the node's name, replacing those it has.
    """

    namespace: str
    name: str
    uid: str
    node: str
    annotations: Mapping[str, str] = field(default_factory=dict)


class Outcome(StrEnum):
    """What became of a binding."""

    BOUND = "bound"
    """The pod is on the node."""
    CONFLICT = "conflict"
    """Not the node's fault: bound elsewhere, being deleted, other UID, scheduling gates."""
    GONE = "gone"
    """The pod does not exist any more."""
    REFUSED = "refused"
    """The API server says no (admission, validation, permissions), or would have to."""
    UNAVAILABLE = "unavailable"
    """This has not bound it: nothing was sent, or the API server answered with an error and, where
    that leaves a doubt, shows the pod unbound."""
    UNKNOWN = "unknown"
    """It may be bound, or may be so in a moment: nobody could be asked, or a request without an
    answer may still be under way although the pod was last seen unbound."""


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome, with a text for the user unless it is `Outcome.BOUND`.

    There are no times in the text, so that the same fault has the same text.
    """

    outcome: Outcome
    text: str = ""


def wrong_with(binding: Binding, already: int = 0) -> str | None:
    """What the API server would refuse, or worse: would take; None if nothing is wrong.

    Args:
        binding: what is to be bound.
        already: bytes of the annotations that the pod has beside those of the binding.
    """
    if not binding.uid:
        return "its UID is not given, and without it another pod of its name could be bound"
    names = {"namespace": binding.namespace, "pod": binding.name, "node": binding.node}
    for kind, name in names.items():
        if not is_subdomain(name):
            return (
                f"{name[:MAX_SUBDOMAIN]!a} is no name of a {kind}: a DNS subdomain of at most"
                f" {MAX_SUBDOMAIN} characters is needed"
            )
    if not _is_text(binding.uid):
        return f"its UID {binding.uid[:MAX_SUBDOMAIN]!a} is no Unicode text"
    return wrong_with_annotations(binding.annotations, already)


def body(binding: Binding) -> bytes:
    """The Binding object as it is sent."""
    return msgspec.json.encode(
        {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {
                "namespace": binding.namespace,
                "name": binding.name,
                "uid": binding.uid,
                "annotations": dict(binding.annotations),
            },
            "target": {"apiVersion": "v1", "kind": "Node", "name": binding.node},
        }
    )


def result(binding: Binding, outcome: Outcome, why: str = "") -> Result:
    """The outcome with its text."""
    what = f"pod {_shown(binding.namespace)}/{_shown(binding.name)}"
    where = f"bound to node {_shown(binding.node)}"
    match outcome:
        case Outcome.BOUND:
            return Result(outcome)
        case Outcome.UNKNOWN:
            return Result(outcome, f"it is not known whether {what} is {where}: {why}")
    return Result(outcome, f"{what} is not {where}: {why}")


def judge(binding: Binding, raw: bytes) -> Result | None:
    """What the pod's JSON says of the binding; None if the pod can still be bound.

    Raises:
        TransportError: of kind ``protocol``: this is no pod.
    """
    try:
        pod = decode_deep(_pod, raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TransportError(f"not a pod: {error}", "protocol") from error
    meta, spec = pod.metadata, pod.spec
    if meta.uid != binding.uid:
        why = f"another pod has its name by now, of UID {meta.uid} and not {binding.uid}"
    elif spec.node == binding.node:
        return result(binding, Outcome.BOUND)
    elif spec.node:
        why = f"it is on node {spec.node} already"
    elif meta.deleted is not None:
        why = "it is being deleted"
    elif spec.gates:
        why = f"it has scheduling gates: {', '.join(gate.name for gate in spec.gates)}"
    else:
        return None
    return result(binding, Outcome.CONFLICT, why)


class _Meta(msgspec.Struct):
    uid: str
    deleted: str | None = msgspec.field(default=None, name="deletionTimestamp")


class _Gate(msgspec.Struct):
    name: str = ""


class _Spec(msgspec.Struct):
    node: str | None = msgspec.field(default=None, name="nodeName")
    gates: list[_Gate] | None = msgspec.field(default=None, name="schedulingGates")


class _Pod(msgspec.Struct):
    metadata: _Meta
    spec: _Spec


_pod = msgspec.json.Decoder(_Pod)


def _shown(name: str) -> str:
    """A name in a text: what is no name is cut, and can be written in any case."""
    return name[:MAX_SUBDOMAIN].encode(errors="backslashreplace").decode()


def _is_text(text: str) -> bool:
    """Whether it can be written: JSON read leniently may hold halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
