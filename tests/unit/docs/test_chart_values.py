"""The values of a chart as they are read from its files."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DOCS = Path(__file__).parents[3] / "docs"

SCHEMA: dict[str, Any] = {
    "definitions": {
        "port": {"type": "integer", "description": "Any port."},
        "parts": {"properties": {"inner": {"description": "An inner one."}}},
    },
    "properties": {
        "name": {"type": "string", "description": "What the schema says."},
        "group": {"properties": {"port": {"$ref": "#/definitions/port"}, "labels": {}}},
        "other": {"$ref": "#/definitions/parts", "description": "Said where it is used."},
        "free": {"type": "object"},
    },
}


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that reads them."""
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("generator.values")


def read(reading: ModuleType, text: str) -> list[tuple[str, str, str]]:
    """Name, default and meaning of each."""
    found = reading.values(text, SCHEMA)
    return [(one.name, one.default, one.meaning) for one in found]


def test_the_comment_above(reading: ModuleType) -> None:
    """All its lines, before what the schema says; a line between ends it."""
    text = """\
# About the file.

# One line
#   and another: with # and "quotes".
name: x
"""
    assert read(reading, text) == [("name", '"x"', 'One line and another: with # and "quotes".')]


def test_the_schemas_description(reading: ModuleType) -> None:
    """Where there is no comment, that of a definition included; another's comment is none."""
    text = """\
# Of the group.
group:
  port: 443
name: ""
"""
    assert read(reading, text) == [
        ("group", "", "Of the group."),
        ("group.port", "443", "Any port."),
        ("name", '""', "What the schema says."),
    ]


def test_a_description_where_it_is_used(reading: ModuleType) -> None:
    """It comes before that of the definition, whose properties count."""
    assert read(reading, "other:\n  inner: null\n") == [
        ("other", "", "Said where it is used."),
        ("other.inner", "null", "An inner one."),
    ]


def test_what_is_one_value(reading: ModuleType) -> None:
    """A mapping of which the schema does not name the parts, a list, an empty group."""
    text = """\
group:
  # Labels.
  labels: {a: "1"}
# Free.
free:
  # Not a value of its own.
  requests: {cpu: 1, memory: é}
# Nothing.
other: {}
"""
    assert read(reading, text) == [
        ("group.labels", '{"a": "1"}', "Labels."),
        ("free", '{"requests": {"cpu": 1, "memory": "é"}}', "Free."),
        ("other", "{}", "Nothing."),
    ]


def test_a_comment_elsewhere_is_not_its(reading: ModuleType) -> None:
    """One that is further in or out belongs to something else."""
    text = """\
# Group.
group:
# Out of place.
  labels: {}
    # As well.
  port: 1
"""
    with pytest.raises(reading.UndescribedError, match=r"above group\.labels, and"):
        read(reading, text)


def test_values_without_a_word(reading: ModuleType) -> None:
    """All are named, and where the words are missing; a group may do without."""
    text = "group:\n  labels: {}\n  port: 1\nunknown: 1\nfree: {}\n"
    with pytest.raises(reading.UndescribedError) as refused:
        read(reading, text)
    assert str(refused.value) == (
        "values.yaml has no comment above group.labels, unknown, free,"
        " and values.schema.json no description"
    )


def test_the_charts_page(reading: ModuleType) -> None:
    """It has each value's row, and the commands for the kinds that the chart has."""
    assert reading
    page: str = importlib.import_module("generator.chart").page()
    assert '| `placement` | `"advise"` | advise: kube-scheduler picks by the' in page
    assert "| `scheduler.weight` | `141` |" in page
    assert '| `overcommit.virtual.schedulerNames` | `["nova-scheduler"]` |' in page
    assert "kubectl delete customresourcedefinitions \\\n  flavors.nova-extender.io \\\n" in page
    install = "helm install nova-extender charts/nova-extender --namespace nova-extender"
    assert f"{install} --create-namespace\n" in page
    names = re.findall(r"^\| `([\w.-]+)` \|", page, flags=re.MULTILINE)
    assert len(names) == len(set(names))
    assert {name.partition(".")[0] for name in names} >= {"mode", "image", "tls", "metrics"}
