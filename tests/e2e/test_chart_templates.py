"""What the chart's templates decide of the pods: what runs in them, and what starts them anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e import build
from tests.e2e.chart import HelmError, ci_values
from tests.e2e.rendering import NAME, NoCluster, render

CI = ci_values()
STANDALONE = {"mode": "standalone"}


@pytest.fixture
def place(tmp_path: Path) -> NoCluster:
    """Nowhere: helm only renders."""
    return NoCluster(build.build_all(), tmp_path)


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ("v1.33.4", "v1.33.4"),
        ("v1.33.4-eks-1a2b3c", "v1.33.4"),
        ("v1.32.1+k3s1", "v1.32.1"),
        ("v1.34.0-gke.1234000", "v1.34.0"),
        ("1.31.10", "v1.31.10"),
    ],
)
def test_kube_scheduler_is_of_the_clusters_version(
    place: NoCluster, version: str, tag: str
) -> None:
    """What providers append to it is no part of an image's tag."""
    rendered = render(place, None, f"--kube-version={version}")
    image = rendered.container("kube-scheduler")["image"]
    assert image == f"registry.k8s.io/kube-scheduler:{tag}"


DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ({}, "nova-extender:0.1.0"),
        ({"repository": "example.com:5000/a/b"}, "example.com:5000/a/b:0.1.0"),
        ({"tag": "v9"}, "nova-extender:v9"),
        ({"tag": "v9", "digest": DIGEST}, f"nova-extender@{DIGEST}"),
    ],
)
def test_images(place: NoCluster, image: dict[str, str], wanted: str) -> None:
    """A digest counts before a tag, and a tag before the version; of all that runs the image."""
    rendered = render(place, {"image": image, "scheduler": {"image": image}})
    assert rendered.container("extender")["image"] == wanted
    assert rendered.one("Pod", f"{NAME}-test")["spec"]["containers"][0]["image"] == wanted
    ours = {"repository": "registry.k8s.io/kube-scheduler", **image}
    scheduler = render(place, {"scheduler": {"image": ours}}, "--kube-version=1.35.1")
    tag = wanted.removeprefix("nova-extender").removeprefix("example.com:5000/a/b")
    assert scheduler.container("kube-scheduler")["image"] == ours["repository"] + tag.replace(
        ":0.1.0", ":v1.35.1"
    )


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        # Read anew by the extender itself.
        ({"config": {"filter_scheduler": {"host_subset_size": 2}}}, set()),
        ({"config": {"plugins": {"mine": {"limit": 3}}}}, set()),
        ({"overcommit": {"defaultRatios": {"cpu": "2.0"}}}, set()),
        ({"scheduler": {"resources": {}}}, set()),
        # Not.
        ({"config": {"kubernetes": {"max_score": 50}}}, {"checksum/config"}),
        ({"config": {"server": {"log_level": "debug"}}}, {"checksum/config"}),
        ({"placement": "decide"}, {"checksum/config"}),
        ({"overcommit": {"allowMemoryOvercommit": True}}, {"checksum/config"}),
        ({"overcommit": {"mode": "virtual"}}, {"checksum/config", "checksum/scheduler"}),
        # How long kube-scheduler waits says how long a bind may take.
        ({"scheduler": {"httpTimeout": "4s"}}, {"checksum/config", "checksum/scheduler"}),
        ({"scheduler": {"httpTimeout": "9s"}}, {"checksum/scheduler"}),
        ({"scheduler": {"weight": 1}}, {"checksum/scheduler"}),
        ({"scheduler": {"pluginConfig": [{"name": "ImageLocality"}]}}, {"checksum/scheduler"}),
    ],
    ids=str,
)
def test_new_pods_for_what_cannot_be_reloaded(
    place: NoCluster, values: dict[str, Any], changed: set[str]
) -> None:
    """And for nothing else: the extender reads Nova's groups anew while it runs."""
    before, after = render(place).checksums(), render(place, values).checksums()
    assert {key for key in before if before[key] != after[key]} == changed
    assert before.keys() == after.keys() == {"checksum/config", "checksum/scheduler"}


@pytest.mark.parametrize("values", CI, ids=[file.stem for file in CI])
def test_every_container_is_hardened(place: NoCluster, values: Path) -> None:
    """Whatever becomes a pod runs as nobody, with nothing to gain and nothing to write to."""
    rendered = render(place, None, f"--values={values}")
    specs = list(rendered.pod_specs())
    assert {name.partition(" ")[0] for name, _ in specs} >= {"Deployment", "Pod"}
    for name, spec in specs:
        pod = spec["securityContext"]
        assert pod["runAsNonRoot"] is True, name
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert isinstance(spec["automountServiceAccountToken"], bool), name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        assert not [volume for volume in spec.get("volumes", []) if "hostPath" in volume], name
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            context = {**pod, **container["securityContext"]}
            assert context["runAsNonRoot"] is True, name
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
            # A number: of a name the kubelet cannot tell that it is not root's.
            assert context["runAsUser"] > 0, name


def test_two_containers_on_loopback(place: NoCluster) -> None:
    """Only probes and metrics can be reached from outside; the configuration can change."""
    rendered = render(place)
    assert [each["name"] for each in rendered.pod()["containers"]] == ["extender", "kube-scheduler"]
    extender, scheduler = rendered.container("extender"), rendered.container("kube-scheduler")
    assert {each["name"]: each["containerPort"] for each in extender["ports"]} == {"metrics": 8889}
    assert {each["name"] for each in scheduler["ports"]} == {"scheduler"}
    mounts = {each["name"]: each for each in extender["volumeMounts"]}
    # With subPath the kubelet would never bring a change.
    assert "subPath" not in mounts["config"]
    assert mounts["tmp"]["mountPath"] == "/tmp"  # noqa: S108 - where the pod has its own
    given = {each["name"]: each.get("value") for each in extender["env"]}
    assert given == {
        "POD_NAME": None,
        "POD_NAMESPACE": None,
        # For commands in the pod: the file that the extender itself has, and where it explains.
        "NOVA_EXTENDER_CONFIG": extender["command"][-1],
        "NOVA_EXTENDER_SERVER": "http://127.0.0.1:8890",
    }
    assert rendered.pod()["schedulerName"] == "default-scheduler"
    assert set(rendered.of("Service")) == {f"{NAME}-metrics"}


def test_one_container_behind_a_service(place: NoCluster) -> None:
    """Standalone there is no kube-scheduler, and nothing that is for it."""
    rendered = render(place, STANDALONE)
    assert [each["name"] for each in rendered.pod()["containers"]] == ["extender"]
    assert set(rendered.of("ConfigMap")) == {f"{NAME}-config"}
    (port,) = rendered.one("Service")["spec"]["ports"]
    assert (port["name"], port["port"], port["targetPort"]) == ("https", 443, "verbs")
    ports = {
        each["name"]: each["containerPort"] for each in rendered.container("extender")["ports"]
    }
    assert ports == {"verbs": 8888, "metrics": 8889}
    assert rendered.checksums().keys() == {"checksum/config"}


@pytest.mark.parametrize(("version", "path"), [("1.30.4", "/healthz"), ("1.31.0", "/livez")])
def test_probes_of_kube_scheduler(place: NoCluster, version: str, path: str) -> None:
    """Before 1.31 it has one page of health for all."""
    container = render(place, None, f"--kube-version={version}").container("kube-scheduler")
    assert container["livenessProbe"]["httpGet"]["path"] == path
    assert container["readinessProbe"]["httpGet"]["path"] == path.replace("livez", "readyz")
    assert container["startupProbe"]["httpGet"]["scheme"] == "HTTPS"


def test_a_rollout_hands_over(place: NoCluster) -> None:
    """Beside kube-scheduler a new pod is ready before an old one goes; standalone it cannot be."""
    sidecar = render(place).one("Deployment")["spec"]
    assert sidecar["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    standalone = render(place, STANDALONE).one("Deployment")["spec"]
    assert standalone["strategy"]["rollingUpdate"] == {
        "maxSurge": "100%",
        "maxUnavailable": "100%",
    }
    for spec in (sidecar, standalone):
        pod = spec["template"]["spec"]
        extender = next(each for each in pod["containers"] if each["name"] == "extender")
        before = extender["lifecycle"]["preStop"]["sleep"]["seconds"]
        # What gunicorn_app.serve takes at the most, beyond that.
        assert pod["terminationGracePeriodSeconds"] >= before + 15 + 5


def test_budget_only_where_pods_that_stand_by_are_ready(place: NoCluster) -> None:
    """Standalone only the leader is, and could never be moved."""
    assert render(place).one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert not render(place, STANDALONE).of("PodDisruptionBudget")
    assert not render(place, {"podDisruptionBudget": {"enabled": False}}).of("PodDisruptionBudget")


def test_the_test_pod_is_placed_by_what_it_tests(place: NoCluster) -> None:
    """Beside kube-scheduler; standalone it asks the verbs, with kube-scheduler's certificate."""
    test = render(place, {"scheduler": {"name": "nova"}}).one("Pod", f"{NAME}-test")
    assert test["spec"]["schedulerName"] == "nova"
    test = render(place, STANDALONE).one("Pod", f"{NAME}-test")
    assert test["spec"]["schedulerName"] == "default-scheduler"
    secret = test["spec"]["volumes"][0]["secret"]["secretName"]
    assert secret in render(place, STANDALONE).of("Secret")
    given = {"source": "secret", "secretName": "given"}
    test = render(place, {**STANDALONE, "tls": given}).one("Pod", f"{NAME}-test")
    assert "volumes" not in test["spec"]


def test_long_names_stay_names(place: NoCluster) -> None:
    """Those of Services have at most 63 letters, whatever the release is called."""
    name = "a-release-with-a-name-that-is-as-long-as-helm-lets-it"
    assert len(name) == 53
    rendered = render(
        place, {"fullnameOverride": name[:52], "overcommit": {"delivery": "webhook"}, **STANDALONE}
    )
    assert all(len(each) <= 63 for each in rendered.of("Service"))
    assert len(rendered.of("Service")) == 3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"scheduler": {"name": "default-scheduler"}}, "there would be two of that name"),
        ({"placement": "decide", "scheduler": {"bind": False}}, "needs scheduler.bind true"),
        (
            {"overcommit": {"mode": "virtual"}, "scheduler": {"bind": False}},
            "needs scheduler.bind true",
        ),
        ({"serviceAccount": {"create": False}}, "serviceAccount.name is needed"),
        ({**STANDALONE, "tls": {"source": "secret"}}, "tls.secretName is needed"),
        ({**STANDALONE, "networkPolicy": {"enabled": True}}, "networkPolicy.schedulers is needed"),
        (
            {
                "overcommit": {"delivery": "webhook"},
                "tls": {"source": "secret", "secretName": "given"},
            },
            "overcommit.webhook.caBundle is needed",
        ),
    ],
    ids=str,
)
def test_values_that_contradict_themselves(
    place: NoCluster, values: dict[str, Any], said: str
) -> None:
    """They are refused in words, before anything is installed."""
    with pytest.raises(HelmError, match=said):
        render(place, values)
