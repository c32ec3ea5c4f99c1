"""ComputeFilter: enabled and up."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from extender.filters.compute_filter import ComputeFilter
from extender.model.host_parts import Unreadable
from tests.builders import host, reason, reasons, spec, table


def test_enabled_and_up() -> None:
    """A schedulable, ready node passes."""
    assert reason(ComputeFilter(), host(), spec()) is None


@pytest.mark.parametrize(
    ("signs", "refused"),
    [
        ({"disabled": True}, "host_disabled"),
        ({"unschedulable": True}, "host_disabled"),
        ({"forced_down": True}, "host_down"),
        ({"ready": False}, "host_down"),
    ],
)
def test_each_sign_alone(signs: dict[str, Any], refused: str) -> None:
    """Annotation and cordon disable; annotation, taint and missing readiness mean down."""
    assert reason(ComputeFilter(), host(**signs), spec()) == refused


@pytest.mark.parametrize("disabled", ["disabled", "unschedulable"])
@pytest.mark.parametrize("down", [{"forced_down": True}, {"ready": False}])
def test_disabled_before_down(disabled: str, down: dict[str, Any]) -> None:
    """Nova does not even ask whether a disabled service is up."""
    signs = {disabled: True, **down}
    assert reason(ComputeFilter(), host(**signs), spec()) == "host_disabled"


@pytest.mark.parametrize(
    ("signs", "refused"),
    [
        ({"unschedulable": True}, None),
        ({"disabled": True}, "host_disabled"),
        ({"disabled": True, "unschedulable": True}, "host_disabled"),
        ({"ready": False}, "host_down"),
        ({"forced_down": True}, "host_down"),
        ({"unschedulable": True, "ready": False}, "host_down"),
    ],
)
def test_pod_that_tolerates_unschedulable(signs: dict[str, Any], refused: str | None) -> None:
    """Only the cordon is waived, and what hid behind it comes to light."""
    asked = spec(tolerates_unschedulable=True)
    assert reason(ComputeFilter(), host(**signs), asked) == refused


@pytest.mark.parametrize(
    ("signs", "refused"),
    [
        ({"ready": False}, None),
        ({"forced_down": True}, "host_down"),
        ({"forced_down": True, "ready": False}, "host_down"),
        ({"unschedulable": True}, "host_disabled"),
        ({"disabled": True}, "host_disabled"),
        ({"unschedulable": True, "ready": False}, "host_disabled"),
    ],
)
def test_pod_that_tolerates_not_ready(signs: dict[str, Any], refused: str | None) -> None:
    """Only missing readiness is waived: a node out of service stays down."""
    assert reason(ComputeFilter(), host(**signs), spec(tolerates_not_ready=True)) == refused


def test_daemon_set_pod() -> None:
    """A pod that tolerates both starts a node that is cordoned and not ready."""
    asked = spec(tolerates_unschedulable=True, tolerates_not_ready=True)
    assert reason(ComputeFilter(), host(unschedulable=True, ready=False), asked) is None


def test_unreadable_service_annotations() -> None:
    """An annotation that says neither yes nor no refuses, before all else and for every pod."""
    node = host(unreadable=Unreadable.SERVICE, disabled=True, ready=False)
    asked = spec(tolerates_unschedulable=True, tolerates_not_ready=True)
    assert reason(ComputeFilter(), node, spec()) == "invalid_host_annotation"
    assert reason(ComputeFilter(), node, asked) == "invalid_host_annotation"


@pytest.mark.parametrize("bit", [bit for bit in Unreadable if bit is not Unreadable.SERVICE])
def test_what_it_does_not_read_does_not_matter(bit: Unreadable) -> None:
    """A ratio or an amount that cannot be read is the capacity filters' business."""
    assert reason(ComputeFilter(), host(unreadable=bit), spec()) is None


def test_hosts_are_judged_apart() -> None:
    """One host's trouble is no other's."""
    hosts = table(host("a"), host("b", ready=False), host("c", disabled=True), host("d"))
    assert reasons(ComputeFilter(), hosts, spec()) == [None, "host_down", "host_disabled", None]


def test_judging_changes_no_column() -> None:
    """Two pods with different tolerations are each judged on what the nodes say."""
    hosts = table(host("a", unschedulable=True), host("b", ready=False))
    waived = spec(tolerates_unschedulable=True, tolerates_not_ready=True)
    for _ in range(2):
        assert reasons(ComputeFilter(), hosts, spec()) == ["host_disabled", "host_down"]
        assert reasons(ComputeFilter(), hosts, waived) == [None, None]


def test_all_combinations() -> None:
    """64 hosts and pods: refused if a sign holds that the pod does not tolerate."""
    for bits in itertools.product((False, True), repeat=6):
        disabled, unschedulable, forced_down, not_ready, any_cordon, any_ready = bits
        node = host(
            disabled=disabled,
            unschedulable=unschedulable,
            forced_down=forced_down,
            ready=not not_ready,
        )
        asked = spec(tolerates_unschedulable=any_cordon, tolerates_not_ready=any_ready)
        expected = None
        if forced_down or (not_ready and not any_ready):
            expected = "host_down"
        if disabled or (unschedulable and not any_cordon):
            expected = "host_disabled"
        assert reason(ComputeFilter(), node, asked) == expected


def test_explains_a_host_that_is_up() -> None:
    """Nothing speaks against it."""
    facts = ComputeFilter().explain(host(), spec())
    assert (facts.need, facts.have, facts.sources) == ("enabled and up", "enabled and up", ())


def test_explains_every_sign() -> None:
    """All signs are named with where they stand, the disabling reason too."""
    node = host(
        disabled=True,
        unschedulable=True,
        forced_down=True,
        ready=False,
        disabled_reason="broken fan",
    )
    facts = ComputeFilter().explain(node, spec())
    assert facts.have == "disabled; unschedulable; forced_down; not ready"
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("disabled", "yes", "node annotation nova-extender.io/disabled"),
        ("unschedulable", "yes", "spec.unschedulable"),
        (
            "forced_down",
            "yes",
            "node annotation nova-extender.io/forced_down or taint out-of-service",
        ),
        ("not ready", "yes", "condition Ready"),
        ("disabled_reason", "broken fan", "node annotation nova-extender.io/disabled_reason"),
    ]


def test_explains_what_is_tolerated() -> None:
    """A sign the pod tolerates is shown as such, and does not count against the host."""
    asked = spec(tolerates_unschedulable=True)
    facts = ComputeFilter().explain(host(unschedulable=True), asked)
    assert facts.have == "enabled and up"
    assert [(s.name, s.value) for s in facts.sources] == [("unschedulable", "yes (tolerated)")]


def test_a_reason_without_a_sign_is_only_shown() -> None:
    """A left-over ``disabled_reason`` does not make a host look disabled."""
    facts = ComputeFilter().explain(host(disabled_reason="was mended"), spec())
    assert facts.have == "enabled and up"
    assert [s.name for s in facts.sources] == ["disabled_reason"]
