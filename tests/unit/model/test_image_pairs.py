"""Image properties as pairs of name and text."""

from __future__ import annotations

from extender.model.image_pairs import LONGEST_PAIR, MOST_PAIRS, every_pair, image_pairs


def test_pythons_text_by_name() -> None:
    """Typed values and texts alike, in the order of names."""
    properties = {"os_distro": "ubuntu", "hw_pmu": True, "hw_cpu_cores": 4, "hw_numa_mem": [1, 2]}
    assert image_pairs(properties, {"tier": "gold", "Color": "red"}) == (
        ("Color", "red"),
        ("hw_cpu_cores", "4"),
        ("hw_numa_mem", "[1, 2]"),
        ("hw_pmu", "True"),
        ("os_distro", "ubuntu"),
        ("tier", "gold"),
    )


def test_no_properties() -> None:
    """Nothing is compared of an image that has none."""
    assert image_pairs({}, {}) == ()


def test_what_is_too_long_does_not_count() -> None:
    """Name and text together; others of the image count all the same."""
    most = "x" * (LONGEST_PAIR - 1)
    assert image_pairs({}, {"a": most, "b": most + "x", "c": "y"}) == (("a", most), ("c", "y"))
    assert len(every_pair({}, {"a": most, "b": most + "x", "c": "y"})) == 3


def test_what_is_too_much_does_not_count() -> None:
    """The first by name do."""
    names = [f"p{number:02}" for number in range(MOST_PAIRS + 5)]
    pairs = image_pairs({}, dict.fromkeys(reversed(names), "x"))
    assert [name for name, _ in pairs] == names[:MOST_PAIRS]


def test_a_known_property_wins_over_a_text_of_its_name() -> None:
    """There is one pair a name."""
    assert image_pairs({"a": 1}, {"a": "2"}) == (("a", "1"),)
