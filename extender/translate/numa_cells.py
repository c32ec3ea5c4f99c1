"""How a request's vCPUs and memory are shared out to its cells.

Source: ``nova.virt.hardware`` (``_get_numa_topology_auto``, ``_get_numa_topology_manual``).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from extender.model.numa import MOST_CELLS, NUMARequestCell, bits
from extender.translate.errors import shown
from extender.translate.numa_policies import Policies
from extender.translate.numa_specs import NUMAError, Specs, conflict, cpu_bits

_LISTS = "hw:numa_cpus.N and hw:numa_mem.N"
_LISTED = re.compile(r"(hw:numa_(?:cpus|mem))\.([0-9]{1,4})")
_MEMORY = re.compile(r"[0-9]{1,15}")


class Amounts(NamedTuple):
    """What is to be shared out: vCPUs and MiB."""

    vcpus: int
    memory: int


def requested_cells(
    specs: Specs, nodes: int, flavor: Amounts, policies: Policies
) -> tuple[NUMARequestCell, ...]:
    """The cells: shared out evenly, or as the lists say.

    Args:
        specs: where the lists are.
        nodes: how many cells there are to be.
        flavor: what is to be shared out.
        policies: which of the vCPUs are dedicated.

    Raises:
        NUMAError: it cannot be shared out evenly, or the lists do not give each vCPU to one cell
            and all of the memory.
    """
    cpus, memory = _cpu_lists(specs), _memory_list(specs)
    if cpus is None and memory is None:
        return _evenly(nodes, flavor, policies)
    if cpus is None or memory is None or not len(cpus) == len(memory) == nodes:
        found = f"{len(cpus or ())} lists of CPUs and {len(memory or ())} of memory"
        raise NUMAError(_LISTS, found, f"one of each for each of the {nodes} cells")
    _check(cpus, memory, flavor)
    return tuple(
        _cell(number, mask.bit_count(), policies.dedicated_among(mask), amount)
        for number, (mask, amount) in enumerate(zip(cpus, memory, strict=True))
    )


def _evenly(nodes: int, flavor: Amounts, policies: Policies) -> tuple[NUMARequestCell, ...]:
    vcpus, memory = flavor.vcpus // nodes, flavor.memory // nodes
    if flavor != Amounts(vcpus * nodes, memory * nodes):
        wrong = f"{flavor.vcpus} vCPUs and {flavor.memory} MiB cannot be shared out evenly"
        raise NUMAError(f"hw:numa_nodes {nodes}", wrong, f"whole multiples, or {_LISTS}")
    return tuple(
        _cell(number, vcpus, policies.dedicated_from(number * vcpus, vcpus), memory)
        for number in range(nodes)
    )


def _cell(number: int, vcpus: int, dedicated: int, memory: int) -> NUMARequestCell:
    return NUMARequestCell(id=number, shared=vcpus - dedicated, dedicated=dedicated, memory=memory)


def _cpu_lists(specs: Specs) -> list[int] | None:
    """The vCPUs of each cell, as bits; ``None`` where nothing is listed."""
    texts, image = _listed(specs, "numa_cpus"), specs.image("numa_cpus")
    if texts and image is not None:
        raise conflict("numa_cpus", "one of them")
    if isinstance(image, list):
        return [bits(cpus) for cpus in image]
    found = [cpu_bits(f"extra spec hw:numa_cpus.{n}", text) for n, text in enumerate(texts)]
    return found or None


def _memory_list(specs: Specs) -> list[int] | None:
    """The MiB of each cell; ``None`` where nothing is listed."""
    texts, image = _listed(specs, "numa_mem"), specs.image("numa_mem")
    if texts and image is not None:
        raise conflict("numa_mem", "one of them")
    where = "image property hw_numa_mem"
    if isinstance(image, list):
        texts = [str(amount) for amount in image]
    else:
        where = "extra spec hw:numa_mem"
    for number, text in enumerate(texts):
        if _MEMORY.fullmatch(text) is None:
            raise NUMAError(f"{where}.{number}", f"{shown(text, 80)} cannot be", "whole MiB")
    return [int(text) for text in texts] or None


def _listed(specs: Specs, name: str) -> list[str]:
    """The flavor's texts by cell; one after a gap is refused, where Nova passes it over.

    Raises:
        NUMAError: there is a gap.
    """
    found = {
        int(match[2]): text
        for key, text in specs.extra_specs.items()
        if (match := _LISTED.fullmatch(key)) and match[1] == f"hw:{name}"
    }
    if found and max(found) >= min(len(found), MOST_CELLS):
        last = f"there is hw:{name}.{max(found)}"
        raise NUMAError(f"extra spec hw:{name}.N", last, f"0, 1 and so on, below {MOST_CELLS}")
    return [found[number] for number in sorted(found)]


def _check(cpus: list[int], memory: list[int], flavor: Amounts) -> None:
    """Each vCPU is in one list, and the memory is all shared out.

    Raises:
        NUMAError: it is not so.
    """
    seen = 0
    for mask in cpus:
        if seen & mask:
            raise NUMAError(_LISTS, "a vCPU is in two cells", "each vCPU in one cell")
        seen |= mask
    if seen.bit_length() > flavor.vcpus or seen.bit_count() < flavor.vcpus:
        wrong = f"{seen.bit_count()} vCPUs up to {seen.bit_length() - 1} are listed"
        raise NUMAError(_LISTS, wrong, f"each of 0 to {flavor.vcpus - 1}")
    if sum(memory) != flavor.memory:
        raise NUMAError(_LISTS, f"they have {sum(memory)} MiB", f"{flavor.memory} MiB in all")
