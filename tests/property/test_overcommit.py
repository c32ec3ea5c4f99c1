"""Laws of overcommit: a node's own amounts stay known, and pods' virtual ones apart from real ones.

Whoever writes a node's status changes nothing of what the node has of its own; whatever pods come
and go, what they ask of ours and what they ask in earnest add up each for itself.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from extender.model.contribution import Contribution
from extender.model.host_parts import Inventory
from extender.model.options import TranslateOptions
from extender.state.cluster import Cluster
from extender.state.recount import recount
from extender.translate.admission import Amended, Ratios, amend_annotations, amend_status
from extender.translate.allocatable import RESOURCES, Resource
from extender.translate.annotations import PREFIX, TABLE, On
from extender.translate.node import host_state
from extender.translate.objects import Node, decode_node, decode_pod
from extender.translate.share import claimed, contribution
from tests.builders import host

NAME = "node-a"
KUBELET = f"system:node:{NAME}"
OTHER = "system:serviceaccount:kube-system:node-controller"
RATIOS = Ratios(allow_memory_overcommit=True)
OPTIONS = TranslateOptions(allow_memory_overcommit=True)

TEXTS = (None, "", "1", "1.0", "2", " 2 ", "4", "1.5", "1.001", "0.5", "999.999", "0", "x", "1e3")
THOUSANDTHS = {"2": 2000, " 2 ": 2000, "4": 4000, "1.5": 1500, "1.001": 1001, "999.999": 999_999}
"""Of a ratio's text; all others count as 1 here."""

AMOUNTS = st.sampled_from([0, 1, 999, 1000, 1500, 2000, 3000, 4000, 8000])


@dataclass
class Stored:
    """A node as the API server has it, and as its kubelet last told of its own amounts."""

    annotations: dict[str, str] = field(default_factory=dict)
    allocatable: dict[str, str] = field(default_factory=dict)
    capacity: dict[str, str] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)

    @property
    def node(self) -> Node:
        """As it is read."""
        whole = {
            "metadata": {"name": NAME, "annotations": self.annotations},
            "status": {"allocatable": self.allocatable, "capacity": self.capacity},
        }
        return decode_node(json.dumps(whole).encode())

    def patched(self, amended: Amended) -> Stored:
        """With these changes."""
        annotations: dict[str, str | None] = {**self.annotations, **amended.annotations}
        return replace(
            self,
            annotations={key: text for key, text in annotations.items() if text is not None},
            allocatable={**self.allocatable, **amended.allocatable},
        )

    def amplified(self, resource: Resource) -> int | None:
        """What an amount was amplified to, if it is."""
        saved = resource.saved(self.annotations)
        return None if saved is None else saved.amplified


class Writers(RuleBasedStateMachine):
    """Writers of one node's status and metadata, in any order, each through admission.

    A node's own amount is what its kubelet last told, and no writer changes it. Two exceptions:

    1. An amount that the kubelet tells anew while its capacity stays as it stands, and that equals
       the amplified one that is saved, is taken for that one (``told_again``).
    2. So is the amount of an older copy in which nothing was amplified, if it equals the amplified
       one that is saved now (``older_copy_is_written``).

    An older copy brings back what was told then, with its capacity, until the kubelet writes again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.machine: dict[str, tuple[int, int]] = {}
        """By resource, what the kubelet works out: allocatable and capacity."""
        self.stored = Stored()
        self.copies: list[Stored] = []
        self.fresh = True
        """Whether the status was written since ratio and floor were."""

    @initialize(amounts=st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), reserved=AMOUNTS)
    def created(self, amounts: tuple[int, int, int], reserved: int) -> None:
        """The kubelet registers its node, with its status."""
        for resource, amount in zip(RESOURCES, amounts, strict=True):
            self.machine[resource.name] = amount, amount + reserved
        object_ = self.told(Stored())
        object_.told = {name: amount for name, (amount, _) in self.machine.items()}
        self.stored = object_.patched(amend_status(object_.node, None, KUBELET, RATIOS))

    # -- writes of the status ------------------------------------------------------------------

    @rule()
    def told_again(self) -> None:
        """The kubelet writes what it works out over what stands there."""
        now, before = self.told(self.stored), self.stored
        now.told = dict(before.told)
        for each in RESOURCES:
            amount, _ = self.machine[each.name]
            grown = now.capacity[each.name] != before.capacity[each.name]
            if grown or amount != before.amplified(each):
                now.told[each.name] = amount
        self.write_status(now, KUBELET)

    @rule(user=st.sampled_from([KUBELET, OTHER]))
    def something_else_is_written(self, user: str) -> None:
        """Conditions, say; also by a kubelet whose copy is stale, so that it sends no amounts."""
        self.write_status(copy.deepcopy(self.stored), user)

    @precondition(lambda self: self.copies)
    @rule(data=st.data())
    def older_copy_is_written(self, data: st.DataObject) -> None:
        """All of an older copy, its annotations too, by one who does not say which version."""
        old = copy.deepcopy(data.draw(st.sampled_from(self.copies)))
        for each in RESOURCES:
            amount = each.allocatable(old.node)
            if old.amplified(each) is None and amount == self.stored.amplified(each):
                old.told[each.name] = self.stored.told[each.name]
        self.write_status(old, OTHER)

    @rule(each=st.sampled_from(RESOURCES), more=st.integers(1, 10**6))
    def nonsense_is_written(self, each: Resource, more: int) -> None:
        """More than the machine has, where the node's own amount is saved."""
        capacity = each.capacity(self.stored.node)
        if self.stored.amplified(each) is not None and capacity is not None:
            now = copy.deepcopy(self.stored)
            now.allocatable[each.name] = each.quantity(capacity + more)
            self.write_status(now, OTHER)

    @rule()
    def saved_amounts_are_left_out(self) -> None:
        """All of the node is written by one who does not know our annotations."""
        now = copy.deepcopy(self.stored)
        for each in RESOURCES:
            now.annotations.pop(each.raw.key, None)
            now.annotations.pop(each.amplified.key, None)
        self.write_status(now, OTHER)

    # -- writes of metadata --------------------------------------------------------------------

    @rule(each=st.sampled_from(RESOURCES), text=st.sampled_from(TEXTS))
    def ratio_is_changed(self, each: Resource, text: str | None) -> None:
        """Set, malformed, emptied or removed."""
        self.write_metadata({**self.stored.annotations, each.ratio.key: text})

    @rule(each=st.sampled_from(RESOURCES), floor=st.none() | AMOUNTS | st.just(10**7))
    def floor_is_changed(self, each: Resource, floor: int | None) -> None:
        """By the leader, up or down."""
        text = None if floor is None else str(floor)
        self.write_metadata({**self.stored.annotations, each.floor.key: text})

    @rule(data=st.data(), keep=st.booleans())
    def metadata_of_an_older_copy(self, data: st.DataObject, keep: bool) -> None:
        """Whoever writes it, or has forgotten all annotations, takes nothing that is saved away."""
        copies = [each.annotations for each in self.copies] if keep else [{}]
        if copies:
            self.write_metadata(dict(data.draw(st.sampled_from(copies))))

    # -- the rest ------------------------------------------------------------------------------

    @rule(each=st.sampled_from(RESOURCES), amount=AMOUNTS, reserved=AMOUNTS)
    def machine_changes(self, each: Resource, amount: int, reserved: int) -> None:
        """Hot-plugged or taken away, or more of it reserved; the kubelet will tell."""
        self.machine[each.name] = amount, amount + reserved

    @rule(each=st.sampled_from(RESOURCES), more=AMOUNTS)
    def grows_to_what_was_amplified(self, each: Resource, more: int) -> None:
        """To just that: the kubelet tells what admission could take for its own work."""
        amplified = self.stored.amplified(each)
        if amplified is not None:
            self.machine[each.name] = amplified, amplified + more

    @rule()
    def copy_is_taken(self) -> None:
        """Somebody reads the node and keeps it."""
        self.copies.append(copy.deepcopy(self.stored))

    # -- what must hold ------------------------------------------------------------------------

    @invariant()
    def raw_is_what_was_told(self) -> None:
        """At any moment, also between a new ratio and the next write of the status."""
        state = host_state(self.stored.node, [], OPTIONS)
        inventories = (state.cpu, state.ram, state.disk)
        found = {r.name: i.raw for r, i in zip(RESOURCES, inventories, strict=True)}
        assert found == self.stored.told or not self.stored.told

    @invariant()
    def allocatable_is_amplified(self) -> None:
        """As soon as the status was written, by whomever; the extender says so, too."""
        if not self.stored.told or not self.fresh:
            return
        state = host_state(self.stored.node, [], OPTIONS)
        for each, inventory in zip(RESOURCES, (state.cpu, state.ram, state.disk), strict=True):
            raw, said = self.stored.told[each.name], self.stored.annotations
            times = THOUSANDTHS.get(said.get(each.ratio.key, ""), 1000)
            wanted = max(raw * times // 1000, int(said.get(each.floor.key) or 0))
            assert inventory.held == inventory.amplified == wanted
            assert (each.raw.key in said) == (each.amplified.key in said)
            assert (each.raw.key in said) == (times > 1000 or wanted != raw)

    @invariant()
    def again_changes_nothing(self) -> None:
        """What was amended needs no amending, whoever writes it once more."""
        node = self.stored.node
        assert amend_annotations(node, node) == Amended({}, {})
        if self.fresh:
            for user in (KUBELET, OTHER):
                assert amend_status(node, node, user, RATIOS) == Amended({}, {})

    # -- inside --------------------------------------------------------------------------------

    def told(self, before: Stored) -> Stored:
        """A node with the amounts that the kubelet works out in place."""
        now = copy.deepcopy(before)
        for each in RESOURCES:
            amount, capacity = self.machine[each.name]
            now.allocatable[each.name] = each.quantity(amount)
            now.capacity[each.name] = each.quantity(capacity)
        return now

    def write_status(self, object_: Stored, user: str) -> None:
        """Through admission; a second time within the same request only where that is safe."""
        old = self.stored.node
        self.stored = object_.patched(amend_status(object_.node, old, user, RATIOS))
        self.fresh = True
        grown = any(each.capacity(object_.node) != each.capacity(old) for each in RESOURCES)
        if user == OTHER or not grown:
            again = amend_status(self.stored.node, old, user, RATIOS)
            assert again == Amended({}, {})

    def write_metadata(self, annotations: dict[str, Any]) -> None:
        """Likewise; the status is as it stands, whatever the writer sends."""
        object_ = copy.deepcopy(self.stored)
        object_.annotations = {key: text for key, text in annotations.items() if text is not None}
        self.stored = object_.patched(amend_annotations(object_.node, self.stored.node))
        self.fresh = False


TestWriters = Writers.TestCase
TestWriters.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


# -- one write of anything -----------------------------------------------------------------------

OURS = [row.key for row in TABLE if row.object is On.NODE]
NUMBERS = st.integers(0, 2**64).map(str)
ANY_TEXT = st.text(max_size=8) | NUMBERS | st.sampled_from([t for t in TEXTS if t is not None])
ANY_AMOUNT = (
    NUMBERS
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.none()
    | st.sampled_from(["4611686018427387904", "9223372036854775807", "9223372036854775807m"])
    | st.builds("{}{}".format, st.integers(0, 10**9), st.sampled_from(["m", "Ki", "E", "e40", "n"]))
)
STATUSES = st.none() | st.fixed_dictionaries(
    {},
    optional={
        key: st.none() | st.dictionaries(st.sampled_from([r.name for r in RESOURCES]), ANY_AMOUNT)
        for key in ("allocatable", "capacity")
    },
)


def nodes(keys: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Nodes with annotations of these keys and any status."""
    metadata = st.fixed_dictionaries(
        {"name": st.just(NAME)},
        optional={"annotations": st.none() | st.dictionaries(keys, ANY_TEXT, max_size=8)},
    )
    return st.fixed_dictionaries({"metadata": metadata}, optional={"status": STATUSES})


def read(whole: dict[str, Any]) -> Node:
    """A node as it is read."""
    return decode_node(json.dumps(whole).encode())


@given(
    now=nodes(st.sampled_from(OURS)),
    before=st.none() | nodes(st.sampled_from(OURS)),
    user=st.sampled_from([KUBELET, OTHER, ""]),
    default=st.sampled_from([Fraction(1), Fraction(3, 2), Fraction(16)]),
    allow=st.booleans(),
)
@settings(deadline=None, max_examples=300)
def test_whatever_is_written(
    now: dict[str, Any], before: dict[str, Any] | None, user: str, default: Fraction, allow: bool
) -> None:
    """Nothing raises; what comes of it stays as it is, and the extender reads it so."""
    ratios = Ratios(dict.fromkeys((r.name for r in RESOURCES), default), allow)
    node, old = read(now), None if before is None else read(before)
    amended = amend_status(node, old, user, ratios)
    if old is not None:
        amend_annotations(node, old)
    stored: dict[str, Any] = {
        "metadata": {
            "name": NAME,
            "annotations": {
                key: text
                for key, text in {**node.annotations, **amended.annotations}.items()
                if text is not None
            },
        },
        "status": copy.deepcopy(now.get("status") or {}),
    }
    if amended.allocatable:
        stored["status"]["allocatable"].update(amended.allocatable)
    after = read(stored)
    for anybody in (KUBELET, OTHER):
        assert amend_status(after, after, anybody, ratios) == Amended({}, {})
    options = TranslateOptions(
        cpu_allocation_ratio=default,
        ram_allocation_ratio=default,
        disk_allocation_ratio=default,
        allow_memory_overcommit=allow,
    )
    state = host_state(after, [], options)
    for each, inventory in zip(RESOURCES, (state.cpu, state.ram, state.disk), strict=True):
        saved = each.saved_or_none(after.annotations)
        if saved is not None and inventory.held == saved.amplified > 0:
            assert inventory.raw == saved.raw
        if amended.allocatable.get(each.name) is not None:
            assert inventory.held == inventory.amplified


@given(
    now=nodes(st.text(max_size=20).filter(lambda key: not key.startswith(PREFIX))),
    before=st.none() | nodes(st.text(max_size=20).filter(lambda key: not key.startswith(PREFIX))),
    user=st.sampled_from([KUBELET, OTHER]),
)
def test_nodes_that_say_nothing_to_us(
    now: dict[str, Any], before: dict[str, Any] | None, user: str
) -> None:
    """Are not touched."""
    node, old = read(now), None if before is None else read(before)
    assert amend_status(node, old, user, RATIOS) == Amended({}, {})
    if old is not None:
        assert amend_annotations(node, old) == Amended({}, {})


# -- virtual and real amounts --------------------------------------------------------------------

HOSTS = ("a", "b")
UNITS = (1000, 2**20, 2**30)
REAL = ("cpu", "memory", "ephemeral-storage")
VIRTUAL = (f"{PREFIX}vcpu", f"{PREFIX}memory-mb", f"{PREFIX}disk-gb")
SIZES = (st.integers(0, 9000), st.integers(0, 2**33), st.integers(0, 2**36))


@dataclass(frozen=True)
class Asked:
    """A pod: what it asks for in earnest, and what of ours, ``None`` for what it does not name."""

    uid: str
    host: str
    real: tuple[int, int, int]
    virtual: tuple[int | None, int | None, int | None]

    @property
    def counted(self) -> tuple[int, ...]:
        """What it counts as."""
        parts = zip(self.real, self.virtual, UNITS, strict=True)
        return tuple(real if ours is None else ours * unit for real, ours, unit in parts)

    def entry(self, *, bound: bool) -> Contribution:
        """As it is read, watched or claimed."""
        cpu, memory, disk = self.real
        ours = zip(VIRTUAL, self.virtual, strict=True)
        requests = {
            **dict(zip(REAL, (f"{cpu}m", str(memory), str(disk)), strict=True)),
            **{name: str(amount) for name, amount in ours if amount is not None},
        }
        whole = {
            "metadata": {"name": self.uid, "namespace": "ns", "uid": self.uid},
            "spec": {
                "containers": [{"name": "main", "resources": {"requests": requests}}],
                **({"nodeName": self.host} if bound else {}),
            },
            "status": {"phase": "Running" if bound else "Pending"},
        }
        pod = decode_pod(json.dumps(whole).encode())
        found = contribution(pod) if bound else claimed(pod, self.host)
        assert found is not None
        return found


PODS = st.builds(
    Asked,
    st.sampled_from([f"uid-{n}" for n in range(5)]),
    st.sampled_from([*HOSTS, "late"]),
    st.tuples(*SIZES),
    st.tuples(*(st.none() | st.integers(0, 64) for _ in UNITS)),
)


class Pods(RuleBasedStateMachine):
    """Virtual pods and others that come, go, are claimed and set apart."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster()
        self.watched: dict[str, Asked] = {}
        self.claims: dict[str, Asked] = {}
        for name in HOSTS:
            self.cluster.put_host(host(name))

    @rule(pod=PODS)
    def shown(self, pod: Asked) -> None:
        """The watch shows a pod, new, changed or moved; a claim of it is settled."""
        self.claims.pop(pod.uid, None)
        self.watched[pod.uid] = pod
        self.cluster.put_pod(pod.entry(bound=True))

    @rule(pod=PODS)
    def claimed(self, pod: Asked) -> None:
        """We are about to bind a pod; one that is watched stays where it is."""
        self.cluster.ledger.claim(pod.entry(bound=False))
        if pod.uid not in self.watched:
            self.claims[pod.uid] = pod

    @rule(uid=st.sampled_from([f"uid-{n}" for n in range(5)]))
    def dropped(self, uid: str) -> None:
        """The Binding came to nothing."""
        self.claims.pop(uid, None)
        self.cluster.ledger.drop(uid)

    @rule(uid=st.sampled_from([f"uid-{n}" for n in range(5)]))
    def gone(self, uid: str) -> None:
        """A pod is deleted."""
        self.claims.pop(uid, None)
        self.watched.pop(uid, None)
        self.cluster.remove_pod(uid)

    @rule(name=st.sampled_from([*HOSTS, "late"]), there=st.booleans())
    def node_changes(self, name: str, there: bool) -> None:
        """A node comes, is written anew, or goes."""
        if there:
            self.cluster.put_host(host(name))
        else:
            self.cluster.remove_host(name)

    @rule(pod=PODS, uids=st.sets(st.sampled_from([f"uid-{n}" for n in range(5)])))
    def judged_apart(self, pod: Asked, uids: set[str]) -> None:
        """Some pods step aside while another one is thought to be along, and come back."""
        ledger = self.cluster.ledger
        known = self.watched | self.claims
        with ledger.apart(uids), ledger.along([pod.entry(bound=False)]):
            there = {**({} if pod.uid in known else {pod.uid: pod}), **known}
            self.check([each for uid, each in there.items() if uid not in uids])

    @invariant()
    def amounts_add_up(self) -> None:
        """Of all that count."""
        self.check(list((self.watched | self.claims).values()))

    @invariant()
    def nothing_drifts(self) -> None:
        """As counted anew; and a copy has the same."""
        assert recount(self.cluster, list(self.cluster.table.index)) == []
        twin = self.cluster.table.copy()
        for row, state in enumerate(self.cluster.table.hosts):
            assert twin.host_state(row) == state

    def check(self, pods: list[Asked]) -> None:
        """Used is what the pods count as; used less virtual is what they request in earnest."""
        for state in self.cluster.table.hosts:
            mine = [pod for pod in pods if pod.host == state.host]
            inventories: tuple[Inventory, ...] = (state.cpu, state.ram, state.disk)
            for position, one in enumerate(inventories):
                assert one.used == sum(pod.counted[position] for pod in mine)
                assert one.used - one.virtual == one.requested
                assert one.requested == sum(pod.real[position] for pod in mine)


TestPods = Pods.TestCase
TestPods.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
