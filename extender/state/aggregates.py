"""The aggregates by name, and which of them a host belongs to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

from extender.model.groups import Aggregates, HostAggregate

K = TypeVar("K", bound=Hashable)
Label = tuple[str, str]


class AggregateBook(Mapping[str, HostAggregate]):
    """All aggregates in the order of their names, found by a host's name and by its labels.

    An aggregate with a selector stands under one of the selector's labels, the one that fewest
    others stand under; a host's labels then lead to few that must be looked at in full.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, HostAggregate] = {}
        self._by_host: dict[str, set[str]] = {}
        self._by_label: dict[Label, set[str]] = {}
        self._label: dict[str, Label] = {}

    def __getitem__(self, name: str) -> HostAggregate:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def put(self, aggregate: HostAggregate) -> HostAggregate | None:
        """Enter an aggregate; returns the one of its name that was there before."""
        name = aggregate.name
        before = self._by_name.get(name)
        self._by_name[name] = aggregate
        if before is None:
            self._by_name = dict(sorted(self._by_name.items()))
        else:
            self._forget(before)
        self._index(aggregate)
        return before

    def remove(self, name: str) -> HostAggregate | None:
        """Strike an aggregate out; ``None`` if there is none of that name."""
        before = self._by_name.pop(name, None)
        if before is not None:
            self._forget(before)
        return before

    def replace(self, aggregates: Iterable[HostAggregate]) -> None:
        """Hold just these."""
        for index in (self._by_host, self._by_label, self._label):
            index.clear()
        found = {aggregate.name: aggregate for aggregate in aggregates}
        self._by_name = dict(sorted(found.items()))
        for aggregate in self._by_name.values():
            self._index(aggregate)

    def of(self, host: str, labels: Mapping[str, str]) -> Aggregates:
        """The aggregates of a host, by name."""
        names = set(self._by_host.get(host, ()))
        if self._by_label:
            for label in labels.items():
                for name in self._by_label.get(label, ()):
                    if self._by_name[name].has(host, labels):
                        names.add(name)
        return tuple(self._by_name[name] for name in sorted(names))

    def _index(self, aggregate: HostAggregate) -> None:
        for host in aggregate.hosts:
            self._by_host.setdefault(host, set()).add(aggregate.name)
        if aggregate.node_selector:
            label = min(
                aggregate.node_selector.items(),
                key=lambda item: len(self._by_label.get(item, ())),
            )
            self._by_label.setdefault(label, set()).add(aggregate.name)
            self._label[aggregate.name] = label

    def _forget(self, aggregate: HostAggregate) -> None:
        for host in aggregate.hosts:
            _discard(self._by_host, host, aggregate.name)
        label = self._label.pop(aggregate.name, None)
        if label is not None:
            _discard(self._by_label, label, aggregate.name)


def _discard(index: dict[K, set[str]], key: K, name: str) -> None:
    index[key].discard(name)
    if not index[key]:
        del index[key]
