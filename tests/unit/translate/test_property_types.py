"""Reading the values of image properties, type by type."""

from __future__ import annotations

from typing import Any

import pytest

from extender.model.guests import VM_MODES
from extender.translate import property_types as types
from extender.translate.property_types import Reader, WrongValueError, named, one_of

WORD = one_of("small", "large", others={"tiny": "small"})
ANY_CASE = one_of("small", "large", others={"tiny": "small"}, capitals=True)
MODE = named(VM_MODES)


# What Nova 34 makes of these values, by the type of its property.
@pytest.mark.parametrize(
    ("read", "value", "found"),
    [
        (types.text, "ubuntu", "ubuntu"),
        (types.text, " a ", " a "),
        (types.text, "", ""),
        (types.text, 4, "4"),
        (types.text, 4.5, "4.5"),
        (types.text, True, "True"),
        (types.whole, 4, 4),
        (types.whole, "4", 4),
        (types.whole, " 4 ", 4),
        (types.whole, "-1", -1),
        (types.whole, -1, -1),
        (types.whole, "+007", 7),
        (types.whole, 2**63 - 1, 2**63 - 1),
        (types.boolean, True, True),
        (types.boolean, False, False),
        (types.boolean, "yes", True),
        (types.boolean, "  TRUE ", True),
        (types.boolean, "on", True),
        (types.boolean, "y", True),
        (types.boolean, "t", True),
        (types.boolean, "1", True),
        (types.boolean, 1, True),
        (types.boolean, "No", False),
        (types.boolean, "off", False),
        (types.boolean, "n", False),
        (types.boolean, "f", False),
        (types.boolean, "0", False),
        (types.boolean, 0, False),
        (WORD, "small", "small"),
        (WORD, "tiny", "small"),
        (ANY_CASE, "LARGE", "large"),
        (ANY_CASE, "Tiny", "small"),
        (MODE, "PV", "xen"),
        (types.predicate, ">=1.7,<3", ">=1.7,<3"),
        (types.predicate, " >= 1 ", " >= 1 "),
        (types.mappings, [], []),
        (types.mappings, [{"a": "b", "c": None}, {"d": 1}], [{"a": "b", "c": None}, {"d": "1"}]),
        (types.cpus, "0-1,^1", {0}),
        (types.cpus, "2,3", {2, 3}),
        (types.cpus, " 0 - 3 ,, ^ 2, 8", {0, 1, 3, 8}),
        (types.cpus, "^0-1,0-3", {2, 3}),
        (types.cpus, "", set()),
        (types.cpus, 3, {3}),
    ],
)
def test_values(read: Reader, value: Any, found: object) -> None:
    """As Nova types them."""
    assert read(value) == found
    assert type(read(value)) is type(found)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        *((read, None) for read in (types.text, types.whole, types.boolean, WORD, MODE)),
        *((read, []) for read in (types.text, types.whole, types.boolean, WORD, MODE)),
        *((read, {}) for read in (types.text, types.predicate, types.mappings, types.cpus)),
        *((types.whole, text) for text in ("", "x", "4.5", "0x10", "1e3", "--1", "1_0", "٣")),
        (types.whole, 4.5),
        (types.whole, 4.0),
        (types.whole, True),
        (types.whole, 2**63),
        (types.whole, "9" * 19),
        (types.whole, "9" * 60_000),
        *((types.boolean, value) for value in ("maybe", "", 2, -1, 1.0)),
        *((WORD, value) for value in ("SMALL", " small", "", 1)),
        *((MODE, value) for value in ("none", "", " hvm", 1)),
        *((types.predicate, value) for value in ("", "2.0", ">=x", 2, None)),
        *((types.mappings, value) for value in (None, "[]", 4)),
        (types.mappings, {"a": "b"}),
        (types.mappings, ["a"]),
        (types.mappings, [{"a": []}]),
        *((types.cpus, value) for value in (None, "x", "-1", "3-1", "1-", "0-1-2", "^", "1.5")),
        (types.cpus, "8192"),
        (types.cpus, "0-4000000000"),
    ],
)
def test_wrong_values(read: Reader, value: Any) -> None:
    """What a property cannot be is refused, with what it could be."""
    with pytest.raises(WrongValueError) as caught:
        read(value)
    assert str(caught.value)


def test_what_would_be_right() -> None:
    """The words are listed."""
    with pytest.raises(WrongValueError, match=r"^small or large$"):
        WORD("medium")
    with pytest.raises(WrongValueError, match=r"^one of exe, hvm, uml, xen$"):
        MODE("container")


def test_equal_sets_have_one_text() -> None:
    """Whatever order their CPUs are named in, they count as one value."""
    assert str(types.cpus("8,0,16")) == str(types.cpus("16,8,0"))
