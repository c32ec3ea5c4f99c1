"""The CPU policies that a request asks for, and which of its vCPUs are dedicated.

Source: ``nova.virt.hardware`` (``numa_get_constraints`` and the constraints it collects).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from extender.model.numa import MOST_CPUS
from extender.translate.errors import shown
from extender.translate.numa_specs import NUMAError, Specs, conflict, cpu_bits

CPU_POLICIES = ("dedicated", "shared", "mixed")
THREAD_POLICIES = ("prefer", "isolate", "require")
EMULATOR_POLICIES = ("share", "isolate")

_CPU, _THREADS = "extra spec hw:cpu_policy", "extra spec hw:cpu_thread_policy"
_DEDICATED_MASK, _REALTIME_MASK = "extra spec hw:cpu_dedicated_mask", "hw:cpu_realtime_mask"
_RESOURCES = re.compile(r"resources(?:[1-9][0-9]*)?:([VP]CPU)")
_TRAIT = re.compile(r"trait(?:[1-9][0-9]*)?:HW_CPU_HYPERTHREADING")
_NUMBER = re.compile(r"[0-9]{1,9}")


class Policies(NamedTuple):
    """What a request asks of CPUs.

    Args:
        cpu: ``shared``, ``dedicated``, ``mixed``, or ``None``.
        thread: ``prefer``, ``isolate``, ``require``, or ``None``.
        emulator: ``share``, ``isolate``, or ``None``.
        mask: with ``mixed``, the vCPUs that are dedicated, as bits; else 0.
        threads_required: whether the host must have hyper-threads whatever comes of the policies:
            NUMATopologyFilter looks at the words themselves, of the flavor and of the image.
    """

    cpu: str | None = None
    thread: str | None = None
    emulator: str | None = None
    mask: int = 0
    threads_required: bool = False

    @property
    def pinned(self) -> bool:
        """Whether there are dedicated CPUs."""
        return self.cpu in ("dedicated", "mixed")

    def dedicated_among(self, cpus: int) -> int:
        """How many of these vCPUs, given as bits, are dedicated."""
        return cpus.bit_count() if self.cpu == "dedicated" else (cpus & self.mask).bit_count()

    def dedicated_from(self, first: int, number: int) -> int:
        """How many of so many vCPUs from the first one on are dedicated."""
        if self.cpu == "dedicated":
            return number
        bits = (1 << min(number, MOST_CPUS)) - 1
        return (self.mask >> min(first, MOST_CPUS) & bits).bit_count()


def read_policies(specs: Specs, vcpus: int) -> Policies:
    """The policies, none of which contradicts another.

    Args:
        specs: what flavor and image say.
        vcpus: how many the flavor has.

    Raises:
        NUMAError: a word that is no policy, a mask that is none, or a contradiction.
    """
    emulator, _ = specs.word("emulator_threads_policy", EMULATOR_POLICIES)
    cpu = _with_resources(specs, _cpu_policy(specs), emulator, vcpus)
    thread = _with_trait(specs, _thread_policy(specs))
    realtime = _realtime(specs, vcpus, emulator)
    dedicated = _dedicated(specs, vcpus)
    if dedicated is not None and cpu != "mixed":
        raise NUMAError(_DEDICATED_MASK, "it goes with policy mixed only", f"{_CPU} mixed")
    if cpu == "mixed":
        if (dedicated is None) == (realtime is None):
            found = "there is no mask" if dedicated is None else "there are two masks"
            accepted = "hw:cpu_dedicated_mask or hw:cpu_realtime_mask, not both"
            raise NUMAError(f"{_CPU} mixed", found, accepted)
        mask = realtime if dedicated is None else dedicated
        return Policies(cpu, thread, emulator, mask or 0, thread == "require")
    if cpu != "dedicated":
        _check_shared(thread, emulator, realtime)
    words = specs.word("cpu_thread_policy", THREAD_POLICIES)
    return Policies(cpu, thread, emulator, threads_required="require" in (thread, *words))


def _check_shared(thread: str | None, emulator: str | None, realtime: int | None) -> None:
    """What goes with dedicated CPUs only."""
    for where, given in (
        (f"{_THREADS} (or trait HW_CPU_HYPERTHREADING)", thread is not None),
        ("extra spec hw:emulator_threads_policy", emulator == "isolate"),
        ("extra spec hw:cpu_realtime", realtime is not None),
    ):
        if given:
            wrong = "it does not go with shared CPUs"
            raise NUMAError(where, wrong, "hw:cpu_policy dedicated or mixed beside it")


def _cpu_policy(specs: Specs) -> str | None:
    flavor, image = specs.word("cpu_policy", CPU_POLICIES)
    refused = {"mixed": ("dedicated",), "shared": ("mixed", "dedicated")}.get(flavor or "", ())
    if image in refused:
        raise conflict("cpu_policy", "the same policy, or dedicated in the extra spec")
    return flavor or image


def _with_resources(
    specs: Specs, policy: str | None, emulator: str | None, vcpus: int
) -> str | None:
    """The policy that ``resources:VCPU`` and ``resources:PCPU`` ask for, else the one given."""
    asked = {"VCPU": 0, "PCPU": 0}
    for key, value in specs.extra_specs.items():
        match = _RESOURCES.fullmatch(key)
        if match is not None and _NUMBER.fullmatch(value):
            asked[match[1]] += int(value)
    if not any(asked.values()):
        return policy
    where = "extra specs resources:VCPU and resources:PCPU"
    if policy is not None:
        raise NUMAError(where, "hw:cpu_policy says it otherwise", "one or the other")
    if all(asked.values()):
        raise NUMAError(where, "both are asked for", "one or the other")
    if asked["VCPU"]:
        return "shared"
    needed = vcpus + (emulator == "isolate")
    if asked["PCPU"] != needed:
        raise NUMAError(where, f"{asked['PCPU']} PCPU are asked for", f"{needed}, as vCPUs")
    return "dedicated"


def _thread_policy(specs: Specs) -> str | None:
    flavor, image = specs.word("cpu_thread_policy", THREAD_POLICIES)
    if flavor not in (None, "prefer", image) and image is not None:
        raise conflict("cpu_thread_policy", "the same policy, or prefer in the extra spec")
    return flavor or image


def _with_trait(specs: Specs, policy: str | None) -> str | None:
    """The thread policy that trait HW_CPU_HYPERTHREADING asks for, else the one given."""
    wanted = next((v for key, v in specs.extra_specs.items() if _TRAIT.fullmatch(key)), None)
    required = specs.properties.get("traits_required")
    if wanted is None and isinstance(required, list) and "HW_CPU_HYPERTHREADING" in required:
        wanted = "required"
    if wanted and policy is not None:
        where = "trait HW_CPU_HYPERTHREADING"
        raise NUMAError(where, f"{_THREADS} says it otherwise", "one of them")
    return {"required": "require", "forbidden": "isolate"}.get(wanted or "", policy)


def _realtime(specs: Specs, vcpus: int, emulator: str | None) -> int | None:
    """The vCPUs that run in real time, as bits; ``None`` where none does."""
    if not specs.flag("cpu_realtime"):
        return None
    image = specs.image("cpu_realtime_mask")
    mask = str(image) if image else specs.flavor("cpu_realtime_mask")
    found = _masked(_REALTIME_MASK, mask, vcpus) if mask else _every(_REALTIME_MASK, vcpus)
    if not found or (found.bit_count() == vcpus and emulator is None):
        accepted = "some of the vCPUs, or hw:emulator_threads_policy beside it"
        raise NUMAError(_REALTIME_MASK, "it leaves no CPU for the emulator threads", accepted)
    return found


def _dedicated(specs: Specs, vcpus: int) -> int | None:
    """The vCPUs of ``hw:cpu_dedicated_mask``, as bits."""
    mask = specs.flavor("cpu_dedicated_mask")
    if mask is None:
        return None
    found = _masked(_DEDICATED_MASK, mask, vcpus)
    if not 0 < found.bit_count() < vcpus:
        wrong = f"{shown(mask, 80)} is none or all of the vCPUs"
        raise NUMAError(_DEDICATED_MASK, wrong, "some of them")
    return found


def _masked(where: str, mask: str, vcpus: int) -> int:
    """The vCPUs of a mask, as bits; one that begins with ^ takes away from all."""
    text = f"0-{vcpus - 1},{mask}" if mask.strip().startswith("^") else mask
    found = cpu_bits(where, text)
    if found.bit_length() > vcpus:
        raise NUMAError(where, f"{shown(mask, 80)} is beyond the vCPUs", f"0 to {vcpus - 1}")
    return found


def _every(where: str, vcpus: int) -> int:
    return cpu_bits(where, f"0-{vcpus - 1}")
