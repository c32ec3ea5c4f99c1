"""Writing the statuses of our own kinds: what the extender made of each object.

Only one process may do it at a time; whoever calls sees to that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from extender.kube.errors import ApiError
from extender.state.kind_feed import Held, KindFeeds
from extender.state.kind_record import SERVER_GROUP, Key
from extender.state.kind_status import (
    Status,
    aggregate_status,
    flavor_status,
    group_status,
    hosts_by_aggregate,
    unknown_hosts,
)
from extender.verbs.engine import Engine

MOST_WRITES = 50
"""Statuses written in one round: a round is short, and the API server has others to serve."""

COUNTS_INTERVAL = 10.0
"""Seconds between two writes for a ServerGroup, whose counts change with every pod."""

RETRY_INTERVAL = 30.0
"""Seconds before a status that could not be written is tried again."""

Patch = Callable[[str, Status], object]
Id = tuple[str, Key]
Make = Callable[[Status, str], Status]


@dataclass(frozen=True, slots=True)
class _Past:
    """What was last tried for an object.

    Args:
        version: the resource version that the object had then.
        status: what was to be written.
        at: when, by a clock that only grows.
        error: why it could not be written, "" if it was.
        told: whether people were told of the error.
    """

    version: str
    status: Status
    at: float
    error: str = ""
    told: bool = False


_NEVER = _Past("", {}, float("-inf"))


class StatusWriter:
    """Brings the statuses at the API server into step with what is known here.

    A status is written when it differs from the one that the watch last showed, so what comes back
    through the watch ends it. One that was just written is not written again before it has come
    back.

    Args:
        engine: whose cluster the statuses speak of.
        feeds: the objects as last seen.
        patch: merges a status into that of the object at a path, or raises.
        tell: told of statuses that cannot be written, of each once for an error.
        ready: whether all nodes, pods and objects of our kinds are known; until then nothing is
            written.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        engine: Engine,
        feeds: KindFeeds,
        patch: Patch,
        tell: Callable[[str], object],
        *,
        ready: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._feeds = feeds
        self._patch = patch
        self._tell = tell
        self._ready = ready
        self._clock = clock
        self._past: dict[Id, _Past] = {}

    def run_once(self) -> int:
        """One round; returns how many statuses were written, at most `MOST_WRITES`.

        What failed the last time comes last, so that it takes nobody's place.
        """
        if not self._ready():
            return 0
        seen = self._look()
        known = {_id(held) for held, _ in seen}
        self._past = {of: past for of, past in self._past.items() if of in known}
        due = list(self._due(seen))
        due.sort(key=lambda each: bool(self._of(each[0]).error))
        tried = [self._write(held, status) for held, status in due[:MOST_WRITES]]
        failures = [text for text in tried if text]
        if failures:
            more = f"; and {len(failures) - 1} more" if len(failures) > 1 else ""
            self._tell(f"{failures[0]}{more}")
        return sum(text is None for text in tried)

    def _look(self) -> list[tuple[Held[Any], Make]]:
        """Each object, and how its status is made. Only this holds up the verbs."""
        cluster = self._engine.cluster
        seen: list[tuple[Held[Any], Make]] = []
        with self._engine.lock:
            hosts = hosts_by_aggregate(cluster)
            for one in self._feeds.aggregates.held():
                found = one.effective
                count, unknown = 0, list[str]()
                if found is not None:
                    count, unknown = hosts[found.name], unknown_hosts(cluster, found)
                seen.append((one, partial(aggregate_status, one, count, unknown)))
            for flavor in self._feeds.flavors.held():
                seen.append((flavor, partial(flavor_status, flavor)))
            for group in self._feeds.groups.held():
                on = cluster.ledger.group_hosts(*group.record.key)
                seen.append((group, partial(group_status, group, sum(on.values()), len(on))))
        return seen

    def _due(self, seen: Iterable[tuple[Held[Any], Make]]) -> Iterator[tuple[Held[Any], Status]]:
        """The statuses that are not as they should be, and whose time it is."""
        now = datetime.fromtimestamp(self._engine.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        clock = self._clock()
        for held, make in seen:
            past = self._of(held)
            wait = RETRY_INTERVAL if past.error else 0.0
            if not past.error and held.record.kind is SERVER_GROUP:
                wait = COUNTS_INTERVAL
            if clock - past.at < wait:
                continue
            current = held.record.status
            if not past.error and past.version == held.record.resource_version:
                current = past.status
            status = make(current, now)
            if status != current:
                yield held, status

    def _write(self, held: Held[Any], status: Status) -> str | None:
        """Write a status; ``None`` if that went well, else what people are to be told, if anything.

        An object that is gone, of which the watch has not told yet, is nobody's concern; one that
        is still not found later has no status to write, for its kind was installed without.
        """
        record, before = held.record, self._of(held)
        error, gone = "", False
        try:
            self._patch(record.path, status)
        except Exception as wrong:  # noqa: BLE001 - one status must not be in the way of others
            error = str(wrong) or type(wrong).__name__
            gone = isinstance(wrong, ApiError) and wrong.status == HTTPStatus.NOT_FOUND
        same = bool(error) and before.error == error
        known = same and before.told
        tell = bool(error) and not known and (same or not gone)
        self._past[_id(held)] = _Past(
            record.resource_version, status, self._clock(), error, told=tell or known
        )
        if tell:
            return f"the status of {record.title} cannot be written: {error}"
        return "" if error else None

    def _of(self, held: Held[Any]) -> _Past:
        return self._past.get(_id(held), _NEVER)


def _id(held: Held[Any]) -> Id:
    return held.record.kind.plural, held.record.key
