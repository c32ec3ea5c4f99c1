"""What the chart tells the extender and kube-scheduler, and what it refuses to be told twice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from extender.cli.assembly import load_config
from extender.config.own_groups import HttpServerGroup, KubernetesGroup
from tests.e2e import build
from tests.e2e.chart import CHART, HelmError, ci_values
from tests.e2e.rendering import NAME, NAMESPACE, NoCluster, render

CI = ci_values()
STANDALONE = {"mode": "standalone"}
OURS = "nova-extender.io"


@pytest.fixture
def place(tmp_path: Path) -> NoCluster:
    """Nowhere: helm only renders."""
    return NoCluster(build.build_all(), tmp_path)


@pytest.mark.parametrize("values", CI, ids=[file.stem for file in CI])
def test_the_extender_takes_its_configuration(place: NoCluster, values: Path) -> None:
    """It is in order as `nova-extender config check` sees it, and says nothing for nothing."""
    text = render(place, None, f"--values={values}").of("ConfigMap")
    (found,) = (each["data"] for name, each in text.items() if name.endswith("-config"))
    loaded = load_config("nova-extender.yaml", found["nova-extender.yaml"])
    given = yaml.safe_load(values.read_text())
    assert loaded.config.kubernetes.placement == given.get("placement", "advise")
    assert loaded.config.server.mode == given.get("mode", "sidecar")
    # Such as of an address without TLS that others can reach.
    assert not [notice for notice in loaded.notices if "server." in notice]


def test_what_values_mean(place: NoCluster) -> None:
    """Ratios stay texts: the chart's policy and the extender must read the same digits."""
    values = {
        "placement": "decide",
        "config": {
            "DEFAULT": {"reserved_host_cpus": 1},
            "filter_scheduler": {"pci_in_placement": 1},
        },
        "overcommit": {
            "defaultRatios": {"cpu": "16.0", "memory": "1.250", "ephemeral-storage": "0.5"},
            "allowMemoryOvercommit": True,
        },
    }
    assert render(place, values).config() == {
        "DEFAULT": {
            "reserved_host_cpus": 1,
            "initial_cpu_allocation_ratio": "16.0",
            "initial_ram_allocation_ratio": "1.250",
            "initial_disk_allocation_ratio": "0.5",
        },
        "filter_scheduler": {"pci_in_placement": 1},
        "kubernetes": {
            "placement": "decide",
            "overcommit": "native",
            "allow_memory_overcommit": True,
            "lease_name": NAME,
            "bind_timeout": 4,
        },
        "server": {"mode": "sidecar", "bind": "127.0.0.1:8888", "health_bind": "[::]:8889"},
    }


def test_large_numbers_stay_numbers(place: NoCluster) -> None:
    """Helm reads YAML by way of JSON, where a million may become 1e+06: no whole number."""
    config = {
        "server": {"max_body_bytes": 33_554_432, "attempts_memory_bytes": 2**40},
        "filter_scheduler": {"build_failure_weight_multiplier": 1_000_000.0},
    }
    text = render(place, {"config": config}).one("ConfigMap", f"{NAME}-config")["data"]
    loaded = load_config("nova-extender.yaml", text["nova-extender.yaml"]).config
    assert loaded.server.max_body_bytes == 33_554_432
    assert loaded.server.attempts_memory_bytes == 2**40
    assert loaded.filter_scheduler.build_failure_weight_multiplier == 1_000_000.0


def test_standalone_speaks_tls_to_everybody(place: NoCluster) -> None:
    """It listens outside of the pod, and so with certificates only; webhook included."""
    tls = {"allowedClients": ["system:kube-scheduler"]}
    server = render(place, {**STANDALONE, "tls": tls}).config()["server"]
    assert server["bind"] == "[::]:8888"
    assert server["cert_file"] == "/etc/nova-extender/tls/tls.crt"
    assert server["key_file"] == "/etc/nova-extender/tls/tls.key"
    assert server["client_ca_file"] == "/etc/nova-extender/tls/ca.crt"
    assert server["allowed_clients"] == ["system:kube-scheduler"]
    assert "webhook_bind" not in server
    webhook = {"overcommit": {"delivery": "webhook"}, "mode": "sidecar"}
    server = render(place, webhook).config()["server"]
    assert server["webhook_bind"] == "[::]:9443"
    assert server["webhook_cert_file"] == "/etc/nova-extender/tls/tls.crt"
    assert "cert_file" not in server


def test_another_address_for_all(place: NoCluster) -> None:
    """Where the kernel has no IPv6, one option moves every listener that others ask."""
    values = {
        **STANDALONE,
        "config": {"server": {"health_bind": "0.0.0.0:8889"}},
        "overcommit": {"delivery": "webhook"},
    }
    server = render(place, values).config()["server"]
    assert {server[each] for each in ("bind", "health_bind", "webhook_bind")} == {
        "0.0.0.0:8888",
        "0.0.0.0:8889",
        "0.0.0.0:9443",
    }


@pytest.mark.parametrize(
    ("waits", "given", "timeout"),
    [
        ("5s", None, 4),
        ("30s", None, 4),
        ("4s", None, 3),
        ("2s", None, 1),
        ("1s", None, 0.5),
        ("10s", 8.5, 8.5),
    ],
)
def test_a_bind_ends_before_kube_scheduler_gives_it_up(
    place: NoCluster, waits: str, given: float | None, timeout: float
) -> None:
    """A second less than it waits, but no more than by default; or what is given."""
    config = {} if given is None else {"kubernetes": {"bind_timeout": given}}
    rendered = render(place, {"scheduler": {"httpTimeout": waits}, "config": config})
    assert rendered.config()["kubernetes"]["bind_timeout"] == timeout


SET_BY_CHART = yaml.safe_load(
    re.search(
        r'define "nova-extender.config.of-values" -}}\n(.*?)\n{{- end',
        (CHART / "templates" / "_config.tpl").read_text(),
        re.DOTALL,
    )[1]  # type: ignore[index]  # without a match the tests could not even be collected
)
REFUSED = [(group, option) for group, options in SET_BY_CHART.items() for option in options]


@pytest.mark.parametrize(("group", "option"), REFUSED, ids=".".join)
def test_set_by_values_only(place: NoCluster, group: str, option: str) -> None:
    """An option that a value sets is refused in the configuration, and the value is named."""
    value = SET_BY_CHART[group][option]
    said = f"config.{group}.{option} is set by the chart: use the value {value} instead"
    with pytest.raises(HelmError, match=re.escape(said)):
        render(place, {"config": {group: {option: "x"}}})


def test_everything_that_is_set_is_refused(place: NoCluster) -> None:
    """No option that the chart writes can be given twice, but those it only has defaults for."""
    everything = {
        **STANDALONE,
        "overcommit": {
            "delivery": "webhook",
            "defaultRatios": {"cpu": "2.0", "memory": "2.0", "ephemeral-storage": "2.0"},
        },
    }
    written = render(place, everything).config()
    assert {(group, option) for group in written for option in written[group]} == {
        *REFUSED,
        ("kubernetes", "bind_timeout"),
        ("server", "health_bind"),
    }
    known = {
        *(("kubernetes", name) for name in KubernetesGroup.model_fields),
        *(("server", name) for name in HttpServerGroup.model_fields),
    }
    assert {each for each in REFUSED if each[0] != "DEFAULT"} <= known


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"kubernetes": {"lease_namespace": "x"}}, "the Lease is in the release's namespace"),
        ({"kubernetes": {"bind_timeout": 5.0}}, "must be below scheduler.httpTimeout, which is 5s"),
        ({"server": {"health_bind": "[::]:9000"}}, "probes and Services have 8889"),
    ],
    ids=str,
)
def test_what_the_rest_of_the_chart_stands_on(
    place: NoCluster, config: dict[str, Any], said: str
) -> None:
    """Options that would leave probes, permissions or kube-scheduler behind are refused."""
    with pytest.raises(HelmError, match=re.escape(said)):
        render(place, {"config": config})


def test_what_kube_scheduler_is_told(place: NoCluster) -> None:
    """All of it, as it is by default."""
    assert render(place).scheduler_config() == {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "leaderElection": {
            "leaderElect": True,
            "resourceName": f"{NAME}-scheduler",
            "resourceNamespace": NAMESPACE,
        },
        "percentageOfNodesToScore": 100,
        "profiles": [{"schedulerName": "nova-scheduler"}],
        "extenders": [
            {
                "urlPrefix": "http://127.0.0.1:8888",
                "filterVerb": "filter",
                "prioritizeVerb": "prioritize",
                "bindVerb": "bind",
                "preemptVerb": "preempt",
                "weight": 141,
                "nodeCacheCapable": True,
                "httpTimeout": "5s",
                "ignorable": False,
            }
        ],
    }


def test_virtual_resources_are_ignored_beside_what_is_given(place: NoCluster) -> None:
    """NodeResourcesFit keeps what it was given, and others theirs; else nothing is added."""
    given = [
        {"name": "NodeResourcesFit", "args": {"ignoredResourceGroups": ["example.com"]}},
        {"name": "InterPodAffinity", "args": {"hardPodAffinityWeight": 5}},
    ]
    values = {"scheduler": {"pluginConfig": given}}
    (profile,) = render(place, values).scheduler_config()["profiles"]
    assert profile["pluginConfig"] == given
    virtual = {**values, "overcommit": {"mode": "virtual"}}
    (profile,) = render(place, virtual).scheduler_config()["profiles"]
    args = {each["name"]: each["args"] for each in profile["pluginConfig"]}
    assert args == {
        "NodeResourcesFit": {"ignoredResourceGroups": ["example.com", OURS]},
        "InterPodAffinity": {"hardPodAffinityWeight": 5},
    }
    (profile,) = render(place, {"overcommit": {"mode": "virtual"}}).scheduler_config()["profiles"]
    assert profile["pluginConfig"] == [
        {"name": "NodeResourcesFit", "args": {"ignoredResourceGroups": [OURS]}}
    ]


@pytest.mark.parametrize(
    ("scheduler", "gone"),
    [({"bind": False}, {"bindVerb"}), ({"preempt": False}, {"preemptVerb"})],
    ids=str,
)
def test_verbs_that_are_not_offered(
    place: NoCluster, scheduler: dict[str, bool], gone: set[str]
) -> None:
    """An empty verb would be asked for all the same."""
    (before,), (after,) = (
        render(place, {"scheduler": each}).scheduler_config()["extenders"]
        for each in ({}, scheduler)
    )
    assert before.keys() - after.keys() == gone
