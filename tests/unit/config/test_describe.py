"""Defaults, effective configuration, schema and table."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.config.describe import (
    OptionRow,
    defaults_yaml,
    options_table,
    show_yaml,
)
from extender.config.load import load
from extender.config.options import Config, options

ROWS = {f"{row.group}.{row.name}": row for row in options_table()}


def test_the_defaults_are_read_as_the_defaults() -> None:
    """Without a notice."""
    loaded = load(None, defaults_yaml())
    assert (loaded.config, loaded.notices) == (Config(), ())


def test_the_defaults_name_and_explain_every_option() -> None:
    """Its description, its limits and its older name stand in the comment before it."""
    text = defaults_yaml()
    assert max(map(len, text.splitlines())) <= 100
    unwrapped = re.sub(r"\n *# ", " ", text)
    for row in options_table():
        assert row.description in unwrapped
        assert row.limits in unwrapped or row.name == "*"
        assert row.legacy_name in unwrapped
        assert re.search(rf"^ *{re.escape(row.name)}:", text, re.MULTILINE) or row.name == "*"


def test_the_defaults_begin_as_a_reader_expects() -> None:
    """Comment, group, comments, option."""
    assert defaults_yaml().startswith(
        "# What a host is worth before a pod asks for it.\n"
        "DEFAULT:\n"
        "  # Virtual CPUs offered for each real one, on every node that does not set its own ratio"
        " by\n"
        "  # annotation.\n"
        "  # Accepted: a number above 0 with at most three digits before and after the point, such"
        " as 16.0;\n"
        "  # 0.0 for not set.\n"
        "  cpu_allocation_ratio: 0.0\n"
        "\n",
    )


def test_the_effective_configuration_is_read_back() -> None:
    """Exactly, whatever was set."""
    text = """
        DEFAULT: {cpu_allocation_ratio: 0.1, ram_allocation_ratio: 999.999,
                  default_availability_zone: "1.5", default_schedule_zone: "on"}
        filter_scheduler: {enabled_filters: [], ram_weight_multiplier: 1e300,
                           image_props_weight_setting: "a=0.1,b=-1e300,a=5e-324",
                           image_properties_default_architecture: arm64}
        metrics: {weight_setting: [cpu.percent=-1.0], required: false}
        pci:
          alias:
            - {name: a100, vendor_id: "10de", product_id: "0443", numa_policy: socket, tag: "010"}
            - '{"name": "a100", "resource": "nvidia.com/gpu", "device_type": "type-PF"}'
        plugins: {a: "1e5", b: 1e5, c: "010", d: "null", e: [{f: ~}], "true": "on", g: "~"}
        """
    config = load(None, text).config
    assert load(None, show_yaml(config)).config == config


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(10**30), 10**30)
            | st.text()
            | st.floats(allow_nan=False, allow_infinity=False),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=8,
        ),
    )
)
def test_any_plugin_option_is_shown_so_that_it_is_read_back(tree: dict[str, object]) -> None:
    """Text stays text and numbers stay numbers, whatever they look like."""
    config = Config.model_validate({"plugins": tree})
    assert load(None, show_yaml(config)).config == config


def test_the_effective_configuration_shows_every_option() -> None:
    """Also those nobody has set, for readers of either version of YAML."""
    shown = yaml.safe_load(show_yaml(Config()))
    assert {f"{group}.{name}" for group in shown for name in shown[group]} == {
        option.path for option in options()
    }
    assert shown["DEFAULT"]["cpu_allocation_ratio"] == 0.0


def test_the_table_has_a_row_for_each_option() -> None:
    """In the order of the file, plugins last."""
    assert list(ROWS) == [*(option.path for option in options()), "plugins.*"]


@pytest.mark.parametrize(
    ("path", "kind", "default", "limits", "legacy"),
    [
        (
            "scheduler.max_attempts",
            "whole number",
            "3",
            "1 or more",
            "DEFAULT.scheduler_max_attempts",
        ),
        ("DEFAULT.cpu_allocation_ratio", "ratio", "0.0", "0.0 for not set", ""),
        ("DEFAULT.default_schedule_zone", "text", "null", "null for not set", ""),
        ("kubernetes.admin_namespaces", "list", "[]", "names of namespaces", ""),
        ("kubernetes.max_score", "whole number", "100", "1 to 2147483648", ""),
        ("kubernetes.retry_history_ttl", "whole number", "600", "0 or more", ""),
        ("kubernetes.preemption", "choice", "auto", "auto or on or off", ""),
        ("kubernetes.bind_timeout", "number", "4.0", "0.1 to 15", ""),
        ("kubernetes.lease_name", "name", "nova-extender", "name of a Lease", ""),
        ("kubernetes.lease_namespace", "name", "''", "empty for the namespace", ""),
        ("kubernetes.lease_duration", "whole number", "15", "5 to 3600", ""),
        ("server.mode", "choice", "sidecar", "sidecar or standalone", ""),
        ("server.debug_bind", "host:port", "127.0.0.1:8890", "loopback", ""),
        ("server.log_format", "choice", "json", "json or console", ""),
        (
            "filter_scheduler.available_filters",
            "list",
            "[nova.scheduler.filters.all_filters]",
            "dotted paths",
            "DEFAULT.scheduler_available_filters",
        ),
        (
            "filter_scheduler.shuffle_best_same_weighed_hosts",
            "boolean",
            "false",
            "true or false",
            "",
        ),
        (
            "filter_scheduler.io_ops_weight_multiplier",
            "number",
            "-1.0",
            "finite",
            "DEFAULT.io_ops_",
        ),
        ("scheduler.driver", "choice", "filter_scheduler", "or chance_scheduler or fake_", "DEF"),
        ("filter_scheduler.pci_weight_multiplier", "number", "1.0", "a number, 0 or more", ""),
        ("filter_scheduler.image_properties_default_architecture", "choice", "null", "riscv64", ""),
        ("metrics.weight_setting", "list", "[]", "[cpu.percent=-1.0]", ""),
        ("pci.alias", "list", "[]", "or as JSON texts", "DEFAULT.pci_alias"),
        ("kubernetes.placement", "choice", "advise", "advise or decide", ""),
        ("plugins.*", "mapping", "{}", "any options", ""),
    ],
)
def test_rows_say_what_is_accepted(
    path: str,
    kind: str,
    default: str,
    limits: str,
    legacy: str,
) -> None:
    """Kind, default as YAML, limits and older name."""
    row = ROWS[path]
    assert (row.type, row.default) == (kind, default)
    assert limits in row.limits
    assert row.legacy_name.startswith(legacy)
    assert bool(row.legacy_name) is bool(legacy)


@pytest.mark.parametrize(
    ("path", "since", "until", "default"),
    [
        ("DEFAULT.initial_cpu_allocation_ratio", "19", "", "4.0"),
        ("DEFAULT.reserved_host_memory_mb", "2012.1", "", "512"),
        ("scheduler.driver", "2012.1", "23", ""),
        ("scheduler.periodic_task_interval", "2014.1", "23", ""),
        ("scheduler.query_placement_for_availability_zone", "18", "28", "true in 24 to 27"),
        ("filter_scheduler.image_props_weight_setting", "31", "", ""),
        ("metrics.weight_setting", "2014.1", "", ""),
        ("trusted_computing.attestation_auth_timeout", "2012.2", "17", "60"),
        ("trusted_computing.attestation_label", "", "", ""),
        ("filter_scheduler.shuffle_best_same_weighed_hosts", "17", "", ""),
        ("filter_scheduler.cpu_weight_multiplier", "18", "", ""),
        ("filter_scheduler.disk_weight_multiplier", "13", "", ""),
        ("filter_scheduler.io_ops_weight_multiplier", "2015.1", "", ""),
        ("kubernetes.max_score", "", "", ""),
    ],
)
def test_rows_say_where_nova_stands(path: str, since: str, until: str, default: str) -> None:
    """Releases, and Nova's default where it is another."""
    row = ROWS[path]
    assert (row.nova_since, row.nova_until, row.nova_default) == (since, until, default)


def test_rows_are_plain_text_on_one_line() -> None:
    """They go into the cells of a table."""
    for row in options_table():
        for cell in (getattr(row, name) for name in OptionRow.__slots__):
            assert isinstance(cell, str)
            assert "\n" not in cell
