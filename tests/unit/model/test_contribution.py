"""Contribution: one pod's share of its host."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from extender.model.contribution import Contribution
from tests.builders import instance


def test_takes_nothing_by_default() -> None:
    """A pod without requests takes a place on the host and nothing else."""
    share = Contribution(instance=instance("uid-1"), host="node-1")
    assert (share.milli_vcpus, share.memory, share.disk) == (0, 0, 0)
    assert (share.virtual, share.extended) == (None, ())
    assert (share.io_op, share.terminating, share.group, share.priority) == (False, False, None, 0)


def test_is_plain_data() -> None:
    """Equal shares are equal, so an unchanged pod can be told from a changed one."""
    one = Contribution(instance=instance("uid-1"), host="node-1", memory=5)
    assert one == Contribution(instance=instance("uid-1"), host="node-1", memory=5)
    assert one != Contribution(instance=instance("uid-1"), host="node-2", memory=5)
    assert one != replace(one, virtual=(0, 0, 0))
    with pytest.raises(FrozenInstanceError):
        one.memory = 6  # type: ignore[misc]  # what is tested
