"""The verb preempt on the wire: ``ExtenderPreemptionArgs`` in, ``ExtenderPreemptionResult`` out.

Shapes: kubernetes ``staging/src/k8s.io/kube-scheduler/extender/v1/types.go``. Victims come by UID
(``nodeCacheCapable: true``) or as whole pods, and go back by UID always.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Raw

from extender.protocol.diagnosis import kind_of, path_of
from extender.protocol.errors import ProtocolError
from extender.protocol.reading import (
    array,
    mapping,
    members,
    pick,
    pod_of,
    read,
    refuse_kind,
    string,
)

EXPECTED: Final = (
    'expected ExtenderPreemptionArgs, {"Pod": {...}, "NodeNameToVictims": null, '
    '"NodeNameToMetaVictims": {"a node": {"Pods": [{"UID": "..."}, ...], "NumPDBViolations": 0}, '
    '...}}, or the victims as whole pods under "NodeNameToVictims"'
)


@dataclass(frozen=True, slots=True)
class Victims:
    """The pods to be evicted from one node, most important first.

    Attributes:
        uids: their UIDs.
        num_pdb_violations: how many disruption budgets that would break, as kube-scheduler counts.
        pods: the same pods whole, where they were sent so: windows on the request's body.
    """

    uids: list[str]
    num_pdb_violations: int = 0
    pods: list[Raw] | None = None


@dataclass(frozen=True, slots=True)
class PreemptionArgs:
    """One question of kube-scheduler: may these pods be evicted for this one?

    Attributes:
        pod: the Pod, a JSON object, not decoded further; a window on the request's body.
        victims: by node, in the order sent. Kubernetes 1.38 on sends nodes without victims: those
            that nobody but the extender refused.
    """

    pod: Raw
    victims: dict[str, Victims]


class _MetaPod(msgspec.Struct, frozen=True, gc=False, rename={"uid": "UID"}):
    uid: str


class _MetaVictims(
    msgspec.Struct,
    frozen=True,
    rename={"pods": "Pods", "num_pdb_violations": "NumPDBViolations"},
):
    pods: list[_MetaPod]
    num_pdb_violations: int


class _PreemptionResult(
    msgspec.Struct, frozen=True, rename={"meta_victims": "NodeNameToMetaVictims"}
):
    meta_victims: dict[str, _MetaVictims]


_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Steps = list[int | str]

_encode: Final = msgspec.json.Encoder().encode
_decode_int64: Final[Callable[[bytes], int]] = msgspec.json.Decoder(_Int64).decode


def decode_preemption_args(body: bytes) -> PreemptionArgs:
    """Decode an ``ExtenderPreemptionArgs``.

    Keys are matched as in ``decode_args``. Where there are victims in both forms those by UID
    count. A node whose victims are ``null``, or without ``Pods``, has none; a pod without a UID is
    an error, as kube-scheduler could not find it again in the answer.

    Raises:
        ProtocolError: and nothing else, whatever the bytes are.
    """
    return read(body, _decode, EXPECTED)


def preemption_result(victims: Mapping[str, Victims]) -> bytes:
    """Encode an ``ExtenderPreemptionResult``: the nodes that are left, each with its victims.

    Nothing in it is ever null, which would end the kube-scheduler process. A node should have
    victims: one without is an error to kube-scheduler, and the whole preemption fails.
    """
    return _encode(
        _PreemptionResult(
            {
                node: _MetaVictims([_MetaPod(uid) for uid in v.uids], v.num_pdb_violations)
                for node, v in victims.items()
            }
        )
    )


def _decode(body: bytes) -> PreemptionArgs:
    found = members(body, "$", EXPECTED)
    pod = pod_of(found, EXPECTED)
    key, read_pods = "NodeNameToMetaVictims", _meta_pods
    by_node = pick(found, key)
    if by_node is None:
        key, read_pods = "NodeNameToVictims", _whole_pods
        by_node = pick(found, key)
    if by_node is None:
        return PreemptionArgs(pod, {})
    nodes = mapping(by_node, f"$.{key}", "an object of victims by node name, or null")
    return PreemptionArgs(
        pod, {node: _victims(value, [key, node], read_pods) for node, value in nodes.items()}
    )


def _victims(value: Raw, steps: _Steps, read_pods: Callable[[Raw, _Steps], Victims]) -> Victims:
    if kind_of(value) == "null":
        return Victims([])
    found = members(value, path_of(steps), 'victims, {"Pods": [...], "NumPDBViolations": 0}')
    pods, violations = pick(found, "Pods"), pick(found, "NumPDBViolations")
    victims = Victims([]) if pods is None else read_pods(pods, [*steps, "Pods"])
    if violations is None:
        return victims
    count = _int64(violations, [*steps, "NumPDBViolations"])
    return Victims(victims.uids, count, victims.pods)


def _meta_pods(value: Raw, steps: _Steps) -> Victims:
    uids = []
    for index, item in enumerate(array(value, path_of(steps), "an array of pods or null")):
        path = path_of([*steps, index])
        uids.append(_uid(pick(members(item, path, 'a MetaPod, {"UID": "..."}'), "UID"), path))
    return Victims(uids)


def _whole_pods(value: Raw, steps: _Steps) -> Victims:
    pods = array(value, path_of(steps), "an array of Pod objects or null")
    uids = []
    for index, item in enumerate(pods):
        path = path_of([*steps, index])
        metadata = pick(members(item, path, "a Pod object"), "metadata")
        path += ".metadata"
        found = [] if metadata is None else members(metadata, path, "an object")
        uids.append(_uid(pick(found, "uid"), path, "uid"))
    return Victims(uids, pods=pods)


def _uid(value: Raw | None, path: str, key: str = "UID") -> str:
    path = f"{path}.{key}"
    uid = "" if value is None else string(value, path, "a UID (a string)")
    if not uid:
        raise ProtocolError(f"{path} is missing, null or empty; expected a pod's UID", path=path)
    return uid


def _int64(value: Raw, steps: _Steps) -> int:
    path = path_of(steps)
    if kind_of(value) != "a number":
        refuse_kind(path, value, "a whole number or null")
    try:
        return _decode_int64(value)
    except msgspec.ValidationError:
        raise ProtocolError(
            f"{path} is no whole number of 64 bits; expected a count such as 0", path=path
        ) from None
