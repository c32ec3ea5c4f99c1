"""CrossCellWeigher: a move that may leave its cell stays in it, if that can be."""

from __future__ import annotations

import numpy as np
import pytest

from extender.model.request_spec import Destination, RequestSpec
from extender.weighers.cross_cell import CrossCellWeigher
from tests.builders import aggregate, host, spec, table

HOSTS = table(
    host("a", cell_uuid="cell1"),
    host("b", cell_uuid="cell2"),
    host("c"),
    host("d", cell_uuid="Cell1"),
)


def to(cell: str | None, *, allowed: bool = True) -> RequestSpec:
    """A request for a move to this cell."""
    return spec(requested_destination=Destination(cell=cell, allow_cross_cell_move=allowed))


def test_own_cell_first() -> None:
    """1 in the cell, −1 elsewhere: in another, in none, in one of another case."""
    assert CrossCellWeigher().weigh_objects(HOSTS, to("cell1")).tolist() == [1.0, -1.0, -1.0, -1.0]


def test_cell_that_no_host_is_in() -> None:
    """All are elsewhere then."""
    assert CrossCellWeigher().weigh_objects(HOSTS, to("cell9")).tolist() == [-1.0] * 4


@pytest.mark.parametrize(
    "asked", [spec(), to(None), to(""), to("cell1", allowed=False), to(None, allowed=False)]
)
def test_no_move_across_cells(asked: RequestSpec) -> None:
    """All weigh nothing where no cell is named or none may be left."""
    assert CrossCellWeigher().weigh_objects(HOSTS, asked).tolist() == [0.0] * 4


def test_a_view() -> None:
    """Some hosts in another order."""
    view = HOSTS.take(np.array([1, 0], dtype=np.intp))
    assert CrossCellWeigher().weigh_objects(view, to("cell1")).tolist() == [-1.0, 1.0]


def test_multiplier() -> None:
    """It outweighs all but build failures by default."""
    assert CrossCellWeigher().weight_multiplier(table(host())) == 1000000.0
    mild = aggregate(cross_cell_move_weight_multiplier="2")
    multiplier = CrossCellWeigher().weight_multiplier(table(host(aggregates=(mild,))))
    assert np.asarray(multiplier).tolist() == [2.0]
