"""The definitions of our kinds in the chart, held against what the extender reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from extender.state.kind_record import API, FLAVOR, HOST_AGGREGATE, SERVER_GROUP, Kind
from extender.state.kind_status import MOST_UNKNOWN_HOSTS
from extender.translate import kinds
from extender.translate.schema_kinds import FlavorSpec, HostAggregateSpec, ServerGroupSpec
from tests.kind_specs import CRDS, PLURALS, definition, schema

KINDS = sorted(PLURALS)
OURS: dict[str, Kind[Any]] = {kind.name: kind for kind in (HOST_AGGREGATE, FLAVOR, SERVER_GROUP)}
SPECS = {"HostAggregate": HostAggregateSpec, "Flavor": FlavorSpec, "ServerGroup": ServerGroupSpec}

# The short names in ``kubectl api-resources`` of a cluster without any definitions.
# fmt: off
BUILT_IN = {
    "cm", "cs", "ep", "ev", "limits", "ns", "no", "pvc", "pv", "po", "rc", "quota", "sa", "svc",
    "crd", "crds", "ds", "deploy", "rs", "sts", "hpa", "cj", "csr", "ing", "ip", "netpol",
    "pdb", "pc", "sc", "vac",
}
# fmt: on


def spec_of(kind: str) -> dict[str, Any]:
    """The schema of a kind's spec."""
    found: dict[str, Any] = schema(kind)["properties"]["spec"]
    return found


def nodes(found: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and all schemas in it, with where they stand."""
    yield path, found
    for name, below in found.get("properties", {}).items():
        yield from nodes(below, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            yield from nodes(found[key], f"{path}[]")


@pytest.mark.parametrize("kind", KINDS)
def test_names(kind: str) -> None:
    """Where the extender looks for them is where they are installed."""
    found = definition(kind)
    spec = found["spec"]
    ours = OURS[kind]
    assert (spec["names"]["kind"], spec["names"]["plural"]) == (ours.name, ours.plural)
    assert found["metadata"]["name"] == f"{ours.plural}.{spec['group']}"
    (version,) = spec["versions"]
    assert f"/apis/{spec['group']}/{version['name']}" == API
    assert (spec["scope"] == "Namespaced") == ours.namespaced
    assert version["subresources"] == {"status": {}}
    assert spec["names"]["categories"] == ["nova"]
    assert not BUILT_IN & set(spec["names"]["shortNames"])


def test_short_names_are_different() -> None:
    """No two of ours have the same one."""
    short = [name for kind in KINDS for name in definition(kind)["spec"]["names"]["shortNames"]]
    assert len(short) == len(set(short))
    assert len(list(CRDS.iterdir())) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_the_spec_is_read(kind: str) -> None:
    """Under the name it has in the JSON, and none is read that the API server would drop."""
    assert set(SPECS[kind].__struct_encode_fields__) == set(spec_of(kind)["properties"])


def test_bounds_are_the_translations() -> None:
    """A file is held to what the API server holds an object to."""
    spec = spec_of("HostAggregate")["properties"]
    assert spec["hosts"]["maxItems"] == kinds.MOST_HOSTS
    assert spec["nodeSelector"]["maxProperties"] == kinds.MOST_LABELS
    for texts in (spec["metadata"], spec_of("Flavor")["properties"]["extra_specs"]):
        assert texts["maxProperties"] == kinds.MOST_ENTRIES
        assert texts["additionalProperties"]["maxLength"] == kinds.LONGEST_VALUE
        (rule,) = texts["x-kubernetes-validations"]
        assert f"key.size() <= {kinds.LONGEST_KEY}" in rule["rule"]
    for field in ("vcpus", "ram", "disk", "ephemeral", "swap"):
        size = spec_of("Flavor")["properties"][field]
        assert (size["minimum"], size["maximum"]) == (0, kinds.LARGEST_SIZE)
    group = spec_of("ServerGroup")["properties"]
    assert tuple(group["policy"]["enum"]) == kinds.POLICIES
    most = group["rules"]["properties"]["max_server_per_host"]
    assert (most["minimum"], most["maximum"]) == (1, kinds.LARGEST_SIZE)
    status = schema("HostAggregate")["properties"]["status"]["properties"]
    assert status["unknownHosts"]["maxItems"] == MOST_UNKNOWN_HOSTS


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_and_bounded(kind: str) -> None:
    """``kubectl explain`` has something to say, and nothing grows without limit."""
    for path, found in nodes(schema(kind)):
        if path in ("", ".apiVersion", ".kind", ".metadata"):
            continue
        if not path.endswith("[]"):
            assert found.get("description"), path
        if found["type"] == "array":
            assert "maxItems" in found, path
        if found["type"] == "string" and "format" not in found:
            assert "maxLength" in found or "enum" in found, path
        if "additionalProperties" in found:
            assert "maxProperties" in found, path
        for rule in found.get("x-kubernetes-validations", ()):
            assert "accepted: " in rule["message"], path


@pytest.mark.parametrize("kind", KINDS)
def test_columns_lead_to_fields(kind: str) -> None:
    """A column that leads nowhere is empty for ever, and nobody is told."""
    known = {path for path, _ in nodes(schema(kind))}
    (version,) = definition(kind)["spec"]["versions"]
    columns = version["additionalPrinterColumns"]
    assert columns[-1] == {
        "name": "Age",
        "type": "date",
        "jsonPath": ".metadata.creationTimestamp",
    }
    for column in columns[:-1]:
        path = re.sub(r"\[\?\(@\.type==\"\w+\"\)\]", "[]", column["jsonPath"])
        path = path.replace(".spec.metadata.availability_zone", ".spec.metadata[]")
        assert path in known
