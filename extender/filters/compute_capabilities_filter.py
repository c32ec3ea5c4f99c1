"""Hosts that have what the flavor's extra specs demand of them."""

from __future__ import annotations

import json
from enum import Enum
from functools import partial
from typing import NamedTuple

import numpy as np

from extender.filters.base import HostFilter, Verdicts
from extender.filters.extra_specs_ops import ASKED_BY, Outcome, parse
from extender.model.attributes import ATTRIBUTES, Stats, entry, is_counted, is_fixed, plain, shown
from extender.model.facts import Facts, Source
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec

CAPABILITY_MISSING = Reason("capability_missing", "host lacks a required capability", Category.HOST)
CAPABILITY_MISMATCH = Reason("capability_mismatch", "host capability does not match", Category.HOST)
INVALID_EXTRA_SPEC = Reason("invalid_extra_spec", "extra spec cannot be evaluated", Category.DATA)

SCOPE = "capabilities"
PHYSADDR_BITS = "hw:maxphysaddr_bits"
PHYSADDR_CAPABILITY = f"{SCOPE}:cpu_info:maxphysaddr:bits"

MOST = 64
"""Capabilities that one request may demand: each is a column, and the table keeps so many."""

_ANNOTATION = "node annotation nova-extender.io/stats"


class _Said(Enum):
    """What a host says of a capability where it has no text for it."""

    UNKNOWN = "unknown name"
    NOTHING = "nothing"
    UNREADABLE = "not readable"


class _Demand(NamedTuple):
    """One extra spec that this filter heeds: its key, the path of the capability, and what for."""

    key: str
    path: tuple[str, ...]
    requirement: str

    @property
    def scoped(self) -> bool:
        """Whether the capability must be there at all."""
        return ":" in self.key

    @property
    def may_be_unknown(self) -> bool:
        """Whether only a node that reports such a ``stats`` of its own knows the name."""
        return not (self.scoped or self.key in ATTRIBUTES or is_counted(self.key))


class ComputeCapabilitiesFilter(HostFilter):
    """Refuse hosts whose capabilities do not satisfy the flavor's extra specs.

    A capability is an attribute of the host or a part of one, by a path, or one of its ``stats``:
    ``capabilities:cpu_info:vendor``. It must be there, and its text must match by the operators
    of ``extra_specs_ops``. A key without ":" counts only on hosts that know the name; keys of
    other scopes are others' business. Only the attributes of ``extender.model.attributes`` are
    reachable. Source: ``ComputeCapabilitiesFilter``, Nova 2012.2 on; ``hw:maxphysaddr_bits``
    as of 29.0.0.
    """

    run_filter_once_per_request = True
    added_in = "2012.2"
    reasons = (CAPABILITY_MISSING, CAPABILITY_MISMATCH, INVALID_EXTRA_SPEC)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Judge each distinct text of a capability once; of several demands the first counts."""
        verdicts = np.zeros(len(hosts), dtype=np.uint8)
        if not spec.flavor.extra_specs:
            return verdicts
        demands = _demands(spec)
        if _number_of_columns(demands) > MOST:
            verdicts[:] = self.code(INVALID_EXTRA_SPEC)
            return verdicts
        asked = [demand for demand in demands if not demand.may_be_unknown]
        if len(asked) < len(demands):
            names = _stat_names(hosts)
            asked = [d for d in demands if not d.may_be_unknown or d.key in names]
        if len(asked) < len(demands):
            # What such a node would have said under the other names is not known.
            bad = hosts.cannot_read(Unreadable.STATS)
            verdicts[bad] = self.code(INVALID_HOST_ANNOTATION)
        for demand in asked:
            found = self._judge(hosts, demand)
            np.copyto(verdicts, found, where=verdicts == 0)
            if verdicts.all():
                break
        return verdicts

    def _judge(self, hosts: HostTable, demand: _Demand) -> Verdicts:
        path = demand.path
        read = partial(_capability, path=path)
        encoded = hosts.encoded_by(("capability", path), read, fixed=is_fixed(path))
        outcomes = parse(demand.requirement).match_all(encoded.vocabulary)
        by_code = self._outcome_codes()[outcomes]
        for said in _Said:
            code = encoded.vocabulary.code(said)
            if code >= 0:
                by_code[code] = self._said_code(said, demand)
        return by_code[encoded.codes]

    def _outcome_codes(self) -> Verdicts:
        codes = (0, self.code(CAPABILITY_MISMATCH), self.code(INVALID_EXTRA_SPEC))
        return np.array(codes, dtype=np.uint8)

    def _said_code(self, said: _Said, demand: _Demand) -> int:
        if said is _Said.UNREADABLE:
            return self.code(INVALID_HOST_ANNOTATION)
        if said is _Said.UNKNOWN and not demand.scoped:
            return 0
        return self.code(CAPABILITY_MISSING)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """Every demand and what the host has for it; need and have are those not satisfied."""
        demands = _demands(spec)
        columns = _number_of_columns(demands)
        if columns > MOST:
            where = f"at most {MOST} are evaluated"
            return Facts(sources=(Source("capabilities in extra specs", str(columns), where),))
        asked_by = spec.sources.get("extra_specs", ASKED_BY)
        sources: list[Source] = []
        need: list[str] = []
        have: list[str] = []
        for demand in demands:
            found = _capability(host, demand.path)
            if found is _Said.UNKNOWN and not demand.scoped:
                continue
            key, requirement = shown(demand.key), shown(demand.requirement)
            text = found.value if isinstance(found, _Said) else shown(found)
            if isinstance(found, _Said) or parse(demand.requirement).match(found) != Outcome.HOLDS:
                need.append(f"{key}: {requirement}")
                have.append(text)
            sources.append(Source(f"extra spec {key}", requirement, asked_by))
            sources.append(
                Source(f"capability {shown(':'.join(demand.path))}", text, _where(demand.path))
            )
        return Facts("; ".join(need) or None, "; ".join(have) or None, sources=tuple(sources))


def _demands(spec: RequestSpec) -> list[_Demand]:
    """The extra specs that name a capability, in their order."""
    specs = spec.flavor.extra_specs
    if PHYSADDR_BITS in specs:
        bits = specs[PHYSADDR_BITS]
        specs = {**specs, PHYSADDR_CAPABILITY: f">= {bits}"}
    found: list[_Demand] = []
    for key, requirement in specs.items():
        scope, *path = key.split(":")
        if not path:
            found.append(_Demand(key, (key,), requirement))
        elif scope == SCOPE:
            found.append(_Demand(key, tuple(path), requirement))
    return found


def _number_of_columns(demands: list[_Demand]) -> int:
    """How many columns a request can make at its own will."""
    return sum(not demand.may_be_unknown for demand in demands)


def _stat_names(hosts: HostTable) -> frozenset[str]:
    """The names under which any node reports something; keys of no host then cost no column."""
    encoded = hosts.encoded_by("names of stats", _reported_names, fixed=True)
    return frozenset().union(*encoded.vocabulary.values)


def _reported_names(host: HostState) -> frozenset[str]:
    return frozenset(host.reported_stats)


def _capability(host: HostState, path: tuple[str, ...]) -> str | _Said:
    """The text of what a path leads to: an attribute, or where that is null one of ``stats``."""
    name, *keys = path
    # An int: a Flag takes ten times as long.
    unreadable = int(host.unreadable)
    attribute = ATTRIBUTES.get(name)
    value: object = None
    if attribute is not None:
        if unreadable & int(attribute.unreadable):
            return _Said.UNREADABLE
        value = attribute.read(host)
    if value is None:
        if unreadable & int(Unreadable.STATS):
            return _Said.UNREADABLE
        stats = Stats(host)
        if attribute is None and name not in stats:
            return _Said.UNKNOWN
        value = stats.get(name)
    if name == "service" and keys:
        # Nova's is an object of its own that this filter cannot look into; JsonFilter can.
        return _Said.NOTHING
    for key in keys:
        value = _part(value, key)
        if value is None:
            break
    if value is None or value is host.instances:
        # All instances as one text would fill the memory, and no requirement could make use of it.
        return _Said.NOTHING
    return str(plain(value))


def _part(value: object, key: str) -> object:
    """One step of a path; a text on the way is read as JSON, and what has no parts has nothing."""
    try:
        if isinstance(value, str):
            value = json.loads(value)
        return entry(value, key)
    except (ValueError, TypeError, RecursionError):
        return None


def _where(path: tuple[str, ...]) -> str:
    attribute = ATTRIBUTES.get(path[0])
    return _ANNOTATION if attribute is None else attribute.where
