"""Values that mean nothing are refused before anything is rendered, and helm says which and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import build
from tests.e2e.chart import CHART, HelmError
from tests.e2e.rendering import NoCluster, render

DIGEST = "0" * 64
AFFINITIES = ("nodeAffinity", "podAffinity", "podAntiAffinity")
PEERS = ("ipBlock", "podSelector", "namespaceSelector")


@pytest.fixture
def place(tmp_path: Path) -> NoCluster:
    """Nowhere: helm only renders."""
    return NoCluster(build.build_all(), tmp_path)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"Mode": "sidecar"}, "additional properties 'Mode' not allowed"),
        ({"mode": "both"}, "at '/mode': value must be one of 'sidecar', 'standalone'"),
        ({"mode": None}, "missing property 'mode'"),
        ({"replicas": -1}, "at '/replicas': minimum: got -1, want 0"),
        ({"replicas": "2"}, "at '/replicas': got string, want integer"),
        ({"placement": "random"}, "value must be one of 'advise', 'decide'"),
        ({"config": {"DEFAULT": 1}}, "at '/config/DEFAULT': got number, want object"),
        ({"config": []}, "at '/config': got array, want object"),
        ({"fullnameOverride": "x" * 53}, "at '/fullnameOverride': maxLength: got 53, want 52"),
        ({"nameOverride": "Nova"}, "at '/nameOverride': 'Nova' does not match pattern"),
        ({"image": {"digest": DIGEST}}, "at '/image/digest'"),
        ({"image": {"tag": "a b"}}, "at '/image/tag': 'a b' does not match pattern"),
        ({"image": {"tags": "1"}}, "additional properties 'tags' not allowed"),
        ({"image": {"repository": ""}}, "at '/image/repository'"),
        ({"image": {"pullPolicy": "Often"}}, "value must be one of 'Always', 'IfNotPresent'"),
        ({"imagePullSecrets": ["registry"]}, "at '/imagePullSecrets/0': got string, want object"),
        ({"scheduler": {"weight": 0}}, "at '/scheduler/weight': minimum: got 0, want 1"),
        ({"scheduler": {"percentageOfNodesToScore": 101}}, "maximum: got 101, want 100"),
        *(
            ({"scheduler": {"httpTimeout": text}}, f"'{text}' does not match pattern")
            for text in ("0s", "500ms", "1m", "5")
        ),
        ({"scheduler": {"httpTimeout": 5}}, "at '/scheduler/httpTimeout': got number, want string"),
        ({"scheduler": {"managedResources": [{"name": "cpu"}]}}, "'cpu' does not match pattern"),
        ({"scheduler": {"managedResources": ["a/b"]}}, "got string, want object"),
        ({"scheduler": {"pluginConfig": [{"args": {}}]}}, "missing property 'name'"),
        (
            {"scheduler": {"extraArgs": ["v=4"]}},
            "at '/scheduler/extraArgs/0': 'v=4' does not match",
        ),
        ({"scheduler": {"name": "Nova"}}, "at '/scheduler/name': 'Nova' does not match pattern"),
        ({"marker": {"namespaceLabel": "a b"}}, "at '/marker/namespaceLabel'"),
        ({"service": {"clusterIP": "None"}}, "at '/service/clusterIP': 'None' does not match"),
        ({"service": {"port": 0}}, "at '/service/port': minimum: got 0, want 1"),
        ({"service": {"annotations": {"a": 1}}}, "got number, want string"),
        ({"tls": {"source": "vault"}}, "one of 'generated', 'certManager', 'secret'"),
        ({"tls": {"allowedClients": []}}, "at '/tls/allowedClients': minItems: got 0, want 1"),
        ({"tls": {"allowedClients": None}}, "missing property 'allowedClients'"),
        ({"tls": {"generated": {"validity": 0}}}, "minimum: got 0, want 1"),
        ({"tls": {"generated": {"validity": 3650}}}, "maximum: got 3,650, want 1,825"),
        ({"tls": {"certManager": {"duration": "90d"}}}, "'90d' does not match pattern"),
        ({"tls": {"certManager": {"issuerRef": {"kind": "ClusterIssuer"}}}}, "'name'"),
        ({"podDisruptionBudget": {"maxUnavailable": "half"}}, "'half' does not match pattern"),
        ({"podLabels": {"a": "b c"}}, "at '/podLabels/a': 'b c' does not match pattern"),
        ({"podAnnotations": {"a": True}}, "at '/podAnnotations/a': got boolean, want string"),
        ({"resources": {"request": {}}}, "at '/resources': additional properties 'request' not"),
        ({"affinity": {"nodes": {}}}, "at '/affinity': additional properties 'nodes' not"),
        ({"extraEnv": [{"name": "A", "value": 1}]}, "got number, want string"),
        ({"extraEnv": {"A": "1"}}, "at '/extraEnv': got object, want array"),
        ({"networkPolicy": {"schedulers": ["10.0.0.0/24"]}}, "got string, want object"),
        ({"networkPolicy": {"metrics": [{"cidr": "10.0.0.0/24"}]}}, "at '/networkPolicy/metrics/0"),
        ({"metrics": {"serviceMonitor": {"interval": "often"}}}, "'often' does not match pattern"),
        ({"metrics": {"prometheusRule": {"runbookUrl": "runbooks"}}}, "does not match pattern"),
        ({"serviceAccount": {"create": "yes"}}, "got string, want boolean"),
    ],
    ids=str,
)
def test_refused(place: NoCluster, values: dict[str, Any], said: str) -> None:
    """The message names the value, and what is wrong with it."""
    with pytest.raises(HelmError, match="values don't meet the specifications") as refused:
        render(place, values)
    assert re.search(re.escape(said), str(refused.value)), refused.value


def _closed(schema: Any, path: str = "") -> Iterator[str]:
    """The objects of a schema that take any value of any name."""
    if isinstance(schema, list):
        for each in schema:
            yield from _closed(each, path)
    if not isinstance(schema, dict):
        return
    limits = {"additionalProperties", "propertyNames", "$ref"}
    if schema.get("type") == "object" and not limits & schema.keys():
        yield path
    for key, each in schema.items():
        yield from _closed(each, f"{path}/{key}")


def test_open_only_where_kubernetes_or_a_plugin_says_what_may_be_there() -> None:
    """A misspelt value is refused everywhere but inside objects that others define."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    prefix = "/properties/"
    assert {each.removeprefix(prefix) for each in _closed(schema)} == {
        "global",
        "config/additionalProperties",
        "scheduler/properties/plugins",
        "scheduler/properties/pluginConfig/items/properties/args",
        "extraEnv/items/properties/valueFrom",
        *(f"affinity/properties/{kind}" for kind in AFFINITIES),
        "/definitions/objects/items",
        *(f"/definitions/peers/items/properties/{kind}" for kind in PEERS),
        *(f"/definitions/resources/properties/{kind}" for kind in ("requests", "limits")),
    }


def test_every_value_is_in_the_schema() -> None:
    """And every value of the schema has a default that can be read about."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    def paths(tree: Any, path: str = "") -> Iterator[str]:
        for key, each in tree.get("properties", {}).items():
            yield f"{path}{key}"
            found = each
            if "$ref" in each:
                found = schema["definitions"][each["$ref"].rpartition("/")[2]]
            yield from paths(found, f"{path}{key}.")

    def given(tree: Any, known: set[str], path: str = "") -> Iterator[str]:
        for key, each in tree.items():
            yield f"{path}{key}"
            if isinstance(each, dict) and any(one.startswith(f"{path}{key}.") for one in known):
                yield from given(each, known, f"{path}{key}.")

    known = set(paths(schema))
    # Helm's own, and what is empty by default.
    unset = {
        "global",
        *(f"tls.certManager.issuerRef.{key}" for key in ("name", "kind", "group")),
        *(f"affinity.{kind}" for kind in AFFINITIES),
        "resources.limits",
        "scheduler.resources.limits",
    }
    assert set(given(values, known)) == known - unset
