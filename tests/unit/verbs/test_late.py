"""News that came a moment too late for a pod that was refused."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.attempt import Attempt, BindPart, FilterPart
from extender.model.names import as_names
from extender.verbs.late import WINDOW, LateNews


def attempt(code: int, bound: BindPart | None = None) -> Attempt:
    """An attempt on one host; 0 passed."""
    part = FilterPart(as_names(["a"]), 1, np.array([code], dtype=np.uint16), ())
    return Attempt(uid="u", namespace="ns", name="p", at=0.0, filtered=part, bound=bound)


class Scene:
    """Late news, and what was woken."""

    def __init__(self) -> None:
        self.now = 50.0
        self.woken: list[str] = []
        self.late = LateNews(self.woken.append, lambda: self.now)


@pytest.mark.parametrize(("after", "woken"), [(0.0, 1), (WINDOW, 1), (WINDOW + 0.1, 0)])
def test_news_after_a_refusal(after: float, woken: int) -> None:
    """What follows close upon a refusal may have been missed; what comes later wakes by itself."""
    scene = Scene()
    scene.late.tried(attempt(257))
    scene.now += after
    scene.late.came("node a")
    assert scene.woken == ["node a came late"] * woken


def test_nobody_was_refused() -> None:
    """Neither before the first attempt, nor after one that passed, nor for a refused claim."""
    scene = Scene()
    scene.late.came("node a")
    scene.late.tried(attempt(0))
    scene.late.tried(attempt(257, BindPart("a", "claim_refused", "why")))
    scene.late.came("node a")
    assert scene.woken == []
