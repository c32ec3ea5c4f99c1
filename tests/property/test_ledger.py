"""Any interleaving of node, pod and aggregate events against a naive recount."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from extender.model.contribution import Contribution
from extender.model.groups import HostAggregate
from extender.model.host_parts import Instance
from extender.model.host_state import HostState
from extender.state.cluster import Cluster
from extender.state.node_feed import NodeSink
from extender.state.pod_feed import PodRecord, PodSink
from tests.builders import host

HOSTS = [f"node-{n}" for n in range(5)]
UIDS = [f"uid-{n}" for n in range(8)]
ENCODED = ("host", "folded_host", "nodename", "cell_uuid", "zones", "aggregates")

Group = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """A pod as the naive recount knows it."""

    name: str
    namespace: str
    entry: Contribution | None

    @property
    def record(self) -> PodRecord:
        """The pod as the sink is handed it."""
        pending = None if self.entry is not None else f"{self.name}: JSON".encode()
        return PodRecord("uid-" + self.name[4:], self.namespace, self.name, self.entry, pending)


@dataclass
class Naive:
    """The same cluster, counted anew each time."""

    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    pods: dict[str, Seen] = field(default_factory=dict)
    aggregates: list[HostAggregate] = field(default_factory=list)

    def on(self, name: str) -> list[Contribution]:
        """The pods of a host."""
        entries = (seen.entry for seen in self.pods.values())
        return [entry for entry in entries if entry is not None and entry.host == name]

    def aggregates_of(self, name: str) -> list[str]:
        """The aggregates of a host."""
        labels = self.hosts[name]["labels"]
        return sorted(a.name for a in self.aggregates if a.has(name, labels))


@st.composite
def host_fields(draw: st.DrawFn) -> dict[str, Any]:
    """What a node may change."""
    return {
        "vcpus_total": draw(st.integers(1, 64)),
        "cell_uuid": draw(st.sampled_from(["", "cell1", "cell2"])),
        "labels": {"pool": draw(st.sampled_from(["a", "b"]))},
        "zone_label": draw(st.sampled_from([None, "zone-1", "zone-2"])),
        "cpu_allocation_ratio": draw(st.sampled_from(["1", "0.5", "16"])),
    }


@st.composite
def pods(draw: st.DrawFn) -> Seen:
    """A pod as it may be at one moment: pending, or bound to a host that may not be known."""
    number = draw(st.integers(0, len(UIDS) - 1))
    namespace = f"ns-{number % 2}"
    entry = None
    if draw(st.booleans()) or draw(st.booleans()):
        entry = Contribution(
            instance=Instance(UIDS[number], namespace, f"pod-{number}"),
            host=draw(st.sampled_from(HOSTS)),
            milli_vcpus=draw(st.integers(0, 4000)),
            memory=draw(st.integers(0, 1 << 40)),
            disk=draw(st.integers(0, 10**25)),
            io_op=draw(st.booleans()),
            group=draw(st.sampled_from([None, "web", "db"])),
        )
    return Seen(f"pod-{number}", namespace, entry)


@st.composite
def aggregates(draw: st.DrawFn) -> HostAggregate:
    """An aggregate by hosts, by label, or both."""
    selector = draw(st.sampled_from([None, {"pool": "a"}, {"pool": "b", "no": "such"}]))
    zone = draw(st.sampled_from(["", "zone-1", "zone-3,zone-4"]))
    return HostAggregate(
        name=draw(st.sampled_from(["agg-1", "agg-2", "agg-3"])),
        hosts=draw(st.frozensets(st.sampled_from(HOSTS), max_size=3)),
        node_selector=selector,
        metadata={"availability_zone": zone} if zone else {},
    )


class Events(RuleBasedStateMachine):
    """Events in any order; after each, every column is what a recount says."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster()
        lock = threading.RLock()
        self.pods = PodSink(self.cluster, lock)
        self.nodes = NodeSink(self.cluster, lock, lambda _: None)
        self.naive = Naive()

    # -- events ----------------------------------------------------------------------------

    @rule(name=st.sampled_from(HOSTS), fields=host_fields())
    def node_added_or_changed(self, name: str, fields: dict[str, Any]) -> None:
        """A node is new, or changed."""
        self.naive.hosts[name] = fields
        self.nodes.upsert(host(name, **fields))

    @rule(name=st.sampled_from(HOSTS))
    def node_deleted(self, name: str) -> None:
        """A node is gone, known or not."""
        self.naive.hosts.pop(name, None)
        self.nodes.delete(host(name))

    @rule(found=st.dictionaries(st.sampled_from(HOSTS), host_fields()))
    def nodes_replaced(self, found: dict[str, dict[str, Any]]) -> None:
        """All nodes anew, as after a relist."""
        self.naive.hosts = found
        self.nodes.replace([host(name, **fields) for name, fields in found.items()])

    @rule(pod=pods())
    def pod_added_changed_or_moved(self, pod: Seen) -> None:
        """A pod is new, changed, bound, moved or unbound."""
        self.naive.pods[pod.name] = pod
        self.pods.upsert(pod.record)

    @rule(pod=pods())
    def pod_deleted(self, pod: Seen) -> None:
        """A pod is gone, known or not, in whatever state it was told of last."""
        self.naive.pods.pop(pod.name, None)
        self.pods.delete(pod.record)

    @rule(found=st.lists(pods(), unique_by=lambda pod: pod.name))
    def pods_replaced(self, found: list[Seen]) -> None:
        """All pods anew, as after a relist."""
        self.naive.pods = {pod.name: pod for pod in found}
        self.pods.replace([pod.record for pod in found])

    @rule(found=st.lists(aggregates(), unique_by=lambda a: a.name))
    def aggregates_replaced(self, found: list[HostAggregate]) -> None:
        """All aggregates anew."""
        self.naive.aggregates = found
        self.cluster.replace_aggregates(found)

    @rule(uid=st.sampled_from(UIDS))
    def asked_without_a_pod(self, uid: str) -> None:
        """A pod steps aside while it is judged itself, and steps back."""
        with self.cluster.ledger.apart([uid]):
            assert self.cluster.ledger.get(uid) is None

    @rule(uid=st.sampled_from(UIDS))
    def consumed_on_a_copy(self, uid: str) -> None:
        """What a simulation consumes is nobody else's business."""
        copy = self.cluster.table.copy()
        for row in range(len(copy)):
            state = copy.host_state(row)
            state.cpu.used += 1
            state.instances[uid] = Instance(uid, "", "")
            copy.usage_changed(state)

    @rule(attribute=st.sampled_from(ENCODED))
    def encoded_column_read(self, attribute: str) -> None:
        """A filter reads an encoded column, which is built now or was kept up since."""
        self.check_encoded(attribute)

    # -- what must hold --------------------------------------------------------------------

    @invariant()
    def hosts_are_those_told_of(self) -> None:
        """Each known node has one row, and the index leads to it."""
        table = self.cluster.table
        assert set(table.index) == set(self.naive.hosts)
        assert len(table) == len(self.naive.hosts)
        for name, row in table.index.items():
            assert table.host_state(row).host == name
            assert table.name[row] == name

    @invariant()
    def columns_are_the_recount(self) -> None:
        """Totals, limits and use of every host, on the host and in the columns."""
        table = self.cluster.table
        for name, row in table.index.items():
            fields, on = self.naive.hosts[name], self.naive.on(name)
            state = table.host_state(row)
            milli = sum(entry.milli_vcpus for entry in on)
            disk = sum(entry.disk for entry in on)
            assert (state.cpu.used, state.disk.used) == (milli, disk)
            assert int(table.cpu_used[row]) == milli
            assert int(table.ram_used[row]) == sum(entry.memory for entry in on)
            assert int(table.disk_used[row]) == min(disk, 2**62 - 1)
            assert int(table.num_instances[row]) == len(on)
            assert int(table.num_io_ops[row]) == sum(entry.io_op for entry in on)
            assert int(table.cpu_total[row]) == fields["vcpus_total"] * 1000
            limit = int(float(fields["cpu_allocation_ratio"]) * fields["vcpus_total"] * 1000)
            assert int(table.cpu_limit[row]) == limit
            assert {i.uuid for i in state.instances.values()} == {e.instance.uuid for e in on}
            assert state.instances.keys() == {e.instance.uuid for e in on}
            assert [a.name for a in state.aggregates] == self.naive.aggregates_of(name)

    @invariant()
    def book_is_the_recount(self) -> None:
        """Entries, groups and pending pods."""
        ledger = self.cluster.ledger
        bound = [pod.entry for pod in self.naive.pods.values() if pod.entry is not None]
        assert len(ledger) == len(bound)
        for entry in bound:
            assert ledger.get(entry.instance.uuid) == entry
            assert entry in list(ledger.on(entry.host))
        for namespace in ("ns-0", "ns-1"):
            for group in ("web", "db"):
                assert ledger.group(namespace, group) == {
                    e.instance.uuid: e.host
                    for e in bound
                    if (e.instance.namespace, e.group) == (namespace, group)
                }
        assert self.cluster.pending == {
            (pod.namespace, pod.name): pod.record.pending
            for pod in self.naive.pods.values()
            if pod.entry is None
        }

    def check_encoded(self, attribute: str) -> None:
        """An encoded column says of each host what the host says, and a view of it the same."""
        table = self.cluster.table
        column = table.encoded(attribute)
        states = [table.host_state(row) for row in range(len(table))]
        found = [column.vocabulary.values[code] for code in column.codes.tolist()]
        assert found == [getattr(state, attribute) for state in states]
        every_other = np.arange(0, len(table), 2, dtype=np.intp)
        view = table.take(every_other)
        seen = view.encoded(attribute)
        assert [seen.vocabulary.values[code] for code in seen.codes.tolist()] == found[::2]
        assert view.cpu_used.tolist() == table.cpu_used[::2].tolist()

    def teardown(self) -> None:
        """In the end, all encoded columns, and those of a table built of the same hosts."""
        for attribute in ENCODED:
            self.check_encoded(attribute)
        afresh = self.cluster.table.copy()
        for row, state in enumerate(self.cluster.table.hosts):
            twin: HostState = afresh.host_state(row)
            assert (twin.host, twin.cpu, twin.instances) == (state.host, state.cpu, state.instances)


TestEvents = Events.TestCase
TestEvents.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
