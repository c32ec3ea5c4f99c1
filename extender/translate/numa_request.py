"""The NUMA cells that a request asks for, from extra specs and image properties.

Source: ``nova.virt.hardware.numa_get_constraints``, which Nova's API runs before the scheduler;
what makes it raise makes the pod be refused here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extender.model.flavor import MIB
from extender.model.numa import MOST_CELLS, MOST_KINDS, NUMARequest
from extender.translate.errors import shown
from extender.translate.numa_cells import Amounts, requested_cells
from extender.translate.numa_policies import read_policies
from extender.translate.numa_specs import NUMAError, Specs, conflict, page_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extender.model.flavor import Flavor

_KEYS = ("hw:", "resources", "trait")
"""How the extra specs begin that are read here; most flavors have none."""

PCI_POLICIES = ("required", "legacy", "preferred", "socket")

_NODES = re.compile(r"[1-9][0-9]{0,5}")


def numa_request(flavor: Flavor, properties: Mapping[str, object]) -> NUMARequest | None:
    """The cells that a request asks for; ``None`` where it asks for none.

    Cells follow from ``hw:numa_nodes``, ``hw:mem_page_size``, ``hw:pmem`` or a CPU policy with
    dedicated CPUs; the policy is given or follows from ``resources:PCPU``. vCPUs and MiB are
    rounded up to whole ones.

    Args:
        flavor: amounts and extra specs.
        properties: the image's, typed.

    Raises:
        NUMAError: a value that cannot be, or values that contradict each other.
    """
    if not properties and not any(key.startswith(_KEYS) for key in flavor.extra_specs):
        return None
    specs = Specs(flavor.extra_specs, properties)
    vcpus, memory = -(-flavor.milli_vcpus // 1000), -(-flavor.memory // MIB)
    policies = read_policies(specs, vcpus)
    nodes = _nodes(specs)
    pagesize = page_size(specs)
    if not (nodes or pagesize or policies.pinned or _has_pmem(specs)):
        return None
    request = NUMARequest(
        cells=requested_cells(specs, nodes or 1, Amounts(vcpus, memory), policies),
        cpu_policy=policies.cpu,
        cpu_thread_policy=policies.thread,
        pagesize=pagesize,
        emulator_threads_isolated=policies.emulator == "isolate",
        threads_required=policies.threads_required,
        pci_numa_affinity_policy=_pci_policy(specs),
    )
    if len(request.kinds) > MOST_KINDS:
        wrong = f"they make {len(request.kinds)} cells of different size"
        raise NUMAError("hw:numa_cpus.N and hw:numa_mem.N", wrong, f"at most {MOST_KINDS}")
    return request


def _nodes(specs: Specs) -> int | None:
    """How many cells are asked for; ``None`` where that is not said."""
    where, given = specs.one("numa_nodes", "one of them")
    if given is None:
        return None
    if _NODES.fullmatch(str(given)) is None or int(str(given)) > MOST_CELLS:
        wrong = f"{shown(str(given), 80)} is no number of cells"
        raise NUMAError(where, wrong, f"1 to {MOST_CELLS}")
    return int(str(given))


def _has_pmem(specs: Specs) -> bool:
    """Whether persistent memory is asked for; a cell is all that follows from it here."""
    return any(label.strip() for label in (specs.flavor("pmem") or "").split(","))


def _pci_policy(specs: Specs) -> str:
    """Where devices must be."""
    flavor, image = specs.word("pci_numa_affinity_policy", PCI_POLICIES)
    if flavor is not None and image is not None and flavor != image:
        raise conflict("pci_numa_affinity_policy", "the same policy")
    return flavor or image or "legacy"
