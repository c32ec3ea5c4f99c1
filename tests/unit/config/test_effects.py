"""What options mean together."""

from __future__ import annotations

import pytest

from extender.config import effects
from extender.config.effects import conflicts, notices
from extender.config.load import load
from extender.config.options import Config, options
from extender.config.problems import ConfigError, Problem

FILTERS = "filter_scheduler.enabled_filters"


def told(text: str) -> tuple[str, ...]:
    """The notices about a configuration."""
    return load(None, text).notices


def test_the_defaults_call_for_no_notice() -> None:
    """Under any driver and either placement: nobody has asked for anything."""
    assert notices(Config(), {}) == []
    assert conflicts(Config()) == []
    for driver in ("filter_scheduler", "caching_scheduler", "chance_scheduler", "fake_scheduler"):
        for placement in ("advise", "decide"):
            text = f"scheduler: {{driver: {driver}}}\nkubernetes: {{placement: {placement}}}"
            assert told(text) == ()


@pytest.mark.parametrize("driver", ["chance_scheduler", "fake_scheduler"])
def test_drivers_that_do_not_filter(driver: str) -> None:
    """All that filters and weighers would read is named in one notice, in the file's order."""
    text = f"""
        scheduler: {{driver: {driver}, max_attempts: 5}}
        filter_scheduler: {{enabled_filters: [RamFilter], ram_weight_multiplier: 2.0,
                           host_subset_size: 5, image_props_weight_setting: [a=1]}}
        metrics: {{weight_setting: [a=1]}}
        """
    assert told(text) == (
        (
            "filter_scheduler.enabled_filters, filter_scheduler.host_subset_size,"
            " filter_scheduler.ram_weight_multiplier, filter_scheduler.image_props_weight_setting,"
            f" metrics.weight_setting have no effect under {driver}: it asks neither filters nor"
            " weighers"
        ),
    )
    assert told("filter_scheduler: {ram_weight_multiplier: 2.0}") == ()


def test_a_default_written_out_is_not_noticed() -> None:
    """A whole Nova file may be pasted in."""
    text = "scheduler: {driver: chance_scheduler, periodic_task_interval: 60}"
    assert told(text + "\nfilter_scheduler: {ram_weight_multiplier: 1.0}") == ()


@pytest.mark.parametrize("driver", ["filter_scheduler", "chance_scheduler", "fake_scheduler"])
def test_the_interval_of_the_caching_driver(driver: str) -> None:
    """Under any other there is nothing that is done so often."""
    text = "scheduler: {{driver: {}, periodic_task_interval: 30}}"
    assert told(text.format("caching_scheduler")) == ()
    assert told(text.format(driver)) == (
        (
            f"scheduler.periodic_task_interval has no effect under {driver}: only caching_scheduler"
            " keeps a picture of the cluster"
        ),
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("host_subset_size: 2", "filter_scheduler.host_subset_size has"),
        (
            "shuffle_best_same_weighed_hosts: true",
            "filter_scheduler.shuffle_best_same_weighed_hosts has",
        ),
    ],
)
def test_what_only_who_decides_reads(text: str, where: str) -> None:
    """With placement advise kube-scheduler picks."""
    group = f"filter_scheduler: {{{text}}}\n"
    assert told(group) == (
        (
            f"{where} no effect outside simulate while kubernetes.placement is advise:"
            " kube-scheduler picks the host"
        ),
    )
    assert told(group + "kubernetes: {placement: decide}") == ()


def test_what_only_who_advises_reads() -> None:
    """With placement decide there are no scores."""
    assert told("kubernetes: {max_score: 10}") == ()
    assert told("kubernetes: {max_score: 10, placement: decide}") == (
        (
            "kubernetes.max_score has no effect while kubernetes.placement is decide: the one host"
            " that is named needs no score"
        ),
    )


def test_an_older_name_is_noticed_under_that_name() -> None:
    """The operator finds it where it was written."""
    (renamed, notice) = told("DEFAULT: {scheduler_host_subset_size: 2}")
    assert "is the older name of" in renamed
    assert notice.startswith("DEFAULT.scheduler_host_subset_size has no effect outside simulate")


@pytest.mark.parametrize(
    ("idle", "mended", "notice"),
    [
        (
            "scheduler: {placement_aggregate_required_for_tenants: true}",
            (
                "scheduler: {placement_aggregate_required_for_tenants: true,"
                " limit_tenants_to_placement_aggregate: true}"
            ),
            (
                "scheduler.placement_aggregate_required_for_tenants has no effect without"
                " scheduler.limit_tenants_to_placement_aggregate"
            ),
        ),
        (
            "filter_scheduler: {image_props_weight_setting: [a=1]}",
            (
                "filter_scheduler: {image_props_weight_setting: [a=1],"
                " image_props_weight_multiplier: 1.0}"
            ),
            (
                "filter_scheduler.image_props_weight_setting has no effect while"
                " filter_scheduler.image_props_weight_multiplier is 0.0"
            ),
        ),
        (
            "metrics: {required: false, weight_multiplier: 2.0}",
            "metrics: {required: false, weight_multiplier: 2.0, weight_setting: [a=1]}",
            (
                "metrics.weight_multiplier, metrics.required have no effect without"
                " metrics.weight_setting: no metric is asked for"
            ),
        ),
    ],
)
def test_options_that_wait_for_another(idle: str, mended: str, notice: str) -> None:
    """What is missing is named, and given it they have their effect."""
    assert told(idle) == (notice,)
    assert told(mended) == ()


@pytest.mark.parametrize(
    ("path", "value", "filters"),
    [
        (
            "filter_scheduler.max_io_ops_per_host",
            "5",
            ("IoOpsFilter", "AggregateIoOpsFilter"),
        ),
        (
            "filter_scheduler.max_instances_per_host",
            "5",
            ("NumInstancesFilter", "AggregateNumInstancesFilter"),
        ),
        ("filter_scheduler.isolated_images", "[a]", ("IsolatedHostsFilter",)),
        ("filter_scheduler.isolated_hosts", "[a]", ("IsolatedHostsFilter",)),
        (
            "filter_scheduler.restrict_isolated_hosts_to_isolated_images",
            "false",
            ("IsolatedHostsFilter",),
        ),
        (
            "filter_scheduler.aggregate_image_properties_isolation_namespace",
            "hw",
            ("AggregateImagePropertiesIsolation",),
        ),
        (
            "filter_scheduler.image_properties_default_architecture",
            "x86_64",
            ("ImagePropertiesFilter",),
        ),
        (
            "compute.packing_host_numa_cells_allocation_strategy",
            "true",
            ("NUMATopologyFilter",),
        ),
        ("trusted_computing.attestation_auth_timeout", "60", ("TrustedFilter",)),
    ],
)
def test_options_of_filters_that_are_off(path: str, value: str, filters: tuple[str, ...]) -> None:
    """Any of the filters that read the option gives it its effect."""
    group, _, name = path.partition(".")
    given = {group: f"{name}: {value}"}

    def notices_with(enabled: str) -> tuple[str, ...]:
        parts = {**given}
        other = f"enabled_filters: [{enabled}]"
        parts["filter_scheduler"] = ", ".join(filter(None, (parts.get("filter_scheduler"), other)))
        return told("\n".join(f"{group}: {{{options}}}" for group, options in parts.items()))

    missing = f"does not name {filters[0]}"
    if len(filters) == 2:
        missing = f"names neither {filters[0]} nor {filters[1]}"
    assert notices_with("RamFilter") == (f"{path} has no effect while {FILTERS} {missing}",)
    for enabled in filters:
        assert notices_with(f"RamFilter, {enabled}") == ()


def test_options_of_one_filter_share_a_notice() -> None:
    """Three lines would say no more."""
    text = "{isolated_hosts: [a], isolated_images: [b], enabled_filters: [RamFilter]}"
    assert told(f"filter_scheduler: {text}") == (
        (
            "filter_scheduler.isolated_images, filter_scheduler.isolated_hosts have no effect while"
            f" {FILTERS} does not name IsolatedHostsFilter"
        ),
    )


NOT_ALLOWED = "is above 1 and counts as 1 without kubernetes.allow_memory_overcommit"
HELD = "kube-scheduler and the kubelet hold requests to what a node allows"
ADVISORY = f"to no effect while kubernetes.overcommit is advisory: {HELD}"
NO_MORE = (
    "kubernetes.allow_memory_overcommit lets pods request no more while kubernetes.overcommit is"
    f" advisory: {HELD}"
)


@pytest.mark.parametrize(
    ("default", "kubernetes", "notices"),
    [
        # Memory above 1 is to be allowed first, whatever the mode.
        ("ram_allocation_ratio: 1.5", "", [f"DEFAULT.ram_allocation_ratio {NOT_ALLOWED}"]),
        (
            "initial_ram_allocation_ratio: 1.5",
            "overcommit: virtual",
            [f"DEFAULT.initial_ram_allocation_ratio {NOT_ALLOWED}"],
        ),
        (
            "ram_allocation_ratio: 1.5, initial_ram_allocation_ratio: 2.0",
            "overcommit: advisory",
            [f"DEFAULT.ram_allocation_ratio {NOT_ALLOWED}"],
        ),
        ("ram_allocation_ratio: 1.5", "allow_memory_overcommit: true", []),
        ("ram_allocation_ratio: 1.0, initial_ram_allocation_ratio: 1.5", "", []),
        ("ram_allocation_ratio: 0.9", "", []),
        # Above 1 only where a mode makes it true.
        ("cpu_allocation_ratio: 16.0, disk_allocation_ratio: 1.001", "", []),
        ("cpu_allocation_ratio: 16.0", "overcommit: virtual", []),
        (
            "cpu_allocation_ratio: 16.0, initial_disk_allocation_ratio: 1.001",
            "overcommit: advisory",
            [
                (
                    "DEFAULT.cpu_allocation_ratio, DEFAULT.initial_disk_allocation_ratio are"
                    f" above 1, {ADVISORY}"
                )
            ],
        ),
        (
            "cpu_allocation_ratio: 1.001",
            "overcommit: advisory",
            [f"DEFAULT.cpu_allocation_ratio is above 1, {ADVISORY}"],
        ),
        ("cpu_allocation_ratio: 0.5", "overcommit: advisory", []),
        ("", "overcommit: advisory", []),
        ("", "overcommit: advisory, allow_memory_overcommit: true", [NO_MORE]),
        (
            "ram_allocation_ratio: 1.5",
            "overcommit: advisory, allow_memory_overcommit: true",
            [f"DEFAULT.ram_allocation_ratio is above 1, {ADVISORY}", NO_MORE],
        ),
        ("", "allow_memory_overcommit: true", []),
    ],
)
def test_ratios_that_no_node_keeps_to(default: str, kubernetes: str, notices: list[str]) -> None:
    """Only those that would count where annotations say nothing."""
    text = f"DEFAULT: {{{default}}}\nkubernetes: {{{kubernetes}}}"
    assert list(told(text)) == notices


def test_a_numa_policy_is_noticed() -> None:
    """Once for all aliases that have one."""
    assert told(
        """
        pci:
          alias:
            - {name: a, vendor_id: "10de", numa_policy: required}
            - {name: b, vendor_id: "10de"}
            - {name: "\\x1b[1m", vendor_id: "10de", numa_policy: legacy}
        """.replace("\\x1b", "c")
    ) == (
        "pci.alias gives a, c[1m a numa_policy, which has no effect: the kubelet picks the devices",
    )


def test_a_filter_enabled_twice_is_noticed() -> None:
    """Nova runs it twice, and so do we, but it is hardly meant."""
    loaded = load(None, "filter_scheduler: {enabled_filters: [RamFilter, CoreFilter, RamFilter]}")
    assert loaded.config.filter_scheduler.enabled_filters == (
        "RamFilter",
        "CoreFilter",
        "RamFilter",
    )
    assert loaded.notices == (
        "filter_scheduler.enabled_filters names RamFilter 2 times; it will run as often",
    )


def test_required_metrics_need_their_filter() -> None:
    """Nova would give up the request; a weigher cannot, so the filter must refuse the host."""
    with pytest.raises(ConfigError) as caught:
        load(None, "metrics: {weight_setting: [cpu.percent=-1.0]}")
    assert caught.value.problems == (
        Problem(
            "metrics.required",
            "only MetricsFilter can refuse hosts without a metric, and"
            " filter_scheduler.enabled_filters lacks it",
            "false, or MetricsFilter in filter_scheduler.enabled_filters",
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "metrics: {weight_setting: [a=1], required: false}",
        "metrics: {weight_setting: [a=1]}\nfilter_scheduler: {enabled_filters: [MetricsFilter]}",
        "metrics: {weight_setting: []}",
    ],
)
def test_metrics_that_are_in_order(text: str) -> None:
    """Both cures cure it."""
    assert told(text) == ()


def test_files_without_the_webhook_are_noticed() -> None:
    """Nobody is shown them."""
    assert told("server: {webhook_cert_file: /tls.crt, webhook_key_file: /tls.key}") == (
        (
            "server.webhook_cert_file, server.webhook_key_file have no effect without"
            " server.webhook_bind"
        ),
    )


def test_every_path_is_that_of_an_option() -> None:
    """A name that is no more would silence its notice."""
    paths = {option.path for option in options()} | {option.group for option in options()}
    for idle in effects._IDLE:
        assert set(idle.paths) <= paths
