"""Nova's FilterScheduler: filter, weigh, choose, claim, consume.

Source: ``nova.scheduler.filter_scheduler.FilterScheduler`` (17) and ``nova.scheduler.manager``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from extender.filters.base import HostFilter
from extender.filters.device_pools import devices_taken
from extender.model.attempt import FilterPart, WeighPart
from extender.model.host_parts import Instance
from extender.model.host_state import HostState
from extender.model.host_table import HostTable, Rows
from extender.model.image_pairs import image_pairs
from extender.model.names import HostNames, Names, as_names, at, host_names
from extender.model.numa_fit import consumed
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec
from extender.scheduler import filtering, weighing
from extender.scheduler.choosing import ranked
from extender.scheduler.selection import Cycle, Destinations, NoValidHost, Selection, selection
from extender.weighers.base import HostWeigher

if TYPE_CHECKING:
    from random import Random

Claim = Callable[[HostState, RequestSpec], bool]
"""Whether the host could be claimed for ``spec.instance_uuid`` (Nova: Placement)."""


@dataclass(frozen=True, slots=True)
class FilterScheduler:
    """The enabled filters and weighers, and Nova's way of using them.

    Args:
        filters: in configured order.
        weighers: in load order.
        options: group ``[filter_scheduler]``.
        clock: seconds that only grow, for timings.
    """

    filters: tuple[HostFilter, ...]
    weighers: tuple[HostWeigher, ...]
    options: SchedulerOptions
    clock: filtering.Clock
    plugins: frozenset[str] = field(init=False)
    """The names of all of them, worked out once."""

    def __post_init__(self) -> None:
        """Note the names."""
        names = {f.name() for f in self.filters} | {w.name() for w in self.weighers}
        object.__setattr__(self, "plugins", frozenset(names))

    def filter(
        self,
        table: HostTable,
        names: Sequence[str] | HostNames,
        rows: Rows,
        spec: RequestSpec,
        index: int = 0,
    ) -> FilterPart:
        """Which of the hosts asked about pass; see ``filtering.run``."""
        return filtering.run(
            self.filters, table, names, rows, spec, self.clock, index, self.options
        )

    def weigh(
        self, table: HostTable, names: Sequence[str] | HostNames, rows: Rows, spec: RequestSpec
    ) -> WeighPart:
        """The hosts' weights, order and scores; every row must be known."""
        hosts = table.take(rows)
        return weighing.weigh(self.weighers, hosts, names, spec, self.options.max_score)

    def select_destinations(
        self,
        table: HostTable,
        spec: RequestSpec,
        instance_uuids: Sequence[str] = (),
        *,
        rng: Random,
        alternates: bool = False,
        claim: Claim | None = None,
        unclaim: Callable[[str], None] | None = None,
    ) -> Destinations:
        """Hosts for all instances of a request, or none at all.

        ``table`` is consumed on: hand in a copy of what is known. Without ``instance_uuids`` the
        first host of each list is taken without a claim, ``spec.num_instances`` times; a check of a
        rebuild claims nothing either.

        Args:
            table: the hosts to choose from, in the order that equal weights keep.
            spec: the request.
            instance_uuids: one UUID for each instance.
            rng: for ``host_subset_size`` and ``shuffle_best_same_weighed_hosts``.
            alternates: whether to name ``max_attempts`` − 1 further hosts for each instance.
            claim: asked for each host in order until one accepts; all accept by default.
            unclaim: takes back an instance's claim when the request as a whole fails.

        Raises:
            NoValidHost: fewer hosts than instances; what had been claimed is taken back.
        """
        uuids = tuple(instance_uuids) or tuple(f"instance-{n}" for n in range(spec.num_instances))
        claim = claim or (lambda _host, _spec: True)
        claims = bool(instance_uuids) and not spec.is_rebuild
        names = as_names(table.name.tolist())
        cycles: list[Cycle] = []
        chosen: list[tuple[int, HostState, Mapping[str, int]]] = []
        for index, uuid in enumerate(uuids):
            own = spec.own_hosts if uuid == spec.instance_uuid else frozenset()
            spec = replace(spec, instance_uuid=uuid, own_hosts=own)
            names = self.candidates(names, {host.host for _, host, _ in chosen}, len(uuids))
            cycle, left = self.ranking(table, names, table.rows(names), spec, rng, index)
            names = as_names(left)
            cycles.append(cycle)
            host = self._claimed(table, names, spec, claim if claims else None)
            if host is None:
                break
            chosen.append((index, host, self._limits(host, spec)))
            spec = self._consume(table, host, spec)
        if len(chosen) < len(uuids):
            if unclaim is not None and claims:
                for index, _, _ in chosen:
                    unclaim(uuids[index])
            raise NoValidHost(self.failure(cycles[-1]), cycles)
        if alternates and len(uuids) > 1 and self.options.max_attempts > 1:
            _, left = self.ranking(table, names, table.rows(names), spec, rng, len(uuids) - 1)
            names = as_names(left)
        taken = {host.host for _, host, _ in chosen}
        selections = []
        for _, host, limits in chosen:
            further = self._alternates(table, names, spec, host, taken) if alternates else []
            selections.append([selection(host, limits), *further])
        return Destinations(selections, cycles)

    def ranking(
        self,
        table: HostTable,
        names: Sequence[str] | HostNames,
        rows: Rows,
        spec: RequestSpec,
        rng: Random,
        index: int = 0,
    ) -> tuple[Cycle, HostNames]:
        """Filter and weigh hosts: the names of those that passed, the chosen one first.

        Args:
            table: all known hosts.
            names: the hosts asked about, in the order that equal weights keep.
            rows: their rows in ``table``, -1 for one that is not known.
            spec: the request.
            rng: for ``host_subset_size`` and ``shuffle_best_same_weighed_hosts``.
            index: which instance of the request this is.
        """
        filtered = self.filter(table, names, rows, spec, index)
        passed = at(host_names(names), filtered.passed)
        weighed = self.weigh(table, passed, rows[filtered.passed], spec)
        return Cycle(filtered, weighed), at(passed, ranked(weighed, self.options, rng))

    def candidates(self, names: Names, taken: Collection[str], instances: int) -> Names:
        """The hosts that the next instance may go to; here all that the one before might have.

        Args:
            names: those, in order.
            taken: the hosts chosen for the instances before it.
            instances: how many the request has in all.
        """
        del taken, instances
        return names

    def failure(self, cycle: Cycle) -> str:
        """Why a request came to nothing, after the cycle in which it did; Nova's words."""
        del cycle
        return "There are not enough hosts available."

    def _claimed(
        self, table: HostTable, names: Names, spec: RequestSpec, claim: Claim | None
    ) -> HostState | None:
        """The first host that can be claimed; one that cannot stays in the list."""
        for name in names.tolist():
            host = table.host_state(table.index[name])
            if claim is None or claim(host, spec):
                return host
        return None

    def _limits(self, host: HostState, spec: RequestSpec) -> Mapping[str, int]:
        """What the filters that judged the host limit it to; none where hosts are forced."""
        limits: dict[str, int] = {}
        for host_filter in self.filters:
            if filtering.judges(host_filter, spec):
                with suppress(Exception):  # the verdict stands without its limits
                    limits.update(host_filter.limits(host, spec))
        return limits

    def _alternates(
        self,
        table: HostTable,
        names: Names,
        spec: RequestSpec,
        host: HostState,
        taken: set[str],
    ) -> list[Selection]:
        """Up to ``max_attempts`` − 1 further hosts of the same cell that nobody was given."""
        found: list[Selection] = []
        for name in names.tolist():
            if len(found) >= self.options.max_attempts - 1:
                break
            other = table.host_state(table.index[name])
            if name not in taken and other.cell_uuid == host.cell_uuid:
                found.append(selection(other, self._limits(other, spec)))
        return found

    def _consume(self, table: HostTable, host: HostState, spec: RequestSpec) -> RequestSpec:
        """Take the demand off the host; the group of the next instance knows of this one."""
        pairs = image_pairs(spec.image.properties, spec.image.others)
        instance = Instance(spec.instance_uuid, spec.project_id, spec.name, spec.flavor.name, pairs)
        packing = self.options.packing_host_numa_cells_allocation_strategy
        cells = consumed(host, spec, packing=packing)
        host.consume(spec.flavor, instance, devices_taken(host, spec), cells, spec.virtual)
        if cells is None:
            table.usage_changed(host)
        else:
            table.put(host)
        group = spec.instance_group
        if group is None:
            return spec
        hosts = {**group.hosts, host.host: group.hosts.get(host.host, 0) + 1}
        grown = replace(group, hosts=hosts, members=group.members | {spec.instance_uuid})
        return replace(spec, instance_group=grown)
