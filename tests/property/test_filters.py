"""What holds of every filter, whatever the hosts and the request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extender.filters import all_filters
from extender.filters.base import HostFilter
from extender.filters.capacity import CapacityFilter
from extender.filters.core_filter import CoreFilter
from extender.filters.disk_filter import DiskFilter
from extender.filters.ram_filter import RamFilter
from extender.filters.server_group_affinity_filter import ServerGroupAffinityFilter
from extender.filters.server_group_anti_affinity_filter import ServerGroupAntiAffinityFilter
from extender.model.flavor import Flavor
from extender.model.groups import HostAggregate, InstanceGroup
from extender.model.host_parts import Instance, Inventory, Service, Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.metrics import HostMetric
from extender.model.options import SchedulerOptions
from extender.model.request_spec import ImageMeta, RequestSpec, SchedulerRetries
from extender.model.said import Said
from tests.builders import aggregate, instance

MIB = 1024 * 1024
NAMES = [f"node-{letter}" for letter in "abcdefgh"]
ZONES = [None, "", "nova", "zone-a", "zone-b"]
FLAVORS = ["", "m1.small", "m1.large"]
TRUST = ["trusted", "unknown", "other"]
AGGREGATES = (
    aggregate("plain"),
    aggregate("small", instance_type="m1.small"),
    aggregate("both", instance_type="m1.large , m1.small,", availability_zone="zone-a"),
    aggregate("zones", availability_zone="zone-a,zone-b"),
    aggregate("blank", availability_zone=" ", instance_type=""),
    aggregate("ratios", cpu_allocation_ratio="2", ram_allocation_ratio="0.5"),
    aggregate("bad", cpu_allocation_ratio="many", disk_allocation_ratio="nan"),
    aggregate("much", cpu_allocation_ratio="1e1", ram_allocation_ratio=" 16 "),
    aggregate("little", disk_allocation_ratio="0.25", cpu_allocation_ratio="1_0.5"),
    aggregate("nothing", cpu_allocation_ratio="0", ram_allocation_ratio="-1"),
    aggregate("all", ram_allocation_ratio="1e300", disk_allocation_ratio="inf"),
    aggregate("few", max_instances_per_host="1", max_io_ops_per_host="x"),
    aggregate("more", max_instances_per_host=" 3 ", max_io_ops_per_host="1"),
    aggregate("half", max_instances_per_host="2.5"),
    aggregate("tenants", filter_tenant_id="default,other"),
    aggregate("more tenants", filter_tenant_id2=" shop"),
    aggregate("images", os_distro="ubuntu, debian", hw_maxphysaddr_bits="46", tier="gold"),
)
GUESTS = [("x86_64", "containerd", "exe"), ("aarch64", "cri-o", "exe"), ("x86_64", "kvm", "hvm")]
CPUS = [Said(), Said({"maxphysaddr": {}}), *(Said({"maxphysaddr": {"bits": n}}) for n in (39, 46))]
IMAGES = ["registry/web:1", "registry/vault:2", "registry/agent:3"]
OPTIONS = SchedulerOptions(
    max_io_ops_per_host=2,
    max_instances_per_host=2,
    isolated_images=("registry/vault:2", "registry/agent:3"),
    isolated_hosts=("node-a", "node-c", "gone"),
    metrics_weight_setting=(("cpu.percent", 1.0), ("heat", 0.0)),
    attestation_auth_timeout=60,
)

few = st.integers(0, 12)
amounts = st.one_of(few, st.integers(0, 2**45), st.integers(2**61, 2**70))
ratios = st.integers(1, 999_999).map(lambda thousandths: Fraction(thousandths, 1000)) | (
    st.sampled_from(["0.001", "0.1", "1", "1.5", "16.0", "999.999"]).map(Fraction)
)
inventories = st.builds(Inventory, total=amounts, used=amounts, ratio=ratios)
services = st.builds(
    Service,
    disabled=st.booleans(),
    unschedulable=st.booleans(),
    forced_down=st.booleans(),
    ready=st.booleans(),
)
instances = st.lists(
    st.builds(
        instance, st.integers(0, 5).map(lambda n: f"uid-{n}"), flavor=st.sampled_from(FLAVORS)
    ),
    max_size=3,
).map(lambda found: {one.uuid: one for one in found})
chosen_aggregates: st.SearchStrategy[tuple[HostAggregate, ...]] = st.lists(
    st.sampled_from(AGGREGATES), max_size=3, unique_by=id
).map(tuple)


times = st.none() | st.sampled_from([1.0, 940.0, 1000.0, 1300.5])
metrics = st.lists(
    st.builds(HostMetric, st.sampled_from(["cpu.percent", "heat"]), st.integers(0, 3), times),
    max_size=3,
).map(tuple)


def hosts_named(names: st.SearchStrategy[str]) -> st.SearchStrategy[HostState]:
    """Hosts of all sorts, by these names."""
    return st.builds(
        HostState,
        host=names,
        cpu=inventories,
        ram=inventories,
        disk=inventories,
        service=services,
        aggregates=chosen_aggregates,
        zone_label=st.sampled_from(ZONES),
        host_ip=st.sampled_from([None, "", "10.0.0.1", "10.0.9.9", "fd00::1", "no address"]),
        reported_metrics=metrics,
        observed_metrics=metrics,
        hypervisor_version=st.none() | st.sampled_from([0, 5_000, 1_007_000, 2_001_004]),
        supported_instances=st.lists(st.sampled_from(GUESTS), max_size=2).map(tuple),
        cpu_info=st.sampled_from(CPUS),
        trust_lvl=st.sampled_from(["unknown", "trusted"]),
        trust_time=times,
        unreadable=st.just(Unreadable(0)) | st.integers(0, 2**14 - 1).map(Unreadable),
        num_io_ops=st.integers(0, 3),
        instances=instances,
    )


groups = st.builds(
    InstanceGroup,
    name=st.just("web"),
    namespace=st.just("default"),
    policy=st.sampled_from(["affinity", "anti-affinity", "soft-affinity", "legacy"]),
    max_server_per_host=st.integers(1, 3),
    members=st.frozensets(st.integers(0, 5).map(lambda n: f"uid-{n}")),
    hosts=st.dictionaries(st.sampled_from([*NAMES, "gone"]), st.integers(1, 3), max_size=4),
)
clusters = st.lists(hosts_named(st.sampled_from(NAMES)), max_size=6, unique_by=lambda h: h.host)
requests = st.builds(
    RequestSpec,
    instance_uuid=st.sampled_from(["uid-new", "uid-1"]),
    project_id=st.sampled_from(["default", "shop"]),
    flavor=st.builds(
        Flavor,
        name=st.sampled_from(FLAVORS),
        milli_vcpus=amounts,
        memory=amounts,
        root=amounts,
        ephemeral=few,
        swap_bytes=few,
        extra_specs=st.sampled_from([{}, *({"trust:trusted_host": t} for t in TRUST)]),
    ),
    availability_zone=st.sampled_from(ZONES),
    retry=st.none()
    | st.builds(
        SchedulerRetries,
        num_attempts=st.integers(1, 4),
        hosts=st.lists(
            st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))
            | st.sampled_from(NAMES).map(lambda name: (name, name)),
            max_size=3,
        ).map(tuple),
    ),
    instance_group=st.none() | groups,
    image=st.builds(
        ImageMeta,
        properties=st.fixed_dictionaries(
            {},
            optional={
                "hw_architecture": st.sampled_from(["x86_64", "aarch64"]),
                "img_hv_type": st.sampled_from(["containerd", "kvm"]),
                "hw_vm_mode": st.sampled_from(["exe", "hvm"]),
                "img_hv_requested_version": st.sampled_from([">=1.7,<3", "==5.0", "!=2.1.4"]),
                "hw_maxphysaddr_bits": st.sampled_from([0, 40, 46, 2**63 - 1]),
                "os_distro": st.sampled_from(["ubuntu", "fedora"]),
            },
        ),
    ),
    images=st.lists(st.sampled_from(IMAGES), max_size=2).map(tuple),
    scheduler_hints=st.fixed_dictionaries(
        {},
        optional={
            "same_host": st.just(("web-0",)),
            "different_host": st.just(("web-1",)),
            "build_near_host_ip": st.sampled_from([("10.0.1.1",), ("fd00::2",), ("a", "b")]),
            "cidr": st.sampled_from([("/16",), ("/255.255.255.0",), ("/x",)]),
        },
    ),
    hint_hosts=st.fixed_dictionaries(
        {name: st.frozensets(st.sampled_from(NAMES)) for name in ("same_host", "different_host")}
    ),
    at=st.none() | st.just(1000.0),
    tolerates_unschedulable=st.booleans(),
    tolerates_not_ready=st.booleans(),
)
examples = settings(max_examples=40, deadline=None)
more_examples = settings(max_examples=100, deadline=None)


def verdicts(cls: type[HostFilter], hosts: HostTable, asked: RequestSpec) -> list[int]:
    """The filter's codes, which are codes of its own."""
    judge = cls(OPTIONS)
    codes = judge.filter_all(hosts, asked)
    assert codes is not None
    assert codes.dtype == np.uint8
    assert codes.shape == (len(hosts),)
    assert judge.take_faults() == []
    found: list[int] = codes.tolist()
    assert all(code <= len(cls.all_reasons()) for code in found)
    return found


def by_filter(hosts: HostTable, asked: RequestSpec) -> dict[str, list[int]]:
    """Every shipped filter's codes."""
    return {cls.__name__: verdicts(cls, hosts, asked) for cls in all_filters()}


def picked(found: dict[str, list[int]], rows: Iterable[int]) -> dict[str, list[int]]:
    """The codes of some rows."""
    order = list(rows)
    return {name: [codes[row] for row in order] for name, codes in found.items()}


@examples
@given(clusters, requests)
def test_a_table_of_n_hosts_gives_what_n_tables_of_one_give(
    hosts: Sequence[HostState], asked: RequestSpec
) -> None:
    """No host's verdict depends on its neighbours."""
    whole = by_filter(HostTable(hosts), asked)
    for row, host in enumerate(hosts):
        assert by_filter(HostTable([host]), asked) == picked(whole, [row])


@examples
@given(clusters, requests, st.data())
def test_a_view_is_judged_as_the_whole_is(
    hosts: Sequence[HostState], asked: RequestSpec, data: st.DataObject
) -> None:
    """Judging some rows gives the verdicts of those rows, in any order, repeated, and nested."""
    assume(hosts)
    rows = data.draw(st.lists(st.integers(0, len(hosts) - 1), max_size=8))
    whole = HostTable(hosts)
    view = whole.take(np.array(rows, dtype=np.intp))
    expected = picked(by_filter(whole, asked), rows)
    assert by_filter(view, asked) == expected
    inner = list(range(len(rows)))[::2]
    nested = view.take(np.array(inner, dtype=np.intp))
    assert by_filter(nested, asked) == picked(expected, inner)


@examples
@given(clusters, requests, st.data())
def test_the_order_of_hosts_does_not_matter(
    hosts: Sequence[HostState], asked: RequestSpec, data: st.DataObject
) -> None:
    """Hosts in another order have their verdicts in that order."""
    order = data.draw(st.permutations(range(len(hosts))))
    shuffled = HostTable(hosts[row] for row in order)
    assert by_filter(shuffled, asked) == picked(by_filter(HostTable(hosts), asked), order)


@examples
@given(clusters, requests)
def test_same_input_same_output(hosts: Sequence[HostState], asked: RequestSpec) -> None:
    """Nothing is remembered and nothing is changed: neither in filters, nor tables, nor hosts."""
    before = repr(hosts)
    whole = HostTable(hosts)
    first = by_filter(whole, asked)
    assert by_filter(whole, asked) == first
    assert by_filter(whole.copy(), asked) == first
    assert repr(hosts) == before


@examples
@given(clusters, requests, requests, st.lists(hosts_named(st.sampled_from(NAMES)), max_size=5))
def test_a_table_with_a_past_judges_like_a_new_one(
    hosts: Sequence[HostState],
    asked: RequestSpec,
    before: RequestSpec,
    changes: Sequence[HostState],
) -> None:
    """Hosts come, change, fill up and go; verdicts are those of a table made afterwards."""
    lived = HostTable(hosts)
    by_filter(lived, before)
    for number, host in enumerate(changes):
        lived.put(host)
        pod = Instance(f"new-{number}", "default", "pod", before.flavor.name)
        host.consume(before.flavor, pod)
        lived.usage_changed(host)
        if number % 2:
            lived.remove(changes[number // 2].host)
    present = [lived.host_state(row) for row in range(len(lived))]
    assert by_filter(lived, asked) == by_filter(HostTable(present), asked)


# -- server groups -------------------------------------------------------------------------


@more_examples
@given(
    clusters,
    st.frozensets(st.integers(0, 5).map(lambda n: f"uid-{n}")),
    st.integers(1, 3),
    st.sampled_from(["uid-new", "uid-1"]),
)
def test_server_groups_as_nova_judges_them(
    hosts: Sequence[HostState], members: frozenset[str], most: int, uuid: str
) -> None:
    """The numbers a group says of its hosts decide as Nova's look into each host does."""
    on = {host.host: len(host.instances.keys() & members) for host in hosts}
    for policy in ("affinity", "anti-affinity", "soft-anti-affinity"):
        group = InstanceGroup(
            name="web",
            namespace="default",
            policy=policy,
            max_server_per_host=most,
            members=members,
            hosts={host: number for host, number in on.items() if number},
        )
        own = frozenset(host.host for host in hosts if uuid in host.instances)
        asked = RequestSpec(instance_uuid=uuid, instance_group=group, own_hosts=own)
        apart = policy == "anti-affinity"
        full = [apart and on[h.host] >= most and uuid not in h.instances for h in hosts]
        away = [policy == "affinity" and any(on.values()) and not on[h.host] for h in hosts]
        found = by_filter(HostTable(hosts), asked)
        code = ServerGroupAntiAffinityFilter.code(ServerGroupAntiAffinityFilter.reasons[0])
        assert found["ServerGroupAntiAffinityFilter"] == [code * refused for refused in full]
        code = ServerGroupAffinityFilter.code(ServerGroupAffinityFilter.reasons[0])
        assert found["ServerGroupAffinityFilter"] == [code * refused for refused in away]


# -- capacity ------------------------------------------------------------------------------

EACH = pytest.mark.parametrize("cls", [CoreFilter, RamFilter, DiskFilter])
sizes = st.one_of(few, st.integers(0, 2**45), st.integers(2**45, 2**52))
sound = st.builds(Inventory, total=sizes, used=sizes, ratio=ratios)


def asking(cls: type[CapacityFilter], amount: int) -> RequestSpec:
    """A request for this much of the filter's resource; of disk, in three parts."""
    if cls is DiskFilter:
        root, ephemeral = amount // 2, amount // 3
        swap = amount - root - ephemeral
        return RequestSpec(flavor=Flavor(root=root, ephemeral=ephemeral, swap_bytes=swap))
    return RequestSpec(flavor=Flavor(milli_vcpus=amount, memory=amount))


def judged(cls: type[CapacityFilter], inventory: Inventory, amount: int) -> str | None:
    """The id of the reason the filter refuses with, if it does."""
    node = HostState(host="node")
    setattr(node, cls.resource, inventory)
    (code,) = verdicts(cls, HostTable([node]), asking(cls, amount))
    return cls.all_reasons()[code - 1].id if code else None


def nova(cls: type[CapacityFilter], inventory: Inventory, amount: int) -> str | None:
    """Nova's own steps, in Nova's units and without rounding; a request of 0 is not checked."""
    unit = 1000 if cls is CoreFilter else MIB
    total, ratio = Fraction(inventory.total, unit), inventory.ratio
    used, requested = Fraction(inventory.used, unit), Fraction(amount, unit)
    if requested == 0:
        return None
    if cls is CoreFilter:
        if not total:
            return None
        limit = total * ratio
        if limit > 0 and requested > total:
            return cls.exceeds.id
        return cls.insufficient.id if limit - used < requested else None
    if not total >= requested:
        return cls.exceeds.id
    free = total - used
    usable = total * ratio - (total - free)
    return None if usable >= requested else cls.insufficient.id


@EACH
@more_examples
@given(inventory=sound, amount=sizes, near=st.integers(-2, 2))
def test_verdicts_are_novas(
    cls: type[CapacityFilter], inventory: Inventory, amount: int, near: int
) -> None:
    """Columns of integers decide as Nova's formulas do, also right beside the boundaries."""
    edges = (inventory.total, inventory.limit - inventory.used)
    for asked in (amount, *(max(0, edge + near) for edge in edges)):
        assert judged(cls, inventory, asked) == nova(cls, inventory, asked)


@EACH
@more_examples
@given(
    inventory=sound,
    amount=sizes,
    near=st.integers(0, 2),
    more_total=sizes,
    less_used=sizes,
    more_ratio=ratios,
    which=st.sampled_from(["total", "used", "ratio"]),
)
def test_more_room_never_turns_a_pass_into_a_refusal(
    cls: type[CapacityFilter],
    inventory: Inventory,
    amount: int,
    near: int,
    more_total: int,
    less_used: int,
    more_ratio: Fraction,
    which: str,
) -> None:
    """A larger total, less use or a higher ratio only ever help.

    But for one case, which is Nova's: CoreFilter lets pass who reports no vCPUs at all.
    """
    roomier = {
        "total": replace_inventory(inventory, total=inventory.total + more_total),
        "used": replace_inventory(inventory, used=max(0, inventory.used - less_used)),
        "ratio": replace_inventory(inventory, ratio=inventory.ratio + more_ratio),
    }[which]
    for asked in (amount, max(0, inventory.limit - inventory.used - near)):
        unjudged = cls is CoreFilter and inventory.total == 0
        if not unjudged and judged(cls, inventory, asked) is None:
            assert judged(cls, roomier, asked) is None


def replace_inventory(
    inventory: Inventory,
    total: int | None = None,
    used: int | None = None,
    ratio: Fraction | None = None,
) -> Inventory:
    """The inventory with one value changed."""
    return Inventory(
        total=inventory.total if total is None else total,
        used=inventory.used if used is None else used,
        ratio=inventory.ratio if ratio is None else ratio,
    )


@EACH
@more_examples
@given(inventory=sound, amount=sizes, less=sizes)
def test_asking_for_less_never_turns_a_pass_into_a_refusal(
    cls: type[CapacityFilter], inventory: Inventory, amount: int, less: int
) -> None:
    """Where a request fits every smaller one does."""
    if judged(cls, inventory, amount) is None:
        assert judged(cls, inventory, max(0, amount - less)) is None


@EACH
@more_examples
@given(inventory=sound, amount=sizes)
def test_numbers_tell_the_verdict(
    cls: type[CapacityFilter], inventory: Inventory, amount: int
) -> None:
    """A host is refused exactly where it has less than needed (and is judged at all)."""
    node = HostState(host="node")
    setattr(node, cls.resource, inventory)
    numbers = cls(OPTIONS).numbers(HostTable([node]), asking(cls, amount))
    unjudged = cls is CoreFilter and inventory.total == 0
    if amount and not unjudged:
        lacks = int(numbers.have[0]) < numbers.need
        assert lacks == (judged(cls, inventory, amount) is not None)
