"""Names of architectures, hypervisor types and VM modes."""

from __future__ import annotations

import pytest

from extender.model.guests import ARCHITECTURES, HYPERVISOR_TYPES, VM_MODES, GuestNames


@pytest.mark.parametrize(
    ("kind", "written", "found"),
    [
        (ARCHITECTURES, "x86_64", "x86_64"),
        (ARCHITECTURES, "X86_64", "x86_64"),
        (ARCHITECTURES, "AMD64", "x86_64"),
        (ARCHITECTURES, "i386", "i686"),
        (ARCHITECTURES, "i486", "i686"),
        (ARCHITECTURES, "i586", "i686"),
        (ARCHITECTURES, "x86_32", "i686"),
        (ARCHITECTURES, "x86_32p", "i686"),
        (ARCHITECTURES, "ppc64le", "ppc64le"),
        (HYPERVISOR_TYPES, "KVM", "kvm"),
        (HYPERVISOR_TYPES, "xapi", "xen"),
        (HYPERVISOR_TYPES, "qemu", "qemu"),
        (VM_MODES, "pv", "xen"),
        (VM_MODES, "HV", "hvm"),
        (VM_MODES, "baremetal", "hvm"),
        (VM_MODES, "exe", "exe"),
    ],
)
def test_novas_spellings(kind: GuestNames, written: str, found: str) -> None:
    """Capitals do not matter, and old names stand for today's."""
    assert kind.canonical(written) == found


@pytest.mark.parametrize(
    ("kind", "written", "found"),
    [
        (ARCHITECTURES, "arm64", "aarch64"),
        (ARCHITECTURES, "arm", "armv7l"),
        (ARCHITECTURES, "386", "i686"),
        (ARCHITECTURES, "riscv64", "riscv64"),
        (HYPERVISOR_TYPES, "containerd", "containerd"),
        (HYPERVISOR_TYPES, "cri-o", "cri-o"),
        (HYPERVISOR_TYPES, "docker", "docker"),
    ],
)
def test_kubernetes_names(kind: GuestNames, written: str, found: str) -> None:
    """What the kubelet reports is known beside Nova's names."""
    assert kind.canonical(written) == found


@pytest.mark.parametrize("kind", [ARCHITECTURES, HYPERVISOR_TYPES, VM_MODES])
@pytest.mark.parametrize("written", ["", " ", "x86-64", " x86_64", "x86_64 ", "none", "\uff4bvm"])
def test_unknown_names(kind: GuestNames, written: str) -> None:
    """Blanks and letters that merely look alike make another name."""
    assert kind.canonical(written) is None


@pytest.mark.parametrize("kind", [ARCHITECTURES, HYPERVISOR_TYPES, VM_MODES])
def test_names_are_canonical(kind: GuestNames) -> None:
    """A name stands for itself, unless it is another's old spelling, and what is meant is known."""
    assert len(set(kind.names)) == len(kind.names)
    assert all(kind.canonical(name) == name for name in kind.names)
    assert set(kind.others.values()) <= set(kind.names)


def test_how_many_nova_knows() -> None:
    """Nova 34 has 34 architectures, 22 hypervisor types and 4 VM modes; we add 1, 2 and none."""
    assert len(ARCHITECTURES.names) == 34 + 1
    assert len(HYPERVISOR_TYPES.names) == 22 + 2
    assert len(VM_MODES.names) == 4
