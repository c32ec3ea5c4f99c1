"""What happens to a node in the scenarios of overcommit, and what it is to be afterwards."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extender.translate import quantity
from tests.e2e.api import Api, Object, path
from tests.e2e.objects import PREFIX, Strings, node

STRATEGIC = "application/strategic-merge-patch+json"
NAMES = {"cpu": "cpu", "memory": "memory", "disk": "ephemeral-storage"}

Expected = Mapping[str, int | tuple[int, int]]
"""By resource, in milli-cores or bytes: what is allocatable with nothing saved, or the saved own
and amplified amounts of which the latter is allocatable. What is not named is as in `RAW`."""

RAW: Expected = {"cpu": 32_000, "memory": 256 * 1024**3, "disk": 100 * 1024**3}
"""What the nodes of the scenarios have, unless they say otherwise."""


@dataclass
class Subject:
    """The node that a scenario is about."""

    api: Api
    name: str
    remembered: Object = field(default_factory=dict)

    def read(self) -> Object:
        """The node as it stands."""
        return self.api.get("Node", self.name)

    def put(self, obj: Object, *, status: bool) -> None:
        """Writes all of it, whatever has become of it since."""
        obj = copy.deepcopy(obj)
        for server_owned in ("resourceVersion", "managedFields"):
            obj["metadata"].pop(server_owned, None)
        where = path("Node", self.name) + ("/status" if status else "")
        self.api.request("PUT", where, obj)


class Step:
    """Something that somebody does."""

    def do(self, subject: Subject) -> None:
        """Does it."""
        raise NotImplementedError


@dataclass(frozen=True)
class Annotate(Step):
    """An administrator writes annotations: names without the prefix; ``None`` takes one away."""

    annotations: Mapping[str, str | None]

    def do(self, subject: Subject) -> None:
        """A write to `nodes`."""
        keyed = {PREFIX + name: value for name, value in self.annotations.items()}
        subject.api.patch("Node", subject.name, {"metadata": {"annotations": keyed}})


@dataclass(frozen=True)
class Kubelet(Step):
    """The node's kubelet writes what it works out; a new capacity where the machine changed."""

    allocatable: Strings
    capacity: Strings = field(default_factory=dict)

    def do(self, subject: Subject) -> None:
        """A write to `nodes/status`, as kubelets do it."""
        status: Object = {"allocatable": dict(self.allocatable)}
        if self.capacity:
            status["capacity"] = dict(self.capacity)
        where = f"{path('Node', subject.name)}/status"
        subject.api.kubelet(subject.name).request("PATCH", where, {"status": status}, STRATEGIC)


@dataclass(frozen=True)
class Status(Step):
    """Somebody who is no kubelet writes the status."""

    status: Mapping[str, Any]

    def do(self, subject: Subject) -> None:
        """A write to `nodes/status`."""
        subject.api.patch("Node", subject.name, {"status": self.status}, subresource="status")


@dataclass(frozen=True)
class Heartbeat(Step):
    """Somebody writes a condition of the node, and nothing else."""

    message: str = "still here"

    def do(self, subject: Subject) -> None:
        """A write to `nodes/status`."""
        condition = {"type": "Tested", "status": "True", "message": self.message}
        body = {"status": {"conditions": [condition]}}
        where = f"{path('Node', subject.name)}/status"
        subject.api.request("PATCH", where, body, STRATEGIC)


@dataclass(frozen=True)
class Remember(Step):
    """Somebody reads the node, to write it back later."""

    def do(self, subject: Subject) -> None:
        """A read."""
        subject.remembered = subject.read()


@dataclass(frozen=True)
class WriteBack(Step):
    """Who read the node earlier writes it back, without asking what became of it."""

    status: bool

    def do(self, subject: Subject) -> None:
        """A write to `nodes/status`, or to `nodes`."""
        subject.put(subject.remembered, status=self.status)


@dataclass(frozen=True)
class WriteOlderAnnotations(Step):
    """Who remembers the node's annotations writes them with the status as it is now."""

    def do(self, subject: Subject) -> None:
        """A write to `nodes/status`."""
        obj = subject.read()
        obj["metadata"]["annotations"] = subject.remembered["metadata"]["annotations"]
        subject.put(obj, status=True)


@dataclass(frozen=True)
class WriteWithoutSaved(Step):
    """Somebody writes the whole node who does not know the saved annotations."""

    status: bool

    def do(self, subject: Subject) -> None:
        """A write to `nodes/status`, or to `nodes`."""
        obj = subject.read()
        annotations = obj["metadata"]["annotations"]
        for key in [key for key in annotations if is_saved(key)]:
            del annotations[key]
        subject.put(obj, status=self.status)


@dataclass(frozen=True)
class Scenario:
    """A node, what happens to it, and what it is after each step.

    Args:
        name: For people.
        steps: What happens, and what the node is then; ``None`` where nothing at all may change.
        created: What the node is once it is created.
        annotations: The node's when it is created, without the prefix.
        labels: Likewise.
        status: What replaces parts of the status it is created with.
        values: What the chart is installed with, below `overcommit`.
    """

    name: str
    steps: tuple[tuple[Step, Expected | None], ...] = ()
    created: Expected = field(default_factory=dict)
    annotations: Strings = field(default_factory=dict)
    labels: Strings = field(default_factory=dict)
    status: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def run(scenario: Scenario, api: Api, delivery: str) -> None:
    """Makes the node, does all the steps and compares; the node is gone afterwards.

    Args:
        scenario: One of the table.
        api: Where the chart is installed, with the scenario's values.
        delivery: Who amplifies, for the messages.
    """
    subject = Subject(api, "subject")
    api.create(_created(scenario, subject.name))
    told = f"{scenario.name} ({delivery})"
    try:
        _compare(subject.read(), scenario.created, f"{told}: created")
        for number, (step, expected) in enumerate(scenario.steps, 1):
            before = subject.read()
            step.do(subject)
            after = subject.read()
            where = f"{told}: step {number}, {step}"
            if expected is None:
                assert _kept(after) == _kept(before), where
            else:
                _compare(after, expected, where)
    finally:
        api.delete("Node", subject.name)


def is_saved(key: str) -> bool:
    """Whether an annotation is one of the six that are saved."""
    return key.startswith((f"{PREFIX}raw_allocatable_", f"{PREFIX}amplified_allocatable_"))


def found(obj: Object) -> dict[str, int | tuple[int, ...]]:
    """What a node is, in the shape of `Expected`; absent resources are left out."""
    annotations = obj["metadata"].get("annotations", {})
    allocatable = obj["status"].get("allocatable", {})
    result: dict[str, int | tuple[int, ...]] = {}
    for short, name in NAMES.items():
        if name not in allocatable:
            continue
        nano = quantity.parse(allocatable[name])
        amount = quantity.milli(nano) if short == "cpu" else quantity.units(nano)
        words = [
            annotations.get(f"{PREFIX}{kind}_allocatable_{name.replace('-', '_')}")
            for kind in ("raw", "amplified")
        ]
        if words == [None, None]:
            result[short] = amount
        elif words[1] == str(amount) and words[0] is not None:
            result[short] = (int(words[0]), amount)
        else:
            raise AssertionError(f"{short}: allocatable {amount}, but saved {words}")
    return result


def _compare(obj: Object, expected: Expected, where: str) -> None:
    """Whether a node is as expected."""
    wanted = {
        short: amount
        for short, amount in {**RAW, **expected}.items()
        if NAMES[short] in obj["status"].get("allocatable", {})
    }
    assert found(obj) == wanted, where


def _kept(obj: Object) -> Object:
    """What of a node stays to the byte where it is not written; controllers see to the rest."""
    metadata = obj["metadata"]
    annotations = metadata.get("annotations", {})
    return {
        "annotations": {k: v for k, v in annotations.items() if k.startswith(PREFIX)},
        "labels": metadata.get("labels"),
        "status": obj["status"],
    }


def _created(scenario: Scenario, name: str) -> Object:
    """The node of a scenario, which no kubelet and no kwok keeps."""
    annotations = {PREFIX + key: value for key, value in scenario.annotations.items()}
    obj = node(name, "32", "256Gi", annotations=annotations, labels=scenario.labels, ready=False)
    for part, value in scenario.status.items():
        obj["status"][part] = value
    if not annotations:
        del obj["metadata"]["annotations"]
    return obj
