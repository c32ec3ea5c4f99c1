"""What a host can do: capabilities, images, metrics, devices, NUMA cells."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.conformance.case import Case
from tests.conformance.generate import operators, values
from tests.conformance.generate.base import flavor, option

CPU_INFOS: tuple[Any, ...] = (
    {"vendor": "Intel", "arch": "x86_64", "features": ["aes", "avx512f"], "topology": {"cores": 4}},
    {"vendor": "AMD", "features": [], "maxphysaddr": {"bits": 46, "mode": "emulate"}},
    {"vendor": None, "text": '{"inner": "5"}', "number": 5, "flag": True, "large": 8192.5},
    {},
)
PATHS = (
    "capabilities:cpu_info:vendor",
    "capabilities:cpu_info:features",
    "capabilities:cpu_info:features:0",
    "capabilities:cpu_info:topology:cores",
    "capabilities:cpu_info:maxphysaddr:bits",
    "capabilities:cpu_info:text:inner",
    "capabilities:cpu_info:number",
    "capabilities:cpu_info:flag",
    "capabilities:cpu_info:nothing",
    "capabilities:stats:rack",
    "capabilities:rack",
    "rack",
    "capabilities:hypervisor_type",
    "capabilities:hypervisor_version",
    "capabilities:free_ram_mb",
    "free_ram_mb",
    "vcpus_total",
    "capabilities:vcpus_used",
    "capabilities:host",
    "capabilities:nothing",
    "nothing",
    "capabilities",
    "capabilities:",
    "numa_topology",
    "capabilities:numa_topology",
    "scope:free_ram_mb",
    "capabilities:free_ram_mb:x",
    "capabilities:service:disabled",
    "capabilities:total_usable_disk_gb",
    "capabilities:num_io_ops",
    "hw:maxphysaddr_bits",
    "",
    ":",
)
ARCHITECTURES = ("x86_64", "aarch64", "i686", "amd64", "X86_64", "ppc64le", "armv7l")
HV_TYPES = ("kvm", "qemu", "QEMU", "xen", "lxc", "hyperv")
VM_MODES = ("hvm", "xen", "uml", "exe", "pv", "HVM")
VERSIONS = (None, 0, 5000, 6000000, 2001004, 7002001, 1007000)
PREDICATES: tuple[str, ...] = (
    ">=6.0",
    "<6.0.0",
    "==6.0.0",
    "!=6.0.0",
    ">=1.7,<3",
    "> 5.0 , < 7.0",
    "<=2.1.4",
)
PREDICATES += (">=2.1.4", ">5", "!=2.1.4")
METRICS = ("cpu.percent", "cpu.user.time", "cpu.idle.percent", "cpu.frequency")


def capabilities(rng: Random, case: Case) -> None:
    """Paths that lead somewhere, nowhere, or into text; the whole operator language."""
    for host in case["hosts"]:
        host["cpu_info"] = rng.choice(CPU_INFOS)
        host["hypervisor_type"] = rng.choice(("QEMU", "kvm"))
        host["stats"] = {"rack": rng.choice(("7", "a b", "9500"))} if rng.randrange(2) else {}
    specs = {}
    for path in rng.sample(PATHS, rng.choice((0, 1, 1, 1, 2, 3))):
        host = rng.choice(case["hosts"])
        specs[path] = operators.requirement(rng, _has(host, path))
        if path == "hw:maxphysaddr_bits":
            specs[path] = rng.choice(("46", "40", "48", "x", ""))
    flavor(case)["extra_specs"] = specs


def _has(host: Case, path: str) -> str | None:
    value: Any = {**host, "rack": host.get("stats", {}).get("rack")}
    for part in path.removeprefix("capabilities:").split(":"):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return None if value is None else str(value)


def image(rng: Random, case: Case) -> None:
    """Architectures, hypervisor types and modes, by all their names; versions."""
    for host in case["hosts"]:
        host["supported_instances"] = [
            [rng.choice(ARCHITECTURES[:3]), rng.choice(HV_TYPES[:2]), rng.choice(VM_MODES[:4])]
            for _ in range(rng.randrange(4))
        ]
        host["hypervisor_version"] = rng.choice(VERSIONS)
        host["cpu_info"] = {}
    properties: Case = {}
    if rng.randrange(3):
        properties["hw_architecture"] = rng.choice(ARCHITECTURES)
    if rng.randrange(2):
        properties["img_hv_type"] = rng.choice(HV_TYPES)
    if rng.randrange(2):
        properties["hw_vm_mode"] = rng.choice(VM_MODES)
    if values.chance(rng, 3):
        properties["img_hv_requested_version"] = rng.choice(PREDICATES)
    if values.chance(rng, 30):
        properties["hw_maxphysaddr_bits"] = rng.choice((40, 46))
    case["request"]["image"] = None if values.chance(rng, 12) else {"properties": properties}
    if values.chance(rng, 4):
        option(case, "image_properties_default_architecture", rng.choice(("x86_64", "aarch64")))


def metrics(rng: Random, case: Case) -> None:
    """Metrics that are there, missing, there twice; a name set twice."""
    setting = [[name, 1.0] for name in values.some(rng, METRICS, 0, 3)]
    option(case, "metrics_weight_setting", setting)
    metric_values(rng, case)


def metric_values(rng: Random, case: Case, most_missing: int = 4) -> None:
    """Give hosts metrics."""
    for host in case["hosts"]:
        host["metrics"] = [
            [name, rng.choice((0, 1, 5, 37, 100, -3))]
            for name in METRICS
            if not values.chance(rng, most_missing)
        ]
        if host["metrics"] and values.chance(rng, 6):
            host["metrics"].append([host["metrics"][0][0], 77])


POOLS: tuple[Case, ...] = (
    {"resource": "nvidia.com/gpu", "attributes": {"vendor_id": "10de", "product_id": "20b0"}},
    {"resource": "nvidia.com/t4", "attributes": {"vendor_id": "10de", "product_id": "1eb8"}},
    {"resource": "intel.com/qat", "attributes": {"vendor_id": "8086", "tag": "a"}},
    {"resource": "acme.com/x"},
)
SPECS = (
    {"resource": "nvidia.com/gpu"},
    {"vendor_id": "10de"},
    {"vendor_id": "10de", "product_id": "1eb8"},
    {"vendor_id": "10DE"},
    {"vendor_id": "8086", "tag": "a"},
    {"tag": "b"},
    {"resource": "acme.com/x", "vendor_id": "10de"},
    {"resource": "acme.com/x"},
)


def _resource(pool: Case) -> str:
    name: str = pool["resource"]
    return name


def pools(rng: Random, case: Case) -> None:
    """Pools of devices, some of them used up."""
    for host in case["hosts"]:
        host["pci_pools"] = [
            {**pool, "count": rng.choice((0, 1, 2, 4)), "used": rng.choice((0, 0, 1))}
            for pool in sorted(rng.sample(POOLS, rng.randint(0, 3)), key=_resource)
        ]


def devices(rng: Random, case: Case) -> None:
    """Requests for devices: alternatives, several requests for the same pool."""
    pools(rng, case)
    case["request"]["pci_requests"] = [
        {"count": rng.choice((1, 1, 2, 3)), "spec": rng.sample(SPECS, rng.choice((1, 1, 2)))}
        for _ in range(rng.choice((0, 1, 1, 2, 3)))
    ]
