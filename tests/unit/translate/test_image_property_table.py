"""The image properties that Nova knows."""

from __future__ import annotations

from extender.translate import property_types as types
from extender.translate.image_property_table import ADAPTER, CELLS, PROPERTIES, RENAMED, TRAITS
from extender.translate.property_types import WrongValueError


def test_as_many_as_nova_has() -> None:
    """Nova 34 has 86 fields, three of them lists that are given in parts, and 22 old names."""
    assert len(PROPERTIES) + len(CELLS) + len([TRAITS]) == 86
    assert len(RENAMED) == 22


def test_by_type() -> None:
    """Nova 34 has 20 booleans, 14 whole numbers and 13 free texts (two of these are UUIDs)."""
    readers = list(PROPERTIES.values())
    assert readers.count(types.boolean) == 20
    assert readers.count(types.whole) == 14
    assert readers.count(types.text) == 13


def test_names() -> None:
    """Names of today have a prefix, old ones have none and lead to one of these."""
    assert all(name.startswith(("hw_", "img_", "os_")) for name in (*PROPERTIES, *CELLS))
    assert not {*RENAMED, ADAPTER} & {*PROPERTIES, *CELLS, TRAITS}
    assert set(RENAMED.values()) <= set(PROPERTIES)


def test_nothing_is_anything() -> None:
    """No property takes null."""
    taken = []
    for name, read in (*PROPERTIES.items(), *CELLS.items()):
        try:
            read(None)
            taken.append(name)
        except WrongValueError:
            pass
    assert taken == []
