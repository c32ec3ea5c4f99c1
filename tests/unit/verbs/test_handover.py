"""Whether another process may have bound pods that our own watch does not show yet."""

from __future__ import annotations

from extender.verbs.handover import HandOver


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


def test_before_the_first_call() -> None:
    """Who was never asked has taken over from nobody."""
    assert not HandOver(Clock()).recent


def test_first_calls() -> None:
    """From the first call on the grace time runs, however many calls come meanwhile."""
    clock = Clock()
    handover = HandOver(clock, silence=10, grace=15)
    for second in range(15):
        clock.now = 100.0 + second
        handover.called()
        assert handover.recent
    clock.now = 115.0
    handover.called()
    assert not handover.recent


def test_after_a_silence() -> None:
    """A silence long enough for a change of hands begins it anew; a shorter one does not."""
    clock = Clock()
    handover = HandOver(clock, silence=10, grace=15)
    handover.called()
    for now, recent in (
        (110.0, True),
        (120.0, False),
        (130.1, True),
        (140.0, True),
        (145.2, False),
    ):
        clock.now = now
        handover.called()
        assert handover.recent is recent, now


def test_who_is_asked() -> None:
    """Whoever was called within the time of a silence; nobody before the first call."""
    clock = Clock()
    handover = HandOver(clock, silence=10)
    seen = [handover.asked]
    handover.called()
    for now in (110.0, 110.1):
        clock.now = now
        seen.append(handover.asked)
    assert seen == [False, True, False]
