"""An API server, a watch that lags behind, lists that take their time, and binds that get lost.

The rules of claims are there for two ends: a pod that we have bound is never missing from the
ledger, and once the watch has caught up nothing is left in it that is not so. Here the API server
knows what is so. A failure names its seed; ``play(seed)`` plays that sequence again.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.state.cluster import Cluster
from extender.state.pod_feed import PodRecord, PodSink
from tests.builders import host

SEQUENCES, BLOCKS, LENGTH = 10_000, 10, 60
CARRIED_OUT_WITHIN = 5
"""Steps after which the API server gives up a Binding that it has been sent."""


@dataclass
class Bind:
    """A bind under way."""

    entry: Contribution
    deadline: int
    """When the API server gives it up."""
    answer: bool | None = None
    answered: bool = False


@dataclass
class Listing:
    """A list under way: what was known before, what it is filled with, and at which event."""

    known: set[str]
    pods: list[PodRecord] | None = None
    position: int = 0


def record(uid: str, on: str | None) -> PodRecord:
    """A pod as the API server has it."""
    entry = None if on is None else share(uid, on)
    return PodRecord(uid, "default", uid, entry, b"{}" if on is None else None)


def share(uid: str, on: str) -> Contribution:
    """What it takes."""
    return Contribution(instance=Instance(uid, "default", uid), host=on, milli_vcpus=100)


class World:
    """The API server, and an extender that is told of it late.

    Args:
        seed: of everything that is left to chance.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - the same sequence each time
        self.log: list[str] = []
        self.step = 0
        # The API server: its pods, and all events with the step when they happened.
        self.pods: dict[str, str | None] = {}
        self.born = 0
        self.events: list[tuple[int, str, PodRecord | None]] = []
        # The extender.
        self.cluster = Cluster()
        for name in ("a", "b"):
            self.cluster.put_host(host(name))
        self.sink = PodSink(self.cluster, threading.RLock())
        self.ledger = self.cluster.ledger
        self.seen = 0
        self.list: Listing | None = None
        self.binds: list[Bind] = []
        self.doubted: set[str] = set()

    def run(self) -> None:
        """Any course of events, and then everything comes to its end."""
        acts: dict[Callable[[], None], int] = {
            self.pod_made: 4,
            self.pod_deleted: 3,
            self.bind_begins: 6,
            self.bind_carried_out: 6,
            self.bind_answered: 6,
            self.watch_delivers: 8,
            self.list_begins: 1,
            self.list_filled: 3,
            self.list_comes: 3,
            self.bookmark: 1,
        }
        for act in self.rng.choices(list(acts), list(acts.values()), k=LENGTH):
            self.step += 1
            act()
            self.nothing_is_missing()
        self.settle()
        self.all_is_so()

    def note(self, *words: object) -> None:
        """For people."""
        self.log.append(" ".join(str(word) for word in (self.step, *words)))

    # -- the API server --------------------------------------------------------------------

    def emit(self, kind: str, pod: PodRecord | None) -> None:
        """Something happened."""
        self.events.append((self.step, kind, pod))

    def pod_made(self) -> None:
        """A new pod, never one of old."""
        uid = f"p{self.born}"
        self.born += 1
        self.note("made", uid)
        self.pods[uid] = None
        self.emit("upsert", record(uid, None))

    def pod_deleted(self) -> None:
        """Wherever it is.

        But for one that we had not heard of before a list was asked for: if it is claimed, bound
        and gone before the server makes the list, nothing tells of it until the next.
        """
        asked = self.list is not None and self.list.pods is None
        old = [uid for uid in self.pods if self.list is None or not asked or uid in self.list.known]
        if old:
            uid = self.rng.choice(old)
            self.note("deleted", uid)
            self.emit("delete", record(uid, self.pods.pop(uid)))

    def bookmark(self) -> None:
        """A sign of life."""
        self.emit("bookmark", None)

    def bind_carried_out(self) -> None:
        """The API server does what it was asked, or refuses it."""
        waiting = [bind for bind in self.binds if bind.answer is None]
        if not waiting:
            return
        bind = self.rng.choice(waiting)
        uid = bind.entry.instance.uuid
        bind.answer = self.step < bind.deadline and self.pods.get(uid, "gone") is None
        self.note("bind", uid, bind.answer)
        if bind.answer:
            self.pods[uid] = bind.entry.host
            self.emit("upsert", record(uid, bind.entry.host))

    def under_way(self) -> list[Bind]:
        """The binds that have not ended both here and there."""
        return [bind for bind in self.binds if bind.answer is None or not bind.answered]

    # -- the extender ----------------------------------------------------------------------

    def bind_begins(self) -> None:
        """Of a pod that kube-scheduler has heard of, be it ahead of us or behind.

        What is under way is not tried again, nor one that was bound by a Binding that we are in
        doubt about: the new claim would be taken for the truth until the watch has it.
        """
        busy = {bind.entry.instance.uuid for bind in self.under_way()}
        lost = {uid for uid in self.doubted if self.pods.get(uid) is not None}
        waiting = [uid for uid in self.pods if uid not in busy | lost]
        if not waiting:
            return
        uid = self.rng.choice(waiting)
        entry = share(uid, self.rng.choice(("a", "b")))
        if self.ledger.claim(entry) is None:
            self.note("claim", uid, entry.host)
            self.binds.append(Bind(entry, self.step + CARRIED_OUT_WITHIN))

    def bind_answered(self) -> None:
        """With what came of it, or not at all."""
        waiting = [bind for bind in self.binds if not bind.answered]
        if not waiting:
            return
        bind = self.rng.choice(waiting)
        uid = bind.entry.instance.uuid
        if bind.answer is None or self.rng.random() < 0.3:
            self.note("doubt", uid)
            self.ledger.doubt(uid, bind.deadline)
            bind.answered = True
            self.doubted.add(uid)
        else:
            self.note("answer", uid, bind.answer)
            (self.ledger.confirm if bind.answer else self.ledger.drop)(uid)
            bind.answered = True

    def watch_delivers(self) -> None:
        """Some events, in order."""
        for _ in range(self.rng.randrange(1, 4)):
            self.deliver()

    def deliver(self) -> None:
        """The next event, unless a list is awaited."""
        if self.list is not None or self.seen == len(self.events):
            return
        at, kind, pod = self.events[self.seen]
        self.seen += 1
        self.note("seen", kind, pod and pod.uid, pod and pod.entry and pod.entry.host)
        if pod is not None:
            (self.sink.upsert if kind == "upsert" else self.sink.delete)(pod)
        self.ledger.lapse(at)

    def list_begins(self) -> None:
        """The watch is given up for it."""
        if self.list is None:
            self.note("listing")
            self.sink.listing()
            claimed = {entry.instance.uuid for entry in self.ledger.entries()}
            self.list = Listing(self.cluster.pending.uids() | claimed)

    def list_filled(self) -> None:
        """What it has is of this moment, however long it takes to come."""
        if self.list is not None and self.list.pods is None:
            self.note("list filled")
            self.list.pods = [record(uid, on) for uid, on in self.pods.items()]
            self.list.position = len(self.events)

    def list_comes(self) -> None:
        """In the place of all events before it was filled."""
        if self.list is not None and self.list.pods is not None:
            self.note("list", *(pod.uid for pod in self.list.pods))
            self.sink.replace(self.list.pods)
            self.seen = self.list.position
            self.list = None

    def settle(self) -> None:
        """Everything under way ends, and the watch catches up."""
        while self.under_way():
            self.step += 1
            self.bind_carried_out()
            self.bind_answered()
        self.list_filled()
        self.list_comes()
        self.step += CARRIED_OUT_WITHIN + 1
        self.bookmark()
        while self.seen < len(self.events):
            self.deliver()

    # -- what must hold --------------------------------------------------------------------

    def nothing_is_missing(self) -> None:
        """Whatever is bound counts where it is: each of these pods was bound by us."""
        for uid, on in self.pods.items():
            if on is not None:
                entry = self.ledger.get(uid)
                assert entry is not None, uid
                assert entry.host == on

    def all_is_so(self) -> None:
        """The ledger is what the API server has, to the pod."""
        bound = {uid: on for uid, on in self.pods.items() if on is not None}
        assert {e.instance.uuid: e.host for e in self.ledger.entries()} == bound
        assert self.ledger.claims == 0
        assert {name for _, name in self.cluster.pending} == self.pods.keys() - bound.keys()
        table = self.cluster.table
        for name, row in table.index.items():
            assert table.cpu_used[row] == 100 * list(bound.values()).count(name)


def play(seed: int) -> None:
    """One sequence."""
    world = World(seed)
    try:
        world.run()
    except Exception as error:
        error.add_note(f"seed {seed}:\n  " + "\n  ".join(world.log))
        raise


@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_missing_and_nothing_left_over(block: int) -> None:
    """Through any course of events, and at the end of it."""
    size = SEQUENCES // BLOCKS
    for seed in range(block * size, (block + 1) * size):
        play(seed)
