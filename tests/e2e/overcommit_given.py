"""The words and amounts of the scenarios of overcommit.

The node has 32 CPUs (32000 milli-cores), 256 GiB of memory and 100 GiB of disk.
"""

from __future__ import annotations

from tests.e2e.overcommit_steps import Annotate, Expected, Heartbeat, Step

MEMORY = 274_877_906_944
DISK = 107_374_182_400
RESERVED = 273_804_165_120

MEMORY_ALLOWED = {"allowMemoryOvercommit": True}
DEFAULTS = {
    "allowMemoryOvercommit": True,
    "defaultRatios": {"cpu": "4.0", "memory": "1.5", "ephemeral-storage": ""},
}
SELECTED = {"nodeSelector": {"nova-extender.io/overcommit": "true"}}

CPU_RATIO = "cpu_allocation_ratio"
RAM_RATIO = "ram_allocation_ratio"
DISK_RATIO = "disk_allocation_ratio"
FLOOR = "allocatable_floor_cpu"
POLICY = "memory_manager_policy"
SAVED_RAW = "raw_allocatable_cpu"
SAVEDAMPLIFIED = "amplified_allocatable_cpu"

TWICE: Expected = {"cpu": (32_000, 64_000)}
FOUR_TIMES: Expected = {"cpu": (32_000, 128_000)}
PLAIN: Expected = {}

AMPLIFIED: tuple[tuple[Step, Expected | None], ...] = (
    (Annotate({CPU_RATIO: "4"}), PLAIN),
    (Heartbeat(), FOUR_TIMES),
)
