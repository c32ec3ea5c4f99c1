"""What becomes of a node's allocatable under every writer, worked out by hand.

One table for whoever amplifies, the chart's policy or the webhook. The node has 32 CPUs (32000
milli-cores), 256 GiB of memory (274877906944 bytes) and 100 GiB of disk (107374182400 bytes).
"""

from __future__ import annotations

from tests.e2e.overcommit_given import (
    AMPLIFIED,
    CPU_RATIO,
    DEFAULTS,
    DISK,
    DISK_RATIO,
    FLOOR,
    FOUR_TIMES,
    MEMORY,
    MEMORY_ALLOWED,
    PLAIN,
    POLICY,
    RAM_RATIO,
    SELECTED,
    TWICE,
)
from tests.e2e.overcommit_steps import Annotate, Expected, Heartbeat, Kubelet, Scenario
from tests.e2e.overcommit_table_writers import MACHINES, OLDER_COPIES, WRITERS

_FLOORS = (
    Scenario(
        "a floor holds above the ratio and without one, and goes away",
        (
            (Annotate({CPU_RATIO: "2", FLOOR: "200000"}), PLAIN),
            (Heartbeat(), {"cpu": (32_000, 200_000)}),
            (Kubelet({"cpu": "32"}), {"cpu": (32_000, 200_000)}),
            (Annotate({FLOOR: "50000"}), {"cpu": (32_000, 200_000)}),
            (Heartbeat("50"), TWICE),
            (Annotate({CPU_RATIO: None}), TWICE),
            (Heartbeat("none"), {"cpu": (32_000, 50_000)}),
            (Heartbeat("again"), {"cpu": (32_000, 50_000)}),
            (Annotate({FLOOR: "1000"}), {"cpu": (32_000, 50_000)}),
            (Kubelet({"cpu": "32"}), PLAIN),
            (Annotate({FLOOR: None}), PLAIN),
            (Heartbeat("gone"), PLAIN),
        ),
    ),
    Scenario(
        "a floor below what the node has of its own changes nothing",
        ((Annotate({FLOOR: "31999"}), PLAIN), (Heartbeat(), PLAIN), (Kubelet({"cpu": "32"}), None)),
    ),
    Scenario(
        "a floor that cannot be read is none",
        (
            (Annotate({CPU_RATIO: "2", FLOOR: "200,000"}), PLAIN),
            (Heartbeat(), TWICE),
            (Annotate({FLOOR: "-200000"}), TWICE),
            (Heartbeat("negative"), TWICE),
            (Annotate({FLOOR: "2e5"}), TWICE),
            (Heartbeat("exponent"), TWICE),
            (Annotate({FLOOR: "9223372036854775808"}), TWICE),
            (Heartbeat("huge"), TWICE),
            (Annotate({FLOOR: " 200000\t"}), TWICE),
            (Heartbeat("blanks"), {"cpu": (32_000, 200_000)}),
        ),
    ),
)

# Decimal comma, words, exponent, nothing, negative, four decimals, Arabic four, four digits, two
# lines, a sign, inner blanks.
_MALFORMED = ("4,0", "nan", "1e3", "0", "-1", "1.0005", "٤", "1000", "4\n4", "+4", "4 .0", "4.")


def _malformed(text: str) -> tuple[Scenario, ...]:
    return (
        Scenario(
            f"ratio {text!r} leaves a node untouched that never was amplified",
            (
                (Annotate({CPU_RATIO: text, RAM_RATIO: text, DISK_RATIO: text}), PLAIN),
                (Kubelet({"cpu": "32", "memory": "256Gi"}), None),
                (Heartbeat(), PLAIN),
            ),
            values=MEMORY_ALLOWED,
        ),
        Scenario(
            f"ratio {text!r} takes a node back to its own amount, and no further than its floor",
            (
                *AMPLIFIED,
                (Annotate({CPU_RATIO: text, DISK_RATIO: "2"}), FOUR_TIMES),
                # The other resources work.
                (Heartbeat("bad"), {"cpu": 32_000, "disk": (DISK, 214_748_364_800)}),
                (
                    Annotate({FLOOR: "40000"}),
                    {"cpu": 32_000, "disk": (DISK, 214_748_364_800)},
                ),
                (
                    Heartbeat("floor"),
                    {"cpu": (32_000, 40_000), "disk": (DISK, 214_748_364_800)},
                ),
            ),
        ),
    )


_RATIOS = (
    *(scenario for text in _MALFORMED for scenario in _malformed(text)),
    *(
        Scenario(
            f"ratio {text!r} never touches a node",
            (
                (Annotate({CPU_RATIO: text, DISK_RATIO: text}), PLAIN),
                (Kubelet({"cpu": "32"}), None),
                (Heartbeat(), PLAIN),
            ),
        )
        for text in ("1", "1.0", "1.000", "0.5", "0.001", "", "  ")
    ),
    Scenario(
        "blanks around a ratio do not matter",
        (
            (Annotate({CPU_RATIO: " 4.0\n"}), PLAIN),
            (Heartbeat(), FOUR_TIMES),
            (Annotate({CPU_RATIO: "\u00a0\t004.000 "}), FOUR_TIMES),
            (Heartbeat("again"), FOUR_TIMES),
        ),
    ),
    Scenario(
        # 32000 × 999.999.
        "the largest ratio",
        ((Annotate({CPU_RATIO: "999.999"}), PLAIN), (Heartbeat(), {"cpu": (32_000, 31_999_968)})),
    ),
)

_MEMORY = (
    Scenario(
        "memory is not amplified where that is not allowed",
        (
            (Annotate({RAM_RATIO: "1.5", CPU_RATIO: "4"}), PLAIN),
            (Heartbeat(), FOUR_TIMES),
            (Annotate({"allocatable_floor_memory": "300000000000"}), FOUR_TIMES),
            (Heartbeat("floor"), {**FOUR_TIMES, "memory": (MEMORY, 300_000_000_000)}),
        ),
    ),
    Scenario(
        "memory is not amplified where it is pinned, and returns to its own amount",
        (
            (Annotate({RAM_RATIO: "1.5", POLICY: "Static"}), PLAIN),
            (Kubelet({"memory": "256Gi"}), None),
            (Annotate({POLICY: "None"}), PLAIN),
            (Heartbeat("None"), {"memory": (MEMORY, 412_316_860_416)}),
            (Annotate({POLICY: "static"}), {"memory": (MEMORY, 412_316_860_416)}),
            (Heartbeat("another word"), {"memory": (MEMORY, 412_316_860_416)}),
            (Annotate({POLICY: "Static"}), {"memory": (MEMORY, 412_316_860_416)}),
            (Heartbeat("Static"), PLAIN),
        ),
        values=MEMORY_ALLOWED,
    ),
)

_BY_DEFAULT: Expected = {"cpu": (32_000, 128_000), "memory": (MEMORY, 412_316_860_416)}

_VALUES = (
    Scenario(
        "default ratios hold for nodes without an annotation, and for no others",
        created=_BY_DEFAULT,
        steps=(
            (Heartbeat(), _BY_DEFAULT),
            (Annotate({CPU_RATIO: "2"}), _BY_DEFAULT),
            (Heartbeat("2"), {**_BY_DEFAULT, **TWICE}),
            (Annotate({CPU_RATIO: "1.0", RAM_RATIO: "one"}), {**_BY_DEFAULT, **TWICE}),
            (Heartbeat("one"), PLAIN),
            (Annotate({CPU_RATIO: " ", RAM_RATIO: ""}), PLAIN),
            (Kubelet({"cpu": "32", "memory": "256Gi"}), _BY_DEFAULT),
            (Annotate({POLICY: "Static"}), _BY_DEFAULT),
            (Heartbeat("Static"), FOUR_TIMES),
        ),
        values=DEFAULTS,
    ),
    Scenario(
        "a node with the labels is amplified",
        created=FOUR_TIMES,
        annotations={CPU_RATIO: "4"},
        labels=SELECTED["nodeSelector"],
        steps=((Kubelet({"cpu": "30"}), {"cpu": (30_000, 120_000)}),),
        values=SELECTED,
    ),
    Scenario(
        "a node without the labels is not",
        annotations={CPU_RATIO: "4", FLOOR: "64000"},
        labels={"nova-extender.io/overcommit": "false"},
        steps=((Heartbeat(), PLAIN), (Kubelet({"cpu": "32"}), None)),
        values=SELECTED,
    ),
)

SCENARIOS = (
    *WRITERS,
    *MACHINES,
    *OLDER_COPIES,
    *_FLOORS,
    *_RATIOS,
    *_MEMORY,
    *_VALUES,
)
"""All of them."""
