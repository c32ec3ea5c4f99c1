"""Bad input over HTTP: a clear answer, nobody else affected, nothing hangs, the process lives."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from extender.model.host_parts import Unreadable
from tests.contract.talking import Served, recording, recordings
from tests.unit.verbs.making import PREFIX, Object, body, node, nodes_body, pod

pytestmark = pytest.mark.timeout(20)

GOOD = pod("good", cpu=1, memory="1Gi")
NODES = [node("a"), node("b", cpu="1"), node("c", cpu="500m"), node("d", ready="False")]
NAMES = [n["metadata"]["name"] for n in NODES]
VERDICTS = {
    "a": "",
    "b": "",
    "c": "request exceeds the vCPUs of the host",
    "d": "host is down",
}
BOTH = pytest.mark.parametrize("verb", ["filter", "prioritize"])

DEEP = 10_000
LONG = "9" * 400


@pytest.fixture
def served() -> Iterator[Served]:
    """A small cluster; after the test it answers a good pod byte for byte as before."""
    made = Served(NODES)
    calls = [(verb, body(GOOD, *NAMES)) for verb in ("filter", "prioritize")]
    before = [made.call(*call).body for call in calls]
    assert made.verdicts(calls[0][1]) == VERDICTS
    yield made
    assert [made.call(*call).body for call in calls] == before


def refusal_detail(served: Served) -> str:
    """What the newest attempt says of why its pod is refused."""
    return served.attempts[-1].refusal


# -- bodies that are no ExtenderArgs --------------------------------------------------------


@BOTH
@pytest.mark.parametrize("path", ["names/deployment-1-filter", "nodes/deployment-1-filter"])
def test_truncated_json(served: Served, verb: str, path: str) -> None:
    """Cut anywhere, a body is told to be cut off, at which byte, in which member, and what for."""
    whole = recording(path).body.rstrip()
    cuts = sorted({1, 2, 7, 8, len(whole) - 1, *range(1, len(whole), max(1, len(whole) // 60))})
    for cut in cuts:
        text = served.fault(verb, whole[:cut])
        assert text.startswith(f"the request body is cut off after byte {cut}, in $"), text
        assert 'expected ExtenderArgs, {"Pod": {...}' in text


@BOTH
def test_truncated_deep_in_a_member(served: Served, verb: str) -> None:
    """The member is named by its path."""
    whole = body(GOOD, *NAMES)
    cut = whole.index(b'"memory"') + 10
    assert "in $.Pod.spec.containers[0].resources.requests.memory;" in served.fault(
        verb, whole[:cut]
    )
    assert "in $.NodeNames[2];" in served.fault(verb, whole[: whole.index(b'"c"') + 2])


@BOTH
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "the request body is empty"),
        (b" \n", "the request body is empty"),
        (b"null", "the request body is null; expected ExtenderArgs"),
        (b"[]", "the request body is an array; expected ExtenderArgs"),
        (b'"Pod"', "the request body is a string; expected ExtenderArgs"),
        (b"5", "the request body is a number; expected ExtenderArgs"),
        (b"Pod=x", "the request body is not JSON: invalid character at byte 0, in $"),
        (b"{'Pod': 1}", "the request body is not JSON"),
        (b'{"Pod": {}, }', "the request body is not JSON"),
        (b'{"Pod": NaN}', "the request body is not JSON"),
        (b'{"Pod": {"a": 01}}', "the request body is not JSON"),
        (b'{"Pod":{}} {"Pod":{}}', "the request body goes on after its JSON value, from byte 11"),
        (b'{"Pod":{"metadata":{"name":"\xff"}}}', "is not UTF-8: byte 28, in $.Pod.metadata.name"),
        (b"\x00" * 10, "the request body is not JSON"),
        (b"\xef\xbb\xbf{}", "the request body"),
        (b"\x1f\x8b\x08\x00", "the request body is not UTF-8"),
    ],
)
def test_bodies_that_are_no_json_object(served: Served, verb: str, data: bytes, told: str) -> None:
    """What is wrong, where, and what is expected."""
    text = served.fault(verb, data)
    assert told in text
    assert "expected ExtenderArgs" in text


@BOTH
@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"Pod": 5}, "$.Pod is a number; expected a Pod object"),
        ({"Pod": []}, "$.Pod is an array; expected a Pod object"),
        ({"Pod": "x"}, "$.Pod is a string; expected a Pod object"),
        ({"Pod": True}, "$.Pod is true or false; expected a Pod object"),
        ({"NodeNames": "a"}, "$.NodeNames is a string; expected an array of node names"),
        ({"NodeNames": {"a": 1}}, "$.NodeNames is an object; expected an array of node names"),
        ({"NodeNames": 3}, "$.NodeNames is a number; expected an array of node names"),
        ({"NodeNames": ["a", 3]}, "$.NodeNames[1] is a number; expected a node name (a string)"),
        ({"NodeNames": [None]}, "$.NodeNames[0] is null; expected a node name (a string)"),
        ({"NodeNames": [["a"]]}, "$.NodeNames[0] is an array; expected a node name (a string)"),
        ({"Nodes": 3}, "$.Nodes is a number; expected a NodeList object or null"),
        ({"Nodes": ["a"]}, "$.Nodes is an array; expected a NodeList object or null"),
        ({"Nodes": {"items": "a"}}, "$.Nodes.items is a string; expected an array of Node objects"),
        ({"Nodes": {"items": ["a"]}}, "$.Nodes.items[0] is a string; expected a Node object"),
        ({"Nodes": {"items": [{}, None]}}, "$.Nodes.items[1] is null; expected a Node object"),
    ],
)
def test_wrong_types_of_the_request(served: Served, verb: str, keys: Object, told: str) -> None:
    """The member, what it is, and what it should be."""
    data = json.dumps({"Pod": GOOD, "Nodes": None, "NodeNames": NAMES, **keys}).encode()
    assert served.fault(verb, data).startswith(told)


def changed(value: Object, path: str, to: Any) -> Object:
    """The object with the value at a dotted path replaced."""
    copy: Object = json.loads(json.dumps(value))
    part: Any = copy
    *steps, last = path.split(".")
    for step in steps:
        part = part[int(step)] if isinstance(part, list) else part.setdefault(step, {})
    part[last] = to
    return copy


@BOTH
@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("metadata", 5, "metadata is a whole number; accepted: an object"),
        ("metadata.name", 5, "metadata.name is a whole number; accepted: a text"),
        ("metadata.annotations", ["a"], "metadata.annotations is a list; accepted: an object"),
        ("spec", "x", "spec is a text; accepted: an object"),
        ("spec.containers", {}, "spec.containers is an object; accepted: a list"),
        ("spec.containers", ["main"], "spec.containers[0] is a text; accepted: an object"),
        ("spec.containers.0.resources", [], "resources is a list; accepted: an object"),
        ("spec.containers.0.resources.requests", 1, "requests is a whole number; accepted"),
        ("spec.containers.0.resources.requests.cpu", {}, "'{}' is not a quantity; accepted: a"),
        ("spec.containers.0.resources.requests.cpu", True, "'true' is not a quantity; accepted"),
        ("spec.containers.0.resources.requests.memory", [1], "requests.memory: '[1]' is not a"),
        ("spec.priority", "high", "spec.priority is a text; accepted: a whole number"),
        ("spec.priority", 2**31, "spec.priority is out of range"),
        ("spec.tolerations", [7], "spec.tolerations[0] is a whole number; accepted: an object"),
        ("status", [], "status is a list; accepted: an object"),
    ],
)
def test_wrong_types_in_the_pod(
    served: Served, verb: str, path: str, value: Any, told: str
) -> None:
    """The pod, the place, what stands there and what is right."""
    text = served.fault(verb, body(changed(GOOD, path, value), *NAMES))
    assert text.startswith("Pod")
    assert told in text
    if not path.startswith("metadata"):
        assert "'default/good'" in text


@BOTH
@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("metadata.labels", {"a": 1}, "metadata.labels[...] is a whole number; accepted: a text"),
        ("spec", 1, "Node 'b': spec is a whole number; accepted: an object"),
        ("spec.taints", {}, "Node 'b': spec.taints is an object; accepted: a list"),
        ("status.allocatable", "4", "Node 'b': status.allocatable is a text; accepted: an object"),
        ("status.conditions", [[]], "status.conditions[0] is a list; accepted: an object"),
        ("metadata.name", None, "Nodes.items[1] has no metadata.name"),
    ],
)
def test_wrong_types_in_a_whole_node(
    served: Served, verb: str, path: str, value: Any, told: str
) -> None:
    """The node, the place, what stands there and what is right; the call as a whole fails."""
    text = served.fault(verb, nodes_body(GOOD, NODES[0], changed(NODES[1], path, value)))
    assert told in text


@BOTH
def test_nested_too_deep(served: Served, verb: str) -> None:
    """A body nested 10,000 deep is refused with the place where it goes too deep."""
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        inner = opening * DEEP + "1" + closing * DEEP
        data = b'{"Pod":{"metadata":{"name":%s}},"NodeNames":["a"]}' % inner.encode()
        text = served.fault(verb, data)
        assert "nested too deeply: more than 100 levels, at byte" in text
        assert "$.Pod.metadata.name" in text
        assert "expected ExtenderArgs" in text


# -- lists of names -------------------------------------------------------------------------


def test_ten_thousand_unknown_names(served: Served) -> None:
    """Each is refused as watch lag, the known ones are judged as ever, and soon."""
    names = [f"unknown-{n}" for n in range(10_000)]
    began = time.perf_counter()
    verdicts = served.verdicts(body(GOOD, *names[:5000], *NAMES, *names[5000:]))
    scores = served.scores(body(GOOD, *names, *NAMES))
    assert time.perf_counter() - began < 10
    assert {name: verdicts[name] for name in NAMES} == VERDICTS
    assert {verdicts[name] for name in names} == {"not in cache yet"}
    assert {scores[name] for name in names} == {0}
    assert scores["a"] == 100


def test_ten_thousand_times_the_same_name(served: Served) -> None:
    """One name 10,000 times is one node."""
    assert served.verdicts(body(GOOD, *["a"] * 10_000)) == {"a": ""}
    assert served.scores(body(GOOD, *["a"] * 10_000, "b")) == {"a": 100, "b": 0}


@pytest.mark.parametrize(
    "names",
    [["a", "a"], ["a", "b", "a", "c", "b"], ["x", "x", "a"], ["d", "d", "d"]],
)
def test_duplicate_names(served: Served, names: list[str]) -> None:
    """A name given twice is answered once, in both verbs."""
    verdicts = served.verdicts(body(GOOD, *names))
    assert verdicts == {name: {**VERDICTS, "x": "not in cache yet"}[name] for name in names}
    assert list(served.scores(body(GOOD, *names))) == list(dict.fromkeys(names))


def test_duplicate_whole_nodes(served: Served) -> None:
    """A node sent twice is judged once, as it was sent first."""
    data = nodes_body(GOOD, node("a"), node("a", cpu="1m"), node("b", cpu="1m"), node("b"))
    result = served.filter(data)
    assert result["NodeNames"] == ["a"]
    assert list(result["FailedAndUnresolvableNodes"]) == ["b"]
    assert served.scores(data) == {"a": 100, "b": 0}


def test_empty_lists(served: Served) -> None:
    """A question about no nodes gets empty lists."""
    for data in (body(GOOD), nodes_body(GOOD)):
        assert served.verdicts(data) == {}
        assert served.scores(data) == {}


@pytest.mark.parametrize("name", ["", " ", "a\u0000b", "ä" * 300, "../../etc", "x" * 100_000])
def test_odd_names(served: Served, name: str) -> None:
    """Whatever a name is, it is nobody's, and comes back as it was."""
    assert served.verdicts(body(GOOD, name, "a")) == {name: "not in cache yet", "a": ""}
    assert served.scores(body(GOOD, name, "a")) == {name: 0, "a": 0}


# -- pods -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"containers": None},
        {"containers": []},
        {"containers": [{}]},
        {"containers": [{"a": 1}]},
    ],
)
def test_pod_without_containers(served: Served, spec: Object) -> None:
    """It requests nothing, and is judged by everything else."""
    value = {**GOOD, "spec": spec}
    assert served.verdicts(body(value, *NAMES)) == {
        "a": "",
        "b": "",
        "c": "",
        "d": "host is down",
    }
    assert set(served.scores(body(value, *NAMES))) == set(NAMES)


@pytest.mark.parametrize("value", [{}, {"metadata": {}}, {"spec": {}}, {"status": {}}])
def test_empty_pod(served: Served, value: Object) -> None:
    """A pod of nothing at all is judged all the same."""
    assert served.verdicts(body(value, "a", "d")) == {"a": "", "d": "host is down"}


EXCEEDS = {
    "cpu": "request exceeds the vCPUs of the host",
    "memory": "request exceeds the memory of the host",
    "ephemeral-storage": "request exceeds the disk of the host",
}


@pytest.mark.parametrize("resource", EXCEEDS)
@pytest.mark.parametrize("amount", ["1e400", LONG, "1" + "0" * 400, "9E", "1e999999999", "8Ei"])
def test_absurdly_large_requests(served: Served, resource: str, amount: str) -> None:
    """More than any node has is refused by the filter of that resource, at once."""
    asking = changed(pod(), f"spec.containers.0.resources.requests.{resource}", amount)
    assert set(served.verdicts(body(asking, "a", "b", "c")).values()) == {EXCEEDS[resource]}
    assert set(served.scores(body(asking, "a", "b"))) == {"a", "b"}


@pytest.mark.parametrize("resource", EXCEEDS)
@pytest.mark.parametrize("amount", ["1e-400", "0." + "0" * 400 + "1", "1n"])
def test_absurdly_small_requests(served: Served, resource: str, amount: str) -> None:
    """Next to nothing counts as the smallest part, and fits."""
    asking = changed(pod(), f"spec.containers.0.resources.requests.{resource}", amount)
    assert set(served.verdicts(body(asking, "a", "b", "c")).values()) == {""}


@BOTH
@pytest.mark.parametrize("resource", EXCEEDS)
@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("-5", "'-5' is negative; accepted: 0 or more"),
        (-5, "'-5' is negative; accepted: 0 or more"),
        ("-1e400", "is negative; accepted: 0 or more"),
        ("NaN", "'NaN' is not a quantity; accepted: a decimal number with suffix"),
        ("inf", "'inf' is not a quantity; accepted"),
        ("0x10", "'0x10' is not a quantity; accepted"),
        ("1,5", "'1,5' is not a quantity; accepted"),
        ("5 Gi", "'5 Gi' is not a quantity; accepted"),
        ("Gi", "'Gi' is not a quantity; accepted"),
        ("\u0663", "is not a quantity; accepted"),
        (LONG + "x", "…' is not a quantity; accepted"),
    ],
)
def test_requests_that_are_no_quantities(
    served: Served, verb: str, resource: str, amount: Any, told: str
) -> None:
    """The pod, the container, the resource, the value (cut short) and what is right."""
    asking = changed(pod("odd"), f"spec.containers.0.resources.requests.{resource}", amount)
    text = served.fault(verb, body(asking, *NAMES))
    where = f"Pod 'default/odd': spec.containers['main'].resources.requests.{resource}: "
    assert text.startswith(where)
    assert told in text
    assert len(text) < 400


def test_a_running_pod_with_absurd_requests() -> None:
    """It fills its own node, or counts as nothing and is told of; no other node notices."""
    nodes = [node("a"), node("b"), node("c")]
    odd = [pod("huge", cpu="1e400", on="a"), pod("nan", cpu="NaN", on="b"), pod("c", on="c")]
    served = Served(nodes, odd)
    assert served.verdicts(body(GOOD, "a", "b", "c")) == {"a": "not enough vCPUs", "b": "", "c": ""}
    assert served.scores(body(GOOD, "a", "b", "c"))["a"] == 0
    (told,) = served.told
    assert told.startswith("pod default/nan: spec.containers['main'].resources.requests.cpu: 'NaN'")
    assert "accepted: a decimal number" in told


JSON_ANNOTATIONS = [
    "requested_destination",
    "scheduler_hints",
    "extra_specs",
    "image_properties",
    "retry",
]


def annotated(name: str, value: str) -> Object:
    """A pod of one core with this annotation."""
    return pod("odd", cpu=1, annotations={name: value})


@pytest.mark.parametrize("name", [*JSON_ANNOTATIONS, "ignore_hosts", "force_hosts"])
@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            '{"a": "' + "x" * (1 << 20) + '"}',
            "the value has 1048585 bytes; accepted: at most 65536",
        ),
        ("[" * DEEP + "]" * DEEP, "nested deeper than 20: '[[["),
        ('{"a":' * DEEP + "1" + "}" * DEEP, 'nested deeper than 20: \'{"a":'),
        ('["' + "x" * 50_000, "is not valid JSON: "),
    ],
)
def test_annotations_of_a_monstrous_size(served: Served, name: str, value: str, told: str) -> None:
    """1 MB, or 10,000 levels: every node refuses the pod; the detail says what, and where."""
    if name.endswith("_hosts") and value.startswith("{") and len(value) < 1 << 20:
        value = "[" + value  # only what begins like JSON is read as such in a list
        told = told.replace("'{", "'[{")
    began = time.perf_counter()
    verdicts = served.verdicts(body(annotated(name, value), "a", "x"))
    assert time.perf_counter() - began < 10
    if name == "force_hosts":
        # nothing could be read that would force a host
        assert f"annotation {PREFIX}force_hosts: " in refusal_detail(served)
    assert verdicts == dict.fromkeys(("a", "x"), "pod annotation is not valid")
    detail = refusal_detail(served)
    assert detail.startswith(f"annotation {PREFIX}{name}: ")
    assert told in detail
    assert "; accepted: " in detail
    assert len(detail) < 400


@pytest.mark.parametrize("name", JSON_ANNOTATIONS)
@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("{", "'{' is not valid JSON: "),
        ("host=a", "'host=a' is not valid JSON: "),
        ("{'a': 1}", "is not valid JSON: "),
        ("[]", "'[]' is not an object; accepted: a JSON object"),
        ("5", "'5' is not an object; accepted: a JSON object"),
        ("null", "'null' is not an object; accepted: a JSON object"),
        ('{"a": NaN}', "is not valid JSON: NaN is not a number"),
        ('{"a": 1e400}', "is out of range"),
        ('{"a": ' + LONG + "}", "is out of range"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": "\\ud800"}', "half of a surrogate pair"),
    ],
)
def test_annotations_that_are_no_json(served: Served, name: str, value: str, told: str) -> None:
    """Every node refuses the pod with a constant text; the detail names annotation and fault."""
    verdicts = served.verdicts(body(annotated(name, value), *NAMES))
    assert verdicts == dict.fromkeys(NAMES, "pod annotation is not valid")
    detail = refusal_detail(served)
    assert detail.startswith(f"annotation {PREFIX}{name}: ")
    assert told in detail
    assert "; accepted: " in detail


@pytest.mark.parametrize("name", [*JSON_ANNOTATIONS, "flavor", "availability_zone", "ignore_hosts"])
def test_annotations_of_other_people(served: Served, name: str) -> None:
    """What is not ours may be anything."""
    value = pod("p", cpu=1)
    value["metadata"]["annotations"] = {
        name: "{" * DEEP,
        f"example.com/{name}": "{" * DEEP,
        "kubectl.kubernetes.io/last-applied-configuration": "[" * 1_000_000,
    }
    assert served.verdicts(body(value, *NAMES)) == VERDICTS


# -- nodes ----------------------------------------------------------------------------------

BAD_RATIO = "allocation ratio is not valid"
BAD_HOST = "node annotation is not valid"


def both_forms(bad: Object, value: Object) -> list[tuple[dict[str, str], str]]:
    """The verdicts with a bad node among good ones, known and sent whole; and what was told."""
    nodes = [*NODES[:2], bad, *NODES[2:]]
    known = Served(nodes)
    names = [n["metadata"]["name"] for n in nodes]
    by_name = known.verdicts(body(value, *names))
    stateless = Served()
    whole = stateless.verdicts(nodes_body(value, *nodes))
    scores = [known.scores(body(value, *names)), stateless.scores(nodes_body(value, *nodes))]
    assert scores[0] == scores[1]
    assert by_name == whole
    return [(by_name, "\n".join(known.told))]


@pytest.mark.parametrize(
    ("ratio", "resource", "reads"),
    [
        ("cpu_allocation_ratio", "cpu", {"cpu": 1}),
        ("ram_allocation_ratio", "memory", {"memory": "1Mi"}),
        ("disk_allocation_ratio", "disk", {"disk": "1Mi"}),
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        "nan",
        "NaN",
        "inf",
        "-inf",
        "0",
        "0.0",
        "-1",
        "1e9",
        "abc",
        "16,0",
        "1000",
        "1.2345",
        "٣",
        "9" * 400,
        "1" * (1 << 20),
    ],
)
def test_bad_ratio(ratio: str, resource: str, reads: Object, value: str) -> None:
    """The filter that reads it refuses the node, the others do not; it is told with its cure."""
    bad = node("bad", annotations={ratio: value})
    for verdicts, told in both_forms(bad, pod(**reads)):
        assert verdicts["bad"] == BAD_RATIO
        assert told.startswith(f"node bad: node annotation {PREFIX}{ratio}: ")
        assert "; accepted: a" in told
        assert len(told) < 400
        expected = Served(NODES).verdicts(body(pod(**reads), *NAMES))
        assert {name: verdicts[name] for name in NAMES} == expected
    others: Object = {"cpu": 1, "memory": "1Mi", "disk": "1Mi"}
    del others[resource]
    for verdicts, _ in both_forms(bad, pod(**others)):
        assert verdicts["bad"] == ""


@pytest.mark.parametrize("value", ["", " ", " 1.5 ", "0.001", "999.999", "016"])
def test_ratios_that_only_look_odd(value: str) -> None:
    """An empty value is no ratio, blanks around one do not matter, and the limits are inside."""
    for verdicts, told in both_forms(
        node("odd", annotations={"cpu_allocation_ratio": value}), GOOD
    ):
        assert verdicts["odd"] in ("", "not enough vCPUs")
        assert told == ""


@pytest.mark.parametrize(
    ("resource", "reads"),
    [("cpu", {"cpu": 1}), ("memory", {"memory": 1}), ("ephemeral-storage", {"disk": 1})],
)
@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("-5", "'-5' is negative; accepted: 0 or more"),
        ("NaN", "'NaN' is not a quantity; accepted: a decimal"),
        ("lots", "'lots' is not a quantity; accepted: a decimal"),
        ({}, "'{}' is not a quantity; accepted: a decimal"),
        (LONG + "x", "is not a quantity; accepted: a decimal"),
    ],
)
def test_bad_allocatable(resource: str, reads: Object, amount: Any, told: str) -> None:
    """The filter that reads it refuses the node; it is told with the place and the cure."""
    bad = changed(node("bad"), f"status.allocatable.{resource}", amount)
    for verdicts, text in both_forms(bad, pod(**reads)):
        assert verdicts["bad"] == BAD_HOST
        assert text.startswith(f"node bad: status.allocatable.{resource}: ")
        assert told in text
        expected = Served(NODES).verdicts(body(pod(**reads), *NAMES))
        assert {name: verdicts[name] for name in NAMES} == expected
    for verdicts, _ in both_forms(bad, pod()):
        assert verdicts["bad"] == ""


@pytest.mark.parametrize("amount", ["1e400", LONG, "9E"])
def test_absurdly_large_allocatable(amount: str) -> None:
    """A node of boundless size takes everything, times its ratio, and overflows nowhere."""
    bad = node("bad", cpu=amount, memory=amount, annotations={"cpu_allocation_ratio": "999.999"})
    for verdicts, told in both_forms(bad, pod(cpu="1000000", memory="1Ei")):
        assert verdicts["bad"] == ""
        assert told == ""


@pytest.mark.parametrize("name", ["disabled", "forced_down"])
@pytest.mark.parametrize("value", ["yes", "True", "1", "{" * DEEP, "x" * (1 << 20)])
def test_bad_flag(name: str, value: str) -> None:
    """A flag that cannot be read keeps pods away, and says so."""
    for verdicts, told in both_forms(node("bad", annotations={name: value}), GOOD):
        assert verdicts["bad"] == BAD_HOST
        assert told.startswith(f"node bad: node annotation {PREFIX}{name}: ")
        assert "; accepted: " in told
        assert {n: verdicts[n] for n in NAMES} == VERDICTS


@pytest.mark.parametrize("name", ["raw_allocatable_cpu", "amplified_allocatable_cpu"])
@pytest.mark.parametrize("value", ["-1", "1.5", "x", LONG, "1e3"])
def test_bad_saved_amount(name: str, value: str) -> None:
    """A saved amount that cannot be read leaves the node's CPU unknown: refused, and told."""
    for verdicts, told in both_forms(node("bad", annotations={name: value}), GOOD):
        assert verdicts["bad"] == BAD_HOST
        assert f"annotation {PREFIX}{name}: " in told
        assert "; accepted: a whole number from 0" in told
        assert {n: verdicts[n] for n in NAMES} == VERDICTS


@pytest.mark.parametrize(
    "change", [{"status": None}, {"status": {}}, {"spec": None, "status": {"conditions": None}}]
)
def test_node_without_status(change: Object) -> None:
    """No readiness is not ready, and nothing allocatable is nothing to give; others stand."""
    bad = {**node("bad"), **change}
    for verdicts, told in both_forms(bad, GOOD):
        # without a number CoreFilter passes, as in Nova; without memory RamFilter refuses
        assert verdicts["bad"] == "request exceeds the memory of the host"
        assert told == ""
        assert {n: verdicts[n] for n in NAMES} == VERDICTS
    for verdicts, _ in both_forms(bad, pod()):
        assert verdicts["bad"] == "host is down"


def test_node_without_status_key() -> None:
    """The key may be missing altogether."""
    bad = node("bad")
    del bad["status"]
    for verdicts, _ in both_forms(bad, pod()):
        assert verdicts["bad"] == "host is down"


def test_every_kind_of_bad_node_at_once() -> None:
    """Among a crowd of bad nodes the good ones are judged as if they were alone."""
    crowd = [
        node("r1", annotations={"cpu_allocation_ratio": "nan"}),
        node("r2", annotations={"ram_allocation_ratio": "[" * DEEP}),
        node("r3", annotations={"disk_allocation_ratio": "-1"}),
        node("q1", cpu="NaN"),
        node("q2", memory="-5"),
        {**node("s1"), "status": None},
        node("f1", annotations={"disabled": "perhaps"}),
    ]
    served = Served([*crowd, *NODES])
    names = [n["metadata"]["name"] for n in crowd]
    verdicts = served.verdicts(body(GOOD, *names, *NAMES))
    assert {n: verdicts[n] for n in NAMES} == VERDICTS
    assert {n: verdicts[n] for n in names} == {
        "r1": BAD_RATIO,
        "r2": BAD_RATIO,
        "r3": "",  # no disk is asked for
        "q1": BAD_HOST,
        "q2": BAD_HOST,
        "s1": "request exceeds the memory of the host",
        "f1": BAD_HOST,
    }
    unreadable = {h.host for h in served.engine.cluster.table.hosts if h.unreadable}
    assert unreadable == {"r1", "r2", "r3", "q1", "q2", "f1"}
    states = served.engine.cluster.table
    assert states.host_state(0).unreadable == Unreadable.CPU_RATIO


def test_all_recorded_calls_after_bad_ones(served: Served) -> None:
    """A stream of rubbish between real calls changes none of their answers."""
    rubbish = [b"", b"{", b"[" * DEEP, body({"spec": 3}), b"\xff" * 100, body(GOOD, NodeNames=3)]
    paths = recordings("filter", "prioritize")
    calls = [(recording(path).verb, recording(path).body) for path in paths]
    before = [served.call(*call).body for call in calls]
    after = []
    for number, call in enumerate(calls):
        served.fault(call[0], rubbish[number % len(rubbish)])
        after.append(served.call(*call).body)
    assert after == before
