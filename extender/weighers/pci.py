"""Hosts by free devices: a positive multiplier keeps hosts with devices for those who ask."""

from __future__ import annotations

import numpy as np

from extender.model.devices import free_devices
from extender.model.host_table import HostTable
from extender.model.request_spec import RequestSpec
from extender.weighers.base import Float64, HostWeigher

_MOST = 99


class PCIWeigher(HostWeigher):
    """Raw weight: 100 less the free devices, of which at most 99 count; whatever is requested.

    Source: ``PCIWeigher``, Nova 16.0.0 on.
    """

    multiplier_option = "pci_weight_multiplier"
    added_in = "16.0.0"

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """From 100 without devices down to 1."""
        del spec
        return (_MOST + 1 - np.minimum(free_devices(hosts), _MOST)).astype(np.float64)
