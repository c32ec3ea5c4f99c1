"""Which options a filter or weigher reads: it is put to work, and its options are watched."""

from __future__ import annotations

from typing import cast

from extender.config.describe import OptionRow, options_table
from extender.filters.base import HostFilter
from extender.model.flavor import Flavor
from extender.model.host_state import HostState, Inventory
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec, SchedulerRetries
from extender.weighers.base import HostWeigher


class _Watched:
    """Options that note which of them are asked for."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self._options = SchedulerOptions()

    def __getattr__(self, name: str) -> object:
        self.read.append(name)
        return getattr(self._options, name)


def _hosts() -> HostTable:
    return HostTable(
        HostState(
            host=name,
            cpu=Inventory(total=8000),
            ram=Inventory(total=1 << 34),
            disk=Inventory(total=1 << 37),
        )
        for name in ("node-1", "node-2")
    )


_SPEC = RequestSpec(
    instance_uuid="uid",
    project_id="default",
    flavor=Flavor(name="m1.small", milli_vcpus=1000, memory=1 << 30, root=1 << 30),
    availability_zone="zone-a",
    retry=SchedulerRetries(2, (("node-1", "node-1"),)),
)


def options_of_filter(cls: type[HostFilter]) -> list[OptionRow]:
    """The options that the filter itself reads when it judges and explains."""
    watched = _Watched()
    hosts = _hosts()
    made = cls(cast("SchedulerOptions", watched))
    made.filter_all(hosts, _SPEC)
    made.numbers(hosts, _SPEC)
    made.explain(hosts.host_state(0), _SPEC)
    made.limits(hosts.host_state(0), _SPEC)
    return _rows(watched)


def options_of_weigher(cls: type[HostWeigher]) -> list[OptionRow]:
    """The options that the weigher itself reads, its multiplier included."""
    watched = _Watched()
    hosts = _hosts()
    made = cls(cast("SchedulerOptions", watched))
    made.weigh_objects(hosts, _SPEC)
    made.weight_multiplier(hosts)
    return _rows(watched)


def _rows(watched: _Watched) -> list[OptionRow]:
    known = {row.name: row for row in options_table()}
    return [known[name] for name in dict.fromkeys(watched.read)]
