"""ComputeCapabilitiesFilter: hosts that have what extra specs demand."""

from __future__ import annotations

from typing import Any

import pytest

from extender.filters.compute_capabilities_filter import MOST, ComputeCapabilitiesFilter
from extender.model.derived import MOST_KEYED
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.request_spec import RequestSpec
from tests.builders import flavor, host, instance, reason, reasons, spec, table

MISSING = "capability_missing"
MISMATCH = "capability_mismatch"
INVALID = "invalid_extra_spec"
UNREADABLE = "invalid_host_annotation"

CPU_INFO = {
    "arch": "x86_64",
    "vendor": "Intel",
    "features": ["aes", "mmx"],
    "maxphysaddr": {"bits": 46},
    "hyperthreads": True,
    "nothing": None,
    "topology": '{"cores": {"each": 8}, "text": "4"}',
}


def asking(**extra_specs: str) -> RequestSpec:
    """A request with these extra specs; "__" in a name stands for ":"."""
    named = {name.replace("__", ":"): text for name, text in extra_specs.items()}
    return demanding(named)


def demanding(extra_specs: dict[str, str]) -> RequestSpec:
    """A request with these extra specs."""
    return RequestSpec(flavor=flavor(extra_specs=extra_specs))


def judged(key: str, requirement: str, **fields: Any) -> str | None:
    """The verdict on a host with these fields, of one extra spec."""
    return reason(ComputeCapabilitiesFilter(), host(**fields), demanding({key: requirement}))


# -- which extra specs count ---------------------------------------------------------------


def test_no_extra_specs() -> None:
    """Every host passes, whatever cannot be read of it."""
    hosts = table(host("a"), host("b", unreadable=~Unreadable(0)))
    assert reasons(ComputeCapabilitiesFilter(), hosts, spec()) == [None, None]


@pytest.mark.parametrize(
    "key",
    [
        "hw:cpu_policy",
        "aggregate_instance_extra_specs:ssd",
        "Capabilities:host",
        " capabilities:host",
        "capabilities :host",
        ":capabilities",
        ":",
        "trust:trusted_host",
        "nova:capabilities:host",
    ],
)
def test_other_scopes(key: str) -> None:
    """What has another scope is not this filter's business."""
    assert judged(key, "x") is None
    assert judged(key, "x", unreadable=~Unreadable(0)) is None


@pytest.mark.parametrize("key", ["ssd", "", "capabilities", "Host", "__class__", "copy", "cpu"])
def test_unscoped_name_that_nothing_bears(key: str) -> None:
    """It is ignored: it may mean something to another filter, or to nobody."""
    assert judged(key, "x") is None
    assert judged(key, "<or>") is None


@pytest.mark.parametrize(
    "key", ["ssd", "", "cpu", "limit", "__class__", "copy", ":", "host:", ":host"]
)
def test_capability_that_nothing_bears(key: str) -> None:
    """With the scope the name must be there."""
    assert judged(f"capabilities:{key}", "x") == MISSING


def test_only_novas_fields_are_reachable() -> None:
    """Neither methods nor what the extender keeps for itself."""
    for name in ("consume", "cpu", "ram", "disk", "zone_label", "problems", "unreadable", "traits"):
        assert judged(f"capabilities:{name}", "<in> e") == MISSING
        assert judged(name, "<in> e") is None


# -- values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "requirement", "found"),
    [
        ("cpu_info:vendor", "Intel", None),
        ("cpu_info:vendor", "s== Intel", None),
        ("cpu_info:vendor", "AMD", MISMATCH),
        ("cpu_info:features", "<all-in> aes mmx", None),
        ("cpu_info:features", "<all-in> aes avx", MISMATCH),
        ("cpu_info:features", "['aes', 'mmx']", None),
        ("cpu_info:features:0", "aes", MISSING),
        ("cpu_info:features:append", "aes", MISSING),
        ("cpu_info:maxphysaddr:bits", ">= 46", None),
        ("cpu_info:maxphysaddr:bits", ">= 47", MISMATCH),
        ("cpu_info:maxphysaddr", "{'bits': 46}", None),
        ("cpu_info:maxphysaddr:bits:real", "46", MISSING),
        ("cpu_info:hyperthreads", "True", None),
        ("cpu_info:hyperthreads", "true", MISMATCH),
        ("cpu_info:hyperthreads", "== 1", INVALID),
        ("cpu_info:nothing", "None", MISSING),
        ("cpu_info:nothing:more", "None", MISSING),
        ("cpu_info:model", "x", MISSING),
        ("cpu_info:", "x", MISSING),
        ("cpu_info:topology:cores:each", "8", None),
        ("cpu_info:topology:cores", "{'each': 8}", None),
        ("cpu_info:topology:text:more", "4", MISSING),
        ("cpu_info:vendor:more", "x", MISSING),
        ("cpu_info", "<in> 'vendor': 'AMD'", None),  # one word counts: "'vendor':"
        ("cpu_info", "<all-in> 'vendor': 'Intel'", None),
    ],
)
def test_paths(path: str, requirement: str, found: str | None) -> None:
    """A path leads through objects, and through texts of JSON; lists have no parts."""
    assert judged(f"capabilities:{path}", requirement, cpu_info=CPU_INFO) == found


@pytest.mark.parametrize(
    ("key", "requirement", "found"),
    [
        ("free_ram_mb", ">= 4096", None),
        ("free_ram_mb", "= 4096", None),
        ("free_ram_mb", ">= 9000", MISMATCH),
        ("free_ram_mb", "8192", None),
        ("free_ram_mb", "8192.0", MISMATCH),
        ("free_ram_mb", "== 8192.0", None),
        ("free_ram_mb", "> 1", MISMATCH),
        ("free_ram_mb", ">= much", INVALID),
        ("free_ram_mb", "<or>", INVALID),
        ("free_ram_mb", ">=", MISMATCH),
        ("vcpus_total", "3.92", None),
        ("vcpus_total", "<= 4", None),
        ("host", "node-1", None),
        ("hypervisor_type", "s== containerd", None),
        ("hypervisor_type", ">= 2", INVALID),
        ("hypervisor_version", ">= 2000000", None),
        ("zones", "['eu-1a']", None),
        ("num_instances", "2", None),
        ("limits", "{}", None),
        ("metrics", "[]", None),
        ("service", "<in> 'up'", None),
        ("supported_instances", "<in> 'exe'", None),
    ],
)
@pytest.mark.parametrize("scope", ["", "capabilities:"])
def test_attributes(scope: str, key: str, requirement: str, found: str | None) -> None:
    """A name without a scope that is an attribute means the same as with it."""
    one = host(
        vcpus_total="3.92",
        free_ram_mb=8192,
        num_instances=2,
        hypervisor_type="containerd",
        hypervisor_version=2001004,
        zone_label="eu-1a",
        supported_instances=(("x86_64", "containerd", "exe"),),
    )
    asked = demanding({scope + key: requirement})
    assert reason(ComputeCapabilitiesFilter(), one, asked) == found


@pytest.mark.parametrize(
    ("path", "requirement", "found"),
    [
        ("labels:disktype", "s== ssd", None),
        ("labels:disktype", "hdd", MISMATCH),
        ("labels:example.com/rack", "7", None),
        ("labels:other", "7", MISSING),
        ("service:up", "True", MISSING),
        ("service:disabled", "False", MISSING),
        ("service:disabled_reason", "", MISSING),
        ("instances:uid-1:flavor", "m1.small", None),
        ("instances:uid-1:namespace", "shop", None),
        ("instances:uid-2:flavor", "m1.small", MISSING),
        ("instances:uid-1:__class__", "m1.small", MISSING),
        ("instances:uid-1", "<in> m1.small", None),
        ("trust_lvl", "unknown", None),
        ("host_ip", "10.0.0.1", MISSING),
        ("aggregates:ssd", "true", MISSING),
    ],
)
def test_kubernetes_own(path: str, requirement: str, found: str | None) -> None:
    """Labels, the service, and the pods on the host."""
    labels = {"disktype": "ssd", "example.com/rack": "7"}
    instances = {"uid-1": instance("uid-1", "shop", "m1.small")}
    key = f"capabilities:{path}"
    assert judged(key, requirement, labels=labels, instances=instances) == found


@pytest.mark.parametrize("key", ["instances", "capabilities:instances"])
def test_instances_are_no_text(key: str) -> None:
    """All pods of a host are not compared as one text, not even where there are none."""
    assert judged(key, "{}") == MISSING
    assert judged(key, "<in> m1", instances={"uid-1": instance(flavor="m1")}) == MISSING


@pytest.mark.parametrize("key", ["numa_topology", "host_ip", "hypervisor_type"])
def test_attribute_that_is_null(key: str) -> None:
    """It is there, and refuses, also without the scope: only unknown names are ignored."""
    assert judged(key, "None") == MISSING
    assert judged(f"capabilities:{key}", "None") == MISSING


@pytest.mark.parametrize("text", ["{", "", "nan{", "[" * 60000, "\ud800", "1" * 5000, "[1]", "7"])
def test_text_on_the_way_that_is_no_object(text: str) -> None:
    """It has no parts, whatever the parser makes of it."""
    assert judged("capabilities:labels:x:y", "7", labels={"x": text}) == MISSING


# -- stats ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "requirement", "found"),
    [
        ("rack_power", "<= 12000", None),
        ("rack_power", "<= 9000", MISMATCH),
        ("capabilities:rack_power", "<= 12000", None),
        ("capabilities:stats:rack_power", "<= 12000", None),
        ("capabilities:stats:other", "<= 12000", MISSING),
        ("capabilities:stats:blob:a", "b", None),
        ("capabilities:blob:a", "b", None),
        ("gone", "x", MISSING),
        ("capabilities:gone", "x", MISSING),
        ("capabilities:stats:gone", "x", MISSING),
        ("hypervisor_type", "from-stats", None),
        ("capabilities:hypervisor_type", "from-stats", None),
        ("numa_topology", "two", None),
        ("host", "from-stats", MISMATCH),
        ("raid", "<or> 5 <or> 10", None),
        ("capabilities:", "blank", None),
        ("", "blank", None),
    ],
)
def test_stats(key: str, requirement: str, found: str | None) -> None:
    """What is no attribute, or is null, is sought in ``stats``; null there is missing."""
    stats = {
        "rack_power": "9500",
        "raid": 10,
        "blob": '{"a": "b"}',
        "gone": None,
        "hypervisor_type": "from-stats",
        "numa_topology": "two",
        "host": "from-stats",
        "": "blank",
    }
    assert judged(key, requirement, reported_stats=stats) == found


@pytest.mark.parametrize(
    ("key", "requirement", "found"),
    [
        ("io_workload", "3", None),
        ("io_workload", "<= 2", MISMATCH),
        ("capabilities:stats:failed_builds", "0", None),
        ("num_proj_default", "<= 2", None),
        ("num_proj_default", "<= 1", MISMATCH),
        ("num_proj_other", "<= 1", None),
        ("capabilities:num_proj_other", "<= 1", MISSING),
        ("capabilities:stats:num_instances", "2", None),
    ],
)
def test_counted_stats(key: str, requirement: str, found: str | None) -> None:
    """The extender's own counters; a project without instances has none."""
    assert judged(key, requirement, num_io_ops=3, num_instances=2) == found


def test_a_name_that_some_hosts_know() -> None:
    """Without a scope it counts on the hosts that report it, and on no other."""
    hosts = table(
        host("a", reported_stats={"raid": "10"}),
        host("b"),
        host("c", reported_stats={"raid": "5", "more": "x"}),
        host("d", reported_stats={"raid": None}),
    )
    assert reasons(ComputeCapabilitiesFilter(), hosts, asking(raid="10")) == [
        None,
        None,
        MISMATCH,
        MISSING,
    ]
    assert reasons(ComputeCapabilitiesFilter(), hosts, asking(capabilities__raid="10")) == [
        None,
        MISSING,
        MISMATCH,
        MISSING,
    ]


# -- hw:maxphysaddr_bits -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "found"),
    [
        ("46", None),
        ("39", None),
        ("47", MISMATCH),
        ("", MISMATCH),
        ("many", INVALID),
        ("46 bits", None),
        (">= 46", INVALID),
    ],
)
def test_address_width(bits: str, found: str | None) -> None:
    """At least so many bits: Nova puts ">= " before the text, whatever it is."""
    assert judged("hw:maxphysaddr_bits", bits, cpu_info=CPU_INFO) == found


def test_address_width_that_is_not_known() -> None:
    """A host that does not tell it lacks the capability."""
    assert judged("hw:maxphysaddr_bits", "1") == MISSING


def test_address_width_replaces_the_capability() -> None:
    """Of both ways to ask for it Nova's newer one counts."""
    asked = demanding(
        {"hw:maxphysaddr_bits": "40", "capabilities:cpu_info:maxphysaddr:bits": "== 1"}
    )
    assert reason(ComputeCapabilitiesFilter(), host(cpu_info=CPU_INFO), asked) is None


# -- several -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (["good", "other"], None),
        (["good", "mismatch", "missing", "invalid"], MISMATCH),
        (["missing", "mismatch", "good"], MISSING),
        (["other", "invalid", "mismatch"], INVALID),
        (["mismatch", "invalid"], MISMATCH),
    ],
)
def test_all_must_hold(order: list[str], found: str | None) -> None:
    """The first that does not, in the order of the extra specs, gives the reason."""
    extra_specs = {
        "good": ("capabilities:labels:disktype", "ssd"),
        "other": ("other", "x"),
        "mismatch": ("capabilities:host", "b"),
        "missing": ("capabilities:labels:none", "x"),
        "invalid": ("free_ram_mb", "<or>"),
    }
    asked = demanding(dict(extra_specs[name] for name in order))
    one = host("a", labels={"disktype": "ssd"})
    assert reason(ComputeCapabilitiesFilter(), one, asked) == found


def test_hosts_are_judged_apart() -> None:
    """Each host by its own text, equal ones alike."""
    hosts = table(
        host("a", cpu_info={"vendor": "Intel"}),
        host("b", cpu_info={"vendor": "AMD"}),
        host("c"),
        host("d", cpu_info={"vendor": "Intel"}),
        host("e", cpu_info={"vendor": "Intel"}, unreadable=Unreadable.CPU_INFO),
        host("f", cpu_info={"vendor": None}),
    )
    asked = asking(capabilities__cpu_info__vendor="Intel")
    expected = [None, MISMATCH, MISSING, None, UNREADABLE, MISSING]
    judge = ComputeCapabilitiesFilter()
    assert reasons(judge, hosts, asked) == expected
    view = hosts.take(hosts.rows(["f", "a", "e"]))
    assert reasons(judge, view, asked) == [MISSING, None, UNREADABLE]


# -- what cannot be read -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "bit"),
    [
        ("capabilities:cpu_info:vendor", Unreadable.CPU_INFO),
        ("capabilities:cpu_info", Unreadable.CPU_INFO),
        ("hw:maxphysaddr_bits", Unreadable.CPU_INFO),
        ("capabilities:stats:raid", Unreadable.STATS),
        ("capabilities:raid", Unreadable.STATS),
        ("raid", Unreadable.STATS),
        ("io_workload", Unreadable.STATS),
        ("capabilities:hypervisor_type", Unreadable.STATS),  # null here, so sought in stats
        ("supported_instances", Unreadable.SUPPORTED_INSTANCES),
        ("metrics", Unreadable.METRICS),
        ("numa_topology", Unreadable.NUMA),
        ("pci_stats", Unreadable.PCI),
        ("trust_lvl", Unreadable.TRUST),
        ("service", Unreadable.SERVICE),
        ("vcpus_total", Unreadable.CPU),
        ("free_ram_mb", Unreadable.RAM),
        ("free_disk_mb", Unreadable.DISK),
        ("ram_allocation_ratio", Unreadable.RAM_RATIO),
    ],
)
def test_unreadable(key: str, bit: Unreadable) -> None:
    """A node that says it wrongly is refused for that; one that says all else wrongly is not."""
    assert judged(key, "x", unreadable=bit) == UNREADABLE
    others = ~Unreadable(0) & ~bit
    if key != "numa_topology":  # null here, and so sought in stats too
        assert judged(key, "x", unreadable=others) != UNREADABLE


def test_unreadable_stats_do_not_matter_for_an_attribute() -> None:
    """They are asked only where the attribute is null."""
    assert judged("free_ram_mb", ">= 1", free_ram_mb=5, unreadable=Unreadable.STATS) is None


def test_unreadable_stats_of_one_host() -> None:
    """Nobody reports the name, but of that host it is not known."""
    hosts = table(host("a"), host("b", unreadable=Unreadable.STATS), host("c"))
    assert reasons(ComputeCapabilitiesFilter(), hosts, asking(ssd="true")) == [
        None,
        UNREADABLE,
        None,
    ]


# -- changes -------------------------------------------------------------------------------


def test_pods_that_come_and_go() -> None:
    """Columns follow what pods take."""
    one = host("a", free_ram_mb=1024)
    hosts, judge = table(one), ComputeCapabilitiesFilter()
    memory, io_ops = asking(free_ram_mb=">= 1024"), asking(io_workload="0")
    pods = asking(capabilities__stats__num_proj_default="== 1")
    assert reasons(judge, hosts, memory) == [None]
    assert reasons(judge, hosts, io_ops) == [None]
    assert reasons(judge, hosts, pods) == [MISSING]
    one.consume(flavor(memory_mb=1), instance("uid-1"))
    hosts.usage_changed(one)
    assert reasons(judge, hosts, memory) == [MISMATCH]
    assert reasons(judge, hosts, io_ops) == [MISMATCH]
    assert reasons(judge, hosts, pods) == [None]


def test_nodes_that_change() -> None:
    """Columns follow what nodes say of themselves."""
    hosts, judge = table(host("a"), host("b")), ComputeCapabilitiesFilter()
    asked = asking(raid="10", capabilities__labels__disktype="ssd")
    assert reasons(judge, hosts, asked) == [MISSING, MISSING]
    hosts.put(host("b", labels={"disktype": "ssd"}, reported_stats={"raid": "5"}))
    assert reasons(judge, hosts, asked) == [MISSING, MISMATCH]
    hosts.put(host("b", labels={"disktype": "ssd"}, reported_stats={"raid": "10"}))
    assert reasons(judge, hosts, asked) == [MISSING, None]
    hosts.put(host("b", labels={"disktype": "ssd"}, unreadable=Unreadable.STATS))
    assert reasons(judge, hosts, asked) == [MISSING, UNREADABLE]


# -- hostile requests ----------------------------------------------------------------------


def test_as_many_capabilities_as_there_may_be() -> None:
    """All are judged, to the last."""
    labels = {f"l{n}": "x" for n in range(MOST)}
    asked = {f"capabilities:labels:l{n}": "x" for n in range(MOST)}
    judge = ComputeCapabilitiesFilter()
    assert reason(judge, host(labels=labels), demanding(asked)) is None
    assert reason(judge, host(labels=labels | {"l63": "y"}), demanding(asked)) == MISMATCH


def test_too_many_capabilities() -> None:
    """A request must not make more columns than the table keeps."""
    assert MOST <= MOST_KEYED
    asked = {f"capabilities:labels:l{n}": "x" for n in range(MOST + 1)}
    labels = {f"l{n}": "x" for n in range(MOST + 1)}
    judge = ComputeCapabilitiesFilter()
    hosts = table(host("a", labels=labels), host("b"))
    assert reasons(judge, hosts, demanding(asked)) == [INVALID, INVALID]
    counted = {f"num_proj_{n}": "x" for n in range(MOST + 1)}
    assert reasons(judge, hosts, demanding(counted)) == [INVALID, INVALID]


def test_any_number_of_names_that_nobody_knows() -> None:
    """They are ignored, and cost no column each."""
    asked = demanding({f"key{n}": "x" for n in range(5000)})
    hosts = table(*(host(f"node-{n}") for n in range(10)))
    assert reasons(ComputeCapabilitiesFilter(), hosts, asked) == [None] * 10
    assert len(hosts._derived._columns) == 1


def test_stops_when_no_host_is_left() -> None:
    """Further extra specs are not looked at."""
    asked = {f"capabilities:labels:l{n}": "x" for n in range(MOST)}
    hosts = table(host("a"), host("b"))
    assert reasons(ComputeCapabilitiesFilter(), hosts, demanding(asked)) == [MISSING, MISSING]
    assert len(hosts._derived._columns) == 1


@pytest.mark.parametrize(
    "key", ["capabilities:" + ":" * 60000, "capabilities:host" * 4000, "\ud800"]
)
def test_absurd_keys(key: str) -> None:
    """They name nothing."""
    assert judged(key, "x") in (MISSING, None)
    facts = ComputeCapabilitiesFilter().explain(host(), demanding({key: "x"}))
    assert all(len(source.name) < 300 for source in facts.sources)


# -- explaining ----------------------------------------------------------------------------


def test_explains() -> None:
    """What was demanded and is not there, and where all of it comes from."""
    one = host(
        cpu_info={"vendor": "AMD"},
        labels={"disktype": "ssd"},
        reported_stats={"raid": "5"},
        unreadable=Unreadable.METRICS,
    )
    asked = demanding(
        {
            "capabilities:cpu_info:vendor": "Intel",
            "capabilities:labels:disktype": "s== ssd",
            "raid": "== 10",
            "hw:cpu_policy": "shared",
            "ssd": "true",
            "capabilities:hypervisor_type": "containerd",
            "capabilities:metrics": "[]",
            "hw:maxphysaddr_bits": "46",
        }
    )
    facts = ComputeCapabilitiesFilter().explain(one, asked)
    assert facts.need == (
        "capabilities:cpu_info:vendor: Intel; raid: == 10; "
        "capabilities:hypervisor_type: containerd; capabilities:metrics: []; "
        "capabilities:cpu_info:maxphysaddr:bits: >= 46"
    )
    assert facts.have == "AMD; 5; nothing; not readable; nothing"
    assert facts.short_by is None
    where = "Flavor, or pod annotation nova-extender.io/extra_specs"
    assert [(s.name, s.value, s.where) for s in facts.sources[:6]] == [
        ("extra spec capabilities:cpu_info:vendor", "Intel", where),
        (
            "capability cpu_info:vendor",
            "AMD",
            "node annotation nova-extender.io/cpu_info or feature labels",
        ),
        ("extra spec capabilities:labels:disktype", "s== ssd", where),
        ("capability labels:disktype", "ssd", "metadata.labels"),
        ("extra spec raid", "== 10", where),
        ("capability raid", "5", "node annotation nova-extender.io/stats"),
    ]
    assert "extra spec ssd" not in {source.name for source in facts.sources}


def test_explains_where_extra_specs_come_from() -> None:
    """The request says it where it knows."""
    asked = RequestSpec(
        flavor=flavor(extra_specs={"host": "x"}), sources={"extra_specs": "Flavor m1"}
    )
    assert ComputeCapabilitiesFilter().explain(host(), asked).sources[0].where == "Flavor m1"


def test_explains_a_host_that_has_it_all() -> None:
    """Nothing is needed, and what was found is listed."""
    facts = ComputeCapabilitiesFilter().explain(host("a"), asking(host="a"))
    assert (facts.need, facts.have) == (None, None)
    assert [(s.name, s.value) for s in facts.sources] == [
        ("extra spec host", "a"),
        ("capability host", "a"),
    ]


def test_explains_a_request_that_demands_nothing() -> None:
    """There is nothing to say."""
    for extra_specs in ({}, {"hw:cpu_policy": "shared"}, {"ssd": "true"}):
        facts = ComputeCapabilitiesFilter().explain(host(), demanding(extra_specs))
        assert (facts.need, facts.have, facts.sources) == (None, None, ())


def test_explains_too_many() -> None:
    """How many there are, and how many there may be."""
    asked = demanding({f"capabilities:{n}": "x" for n in range(MOST + 6)})
    (source,) = ComputeCapabilitiesFilter().explain(host(), asked).sources
    assert (source.name, source.value) == ("capabilities in extra specs", "70")
    assert source.where == "at most 64 are evaluated"


def test_explanations_are_bounded() -> None:
    """Neither a long list nor a long requirement is spelt out."""
    one = HostState(host="a", cpu_info={"features": ["f" * 50] * 1000})
    asked = asking(capabilities__cpu_info__features="<all-in> " + "x " * 10000)
    facts = ComputeCapabilitiesFilter().explain(one, asked)
    assert isinstance(facts.have, str)
    assert len(facts.have) <= 200
    assert all(len(source.value) <= 200 for source in facts.sources)
