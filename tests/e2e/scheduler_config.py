"""The KubeSchedulerConfiguration that asks an extender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DEFAULT_PROFILE = "default-scheduler"


def scheduler_config(
    extender_url: str | None,
    *,
    weight: int = 141,
    bind: bool = False,
    preempt: bool = False,
    node_cache_capable: bool = True,
    http_timeout: str = "5s",
    ignorable: bool = False,
    profiles: Sequence[str] = (DEFAULT_PROFILE,),
    plugin_config: Sequence[Mapping[str, Any]] = (),
    ignored_groups: Sequence[str] = (),
    tls: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The configuration as a dict, to be changed further if a test needs that.

    Args:
        extender_url: Where the extender's verbs are; None for a scheduler without an extender.
        weight: What the extender's scores are multiplied by.
        bind: Whether the extender binds.
        preempt: Whether the extender is asked about preemption.
        node_cache_capable: Whether it is sent names instead of whole Nodes.
        http_timeout: How long one call may take.
        ignorable: Whether pods are scheduled without it while it is away.
        profiles: A profile for each of these scheduler names, all alike.
        plugin_config: What the plugins of each profile are given.
        ignored_groups: Groups of extended resources that NodeResourcesFit is not to count.
        tls: Its `tlsConfig`: `caFile`, which the extender's certificate is checked by, and the
            `certFile` and `keyFile` that it shows the extender.
    """
    given = [*plugin_config]
    if ignored_groups:
        fit = {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "NodeResourcesFitArgs",
            "ignoredResourceGroups": list(ignored_groups),
        }
        given.append({"name": "NodeResourcesFit", "args": fit})
    config: dict[str, Any] = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "leaderElection": {"leaderElect": False},
        # Every node is asked about, so that a test knows which ones.
        "percentageOfNodesToScore": 100,
        "profiles": [
            {"schedulerName": name, "pluginConfig": [dict(each) for each in given]}
            for name in profiles
        ],
    }
    if extender_url is not None:
        extender: dict[str, Any] = {
            "urlPrefix": extender_url,
            "filterVerb": "filter",
            "prioritizeVerb": "prioritize",
            "weight": weight,
            "nodeCacheCapable": node_cache_capable,
            "httpTimeout": http_timeout,
            "ignorable": ignorable,
        }
        if bind:
            extender["bindVerb"] = "bind"
        if preempt:
            extender["preemptVerb"] = "preempt"
        if tls is not None:
            extender |= {"enableHTTPS": True, "tlsConfig": dict(tls)}
        config["extenders"] = [extender]
    return config
