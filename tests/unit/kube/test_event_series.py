"""What is the same, when it is due, and how much is remembered."""

from __future__ import annotations

import pytest

from extender.kube.event_object import Event
from extender.kube.event_series import REMEMBERED, SeriesBook, Sighting


def _event(number: int = 0, note: str = "n", reason: str = "R") -> Event:
    return Event(
        namespace="ns", name=f"p{number}", uid=f"u{number}", reason=reason, action="A", note=note
    )


def _written(book: SeriesBook, at: float = 0.0) -> Sighting:
    series, _ = book.see(_event(), 1000.0 + at, at)
    assert series is not None
    assert book.may_write(series, at)
    book.wrote(series, "name", 1, at)
    return series


def test_repetition_is_due_10_s_after_the_last_write() -> None:
    """What comes again waits, and is one with what comes yet."""
    book = SeriesBook()
    series = _written(book)
    assert book.next_due(0.0) is None
    for second in (1, 2, 9):
        assert book.see(_event(note=f"n{second}"), 1000.0 + second, second) == (None, 0)
    assert book.next_due(9.0) == 1.0
    assert list(book.due(9.9)) == []
    assert list(book.due(9.9, all_of_them=True)) == [series]
    assert list(book.due(10.0)) == [series]
    assert (series.unsent, series.first_unsent, series.last) == (3, 1001.0, 1009.0)
    assert (series.event.note, series.note) == ("n9", "n")
    assert book.unsent == 3
    book.wrote(series, "name", 4, 10.0)
    assert list(book.due(100.0)) == []
    assert (book.unsent, series.unsent, series.count) == (0, 0, 4)


def test_series_ends_after_six_minutes() -> None:
    """Seen again within 360 s it is the same, and the time counts anew; then it is a new one."""
    book = SeriesBook()
    series = _written(book)
    assert book.see(_event(), 0.0, 359.0) == (None, 0)
    assert book.see(_event(), 0.0, 718.0) == (None, 0)
    fresh, lost = book.see(_event(), 0.0, 1078.0)
    assert fresh is not None
    assert fresh is not series
    assert lost == 2  # those of the old one, which nobody wrote


def test_memory_is_bounded() -> None:
    """Of more than 4096 series the one seen longest ago is forgotten, and what it had to say."""
    book = SeriesBook()
    _written(book)
    book.see(_event(), 0.0, 0.0)
    for number in range(1, REMEMBERED):
        assert book.see(_event(number), 0.0, 0.0)[1] == 0
    series, lost = book.see(_event(REMEMBERED), 0.0, 0.0)
    assert series is not None
    assert lost == 1
    assert book.next_due(0.0) is None
    again, _ = book.see(_event(), 0.0, 0.0)
    assert again is not None  # forgotten


def test_what_was_seen_lately_is_remembered() -> None:
    """It is the time of the last sight that counts, not of the first."""
    book = SeriesBook()
    _written(book)
    for number in range(1, REMEMBERED):
        book.see(_event(number), 0.0, 0.0)
    book.see(_event(), 0.0, 1.0)
    book.see(_event(REMEMBERED), 0.0, 1.0)
    assert book.see(_event(), 0.0, 2.0)[0] is None  # still known
    assert book.see(_event(1), 0.0, 2.0)[0] is not None


def test_spam() -> None:
    """25 new Events about one object, and one more after 5 minutes; others are not concerned."""
    book = SeriesBook()
    allowed = 0
    for number in range(30):
        series, _ = book.see(_event(reason=f"R{number}"), 0.0, 0.0)
        assert series is not None
        allowed += book.may_write(series, 0.0)
    assert allowed == 25
    other, _ = book.see(_event(1), 0.0, 0.0)
    assert other is not None
    assert book.may_write(other, 0.0)
    late, _ = book.see(_event(reason="late"), 0.0, 299.0)
    assert late is not None
    assert not book.may_write(late, 299.0)
    assert book.may_write(late, 300.0)


def test_repetitions_leave_room_for_what_is_new() -> None:
    """14 repetitions after the first write leave 10 of 25; the next waits for 5 minutes."""
    book = SeriesBook()
    series = _written(book)
    at, writes = 0.0, 0
    while at < 250:
        at += 10
        book.see(_event(), 0.0, at)
        for due in book.due(at):
            assert book.may_write(due, at)
            book.wrote(due, "name", 1, at)
            writes += 1
    assert writes == 14
    # The first write and these took 15 of 25; the next token is there at 300 s.
    assert book.next_due(250.0) == pytest.approx(50.0)
    assert not book.may_write(series, 250.0)
    fresh, _ = book.see(_event(reason="new"), 0.0, 250.0)
    assert fresh is not None
    assert book.may_write(fresh, 250.0)


def test_buckets_are_bounded() -> None:
    """Of more than 4096 objects the one written about longest ago starts anew."""
    book = SeriesBook()
    for _ in range(25):
        series, _ = book.see(_event(), 0.0, 0.0)
        book.may_write(series or Sighting(_event(), 0.0, 0.0, 0.0), 0.0)
    empty, other = Sighting(_event(), 0.0, 0.0, 0.0), Sighting(_event(1), 0.0, 0.0, 0.0)
    for number in range(1, REMEMBERED):
        book.may_write(Sighting(_event(number), 0.0, 0.0, 0.0), 0.0)
    assert not book.may_write(empty, 0.0)  # and it is the one asked about last now
    book.may_write(Sighting(_event(REMEMBERED), 0.0, 0.0, 0.0), 0.0)
    assert len(book._spam) == REMEMBERED
    assert not book.may_write(empty, 0.0)
    assert other.event.regarding not in book._spam
