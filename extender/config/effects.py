"""What options mean together: those that others leave without effect, and those that contradict.

Each option by itself is in order when it comes here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from extender.config import serving
from extender.config.options import Config, options
from extender.config.problems import Problem
from extender.config.values import cut

_FILTERING = ("filter_scheduler", "caching_scheduler")
_FILTERS = "filter_scheduler.enabled_filters"
_MEMORY = "ram_allocation_ratio"


@dataclass(frozen=True, slots=True)
class _Idle:
    """Options that have no effect in some circumstances.

    Attributes:
        paths: The options, or whole groups of them.
        when: Whether a configuration is of that kind.
        why: What is said then, behind "has no effect"; ``{driver}`` stands for the driver's name.
    """

    paths: tuple[str, ...]
    when: Callable[[Config], bool]
    why: str


def _unless_enabled(paths: tuple[str, ...], *filters: str) -> _Idle:
    """Options that nothing but these filters reads; of third-party filters we cannot know."""
    missing = f"does not name {filters[0]}"
    if len(filters) > 1:
        missing = f"names neither {' nor '.join(filters)}"
    return _Idle(
        paths,
        lambda config: not set(filters) & set(config.filter_scheduler.enabled_filters),
        f"while {_FILTERS} {missing}",
    )


_IDLE = (
    # First what switches off most, for no option is named twice.
    _Idle(
        ("filter_scheduler", "metrics", "compute", "trusted_computing.attestation_auth_timeout"),
        lambda config: config.scheduler.driver not in _FILTERING,
        "under {driver}: it asks neither filters nor weighers",
    ),
    _Idle(
        ("scheduler.periodic_task_interval",),
        lambda config: config.scheduler.driver != "caching_scheduler",
        "under {driver}: only caching_scheduler keeps a picture of the cluster",
    ),
    _Idle(
        (
            "filter_scheduler.host_subset_size",
            "filter_scheduler.shuffle_best_same_weighed_hosts",
        ),
        lambda config: config.kubernetes.placement == "advise",
        "outside simulate while kubernetes.placement is advise: kube-scheduler picks the host",
    ),
    _Idle(
        ("kubernetes.max_score",),
        lambda config: config.kubernetes.placement == "decide",
        "while kubernetes.placement is decide: the one host that is named needs no score",
    ),
    _Idle(
        ("scheduler.placement_aggregate_required_for_tenants",),
        lambda config: not config.scheduler.limit_tenants_to_placement_aggregate,
        "without scheduler.limit_tenants_to_placement_aggregate",
    ),
    _Idle(
        ("filter_scheduler.image_props_weight_setting",),
        lambda config: config.filter_scheduler.image_props_weight_multiplier == 0,
        "while filter_scheduler.image_props_weight_multiplier is 0.0",
    ),
    _Idle(
        ("metrics.weight_multiplier", "metrics.required", "metrics.weight_of_unavailable"),
        lambda config: not config.metrics.weight_setting,
        "without metrics.weight_setting: no metric is asked for",
    ),
    _Idle(
        ("server.webhook_cert_file", "server.webhook_key_file"),
        lambda config: not config.server.webhook_bind,
        "without server.webhook_bind",
    ),
    _unless_enabled(
        ("filter_scheduler.max_io_ops_per_host",), "IoOpsFilter", "AggregateIoOpsFilter"
    ),
    _unless_enabled(
        ("filter_scheduler.max_instances_per_host",),
        "NumInstancesFilter",
        "AggregateNumInstancesFilter",
    ),
    _unless_enabled(
        (
            "filter_scheduler.isolated_images",
            "filter_scheduler.isolated_hosts",
            "filter_scheduler.restrict_isolated_hosts_to_isolated_images",
        ),
        "IsolatedHostsFilter",
    ),
    _unless_enabled(
        (
            "filter_scheduler.aggregate_image_properties_isolation_namespace",
            "filter_scheduler.aggregate_image_properties_isolation_separator",
        ),
        "AggregateImagePropertiesIsolation",
    ),
    _unless_enabled(
        ("filter_scheduler.image_properties_default_architecture",), "ImagePropertiesFilter"
    ),
    _unless_enabled(("compute.packing_host_numa_cells_allocation_strategy",), "NUMATopologyFilter"),
    _unless_enabled(("trusted_computing.attestation_auth_timeout",), "TrustedFilter"),
)


def notices(config: Config, written: Mapping[str, str]) -> list[str]:
    """What an operator should know about options that are in order.

    Only options that differ from their defaults are named: the others ask for nothing.

    Args:
        config: The configuration.
        written: Of options given by an older name, the path of that name.
    """
    return [
        *_without_effect(config, written),
        *_of_ratios(config, written),
        *_of_aliases(config),
        *_of_filters(config),
        *serving.notices(config),
    ]


def conflicts(config: Config) -> list[Problem]:
    """What contradicts itself."""
    return [*_of_metrics(config), *serving.conflicts(config)]


def _of_metrics(config: Config) -> Iterator[Problem]:
    metrics = config.metrics
    if (
        config.scheduler.driver in _FILTERING
        and metrics.weight_setting
        and metrics.required
        and "MetricsFilter" not in config.filter_scheduler.enabled_filters
    ):
        # Nova would give up the whole request at the first host without; we may not.
        why = f"only MetricsFilter can refuse hosts without a metric, and {_FILTERS} lacks it"
        cure = f"false, or MetricsFilter in {_FILTERS}"
        yield Problem("metrics.required", why, cure)


def _without_effect(config: Config, written: Mapping[str, str]) -> Iterator[str]:
    changed = [
        option
        for option in options()
        if getattr(getattr(config, option.group), option.name) != option.default
    ]
    for idle in _IDLE:
        if not idle.when(config):
            continue
        found = [o for o in changed if o.group in idle.paths or o.path in idle.paths]
        changed = [option for option in changed if option not in found]
        if found:
            names = ", ".join(written.get(option.path, option.path) for option in found)
            why = idle.why.format(driver=config.scheduler.driver)
            yield f"{names} {'has' if len(found) == 1 else 'have'} no effect {why}"


def _of_ratios(config: Config, written: Mapping[str, str]) -> Iterator[str]:
    """Ratios above 1 that no node will keep to, whatever its annotations say."""
    kubernetes = config.kubernetes
    above = [path for name in ("cpu", "ram", "disk") for path in _above_one(config, name)]
    if not kubernetes.allow_memory_overcommit:
        for path in (path for path in above if path.endswith(_MEMORY)):
            yield (
                f"{written.get(path, path)} is above 1 and counts as 1 without"
                " kubernetes.allow_memory_overcommit"
            )
        above = [path for path in above if not path.endswith(_MEMORY)]
    if kubernetes.overcommit != "advisory":
        return
    held = "kube-scheduler and the kubelet hold requests to what a node allows"
    if above:
        names = ", ".join(written.get(path, path) for path in above)
        yield (
            f"{names} {'is' if len(above) == 1 else 'are'} above 1, to no effect while"
            f" kubernetes.overcommit is advisory: {held}"
        )
    if kubernetes.allow_memory_overcommit:
        yield (
            "kubernetes.allow_memory_overcommit lets pods request no more while"
            f" kubernetes.overcommit is advisory: {held}"
        )


def _above_one(config: Config, resource: str) -> Iterator[str]:
    """The option that sets a resource's ratio where annotations do not, if it is above 1."""
    name = f"{resource}_allocation_ratio"
    if getattr(config.DEFAULT, name) is None:
        name = f"initial_{name}"
    if getattr(config.DEFAULT, name) > 1:
        yield f"DEFAULT.{name}"


def _of_aliases(config: Config) -> Iterator[str]:
    names = [
        alias.name
        for alias in config.pci.alias
        if any(key == "numa_policy" for key, _ in alias.keys)
    ]
    if names:
        listed = ", ".join(cut(name) for name in dict.fromkeys(names))
        yield (
            f"pci.alias gives {listed} a numa_policy, which has no effect: the kubelet picks the"
            " devices"
        )


def _of_filters(config: Config) -> Iterator[str]:
    for name, count in Counter(config.filter_scheduler.enabled_filters).items():
        if count > 1:
            yield f"{_FILTERS} names {cut(name)} {count} times; it will run as often"
