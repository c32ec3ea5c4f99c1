"""Two minutes of `make soak`."""

from __future__ import annotations

import pytest

from tests.e2e.scene import Scene
from tests.e2e.soak import soak


@pytest.mark.timeout(420)
def test_churn_leaves_memory_flat_and_the_state_right(scene: Scene) -> None:
    """50 pods a second on 1,000 nodes: memory within 10 % after warm-up, no drift, none unbound."""
    outcome = soak(scene, minutes=2)
    print(f"\n{outcome}")
    assert outcome.faults() == []
