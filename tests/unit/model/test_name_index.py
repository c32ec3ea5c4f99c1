"""extender.model.name_index."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.model.name_index import NameIndex

NAMES = st.text("ab-.9", min_size=0, max_size=20)


def rows(index: NameIndex, names: list[str]) -> list[int]:
    """Look names up that stand one behind the other, with something between them."""
    lengths = [len(name) for name in names]
    starts = [sum(lengths[:n]) + n for n in range(len(names))]
    text = "|".join([*names, ""]).encode()
    places = (np.array(numbers, dtype=np.intp) for numbers in (starts, lengths))
    found: list[int] = index.rows(text, *places).tolist()
    return found


def test_rows_by_hand() -> None:
    """Known names have their positions, others -1, also the beginnings of known ones."""
    index = NameIndex(["worker-1", "worker-2", "a-much-longer-name.example.com"])
    asked = ["worker-2", "worker", "a-much-longer-name.example.com", "worker-1", "worker-12", ""]
    assert rows(index, asked) == [1, -1, 2, 0, -1, -1]


def test_no_hosts() -> None:
    """Nothing is known of an empty table, and nothing can be asked of any."""
    assert rows(NameIndex([]), ["a"]) == [-1]
    assert rows(NameIndex(["a"]), []) == []


def test_longer_than_any() -> None:
    """A name longer than all that are known is not known, whatever it begins with."""
    assert rows(NameIndex(["a" * 8]), ["a" * 9, "a" * 600, "a" * 8]) == [-1, -1, 0]


def test_too_long_for_an_index() -> None:
    """A host with an absurd name cannot be indexed; it is said why."""
    with pytest.raises(ValueError, match="513 bytes; at most 512"):
        NameIndex(["a" * 513])


def test_names_that_padding_would_make_equal() -> None:
    """NUL characters cannot be told from padding: such names are not indexed."""
    with pytest.raises(ValueError, match="NUL"):
        NameIndex(["a", "a\0"])


@given(st.lists(NAMES, unique=True, max_size=40), st.lists(NAMES, max_size=40))
def test_as_a_dictionary(known: list[str], others: list[str]) -> None:
    """Every look-up is what a dictionary says."""
    asked = [*others, *known[::-1], *others]
    positions = {name: row for row, name in enumerate(known)}
    assert rows(NameIndex(known), asked) == [positions.get(name, -1) for name in asked]


def test_thousands() -> None:
    """Thousands of names that differ little are all told apart, in any order."""
    known = [f"ip-10-{n >> 8}-{n & 255}.eu-central-1.compute.internal" for n in range(20_000)]
    order = np.random.default_rng(1).permutation(len(known)).tolist()
    assert rows(NameIndex(known), [known[n] for n in order]) == order
