"""extender.observe.voids: where ratios have no effect, how much, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from extender.model.explanation import HostVerdict
from extender.model.flavor import GIB
from extender.model.overcommit import VoidRatio
from extender.model.request_spec import RequestSpec
from extender.observe.voids import cure, void_lines, void_notes
from tests.unit.observe.making import explanation

NOTHING: dict[str, Any] = {"void": 0, "ratio_origin": "default"}


def host(name: str, mode: str = "native", **voids: tuple[float, str]) -> dict[str, Any]:
    """A host whose ratios promise so much too much; by resource, with where they come from."""
    said = {key: {"void": void, "ratio_origin": origin} for key, (void, origin) in voids.items()}
    return {
        "host": name,
        "overcommit": mode,
        "cpu": NOTHING,
        "ram": NOTHING,
        "disk": NOTHING,
    } | said


def test_nothing_is_void() -> None:
    """Then nothing is said."""
    assert void_lines([]) == []
    assert void_lines([host("a"), host("b", cpu=(0, "annotation"))]) == []


def test_hosts_by_resource_and_source() -> None:
    """How much, and on which hosts: a line for each thing that there is to do."""
    lines = void_lines(
        [
            host("a", cpu=(120, "annotation"), ram=(32 * 1024, "option")),
            host("b", cpu=(8.5, "annotation")),
            host("c", cpu=(16, "aggregate")),
            host("d", disk=(1, "default")),
        ]
    )
    assert [line.partition(". What")[0].split(": ") for line in lines] == [
        [
            "cpu",
            (
                "the ratio of the annotation promises 128.5 vCPU more than kube-scheduler and the"
                " kubelet allow on a (120 vCPU), b (8.5 vCPU)"
            ),
        ],
        [
            "cpu",
            (
                "the ratio of the aggregate promises 16 vCPU more than kube-scheduler and the"
                " kubelet allow on c (16 vCPU)"
            ),
        ],
        [
            "ram",
            (
                "the ratio of the option promises 32 GiB more than kube-scheduler and the kubelet"
                " allow on a (32 GiB)"
            ),
        ],
        [
            "disk",
            "the ratio promises 1 MiB more than kube-scheduler and the kubelet allow on d (1 MiB)",
        ],
    ]
    assert all(line.endswith(".") for line in lines)


def test_many_hosts_are_not_all_named() -> None:
    """Three of five, and that there are more."""
    (line,) = void_lines([host(f"n{i}", cpu=(1, "option")) for i in range(5)])
    assert "promises 5 vCPU more" in line
    assert "n0 (1 vCPU), n1 (1 vCPU), n2 (1 vCPU) and 2 more" in line


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("annotation", ["admission policy", "overcommit.mode native", "overcommit.nodeSelector"]),
        ("option", ["overcommit.defaultRatios", "nova-extender.io/ram_allocation_ratio"]),
        ("aggregate", ["does not read aggregates", "nova-extender.io/ram_allocation_ratio"]),
        ("default", ["overcommit.defaultRatios"]),
    ],
)
def test_cures_in_mode_native(origin: str, words: list[str]) -> None:
    """By where the ratio comes from; the other mode and a lower ratio help always."""
    text = cure("ram", origin, "native")
    for word in [*words, "virtual", "at most 1"]:
        assert word in text


@pytest.mark.parametrize("origin", ["annotation", "option", "aggregate", "default"])
def test_cure_in_mode_advisory(origin: str) -> None:
    """Nothing is amplified there, so the mode is what must change, or the ratio."""
    text = cure("cpu", origin, "advisory")
    assert "advisory" in text
    assert "native or virtual" in text
    assert "at most 1" in text
    assert "policy" not in text


TWO = HostVerdict("a", ()), HostVerdict("b", ())
CPU = VoidRatio("cpu", 1, "a", 8000, 128_000)


def test_notes_of_an_explanation() -> None:
    """Which ratio, on how many of the hosts, and one of them with its numbers."""
    ram = VoidRatio("ram", 2, "b", 16 * GIB, 24 * GIB)
    assert void_notes(explanation(*TWO, void=(CPU, ram))) == [
        (
            "the cpu ratio is void on 1 of 2 hosts: kube-scheduler and the kubelet hold the sum of"
            " requests to status.allocatable; on a that is 8 vCPU, where the ratio promises"
            " 128 vCPU"
        ),
        (
            "the ram ratio is void on 2 of 2 hosts: kube-scheduler and the kubelet hold the sum of"
            " requests to status.allocatable; on b that is 16 GiB, where the ratio promises 24 GiB"
        ),
    ]
    assert void_notes(explanation(*TWO)) == []


def test_a_native_pod_in_mode_virtual() -> None:
    """kube-scheduler holds it to what there is, and what to ask for instead is named."""
    assert void_notes(explanation(*TWO, void=(CPU,), overcommit="virtual")) == [
        (
            "the cpu ratio does not count for this pod on 1 of 2 hosts, for it does not ask for"
            " nova-extender.io/vcpu alone: kube-scheduler holds it to status.allocatable; on a that"
            " is 8 vCPU, where the ratio promises 128 vCPU"
        )
    ]


@pytest.mark.parametrize(("mode", "told"), [("native", 1), ("advisory", 1), ("virtual", 0)])
def test_a_virtual_pod(mode: str, told: int) -> None:
    """Outside of its mode it is told what becomes of it."""
    spec = RequestSpec(virtual=(1000, 0, 0))
    notes = void_notes(explanation(*TWO, spec=spec, overcommit=mode))
    assert len(notes) == told
    assert all(f"kubernetes.overcommit is {mode}" in note for note in notes)
