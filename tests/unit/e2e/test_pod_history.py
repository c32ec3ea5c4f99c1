"""The judge of what happened to pods: told of a history, it finds what was wrong in it."""

from __future__ import annotations

from typing import Any

from tests.e2e.api import Api
from tests.e2e.pod_history import Excess, PodHistory


class NoApi(Api):
    """Answers nothing: the events are handed in."""

    def __init__(self) -> None:
        self.server, self.token = "https://127.0.0.1:1", ""


def history(*events: tuple[str, str, str, str]) -> PodHistory:
    """A history of (type, pod, node, phase); a name before a slash is the pod's server group."""
    made = PodHistory(NoApi())
    for version, (kind, name, node, phase) in enumerate(events, start=1):
        group, _, plain = name.rpartition("/")
        annotations = {"nova-extender.io/server_group": group} if group else {}
        obj: dict[str, Any] = {
            "metadata": {
                "uid": plain,
                "name": plain,
                "resourceVersion": str(version),
                "annotations": annotations,
            },
            "spec": {"nodeName": node} if node else {},
            "status": {"phase": phase},
        }
        made._take({"type": kind, "object": obj})
    return made


def test_an_excess_that_did_not_last_is_found() -> None:
    """Three on a node of two for one moment, gone at the end."""
    found = history(
        ("ADDED", "a", "", "Pending"),
        ("MODIFIED", "a", "n1", "Pending"),
        ("MODIFIED", "a", "n1", "Running"),
        ("ADDED", "b", "n1", "Pending"),
        ("ADDED", "c", "n1", "Pending"),
        ("DELETED", "c", "n1", "Pending"),
    )
    assert found.excesses(2) == [Excess("n1", 3, "5")]
    assert found.excesses(3) == []


def test_what_has_ended_makes_room() -> None:
    """A Failed and a deleted pod take no place, and a terminating one does until it is gone."""
    found = history(
        ("ADDED", "a", "n1", "Running"),
        ("MODIFIED", "a", "n1", "Failed"),
        ("ADDED", "b", "n1", "Running"),
        ("DELETED", "b", "n1", "Running"),
        ("ADDED", "c", "n1", "Running"),
    )
    assert found.excesses(1) == []


def test_groups_are_counted_for_themselves() -> None:
    """Two members on a node are one too many though the node may have three pods."""
    found = history(
        ("ADDED", "g/a", "n1", "Running"),
        ("ADDED", "b", "n1", "Running"),
        ("ADDED", "g/c", "n1", "Running"),
    )
    assert found.excesses(3) == []
    assert found.excesses(1, "g") == [Excess("n1", 2, "3")]
    assert found.excesses(1, "h") == []


def test_a_pod_on_two_nodes_is_found() -> None:
    """One UID, two nodes; a namesake with a UID of its own is another pod."""
    assert history(("ADDED", "a", "n1", ""), ("MODIFIED", "a", "n2", "")).moved() == ["a (a)"]
    assert history(("ADDED", "a", "n1", ""), ("ADDED", "b", "n2", "")).moved() == []


def test_the_latest_state_forgets_the_deleted() -> None:
    """What exists now, by UID."""
    found = history(("ADDED", "a", "n1", ""), ("ADDED", "b", "n1", ""), ("DELETED", "a", "n1", ""))
    assert list(found.latest()) == ["b"]
    assert len(found.states()) == 3
