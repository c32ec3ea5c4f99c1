"""What the verbs share."""

from __future__ import annotations

import json

import pytest

from extender.translate.objects import decode_pod
from tests.unit.verbs.making import Object, engine, kind, node, pod


def test_spec_knows_what_is_enabled() -> None:
    """A server group whose policy nobody serves is refused, as Nova does."""
    made = engine(kinds=[kind("web", "ServerGroup", "default", policy="affinity")])
    value = pod(annotations={"server_group": "web"})
    spec = made.spec(decode_pod(json.dumps(value).encode()))
    assert spec.instance_group is not None
    served = "ServerGroupAffinityFilter" in {f.name() for f in made.scheduler.filters}
    assert (spec.refusal is None) == served


def test_without_a_pod() -> None:
    """Within, the pod is nowhere; afterwards it is back, whatever happened."""
    made = engine([node("a")], [pod("p", cpu=2, on="a")])
    table = made.cluster.table
    with made.without("uid-p"):
        assert table.cpu_used.tolist() == [0]
        assert table.num_instances.tolist() == [0]
    assert table.cpu_used.tolist() == [2000]
    with pytest.raises(ZeroDivisionError), made.without("uid-p"):
        raise ZeroDivisionError
    assert table.cpu_used.tolist() == [2000]


@pytest.mark.parametrize("uid", ["uid-q", ""])
def test_without_a_pod_that_is_not_there(uid: str) -> None:
    """An unknown pod, or one without a UID, is no other pod."""
    pods: list[Object] = [pod("p", cpu=2, on="a"), pod("nameless", cpu=1, on="a", uid="")]
    made = engine([node("a")], pods)
    with made.without(uid):
        assert made.cluster.table.cpu_used.tolist() == [3000]
    assert len(made.cluster.ledger) == 2
