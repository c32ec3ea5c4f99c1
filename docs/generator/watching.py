"""What a filter or weigher reads: it is put to work, and its options and aggregates are watched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from extender.config.describe import OptionRow, options_table
from extender.filters.base import HostFilter
from extender.model.flavor import Flavor
from extender.model.groups import HostAggregate
from extender.model.host_parts import Inventory
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import ImageMeta, RequestSpec, SchedulerRetries
from extender.weighers.base import HostWeigher

ALL_KEYS = "*"
"""Stands for the keys of an aggregate's metadata where all of them are gone through."""


class _WatchedOptions:
    """Options that note which of them are asked for; set so that none hides behind another."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self._options = SchedulerOptions(
            aggregate_image_properties_isolation_namespace="own",
            attestation_auth_timeout=60,
            image_props_weight_multiplier=1.0,
            isolated_hosts=("node-1",),
            isolated_images=("image",),
            metrics_weight_setting=(("cpu.percent", 1.0),),
        )

    def __getattr__(self, name: str) -> object:
        self.read.append(name)
        return getattr(self._options, name)


class _WatchedMetadata(Mapping[str, str]):
    """An aggregate's metadata: none, but what is looked for is noted."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __getitem__(self, key: str) -> str:
        self.read.append(key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        self.read.append(ALL_KEYS)
        return iter(())

    def __len__(self) -> int:
        return 0


def _hosts(metadata: Mapping[str, str]) -> HostTable:
    return HostTable(
        HostState(
            host=name,
            cpu=Inventory(total=8000),
            ram=Inventory(total=1 << 34),
            disk=Inventory(total=1 << 37),
            aggregates=(HostAggregate("watched", metadata=metadata),),
            trust_time=0.0,
        )
        for name in ("node-1", "node-2")
    )


_SPEC = RequestSpec(
    instance_uuid="uid",
    project_id="default",
    flavor=Flavor(
        name="m1.small",
        milli_vcpus=1000,
        memory=1 << 30,
        root=1 << 30,
        extra_specs={"cpu": "fast", "trust:trusted_host": "trusted"},
    ),
    availability_zone="zone-a",
    retry=SchedulerRetries(2, (("node-1", "node-1"),)),
    image=ImageMeta("image", {"own.os_distro": "ubuntu"}),
    at=1000.0,
)


def options_of_filter(cls: type[HostFilter]) -> list[OptionRow]:
    """The options that the filter itself reads when it is made, judges and explains."""
    return _rows(_put_to_work(cls)[0])


def aggregate_keys_of_filter(cls: type[HostFilter]) -> list[str]:
    """The keys of aggregates' metadata that the filter looks for; ``ALL_KEYS`` for all of them."""
    read = dict.fromkeys(_put_to_work(cls)[1])
    return [ALL_KEYS] if ALL_KEYS in read else list(read)


def options_of_weigher(cls: type[HostWeigher]) -> list[OptionRow]:
    """The options that the weigher itself reads, its multiplier first where it has one."""
    watched = _WatchedOptions()
    hosts = _hosts(_WatchedMetadata())
    made = cls(cast("SchedulerOptions", watched))
    made.weight_multiplier(hosts)
    made.weigh_objects(hosts, _SPEC)
    return _rows([cls.multiplier_option] * (cls.multiplier_option in watched.read) + watched.read)


def _put_to_work(cls: type[HostFilter]) -> tuple[list[str], list[str]]:
    """The options and the keys of aggregates' metadata that a filter has asked for."""
    options, metadata = _WatchedOptions(), _WatchedMetadata()
    hosts = _hosts(metadata)
    made = cls(cast("SchedulerOptions", options))
    made.filter_all(hosts, _SPEC)
    made.numbers(hosts, _SPEC)
    made.explain(hosts.host_state(0), _SPEC)
    made.limits(hosts.host_state(0), _SPEC)
    return options.read, metadata.read


def _rows(read: list[str]) -> list[OptionRow]:
    rows = options_table()
    # Options of small groups carry the group's name where their own would not say whose they are.
    known = {f"{row.group}_{row.name}": row for row in rows} | {row.name: row for row in rows}
    return [known[name] for name in dict.fromkeys(read)]
