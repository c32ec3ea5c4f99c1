"""The JSON Schema of the file, and whether it agrees with the reader."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.config.describe import json_schema
from extender.config.dormant import DORMANT
from extender.config.load import load
from extender.config.options import options
from extender.config.problems import ConfigError
from extender.config.sieve import legacy_names

TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
RULES: dict[str, Callable[[Any, Any], bool]] = {
    "type": lambda rule, value: any(
        TYPES[name](value) for name in ([rule] if isinstance(rule, str) else rule)
    ),
    "enum": lambda rule, value: value in rule,
    "anyOf": lambda rule, value: any(fits(form, value) for form in rule),
    "minimum": lambda rule, value: value >= rule,
    "maximum": lambda rule, value: value <= rule,
    "exclusiveMinimum": lambda rule, value: value > rule,
    "exclusiveMaximum": lambda rule, value: value < rule,
    "minLength": lambda rule, value: not isinstance(value, str) or len(value) >= rule,
    "pattern": lambda rule, value: not isinstance(value, str) or bool(re.search(rule, value)),
    "items": lambda rule, value: all(fits(rule, item) for item in value),
    "properties": lambda rule, value: (
        not isinstance(value, dict)
        or all(fits(rule[name], item) for name, item in value.items() if name in rule)
    ),
}
REMARKS = {"$schema", "title", "description", "default", "deprecated"}


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether the value fits the schema: the few rules our schema uses, and no others."""
    assert set(schema) <= {*RULES, *REMARKS, "additionalProperties"}
    if "type" in schema and not RULES["type"](schema["type"], value):
        return False
    closed = schema.get("additionalProperties") is False and isinstance(value, dict)
    if closed and not set(value) <= set(schema["properties"]):
        return False
    return all(RULES[name](rule, value) for name, rule in schema.items() if name in RULES)


def test_the_schema_is_closed() -> None:
    """No group but plugins takes unknown names, and neither does the whole."""
    schema = json_schema()
    assert schema["additionalProperties"] is False
    for group, entry in schema["properties"].items():
        if group != "plugins":
            assert entry["additionalProperties"] is False
    assert json.loads(json.dumps(schema)) == schema
    assert "$ref" not in json.dumps(schema)


def test_the_schema_names_every_option_with_description_and_default() -> None:
    """The default as YAML writes it, which fits the option's own schema."""
    for option in options():
        entry = json_schema()["properties"][option.group]["properties"][option.name]
        assert entry["description"] == option.description
        assert entry["default"] == option.kind.write(option.default)
        assert fits(entry, entry["default"])
        assert "deprecated" not in entry


def test_the_schema_marks_what_should_not_be_used() -> None:
    """Older names, and options without effect, are known and deprecated."""
    groups = json_schema()["properties"]
    for name in legacy_names():
        assert groups["DEFAULT"]["properties"][name]["deprecated"] is True
    for group, names in DORMANT.items():
        for name in names:
            assert groups[group]["properties"][name]["deprecated"] is True


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("", True),
        ("scheduler:", True),
        ("plugins:", True),
        ("scheduler: {max_attempts: 1}", True),
        ("scheduler: {max_attempts: '1'}", True),
        ("scheduler: {max_attempts: 0}", False),
        ("scheduler: {max_attempts: x}", False),
        ("scheduler: {driver: FILTER_SCHEDULER}", True),
        ("scheduler: {driver: chance_scheduler}", True),
        ("scheduler: {driver: simple}", False),
        ("scheduler: {periodic_task_interval: 0}", False),
        ("scheduler: []", False),
        ("scheduler: {workers: 3}", True),
        ("metrics: {required: true}", True),
        ("metrics: {required: false, weight_setting: [a=1]}", True),
        ("metrics: {required: false, weight_setting: 'a=1,b=2'}", True),
        ("metrics: {weight_setting: [a]}", False),
        ("metrics: {weight_setting: {a: 1}}", False),
        ("filter_scheduler: {pci_weight_multiplier: 0}", True),
        ("filter_scheduler: {pci_weight_multiplier: -1}", False),
        ("filter_scheduler: {image_properties_default_architecture: arm64}", True),
        ("filter_scheduler: {image_properties_default_architecture: null}", True),
        ("filter_scheduler: {image_properties_default_architecture: vax}", False),
        ("pci: {alias: {name: a, vendor_id: '10de'}}", True),
        ("pci: {alias: [{name: a, vendor_id: '10de'}]}", True),
        ('pci: {alias: [\'{"name": "a", "vendor_id": "10de"}\']}', True),
        ("pci: {alias: 3}", False),
        ("trusted_computing: {attestation_label: example.com/trust}", True),
        ("trusted_computing: {attestation_label: ''}", False),
        ("kubernetes: {placement: Decide}", True),
        ("kubernetes: {placement: both}", False),
        ("metrics: {requird: true}", False),
        ("nothing: {}", False),
        ("DEFAULT: {cpu_allocation_ratio: 0.0}", True),
        ("DEFAULT: {cpu_allocation_ratio: null}", True),
        ("DEFAULT: {cpu_allocation_ratio: '16.0'}", True),
        ("DEFAULT: {cpu_allocation_ratio: -1}", False),
        ("DEFAULT: {cpu_allocation_ratio: 1000}", False),
        ("DEFAULT: {initial_cpu_allocation_ratio: 0}", False),
        ("DEFAULT: {scheduler_default_filters: 'A,B'}", True),
        ("DEFAULT: {default_schedule_zone: null}", True),
        ("DEFAULT: {default_availability_zone: null}", False),
        ("filter_scheduler: {enabled_filters: [A, B]}", True),
        ("filter_scheduler: {enabled_filters: {A: 1}}", False),
        ("filter_scheduler: {shuffle_best_same_weighed_hosts: 'yes'}", True),
        ("filter_scheduler: {shuffle_best_same_weighed_hosts: 3}", False),
        ("filter_scheduler: {cpu_weight_multiplier: -1.5}", True),
        ("filter_scheduler: {cpu_weight_multiplier: abc}", False),
        ("kubernetes: {preemption: 'on'}", True),
        ("kubernetes: {preemption: true}", True),
        ("kubernetes: {preemption: 1}", False),
        ("kubernetes: {bind_timeout: 0.5}", True),
        ("kubernetes: {bind_timeout: 0}", False),
        ("kubernetes: {bind_timeout: 15.5}", False),
        ("kubernetes: {lease_name: nova}", True),
        ("kubernetes: {lease_name: 3}", False),
        ("kubernetes: {lease_name: ''}", False),
        ("kubernetes: {lease_namespace: null}", True),
        ("server: {mode: Standalone}", True),
        ("server: {mode: both}", False),
        ("server: {bind: 'localhost:1'}", True),
        ("server: {bind: localhost}", False),
        ("server: {keepalive: 90}", False),
        ("server: {log_level: DEBUG}", True),
        ("plugins: {any: [thing]}", True),
        ("plugins: [1]", False),
    ],
)
def test_the_schema_agrees_with_the_reader(text: str, valid: bool) -> None:
    """What the one takes the other takes, and so with what they refuse."""
    try:
        load(None, text)
    except ConfigError:
        assert not valid
    else:
        assert valid
    assert fits(json_schema(), yaml.safe_load(text)) is valid


OPTION_VALUES = st.sampled_from(
    [
        *("0", "1", "91", "-1", "1.5", "0.0", "'1'", "'1.5'", "1e3", "100000", "''", "abc"),
        *("true", "'yes'", "No", "null", "[]", "[a.b]", "'a,b'", "[1]", "{}", "info", "JSON"),
        *("'127.0.0.1:1'", "'0.0.0.0:1'", "filter_scheduler", "2147483648", "'1e3'", "+1"),
    ],
)


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(options()), OPTION_VALUES)
def test_the_schema_takes_whatever_the_reader_takes(option: Any, value: str) -> None:
    """A checker in an editor raises no false alarm."""
    text = f"{option.group}: {{{option.name}: {value}}}"
    try:
        load(None, text)
    except ConfigError:
        return
    # Read by the core schema of YAML 1.2, as editors do: a number with a point is a number.
    tree = {option.group: {option.name: yaml.safe_load(value)}}
    if value in {"1e3", "No"}:
        tree = {option.group: {option.name: {"1e3": 1000.0, "No": "No"}[value]}}
    assert fits(json_schema(), tree)
