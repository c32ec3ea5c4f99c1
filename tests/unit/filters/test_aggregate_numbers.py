"""Numbers that host aggregates carry in their metadata."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from extender.filters.aggregate_numbers import fraction, least, least_whole, sources
from extender.model.columns import LARGEST
from extender.model.facts import Source
from extender.model.groups import Aggregates
from tests.builders import aggregate, host, table

INSTEAD = Source("places", "50", "option places")


def with_texts(*texts: str) -> Aggregates:
    """Aggregates with these texts under ``places``, and one without."""
    named = (aggregate(f"a{n}", places=text) for n, text in enumerate(texts))
    return (*named, aggregate("other", ssd="true"))


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ((), None),
        (("5",), 5),
        (("5", "5"), 5),
        (("10", "9"), 9),
        (("9", "10", "-1"), -1),
        ((" 5 ",), 5),
        (("+5",), 5),
        (("0",), 0),
        (("1_0",), 10),
        (("007",), 7),
        (("",), None),
        ((" ",), None),
        (("5.0",), None),
        (("1e1",), None),
        (("inf",), None),
        (("nan",), None),
        (("many",), None),
        (("3,5",), None),
        (("3", "many"), None),
        (("9" * 5000,), None),
    ],
)
def test_least_whole_number(texts: tuple[str, ...], found: int | None) -> None:
    """What Python's int takes, the least by value and not by text; one bad text voids all."""
    assert least(with_texts(*texts), "places", int) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2", "2"),
        ("16.0", "16"),
        ("0.1", "1/10"),  # where the float is 0.1000000000000000055…
        ("1.005", "201/200"),
        (" 1.5\t", "3/2"),
        ("\u2003 2\u00a0\n", "2"),  # blanks of any script
        ("\u0662.\u0665", "5/2"),  # and digits
        ("+4", "4"),
        ("-1.5", "-3/2"),
        ("1.", "1"),
        (".5", "1/2"),
        ("007", "7"),
        ("1e1", "10"),
        ("1E-2", "1/100"),
        ("1_0", "10"),
        ("1_0.2_5", "41/4"),
        ("0", "0"),
        ("-0.0", "0"),
        ("0e999999999", "0"),
        ("1e-999999999", "0"),
        ("-1e-400", "0"),
        ("0." + "0" * 1000 + "5e1000", "1/2"),
        ("1" + "0" * 1000 + "e-1000", "1"),
    ],
)
def test_fraction(text: str, found: str) -> None:
    """What Python's float takes, exactly as it is written."""
    assert fraction(text) == Fraction(found)


def test_fractions_as_large_as_a_float() -> None:
    """The largest double is a number still."""
    assert fraction("1.7e308") == 17 * 10**307
    assert fraction("5e-324") == Fraction(5, 10**324)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "x", "1,5", "1 5", "1/2", "0x10", "1__0", "_1", "1e", "--1", "½", "1\x00"),
        "\ud800",
        *("inf", "-inf", "Infinity", "nan", "NaN", "1e309", "-1e999999999", "9" * 400, "9" * 5000),
    ],
)
def test_no_fraction(text: str) -> None:
    """What float does not take is no number, nor what is not finite."""
    with pytest.raises(ValueError, match=r"\w"):
        fraction(text)
    assert least(with_texts("1.5", text), "places", fraction) is None


def test_least_fraction() -> None:
    """The least by value, not by text."""
    assert least(with_texts("1.5", "1.25"), "places", fraction) == Fraction(5, 4)
    assert least(with_texts("10", "9.5", "1e1"), "places", fraction) == Fraction(19, 2)
    assert least(with_texts("2", "2.0"), "places", fraction) == 2
    assert least(with_texts("1.5", "0", "-0.5"), "places", fraction) == Fraction(-1, 2)
    assert least(with_texts(), "places", fraction) is None


def test_one_number_a_host() -> None:
    """Each host has that of its own aggregates, else the default; in a view too."""
    few, many, bad = with_texts("3", "70", "x")[:3]
    hosts = table(
        host("a", aggregates=(few,)),
        host("b"),
        host("c", aggregates=(many, few)),
        host("d", aggregates=(many,)),
        host("e", aggregates=(few, bad)),
    )
    assert least_whole(hosts, "places", 50).tolist() == [3, 50, 3, 70, 50]
    view = hosts.take(np.array([4, 2, 3], dtype=np.intp))
    assert least_whole(view, "places", 50).tolist() == [50, 3, 70]


def test_what_is_remembered_is_for_one_key_and_default() -> None:
    """Other keys and defaults, and aggregates that come later, have their own numbers."""
    one = aggregate("one", places="3", seats="4")
    hosts = table(host("a", aggregates=(one,)), host("b"))
    assert least_whole(hosts, "places", 50).tolist() == [3, 50]
    assert least_whole(hosts, "seats", 50).tolist() == [4, 50]
    assert least_whole(hosts, "places", 60).tolist() == [3, 60]
    hosts.put(host("a", aggregates=(aggregate("one", places="5"),)))
    assert least_whole(hosts, "places", 50).tolist() == [5, 50]


def test_worked_out_once_for_each_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many hosts and calls there are, a set of aggregates is read once."""
    read: list[Aggregates] = []

    def counting(aggregates: Aggregates, key: str, cast: type[int]) -> int | None:
        read.append(aggregates)
        return least(aggregates, key, cast)

    monkeypatch.setattr("extender.filters.aggregate_numbers.least", counting)
    few = with_texts("3")
    hosts = table(*(host(f"n{n}", aggregates=few if n % 2 else ()) for n in range(20)))
    for _ in range(3):
        assert sum(least_whole(hosts, "places", 1)) == 10 * 3 + 10 * 1
    assert len(read) == 2


@pytest.mark.parametrize(("text", "number"), [("9" * 30, LARGEST), ("-" + "9" * 30, -LARGEST)])
def test_absurd_numbers_are_cut(text: str, number: int) -> None:
    """They are cut to what a column holds, not taken modulo anything."""
    hosts = table(host("a", aggregates=with_texts(text)))
    assert least_whole(hosts, "places", 50).tolist() == [number]
    assert least_whole(hosts, "absent", int(text)).tolist() == [number]


def test_sources() -> None:
    """Each aggregate's text; where they give no number, what counts instead."""
    kind = "a whole number"
    found = sources(with_texts("7", "3"), "places", int, kind, INSTEAD)
    assert found == (Source("places", "7", "aggregate a0"), Source("places", "3", "aggregate a1"))
    assert sources(with_texts(), "places", int, kind, INSTEAD) == (INSTEAD,)


def test_sources_tell_of_texts_that_are_no_numbers() -> None:
    """Which aggregate's text it is, and that it voids the others."""
    found = sources(with_texts("7", "x"), "places", int, "a whole number", INSTEAD)
    assert found == (
        Source("places", "7", "aggregate a0"),
        Source(
            "places",
            "x",
            "aggregate a1, ignored with all aggregates' places: it is not a whole number",
        ),
        INSTEAD,
    )
