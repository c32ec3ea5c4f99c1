"""Devices: a node's extended resources as Nova's PCI pools, and what a pod asks of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from extender.model.host_parts import Unreadable
from extender.model.pci import PciPool, PciRequest
from extender.translate import annotations as table
from extender.translate import quantity
from extender.translate.errors import shown, shown_json
from extender.translate.extended import is_extended
from extender.translate.readers import AnnotationError, read_array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extender.model.options import PciAlias
    from extender.translate.readers import Annotations
    from extender.translate.schema import Quantities

ALIAS = "pci_passthrough:alias"
"""The extra spec that asks for devices by the names of option ``[pci] alias``."""

MOST_REQUESTS = 64
"""Devices that one extra spec may name: each is a request of its own, judged on all hosts."""

_IDS = ("vendor_id", "product_id")
_NAMES = ("resource", *_IDS, "numa_node", "tags")
_COUNT = re.compile(r"[0-9]{1,9}")
_SHOWN = 80

Attributes = tuple[tuple[str, str], ...]


class AliasError(ValueError):
    """An extra spec that names no alias, or no count; the text says which and what is accepted."""


def pci_pools(
    annotations: Annotations,
    allocatable: Quantities | None,
    bad: Callable[[Unreadable, str], None],
) -> tuple[PciPool, ...]:
    """One pool for each extended resource of a node, by name; equal pools are one object.

    Attributes come from annotation ``pci_device_pools``. What cannot be read is left out and said
    to ``bad``; an entry for a resource that the node does not have says nothing.

    Args:
        annotations: of the node.
        allocatable: its status.allocatable.
        bad: takes ``Unreadable.PCI`` and what is wrong, for people.
    """
    try:
        attributes = _attributes(annotations)
    except AnnotationError as error:
        bad(Unreadable.PCI, f"node {error}")
        attributes = {}
    found = []
    for name, raw in sorted((allocatable or {}).items()):
        if not is_extended(name):
            continue
        try:
            total = quantity.units(quantity.amount_json(raw))
        except quantity.QuantityError as error:
            bad(Unreadable.PCI, f"status.allocatable.{name}: {error}")
        else:
            found.append(PciPool(name, total, attributes.get(name, ())))
    return _shared(tuple(found)) if found else ()


def pci_requests(
    extra_specs: Mapping[str, str],
    extended: Sequence[tuple[str, int]],
    aliases: Sequence[PciAlias],
) -> tuple[PciRequest, ...]:
    """What is asked of the pools: the pod's extended resources, or the aliases of its extra spec.

    Args:
        extra_specs: of the flavor.
        extended: the pod's extended resources, by name.
        aliases: option ``[pci] alias``; those of one name are alternatives.

    Raises:
        AliasError: the extra spec names an alias that there is not, or no whole number from 1 on.

    Source: ``nova.pci.request.get_pci_requests_from_flavor``; Nova lets a count of 0 through.
    """
    text = extra_specs.get(ALIAS)
    if text is None:
        return tuple(PciRequest(amount, ((("resource", name),),)) for name, amount in extended)
    items = text.split(",", MOST_REQUESTS)
    if len(items) > MOST_REQUESTS:
        raise AliasError(f"extra spec {ALIAS}: accepted: at most {MOST_REQUESTS} devices")
    return tuple(_request(item, aliases) for item in items)


def _request(item: str, aliases: Sequence[PciAlias]) -> PciRequest:
    name, _, number = (part.strip() for part in item.partition(":"))
    count = int(number) if _COUNT.fullmatch(number) else 0
    if not name or not count:
        raise AliasError(
            f"extra spec {ALIAS}: {shown(item.strip(), _SHOWN)} asks for no devices; "
            "accepted: name:count,name:count with whole numbers from 1 on"
        )
    specs = tuple(alias.spec for alias in aliases if alias.name == name)
    if not specs:
        known = ", ".join(sorted({alias.name for alias in aliases})) or "none is defined"
        raise AliasError(
            f"extra spec {ALIAS}: there is no alias {shown(name, _SHOWN)}; "
            f"accepted (option pci.alias): {known}"
        )
    return PciRequest(count, specs, name)


def _attributes(annotations: Annotations) -> dict[str, Attributes]:
    """What annotation ``pci_device_pools`` says of each resource.

    Raises:
        AnnotationError: it is not what it should be.
    """
    found: dict[str, Attributes] = {}
    for entry in read_array(annotations, table.PCI_DEVICE_POOLS):
        resource, attributes = _entry(entry)
        if resource in found:
            raise _wrong(f"{shown(resource, _SHOWN)} stands twice", "each resource once")
        found[resource] = attributes
    return found


def _entry(entry: Any) -> tuple[str, Attributes]:
    if not isinstance(entry, dict):
        raise _wrong(f"{shown_json(entry, _SHOWN)} is not an object", "objects with a resource")
    for name in entry:
        if name not in _NAMES:
            raise _wrong(f"{shown(name, _SHOWN)} is not a name it knows", ", ".join(_NAMES))
    resource = entry.get("resource")
    if not isinstance(resource, str) or not is_extended(resource):
        wrong = f"resource is {shown_json(resource, _SHOWN)}"
        raise _wrong(wrong, "an extended resource, such as nvidia.com/gpu")
    return resource, tuple(sorted({**_tags(entry), **_known(entry)}.items()))


def _known(entry: dict[str, Any]) -> dict[str, str]:
    """The attributes that Nova's pools have, as texts; the kernel's node -1 is no node."""
    known = {}
    for name in _IDS:
        value = entry.get(name)
        if value is not None and not isinstance(value, str):
            raise _wrong(f"{name} is {shown_json(value, _SHOWN)}", "a text")
        if value is not None and value.strip():
            known[name] = value.strip()
    node = entry.get("numa_node")
    if node is not None and (not isinstance(node, int) or isinstance(node, bool) or node < -1):
        raise _wrong(f"numa_node is {shown_json(node, _SHOWN)}", "a whole number, 0 or more")
    if node is not None and node >= 0:
        known["numa_node"] = str(node)
    return known


def _tags(entry: dict[str, Any]) -> dict[str, str]:
    tags = entry.get("tags")
    if tags is None:
        return {}
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise _wrong(f"tags is {shown_json(tags, _SHOWN)}", "an object text to text")
    for name in tags:
        if name in _NAMES:
            wrong = f"tags has {name}, which is no tag"
            raise _wrong(wrong, f"{name} beside tags")
    return tags


def _wrong(wrong: str, accepted: str) -> AnnotationError:
    return AnnotationError(table.PCI_DEVICE_POOLS.key, wrong, accepted)


@lru_cache(maxsize=1024)
def _shared(pools: tuple[PciPool, ...]) -> tuple[PciPool, ...]:
    """The first of all equal tuples: nodes that are alike are many."""
    return pools
