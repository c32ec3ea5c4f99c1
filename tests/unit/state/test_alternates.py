"""The hosts that were second best."""

from __future__ import annotations

from extender.state.alternates import MOST, Alternates


def test_kept_for_a_minute() -> None:
    """Best first, then none any more."""
    kept = Alternates()
    kept.keep("p", ["b", "c"], 100.0)
    assert kept.of("p", 159.9) == ("b", "c")
    assert kept.of("p", 160.0) == ()
    assert kept.of("q", 100.0) == ()


def test_replaced_and_forgotten() -> None:
    """The newest choice counts; none at all is kept of one without alternates."""
    kept = Alternates()
    kept.keep("p", ["b"], 0.0)
    kept.keep("p", ["c"], 1.0)
    assert kept.of("p", 2.0) == ("c",)
    kept.keep("p", [], 3.0)
    assert (kept.of("p", 4.0), len(kept)) == ((), 0)
    kept.keep("p", ["b"], 5.0)
    kept.forget("p")
    kept.forget("p")
    assert kept.of("p", 6.0) == ()


def test_bounded() -> None:
    """The oldest go first."""
    kept = Alternates()
    for n in range(MOST + 5):
        kept.keep(str(n), ["a"], 0.0)
    assert len(kept) == MOST
    assert kept.of("4", 1.0) == ()
    assert kept.of("5", 1.0) == ("a",)
