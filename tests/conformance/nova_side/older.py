"""Filters that newer releases have no more, by the last release that had them.

They judge plain records with HostState's and RequestSpec's attributes: what these releases import
to build the real ones does not import any more under a Python and libraries of today. The filters
and their helpers are Nova's own, unchanged.
"""

from __future__ import annotations

import datetime as dt
import importlib
from types import SimpleNamespace
from typing import Any

from oslo_utils import timeutils  # type: ignore[import-not-found]  # in Nova's own environment

from tests.conformance.case import OPTIONS, Case, aggregates, flavor_id, hosts, instances
from tests.conformance.case import request as request_of
from tests.conformance.nova_side import unrelated
from tests.conformance.nova_side.options import Options
from tests.conformance.nova_side.verdict import verdict

FILTERS = {
    "27.5.1": {"availability_zone_filter": ("AvailabilityZoneFilter",)},
    "21.2.4": {
        "retry_filter": ("RetryFilter",),
        "core_filter": ("AggregateCoreFilter",),
        "ram_filter": ("AggregateRamFilter",),
        "disk_filter": ("AggregateDiskFilter",),
    },
    "19.3.2": {
        "core_filter": ("CoreFilter",),
        "ram_filter": ("RamFilter",),
        "disk_filter": ("DiskFilter",),
    },
    "17.0.13": {
        "exact_core_filter": ("ExactCoreFilter",),
        "exact_ram_filter": ("ExactRamFilter",),
        "exact_disk_filter": ("ExactDiskFilter",),
    },
    "16.1.8": {"type_filter": ("TypeAffinityFilter",), "trusted_filter": ("TrustedFilter",)},
}
NOW = dt.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - these releases reckon without zones
READ = {"27.5.1": ("default_availability_zone",), "16.1.8": ("attestation_auth_timeout",)}
"""The options that the filters of a release read."""


class Older:
    """One older release."""

    def __init__(self, release: str) -> None:
        unrelated.install()
        conf = importlib.import_module("nova.conf").CONF
        conf([], project="nova", version="", default_config_files=[])
        timeutils.set_time_override(NOW)
        read = READ.get(release, ())
        self.options = Options(conf, without=tuple(name for name in OPTIONS if name not in read))
        self.classes: dict[str, Any] = {}
        for file, names in FILTERS[release].items():
            module = importlib.import_module(f"nova.scheduler.filters.{file}")
            self.classes.update({name: getattr(module, name) for name in names})
            if file == "trusted_filter":
                self.attest = _attestation(module)

    def judge(self, case: Case) -> dict[str, Any]:
        """The verdicts of this release's filters, alone, on each host."""
        spec, states = _spec(case), _states(case)
        found = {}
        with self.options.of(case):
            for name in case.get("judge", self.classes):
                if name not in self.classes:
                    continue
                if name == "TrustedFilter":
                    self.attest(case)
                host_filter = self.classes[name]()
                found[name] = [verdict(host_filter, state, spec) for state in states]
        return {"filters": found}


def _attestation(module: Any) -> Any:
    """Let the filter ask the case instead of an attestation service, and no database."""
    none = SimpleNamespace(get_all=lambda _context: [])
    module.objects = SimpleNamespace(ComputeNodeList=none)
    module.context = SimpleNamespace(get_admin_context=lambda: None)
    service = module.AttestationService

    def attest(case: Case) -> None:
        levels = []
        for host in hosts(case):
            if host["trust_lvl"] is not None:
                seen = NOW - dt.timedelta(seconds=host["trust_age"])
                entry = {"host_name": host["host"], "trust_lvl": host["trust_lvl"]}
                levels.append({**entry, "vtime": seen.isoformat() + "Z"})
        service.do_attestation = lambda _self, _hosts: levels

    return attest


def _states(case: Case) -> list[Any]:
    found = []
    for host in hosts(case):
        on_host = {
            i["uuid"]: SimpleNamespace(uuid=i["uuid"], instance_type_id=flavor_id(i["flavor"]))
            for i in instances(host)
        }
        state = {
            **host,
            "nodename": host["host"],
            "aggregates": [
                SimpleNamespace(metadata=a["metadata"])
                for a in aggregates(case)
                if host["host"] in a["hosts"]
            ],
            "instances": on_host,
            "num_instances": len(on_host) + host["fillers"],
            "limits": {},
        }
        for name in ("cpu", "ram", "disk"):
            state[f"{name}_allocation_ratio"] = float(host[f"{name}_allocation_ratio"])
        found.append(SimpleNamespace(**state))
    return found


class _Flavor(SimpleNamespace):
    """Nova's objects say with ``in`` whether a field is set."""

    def __contains__(self, name: str) -> bool:
        return hasattr(self, name)


class _Spec(_Flavor):
    """A request; ``get_scheduler_hint`` serves the rebuild rule of these releases."""

    scheduler_hints: dict[str, list[str]] | None

    def get_scheduler_hint(self, name: str, default: Any = None) -> Any:
        """As ``RequestSpec.get_scheduler_hint``."""
        values = (self.scheduler_hints or {}).get(name, default)
        return values[0] if isinstance(values, list) and len(values) == 1 else values


def _spec(case: Case) -> Any:
    asked = request_of(case)
    flavor = asked["flavor"]
    retry = None
    if asked["retry"] is not None:
        tried = [
            SimpleNamespace(host=host, hypervisor_hostname=node)
            for host, node in asked["retry"]["hosts"]
        ]
        retry = SimpleNamespace(num_attempts=len(tried), hosts=tried)
    sizes = {
        name: flavor[name] for name in ("vcpus", "memory_mb", "root_gb", "ephemeral_gb", "swap")
    }
    return _Spec(
        flavor=_Flavor(id=flavor_id(flavor["name"]), **flavor),
        retry=retry,
        availability_zone=asked["zone"],
        scheduler_hints=asked["hints"],
        instance_uuid=asked["instance"],
        project_id=asked["project"],
        **sizes,
    )
