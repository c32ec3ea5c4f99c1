"""What hosts promise of CPU, memory and disk by the filters that are enabled, and what is void.

CoreFilter goes by the host's own ratio, AggregateCoreFilter by its aggregates', and with both
enabled a host must pass both: so the least limit counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from extender.filters.base import HostFilter
from extender.filters.capacity import CapacityFilter
from extender.model.columns import Int64, clamp
from extender.model.host_parts import Inventory
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.overcommit import UNITS, VIRTUAL, Share, Shares, Total, VoidRatio
from extender.model.request_spec import RequestSpec

_Filters = tuple[CapacityFilter, ...]

_ORIGINS = frozenset({"annotation", "aggregate", "option"})


def sharing(filters: Sequence[HostFilter], mode: str) -> Callable[[HostState], Shares]:
    """What one host promises, to be asked of many.

    Args:
        filters: the enabled ones.
        mode: option ``kubernetes.overcommit``.
    """
    cpu, ram, disk = (_of(resource, filters) for resource in UNITS)

    def shares(host: HostState) -> Shares:
        return Shares(
            mode,
            _share(host, host.cpu, cpu, mode),
            _share(host, host.ram, ram, mode),
            _share(host, host.disk, disk, mode),
        )

    return shares


def totals(hosts: HostTable, filters: Sequence[HostFilter], mode: str) -> tuple[Total, ...]:
    """What all hosts promise together, of each resource; arguments as for ``sharing``."""
    return tuple(_total(hosts, resource, _of(resource, filters), mode) for resource in UNITS)


def void_ratios(
    hosts: HostTable, filters: Sequence[HostFilter], mode: str, spec: RequestSpec
) -> tuple[VoidRatio, ...]:
    """The ratios that do not count for a pod, of what it asks for.

    For what it asks for in virtual resources, in the mode that has them, all ratios count.
    """
    found = []
    for resource, amount in asked(spec, mode).items():
        limits, held = _limits(hosts, resource, _of(resource, filters)), _held(hosts, resource)
        rows = np.flatnonzero(limits > held).tolist() if amount else []
        if rows:
            name, row = min((hosts.host_state(row).host, row) for row in rows)
            found.append(VoidRatio(resource, len(rows), name, int(held[row]), int(limits[row])))
    return tuple(found)


def asked(spec: RequestSpec, mode: str) -> dict[str, int]:
    """What a pod asks for by the real names, where the mode is as said; else 0.

    Outside of mode ``virtual`` that is all of it: nobody ignores the virtual resources then. In it,
    a pod may ask for a little cpu beside its ``nova-extender.io/vcpu``, which is beside the point.
    """
    flavor = spec.flavor
    virtual = (spec.virtual if mode == VIRTUAL else None) or (0, 0, 0)
    amounts = (flavor.milli_vcpus, flavor.memory, flavor.disk)
    return {
        resource: 0 if unseen else amount
        for resource, amount, unseen in zip(UNITS, amounts, virtual, strict=True)
    }


def _share(host: HostState, own: Inventory, filters: _Filters, mode: str) -> Share:
    found, where = None, own.ratio_from
    for each in filters:
        try:
            inventory = each.inventory(host)
            if found is None or inventory.limit < found.limit:
                found, where = inventory, own.ratio_from
                if inventory is not own:
                    where = next(s.where for s in each.ratio_sources(host) if s.name == "ratio")
        except Exception:  # noqa: BLE001, S112 - a plug-in's; where it judges, that is told
            continue
    counts = own if found is None else found
    why = counts.held_at_one
    return Share(
        inventory=counts,
        ratio_from=where,
        origin=next((word for word in where.split(maxsplit=3)[:3] if word in _ORIGINS), "default"),
        held_at_one=why if why and where.endswith(why) else "",
        enforced_by=tuple(each.name() for each in filters),
        void=0 if mode == VIRTUAL else counts.void,
    )


def _total(hosts: HostTable, resource: str, filters: _Filters, mode: str) -> Total:
    limits = _limits(hosts, resource, filters)
    raw = hosts.column_by(
        ("raw", resource), lambda host: clamp(getattr(host, resource).raw), np.int64, fixed=True
    )
    void: Int64 = np.maximum(limits - _held(hosts, resource), 0)
    if mode == VIRTUAL:
        void = np.zeros_like(void)
    return Total(
        resource,
        _sum(raw),
        _sum(np.maximum(limits, 0)),  # an aggregate's ratio may be below 0
        _sum(hosts.values(f"{resource}_used")),
        _sum(void),
        int(np.count_nonzero(void)),
    )


def _limits(hosts: HostTable, resource: str, filters: _Filters) -> Int64:
    """Each host's least limit by the filters; its own where none is enabled."""
    found: Int64 | None = None
    for each in filters:
        try:
            limits = each.host_limits(hosts)
        except Exception:  # noqa: BLE001, S112 - a plug-in's; where it judges, that is told
            continue
        found = limits if found is None else np.minimum(found, limits)
    return hosts.values(f"{resource}_limit") if found is None else found


def _held(hosts: HostTable, resource: str) -> Int64:
    """What kube-scheduler and the kubelet hold requests to on each host."""
    return hosts.column_by(
        ("held", resource), lambda host: clamp(getattr(host, resource).held), np.int64, fixed=True
    )


def _of(resource: str, filters: Sequence[HostFilter]) -> _Filters:
    """The filters that hold hosts to a limit of this resource."""
    return tuple(f for f in filters if isinstance(f, CapacityFilter) and f.resource == resource)


def _sum(column: Int64) -> float:
    """A sum that cannot overflow."""
    return float(column.sum(dtype=np.float64))
