"""CPU policies: what they come from, and which contradict one another."""

from __future__ import annotations

import pytest

from extender.translate.numa_policies import Policies, read_policies
from extender.translate.numa_specs import NUMAError, Specs


def read(extra_specs: dict[str, str], **properties: object) -> Policies:
    """The policies of a flavor of four vCPUs and an image; keys without their prefixes."""
    given = {key if ":" in key else f"hw:{key}": value for key, value in extra_specs.items()}
    image = {
        name if name == "traits_required" else f"hw_{name}": value
        for name, value in properties.items()
    }
    return read_policies(Specs(given, image), 4)


@pytest.mark.parametrize(
    ("flavor", "image", "policy"),
    [
        (None, None, None),
        ("shared", None, "shared"),
        (None, "shared", "shared"),
        ("dedicated", None, "dedicated"),
        ("dedicated", "shared", "dedicated"),
        ("dedicated", "mixed", "dedicated"),
        ("shared", "shared", "shared"),
        ("mixed", "shared", "mixed"),
        ("mixed", "mixed", "mixed"),
        (None, "mixed", "mixed"),
    ],
)
def test_cpu_policy(flavor: str | None, image: str | None, policy: str | None) -> None:
    """The flavor's, else the image's."""
    specs = {} if flavor is None else {"cpu_policy": flavor}
    if policy == "mixed":
        specs["cpu_dedicated_mask"] = "0"
    properties = {} if image is None else {"cpu_policy": image}
    assert read(specs, **properties).cpu == policy


@pytest.mark.parametrize(
    ("flavor", "image"), [("shared", "dedicated"), ("shared", "mixed"), ("mixed", "dedicated")]
)
def test_cpu_policies_that_do_not_go_together(flavor: str, image: str) -> None:
    """An image cannot have more dedicated CPUs than the flavor lets."""
    with pytest.raises(NUMAError, match="hw:cpu_policy and image property hw_cpu_policy: they do"):
        read({"cpu_policy": flavor}, cpu_policy=image)


@pytest.mark.parametrize(
    ("flavor", "image", "policy", "required"),
    [
        (None, None, None, False),
        ("prefer", None, "prefer", False),
        (None, "isolate", "isolate", False),
        ("prefer", "isolate", "prefer", False),
        ("prefer", "require", "prefer", True),  # the words alone count for the host
        ("require", None, "require", True),
        ("require", "require", "require", True),
        (None, "require", "require", True),
    ],
)
def test_thread_policy(
    flavor: str | None, image: str | None, policy: str | None, required: bool
) -> None:
    """The flavor's, else the image's."""
    specs = {"cpu_policy": "dedicated"}
    if flavor is not None:
        specs["cpu_thread_policy"] = flavor
    properties = {} if image is None else {"cpu_thread_policy": image}
    found = read(specs, **properties)
    assert (found.thread, found.threads_required) == (policy, required)


@pytest.mark.parametrize(
    ("extra_specs", "properties", "wrong"),
    [
        ({"cpu_policy": "Dedicated"}, {}, "extra spec hw:cpu_policy: 'Dedicated' is no policy"),
        ({}, {"cpu_policy": "x"}, "image property hw_cpu_policy: 'x' is no policy"),
        ({"cpu_thread_policy": "x"}, {}, "extra spec hw:cpu_thread_policy: 'x' is no policy"),
        (
            {"cpu_policy": "dedicated", "cpu_thread_policy": "isolate"},
            {"cpu_thread_policy": "require"},
            "hw:cpu_thread_policy and image property hw_cpu_thread_policy: they do not go",
        ),
        (
            {"cpu_policy": "dedicated", "cpu_thread_policy": "require"},
            {"cpu_thread_policy": "prefer"},
            "they do not go together",
        ),
        ({"cpu_thread_policy": "prefer"}, {}, "it does not go with shared CPUs"),
        ({"cpu_policy": "shared", "cpu_thread_policy": "require"}, {}, "it does not go with sha"),
        ({"emulator_threads_policy": "isolate"}, {}, "hw:emulator_threads_policy: it does not go"),
        ({"emulator_threads_policy": "x"}, {}, "hw:emulator_threads_policy: 'x' is no policy"),
        (
            {"cpu_realtime": "yes", "cpu_realtime_mask": "^0"},
            {},
            "extra spec hw:cpu_realtime: it does not go with shared CPUs",
        ),
        ({"cpu_dedicated_mask": "0"}, {}, "it goes with policy mixed only"),
        (
            {"cpu_policy": "dedicated", "cpu_dedicated_mask": "0"},
            {},
            "it goes with policy mixed only",
        ),
        ({"cpu_policy": "mixed"}, {}, "hw:cpu_policy mixed: there is no mask"),
        (
            {
                "cpu_policy": "mixed",
                "cpu_dedicated_mask": "0",
                "cpu_realtime": "1",
                "cpu_realtime_mask": "^0",
            },
            {},
            "hw:cpu_policy mixed: there are two masks",
        ),
        ({"cpu_policy": "mixed", "cpu_dedicated_mask": "0-3"}, {}, "is none or all of the vCPUs"),
        ({"cpu_policy": "mixed", "cpu_dedicated_mask": "0,^0"}, {}, "is none or all"),
        ({"cpu_policy": "mixed", "cpu_dedicated_mask": "0,4"}, {}, "'0,4' is beyond the vCPUs"),
        ({"cpu_policy": "mixed", "cpu_dedicated_mask": "x"}, {}, "'x' cannot be"),
        (
            {"cpu_policy": "dedicated", "cpu_realtime": "1"},
            {},
            "hw:cpu_realtime_mask: it leaves no CPU for the emulator threads",
        ),
        (
            {"cpu_policy": "dedicated", "cpu_realtime": "1", "cpu_realtime_mask": "0-4"},
            {},
            "'0-4' is beyond the vCPUs",
        ),
        ({"resources:VCPU": "2", "resources:PCPU": "2"}, {}, "both are asked for"),
        ({"resources:PCPU": "4"}, {"cpu_policy": "shared"}, "hw:cpu_policy says it otherwise"),
        ({"resources:PCPU": "3"}, {}, "3 PCPU are asked for; accepted: 4, as vCPUs"),
        (
            {"resources:PCPU": "4", "emulator_threads_policy": "isolate"},
            {},
            "4 PCPU are asked for; accepted: 5, as vCPUs",
        ),
        (
            {
                "cpu_policy": "dedicated",
                "cpu_thread_policy": "prefer",
                "trait:HW_CPU_HYPERTHREADING": "required",
            },
            {},
            "trait HW_CPU_HYPERTHREADING: extra spec hw:cpu_thread_policy says it otherwise",
        ),
    ],
)
def test_contradictions(
    extra_specs: dict[str, str], properties: dict[str, object], wrong: str
) -> None:
    """Each is told with what it is about."""
    with pytest.raises(NUMAError) as caught:
        read(extra_specs, **properties)
    assert wrong in str(caught.value)


@pytest.mark.parametrize(
    ("extra_specs", "mask"),
    [
        ({"cpu_dedicated_mask": "0-1"}, 0b0011),
        ({"cpu_dedicated_mask": "^0"}, 0b1110),
        ({"cpu_dedicated_mask": " ^0-1"}, 0b1100),
        ({"cpu_dedicated_mask": "1,^9"}, 0b0010),
        ({"cpu_realtime": "y", "cpu_realtime_mask": "^0"}, 0b1110),
    ],
)
def test_masks(extra_specs: dict[str, str], mask: int) -> None:
    """The vCPUs that are dedicated; one that begins with ^ takes away from all."""
    found = read({"cpu_policy": "mixed", **extra_specs})
    assert found.mask == mask
    assert found.dedicated_among(0b0101) == (mask & 0b0101).bit_count()
    assert found.dedicated_from(2, 2) == (mask >> 2).bit_count()
    assert found.dedicated_from(10**9, 10**9) == 0


def test_dedicated_counts() -> None:
    """All with policy dedicated, none with shared, however many there are."""
    assert read({"cpu_policy": "dedicated"}).dedicated_from(0, 10**12) == 10**12
    assert read({"cpu_policy": "dedicated"}).dedicated_among(0b111) == 3
    assert read({}).dedicated_from(0, 10**12) == 0


def test_image_masks_come_first() -> None:
    """The image's real-time mask replaces the flavor's."""
    specs = {"cpu_policy": "mixed", "cpu_realtime": "1", "cpu_realtime_mask": "^0"}
    assert read(specs, cpu_realtime_mask="^0-2").mask == 0b1000


def test_real_time_without_a_mask() -> None:
    """All vCPUs run in real time where the emulator threads have a policy of their own."""
    specs = {"cpu_policy": "dedicated", "cpu_realtime": "1", "emulator_threads_policy": "share"}
    assert read(specs).cpu == "dedicated"


def test_resources() -> None:
    """They say the policy, in whatever group; what is no number is passed over, as in Nova."""
    assert read({"resources:PCPU": "4"}).cpu == "dedicated"
    assert read({"resources1:PCPU": "3", "resources2:PCPU": "1"}).cpu == "dedicated"
    assert read({"resources:PCPU": "5", "emulator_threads_policy": "isolate"}).cpu == "dedicated"
    assert read({"resources:VCPU": "9"}).cpu == "shared"
    assert read({"resources:PCPU": "many", "resources0:PCPU": "4"}).cpu is None


def test_hyper_threading_trait() -> None:
    """Required asks for siblings, forbidden for cores of one's own."""
    dedicated = {"cpu_policy": "dedicated"}
    assert read({**dedicated, "trait:HW_CPU_HYPERTHREADING": "required"}).thread == "require"
    assert read({**dedicated, "trait1:HW_CPU_HYPERTHREADING": "forbidden"}).thread == "isolate"
    required = ["HW_CPU_HYPERTHREADING"]
    assert read(dedicated, traits_required=required).thread == "require"
    with pytest.raises(NUMAError, match="does not go with shared CPUs"):
        read({"trait:HW_CPU_HYPERTHREADING": "required"})
    assert read({"trait:HW_CPU_AVX": "required"}).thread is None
