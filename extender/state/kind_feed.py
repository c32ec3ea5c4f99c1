"""Our own kinds into the cluster: HostAggregate, Flavor, ServerGroup."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TypeVar

import msgspec

from extender.state.cluster import Cluster
from extender.translate.errors import TranslateError
from extender.translate.kinds import aggregate, flavor, server_group
from extender.translate.objects import decode_aggregate, decode_flavor, decode_server_group

Lock = AbstractContextManager[object]
Tell = Callable[[str], object]
T = TypeVar("T")


def put_kinds(
    cluster: Cluster,
    lock: Lock,
    tell: Tell,
    aggregates: Iterable[msgspec.Raw] = (),
    flavors: Iterable[msgspec.Raw] = (),
    server_groups: Iterable[msgspec.Raw] = (),
) -> None:
    """Take in our own kinds, all of them anew.

    One that cannot be read is told of and left out; of two with the same name the later one counts.
    """
    read_aggregates = _read(
        "HostAggregate",
        aggregates,
        lambda raw: aggregate(decode_aggregate(raw)),
        lambda found: found.name,
        tell,
    )
    read_flavors = _read(
        "Flavor", flavors, lambda raw: flavor(decode_flavor(raw)), lambda found: found.name, tell
    )
    read_groups = _read(
        "ServerGroup",
        server_groups,
        lambda raw: server_group(decode_server_group(raw)),
        lambda found: f"{found.namespace}/{found.name}",
        tell,
    )
    with lock:
        cluster.replace_aggregates(read_aggregates)
        cluster.flavors = {found.name: found for found in read_flavors}
        cluster.server_groups = {(found.namespace, found.name): found for found in read_groups}


def _read(
    kind: str,
    raws: Iterable[msgspec.Raw],
    make: Callable[[msgspec.Raw], T],
    name_of: Callable[[T], str],
    tell: Tell,
) -> list[T]:
    """What could be read, each name once; the rest is told of."""
    found: dict[str, T] = {}
    for raw in raws:
        try:
            made = make(raw)
        except TranslateError as error:
            tell(str(error))
            continue
        name = name_of(made)
        if name in found:
            tell(f"{kind} {name} stands twice; the later one counts")
        found[name] = made
    return list(found.values())
