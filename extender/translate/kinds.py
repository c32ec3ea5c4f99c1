"""The extender's own kinds → Nova's aggregates, flavors and server groups, checked.

The API server holds them to the chart's schemas (``files/crds``); the same objects may stand in
files, which nobody else checks. Both refuse the same, with one exception: a ``null`` inside a map
is dropped by the API server and refused here.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from extender.model.flavor import GIB, MIB, Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.translate.errors import TranslateError, shown
from extender.translate.schema_kinds import (
    FlavorObject,
    FlavorSpec,
    HostAggregateObject,
    HostAggregateSpec,
    ServerGroupObject,
    ServerGroupSpec,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extender.translate.schema import Named

POLICIES = ("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity")

LARGEST_SIZE = 2**31 - 1
"""The largest size of a flavor, in its unit (``nova.compute.flavors``)."""

MOST_HOSTS = 5000
"""Names in ``spec.hosts``; larger aggregates select labels, or nothing fits into one object."""

MOST_LABELS = 32
MOST_ENTRIES = 128
LONGEST_KEY = 255
"""Characters of a key of metadata or extra specs, as in Nova."""

LONGEST_VALUE = 4096
"""Characters of a value of metadata or extra specs. Nova's 255 are its database's, and too few for
a list of namespaces."""

_LONGEST_NAME = 253
_LONGEST_LABEL_VALUE = 63
_LONGEST_LABEL_KEY = 317

# As the API server has them (DNS-1123 subdomain, qualified name, label value), and as the rules in
# files/crds of the chart.
_SUBDOMAIN = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
_NAME = re.compile(_SUBDOMAIN)
_LABEL_KEY = re.compile(rf"(?:{_SUBDOMAIN}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?")

_ACCEPTED_HOST = (
    "the name of a node, in lower-case letters, digits, '-' and '.', "
    "each part starting and ending with a letter or digit"
)
_ACCEPTED_LABEL_KEY = "keys of labels, such as example.com/pool"
_ACCEPTED_LABEL_VALUE = (
    "the value of a label, in letters, digits, '-', '_' and '.', "
    "starting and ending with a letter or digit"
)


def aggregate(obj: HostAggregateObject) -> HostAggregate:
    """A HostAggregate as Nova's aggregate.

    Raises:
        TranslateError: a name, host, label, key or value that the schema does not admit.
    """
    name = _name("HostAggregate", obj)
    spec = obj.spec or HostAggregateSpec()
    where = f"HostAggregate {name}: spec"
    hosts = spec.hosts or []
    _check_hosts(f"{where}.hosts", hosts)
    selector = spec.node_selector or {}
    _check_selector(f"{where}.nodeSelector", selector)
    metadata = spec.metadata or {}
    _check_texts(f"{where}.metadata", metadata)
    return HostAggregate(
        name=name,
        hosts=frozenset(hosts),
        node_selector=MappingProxyType(selector) if selector else None,
        metadata=MappingProxyType(metadata),
    )


def flavor(obj: FlavorObject) -> Flavor:
    """A Flavor as Nova's, in milli-cores and bytes; a size left out is 0 and not compared.

    Raises:
        TranslateError: a bad name, a size that is negative or too large, bad extra specs.
    """
    name = _name("Flavor", obj)
    spec = obj.spec or FlavorSpec()
    sizes = {
        field: _size(name, field, getattr(spec, field))
        for field in ("vcpus", "ram", "disk", "ephemeral", "swap")
    }
    extra_specs = spec.extra_specs or {}
    _check_texts(f"Flavor {name}: spec.extra_specs", extra_specs)
    return Flavor(
        name=name,
        milli_vcpus=sizes["vcpus"] * 1000,
        memory=sizes["ram"] * MIB,
        root=sizes["disk"] * GIB,
        ephemeral=sizes["ephemeral"] * GIB,
        swap_bytes=sizes["swap"] * MIB,
        extra_specs=MappingProxyType(extra_specs),
    )


def server_group(obj: ServerGroupObject) -> InstanceGroup:
    """A ServerGroup as Nova's instance group, without its members.

    Raises:
        TranslateError: a bad name, an unknown policy, or a rule that the policy does not take.
    """
    name = _name("ServerGroup", obj)
    named = f"ServerGroup {obj.namespace}/{name}"
    spec = obj.spec or ServerGroupSpec()
    policy = spec.policy or ""
    if policy not in POLICIES:
        found = f"{shown(policy, 80)} is not a policy" if policy else "is missing"
        raise TranslateError(f"{named}: spec.policy: {found}; accepted: {', '.join(POLICIES)}")
    most = spec.rules.max_server_per_host if spec.rules is not None else None
    if most is not None:
        where = f"{named}: spec.rules.max_server_per_host"
        if policy != "anti-affinity":
            raise TranslateError(
                f"{where} does not go with policy {policy}; accepted: policy anti-affinity"
            )
        if not 1 <= most <= LARGEST_SIZE:
            raise TranslateError(f"{where} is {most}; accepted: 1 to {LARGEST_SIZE}")
    return InstanceGroup(
        name=name,
        namespace=obj.namespace,
        policy=policy,
        uuid=obj.uid,
        max_server_per_host=1 if most is None else most,
    )


def _name(kind: str, obj: Named) -> str:
    if not _is_name(obj.name):
        raise TranslateError(
            f"{kind}: metadata.name {shown(obj.name, 80)} is not a name; accepted: at most 253 "
            "lower-case letters, digits, '-' and '.', each part starting and ending with a letter "
            "or digit"
        )
    return obj.name


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def _check_hosts(where: str, hosts: Sequence[str]) -> None:
    if len(hosts) > MOST_HOSTS:
        raise TranslateError(f"{where} has {len(hosts)} names; accepted: at most {MOST_HOSTS}")
    seen: set[str] = set()
    for number, host in enumerate(hosts):
        if not _is_name(host):
            raise TranslateError(
                f"{where}[{number}] is {shown(host, 80)}; accepted: {_ACCEPTED_HOST}"
            )
        if host in seen:
            raise TranslateError(f"{where}[{number}] is {host} again; accepted: each name once")
        seen.add(host)


def _check_selector(where: str, selector: Mapping[str, str]) -> None:
    if len(selector) > MOST_LABELS:
        raise TranslateError(f"{where} has {len(selector)} labels; accepted: at most {MOST_LABELS}")
    for key, value in selector.items():
        if len(key) > _LONGEST_LABEL_KEY or _LABEL_KEY.fullmatch(key) is None:
            raise TranslateError(
                f"{where} has the key {shown(key, 80)}; accepted: {_ACCEPTED_LABEL_KEY}"
            )
        if len(value) > _LONGEST_LABEL_VALUE or _LABEL_VALUE.fullmatch(value) is None:
            raise TranslateError(
                f"{where}[{key}] is {shown(value, 80)}; accepted: {_ACCEPTED_LABEL_VALUE}"
            )


def _check_texts(where: str, texts: Mapping[str, str]) -> None:
    if len(texts) > MOST_ENTRIES:
        raise TranslateError(f"{where} has {len(texts)} keys; accepted: at most {MOST_ENTRIES}")
    for key, value in texts.items():
        if not 1 <= len(key) <= LONGEST_KEY:
            raise TranslateError(
                f"{where} has the key {shown(key, 80)}; accepted: keys of 1 to {LONGEST_KEY} "
                "characters"
            )
        if len(value) > LONGEST_VALUE:
            raise TranslateError(
                f"{where}[{shown(key, 80)}] has {len(value)} characters; "
                f"accepted: at most {LONGEST_VALUE}"
            )


def _size(flavor_name: str, field: str, size: int | None) -> int:
    if size is None:
        return 0
    if not 0 <= size <= LARGEST_SIZE:
        raise TranslateError(
            f"Flavor {flavor_name}: spec.{field} is {size}; accepted: 0 to {LARGEST_SIZE}"
        )
    return size
