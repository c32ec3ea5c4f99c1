"""What Nova's steps, taken host by host, say of image properties, columns say too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from extender.filters.aggregate_image_properties_isolation import AggregateImagePropertiesIsolation
from extender.filters.image_properties_filter import ImagePropertiesFilter
from extender.model.host_parts import Instance
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import ImageMeta, RequestSpec
from extender.weighers.image_properties import ImagePropertiesWeigher
from tests.builders import aggregate

Properties = Mapping[str, object]

# Which of the versions below hold; 5000 is 5.0 to Nova.
VERSIONS = {
    ">=1.7,<3": {1_007_000, 2_001_004},
    "==5.0": {5_000},
    ">2": {5_000, 2_001_004},
}
ARCHITECTURES, TYPES, MODES = ["x86_64", "aarch64"], ["containerd", "kvm"], ["exe", "hvm"]
DISTROS = ["ubuntu", "debian", "fedora"]

properties = st.fixed_dictionaries(
    {},
    optional={
        "hw_architecture": st.sampled_from(ARCHITECTURES),
        "img_hv_type": st.sampled_from(TYPES),
        "hw_vm_mode": st.sampled_from(MODES),
        "img_hv_requested_version": st.sampled_from(list(VERSIONS)),
        "hw_maxphysaddr_bits": st.sampled_from([0, 39, 46]),
        "hw_pmu": st.booleans(),
        "os_distro": st.sampled_from(["", *DISTROS]),
    },
)
others = st.dictionaries(st.just("tier"), st.sampled_from(["gold", "silver"]))
metadata = st.fixed_dictionaries(
    {},
    optional={
        "os_distro": st.lists(st.sampled_from(DISTROS)).map(" ,".join),
        "hw_pmu": st.sampled_from(["True", "False", "true"]),
        "tier": st.just("bronze"),
    },
)
pairs = st.lists(
    st.sampled_from([("os_distro", "ubuntu"), ("hw_pmu", "True"), ("tier", "gold")]), unique=True
).map(tuple)


@st.composite
def hosts_of_all_sorts(draw: st.DrawFn) -> HostState:
    """A host that supports something, is in aggregates and has pods."""
    told: list[Properties] = [{}, {"maxphysaddr": {}}, {"maxphysaddr": {"bits": 40}}]
    guests = st.tuples(*(st.sampled_from(names) for names in (ARCHITECTURES, TYPES, MODES)))
    pods = [
        Instance(f"uid-{n}", "default", "pod", image_properties=found)
        for n, found in enumerate(draw(st.lists(pairs, max_size=3)))
    ]
    return HostState(
        host=draw(st.sampled_from("abcdef")),
        supported_instances=tuple(draw(st.lists(guests, max_size=3))),
        hypervisor_version=draw(st.sampled_from([None, 0, 5_000, 1_007_000, 2_001_004])),
        cpu_info=draw(st.sampled_from(told)),
        aggregates=tuple(
            aggregate(f"a{n}", **found)
            for n, found in enumerate(draw(st.lists(metadata, max_size=2)))
        ),
        instances={pod.uuid: pod for pod in pods},
    )


clusters = st.lists(hosts_of_all_sorts(), max_size=5, unique_by=lambda host: host.host)
examples = settings(max_examples=100, deadline=None)


def supported(host: HostState, asked: Properties, default: str | None) -> bool:
    """Nova's ImagePropertiesFilter on one host."""
    wanted = {
        asked.get("hw_architecture", default),
        asked.get("img_hv_type"),
        asked.get("hw_vm_mode"),
    } - {None}
    if not wanted:
        return True
    version, bits = asked.get("img_hv_requested_version"), asked.get("hw_maxphysaddr_bits", 0)
    width = host.cpu_info.get("maxphysaddr", {})
    assert isinstance(width, dict)
    return (
        any(wanted <= set(guest) for guest in host.supported_instances)
        and (
            not host.hypervisor_version
            or not version
            or host.hypervisor_version in VERSIONS[str(version)]
        )
        and (not width.get("bits") or not bits or width["bits"] >= bits)
    )


def admitted(host: HostState, asked: Properties) -> bool:
    """Nova's AggregateImagePropertiesIsolation on one host."""
    lists: dict[str, set[str]] = {}
    for one in host.aggregates:
        for key, text in one.metadata.items():
            lists.setdefault(key, set()).update(item.strip() for item in text.split(","))
    return all(not asked.get(key) or str(asked[key]) in found for key, found in lists.items())


def in_common(host: HostState, asked: Properties, setting: Mapping[str, float]) -> float:
    """Nova's ImagePropertiesWeigher on one host."""
    existing = [pair for pod in host.instances.values() for pair in pod.image_properties]
    wanted = {(name, str(value)) for name, value in asked.items()}
    return sum(
        (setting.get(name, 0.0) if setting else 1.0) * existing.count((name, text))
        for name, text in wanted
    )


@examples
@given(clusters, properties, st.sampled_from([None, "x86_64"]))
def test_what_hosts_can_run(
    hosts: Sequence[HostState], asked: Properties, default: str | None
) -> None:
    """ImagePropertiesFilter passes the hosts that Nova passes."""
    judge = ImagePropertiesFilter(SchedulerOptions(image_properties_default_architecture=default))
    verdicts = judge.filter_all(HostTable(hosts), RequestSpec(image=ImageMeta(properties=asked)))
    assert (verdicts == 0).tolist() == [supported(host, asked, default) for host in hosts]


@examples
@given(clusters, properties, others)
def test_what_aggregates_admit(
    hosts: Sequence[HostState], asked: Properties, further: Mapping[str, str]
) -> None:
    """AggregateImagePropertiesIsolation passes the hosts that Nova passes."""
    spec = RequestSpec(image=ImageMeta(properties=asked, others=further))
    verdicts = AggregateImagePropertiesIsolation().filter_all(HostTable(hosts), spec)
    assert (verdicts == 0).tolist() == [admitted(host, asked) for host in hosts]


@examples
@given(
    clusters,
    properties,
    others,
    st.sampled_from([(), (("os_distro", 2.0), ("tier", -0.5)), (("other", 1.0),)]),
)
def test_what_pods_have_in_common(
    hosts: Sequence[HostState],
    asked: Properties,
    further: Mapping[str, str],
    setting: tuple[tuple[str, float], ...],
) -> None:
    """ImagePropertiesWeigher weighs as Nova does, names that Nova does not know included."""
    options = SchedulerOptions(
        image_props_weight_multiplier=1.0, image_props_weight_setting=setting
    )
    spec = RequestSpec(image=ImageMeta(properties=asked, others=further))
    raw = ImagePropertiesWeigher(options).weigh_objects(HostTable(hosts), spec)
    both = {**further, **asked}
    assert raw.tolist() == [in_common(host, both, dict(setting)) for host in hosts]
