"""What becomes of a node's allocatable under every writer: kubelets, older copies, forgers."""

from __future__ import annotations

from tests.e2e.overcommit_given import (
    AMPLIFIED,
    CPU_RATIO,
    DISK,
    DISK_RATIO,
    FOUR_TIMES,
    MEMORY,
    MEMORY_ALLOWED,
    PLAIN,
    RAM_RATIO,
    RESERVED,
    SAVED_RAW,
    SAVEDAMPLIFIED,
    TWICE,
)
from tests.e2e.overcommit_steps import (
    Annotate,
    Heartbeat,
    Kubelet,
    Remember,
    Scenario,
    Status,
    WriteBack,
    WriteOlderAnnotations,
    WriteWithoutSaved,
)

WRITERS = (
    Scenario(
        "the kubelet writes the raw amount again and again",
        (
            *AMPLIFIED,
            (Kubelet({"cpu": "32"}), FOUR_TIMES),
            (Kubelet({"cpu": "32"}), None),
            (Kubelet({"cpu": "30"}), {"cpu": (30_000, 120_000)}),
            (Kubelet({"cpu": "31500m"}), {"cpu": (31_500, 126_000)}),
        ),
    ),
    Scenario(
        "others write the status, and nothing of allocatable",
        (
            *AMPLIFIED,
            (Heartbeat("once"), FOUR_TIMES),
            (Heartbeat("twice"), FOUR_TIMES),
            (Annotate({"disabled_reason": "fan"}), FOUR_TIMES),
            (Heartbeat("thrice"), FOUR_TIMES),
        ),
    ),
    Scenario(
        "the ratio is changed",
        (
            *AMPLIFIED,
            (Annotate({CPU_RATIO: "2"}), FOUR_TIMES),
            (Heartbeat("2"), TWICE),
            (Annotate({CPU_RATIO: "1.5"}), TWICE),
            (Kubelet({"cpu": "32"}), {"cpu": (32_000, 48_000)}),
            (Annotate({CPU_RATIO: "16.0"}), {"cpu": (32_000, 48_000)}),
            (Heartbeat("16"), {"cpu": (32_000, 512_000)}),
        ),
    ),
    Scenario(
        "the ratio is removed, and others write",
        (*AMPLIFIED, (Annotate({CPU_RATIO: None}), FOUR_TIMES), (Heartbeat("no"), PLAIN)),
    ),
    Scenario(
        "the ratio is removed, and the kubelet writes",
        (
            *AMPLIFIED,
            (Annotate({CPU_RATIO: None}), FOUR_TIMES),
            (Kubelet({"cpu": "32"}), PLAIN),
            (Kubelet({"cpu": "32"}), None),
        ),
    ),
    Scenario(
        "several resources at once",
        (
            (Annotate({CPU_RATIO: "16.0", RAM_RATIO: "1.5", DISK_RATIO: "2"}), PLAIN),
            (
                Heartbeat(),
                {
                    "cpu": (32_000, 512_000),
                    "memory": (MEMORY, 412_316_860_416),
                    "disk": (DISK, 214_748_364_800),
                },
            ),
            (
                Kubelet({"cpu": "32", "memory": "256Gi", "ephemeral-storage": "100Gi"}),
                {
                    "cpu": (32_000, 512_000),
                    "memory": (MEMORY, 412_316_860_416),
                    "disk": (DISK, 214_748_364_800),
                },
            ),
            (
                Annotate({CPU_RATIO: None, DISK_RATIO: "1.25"}),
                {
                    "cpu": (32_000, 512_000),
                    "memory": (MEMORY, 412_316_860_416),
                    "disk": (DISK, 214_748_364_800),
                },
            ),
            (
                Heartbeat("fewer"),
                {"memory": (MEMORY, 412_316_860_416), "disk": (DISK, 134_217_728_000)},
            ),
        ),
        values=MEMORY_ALLOWED,
    ),
    Scenario(
        # 31500 × 1.01 = 31815, × 1.05 = 33075, × 1.2 = 37800; and
        # 273804165120 × 1.01 = 276542206771.2, × 1.199 = 328291193978.88.
        "small ratios of a machine with reserves: amplified, and yet below the capacity",
        (
            (Kubelet({"cpu": "31500m", "memory": "255Gi"}), {"cpu": 31_500, "memory": RESERVED}),
            (
                Annotate({CPU_RATIO: "1.01", RAM_RATIO: "1.01"}),
                {"cpu": 31_500, "memory": RESERVED},
            ),
            (Heartbeat("1.01"), {"cpu": (31_500, 31_815), "memory": (RESERVED, 276_542_206_771)}),
            (Heartbeat("again"), {"cpu": (31_500, 31_815), "memory": (RESERVED, 276_542_206_771)}),
            (
                Annotate({CPU_RATIO: "1.05", RAM_RATIO: "1.199"}),
                {"cpu": (31_500, 31_815), "memory": (RESERVED, 276_542_206_771)},
            ),
            (
                Kubelet({"cpu": "31500m", "memory": "255Gi"}),
                {"cpu": (31_500, 33_075), "memory": (RESERVED, 328_291_193_978)},
            ),
            (
                Annotate({CPU_RATIO: "1.2"}),
                {"cpu": (31_500, 33_075), "memory": (RESERVED, 328_291_193_978)},
            ),
            (
                Heartbeat("1.2"),
                {"cpu": (31_500, 37_800), "memory": (RESERVED, 328_291_193_978)},
            ),
        ),
        values=MEMORY_ALLOWED,
    ),
    Scenario(
        "a fraction of a byte or of a milli-core counts as a whole one",
        (
            (Annotate({CPU_RATIO: "2", RAM_RATIO: "3"}), PLAIN),
            (
                Kubelet({"cpu": "1500100u", "memory": "1500m"}),
                {"cpu": (1_501, 3_002), "memory": (2, 6)},
            ),
            (Heartbeat(), {"cpu": (1_501, 3_002), "memory": (2, 6)}),
        ),
        values=MEMORY_ALLOWED,
    ),
    Scenario(
        "whoever writes more than the machine has writes no amount of its own",
        (
            *AMPLIFIED,
            (Status({"allocatable": {"cpu": "100"}}), FOUR_TIMES),
            (Status({"allocatable": {"cpu": "33"}}), FOUR_TIMES),
        ),
    ),
)

MACHINES = (
    Scenario(
        "a machine grows and shrinks, also to just what it was amplified to",
        (
            (Annotate({CPU_RATIO: "2"}), PLAIN),
            (Heartbeat(), TWICE),
            (Kubelet({"cpu": "48"}, {"cpu": "48"}), {"cpu": (48_000, 96_000)}),
            (Kubelet({"cpu": "96"}, {"cpu": "96"}), {"cpu": (96_000, 192_000)}),
            (Heartbeat("grown"), {"cpu": (96_000, 192_000)}),
            (Kubelet({"cpu": "96"}), {"cpu": (96_000, 192_000)}),
            (Kubelet({"cpu": "47500m"}, {"cpu": "48"}), {"cpu": (47_500, 95_000)}),
            # It has not seen yet that its node is amplified, and sends what differs from before.
            (Kubelet({}, {"cpu": "49"}), {"cpu": (47_500, 95_000)}),
        ),
    ),
    Scenario(
        "nobody but its kubelet knows that a machine grew to what it was amplified to",
        (
            (Annotate({CPU_RATIO: "2"}), PLAIN),
            (Heartbeat(), TWICE),
            (Status({"allocatable": {"cpu": "64"}, "capacity": {"cpu": "64"}}), TWICE),
        ),
    ),
    Scenario(
        "created with status",
        created={"cpu": (32_000, 128_000), "disk": (DISK, 161_061_273_600)},
        annotations={CPU_RATIO: "4", DISK_RATIO: "1.5"},
        steps=(
            (Heartbeat(), {"cpu": (32_000, 128_000), "disk": (DISK, 161_061_273_600)}),
            (Kubelet({"cpu": "32"}), {"cpu": (32_000, 128_000), "disk": (DISK, 161_061_273_600)}),
        ),
    ),
    Scenario(
        "created from a backup that was amplified",
        created=FOUR_TIMES,
        annotations={CPU_RATIO: "4", SAVED_RAW: "32000", SAVEDAMPLIFIED: "128000"},
        status={"allocatable": {"cpu": "128", "memory": "256Gi", "ephemeral-storage": "100Gi"}},
        steps=((Heartbeat(), FOUR_TIMES),),
    ),
    Scenario(
        "created from a backup that was amplified, with another ratio",
        created=TWICE,
        annotations={CPU_RATIO: "2", SAVED_RAW: "32000", SAVEDAMPLIFIED: "128000"},
        status={"allocatable": {"cpu": "128", "memory": "256Gi", "ephemeral-storage": "100Gi"}},
    ),
    Scenario(
        "created without amounts: the kubelet's first ones are amplified",
        annotations={CPU_RATIO: "4"},
        status={"allocatable": {}, "capacity": {}},
        steps=(
            (Heartbeat(), PLAIN),
            (Kubelet({"cpu": "32"}, {"cpu": "32"}), FOUR_TIMES),
            (Heartbeat("first"), FOUR_TIMES),
        ),
    ),
    Scenario(
        "created without annotations, capacity and ratio",
        status={"capacity": {}},
        steps=((Heartbeat(), PLAIN), *AMPLIFIED[:1], (Heartbeat("4"), FOUR_TIMES)),
    ),
)

OLDER_COPIES = (
    Scenario(
        "a copy with an earlier ratio is written back to nodes",
        (
            (Annotate({CPU_RATIO: "2"}), PLAIN),
            (Heartbeat(), TWICE),
            (Remember(), TWICE),
            (Annotate({CPU_RATIO: "4"}), TWICE),
            (Heartbeat("4"), FOUR_TIMES),
            (WriteBack(status=False), FOUR_TIMES),
            (Heartbeat("2"), TWICE),
        ),
    ),
    Scenario(
        "a copy with an earlier ratio is written back to nodes/status",
        (
            (Annotate({CPU_RATIO: "2"}), PLAIN),
            (Heartbeat(), TWICE),
            (Remember(), TWICE),
            (Annotate({CPU_RATIO: "4"}), TWICE),
            (Heartbeat("4"), FOUR_TIMES),
            # The copy's annotations are written too.
            (WriteBack(status=True), TWICE),
        ),
    ),
    Scenario(
        "a copy from before the ratio is written back to nodes",
        (
            (Remember(), PLAIN),
            *AMPLIFIED,
            (WriteBack(status=False), FOUR_TIMES),
            (Heartbeat("gone"), PLAIN),
        ),
    ),
    Scenario(
        "a copy from before the ratio is written back to nodes/status",
        ((Remember(), PLAIN), *AMPLIFIED, (WriteBack(status=True), PLAIN)),
    ),
    Scenario(
        "a copy from after the ratio is written back to a node that has none",
        (
            *AMPLIFIED,
            (Remember(), FOUR_TIMES),
            (Annotate({CPU_RATIO: None}), FOUR_TIMES),
            (Heartbeat("none"), PLAIN),
            (WriteBack(status=False), PLAIN),
            (Heartbeat("4"), FOUR_TIMES),
            (WriteBack(status=True), FOUR_TIMES),
        ),
    ),
    Scenario(
        "somebody writes the whole node who knows nothing of what is saved",
        (
            *AMPLIFIED,
            (WriteWithoutSaved(status=False), FOUR_TIMES),
            (WriteWithoutSaved(status=True), FOUR_TIMES),
            (Heartbeat("after"), FOUR_TIMES),
        ),
    ),
    Scenario(
        # 20 CPUs of 32, so that no amount is above the capacity.
        "what is saved is older than the amount that is written",
        (
            (Annotate({CPU_RATIO: "1.2"}), PLAIN),
            (Kubelet({"cpu": "20"}), {"cpu": (20_000, 24_000)}),
            (Remember(), {"cpu": (20_000, 24_000)}),
            (Annotate({CPU_RATIO: "1.5"}), {"cpu": (20_000, 24_000)}),
            (Heartbeat("1.5"), {"cpu": (20_000, 30_000)}),
            (WriteOlderAnnotations(), {"cpu": (20_000, 24_000)}),
        ),
    ),
    Scenario(
        "what is saved is deleted by hand",
        (
            *AMPLIFIED,
            (Annotate({SAVED_RAW: None}), None),
            (Annotate({SAVEDAMPLIFIED: None}), None),
            (Annotate({SAVED_RAW: None, SAVEDAMPLIFIED: None}), None),
            (Heartbeat("after"), FOUR_TIMES),
        ),
    ),
    Scenario(
        "what is saved is forged by hand",
        (
            *AMPLIFIED,
            (Annotate({SAVED_RAW: "1"}), None),
            (Annotate({SAVED_RAW: "500000", SAVEDAMPLIFIED: "128000"}), None),
            (Annotate({SAVED_RAW: "x", SAVEDAMPLIFIED: ""}), None),
            (Heartbeat("after"), FOUR_TIMES),
        ),
    ),
    Scenario(
        "something saved is forged of a node that has nothing",
        (
            (Annotate({SAVED_RAW: "64000", SAVEDAMPLIFIED: "32000"}), None),
            (Heartbeat(), PLAIN),
        ),
    ),
)
