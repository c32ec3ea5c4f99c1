"""select_destinations: choose, claim, consume, narrow, alternates, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from extender.filters.base import HostFilter
from extender.filters.core_filter import CoreFilter
from extender.filters.disk_filter import DiskFilter
from extender.filters.num_instances_filter import NumInstancesFilter
from extender.filters.ram_filter import RamFilter
from extender.filters.server_group_anti_affinity_filter import ServerGroupAntiAffinityFilter
from extender.model.attempt import PRE_STAGE
from extender.model.groups import InstanceGroup
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import RequestSpec
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.selection import Destinations, NoValidHost
from extender.weighers.ram import RAMWeigher
from tests.builders import aggregate, host, spec, table
from tests.unit.scheduler.stubs import (
    ByHost,
    FilterA,
    Once,
    Weighing,
    dice,
    ranking,
    scheduler,
    steps,
    verdicts,
)


def named(*names: str) -> HostTable:
    """Hosts of these names, alike."""
    return table(*(host(name) for name in names))


def select(
    made: FilterScheduler,
    hosts: HostTable,
    asked: RequestSpec | None = None,
    uuids: Sequence[str] = ("u1",),
    **more: Any,
) -> Destinations:
    """Destinations, with the dice of a seed unless others are given."""
    rng = more.pop("rng", None) or dice(0)
    return made.select_destinations(hosts, asked or spec(), uuids, rng=rng, **more)


def chosen(found: Destinations) -> list[str]:
    """The host of each instance."""
    return [selections[0].service_host for selections in found.selections]


def alternates(found: Destinations) -> list[list[str]]:
    """The alternates of each instance."""
    return [[s.service_host for s in selections[1:]] for selections in found.selections]


class Claims:
    """A claim book that refuses what the test says, and notes everything."""

    def __init__(self, *refused: tuple[str, str]) -> None:
        self.refused = refused
        self.asked: list[tuple[str, str]] = []
        self.undone: list[str] = []

    def claim(self, state: HostState, asked: RequestSpec) -> bool:
        """Accept, unless told otherwise."""
        pair = (state.host, asked.instance_uuid)
        self.asked.append(pair)
        return pair not in self.refused

    def unclaim(self, uuid: str) -> None:
        """Take a claim back."""
        self.undone.append(uuid)

    @property
    def both(self) -> dict[str, Any]:
        """The arguments of select_destinations."""
        return {"claim": self.claim, "unclaim": self.unclaim}


def subset(size: int, **more: Any) -> SchedulerOptions:
    """Options with a subset of the best."""
    return SchedulerOptions(host_subset_size=size, **more)


BEST_FIRST = Weighing({"a": 3, "b": 2, "c": 1})


# -- the choice (N§A.6) ------------------------------------------------------------------


def test_best_host_first() -> None:
    """The host of the greatest weight is chosen, and the cycle tells how."""
    found = select(scheduler(FilterA("d"), BEST_FIRST), named("d", "c", "a", "b"))
    assert chosen(found) == ["a"]
    (cycle,) = found.cycles
    assert steps(cycle.filtered) == [(PRE_STAGE, 4, 4), ("FilterA", 4, 3)]
    assert ranking(cycle.weighed) == ["a", "b", "c"]


def test_selection_holds_what_nova_s_does() -> None:
    """Host, node, UUID, cell, zone and limits of the host chosen."""
    hosts = table(
        host(
            "a",
            uuid="uid-a",
            cell_uuid="cell1",
            aggregates=(aggregate(availability_zone="zone-2,zone-1"),),
            cpu_allocation_ratio="1.5",
            total_usable_disk_gb=10,
        )
    )
    made = scheduler(CoreFilter(), RamFilter(), DiskFilter())
    ((selection,),) = select(made, hosts, spec(vcpus=1)).selections
    assert selection.service_host == selection.nodename == "a"
    assert (selection.compute_node_uuid, selection.cell_uuid) == ("uid-a", "cell1")
    assert selection.availability_zone == "zone-1"
    assert selection.limits == {"vcpu": 12, "memory_mb": 16384, "disk_gb": 10}


def test_equal_weights_keep_the_order_of_the_table() -> None:
    """Without shuffling the first of equals is chosen, every time."""
    for seed in range(20):
        found = select(scheduler(Weighing({})), named("c", "a", "b"), rng=dice(seed))
        assert chosen(found) == ["c"]


def times_chosen(made: FilterScheduler, hosts: HostTable, runs: int = 600) -> Counter[str]:
    """How often each host is chosen, with one sequence of dice."""
    rng = dice(7)
    count: Counter[str] = Counter()
    for _ in range(runs):
        count.update(chosen(select(made, hosts.copy(), rng=rng)))
    return count


def test_subset_of_the_best() -> None:
    """With a subset of 2 the two best are each chosen half the time, and no other."""
    made = scheduler(BEST_FIRST, options=subset(2))
    count = times_chosen(made, named("c", "b", "a"))
    assert set(count) == {"a", "b"}
    assert abs(count["a"] - 300) < 61  # 5 standard deviations of √(600 × ½ × ½)


@pytest.mark.parametrize("size", [3, 4, 1000])
def test_subset_larger_than_what_is_left(size: int) -> None:
    """A subset larger than the list is the list."""
    made = scheduler(FilterA("d"), BEST_FIRST, options=subset(size))
    count = times_chosen(made, named("a", "b", "c", "d"))
    assert set(count) == {"a", "b", "c"}
    assert all(abs(found - 200) < 58 for found in count.values())


def test_shuffling_the_best() -> None:
    """Only those that weigh exactly as much as the best take turns."""
    options = SchedulerOptions(shuffle_best_same_weighed_hosts=True)
    weights = Weighing({"a": 2, "b": 2, "c": 2, "d": 1.9999999})
    count = times_chosen(scheduler(weights, options=options), named("d", "a", "b", "c"))
    assert set(count) == {"a", "b", "c"}
    assert all(abs(found - 200) < 58 for found in count.values())


def test_shuffling_comes_before_the_subset_is_cut() -> None:
    """Two equal best and a subset of 3: the third, lesser host is chosen as often as each."""
    options = subset(3, shuffle_best_same_weighed_hosts=True)
    made = scheduler(Weighing({"a": 2, "b": 2, "c": 1}), options=options)
    count = times_chosen(made, named("a", "b", "c", "d"))
    assert set(count) == {"a", "b", "c"}
    assert all(abs(found - 200) < 58 for found in count.values())


def test_shuffling_all_equals() -> None:
    """Without weighers all weigh the same, so all take turns."""
    options = SchedulerOptions(shuffle_best_same_weighed_hosts=True)
    count = times_chosen(scheduler(options=options), named("a", "b", "c"))
    assert all(abs(count[name] - 200) < 58 for name in "abc")


def test_the_dice_are_handed_in() -> None:
    """The same seed chooses the same hosts; the world's own dice are not touched."""
    made = scheduler(Weighing({}), options=subset(5, shuffle_best_same_weighed_hosts=True))
    names = [f"h{n}" for n in range(20)]

    def run(seed: int) -> list[str]:
        rng = dice(seed)
        return [chosen(select(made, named(*names), rng=rng))[0] for _ in range(20)]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_the_chosen_is_moved_to_the_front_and_the_others_keep_their_order() -> None:
    """Out of a subset of 3 any is chosen; the alternates are the others, best first."""
    for seed in range(30):
        options = subset(3, max_attempts=10)
        weights = Weighing({"a": 4, "b": 3, "c": 2, "d": 1})
        found = select(
            scheduler(weights, options=options),
            named("d", "c", "b", "a"),
            alternates=True,
            rng=dice(seed),
        )
        (first,) = chosen(found)
        assert first in {"a", "b", "c"}
        assert alternates(found) == [[name for name in "abcd" if name != first]]


# -- claims (N§A.7) ----------------------------------------------------------------------


def test_first_host_that_accepts() -> None:
    """Hosts are asked in order, best first, until one accepts."""
    book = Claims(("a", "u1"), ("b", "u1"))
    found = select(scheduler(BEST_FIRST), named("c", "b", "a"), **book.both)
    assert chosen(found) == ["c"]
    assert book.asked == [("a", "u1"), ("b", "u1"), ("c", "u1")]
    assert book.undone == []


def test_host_whose_claim_failed_stays_in_the_list() -> None:
    """It is asked again for the next instance, and may be an alternate."""
    book = Claims(("a", "u1"))
    found = select(
        scheduler(BEST_FIRST),
        named("a", "b", "c"),
        uuids=["u1", "u2"],
        alternates=True,
        **book.both,
    )
    assert chosen(found) == ["b", "a"]
    assert book.asked == [("a", "u1"), ("b", "u1"), ("a", "u2")]
    single = select(scheduler(BEST_FIRST), named("a", "b", "c"), alternates=True, **book.both)
    assert (chosen(single), alternates(single)) == (["b"], [["a", "c"]])


def test_claim_sees_the_request_and_the_host_before_it_is_consumed() -> None:
    """The host is handed over as filters judged it, with the instance's own UUID."""
    seen: list[tuple[str, int | float]] = []

    def claim(state: HostState, asked: RequestSpec) -> bool:
        seen.append((asked.instance_uuid, state.vcpus_used))
        return True

    asked = spec(vcpus=3, instance_uuid="the-pod")
    select(scheduler(), table(host("a")), asked, uuids=["u1", "u2"], claim=claim)
    assert seen == [("u1", 0), ("u2", 3)]


def test_nobody_accepts() -> None:
    """Without a host that can be claimed there is no valid host."""
    book = Claims(("a", "u1"), ("b", "u1"))
    with pytest.raises(NoValidHost) as error:
        select(scheduler(), named("a", "b"), **book.both)
    assert str(error.value) == "No valid host was found. There are not enough hosts available."
    assert book.undone == []
    assert len(error.value.cycles) == 1


# -- all or nothing (N§A.9) ---------------------------------------------------------------


def test_earlier_claims_are_taken_back() -> None:
    """When the third of three finds no host, the first two are given up, in order."""
    book = Claims()
    hosts = table(host("a", vcpus_total=8), host("b", vcpus_total=4))
    with pytest.raises(NoValidHost) as error:
        select(scheduler(CoreFilter()), hosts, spec(vcpus=5), uuids=["u1", "u2", "u3"], **book.both)
    assert book.asked == [("a", "u1")]
    assert book.undone == ["u1"]
    assert [verdicts(cycle.filtered) for cycle in error.value.cycles] == [
        {"a": None, "b": "request_exceeds_host_vcpus"},
        {"a": "insufficient_vcpus"},
    ]


def test_claims_taken_back_in_order() -> None:
    """Two claimed, the third refused everywhere: both are taken back once."""
    book = Claims(("a", "u3"), ("b", "u3"))
    with pytest.raises(NoValidHost):
        select(scheduler(), named("a", "b"), uuids=["u1", "u2", "u3"], **book.both)
    assert book.undone == ["u1", "u2"]


def test_nothing_to_take_back_with() -> None:
    """Without ``unclaim`` the failure is told all the same."""
    with pytest.raises(NoValidHost):
        select(scheduler(), named(), uuids=["u1"])


def test_no_hosts_at_all() -> None:
    """An empty table has no valid host, and the first filter saw nobody."""
    with pytest.raises(NoValidHost) as error:
        select(scheduler(FilterA()), table())
    assert steps(error.value.cycles[0].filtered) == [(PRE_STAGE, 0, 0), ("FilterA", 0, 0)]


def test_partial_success_is_never_returned() -> None:
    """Three places for four instances place none."""
    hosts = table(host("a", vcpus_total=3))
    with pytest.raises(NoValidHost):
        select(scheduler(CoreFilter()), hosts, spec(vcpus=1), uuids=["1", "2", "3", "4"])
    fits = table(host("a", vcpus_total=3))
    found = select(scheduler(CoreFilter()), fits, spec(vcpus=1), uuids=["1", "2", "3"])
    assert chosen(found) == ["a", "a", "a"]


# -- several instances (N§A.5.6, N§A.8) ---------------------------------------------------


def test_spreading_by_consumption() -> None:
    """Each instance sees what the ones before it took: 8, 6 and 5 GiB free, 2 GiB each."""
    hosts = table(
        host("a", total_usable_ram_mb=8192),
        host("b", total_usable_ram_mb=6144),
        host("c", total_usable_ram_mb=5120),
    )
    uuids = ["u1", "u2", "u3", "u4", "u5"]
    found = select(scheduler(RamFilter(), RAMWeigher()), hosts, spec(memory_mb=2048), uuids=uuids)
    # 8/6/5 → a; 6/6/5 → a, the first of equals; 4/6/5 → b; 4/4/5 → c; 4/4/3 → b, which stands
    # before a in the list of the instance before (c, b, a)
    assert chosen(found) == ["a", "a", "b", "c", "b"]
    assert [hosts.host_state(row).free_ram_mb for row in range(3)] == [4096, 2048, 3072]


def test_equals_keep_the_order_of_the_instance_before() -> None:
    """The next instance starts from the sorted list: among equals the last leader leads."""
    weigher = Weighing({"a": 1, "b": 2})
    made = scheduler(weigher)
    hosts = named("a", "b", "c")
    found = select(made, hosts, uuids=["u1", "u2"])
    assert chosen(found) == ["b", "b"]
    assert weigher.asked == [["a", "b", "c"], ["b", "a", "c"]]


def test_refused_once_refused_for_good() -> None:
    """A host refused for one instance is not looked at again for the next."""

    class OnlyFirst(ByHost):
        def run_filter_for_index(self, index: int) -> bool:
            return index == 0

    found = select(scheduler(OnlyFirst("a"), BEST_FIRST), named("a", "b", "c"), uuids=["u1", "u2"])
    assert chosen(found) == ["b", "b"]
    assert [list(cycle.filtered.hosts) for cycle in found.cycles] == [["a", "b", "c"], ["b", "c"]]


def test_once_per_request_filters_run_once() -> None:
    """They see the first instance only; narrowing keeps what they refused out."""
    once = Once("a")
    found = select(scheduler(once, BEST_FIRST), named("a", "b", "c"), uuids=["u1", "u2", "u3"])
    assert chosen(found) == ["b", "b", "b"]
    assert len(once.asked) == 1
    assert [steps(c.filtered)[1:] for c in found.cycles] == [[("Once", 3, 2)], [], []]


def test_consume() -> None:
    """What an instance takes: CPU, memory, all of the disk, swap too, an I/O operation, a place."""
    hosts = table(host("a", vcpus_total=8, total_usable_ram_mb=4096, total_usable_disk_gb=10))
    asked = spec(flavor_name="m1", vcpus="1.5", memory_mb=1024, root_gb=4, ephemeral_gb=2, swap=512)
    select(scheduler(), hosts, asked, uuids=["u1", "u2"])
    state = hosts.host_state(0)
    assert state.vcpus_used == 3
    assert state.free_ram_mb == 2048
    assert state.free_disk_mb == 10240 - 2 * (6144 + 512)
    assert state.free_disk_mb < 0
    assert (state.num_io_ops, state.num_instances) == (2, 2)
    assert {i.uuid: (i.namespace, i.flavor) for i in state.instances.values()} == {
        "u1": ("default", "m1"),
        "u2": ("default", "m1"),
    }
    columns = (hosts.cpu_used, hosts.num_instances, hosts.num_io_ops)
    assert [column.tolist() for column in columns] == [[3000], [2], [2]]


def test_consume_virtual() -> None:
    """What of it only the extender counts is noted as such, an instance after the other."""
    hosts = table(host("a", vcpus_total=8))
    select(scheduler(), hosts, spec(vcpus=2, virtual=(1500, 0, 0)), uuids=["u1", "u2"])
    state = hosts.host_state(0)
    assert (state.cpu.used, state.cpu.virtual, state.cpu.requested) == (4000, 3000, 1000)


def test_consumption_is_seen_by_counting_filters() -> None:
    """Two places on a host, three instances: the third goes elsewhere."""
    made = scheduler(NumInstancesFilter(SchedulerOptions(max_instances_per_host=2)), BEST_FIRST)
    found = select(made, named("a", "b"), uuids=["u1", "u2", "u3"])
    assert chosen(found) == ["a", "a", "b"]


def test_only_the_chosen_is_consumed() -> None:
    """Hosts whose claim failed, alternates and the rest stay as they were."""
    book = Claims(("a", "u1"))
    hosts = named("a", "b", "c")
    select(scheduler(BEST_FIRST), hosts, spec(vcpus=1), alternates=True, **book.both)
    assert [hosts.host_state(row).vcpus_used for row in range(3)] == [0, 1, 0]


def test_group_of_the_next_instance() -> None:
    """The next instance's group knows the host and UUID of the one before; the pod's does not."""
    seen: list[tuple[set[str], set[str]]] = []

    class Watching(FilterA):
        def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Any:
            group = spec.instance_group
            assert group is not None
            seen.append((set(group.hosts), set(group.members)))
            return super().filter_all(hosts, spec)

    group = InstanceGroup(
        name="web",
        namespace="default",
        policy="anti-affinity",
        members=frozenset({"old"}),
        hosts={"z": 1},
    )
    asked = spec(instance_group=group)
    select(scheduler(Watching(), BEST_FIRST), named("a", "b"), asked, uuids=["u1", "u2"])
    assert seen == [({"z"}, {"old"}), ({"z", "a"}, {"old", "u1"})]
    assert group.members == {"old"}


def test_without_a_group_none_is_made() -> None:
    """A request without a group stays without one."""
    groups = []

    class Watching(FilterA):
        def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Any:
            groups.append(spec.instance_group)
            return super().filter_all(hosts, spec)

    select(scheduler(Watching()), named("a"), uuids=["u1", "u2"])
    assert groups == [None, None]


# -- alternates (N§A.10) ------------------------------------------------------------------


def weights(names: str) -> Weighing:
    """The earlier in the text, the better."""
    return Weighing({name: float(len(names) - n) for n, name in enumerate(names)})


@pytest.mark.parametrize(
    ("max_attempts", "expected"),
    [(1, []), (2, ["b"]), (3, ["b", "c"]), (4, ["b", "c", "d"]), (99, ["b", "c", "d"])],
)
def test_max_attempts_less_one_alternates(max_attempts: int, expected: list[str]) -> None:
    """As many alternates as attempts are left, best first; fewer hosts are fine."""
    made = scheduler(weights("abcd"), options=SchedulerOptions(max_attempts=max_attempts))
    found = select(made, named("d", "c", "b", "a"), alternates=True)
    assert alternates(found) == [expected]


def test_no_alternates_unless_asked() -> None:
    """Without the wish for alternates only the chosen host is named."""
    found = select(scheduler(weights("abc")), named("a", "b", "c"))
    assert [len(selections) for selections in found.selections] == [1]


def test_alternates_of_the_same_cell() -> None:
    """Only hosts of the chosen host's cell are alternates."""
    hosts = table(
        host("a", cell_uuid="one"),
        host("b", cell_uuid="two"),
        host("c", cell_uuid="one"),
        host("d"),
    )
    found = select(scheduler(weights("abcd")), hosts, alternates=True)
    assert alternates(found) == [["c"]]


def test_alternates_are_nobody_s_choice_and_shared() -> None:
    """No chosen host is an alternate of any instance; the same alternates serve them all."""
    book = Claims(("a", "u2"))
    made = scheduler(weights("abcdef"), options=SchedulerOptions(max_attempts=3))
    found = select(made, named(*"abcdef"), uuids=["u1", "u2"], alternates=True, **book.both)
    assert chosen(found) == ["a", "b"]
    assert alternates(found) == [["c", "d"], ["c", "d"]]


def test_alternates_are_worked_out_anew_for_several_instances() -> None:
    """After the last instance the list is filtered and weighed once more, as consumed."""
    once = Once()
    hosts = table(
        host("a", vcpus_total=4), host("b", vcpus_total=4, vcpus_used=1), host("c", vcpus_total=2)
    )
    made = scheduler(once, CoreFilter(), weights("abc"), options=SchedulerOptions(max_attempts=9))
    book = Claims(("b", "u2"))
    found = select(made, hosts, spec(vcpus=2), uuids=["u1", "u2"], alternates=True, **book.both)
    # u1 takes 2 of a's 4; u2 takes a's other 2; a is full and chosen, b and c remain.
    assert chosen(found) == ["a", "a"]
    assert alternates(found) == [["b", "c"], ["b", "c"]]
    assert len(once.asked) == 1
    assert len(found.cycles) == 2


def test_full_hosts_are_no_alternates_for_several_instances() -> None:
    """A host that the instances filled up is not offered, even unchosen by the others."""
    hosts = table(host("a", vcpus_total=1), host("b", vcpus_total=1), host("c", vcpus_total=1))
    made = scheduler(CoreFilter(), weights("abc"))
    found = select(made, hosts, spec(vcpus=1), uuids=["u1", "u2"], alternates=True)
    assert chosen(found) == ["a", "b"]
    assert alternates(found) == [["c"], ["c"]]


def test_alternates_are_neither_claimed_nor_consumed() -> None:
    """Naming a host as an alternate costs it nothing."""
    book = Claims()
    hosts = named("a", "b")
    select(scheduler(weights("ab")), hosts, spec(vcpus=1), alternates=True, **book.both)
    assert book.asked == [("a", "u1")]
    assert hosts.cpu_used.tolist() == [1000, 0]


def test_alternates_carry_their_own_limits() -> None:
    """An alternate's limits are its own host's."""
    hosts = table(host("a", vcpus_total=8), host("b", vcpus_total=3, cpu_allocation_ratio="1.5"))
    found = select(scheduler(CoreFilter(), weights("ab")), hosts, spec(vcpus=1), alternates=True)
    assert [dict(s.limits) for s in found.selections[0]] == [{"vcpu": 8}, {"vcpu": 4}]


# -- limits of forced hosts ---------------------------------------------------------------


@pytest.mark.parametrize(
    "forced",
    [{"force_hosts": ("A",)}, {"force_nodes": ("a",)}, {"force_hosts": ("a",), "force_nodes": "a"}],
)
def test_forced_hosts_have_no_limits(forced: Mapping[str, Any]) -> None:
    """Limits are written by filters, which forced hosts skip."""
    found = select(scheduler(CoreFilter()), named("a", "b"), spec(vcpus=99, **forced))
    assert chosen(found) == ["a"]
    assert found.selections[0][0].limits == {}


def test_forced_hosts_that_are_checked_have_limits() -> None:
    """With a check type the filters run, and so write limits."""
    asked = spec(vcpus=1, force_hosts=("a",), scheduler_hints={"_nova_check_type": ("evacuate",)})
    found = select(scheduler(CoreFilter()), named("a", "b"), asked)
    assert found.selections[0][0].limits == {"vcpu": 8}


def test_rebuild_has_limits_only_of_the_filters_that_ran() -> None:
    """Filters that pass a rebuild unevaluated write nothing."""

    class OnRebuild(RamFilter):
        RUN_ON_REBUILD = True

    asked = spec(vcpus=1, scheduler_hints={"_nova_check_type": ("rebuild",)})
    found = select(scheduler(CoreFilter(), OnRebuild()), named("a"), asked)
    assert found.selections[0][0].limits == {"memory_mb": 16384}


def test_a_rebuild_claims_nothing() -> None:
    """The first host is taken without asking, and nothing has to be given back."""
    book = Claims(("a", "u1"))
    asked = spec(scheduler_hints={"_nova_check_type": ("rebuild",)})
    assert chosen(select(scheduler(FilterA()), named("a", "b"), asked, **book.both)) == ["a"]
    with pytest.raises(NoValidHost):
        select(scheduler(FilterA()), named(), asked, ["u1", "u2"], **book.both)
    assert (book.asked, book.undone) == ([], [])


def test_only_the_instance_itself_is_where_it_is() -> None:
    """The host of a pod that is bound is its own; other instances of its kind are on none yet."""
    group = InstanceGroup(name="web", namespace="default", policy="anti-affinity", hosts={"a": 1})
    asked = spec(instance_uuid="u1", instance_group=group, own_hosts=frozenset({"a"}))
    made = scheduler(ServerGroupAntiAffinityFilter())
    assert chosen(select(made, named("a"), asked, ["u1"])) == ["a"]
    with pytest.raises(NoValidHost):
        select(made, named("a"), asked, ["u2"])


def test_limits_that_raise() -> None:
    """A plug-in whose limits raise gives none, and the request goes on."""

    class Broken(FilterA):
        def limits(self, host: HostState, spec: RequestSpec) -> Mapping[str, int]:
            raise KeyError(host, spec)

    found = select(scheduler(Broken(), CoreFilter()), named("a"), spec(vcpus=1))
    assert found.selections[0][0].limits == {"vcpu": 8}


def test_forced_hosts_are_still_weighed_and_claimed() -> None:
    """Of several forced hosts the best is tried first; a refused claim goes to the next."""
    book = Claims(("b", "u1"))
    asked = spec(force_hosts=("c", "b"))
    found = select(scheduler(FilterA("b", "c"), weights("abc")), named("a", "c", "b"), asked)
    assert chosen(found) == ["b"]
    found = select(
        scheduler(FilterA("b", "c"), weights("abc")), named("a", "c", "b"), asked, **book.both
    )
    assert chosen(found) == ["c"]


# -- without claims (N§A.11) --------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_without_uuids(count: int) -> None:
    """num_instances counts, hosts are taken without a claim, and consumed."""
    book = Claims()
    hosts = table(host("a", vcpus_total=2), host("b", vcpus_total=8))
    made = scheduler(CoreFilter(), weights("ab"))
    asked = spec(vcpus=1, num_instances=count)
    found = select(made, hosts, asked, uuids=(), **book.both)
    assert chosen(found) == ["a", "a", "b"][:count]
    assert book.asked == []


def test_without_uuids_nothing_is_taken_back() -> None:
    """What was not claimed is not given up."""
    book = Claims()
    with pytest.raises(NoValidHost):
        select(scheduler(FilterA("a")), named("a"), uuids=(), **book.both)
    assert book.undone == []


def test_uuids_beat_num_instances() -> None:
    """The list of UUIDs says how many, whatever num_instances does."""
    found = select(scheduler(), named("a"), spec(num_instances=7), uuids=["u1", "u2"])
    assert len(found.selections) == 2


# -- parts for the verbs ------------------------------------------------------------------


def test_filter_and_weigh_alone() -> None:
    """The verbs use the parts: filter by name and row, weigh by row."""
    made = scheduler(FilterA("b"), BEST_FIRST, options=SchedulerOptions(max_score=10))
    hosts = named("a", "b", "c")
    part = made.filter(hosts, ["c", "x", "b"], hosts.rows(["c", "x", "b"]), spec())
    assert verdicts(part) == {"c": None, "x": "not_in_cache", "b": "refused"}
    weighed = made.weigh(hosts, ["c", "a"], hosts.rows(["c", "a"]), spec())
    assert weighed.hosts.tolist() == ["c", "a"]
    assert weighed.scores.tolist() == [0, 10]
    with pytest.raises(IndexError):
        made.weigh(hosts, ["x", "y"], hosts.rows(["x", "y"]), spec())


def test_filters_and_weighers_are_asked_in_order() -> None:
    """Several of a kind keep their configured order, one listed twice runs twice."""
    same: HostFilter = FilterA()
    part = scheduler(same, FilterA(), same).filter(
        named("a"), ["a"], named("a").rows(["a"]), spec()
    )
    assert [name for name, _, _ in steps(part)] == [PRE_STAGE, "FilterA", "FilterA", "FilterA"]
