"""Who this process is to the cluster."""

from __future__ import annotations

from pathlib import Path

from extender.cli.identity import identity


def test_a_pod(tmp_path: Path) -> None:
    """The downward API tells; its namespace goes before the service account's."""
    file = tmp_path / "namespace"
    file.write_text("elsewhere\n")
    found = identity({"POD_NAME": "ext-1", "POD_NAMESPACE": "nova"}, file)
    assert (found.namespace, found.pod) == ("nova", "ext-1")
    assert found.unique.startswith("ext-1_")


def test_a_pod_without_the_downward_api(tmp_path: Path) -> None:
    """The namespace is the service account's, and the pod is not known."""
    file = tmp_path / "namespace"
    file.write_text("nova\n")
    found = identity({}, file)
    assert (found.namespace, found.pod) == ("nova", "")


def test_outside_of_a_cluster(tmp_path: Path) -> None:
    """There is a namespace all the same, for the Lease."""
    found = identity({}, tmp_path / "none")
    assert (found.namespace, found.pod) == ("default", "")
    assert found.unique


def test_nobody_else_has_it(tmp_path: Path) -> None:
    """Not even the same pod after a restart: its old claims and leases are not its own."""
    environment = {"POD_NAME": "ext-1"}
    first, second = (identity(environment, tmp_path / "none").unique for _ in range(2))
    assert first != second
