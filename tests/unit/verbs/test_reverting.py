"""Whether the amplification may go, and taking it off every node."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from extender.kube.errors import ApiError
from extender.translate.admission import Ratios, amend_status
from extender.translate.objects import decode_node
from extender.verbs.reverting import PATIENCE, Excess, Reverted, excesses, revert
from tests.unit.verbs.making import PREFIX, Object, node, pod, raw

AMPLIFIED = {
    "cpu_allocation_ratio": "4",
    "raw_allocatable_cpu": "4000",
    "amplified_allocatable_cpu": "16000",
}


def amplified(name: str) -> Object:
    """Four CPUs that are sixteen."""
    return node(name, cpu="16", annotations=AMPLIFIED)


def found(nodes: list[Object], *pods: Object) -> list[Excess]:
    """What depends on the amplification; everything must be readable."""
    told: list[str] = []
    result = excesses(map(raw, nodes), map(raw, pods), told.append)
    assert told == []
    return result


def test_pods_beyond_the_nodes_own() -> None:
    """By node, and exactly; ended and pending pods count for nothing."""
    nodes = [amplified("b"), amplified("a")]
    pods = [
        pod("1", "3", on="a"),
        pod("2", "1001m", on="a"),
        pod("3", "4", on="b"),
        pod("4", "9"),
        pod("5", "9", on="b", status={"phase": "Succeeded"}),
    ]
    assert found(nodes, *pods) == [Excess("a", "cpu", 4001, 4000, 16000)]
    assert found(nodes, pod("1", "4", on="a")) == []


def test_only_overcommitted_nodes() -> None:
    """On others no policy holds anything, and without pods there is nothing to hold."""
    assert found([node("a")], pod("1", "9", on="a")) == []
    with_ratio = node("a", annotations={"cpu_allocation_ratio": "4"})
    assert found([with_ratio], pod("1", "9", on="a")) == [Excess("a", "cpu", 9000, 4000, 4000)]
    with_floor = node("a", cpu="9", annotations={**AMPLIFIED, "amplified_allocatable_cpu": "9000"})
    assert found([with_floor], pod("1", "9", on="a")) == [Excess("a", "cpu", 9000, 4000, 9000)]


def test_what_cannot_be_read_is_told_of() -> None:
    """The others count all the same."""
    told: list[str] = []
    nodes = [raw({"metadata": 7}), raw(amplified("a"))]
    result = excesses(nodes, [raw([]), raw(pod("1", "9", on="a"))], told.append)
    assert [each.node for each in result] == ["a"]
    assert len(told) == 2
    assert all(text.endswith("it is not counted") for text in told)


class Server:
    """Nodes that can be written, by a policy or without."""

    def __init__(self, *names: str) -> None:
        self.nodes = {name: amplified(name) for name in names}
        for made in self.nodes.values():
            made["metadata"]["resourceVersion"] = "1"
        self.clock = 0.0
        self.policy_until = 0.0
        self.failing: dict[str, Exception] = {}
        self.writes: list[str] = []

    def list(self) -> list[bytes]:
        """All nodes."""
        return [bytes(raw(made)) for made in self.nodes.values()]

    def restore(
        self,
        name: str,
        version: str,
        annotations: Mapping[str, str | None],
        allocatable: Mapping[str, str],
    ) -> None:
        """One status write."""
        self.writes.append(name)
        if name in self.failing:
            raise self.failing[name]
        assert version == self.nodes[name]["metadata"]["resourceVersion"]
        old = decode_node(raw(self.nodes[name]))
        self._merge(name, annotations, allocatable)
        if self.clock < self.policy_until:
            made = amend_status(decode_node(raw(self.nodes[name])), old, "admin", Ratios())
            self._merge(name, made.annotations, made.allocatable)

    def pause(self, seconds: float) -> None:
        """Time goes by."""
        self.clock += seconds

    def run(self) -> Reverted:
        """Revert all."""
        told: list[str] = []
        result = revert(
            self.list, self.restore, told.append, clock=lambda: self.clock, pause=self.pause
        )
        assert told == []
        return result

    def _merge(
        self, name: str, annotations: Mapping[str, str | None], allocatable: Mapping[str, str]
    ) -> None:
        kept = self.nodes[name]["metadata"]["annotations"] | annotations
        self.nodes[name]["metadata"]["annotations"] = {k: v for k, v in kept.items() if v}
        self.nodes[name]["status"]["allocatable"] |= allocatable


def test_revert() -> None:
    """Each node once, and only those that have something of ours."""
    server = Server("b", "a")
    server.nodes["plain"] = node("plain")
    assert server.run() == Reverted(["a", "b"], [], {})
    assert server.writes == ["b", "a"]
    for name in ("a", "b"):
        assert server.nodes[name]["status"]["allocatable"]["cpu"] == "4000m"
        assert server.nodes[name]["metadata"]["annotations"] == {
            f"{PREFIX}cpu_allocation_ratio": "4"
        }
    assert server.run() == Reverted([], [], {})
    assert len(server.writes) == 2


def test_a_policy_that_is_still_remembered() -> None:
    """An API server forgets a deleted policy some seconds later; that is waited for."""
    server = Server("a")
    server.policy_until = 5.0
    assert server.run() == Reverted(["a"], [], {})
    assert len(server.writes) == 4


def test_a_policy_that_is_there() -> None:
    """After half a minute it is said who undoes it."""
    server = Server("a")
    server.policy_until = float("inf")
    assert server.run() == Reverted([], ["a"], {})
    assert PATIENCE <= server.clock <= PATIENCE + 4


@pytest.mark.parametrize("status", [404, 409])
def test_a_node_that_changes_meanwhile(status: int) -> None:
    """It is looked at again."""
    server = Server("a", "b")
    server.failing["a"] = ApiError(status, "", "")
    pause = server.pause

    def mended(seconds: float) -> None:
        server.failing.clear()
        pause(seconds)

    server.pause = mended  # type: ignore[method-assign]  # a fault that passes
    assert server.run() == Reverted(["a", "b"], [], {})


def test_a_node_that_cannot_be_written() -> None:
    """The others are; it is not tried again, and the reason is kept."""
    server = Server("a", "b")
    server.failing["a"] = ApiError(422, "Invalid", "labels are wrong")
    assert server.run() == Reverted(["b"], [], {"a": "422 Invalid: labels are wrong"})
    assert server.writes == ["a", "b"]


def test_no_rights() -> None:
    """They lack for every node alike."""
    server = Server("a", "b")
    server.failing["a"] = ApiError(403, "Forbidden", "nodes/status")
    with pytest.raises(ApiError, match="403"):
        server.run()
    assert server.writes == ["a"]
