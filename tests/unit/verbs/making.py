"""Engines, and the nodes, pods and request bodies they are asked about, from plain values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any

import msgspec

from extender.cli.assembly import build_engine
from extender.config.load import load
from extender.model.attempt import Attempt
from extender.protocol.replies import Reply
from extender.state.attempts import Attempts
from extender.state.kind_feed import put_kinds
from extender.state.node_feed import NodeSink, Tell, read_node
from extender.state.pod_feed import PodSink, read_pod
from extender.verbs.engine import Engine

PREFIX = "nova-extender.io/"
KEYS = ("Nodes", "NodeNames", "FailedNodes", "FailedAndUnresolvableNodes", "Error")

Object = dict[str, Any]


@cache
def built(settings: str) -> Engine:
    """What the configuration of this YAML makes, for engines to be made of; not to be asked."""
    return build_engine(load(None, settings).config)


def prefixed(annotations: Mapping[str, str] | None) -> dict[str, str]:
    """Annotations of ours, by Nova's names."""
    return {PREFIX + name: value for name, value in (annotations or {}).items()}


def node(
    name: str,
    cpu: Any = "4",
    memory: Any = "16Gi",
    disk: Any = "100Gi",
    zone: str | None = None,
    ready: str = "True",
    annotations: Mapping[str, str] | None = None,
    **more: Any,
) -> Object:
    """A ready node of this size; ``more`` replaces whole parts of the object."""
    labels = {"kubernetes.io/hostname": name}
    if zone is not None:
        labels["topology.kubernetes.io/zone"] = zone
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "labels": labels,
            "annotations": prefixed(annotations),
        },
        "spec": {},
        "status": {
            "allocatable": {"cpu": cpu, "memory": memory, "ephemeral-storage": disk},
            "conditions": [{"type": "Ready", "status": ready}],
        },
        **more,
    }


def pod(
    name: str = "new",
    cpu: Any = None,
    memory: Any = None,
    disk: Any = None,
    on: str | None = None,
    annotations: Mapping[str, str] | None = None,
    uid: str | None = None,
    namespace: str = "default",
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """A pod that requests so much, pending unless it is ``on`` a node; ``spec`` adds to its own."""
    amounts = {"cpu": cpu, "memory": memory, "ephemeral-storage": disk}
    requests = {what: amount for what, amount in amounts.items() if amount is not None}
    bound = {} if on is None else {"nodeName": on}
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}" if uid is None else uid,
            "annotations": prefixed(annotations),
        },
        "spec": {
            "containers": [{"name": "main", "resources": {"requests": requests}}],
            **bound,
            **spec,
        },
        "status": {"phase": "Pending" if on is None else "Running", **(status or {})},
    }


def kind(name: str, kind_of: str, namespace: str = "", **spec: Any) -> Object:
    """One of our own kinds."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {
        "apiVersion": "nova-extender.io/v1alpha1",
        "kind": kind_of,
        "metadata": metadata,
        "spec": spec,
    }


def raw(value: Any) -> msgspec.Raw:
    """A value as JSON that is not looked into yet."""
    return msgspec.Raw(json.dumps(value).encode())


def raws(values: Iterable[Object], kind_of: str) -> list[msgspec.Raw]:
    """Those of one kind."""
    return [raw(value) for value in values if value.get("kind") == kind_of]


def engine(
    nodes: Iterable[Object] = (),
    pods: Iterable[Object] = (),
    kinds: Iterable[Object] = (),
    settings: str = "",
    told: list[str] | None = None,
    recorded: list[Attempt] | None = None,
) -> Engine:
    """An engine that knows this cluster; its time goes on by a second at each look, from 1000.

    What could not be read goes to ``told``, what is recorded to ``recorded``.
    """
    seconds, ticks = count(1000), count()
    made = Engine(
        scheduler=replace(built(settings).scheduler, clock=lambda: float(next(ticks))),
        options=built(settings).options,
        attempts=Attempts(built(settings).attempts.limit),
        record=([] if recorded is None else recorded).append,
        now=lambda: float(next(seconds)),
    )
    told = [] if told is None else told
    tell: Tell = told.append
    kinds = list(kinds)
    put_kinds(
        made.cluster,
        made.lock,
        tell,
        raws(kinds, "HostAggregate"),
        raws(kinds, "Flavor"),
        raws(kinds, "ServerGroup"),
    )
    hosts = [read_node(raw(value), made.options) for value in nodes]
    NodeSink(made.cluster, made.lock, tell).replace(hosts)
    PodSink(made.cluster, made.lock).replace([read_pod(raw(value), tell) for value in pods])
    return made


def body(value: Object, *names: str, **keys: Any) -> bytes:
    """A request as kube-scheduler writes it, for these names; ``keys`` replaces whole members."""
    whole = {"Pod": value, "Nodes": None, "NodeNames": list(names), **keys}
    return json.dumps(whole, separators=(",", ":")).encode()


def nodes_body(value: Object, *nodes: Object) -> bytes:
    """A request with whole nodes, as kube-scheduler writes it."""
    return body(value, Nodes={"metadata": {}, "items": list(nodes)}, NodeNames=None)


def decoded(reply: Reply) -> Any:
    """The reply, which must be a good one."""
    assert reply.status == 200
    assert reply.content_type == "application/json"
    return json.loads(reply.body)


def verdicts(result: Mapping[str, Any]) -> dict[str, str]:
    """Each node of a filter result: "" where it passes, else the text it was refused with."""
    assert tuple(result) == KEYS
    assert result["Error"] == ""
    found = dict.fromkeys(result["NodeNames"], "")
    assert len(found) == len(result["NodeNames"])
    for failed in (result["FailedNodes"], result["FailedAndUnresolvableNodes"]):
        assert not found.keys() & failed.keys()
        assert all(failed.values())
        found.update(failed)
    return found
