"""All that is known of the cluster: hosts, pods, aggregates, flavors, server groups.

Pure and single-threaded: whoever shares it between threads holds a lock around each call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from extender.model.contribution import Contribution
from extender.model.flavor import Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.metrics import HostMetric, NodeUsage
from extender.model.numa import NUMATopology
from extender.model.rejection import Rejection
from extender.state.aggregates import AggregateBook
from extender.state.alternates import Alternates
from extender.state.failed_builds import FailedBuilds
from extender.state.ledger import Ledger
from extender.state.pending import PendingPods
from extender.state.provisional import Provisional
from extender.state.retry_history import RetryHistory

RETRY_TTL = 600.0
"""Seconds after which a retry history is forgotten, unless another one is put in its place."""

_FEW = 64
"""Hosts whose columns are written one by one; for more it is cheaper to build them anew, once they
are asked for."""


class Cluster:
    """The table, the ledger it follows, and the objects that translation looks up."""

    def __init__(self) -> None:
        self.table = HostTable()
        self.ledger = Ledger(self.table)
        self.aggregates = AggregateBook()
        self.flavors: dict[str, Flavor] = {}
        self.server_groups: dict[tuple[str, str], InstanceGroup] = {}
        self.pending = PendingPods()
        """Pods that are not bound, by namespace and name, as the JSON they came in."""
        self.retries = RetryHistory(RETRY_TTL)
        self.failed_builds = FailedBuilds()
        self.counts_failed_builds = True
        self.usages: dict[str, NodeUsage] = {}
        """What metrics.k8s.io told last, by node; ``state.observed_metrics`` writes it."""
        self.topologies: dict[str, NUMATopology] = {}
        """What NodeResourceTopology objects tell, by node."""
        self.provisional = Provisional(self.ledger)
        self.alternates = Alternates()

    def put_host(self, host: HostState) -> None:
        """Take in a node, as translated: without use, which is the ledger's to say."""
        self.fill(host)
        self.table.put(host)

    def fill(self, host: HostState) -> None:
        """Put on a host, be it the table's or not, what its own object does not tell."""
        self.ledger.charge(host)
        host.failed_builds = self._failed_builds(host.host)
        host.observed_metrics = self.observed_metrics(host)
        host.observed_numa = self.topologies.get(host.host)

    def put_topology(self, name: str, topology: NUMATopology | None) -> NUMATopology | None:
        """Take in a node's cells, or that nobody tells of them; returns those known before."""
        before = self.topologies.pop(name, None)
        if topology is not None:
            self.topologies[name] = topology
        row = self.table.row(name)
        if row is not None and topology != before:
            host = self.table.host_state(row)
            host.observed_numa = topology
            self.table.put(host)
        return before

    def remove_host(self, name: str) -> None:
        """Forget a node; its pods stay in the ledger until they are deleted themselves."""
        self.table.remove(name)
        self.failed_builds.forget(name)

    def put_pod(self, entry: Contribution) -> None:
        """Take in a pod that counts on a host."""
        self.ledger.put(entry)

    def remove_pod(self, uid: str) -> None:
        """Forget a pod, or one that counts no longer."""
        self.ledger.remove(uid)

    def build_failed(self, rejection: Rejection, now: float) -> None:
        """Take in a pod that its kubelet rejected; one that is known changes nothing.

        Args:
            rejection: where and when; a time later than now counts as now.
            now: seconds since the epoch.
        """
        host, builds = rejection.host, self.failed_builds
        new = not builds.knows(host)
        builds.failed(host, rejection.uid, min(rejection.at, now))
        if new:
            for entry in self.ledger.on(host):
                if entry.started is not None:
                    builds.started(host, entry.started)
        self._count_failed_builds(host)

    def build_started(self, host: str, at: float) -> None:
        """Take in that a container of a pod started on a host."""
        if self.failed_builds.started(host, at):
            self._count_failed_builds(host)

    def count_failed_builds(self, counting: bool) -> None:
        """Whether hosts have ``failed_builds`` at all; failures are taken in either way."""
        if counting != self.counts_failed_builds:
            self.counts_failed_builds = counting
            for host in self.failed_builds.hosts():
                self._count_failed_builds(host)

    def observed_metrics(self, host: HostState) -> tuple[HostMetric, ...]:
        """What metrics.k8s.io told last of a host."""
        usage = self.usages.get(host.host)
        return () if usage is None else usage.metrics(host.capacity)

    def _failed_builds(self, host: str) -> int:
        return self.failed_builds.count(host) if self.counts_failed_builds else 0

    def _count_failed_builds(self, host: str) -> None:
        row = self.table.row(host)
        if row is None:
            return
        state, number = self.table.host_state(row), self._failed_builds(host)
        if state.failed_builds != number:
            state.failed_builds = number
            self.table.usage_changed(state)

    @property
    def nominated(self) -> Mapping[str, Mapping[str, Contribution]]:
        """Host → UID → what a pending pod will take there that the host is being made free for."""
        return self.pending.nominated

    @property
    def waiting(self) -> Mapping[str, Collection[str]]:
        """Owner → the UIDs of its pending pods."""
        return self.pending.waiting

    def pending_uid(self, namespace: str, name: str) -> str | None:
        """The UID of the pending pod of that name, ``None`` if there is none."""
        return self.pending.uid(namespace, name)

    def unstarted(self, owner: str) -> int:
        """How many of an owner's pods have no container started: pending, claimed or bound."""
        return len(self.ledger.unstarted(owner).union(self.waiting.get(owner, ())))

    def replace_aggregates(self, aggregates: Iterable[HostAggregate]) -> None:
        """Take in all aggregates anew and say to each host which it belongs to."""
        self.aggregates.replace(aggregates)
        self._rejoin(list(self.table.hosts))

    def put_aggregate(self, aggregate: HostAggregate) -> None:
        """Take in an aggregate that is new or changed; other hosts than its own are left alone."""
        before = self.aggregates.put(aggregate)
        self._rejoin(self._hosts_of(aggregate, before))

    def remove_aggregate(self, name: str) -> None:
        """Forget an aggregate; no error if it is not known."""
        before = self.aggregates.remove(name)
        self._rejoin(self._hosts_of(before))

    def aggregates_of(self, host: HostState) -> tuple[HostAggregate, ...]:
        """The aggregates of a host, by name."""
        return self.aggregates.of(host.host, host.labels)

    def _hosts_of(self, *aggregates: HostAggregate | None) -> list[HostState]:
        """The known hosts that belong to one of the aggregates."""
        found = [aggregate for aggregate in aggregates if aggregate is not None]
        if any(aggregate.node_selector for aggregate in found):
            return [h for h in self.table.hosts if any(a.has(h.host, h.labels) for a in found)]
        rows = {row for a in found for name in a.hosts if (row := self.table.row(name)) is not None}
        return [self.table.host_state(row) for row in sorted(rows)]

    def _rejoin(self, hosts: Iterable[HostState]) -> None:
        """Say to these hosts which aggregates they belong to, with the columns made of them."""
        self.table.aggregates = tuple(self.aggregates.values())
        changed = []
        for host in hosts:
            found = self.aggregates_of(host)
            if found != host.aggregates:
                host.aggregates = found
                changed.append(host)
        if len(changed) > _FEW:
            self.table.forget_encodings()
            return
        for host in changed:
            self.table.put(host)

    def instance_group(self, namespace: str, name: str) -> InstanceGroup | None:
        """A server group with its bound members and their hosts, or ``None``."""
        found = self.server_groups.get((namespace, name))
        if found is None:
            return None
        return InstanceGroup(
            name=found.name,
            namespace=found.namespace,
            policy=found.policy,
            uuid=found.uuid,
            max_server_per_host=found.max_server_per_host,
            members=self.ledger.members(namespace, name),
            hosts=MappingProxyType(self.ledger.group_hosts(namespace, name)),
        )
