"""What holds of every weigher, whatever the hosts and the request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extender.model.groups import InstanceGroup
from extender.model.host_parts import Inventory, Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.metrics import HostMetric
from extender.model.options import SchedulerOptions
from extender.model.request_spec import Destination, ImageMeta, RequestSpec
from extender.weighers import all_weighers
from tests.builders import aggregate, instance, spec

NAMES = [f"node-{letter}" for letter in "abcdefgh"]
CELLS = ["", "cell1", "cell2"]
OPTIONS = SchedulerOptions(
    ram_weight_multiplier=-2.0,
    cpu_weight_multiplier=0.5,
    metrics_weight_setting=(("cpu.percent", 0.5), ("heat", 0.0), ("cpu.percent", -2.0)),
    metrics_required=False,
    image_props_weight_multiplier=0.5,
)
PAIRS = [("os_distro", "ubuntu"), ("os_distro", "debian"), ("hw_pmu", "True"), ("tier", "gold")]
TEXTS = ["2", "-3", "0", " 1.5 ", "many", "1,2", "inf", "nan", ""]
KEYS = [cls.multiplier_option for cls in all_weighers() if cls.multiplier_option]
AGGREGATES = [
    aggregate("plain"),
    *(aggregate(f"{key}-{text}", **{key: text}) for key in KEYS for text in TEXTS),
]

amounts = st.one_of(st.integers(0, 12), st.integers(0, 2**45), st.integers(2**61, 2**70))
ratios = st.integers(1, 999_999).map(lambda thousandths: Fraction(thousandths, 1000))
inventories = st.builds(Inventory, total=amounts, used=amounts, ratio=ratios)
metrics = st.lists(
    st.builds(
        HostMetric,
        st.sampled_from(["cpu.percent", "heat"]),
        st.floats(-1e18, 1e18),
        st.none() | st.sampled_from([1.0, 1000.0]),
    ),
    max_size=3,
).map(tuple)
hosts_of_all_sorts = st.builds(
    HostState,
    host=st.sampled_from(NAMES),
    cpu=inventories,
    ram=inventories,
    disk=inventories,
    aggregates=st.lists(st.sampled_from(AGGREGATES), max_size=3, unique_by=id).map(tuple),
    unreadable=st.just(Unreadable(0)) | st.integers(0, 127).map(Unreadable),
    num_io_ops=st.integers(0, 20),
    cell_uuid=st.sampled_from(CELLS),
    hypervisor_version=st.none() | st.integers(0, 3_000_000),
    failed_builds=st.integers(0, 3),
    reported_metrics=metrics,
    observed_metrics=metrics,
    instances=st.lists(
        st.builds(
            lambda n, pairs: replace(instance(f"uid-{n}"), image_properties=pairs),
            st.integers(0, 5),
            st.lists(st.sampled_from(PAIRS), unique=True).map(tuple),
        ),
        max_size=3,
    ).map(lambda found: {one.uuid: one for one in found}),
)
clusters = st.lists(hosts_of_all_sorts, max_size=6, unique_by=lambda host: host.host)
groups = st.builds(
    InstanceGroup,
    name=st.just("web"),
    namespace=st.just("default"),
    policy=st.sampled_from(["soft-affinity", "soft-anti-affinity", "affinity"]),
    hosts=st.dictionaries(st.sampled_from([*NAMES, "gone"]), st.integers(1, 3), max_size=4),
)
destinations = st.builds(
    Destination, cell=st.none() | st.sampled_from(CELLS), allow_cross_cell_move=st.booleans()
)
requests = st.builds(
    lambda n, group, destination, image: spec(
        vcpus=n,
        memory_mb=n,
        root_gb=n,
        instance_group=group,
        requested_destination=destination,
        image=image,
        at=1000.0,
    ),
    st.integers(0, 12),
    st.none() | groups,
    st.none() | destinations,
    st.sampled_from(
        [
            ImageMeta(),
            ImageMeta(properties={"os_distro": "ubuntu", "hw_pmu": True}),
            ImageMeta(properties={"os_distro": "debian"}, others={"tier": "gold"}),
        ]
    ),
)
examples = settings(max_examples=40, deadline=None)

Weighed = dict[str, tuple[list[float], list[float]]]


def by_weigher(hosts: HostTable, asked: RequestSpec) -> Weighed:
    """Every shipped weigher's raw weights and multipliers, one of each a host, all finite."""
    found: Weighed = {}
    for cls in all_weighers():
        weigher = cls(OPTIONS)
        raw = weigher.weigh_objects(hosts, asked)
        assert raw.shape == (len(hosts),)
        assert raw.dtype == np.float64
        multipliers = np.broadcast_to(weigher.weight_multiplier(hosts), len(hosts))
        assert np.isfinite(raw).all()
        assert np.isfinite(multipliers).all()
        found[cls.__name__] = (raw.tolist(), multipliers.tolist())
    return found


def picked(found: Weighed, rows: Iterable[int]) -> Weighed:
    """The weights and multipliers of some rows."""
    order = list(rows)
    return {
        name: ([raw[row] for row in order], [multipliers[row] for row in order])
        for name, (raw, multipliers) in found.items()
    }


@examples
@given(clusters, requests)
def test_a_table_of_n_hosts_gives_what_n_tables_of_one_give(
    hosts: Sequence[HostState], asked: RequestSpec
) -> None:
    """Neither raw weight nor multiplier of a host depends on its neighbours."""
    whole = by_weigher(HostTable(hosts), asked)
    for row, host in enumerate(hosts):
        assert by_weigher(HostTable([host]), asked) == picked(whole, [row])


@examples
@given(clusters, requests, st.data())
def test_a_view_is_weighed_as_the_whole_is(
    hosts: Sequence[HostState], asked: RequestSpec, data: st.DataObject
) -> None:
    """Weighing some rows gives the weights of those rows, in any order and repeated."""
    assume(hosts)
    rows = data.draw(st.lists(st.integers(0, len(hosts) - 1), max_size=8))
    whole = HostTable(hosts)
    view = whole.take(np.array(rows, dtype=np.intp))
    assert by_weigher(view, asked) == picked(by_weigher(whole, asked), rows)


@examples
@given(clusters, requests, st.data())
def test_the_order_of_hosts_does_not_matter(
    hosts: Sequence[HostState], asked: RequestSpec, data: st.DataObject
) -> None:
    """Hosts in another order have their weights in that order."""
    order = data.draw(st.permutations(range(len(hosts))))
    shuffled = HostTable(hosts[row] for row in order)
    assert by_weigher(shuffled, asked) == picked(by_weigher(HostTable(hosts), asked), order)


@examples
@given(clusters, requests)
def test_same_input_same_output(hosts: Sequence[HostState], asked: RequestSpec) -> None:
    """Nothing sticks: weighing twice, or on a copy, gives the same."""
    whole = HostTable(hosts)
    first = by_weigher(whole, asked)
    assert by_weigher(whole, asked) == first
    assert by_weigher(whole.copy(), asked) == first


@examples
@given(clusters, requests, st.lists(hosts_of_all_sorts, max_size=5))
def test_a_table_with_a_past_weighs_like_a_new_one(
    hosts: Sequence[HostState], asked: RequestSpec, changes: Sequence[HostState]
) -> None:
    """Hosts come, change, fill up and go; weights are those of a table made afterwards."""
    lived = HostTable(hosts)
    by_weigher(lived, asked)
    for number, host in enumerate(changes):
        lived.put(host)
        host.consume(asked.flavor, instance(f"new-{number}"))
        lived.usage_changed(host)
        if number % 2:
            lived.remove(changes[number // 2].host)
    present = [lived.host_state(row) for row in range(len(lived))]
    assert by_weigher(lived, asked) == by_weigher(HostTable(present), asked)
