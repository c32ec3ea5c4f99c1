"""Where the NUMA cells that a request asks for fit into those of the host."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from extender.filters import numa_facts
from extender.filters.base import HostFilter, Verdicts
from extender.filters.numa_matching import Words, coverable, packed, placeable
from extender.filters.numa_rows import Cells, Comparison, cells_of
from extender.model.columns import Bool
from extender.model.facts import Facts
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.numa import MOST_CELLS, MOST_KINDS, NUMARequest
from extender.model.numa_devices import device_cells
from extender.model.pci import PciRequest
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec

NO_NUMA_TOPOLOGY = Reason("no_numa_topology", "host reports no NUMA topology", Category.HOST)
NO_HYPERTHREADS = Reason("no_hyperthreads", "host has no hyper-threads", Category.HOST)
TOO_FEW_NUMA_CELLS = Reason("too_few_numa_cells", "host has too few NUMA cells", Category.HOST)
NUMA_DOES_NOT_FIT = Reason(
    "numa_does_not_fit",
    "request does not fit the NUMA cells of the host",
    Category.CAPACITY,
    cured=True,
)


class NUMATopologyFilter(HostFilter):
    """Refuse hosts whose cells cannot take the cells that the request asks for, each one its own.

    A cell must have the CPUs and the memory, in pages of the size asked for. Shared CPUs and the
    memory that goes with them may be overcommitted by the host's ratios, dedicated CPUs never, and
    no instance against itself. Devices at a known cell bind the request to it. A request without
    cells passes everywhere, without an image too. The search is exhaustive, where Nova's mixes
    up what it has tried; ``limits`` are whole numbers here and so carry no ratios of cells.
    Source: ``NUMATopologyFilter``, Nova 2014.2 on.
    """

    added_in = "2014.2"
    reasons = (NO_NUMA_TOPOLOGY, NO_HYPERTHREADS, TOO_FEW_NUMA_CELLS, NUMA_DOES_NOT_FIT)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Compare each distinct host's cells with each kind of cell that is asked for."""
        request = spec.numa_topology
        if request is None or not request.cells:
            return np.zeros(len(hosts), dtype=np.uint8)
        verdicts = np.full(len(hosts), self.code(NO_NUMA_TOPOLOGY), dtype=np.uint8)
        for cells in cells_of(hosts):
            verdicts[cells.hosts] = self._judged(hosts, spec, request, cells)
        verdicts[self._unreadable(hosts, request)] = self.code(INVALID_HOST_ANNOTATION)
        return verdicts

    def _judged(
        self, hosts: HostTable, spec: RequestSpec, request: NUMARequest, cells: Cells
    ) -> Verdicts:
        """The verdicts on hosts that have cells."""
        few = cells.count < len(request.cells)
        found = np.where(few, np.uint8(self.code(TOO_FEW_NUMA_CELLS)), np.uint8(0))
        found = found.astype(np.uint8)
        fitting: list[Words] = []
        kinds = request.kinds
        if len(kinds) > MOST_KINDS or len(request.cells) > MOST_CELLS:
            found[~few] = self.code(NUMA_DOES_NOT_FIT)
        elif not few.all():
            comparison = Comparison(request, cells)
            fitting = [packed(comparison.fits(kind)) for kind in kinds]
            found[~few & ~placeable(fitting, list(kinds.values()))] = self.code(NUMA_DOES_NOT_FIT)
        if request.threads_required or request.cpu_thread_policy == "require":
            found[~cells.threads] = self.code(NO_HYPERTHREADS)
        verdicts = found[cells.codes]
        if fitting and spec.pci_requests:
            apart = ~_near_devices(hosts, spec.pci_requests, request, cells, fitting)
            verdicts[apart & (verdicts == 0)] = self.code(NUMA_DOES_NOT_FIT)
        return verdicts

    def _unreadable(self, hosts: HostTable, request: NUMARequest) -> Bool:
        """Hosts whose cells cannot be read, or whose ratios cannot and would count."""
        what = Unreadable.NUMA
        if request.floating:
            what |= Unreadable.CPU_RATIO | Unreadable.RAM_RATIO
        return hosts.cannot_read(what)

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """What is asked for, which cells of the host it fits, and what each of them has left."""
        return numa_facts.facts(host, spec)


def _near_devices(
    hosts: HostTable,
    devices: Sequence[PciRequest],
    request: NUMARequest,
    cells: Cells,
    fitting: Sequence[Words],
) -> Bool:
    """Which hosts can place the request at the devices that it asks for.

    Devices of one cell bind it to that cell, and all such cells must be taken at once. Of devices
    at several cells one cell must be among those that fit.
    """
    fitting = [fit[cells.codes] for fit in fitting]
    anywhere = np.bitwise_or.reduce(fitting)
    near = np.ones(len(cells.codes), dtype=np.bool_)
    needed = np.zeros_like(anywhere)
    policy = request.pci_numa_affinity_policy
    for device in devices:
        read = partial(device_cells, request=device, policy=policy)
        column = hosts.column_by(("numa devices", device, policy), read, np.uint64, fixed=True)
        at = column[cells.hosts]
        near &= at & anywhere != 0
        needed |= np.where(np.bitwise_count(at) == 1, at, np.uint64(0))
    return near & coverable(fitting, list(request.kinds.values()), needed)
