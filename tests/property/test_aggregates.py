"""Aggregates from a file and from the API server, in any order with nodes, against a recount."""

from __future__ import annotations

import threading
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from extender.model.groups import HostAggregate
from extender.state.cluster import Cluster
from extender.state.kind_feed import KindFeeds
from extender.state.kind_record import HOST_AGGREGATE, KindRecord
from extender.state.node_feed import NodeSink
from tests.builders import host

HOSTS = [f"node-{n}" for n in range(5)]
NAMES = ["agg-1", "agg-2", "agg-3"]
LABELS = st.dictionaries(st.sampled_from(["pool", "disk"]), st.sampled_from(["a", "b"]))

Record = KindRecord[HostAggregate]


@st.composite
def aggregates(draw: st.DrawFn) -> HostAggregate:
    """An aggregate by hosts, by labels, or both."""
    zone = draw(st.sampled_from(["", "zone-1", "zone-2"]))
    return HostAggregate(
        name=draw(st.sampled_from(NAMES)),
        hosts=draw(st.frozensets(st.sampled_from(HOSTS), max_size=3)),
        node_selector=draw(LABELS) or None,
        metadata={"availability_zone": zone} if zone else {},
    )


@st.composite
def records(draw: st.DrawFn) -> Record:
    """An aggregate as the API server shows it: readable or not, of one uid or another."""
    parsed = draw(aggregates())
    readable = draw(st.integers(0, 3)) > 0
    return KindRecord(
        kind=HOST_AGGREGATE,
        name=parsed.name,
        uid=draw(st.sampled_from(["u1", "u2"])),
        parsed=parsed if readable else None,
        error="" if readable else "cannot be read",
        status={"hosts": draw(st.integers(0, 2))},
    )


class Events(RuleBasedStateMachine):
    """After each event hosts and columns are what a recount says, and every change was called."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster()
        self.lock = threading.RLock()
        self.nodes = NodeSink(self.cluster, self.lock, lambda _: None)
        self.labels: dict[str, dict[str, str]] = {}
        self.file: dict[str, HostAggregate] = {}
        self.live: dict[str, tuple[str, HostAggregate | None]] = {}
        self.calls = 0

    @initialize(found=st.lists(aggregates(), unique_by=lambda a: a.name))
    def begin(self, found: list[HostAggregate]) -> None:
        """Some aggregates stand in a file."""
        self.file = {a.name: a for a in found}
        self.kinds = KindFeeds(
            self.cluster, self.lock, lambda _: None, self.called, aggregates=found
        )

    def called(self, _: str) -> None:
        """A change was called out."""
        self.calls += 1

    # -- events ----------------------------------------------------------------------------

    @rule(name=st.sampled_from(HOSTS), labels=LABELS)
    def node_put(self, name: str, labels: dict[str, str]) -> None:
        """A node is new, or has other labels."""
        self.labels[name] = labels
        self.nodes.upsert(host(name, labels=labels))

    @rule(name=st.sampled_from(HOSTS))
    def node_gone(self, name: str) -> None:
        """A node is gone, known or not."""
        self.labels.pop(name, None)
        self.nodes.delete(host(name))

    @rule(record=records())
    def put(self, record: Record) -> None:
        """An aggregate is new or changed, or only its status is."""
        before = self.contents()
        self.live[record.name] = (record.uid, self.good(record))
        calls = self.calls
        self.kinds.aggregates.upsert(record)
        assert self.calls - calls == (self.contents() != before)

    @rule(record=records())
    def gone(self, record: Record) -> None:
        """An aggregate is gone, known or not."""
        before = self.contents()
        self.live.pop(record.name, None)
        calls = self.calls
        self.kinds.aggregates.delete(record)
        assert self.calls - calls == (self.contents() != before)

    @rule(found=st.lists(records(), unique_by=lambda r: r.name))
    def listed(self, found: list[Record]) -> None:
        """All aggregates anew."""
        before = self.contents()
        self.live = {r.name: (r.uid, self.good(r)) for r in found}
        calls = self.calls
        self.kinds.aggregates.replace(found)
        assert self.calls - calls == (self.contents() != before)

    @rule(attribute=st.sampled_from(["zones", "aggregates"]))
    def column_read(self, attribute: str) -> None:
        """A filter reads a column, which is built now or was kept up since."""
        self.check(attribute)

    # -- the recount -----------------------------------------------------------------------

    def good(self, record: Record) -> HostAggregate | None:
        """What is in effect of a record: itself, or what the same object last was."""
        uid, last = self.live.get(record.name, ("", None))
        return record.parsed or (last if uid == record.uid else None)

    def effective(self) -> list[HostAggregate]:
        """All aggregates that are in effect, by name."""
        live = {name: good for name, (_, good) in self.live.items() if good is not None}
        return sorted({**self.file, **live}.values(), key=lambda a: a.name)

    def contents(self) -> list[Any]:
        """What they say."""
        return [(a.name, a.hosts, a.node_selector, a.metadata) for a in self.effective()]

    # -- what must hold --------------------------------------------------------------------

    @invariant()
    def hosts_are_in_their_aggregates(self) -> None:
        """By name and by label, in order of name."""
        effective = self.effective()
        assert list(self.cluster.aggregates) == [a.name for a in effective]
        for state in self.cluster.table.hosts:
            expected = [a.name for a in effective if a.has(state.host, self.labels[state.host])]
            assert [a.name for a in state.aggregates] == expected
            for found in state.aggregates:
                assert found is self.cluster.aggregates[found.name]

    def check(self, attribute: str) -> None:
        """An encoded column says of each host what the host says."""
        column = self.cluster.table.encoded(attribute)
        found = [column.vocabulary.values[code] for code in column.codes.tolist()]
        assert found == [getattr(state, attribute) for state in self.cluster.table.hosts]

    def teardown(self) -> None:
        """In the end, both columns."""
        self.check("zones")
        self.check("aggregates")


TestEvents = Events.TestCase
TestEvents.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
