"""Facts and units: numbers as people read them."""

from __future__ import annotations

import pytest

from extender.model.facts import COUNT, MEBIBYTE, VCPU, Facts, Unit, some

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("unit", "amount", "shown"),
    [
        (VCPU, 8000, 8),
        (VCPU, 3920, 3.92),
        (VCPU, 1, 0.001),
        (VCPU, -500, -0.5),
        (MEBIBYTE, 16384 * MIB, 16384),
        (MEBIBYTE, MIB // 2, 0.5),
        (MEBIBYTE, 16384 * MIB + 1, 16384.000001),
        (MEBIBYTE, 1024, 0.000977),
        (COUNT, 7, 7),
    ],
)
def test_show(unit: Unit, amount: int, shown: float) -> None:
    """An amount is divided by the unit, to a millionth, and stays an int where it is whole."""
    assert unit.show(amount) == shown
    assert type(unit.show(amount)) is type(shown)


@pytest.mark.parametrize(
    ("unit", "amount", "text"),
    [
        (VCPU, 128000, "128 vCPU"),
        (VCPU, 3920, "3.92 vCPU"),
        (VCPU, -250, "-0.25 vCPU"),
        (MEBIBYTE, 0, "0 MiB"),
        (MEBIBYTE, 2 * 1024 * 1024 * MIB, "2097152 MiB"),
        (MEBIBYTE, 2 * 1024 * 1024 * MIB + MIB // 4, "2097152.25 MiB"),
        (MEBIBYTE, 1024, "0.000977 MiB"),
        (MEBIBYTE, 1, "0.000001 MiB"),
        (MEBIBYTE, -1, "-0.000001 MiB"),
        (COUNT, 50, "50"),
        (COUNT, 12345678, "12345678"),
    ],
)
def test_text(unit: Unit, amount: int, text: str) -> None:
    """No byte is nothing, and no digit is lost: 2 TiB are 2097152 MiB, not 2.09715e+06."""
    assert unit.text(amount) == text


def test_facts_are_empty_by_default() -> None:
    """A filter with nothing to tell tells nothing."""
    facts = Facts()
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (None, None, None, "")
    assert facts.sources == ()


def test_some_names() -> None:
    """The first three, and how many more."""
    assert some(["a"]) == "a"
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
