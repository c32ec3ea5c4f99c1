"""Pod → RequestSpec and Contribution."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.flavor import GIB, MIB, Flavor
from extender.model.groups import InstanceGroup
from extender.model.options import TranslateOptions
from extender.model.request_spec import Destination, ImageMeta, RequestSpec, SchedulerRetries
from extender.translate.errors import TranslateError
from extender.translate.objects import decode_pod
from extender.translate.pod import request_spec
from extender.translate.share import claimed, contribution
from tests.unit.translate.making import SMALL_REQUESTS, Known, bound, container, owner, pod

ADMIN = TranslateOptions(admin_namespaces=frozenset({"default"}))
SMALL = Flavor(name="m1.small", milli_vcpus=1000, memory=2 * GIB, root=20 * GIB)
WEB = InstanceGroup(name="web", namespace="default", policy="anti-affinity", max_server_per_host=2)


def spec_of(
    annotations: dict[str, str] | None = None,
    requests: dict[str, Any] | None = None,
    options: TranslateOptions | None = None,
    known: Known | None = None,
    **metadata: Any,
) -> RequestSpec:
    """The request of pod default/web with these annotations and container requests."""
    asked = pod({"containers": [container(requests=requests)]}, None, annotations, **metadata)
    return request_spec(asked, options or TranslateOptions(), known or Known(SMALL, groups=(WEB,)))


def refused(spec: RequestSpec) -> tuple[str, str]:
    """Why the request is refused: reason id and detail."""
    assert spec.refusal is not None
    return spec.refusal.reason.id, spec.refusal.detail


@pytest.mark.parametrize(
    ("requests", "asked", "virtual"),
    [
        ({"cpu": "1"}, (1000, 0, 0), None),
        ({"nova-extender.io/vcpu": "2"}, (2000, 0, 0), (2000, 0, 0)),
        (
            {"cpu": "100m", "memory": "1Gi", "nova-extender.io/vcpu": "2"},
            (2000, GIB, 0),
            (1900, 0, 0),
        ),
        (
            {"nova-extender.io/memory-mb": "512", "nova-extender.io/disk-gb": "1"},
            (0, 512 * MIB, GIB),
            (0, 512 * MIB, GIB),
        ),
    ],
)
def test_what_of_a_request_is_virtual(
    requests: dict[str, str], asked: tuple[int, int, int], virtual: tuple[int, int, int] | None
) -> None:
    """What it is judged by, and how much more that is than kube-scheduler counts."""
    spec = spec_of(None, requests)
    assert (spec.flavor.milli_vcpus, spec.flavor.memory, spec.flavor.disk) == asked
    assert spec.virtual == virtual


# -- plain fields --------------------------------------------------------------------------------


def test_a_plain_pod() -> None:
    """UID, namespace, name and amounts; nothing else is asked."""
    spec = spec_of(None, {"cpu": "250m", "memory": "256Mi", "ephemeral-storage": "1Gi"})
    assert (spec.instance_uuid, spec.project_id, spec.name) == ("u1", "default", "web")
    assert spec.num_instances == 1
    assert spec.flavor == Flavor(milli_vcpus=250, memory=256 * MIB, root=GIB, extra_specs={})
    assert spec.image == ImageMeta("registry/main:1", {})
    assert (spec.availability_zone, spec.instance_group) == (None, None)
    assert spec.retry == SchedulerRetries(num_attempts=1)
    assert (spec.ignore_hosts, spec.force_hosts, spec.force_nodes) == ((), (), ())
    assert (spec.requested_destination, dict(spec.scheduler_hints)) == (None, {})
    assert (spec.nominated_host, spec.refusal) == (None, None)
    assert spec.sources == {"flavor": "pod requests"}


@pytest.mark.parametrize("raw", [b"{}", b'{"metadata": null, "spec": null, "status": null}'])
def test_a_pod_that_says_nothing(raw: bytes) -> None:
    """Asks nothing, and is no error."""
    spec = request_spec(decode_pod(raw), TranslateOptions(), Known())
    assert (spec.flavor.milli_vcpus, spec.flavor.memory, spec.flavor.disk) == (0, 0, 0)
    assert spec.image == ImageMeta(None, {})
    assert spec.refusal is None


def test_pod_level_requests_without_containers() -> None:
    """What the pod as a whole asks counts."""
    asked = pod({"containers": [], "resources": {"requests": {"cpu": "300m"}}})
    assert request_spec(asked, TranslateOptions(), Known()).flavor.milli_vcpus == 300


def test_a_pending_pod_is_judged_by_its_spec() -> None:
    """A status does not change what is asked."""
    status = {"containerStatuses": [{"name": "main", "allocatedResources": {"cpu": "9"}}]}
    asked = pod({"containers": [container(requests={"cpu": "1"})]}, status)
    assert request_spec(asked, TranslateOptions(), Known()).flavor.milli_vcpus == 1000


def test_the_image_is_the_first_containers() -> None:
    """As it is written."""
    asked = pod({"containers": [container("a"), container("b")]})
    assert request_spec(asked, TranslateOptions(), Known()).image.id == "registry/a:1"


def test_nominated_host() -> None:
    """status.nominatedNodeName."""
    asked = pod(None, {"phase": "Pending", "nominatedNodeName": "node-b"})
    assert request_spec(asked, TranslateOptions(), Known()).nominated_host == "node-b"


def test_tolerations() -> None:
    """Carried over (test_tolerations has the rules)."""
    asked = pod({"tolerations": [{"operator": "Exists"}]})
    spec = request_spec(asked, TranslateOptions(), Known())
    assert spec.tolerates_unschedulable
    assert spec.tolerates_not_ready
    assert not spec_of().tolerates_unschedulable
    assert not spec_of().tolerates_not_ready


@pytest.mark.parametrize(
    ("annotations", "option", "zone", "source"),
    [
        ({"availability_zone": " zone-a "}, None, "zone-a", "annotation nova-extender.io/avail"),
        ({"availability_zone": "zone-a"}, "zone-z", "zone-a", "annotation nova-extender.io/avail"),
        ({"availability_zone": " "}, "zone-z", "zone-z", "option DEFAULT.default_schedule_zone"),
        ({}, "zone-z", "zone-z", "option DEFAULT.default_schedule_zone"),
        ({}, None, None, ""),
        ({}, "", "", ""),
    ],
)
def test_availability_zone(
    annotations: dict[str, str], option: str | None, zone: str | None, source: str
) -> None:
    """The annotation, else the option, and which of them it was."""
    spec = spec_of(annotations, options=TranslateOptions(default_schedule_zone=option))
    assert (spec.availability_zone or None) == (zone or None)
    assert spec.sources.get("availability_zone", "").startswith(source)
    assert ("availability_zone" in spec.sources) == bool(zone)


def test_annotations_of_novas_names() -> None:
    """Each annotation in its field."""
    spec = spec_of(
        {
            "ignore_hosts": "node-a, node-b",
            "requested_destination": '{"host": "node-c"}',
            "scheduler_hints": '{"different_host": ["web-0"]}',
            "image_properties": '{"architecture": "arm64", "hw_maxphysaddr_bits": "46", "tier": 2}',
            "extra_specs": '{"a": "1"}',
            "server_group": "web",
        }
    )
    assert spec.refusal is None
    assert spec.ignore_hosts == ("node-a", "node-b")
    assert spec.requested_destination == Destination(host="node-c")
    assert spec.scheduler_hints == {"different_host": ("web-0",)}
    assert spec.image.properties == {"hw_architecture": "aarch64", "hw_maxphysaddr_bits": 46}
    assert spec.image.others == {"tier": "2"}
    assert spec.flavor.extra_specs == {"a": "1"}
    assert spec.instance_group is WEB


def test_other_annotations_are_not_ours() -> None:
    """Keys of others, and names of ours that are not read, change nothing."""
    other = decode_pod(
        json.dumps(
            {
                "metadata": {
                    "uid": "u1",
                    "annotations": {
                        "flavor": "x",
                        "other.io/flavor": "x",
                        "nova-extender.io/x": "[",
                    },
                }
            }
        ).encode()
    )
    assert request_spec(other, TranslateOptions(), Known()).refusal is None


# -- hints that name instances -------------------------------------------------------------------

PLACED = Known(placed={"u0": "node-a", "default/web-0": "node-a", "default/web-1": "node-b"})


@pytest.mark.parametrize(
    ("hints", "hosts"),
    [
        ({}, {}),
        ({"different_host": "web-0"}, {"different_host": {"node-a"}}),
        ({"different_host": ["web-0", "web-1"]}, {"different_host": {"node-a", "node-b"}}),
        ({"same_host": ["u0", "gone"]}, {"same_host": {"node-a"}}),
        ({"same_host": "gone"}, {"same_host": set()}),
        ({"different_host": [], "same_host": ""}, {}),
        ({"same_host": None, "cidr": "/24", "web-0": "web-0"}, {}),
        (
            {"different_host": ["web-0"], "same_host": ["web-1"]},
            {"different_host": {"node-a"}, "same_host": {"node-b"}},
        ),
    ],
)
def test_hosts_of_hinted_instances(hints: object, hosts: dict[str, set[str]]) -> None:
    """Only the two hints that name instances, each for itself; the pod's namespace is looked in."""
    spec = spec_of({"scheduler_hints": json.dumps(hints)}, known=PLACED)
    assert spec.refusal is None
    assert {name: set(found) for name, found in spec.hint_hosts.items()} == hosts


def test_hosts_of_hinted_instances_in_another_namespace() -> None:
    """A name is looked up where the pod is; a UID is one everywhere."""
    hints = {"scheduler_hints": '{"different_host": ["web-0", "u0"], "same_host": "web-0"}'}
    spec = spec_of(hints, known=PLACED, namespace="other")
    assert spec.hint_hosts == {"different_host": {"node-a"}, "same_host": frozenset()}


def test_hints_that_cannot_be_read_name_nobody() -> None:
    """The request is refused for the annotation, and nothing is looked up."""
    spec = spec_of({"scheduler_hints": '{"different_host": ["web-0", 5]}'}, known=PLACED)
    assert refused(spec)[0] == "invalid_annotation"
    assert spec.hint_hosts == {}


# -- flavor --------------------------------------------------------------------------------------


def test_a_flavor_with_the_same_amounts() -> None:
    """Its name is taken, the amounts stay the pod's own."""
    spec = spec_of({"flavor": "m1.small"}, SMALL_REQUESTS)
    assert spec.refusal is None
    assert spec.flavor == Flavor(
        name="m1.small", milli_vcpus=1000, memory=2 * GIB, root=20 * GIB, extra_specs={}
    )
    assert spec.sources["flavor_name"] == "annotation nova-extender.io/flavor"


def test_extra_specs_add_but_do_not_change() -> None:
    """The Flavor's own keys win over the annotation's."""
    flavor = Flavor(name="gold", extra_specs={"tier": "gold", "a": "1"})
    spec = spec_of(
        {"flavor": "gold", "extra_specs": '{"tier": "bronze", "b": "2"}'}, known=Known(flavor)
    )
    assert spec.flavor.extra_specs == {"tier": "gold", "a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("flavor", "requests"),
    [
        (Flavor(name="f"), {"cpu": "7", "memory": "1Gi", "ephemeral-storage": "3"}),
        (Flavor(name="f", milli_vcpus=1000), {"cpu": "1", "memory": "5Gi"}),
        (Flavor(name="f", memory=512 * MIB), {"memory": "512Mi", "cpu": "3"}),
        (
            Flavor(name="f", root=10 * GIB, ephemeral=5 * GIB, swap_bytes=512 * MIB),
            {"ephemeral-storage": "15872Mi"},
        ),
    ],
)
def test_sizes_of_0_are_not_compared(flavor: Flavor, requests: dict[str, str]) -> None:
    """A size the Flavor leaves out is the pod's to choose; disk is root, ephemeral and swap."""
    assert spec_of({"flavor": "f"}, requests, known=Known(flavor)).refusal is None


@pytest.mark.parametrize(
    ("requests", "detail"),
    [
        (
            {**SMALL_REQUESTS, "cpu": "999m"},
            "the pod requests 999 milli-cores of CPU, the flavor has 1000",
        ),
        (
            {**SMALL_REQUESTS, "memory": "2147483649"},
            "the pod requests 2147483649 bytes of memory, the flavor has 2147483648",
        ),
        (
            {"cpu": "1", "memory": "2Gi"},
            "the pod requests 0 bytes of disk, the flavor has 21474836480",
        ),
        (
            {"memory": "2Gi"},
            (
                "the pod requests 0 milli-cores of CPU, the flavor has 1000; "
                "the pod requests 0 bytes of disk, the flavor has 21474836480"
            ),
        ),
    ],
)
def test_flavor_differs(requests: dict[str, str], detail: str) -> None:
    """Every amount that differs is named, with both numbers."""
    spec = spec_of({"flavor": "m1.small"}, requests)
    assert refused(spec) == ("flavor_differs", f"Flavor m1.small: {detail}")


VIRTUAL_SMALL = {
    "nova-extender.io/vcpu": "1",
    "nova-extender.io/memory-mb": "2048",
    "nova-extender.io/disk-gb": "20",
}


def test_a_virtual_pod_and_its_flavor() -> None:
    """The virtual amounts are its flavor's; what it requests beside them is its own affair."""
    requests = {**VIRTUAL_SMALL, "cpu": "100m", "memory": "64Mi", "nvidia.com/gpu": "1"}
    spec = spec_of({"flavor": "m1.small"}, requests)
    assert spec.refusal is None
    assert spec.flavor == Flavor(
        name="m1.small", milli_vcpus=1000, memory=2 * GIB, root=20 * GIB, extra_specs={}
    )
    assert spec.virtual == (900, 2 * GIB - 64 * MIB, 20 * GIB)
    assert spec.extended == (("nvidia.com/gpu", 1),)
    assert spec_of(None, SMALL_REQUESTS).virtual is None


def test_a_virtual_pod_of_another_flavor() -> None:
    """Real amounts that equal the flavor's make up for nothing."""
    requests = {**SMALL_REQUESTS, **VIRTUAL_SMALL, "nova-extender.io/vcpu": "0"}
    assert refused(spec_of({"flavor": "m1.small"}, requests)) == (
        "flavor_differs",
        "Flavor m1.small: the pod requests 0 milli-cores of CPU, the flavor has 1000",
    )


@pytest.mark.parametrize("bad", ["x", "-1"])
def test_an_unreadable_virtual_request(bad: str) -> None:
    """As of any other resource."""
    with pytest.raises(TranslateError) as caught:
        spec_of(None, {"nova-extender.io/vcpu": bad, "cpu": "1"})
    place = "spec.containers['main'].resources.requests.nova-extender.io/vcpu: "
    assert str(caught.value).startswith(f"Pod 'default/web': {place}")


def test_unknown_flavor() -> None:
    """Named in the detail, cut to 80 characters."""
    assert refused(spec_of({"flavor": "x"})) == ("unknown_flavor", "there is no Flavor 'x'")
    assert len(refused(spec_of({"flavor": "x" * 60_000}))[1]) < 200


# -- server group --------------------------------------------------------------------------------


def test_unknown_server_group() -> None:
    """A group of another namespace is not known here."""
    elsewhere = InstanceGroup(name="db", namespace="shop", policy="affinity")
    spec = spec_of({"server_group": "db"}, known=Known(groups=(elsewhere,)))
    assert refused(spec) == (
        "unknown_server_group",
        "namespace 'default' has no ServerGroup 'db'",
    )
    assert spec.instance_group is None


def test_unsupported_policy() -> None:
    """Nova's UnsupportedPolicyException."""
    spec = spec_of({"server_group": "web"}, known=Known(groups=(WEB,), policies=("affinity",)))
    assert refused(spec) == (
        "unsupported_policy",
        "ServerGroup 'web': no enabled filter or weigher serves policy anti-affinity",
    )


# -- forcing -------------------------------------------------------------------------------------

FORCING = {
    "force_hosts": "node-a",
    "force_nodes": '["node-a", "node-b"]',
    "scheduler_hints": '{"_nova_check_type": ["rebuild"]}',
}


@pytest.mark.parametrize("name", FORCING)
def test_forcing_is_an_administrators_right(name: str) -> None:
    """Outside of admin_namespaces each of the three is refused, with the option's name."""
    reason, detail = refused(spec_of({name: FORCING[name]}))
    assert reason == "forcing_not_allowed"
    assert detail.endswith("namespace 'default' is not in option kubernetes.admin_namespaces")


def test_forcing_in_an_admin_namespace() -> None:
    """There all three are honoured."""
    spec = spec_of(FORCING, options=ADMIN)
    assert spec.refusal is None
    assert (spec.force_hosts, spec.force_nodes) == (("node-a",), ("node-a", "node-b"))
    assert spec.is_rebuild


def test_forcing_everywhere() -> None:
    """A star among admin_namespaces is every namespace, whatever else is named."""
    anywhere = TranslateOptions(admin_namespaces=frozenset({"ops", "*"}))
    spec = spec_of(FORCING, options=anywhere)
    assert spec.refusal is None
    assert spec.force_hosts == ("node-a",)
    assert spec.is_rebuild


@pytest.mark.parametrize("value", ["", " ", ",", "[]", '[""]'])
def test_an_empty_list_forces_nothing(value: str) -> None:
    """And so is nobody's right in particular."""
    spec = spec_of({"force_hosts": value, "force_nodes": value})
    assert (spec.refusal, spec.force_hosts) == (None, ())


# -- retry ---------------------------------------------------------------------------------------


def retry(attempts: int, *hosts: str) -> dict[str, str]:
    """The annotation after so many attempts on these hosts."""
    pairs = [[host, host] for host in hosts]
    return {"retry": json.dumps({"num_attempts": attempts, "hosts": pairs, "exc_reason": "why"})}


def test_the_first_attempt() -> None:
    """populate_retry counts the attempt being made, and none was made before."""
    spec = spec_of()
    assert spec.retry == SchedulerRetries(num_attempts=1)
    assert "retry" not in spec.sources


def test_retry() -> None:
    """Two attempts made, so this is the third, which is still allowed."""
    spec = spec_of(retry(2, "node-a", "node-b"))
    pairs = (("node-a", "node-a"), ("node-b", "node-b"))
    assert spec.retry == SchedulerRetries(3, pairs, "why")
    assert spec.refusal is None
    assert spec.sources["retry"] == "pod annotation nova-extender.io/retry"


def test_the_history_is_looked_up() -> None:
    """By the pod and its line; what is found counts, and says where it comes from."""
    tried = SchedulerRetries(1, (("node-c", "node-c"),), "OutOfcpu", ("one place", "another"))
    known = Known(tried=tried)
    owners = owner("ReplicaSet", controller=True)
    spec = spec_of(retry(2, "node-a"), known=known, ownerReferences=owners)
    assert known.asked == [("u1", "default/o1")]
    assert spec.retry == SchedulerRetries(2, (("node-c", "node-c"),), "OutOfcpu")
    assert spec.sources["retry"] == "one place, another"


def test_a_history_from_a_file() -> None:
    """A pod without UID is looked up by its name, or all such pods would share one history."""
    known = Known()
    request_spec(pod(uid=""), TranslateOptions(), known)
    assert known.asked == [("default/web", "default/web")]


def test_max_retries_exceeded() -> None:
    """The fourth attempt is one too many; the detail is Nova's text."""
    assert refused(spec_of(retry(3))) == (
        "max_retries_exceeded",
        "Exceeded max scheduling attempts 3 for instance u1. Last exception: why",
    )
    options = TranslateOptions(max_attempts=5)
    spec = spec_of({"retry": '{"num_attempts": 5}'}, options=options)
    assert refused(spec)[1] == "Exceeded max scheduling attempts 5 for instance u1."
    assert spec_of({"retry": '{"num_attempts": 4}'}, options=options).refusal is None


def test_the_last_exception_is_made_harmless() -> None:
    """It is cut, and control characters are escaped: it comes from an annotation."""
    noted = {"num_attempts": 9, "exc_reason": "a\nb" + "x" * 1000}
    detail = refused(spec_of({"retry": json.dumps(noted)}))[1]
    assert "Last exception: a\\nbxxx" in detail
    assert len(detail) < 160


@pytest.mark.parametrize(
    ("owners", "carries"),
    [
        (owner("DaemonSet", controller=True), False),
        (owner("DaemonSet", controller=False), True),
        (owner("ReplicaSet", controller=True), True),
    ],
)
def test_daemon_set_pods_carry_no_retry(owners: object, carries: bool) -> None:
    """They belong to one node each."""
    spec = spec_of(retry(9, "node-a"), ownerReferences=owners)
    assert (spec.retry is not None, spec.refusal is not None) == (carries, carries)


def test_pinned_pods_carry_no_retry() -> None:
    """A pod that its own spec keeps on one node has nowhere else to go (test_owners)."""
    known = Known(tried=SchedulerRetries(9, (("node-a", "node-a"),)))
    pinned = pod({"nodeSelector": {"kubernetes.io/hostname": "node-a"}})
    spec = request_spec(pinned, TranslateOptions(), known)
    assert (spec.retry, spec.refusal, known.asked) == (None, None, [])
    assert request_spec(pod(), TranslateOptions(), known).refusal is not None


@pytest.mark.parametrize(
    ("annotations", "carries"),
    [
        ({"force_hosts": "node-a"}, False),
        ({"force_nodes": "node-a"}, False),
        ({"force_hosts": "node-a,node-b"}, True),
        ({"force_nodes": "node-a,node-b"}, True),
    ],
)
def test_pods_forced_to_one_node_carry_no_retry(annotations: dict[str, str], carries: bool) -> None:
    """Nova's populate_retry: exactly one forced host or node; several are tried in turn."""
    spec = spec_of({**annotations, **retry(9)}, options=ADMIN)
    assert (spec.retry is not None, spec.refusal is not None) == (carries, carries)


def test_one_attempt_means_no_retry() -> None:
    """Nova's populate_retry does nothing where max_attempts is 1."""
    spec = spec_of(retry(9, "node-a"), options=TranslateOptions(max_attempts=1))
    assert (spec.retry, spec.refusal) == (None, None)


def test_an_unreadable_history_does_not_hide_the_one_in_memory() -> None:
    """The pod is refused for its annotation, and what memory knows is told all the same."""
    known = Known(tried=SchedulerRetries(1, (("node-c", "node-c"),)))
    spec = spec_of({"retry": "["}, known=known)
    assert refused(spec)[0] == "invalid_annotation"
    assert spec.retry == SchedulerRetries(2, (("node-c", "node-c"),))


# -- annotations that cannot be read -------------------------------------------------------------

BAD = [
    ("flavor", "x" * 70_000, "the value has 70000 bytes; accepted: at most 65536 bytes"),
    ("extra_specs", "{", "is not valid JSON"),
    ("extra_specs", '{"a": 1}', "'a' is 1; accepted: an object text to text"),
    ("image_properties", "[]", "'[]' is not an object; accepted: a JSON object"),
    ("image_properties", '{"vm_mode": "pod"}', "accepted: one of exe, hvm, uml, xen"),
    ("image_properties", '{"a": 1e400}', "'1e400' is out of range; accepted: JSON"),
    ("image_properties", '{"a":' * 10_000, "nested deeper than 20"),
    ("availability_zone", "z" * 1_000_000, "the value has 1000000 bytes"),
    ("ignore_hosts", "[1]", "'1' is not a text; accepted: a,b or a JSON list of texts"),
    ("ignore_hosts", "[" * 10_000, "nested deeper than 20"),
    ("force_hosts", '["a"', "is not valid JSON"),
    ("force_nodes", "[null]", "'null' is not a text"),
    ("requested_destination", '{"hots": "a"}', "'hots' is not a name it knows; accepted: host,"),
    ("scheduler_hints", '{"a": 1}', "'a' is 1; accepted: a text or a list of texts"),
    ("server_group", "x" * 70_000, "the value has 70000 bytes"),
    ("retry", '{"num_attempts": "2"}', 'num_attempts is "2"; accepted: a whole number, 0 or more'),
]


@pytest.mark.parametrize(("name", "value", "wrong"), BAD, ids=[f"{b[0]}-{b[1][:12]}" for b in BAD])
def test_invalid_annotation(name: str, value: str, wrong: str) -> None:
    """The pod is refused; the detail says which annotation, what is wrong and what is right."""
    reason, detail = refused(spec_of({name: value}))
    assert reason == "invalid_annotation"
    assert detail.startswith(f"annotation nova-extender.io/{name}: ")
    assert wrong in detail
    assert len(detail) < 400


def test_the_first_reason_of_the_table_is_given() -> None:
    """With everything wrong at once, mending one after the other walks down the table."""
    annotations = {
        "force_hosts": "node-a,node-b",
        "extra_specs": "{",
        "flavor": "unknown",
        "server_group": "unknown",
        **retry(9),
    }
    options = TranslateOptions()
    known = Known(SMALL, groups=(WEB,), policies=())

    def reason() -> str:
        return refused(spec_of(annotations, options=options, known=known))[0]

    assert reason() == "forcing_not_allowed"
    options = ADMIN
    assert reason() == "invalid_annotation"
    annotations["extra_specs"] = "{}"
    assert reason() == "unknown_flavor"
    annotations["flavor"] = "m1.small"
    assert reason() == "unknown_server_group"
    annotations["server_group"] = "web"
    assert reason() == "flavor_differs"
    del annotations["flavor"]
    assert reason() == "unsupported_policy"
    del annotations["server_group"]
    assert reason() == "max_retries_exceeded"
    del annotations["retry"]
    assert spec_of(annotations, options=options, known=known).refusal is None


def test_an_unreadable_request() -> None:
    """The API server lets none through; the error names pod, container, resource and text."""
    with pytest.raises(TranslateError) as caught:
        spec_of(None, {"cpu": "abc"})
    assert str(caught.value).startswith(
        "Pod 'default/web': spec.containers['main'].resources.requests.cpu: 'abc' is not a quantity"
    )
    with pytest.raises(TranslateError, match="'-1' is negative; accepted: 0 or more"):
        spec_of(None, {"memory": "-1"})


# -- contribution --------------------------------------------------------------------------------


def test_claimed_takes_what_its_request_asks() -> None:
    """A pending pod is counted by its spec alone, whatever its status says."""
    status = {"containerStatuses": [{"name": "main", "allocatedResources": {"cpu": "9"}}]}
    asked = pod({"containers": [container(requests={"cpu": "1"})]}, status)
    spec = request_spec(asked, TranslateOptions(), Known())
    assert claimed(asked, "node-b").milli_vcpus == spec.flavor.milli_vcpus == 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = [
    "flavor",
    "extra_specs",
    "image_properties",
    "availability_zone",
    "ignore_hosts",
    "force_hosts",
    "requested_destination",
    "scheduler_hints",
    "server_group",
    "retry",
]
ANNOTATIONS = st.dictionaries(st.sampled_from(NAMES), JSON.map(json.dumps) | st.text())


@given(ANNOTATIONS)
def test_translation_is_a_function(annotations: dict[str, str]) -> None:
    """The same pod gives the same request."""
    assert spec_of(annotations) == spec_of(annotations)


@given(ANNOTATIONS)
def test_annotations_never_raise(annotations: dict[str, str]) -> None:
    """Any annotations at all: the request is judged or refused, the bound pod counts."""
    spec = spec_of(annotations)
    assert spec.refusal is None or len(spec.refusal.detail) < 1000
    counted = contribution(bound(None, None, annotations))
    assert counted is not None
    assert counted.instance.uuid == "u1"
