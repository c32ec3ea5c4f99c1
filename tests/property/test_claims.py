"""Random sequences of what watches, lists, binds and judgements do, against the rules.

A failure names its seed; ``play(seed)`` plays that sequence again.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance, Inventory
from extender.model.host_state import HostState
from extender.state.cluster import Cluster
from extender.state.node_feed import NodeSink
from extender.state.pod_feed import PodRecord, PodSink
from extender.state.recount import recount
from tests.property.naive_book import NaiveBook

HOSTS = ("a", "b", "c")
NAMES = {f"uid-{n}": (f"ns-{n % 2}", f"pod-{n % 4}") for n in range(6)}
"""Two of them were made anew under a name that another one had."""
UIDS = tuple(NAMES)
GROUPS = (None, "web", "db")
OWNERS = ("", "owner-1", "owner-2")
SEQUENCES, BLOCKS, LENGTH = 10_000, 10, 16


class OnPurposeError(Exception):
    """Raised within a judgement."""


class Sequence:
    """One sequence of events, and the two books that it is written into."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - the same sequence each time
        self.log: list[str] = []
        self.cluster = Cluster()
        lock = threading.RLock()
        self.pods = PodSink(self.cluster, lock)
        self.nodes = NodeSink(self.cluster, lock, self.log.append)
        self.ledger = self.cluster.ledger
        self.naive = NaiveBook()
        self.known: set[str] = set()
        self.made: dict[str, Contribution] = {}
        events: dict[Callable[[], None], int] = {
            self.node_comes: 3,
            self.node_goes: 1,
            self.nodes_listed: 1,
            self.pod_shown: 8,
            self.pod_deleted: 3,
            self.list_begins: 3,
            self.list_comes: 3,
            self.claims: 8,
            self.confirms: 4,
            self.doubts: 4,
            self.drops: 2,
            self.lapses: 3,
            self.judges: 4,
            self.claims_within_a_judgement: 2,
        }
        self.events, self.weights = list(events), list(events.values())

    def run(self) -> None:
        """All of it."""
        for event in self.rng.choices(self.events, self.weights, k=LENGTH):
            self.happen(event)
        assert not recount(self.cluster, HOSTS)

    def happen(self, event: Callable[[], None]) -> None:
        """One event; then both books say the same."""
        self.naive.step += 1
        event()
        self.naive.note_order()
        self.check()

    def note(self, *words: object) -> None:
        """For people."""
        self.log.append(" ".join(str(word) for word in words))

    # -- what may be -----------------------------------------------------------------------

    def entry(self, uid: str) -> Contribution:
        """The pod on some host."""
        rng = self.rng
        return Contribution(
            instance=Instance(uid, *NAMES[uid], flavor=rng.choice(("", "small"))),
            host=rng.choice(HOSTS),
            milli_vcpus=rng.randrange(1000),
            memory=rng.randrange(1 << 30),
            disk=rng.choice((0, 5, 10**25)),
            io_op=rng.random() < 0.5,
            group=rng.choice(GROUPS),
            owner=rng.choice(OWNERS),
            started=rng.choice((None, 7.0)),
        )

    def record(self, uid: str) -> PodRecord:
        """The pod in some state: counting, pending (nominated or not), or ended."""
        state = self.rng.choice(("bound", "bound", "pending", "pending", "nominated", "ended"))
        namespace, name = NAMES[uid]
        bound = self.entry(uid) if state == "bound" else None
        nominated = self.entry(uid) if state == "nominated" else None
        pending = b"{}" if state in {"pending", "nominated"} else None
        owner = self.rng.choice(OWNERS)
        return PodRecord(uid, namespace, name, bound, pending, nominated, owner)

    def host(self, name: str) -> HostState:
        """A node as translated."""
        return HostState(host=name, cpu=Inventory(total=self.rng.randrange(9000)))

    # -- events ----------------------------------------------------------------------------

    def node_comes(self) -> None:
        """New, or changed."""
        name = self.rng.choice(HOSTS)
        self.note("node", name)
        self.known.add(name)
        self.nodes.upsert(self.host(name))

    def node_goes(self) -> None:
        """Known or not."""
        name = self.rng.choice(HOSTS)
        self.note("no node", name)
        self.known.discard(name)
        self.nodes.delete(self.host(name))

    def nodes_listed(self) -> None:
        """All anew."""
        self.known = {name for name in HOSTS if self.rng.random() < 0.8}
        self.note("nodes", sorted(self.known))
        self.nodes.replace([self.host(name) for name in sorted(self.known)])

    def pod_shown(self) -> None:
        """By a watch."""
        record = self.record(self.rng.choice(UIDS))
        self.note("upsert", record)
        self.naive.upsert(record)
        self.pods.upsert(record)

    def pod_deleted(self) -> None:
        """Told by a watch, in whatever state the pod was last."""
        record = self.record(self.rng.choice(UIDS))
        self.note("delete", record)
        self.naive.delete(record)
        self.pods.delete(record)

    def list_begins(self) -> None:
        """It will come later, or never."""
        self.note("listing")
        self.naive.list_began = self.naive.step
        self.pods.listing()

    def list_comes(self) -> None:
        """Of whatever pods there are by then."""
        records = [self.record(uid) for uid in UIDS if self.rng.random() < 0.6]
        self.rng.shuffle(records)
        self.note("replace", *records)
        self.naive.replace(records)
        self.pods.replace(records)

    def claims(self) -> None:
        """A bind begins."""
        entry = self.entry(self.rng.choice(UIDS))
        self.note("claim", entry)
        found = self.ledger.claim(entry)
        assert found == self.naive.claim(entry)
        if found is None:
            # Of the claims of a pod an old one stays at hand now and then: a bind that comes late.
            self.made.setdefault(entry.instance.uuid, entry)
            if self.rng.random() < 0.7:
                self.made[entry.instance.uuid] = entry

    def which(self) -> tuple[str, Contribution | None]:
        """A pod, and perhaps which claim of it is meant."""
        uid = self.rng.choice([*self.naive.claimed] * 3 or UIDS)
        return uid, self.made.get(uid) if self.rng.random() < 0.5 else None

    def confirms(self) -> None:
        """A bind was carried out."""
        uid, entry = self.which()
        self.note("confirm", uid, entry and entry.host)
        assert self.ledger.confirm(uid, entry) == self.naive.confirm(uid, entry)

    def doubts(self) -> None:
        """A bind was never answered."""
        (uid, entry), until = self.which(), self.rng.randrange(10)
        self.note("doubt", uid, until, entry and entry.host)
        assert self.ledger.doubt(uid, until, entry) == self.naive.doubt(uid, until, entry)

    def drops(self) -> None:
        """A bind was refused."""
        uid, entry = self.which()
        self.note("drop", uid, entry and entry.host)
        assert self.ledger.drop(uid, entry) == self.naive.drop(uid, entry)

    def lapses(self) -> None:
        """The watch goes on."""
        heard = self.rng.randrange(12)
        self.note("lapse", heard)
        assert self.ledger.lapse(heard) == self.naive.lapse(heard)

    def judges(self) -> None:
        """Pods step aside and others come along, in any nesting; then all is as it was."""
        before = self.picture()
        try:
            self.nested(self.rng.randrange(1, 4))
        except OnPurposeError:
            self.note("raised")
        if before != self.picture():
            raise AssertionError("a judgement left something behind")

    def claims_within_a_judgement(self) -> None:
        """What is written while the pod is set apart, or along, counts afterwards."""
        uid = self.rng.choice(UIDS)
        along = {uid: self.entry(uid)}
        self.note("within", uid, along)
        with ExitStack() as stack:
            if self.rng.random() < 0.5:
                stack.enter_context(self.ledger.apart([uid]))
                self.naive.apart.append([uid])
                stack.callback(self.naive.apart.pop)
            if self.rng.random() < 0.5:
                stack.enter_context(self.ledger.along(along.values()))
                if uid not in self.naive.book():
                    self.naive.along.append(along)
                    stack.callback(self.naive.along.pop)
            self.claims()
            self.naive.note_order()
            self.check()

    def nested(self, depth: int) -> None:
        """One step deeper."""
        rng = self.rng
        with ExitStack() as stack:
            if rng.random() < 0.5:
                uids = rng.choices((*UIDS, "never seen"), k=rng.randrange(3))
                self.note("apart", uids)
                stack.enter_context(self.ledger.apart(uids))
                self.naive.apart.append(uids)
                stack.callback(self.naive.apart.pop)
            else:
                # A pod that is along already stays where it is.
                along = {uid: self.entry(uid) for uid in rng.choices(UIDS, k=rng.randrange(3))}
                self.note("along", *along.values())
                stack.enter_context(self.ledger.along(along.values()))
                self.naive.along.append(along)
                stack.callback(self.naive.along.pop)
            self.check()
            if depth > 1:
                self.nested(depth - 1)
                self.check()
            elif rng.random() < 0.3:
                raise OnPurposeError

    # -- what must hold --------------------------------------------------------------------

    def picture(self) -> list[object]:
        """What there is to see of use."""
        found = [self.ledger.find(*name) for name in NAMES.values()]
        return [[host.copy() for host in self.cluster.table.hosts], found, self.ledger.claims]

    def check(self) -> None:
        """Everything that follows from the books."""
        naive, ledger, cluster = self.naive, self.ledger, self.cluster
        entries = naive.entries()
        assert {uid: found for uid in UIDS if (found := ledger.get(uid))} == entries
        assert {entry.instance.uuid: entry for entry in ledger.entries()} == entries
        assert len(ledger) == len(naive.book())
        assert (ledger.claims, ledger.claims_expired) == (len(naive.claimed), naive.expired)
        self.check_hosts(entries)
        for key in set(NAMES.values()):
            assert ledger.find(*key) == naive.find(*key), key
            waits = naive.pending.get(key)
            assert cluster.pending_uid(*key) == (waits.uid if waits else None)
        for namespace in ("ns-0", "ns-1"):
            assert ledger.tenant(namespace) == naive.tenant(namespace)
            for name in ("web", "db"):
                members = naive.group(namespace, name)
                assert ledger.group(namespace, name) == members
                assert ledger.members(namespace, name) == set(members)
                hosts = list(members.values())
                assert ledger.group_hosts(namespace, name) == {h: hosts.count(h) for h in hosts}
        for owner in OWNERS[1:]:
            assert ledger.owned(owner) == naive.owned(owner)
            assert cluster.unstarted(owner) == naive.unstarted(owner)
        assert cluster.unstarted("") == 0
        waiting = naive.pending.values()
        assert {
            uid: entry for found in cluster.nominated.values() for uid, entry in found.items()
        } == {pod.uid: pod.nominated for pod in waiting if pod.nominated}

    def check_hosts(self, entries: dict[str, Contribution]) -> None:
        """Use and instances of every host, on the host and in the columns."""
        table = self.cluster.table
        assert set(table.index) == self.known
        for name, row in table.index.items():
            on = [entry for entry in entries.values() if entry.host == name]
            state = table.host_state(row)
            milli = sum(entry.milli_vcpus for entry in on)
            memory = sum(entry.memory for entry in on)
            disk = sum(entry.disk for entry in on)
            io_ops = sum(entry.io_op for entry in on)
            assert (state.cpu.used, state.ram.used, state.disk.used) == (milli, memory, disk)
            assert state.instances == {entry.instance.uuid: entry.instance for entry in on}
            assert (
                int(table.cpu_used[row]),
                int(table.ram_used[row]),
                int(table.disk_used[row]),
                int(table.num_instances[row]),
                int(table.num_io_ops[row]),
            ) == (milli, memory, min(disk, 2**62 - 1), len(on), io_ops)


def play(seed: int) -> None:
    """One sequence."""
    sequence = Sequence(seed)
    try:
        sequence.run()
    except Exception as error:
        error.add_note(f"seed {seed}:\n  " + "\n  ".join(sequence.log))
        raise


@pytest.mark.parametrize("block", range(BLOCKS))
def test_any_sequence(block: int) -> None:
    """After each event of each sequence everything is as the rules say."""
    size = SEQUENCES // BLOCKS
    for seed in range(block * size, (block + 1) * size):
        play(seed)
