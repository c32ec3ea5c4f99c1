"""All that is known of the cluster: hosts, pods, aggregates, flavors, server groups.

Pure and single-threaded: whoever shares it between threads holds a lock around each call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType

from extender.model.contribution import Contribution
from extender.model.flavor import Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.state.ledger import Ledger


class Cluster:
    """The table, the ledger it follows, and the objects that translation looks up."""

    def __init__(self) -> None:
        self.table = HostTable()
        self.ledger = Ledger(self.table)
        self.aggregates: dict[str, HostAggregate] = {}
        self.flavors: dict[str, Flavor] = {}
        self.server_groups: dict[tuple[str, str], InstanceGroup] = {}
        self.pending: dict[tuple[str, str], bytes] = {}
        """Pods that are not bound, by namespace and name, as the JSON they came in."""

    def put_host(self, host: HostState) -> None:
        """Take in a node, as translated: without use, which is the ledger's to say."""
        self.ledger.charge(host)
        self.table.put(host)

    def remove_host(self, name: str) -> None:
        """Forget a node; its pods stay in the ledger until they are deleted themselves."""
        self.table.remove(name)

    def put_pod(self, entry: Contribution) -> None:
        """Take in a pod that counts on a host."""
        self.ledger.put(entry)

    def remove_pod(self, uid: str) -> None:
        """Forget a pod, or one that counts no longer."""
        self.ledger.remove(uid)

    def replace_aggregates(self, aggregates: Iterable[HostAggregate]) -> None:
        """Take in all aggregates anew and say to each host which it belongs to."""
        self.aggregates = {a.name: a for a in sorted(aggregates, key=lambda a: a.name)}
        for row in range(len(self.table)):
            host = self.table.host_state(row)
            host.aggregates = self.aggregates_of(host)
        self.table.forget_encodings()

    def aggregates_of(self, host: HostState) -> tuple[HostAggregate, ...]:
        """The aggregates of a host, by name."""
        return tuple(a for a in self.aggregates.values() if a.has(host.host, host.labels))

    def instance_group(self, namespace: str, name: str) -> InstanceGroup | None:
        """A server group with its bound members and their hosts, or ``None``."""
        found = self.server_groups.get((namespace, name))
        if found is None:
            return None
        members = self.ledger.group(namespace, name)
        return InstanceGroup(
            name=found.name,
            namespace=found.namespace,
            policy=found.policy,
            uuid=found.uuid,
            max_server_per_host=found.max_server_per_host,
            members=frozenset(members),
            hosts=MappingProxyType(Counter(members.values())),
        )
