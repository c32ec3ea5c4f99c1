"""Rejection: a pod that a kubelet did not take."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from extender.model.rejection import Rejection


def test_is_plain_data() -> None:
    """Equal where all of it is equal, and read-only: it is handed to several listeners."""
    one = Rejection(
        uid="u", owner="ns/o", namespace="ns", name="p", host="a", reason="OutOfcpu", at=1.0
    )
    assert one == replace(one)
    assert one != replace(one, host="b")
    with pytest.raises(FrozenInstanceError):
        one.at = 2.0  # type: ignore[misc]  # what is tested
