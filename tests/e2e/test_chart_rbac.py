"""What the chart lets its pods do, value by value. That each right is needed, others show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e import build
from tests.e2e.rendering import NAME, NAMESPACE, NoCluster, Object, render

STANDALONE = {"mode": "standalone"}


@pytest.fixture
def place(tmp_path: Path) -> NoCluster:
    """Nowhere: helm only renders."""
    return NoCluster(build.build_all(), tmp_path)


def rights(role: Object) -> set[str]:
    """A role's rights, each as `verb group/resource`, with the one object's name that it is for."""
    return {
        f"{verb} {group}/{resource}" + "".join(f" {name}" for name in rule.get("resourceNames", ()))
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def cluster_rights(place: NoCluster, values: dict[str, Any]) -> set[str]:
    """What the extender may do in the whole cluster."""
    return rights(render(place, values).one("ClusterRole"))


ALWAYS = {
    *(f"{verb} /{kind}" for verb in ("list", "watch") for kind in ("nodes", "pods")),
    *(
        f"{verb} nova-extender.io/{kind}"
        for verb in ("list", "watch")
        for kind in ("hostaggregates", "flavors", "servergroups")
    ),
    *(
        f"patch nova-extender.io/{kind}/status"
        for kind in ("hostaggregates", "flavors", "servergroups")
    ),
    "create events.k8s.io/events",
    "patch events.k8s.io/events",
}
BIND = {"get /pods", "create /pods/binding", "patch /pods/status"}
NATIVE = {"patch /nodes", "patch /nodes/status"}
MEASURED = {"list metrics.k8s.io/nodes"}
NUMA = {f"{verb} topology.node.k8s.io/noderesourcetopologies" for verb in ("list", "watch")}


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, ALWAYS | BIND | NATIVE),
        (STANDALONE, ALWAYS | BIND | NATIVE),
        ({"scheduler": {"bind": False}}, ALWAYS | NATIVE),
        ({"overcommit": {"mode": "virtual"}}, ALWAYS | BIND),
        ({"overcommit": {"mode": "advisory"}}, ALWAYS | BIND),
    ],
    ids=str,
)
def test_by_values(place: NoCluster, values: dict[str, Any], wanted: set[str]) -> None:
    """No right is given that these values leave without use, and none of reading Secrets ever."""
    assert cluster_rights(place, values) == wanted


@pytest.mark.parametrize(
    ("config", "more"),
    [
        ({"metrics": {"weight_setting": ["cpu.percent=-1.0"]}}, MEASURED),
        ({"metrics": {"weight_setting": "power.watts=-1.0, memory.percent = 2"}}, MEASURED),
        # By a node's annotation only.
        ({"metrics": {"weight_setting": ["power.watts=-1.0"]}}, set()),
        ({"filter_scheduler": {"enabled_filters": ["CoreFilter", "NUMATopologyFilter"]}}, NUMA),
        ({"filter_scheduler": {"enabled_filters": "CoreFilter, NUMATopologyFilter"}}, NUMA),
        ({"DEFAULT": {"scheduler_default_filters": ["NUMATopologyFilter"]}}, NUMA),
        ({"filter_scheduler": {"enabled_filters": ["MyNUMATopologyFilter"]}}, set()),
    ],
    ids=str,
)
def test_by_configuration(place: NoCluster, config: dict[str, Any], more: set[str]) -> None:
    """Other groups of the API are read where a filter or weigher in the configuration does."""
    assert cluster_rights(place, {"config": config}) == ALWAYS | BIND | NATIVE | more


def test_in_its_own_namespace(place: NoCluster) -> None:
    """Its own Leases, and pods, which cannot be named before they are there."""
    rendered = render(place)
    assert rights(rendered.one("Role")) == {
        "create coordination.k8s.io/leases",
        f"get coordination.k8s.io/leases {NAME}",
        f"update coordination.k8s.io/leases {NAME}",
        "patch /pods",
    }
    lease = rendered.scheduler_config()["leaderElection"]["resourceName"]
    assert rights(rendered.one("Role", f"{NAME}-kube-scheduler")) == {
        f"get coordination.k8s.io/leases {lease}",
        f"update coordination.k8s.io/leases {lease}",
    }
    assert rendered.config()["kubernetes"]["lease_name"] == NAME


def test_what_kube_scheduler_may_do_only_beside_it(place: NoCluster) -> None:
    """Standalone the service account has none of kube-scheduler's rights."""
    beside, alone = render(place), render(place, STANDALONE)
    given = {
        name: each["roleRef"]["name"] for name, each in beside.of("ClusterRoleBinding").items()
    }
    assert given.pop(f"{NAME}-overcommit-uninstall") == f"{NAME}-overcommit-uninstall"
    assert given == {
        NAME: NAME,
        f"{NAME}-kube-scheduler": "system:kube-scheduler",
        f"{NAME}-volume-scheduler": "system:volume-scheduler",
    }
    reader = beside.one("RoleBinding", f"{NAME}-auth-reader")
    assert reader["metadata"]["namespace"] == "kube-system"
    assert reader["roleRef"]["name"] == "extension-apiserver-authentication-reader"
    assert set(alone.of("RoleBinding")) == {NAME}
    assert not {name for name in alone.of("ClusterRoleBinding") if "scheduler" in name}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, NAME),
        ({"serviceAccount": {"name": "mine"}}, "mine"),
        ({"serviceAccount": {"create": False, "name": "given"}}, "given"),
    ],
    ids=str,
)
def test_whose_rights(place: NoCluster, values: dict[str, Any], name: str) -> None:
    """Of the account that the pods have, whoever makes it; the account itself gives no token."""
    rendered = render(place, values)
    assert rendered.pod()["serviceAccountName"] == name
    bound = [
        subject
        for kind in ("ClusterRoleBinding", "RoleBinding")
        for each in rendered.of(kind).values()
        for subject in each["subjects"]
        if not each["metadata"]["name"].endswith("-uninstall")
    ]
    assert bound
    assert all(
        subject == {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}
        for subject in bound
    )
    made = rendered.of("ServiceAccount")
    assert (name in made) == (values.get("serviceAccount", {}).get("create", True))
    assert not any(each["automountServiceAccountToken"] for each in made.values())


def test_none_given(place: NoCluster) -> None:
    """With rbac.create false nothing is bound, but what the uninstalling takes back itself."""
    rendered = render(place, {"rbac": {"create": False}, "overcommit": {"mode": "virtual"}})
    for kind in ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"):
        assert not rendered.of(kind)
