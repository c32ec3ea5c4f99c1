"""What is read out of a Lease, and what is not one."""

from __future__ import annotations

import pytest

from extender.kube.errors import TransportError
from extender.kube.lease_object import read_lease


def test_reads() -> None:
    """The fields that an election goes by, and the whole object."""
    lease = read_lease(
        b'{"metadata": {"name": "one", "resourceVersion": "7", "labels": {"a": "b"}},'
        b' "spec": {"holderIdentity": "x", "leaseDurationSeconds": 15, "leaseTransitions": 3}}'
    )
    assert (lease.holder, lease.duration, lease.transitions) == ("x", 15, 3)
    assert lease.whole["metadata"]["labels"] == {"a": "b"}


@pytest.mark.parametrize("spec", ["", ', "spec": null', ', "spec": {}', ', "spec": 5'])
def test_without_a_spec(spec: str) -> None:
    """A Lease that somebody made by hand, empty, is nobody's."""
    lease = read_lease(f'{{"metadata": {{"resourceVersion": "7"}}{spec}}}'.encode())
    assert (lease.holder, lease.duration, lease.transitions, lease.spec) == ("", None, 0, {})


def test_without_sense() -> None:
    """Fields of another type count as absent."""
    lease = read_lease(
        b'{"metadata": {"resourceVersion": "7"}, "spec": {"holderIdentity": 1,'
        b' "leaseDurationSeconds": "15", "leaseTransitions": -3}}'
    )
    assert (lease.holder, lease.duration, lease.transitions) == ("", None, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"metadata": []}',
        b'{"metadata": {"resourceVersion": ""}}',
        b'{"metadata": {"resourceVersion": "\xff"}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_lease(body: bytes) -> None:
    """A proxy's page, or whatever else, is an error that may pass."""
    with pytest.raises(TransportError, match=r"^not a Lease: ") as caught:
        read_lease(body)
    assert caught.value.kind == "protocol"
