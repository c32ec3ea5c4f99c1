"""What a request asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MIB = 1 << 20
GIB = 1 << 30
NO_EXTRA_SPECS: Mapping[str, str] = MappingProxyType({})


def vcpus(milli: int) -> int | float:
    """Milli-cores in Nova's unit: 4000 is ``4``, 3920 is ``3.92``."""
    return milli // 1000 if milli % 1000 == 0 else milli / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """Nova's ``Flavor``: amounts in milli-cores and bytes, Nova's units as properties."""

    name: str = ""
    milli_vcpus: int = 0
    memory: int = 0
    root: int = 0
    ephemeral: int = 0
    swap_bytes: int = 0
    extra_specs: Mapping[str, str] = field(default_factory=lambda: NO_EXTRA_SPECS)

    @property
    def disk(self) -> int:
        """All that DiskFilter demands, in bytes: root, ephemeral and swap."""
        return self.root + self.ephemeral + self.swap_bytes

    @property
    def vcpus(self) -> int | float:
        """Virtual CPUs."""
        return vcpus(self.milli_vcpus)

    @property
    def memory_mb(self) -> int:
        """Memory in MiB, floored."""
        return self.memory // MIB

    @property
    def root_gb(self) -> int:
        """Root disk in GiB, floored."""
        return self.root // GIB

    @property
    def ephemeral_gb(self) -> int:
        """Ephemeral disk in GiB, floored."""
        return self.ephemeral // GIB

    @property
    def swap(self) -> int:
        """Swap in MiB, floored."""
        return self.swap_bytes // MIB
