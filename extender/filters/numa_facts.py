"""What NUMATopologyFilter tells people: the cells asked for, and what each cell of a host has."""

from __future__ import annotations

from extender.model.facts import Facts, Source
from extender.model.host_parts import Unreadable
from extender.model.host_state import HostState
from extender.model.numa import ANY, LARGE, MOST_MEMORY, SMALL, Kind, NUMARequest, NUMATopology
from extender.model.numa_fit import compatible_cells, fit, fits
from extender.model.numa_room import Room
from extender.model.request_spec import RequestSpec

SHOWN = 8
"""Cells of a host that are shown one by one."""

_ANNOTATION = "node annotation nova-extender.io/numa_topology"
_OBJECT = "NodeResourceTopology of the node"
_REQUEST = "extra specs and image properties"
_WORDS = {SMALL: "small", LARGE: "large", ANY: "any"}


def facts(host: HostState, spec: RequestSpec) -> Facts:
    """What is asked for, which cells of the host it fits, and what each of them has left."""
    request, topology = spec.numa_topology, host.numa_topology
    source = _topology_source(host, topology)
    if request is None or not request.cells:
        return Facts(sources=(Source("numa_topology", "none", f"no cells in {_REQUEST}"), source))
    sources: tuple[Source, ...] = (
        Source("hw:numa_nodes", str(len(request.cells)), _REQUEST),
        Source("hw:cpu_policy", request.cpu_policy or "none", _REQUEST),
        Source("hw:cpu_thread_policy", request.cpu_thread_policy or "none", _REQUEST),
        Source("hw:mem_page_size", _size(request.pagesize), _REQUEST),
        source,
    )
    if not topology:
        return Facts(need=_need(request), have="no NUMA cells", sources=sources)
    if request.floating:
        cpu, ram = host.cpu, host.ram
        sources += (
            Source("cpu ratio", f"{float(cpu.ratio):g}", cpu.ratio_from),
            Source("ram ratio", f"{float(ram.ratio):g}", ram.ratio_from),
        )
    return Facts(
        need=_need(request),
        have=_have(host, spec, request, topology),
        sources=sources + _cell_sources(host, request, topology),
    )


def _topology_source(host: HostState, topology: NUMATopology | None) -> Source:
    if int(host.unreadable) & int(Unreadable.NUMA):
        return Source("cells", "not readable", _ANNOTATION)
    if topology is None:
        return Source("cells", "none", f"neither {_ANNOTATION} nor {_OBJECT}")
    where = _ANNOTATION if host.reported_numa is not None else _OBJECT
    return Source("cells", str(len(topology)), where)


def _need(request: NUMARequest) -> str:
    """Each kind of cell that is asked for."""
    return "; ".join(_asked(number, kind) for kind, number in request.kinds.items())


def _asked(number: int, kind: Kind) -> str:
    words = [f"{kind.shared} shared CPUs"] if kind.shared or not kind.dedicated else []
    if kind.dedicated:
        words.append(f"{kind.dedicated} dedicated CPUs")
    if kind.reserved:
        words.append(f"{kind.reserved} for emulator threads")
    return f"{number} × {' + '.join(words)}, {kind.memory} MiB"


def _have(host: HostState, spec: RequestSpec, request: NUMARequest, topology: NUMATopology) -> str:
    """Where the requested cells would go, or what of the host each fits."""
    places = fit(host, spec, topology, request, range(len(topology)))
    ids = [cell.id for cell in topology.cells]
    if places is not None:
        return "fits cells " + ", ".join(str(ids[place]) for place in places)
    compatible = compatible_cells(topology, request, host.cpu.ratio, host.ram.ratio)
    named = dict(zip(request.needs, compatible, strict=True))
    return "; ".join(
        f"{_asked(request.kinds[kind], kind)}: fits {mask.bit_count()} of {len(ids)} cells"
        for kind, mask in named.items()
    )


def _cell_sources(
    host: HostState, request: NUMARequest, topology: NUMATopology
) -> tuple[Source, ...]:
    """What the first cells have left, and whether a requested cell fits them."""
    found = []
    ratios = host.cpu.ratio, host.ram.ratio
    for cell, room in list(zip(topology.cells, topology.rooms, strict=True))[:SHOWN]:
        suits = any(fits(kind, request, room, *ratios) for kind in request.kinds)
        text = f"{_left(request, room)}: {'fits' if suits else 'does not fit'}"
        found.append(Source(f"cell {cell.id}", text, "as the node tells it"))
    return tuple(found)


def _left(request: NUMARequest, room: Room) -> str:
    """What of a cell is left, as far as the request asks for it."""
    words = []
    if request.floating:
        words.append(f"{room.cpu_usage} of {room.cpus} shared CPUs used")
    if request.pinned:
        words.append(f"{room.loose} dedicated CPUs free")
        if request.cpu_thread_policy == "isolate":
            words.append(f"{room.whole} whole cores free")
        if request.cpu_thread_policy == "require":
            words.append(f"{room.paired} CPUs free beside a sibling")
    if room.memory >= MOST_MEMORY:
        words.append("memory not told")
    else:
        words.append(f"{room.memory_usage} of {room.memory} MiB used")
    words += [f"{free} KiB free in pages of {size} KiB" for size, free in room.pages]
    return ", ".join(words)


def _size(pagesize: int | None) -> str:
    if pagesize is None:
        return "none"
    return _WORDS.get(pagesize, f"{pagesize} KiB")
