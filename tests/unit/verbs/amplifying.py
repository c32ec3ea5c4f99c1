"""An API server's part for what the leader writes to nodes: its admission amplifies, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from extender.state.node_feed import NodeSink, read_node
from extender.state.pod_feed import PodSink, read_pod
from extender.translate.admission import Ratios, amend_status
from extender.translate.objects import decode_node
from extender.verbs.engine import Engine
from extender.verbs.overcommit import OvercommitWriter
from tests.unit.verbs.making import PREFIX, Object, engine, node, pod, raw

FLOOR = f"{PREFIX}allocatable_floor_cpu"


class Nodes:
    """Nodes of four CPUs with their watch, a clock, and a writer of floors and nudges."""

    def __init__(self, *names: str, settings: str = "") -> None:
        self.objects: dict[str, Object] = {name: node(name) for name in names}
        self.engine: Engine = engine(self.objects.values(), settings=settings)
        self.amplifies = True
        self.watching = True
        self.ready = True
        self.clock = 1000.0
        self.told: list[str] = []
        self.writes: list[tuple[str, str]] = []
        self.failing: dict[str, Exception] = {}
        self.pods: dict[str, Object] = {}
        self.writer = OvercommitWriter(
            self.engine,
            self.annotate,
            self.nudge,
            self.told.append,
            ready=lambda: self.ready,
            clock=lambda: self.clock,
        )
        self._nodes = NodeSink(self.engine.cluster, self.engine.lock, lambda _: None)
        self._pods = PodSink(self.engine.cluster, self.engine.lock)

    # -- what others do --------------------------------------------------------------------

    def set(self, name: str, **annotations: str | None) -> None:
        """An administrator's annotations; they are no status write."""
        self._merge(name, {PREFIX + key: text for key, text in annotations.items()})
        self.show(name)

    def bind(self, name: str, on: str, cpu: str) -> None:
        """A pod is on a node."""
        self.pods[name] = pod(name, cpu, on=on)
        self._pods.upsert(read_pod(raw(self.pods[name]), self.told.append))

    def end(self, name: str) -> None:
        """A pod is gone."""
        self._pods.delete(read_pod(raw(self.pods.pop(name)), self.told.append))

    def restart(self, name: str, cpu: str = "4") -> None:
        """The kubelet writes what the node has of its own."""
        self.objects[name]["status"]["allocatable"]["cpu"] = cpu
        self._admit(name)
        self.show(name)

    # -- what is seen ----------------------------------------------------------------------

    def cpu(self, name: str) -> str:
        """Allocatable CPU as the quantity it stands there."""
        found: str = self.objects[name]["status"]["allocatable"]["cpu"]
        return found

    def floor(self, name: str) -> str | None:
        """The floor of CPU."""
        found: str | None = self.objects[name]["metadata"]["annotations"].get(FLOOR)
        return found

    def show(self, name: str) -> None:
        """The watch shows a node as it is."""
        if self.watching:
            self._nodes.upsert(read_node(raw(self.objects[name]), self.engine.options))

    def round(self, seconds: float = 2.0) -> list[tuple[str, str]]:
        """Some seconds later a round; gives what was written where."""
        self.clock += seconds
        before = len(self.writes)
        done = self.writer.run_once()
        found = self.writes[before:]
        assert done == sum(name not in self.failing for name, _ in found)
        return found

    # -- what the leader calls -------------------------------------------------------------

    def annotate(self, name: str, annotations: Mapping[str, str | None]) -> None:
        """Merge annotations."""
        self._write(name, "floors", lambda: self._merge(name, annotations))

    def nudge(self, name: str) -> None:
        """Admission looks at the status."""
        self._write(name, "nudge", lambda: self._admit(name))

    def _write(self, name: str, what: str, do: Callable[[], None]) -> None:
        self.writes.append((name, what))
        if name in self.failing:
            raise self.failing[name]
        do()
        self.show(name)

    def _merge(self, name: str, annotations: Mapping[str, str | None]) -> None:
        found: dict[str, Any] = self.objects[name]["metadata"]["annotations"]
        for key, text in annotations.items():
            if text is None:
                found.pop(key, None)
            else:
                found[key] = text

    def _admit(self, name: str) -> None:
        if not self.amplifies:
            return
        made = decode_node(raw(self.objects[name]))
        amended = amend_status(made, made, "system:admin", Ratios())
        self._merge(name, amended.annotations)
        self.objects[name]["status"]["allocatable"] |= amended.allocatable
