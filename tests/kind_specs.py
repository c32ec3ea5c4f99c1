"""Specs of our own kinds, good and bad, that the API server and the translation must judge alike.

The chart's schemas (``files/crds``) judge for the one, ``extender.translate.kinds`` for the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

CRDS = Path(__file__).resolve().parents[1] / "charts" / "nova-extender" / "files" / "crds"
API_VERSION = "nova-extender.io/v1alpha1"
PLURALS = {
    "HostAggregate": "hostaggregates",
    "Flavor": "flavors",
    "ServerGroup": "servergroups",
}

NO_SPEC = "no spec"

HOST = (
    "accepted: the name of a node, in lower-case letters, digits, '-' and '.', "
    "each part starting and ending with a letter or digit"
)
LABEL_KEY = "accepted: keys of labels, such as example.com/pool"
LABEL_VALUE = (
    "accepted: the value of a label, in letters, digits, '-', '_' and '.', "
    "starting and ending with a letter or digit"
)
KEY = "accepted: keys of 1 to 255 characters"
ANTI_AFFINITY = "accepted: policy anti-affinity"


class Good(NamedTuple):
    """A spec that both take, and what the API server stores of it."""

    kind: str
    spec: Any
    stored: Mapping[str, Any]


class Bad(NamedTuple):
    """A spec that both refuse: where, and a piece of the API server's words.

    Words of ours (``accepted: …``) are also the translation's.
    """

    kind: str
    spec: Any
    where: str
    words: str


SIZES = {"vcpus": 0, "ram": 0, "disk": 0, "ephemeral": 0, "swap": 0}
LARGEST = 2**31 - 1
LONG_HOST = ".".join(["a" * 63] * 3 + ["a" * 61])
LONG_LABEL = f"{LONG_HOST}/{'b' * 63}"

GOOD = (
    Good("HostAggregate", NO_SPEC, {}),
    Good("HostAggregate", None, {}),
    Good("HostAggregate", {}, {}),
    Good("HostAggregate", {"hosts": None, "nodeSelector": None, "metadata": None}, {}),
    Good("HostAggregate", {"hosts": [], "nodeSelector": {}}, {"hosts": [], "nodeSelector": {}}),
    *(
        Good("HostAggregate", spec, spec)
        for spec in (
            {"hosts": ["a", "node-1.example.com", "0", LONG_HOST]},
            {"hosts": [f"node-{number}" for number in range(5000)]},
            {"nodeSelector": {"example.com/pool": "batch", "Zone_1.a": "", "x": "A-b_c.9"}},
            {"nodeSelector": {LONG_LABEL: "c" * 63}},
            {"nodeSelector": {f"l{number}": "" for number in range(32)}},
            {"metadata": {"availability_zone": "az1", "cpu_allocation_ratio": "4.0"}},
            {"metadata": {"ö" * 255: "ä" * 4096}},
            {"metadata": {"k": "", "cpu_allocation_ratio": "sixteen", " a:b ": "\n"}},
            {"metadata": {f"k{number}": "" for number in range(128)}},
        )
    ),
    Good("Flavor", NO_SPEC, SIZES),
    Good("Flavor", {"vcpus": None, "extra_specs": None}, SIZES),
    Good("Flavor", {"vcpus": 2, "ram": LARGEST}, {**SIZES, "vcpus": 2, "ram": LARGEST}),
    Good(
        "Flavor",
        {"extra_specs": {"capabilities:cpu_info:features": "<all-in> aes mmx", "k" * 255: ""}},
        {
            **SIZES,
            "extra_specs": {"capabilities:cpu_info:features": "<all-in> aes mmx", "k" * 255: ""},
        },
    ),
    *(
        Good("ServerGroup", {"policy": policy}, {"policy": policy})
        for policy in ("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity")
    ),
    Good("ServerGroup", {"policy": "affinity", "rules": None}, {"policy": "affinity"}),
    Good(
        "ServerGroup",
        {"policy": "soft-affinity", "rules": {"max_server_per_host": None}},
        {"policy": "soft-affinity", "rules": {}},
    ),
    *(
        Good("ServerGroup", spec, spec)
        for spec in (
            {"policy": "anti-affinity", "rules": {"max_server_per_host": 1}},
            {"policy": "anti-affinity", "rules": {"max_server_per_host": LARGEST}},
        )
    ),
)

BAD = (
    Bad("HostAggregate", "a", "spec", "must be of type object"),
    Bad("HostAggregate", {"hosts": "a"}, "spec.hosts", "must be of type array"),
    Bad("HostAggregate", {"hosts": [1]}, "spec.hosts[0]", "must be of type string"),
    Bad("HostAggregate", {"hosts": ["a", None]}, "spec.hosts[1]", "must be of type string"),
    Bad("HostAggregate", {"hosts": ["a", "b", "a"]}, "spec.hosts[2]", "Duplicate value"),
    *(
        Bad("HostAggregate", {"hosts": ["a", name]}, "spec.hosts[1]", HOST)
        for name in ("", "Node", "a_b", "-a", "a-", "a..b", ".a", "a.", "a.-b", "ä", "a\n", "a b")
    ),
    Bad("HostAggregate", {"hosts": ["a" * 254]}, "spec.hosts[0]", "may not be more than 253"),
    Bad(
        "HostAggregate",
        {"hosts": [f"n{number}" for number in range(5001)]},
        "spec.hosts",
        "at most 5000",
    ),
    Bad("HostAggregate", {"nodeSelector": ["a"]}, "spec.nodeSelector", "must be of type object"),
    *(
        Bad("HostAggregate", {"nodeSelector": {key: "b"}}, "spec.nodeSelector", LABEL_KEY)
        for key in ("", "a b", "a/b/c", "/a", "a/", "A.b/c", "-a", "a_", "k" * 64, "ä")
    ),
    Bad(
        "HostAggregate",
        {"nodeSelector": {f"{LONG_HOST}a/{'b' * 63}": "c"}},
        "spec.nodeSelector",
        LABEL_KEY,
    ),
    *(
        Bad("HostAggregate", {"nodeSelector": {"a": value}}, "spec.nodeSelector[a]", LABEL_VALUE)
        for value in ("b c", "-b", "b.", "\n", "b\n", "ä")
    ),
    Bad("HostAggregate", {"nodeSelector": {"a": "b" * 64}}, "spec.nodeSelector", "more than 63"),
    Bad("HostAggregate", {"nodeSelector": {"a": True}}, "spec.nodeSelector", "of type string"),
    Bad(
        "HostAggregate",
        {"nodeSelector": {f"l{number}": "" for number in range(33)}},
        "spec.nodeSelector",
        "at most 32",
    ),
    Bad("HostAggregate", {"metadata": {"k": 16.0}}, "spec.metadata", "must be of type string"),
    Bad("HostAggregate", {"metadata": {"": "v"}}, "spec.metadata", KEY),
    Bad("HostAggregate", {"metadata": {"ö" * 256: "v"}}, "spec.metadata", KEY),
    Bad("HostAggregate", {"metadata": {"k": "ä" * 4097}}, "spec.metadata", "more than 4096"),
    Bad(
        "HostAggregate",
        {"metadata": {f"k{number}": "" for number in range(129)}},
        "spec.metadata",
        "at most 128",
    ),
    *(Bad("Flavor", {field: -1}, f"spec.{field}", "greater than or equal to 0") for field in SIZES),
    *(
        Bad("Flavor", {field: 2**31}, f"spec.{field}", "less than or equal to 2147483647")
        for field in SIZES
    ),
    Bad("Flavor", {"ram": "512"}, "spec.ram", "must be of type integer"),
    Bad("Flavor", {"disk": 1.5}, "spec.disk", "must be of type integer"),
    Bad("Flavor", {"swap": True}, "spec.swap", "must be of type integer"),
    Bad("Flavor", {"extra_specs": {"a": 1}}, "spec.extra_specs", "must be of type string"),
    Bad("Flavor", {"extra_specs": {"": "v"}}, "spec.extra_specs", KEY),
    Bad("Flavor", {"extra_specs": {"k" * 256: "v"}}, "spec.extra_specs", KEY),
    Bad("Flavor", {"extra_specs": {"k": "v" * 4097}}, "spec.extra_specs", "more than 4096"),
    Bad(
        "Flavor",
        {"extra_specs": {f"k{number}": "" for number in range(129)}},
        "spec.extra_specs",
        "at most 128",
    ),
    Bad("ServerGroup", NO_SPEC, "spec", "Required value"),
    Bad("ServerGroup", {}, "spec.policy", "Required value"),
    Bad("ServerGroup", {"policy": None}, "spec.policy", "Required value"),
    Bad("ServerGroup", {"policy": ""}, "spec.policy", 'supported values: "affinity"'),
    Bad("ServerGroup", {"policy": "legacy"}, "spec.policy", 'supported values: "affinity"'),
    Bad("ServerGroup", {"policy": 1}, "spec.policy", "must be of type string"),
    *(
        Bad(
            "ServerGroup",
            {"policy": policy, "rules": {"max_server_per_host": 1}},
            "spec.rules.max_server_per_host",
            ANTI_AFFINITY,
        )
        for policy in ("affinity", "soft-affinity", "soft-anti-affinity")
    ),
    *(
        Bad(
            "ServerGroup",
            {"policy": "anti-affinity", "rules": {"max_server_per_host": most}},
            "spec.rules.max_server_per_host",
            words,
        )
        for most, words in (
            (0, "greater than or equal to 1"),
            (2**31, "less than or equal to 2147483647"),
            ("2", "must be of type integer"),
        )
    ),
)


def label(case: Good | Bad) -> str:
    """A short name for a test."""
    return f"{case.kind}-{case.spec!r:.50}"


def thing(kind: str, spec: Any, name: str = "thing", namespace: str = "default") -> dict[str, Any]:
    """An object of one of our kinds."""
    metadata = {"name": name, **({"namespace": namespace} if kind == "ServerGroup" else {})}
    made = {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata}
    return made if spec == NO_SPEC else {**made, "spec": spec}


def definition(kind: str) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    file = CRDS / f"{PLURALS[kind]}.nova-extender.io.yaml"
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def schema(kind: str) -> dict[str, Any]:
    """The schema of a kind's objects."""
    (version,) = definition(kind)["spec"]["versions"]
    found: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return found
