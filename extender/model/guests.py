"""Names of what a guest needs and a host runs: architectures, hypervisor types, VM modes.

Source: ``nova.objects.fields`` (Architecture, HVType, VMMode) of release 34, to which is added what
Kubernetes has beyond it: riscv64, containerd, cri-o, and its own names of architectures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class GuestNames:
    """The names of one kind, and other spellings that stand for them; capitals do not matter."""

    names: tuple[str, ...]
    others: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def canonical(self, name: str) -> str | None:
        """The name that is meant, ``None`` for an unknown one (Nova raises)."""
        lowered = name.lower()
        found = self.others.get(lowered, lowered)
        return found if found in self.names else None


ARCHITECTURES = GuestNames(
    (
        *("aarch64", "alpha", "armv6", "armv7b", "armv7l", "cris", "i686", "ia64", "lm32", "m68k"),
        *("microblaze", "microblazeel", "mips", "mips64", "mips64el", "mipsel", "openrisc"),
        *("parisc", "parisc64", "ppc", "ppc64", "ppc64le", "ppcemb", "ppcle", "riscv64"),
        *("s390", "s390x", "sh4", "sh4eb", "sparc", "sparc64", "unicore32", "x86_64"),
        *("xtensa", "xtensaeb"),
    ),
    MappingProxyType(
        {
            **dict.fromkeys(("i386", "i486", "i586", "x86_32", "x86_32p"), "i686"),
            "386": "i686",
            "amd64": "x86_64",
            "arm": "armv7l",
            "arm64": "aarch64",
        }
    ),
)

HYPERVISOR_TYPES = GuestNames(
    (
        *("baremetal", "bhyve", "containerd", "cri-o", "docker", "fake", "hyperv", "ironic"),
        *("kqemu", "kvm", "lxc", "lxd", "openvz", "parallels", "phyp", "prsm", "qemu", "test"),
        *("uml", "vbox", "vmware", "vz", "xen", "zvm"),
    ),
    MappingProxyType({"xapi": "xen"}),
)

VM_MODES = GuestNames(
    ("exe", "hvm", "uml", "xen"),
    MappingProxyType({"baremetal": "hvm", "hv": "hvm", "pv": "xen"}),
)
"""``exe`` is Nova's mode of containers."""
