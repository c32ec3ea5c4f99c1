"""Hosts by cell: a move that may leave its cell stays in it, if that can be."""

from __future__ import annotations

import numpy as np

from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher


class CrossCellWeigher(HostWeigher):
    """Raw weight: 1 in the requested destination's cell and −1 in others, else 0.

    For requests whose ``requested_destination`` names a cell and sets ``allow_cross_cell_move``; a
    node's cell is its label ``nova-extender.io/cell``.
    Source: ``CrossCellWeigher``, Nova 21.0.0 on.
    """

    multiplier_option = "cross_cell_move_weight_multiplier"
    added_in = "21.0.0"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """Compare cells."""
        wanted = spec.requested_destination
        if wanted is None or not wanted.allow_cross_cell_move or not wanted.cell:
            return np.zeros(len(hosts), dtype=np.float64)
        return np.where(hosts.encoded("cell_uuid").isin((wanted.cell,)), 1.0, -1.0)
