"""Amplifying a node's allocatable as its status is written: the policy's table, row by row."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from fractions import Fraction
from typing import Any

import pytest

from extender.translate.admission import Amended, Ratios, amend_annotations, amend_status
from extender.translate.allocatable import RESOURCES
from extender.translate.objects import Node, decode_node
from tests.unit.translate.making import prefixed

KUBELET = "system:node:node-a"
OTHER = "system:serviceaccount:kube-system:node-controller"
NOBODY_SAID = Ratios()
ANY_MEMORY = Ratios(allow_memory_overcommit=True)
NOTHING = Amended({}, {})

RAW, AMPLIFIED, FLOOR = "raw_allocatable_cpu", "amplified_allocatable_cpu", "allocatable_floor_cpu"
X2 = {"cpu_allocation_ratio": "2"}
X4 = {"cpu_allocation_ratio": "4"}


def saved(raw: int | str, amplified: int | str, resource: str = "cpu") -> dict[str, str]:
    """What is saved of an amplified node."""
    return {
        f"raw_allocatable_{resource}": str(raw),
        f"amplified_allocatable_{resource}": str(amplified),
    }


def made(
    allocatable: dict[str, Any] | None,
    annotations: dict[str, str] | None = None,
    capacity: dict[str, Any] | None = None,
    name: str = "node-a",
) -> Node:
    """A node as it is written; a machine of 4 CPUs unless said otherwise."""
    whole = {
        "metadata": {"name": name, "annotations": prefixed(annotations)},
        "status": {
            "allocatable": allocatable,
            "capacity": {"cpu": "4"} if capacity is None else capacity,
        },
    }
    return decode_node(json.dumps(whole).encode())


def cpu(amount: object, annotations: dict[str, str] | None = None, capacity: object = "4") -> Node:
    """The same with so much CPU, of a machine that has so much; ``None``: that is not known."""
    return made({"cpu": amount}, annotations, {} if capacity is None else {"cpu": capacity})


def amended(
    node: Node, old: Node | None = None, user: str = OTHER, ratios: Ratios = NOBODY_SAID
) -> tuple[dict[str, str | None], dict[str, str]]:
    """What is changed, by the names of annotations and resources."""
    found = amend_status(node, old, user, ratios)
    names = {key.removeprefix("nova-extender.io/"): text for key, text in found.annotations.items()}
    return names, dict(found.allocatable)


# -- one write -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "node", "old", "user", "expected"),
    [
        (
            "a raw amount is multiplied: 3920 x 4",
            cpu("3920m", X4),
            cpu("3920m", X4),
            KUBELET,
            (saved(3920, 15_680), {"cpu": "15680m"}),
        ),
        (
            "a small ratio: 3920 x 1.05 is 4116, above the machine",
            cpu("3920m", {"cpu_allocation_ratio": "1.05"}),
            cpu("3920m"),
            KUBELET,
            (saved(3920, 4116), {"cpu": "4116m"}),
        ),
        (
            "rounded up before, floored after: ⌈1500.5⌉ x 1.001 is 1502.501",
            cpu("1500500u", {"cpu_allocation_ratio": "1.001"}),
            None,
            KUBELET,
            (saved(1501, 1502), {"cpu": "1502m"}),
        ),
        (
            "what is amplified already stays",
            cpu("16", X4 | saved(4000, 16_000)),
            cpu("16", X4 | saved(4000, 16_000)),
            OTHER,
            ({}, {}),
        ),
        (
            "also where the kubelet sends it back, its copy being stale",
            cpu("16", X4 | saved(4000, 16_000)),
            cpu("16", X4 | saved(4000, 16_000)),
            KUBELET,
            ({}, {}),
        ),
        (
            "the kubelet writes raw over it: nothing new to save",
            cpu("4", X4 | saved(4000, 16_000)),
            cpu("16", X4 | saved(4000, 16_000)),
            KUBELET,
            ({}, {"cpu": "16000m"}),
        ),
        (
            "the kubelet reserves more",
            cpu("3", X4 | saved(4000, 16_000)),
            cpu("16", X4 | saved(4000, 16_000)),
            KUBELET,
            (saved(3000, 12_000), {"cpu": "12000m"}),
        ),
        (
            "another ratio, at whoever's next write",
            cpu("16", X2 | saved(4000, 16_000)),
            cpu("16", X2 | saved(4000, 16_000)),
            OTHER,
            ({AMPLIFIED: "8000"}, {"cpu": "8000m"}),
        ),
        (
            "the ratio is gone: raw again, and nothing is saved",
            cpu("16", saved(4000, 16_000)),
            cpu("16", saved(4000, 16_000)),
            OTHER,
            ({RAW: None, AMPLIFIED: None}, {"cpu": "4000m"}),
        ),
        (
            "the ratio is gone and the kubelet writes raw",
            cpu("4", saved(4000, 16_000)),
            cpu("16", saved(4000, 16_000)),
            KUBELET,
            ({RAW: None, AMPLIFIED: None}, {}),
        ),
        (
            "half of what is saved is left over: it goes, too",
            cpu("4", {RAW: "4000"}),
            cpu("4", {RAW: "4000"}),
            OTHER,
            ({RAW: None}, {}),
        ),
        (
            "an older copy, of before the ratio was changed, annotations and all",
            cpu("8", X2 | saved(4000, 8000)),
            cpu("16", X4 | saved(4000, 16_000)),
            OTHER,
            ({}, {}),
        ),
        (
            "an older status under newer annotations",
            cpu("8", X4 | saved(4000, 16_000)),
            cpu("8", X4 | saved(4000, 8000)),
            OTHER,
            ({}, {"cpu": "16000m"}),
        ),
        (
            "an older copy without what is saved",
            cpu("16", X4),
            cpu("16", X4 | saved(4000, 16_000)),
            OTHER,
            (saved(4000, 16_000), {}),
        ),
        (
            "an older copy of before the ratio: raw",
            cpu("4"),
            cpu("16", X4 | saved(4000, 16_000)),
            OTHER,
            ({}, {}),
        ),
        (
            "above the machine, and unknown: what is saved is raw still",
            cpu("9", X4 | saved(3000, 12_000)),
            cpu("12", X4 | saved(3000, 12_000)),
            OTHER,
            ({}, {"cpu": "12000m"}),
        ),
        (
            "above the machine, saved only in the node as it was",
            cpu("9", X4),
            cpu("12", X4 | saved(3000, 12_000)),
            OTHER,
            (saved(3000, 12_000), {"cpu": "12000m"}),
        ),
        (
            "above the machine, and nothing saved: there is nothing else",
            cpu("9", X4),
            cpu("9", X4),
            OTHER,
            (saved(9000, 36_000), {"cpu": "36000m"}),
        ),
        (
            "above a machine that is not known",
            cpu("9", X4 | saved(3000, 12_000), None),
            cpu("12", X4 | saved(3000, 12_000), None),
            OTHER,
            (saved(9000, 36_000), {"cpu": "36000m"}),
        ),
    ],
)
def test_status_written(
    what: str,
    node: Node,
    old: Node | None,
    user: str,
    expected: tuple[dict[str, str | None], dict[str, str]],
) -> None:
    """The annotations and the amount that change."""
    assert amended(node, old, user) == expected, what


# -- a machine that grows or shrinks -------------------------------------------------------------

SAVED = X2 | saved(2000, 4000)
BEFORE = cpu("4", SAVED, "4")


@pytest.mark.parametrize(
    ("what", "node", "old", "user", "raw"),
    [
        ("grown to just what was amplified", cpu("4", SAVED, "8"), BEFORE, KUBELET, 4000),
        ("to anything else", cpu("5", SAVED, "8"), BEFORE, KUBELET, 5000),
        ("not grown", cpu("4", SAVED, "4"), BEFORE, KUBELET, 2000),
        ("written otherwise", cpu("4", SAVED, "4000m"), BEFORE, KUBELET, 2000),
        ("not known before", cpu("4", SAVED, "8"), cpu("4", SAVED, None), KUBELET, 4000),
        ("not known now", cpu("4", SAVED, None), BEFORE, KUBELET, 4000),
        ("by somebody else", cpu("4", SAVED, "8"), BEFORE, OTHER, 2000),
        ("by another node", cpu("4", SAVED, "8"), BEFORE, "system:node:node-b", 2000),
        ("by one of a longer name", cpu("4", SAVED, "8"), BEFORE, KUBELET + "b", 2000),
        ("by nobody", cpu("4", SAVED, "8"), BEFORE, "", 2000),
        ("created so", cpu("4", SAVED, "8"), None, KUBELET, 2000),
        ("a part taken away", cpu("1", SAVED, "2"), BEFORE, KUBELET, 1000),
    ],
)
def test_hot_plug(what: str, node: Node, old: Node | None, user: str, raw: int) -> None:
    """Only a kubelet works out capacity: where its own changes, allocatable is its own, too."""
    annotations, allocatable = amended(node, old, user)
    assert annotations == {key: text for key, text in saved(raw, 2 * raw).items() if raw != 2000}
    assert allocatable == ({"cpu": f"{2 * raw}m"} if raw != 2000 else {}), what


@pytest.mark.parametrize("amount", ["4", "3"])
def test_capacity_alone(amount: str) -> None:
    """A kubelet that tells its capacity and leaves allocatable out changes only the former."""
    annotations, allocatable = amended(cpu(amount, SAVED, "2"), BEFORE, KUBELET)
    assert annotations == {}
    assert allocatable == ({} if amount == "4" else {"cpu": "4000m"})


def test_hot_plug_of_one_resource() -> None:
    """Memory that is added says nothing of CPUs."""
    both = saved(2000, 4000) | saved(1000, 2000, "memory") | X2 | {"ram_allocation_ratio": "2"}
    old = made({"cpu": "4", "memory": "2000"}, both, {"cpu": "4", "memory": "1000"})
    node = made({"cpu": "4", "memory": "2000"}, both, {"cpu": "4", "memory": "3000"})
    expected = (saved(2000, 4000, "memory"), {"memory": "4000"})
    assert amended(node, old, KUBELET, ANY_MEMORY) == expected


# -- floors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotations", "amount"),
    [
        (X2 | {FLOOR: "9000"}, 9000),
        (X2 | {FLOOR: "8000"}, 8000),
        (X2 | {FLOOR: "7999"}, 8000),
        ({FLOOR: "9000"}, 9000),
        ({"cpu_allocation_ratio": "0.5", FLOOR: " 9000 "}, 9000),
        ({"cpu_allocation_ratio": "x", FLOOR: "9000"}, 9000),
        (X2 | {FLOOR: "x"}, 8000),
        (X2 | {FLOOR: "-1"}, 8000),
        (X2 | {FLOOR: "9" * 19}, 8000),
        (X2 | {FLOOR: str(2**63 - 1)}, 2**63 - 1),
    ],
)
def test_floor(annotations: dict[str, str], amount: int) -> None:
    """4000 become no less than the floor; what is saved says so, and comes back to the same."""
    node = cpu("4", annotations)
    assert amended(node) == (saved(4000, amount), {"cpu": f"{amount}m"})
    again = cpu(f"{amount}m", annotations | saved(4000, amount))
    assert amended(again, again) == ({}, {})


@pytest.mark.parametrize("floor", ["0", "", " ", "4000", "3999", "x"])
def test_floor_that_holds_nothing(floor: str) -> None:
    """Without a ratio the node is left alone."""
    assert amended(cpu("4", {FLOOR: floor}), cpu("4", {FLOOR: floor})) == ({}, {})


def test_floor_that_falls() -> None:
    """The raw amount is known still: 4000 once nothing needs 9000 any more."""
    node = cpu("9", {FLOOR: "0"} | saved(4000, 9000))
    assert amended(node, node) == ({RAW: None, AMPLIFIED: None}, {"cpu": "4000m"})


# -- ratios --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        (" 2.5\t", 10_000),
        ("002", 8000),
        ("1.001", 4004),
        ("999.999", 3_999_996),
        ("1", 4000),
        ("1.000", 4000),
        ("0.001", 4000),
        ("0.5", 4000),
        # of the default
        ("", 12_000),
        (" \n", 12_000),
        # malformed, so 1 and not the default
        ("0", 4000),
        ("0.000", 4000),
        ("nan", 4000),
        ("-2", 4000),
        ("+2", 4000),
        ("2.", 4000),
        (".5", 4000),
        ("1.0001", 4000),
        ("1000", 4000),
        ("1e1", 4000),
        ("2,5", 4000),
        ("2 2", 4000),
        ("2\n2", 4000),
        ("\u0662", 4000),
        ("x" * 70_000, 4000),
    ],
)
def test_ratio(text: str, amount: int) -> None:
    """Of 4000; nodes without a ratio have 3."""
    ratios = Ratios({"cpu": Fraction(3)})
    expected = (saved(4000, amount), {"cpu": f"{amount}m"}) if amount > 4000 else ({}, {})
    assert amended(cpu("4", {"cpu_allocation_ratio": text}), ratios=ratios) == expected


def test_default_ratios() -> None:
    """By resource; 1 for one that is not named, and where the node says its own."""
    ratios = Ratios({"cpu": Fraction(3), "ephemeral-storage": Fraction("1.5")})
    node = made({"cpu": "4", "memory": "1000", "ephemeral-storage": "1000", "pods": "110"})
    expected = (
        saved(4000, 12_000) | saved(1000, 1500, "ephemeral_storage"),
        {"cpu": "12000m", "ephemeral-storage": "1500"},
    )
    assert amended(node, ratios=ratios) == expected
    own = {"cpu_allocation_ratio": "1.0", "disk_allocation_ratio": "0.5"}
    node = made({"cpu": "4", "ephemeral-storage": "1000"}, own)
    assert amended(node, ratios=ratios) == ({}, {})


@pytest.mark.parametrize(
    ("annotations", "ratios", "amount"),
    [
        ({"ram_allocation_ratio": "1.5"}, ANY_MEMORY, 1500),
        ({"ram_allocation_ratio": "1.5"}, NOBODY_SAID, 1000),
        ({"ram_allocation_ratio": "1.5", "memory_manager_policy": "Static"}, ANY_MEMORY, 1000),
        ({"ram_allocation_ratio": "1.5", "memory_manager_policy": "None"}, ANY_MEMORY, 1500),
        ({"ram_allocation_ratio": "0.5"}, ANY_MEMORY, 1000),
        ({}, Ratios({"memory": Fraction(2)}), 1000),
        ({}, Ratios({"memory": Fraction(2)}, allow_memory_overcommit=True), 2000),
        ({"allocatable_floor_memory": "1100"}, NOBODY_SAID, 1100),
        (
            {"ram_allocation_ratio": "1.5", "allocatable_floor_memory": "1100"},
            NOBODY_SAID,
            1100,
        ),
    ],
)
def test_memory(annotations: dict[str, str], ratios: Ratios, amount: int) -> None:
    """A ratio above 1 counts where that is allowed; a floor holds whatever is."""
    expected = (saved(1000, amount, "memory"), {"memory": str(amount)})
    found = amended(made({"memory": "1000"}, annotations), ratios=ratios)
    assert found == (expected if amount > 1000 else ({}, {}))


def test_memory_that_is_allowed_no_more() -> None:
    """An amplified node goes back to what it has."""
    node = made({"memory": "1500"}, saved(1000, 1500, "memory") | {"ram_allocation_ratio": "1.5"})
    gone = {"raw_allocatable_memory": None, "amplified_allocatable_memory": None}
    assert amended(node, node) == (gone, {"memory": "1000"})


def test_options_cannot_be_changed() -> None:
    """They are handed about."""
    with pytest.raises(FrozenInstanceError):
        NOBODY_SAID.allow_memory_overcommit = True  # type: ignore[misc]  # what is tested
    assert dict(NOBODY_SAID.defaults) == {}


# -- what is left alone --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b'{"metadata": {"name": "node-a"}}',
        b'{"metadata": {"name": "node-a", "annotations": null}, "status": null}',
        b'{"metadata": {"name": "node-a"}, "status": {"allocatable": {}, "capacity": {}}}',
        b'{"metadata": {"name": "node-a"}, "status": {"allocatable": {"cpu": "4"}}}',
        b'{"metadata": {"annotations": {"a/x": "2"}}, "status": {"allocatable": {"cpu": 4}}}',
    ],
)
@pytest.mark.parametrize("user", [KUBELET, OTHER])
def test_a_node_without_our_annotations(raw: bytes, user: str) -> None:
    """Not one byte of it is changed."""
    node = decode_node(raw)
    assert amend_status(node, node, user, NOBODY_SAID) == NOTHING
    assert amend_status(node, None, user, NOBODY_SAID) == NOTHING
    assert amend_annotations(node, node) == NOTHING


@pytest.mark.parametrize("amount", ["x", "-4", "", True, {}, "1e99", "9223372036854776"])
def test_an_amount_that_cannot_be_read(amount: object) -> None:
    """Stays, and so does what is saved of it; the other resources are seen to."""
    annotations = X4 | saved(1, 2) | {"disk_allocation_ratio": "2"}
    node = made({"cpu": amount, "ephemeral-storage": "10"}, annotations)
    expected = (saved(10, 20, "ephemeral_storage"), {"ephemeral-storage": "20"})
    assert amended(node, node) == expected


def test_a_resource_that_is_not_reported() -> None:
    """There is nothing to multiply; what is saved of it stays."""
    node = made({"memory": "10"}, X4 | saved(1, 2))
    assert amended(node, node) == ({}, {})


@pytest.mark.parametrize("bad", ["x", "-1", "1.5", "9" * 20, "", "x" * 70_000])
@pytest.mark.parametrize("which", [RAW, AMPLIFIED])
def test_saved_amounts_that_cannot_be_read(bad: str, which: str) -> None:
    """Are none: the amount as it stands is raw; where it is to be amplified they are put right."""
    spoilt = saved(4000, 8000) | {which: bad}
    annotations, allocatable = amended(cpu("4", X2 | spoilt))
    assert annotations == {which: saved(4000, 8000)[which]}
    assert allocatable == {"cpu": "8000m"}
    assert amended(cpu("4", spoilt)) == ({RAW: None, AMPLIFIED: None}, {})


def test_saved_in_other_words() -> None:
    """Blanks and leading zeros are read, and put right."""
    node = cpu("8", X2 | saved(" 4000", "08000"))
    assert amended(node, node) == (saved(4000, 8000), {})


@pytest.mark.parametrize("raw", [2**62, 2**63 - 1])
def test_the_largest_amounts(raw: int) -> None:
    """Cut at 64 bits: what is saved can be read, so nothing is multiplied twice."""
    ratio = {"disk_allocation_ratio": "4"}
    most = str(2**63 - 1)
    annotations, allocatable = amended(made({"ephemeral-storage": str(raw)}, ratio))
    assert annotations == saved(raw, most, "ephemeral_storage")
    assert allocatable == ({"ephemeral-storage": most} if raw < 2**63 - 1 else {})
    again = made({"ephemeral-storage": most}, ratio | saved(raw, most, "ephemeral_storage"))
    assert amended(again, again) == ({}, {})


def test_several_resources_at_once() -> None:
    """Each by its own ratio, floor and saved amounts."""
    annotations = {
        **X4,
        **saved(3000, 12_000),
        "ram_allocation_ratio": "1.5",
        "allocatable_floor_ephemeral_storage": "300",
    }
    node = made({"cpu": "12", "memory": "1001", "ephemeral-storage": "200"}, annotations)
    expected = (
        saved(1001, 1501, "memory") | saved(200, 300, "ephemeral_storage"),
        {"memory": "1501", "ephemeral-storage": "300"},
    )
    assert amended(node, node, ratios=ANY_MEMORY) == expected


# -- a write of everything but the status --------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "before", "after", "changed"),
    [
        ("nothing of ours", {}, {}, {}),
        ("all as it was", saved(1, 2), saved(1, 2), {}),
        ("forgotten", saved(1, 2), {}, saved(1, 2)),
        ("one forgotten", saved(1, 2), {RAW: "1"}, {AMPLIFIED: "2"}),
        ("of an older copy", saved(1, 4), saved(1, 2), {AMPLIFIED: "4"}),
        ("made up", {}, saved(1, 2), {RAW: None, AMPLIFIED: None}),
        ("emptied", saved(1, 2), saved("", ""), saved(1, 2)),
        ("no numbers, before and after", saved("x", "y"), saved("x", "z"), {AMPLIFIED: "y"}),
        (
            "another resource's",
            saved(1, 2, "memory") | saved(3, 4),
            saved(3, 4) | saved(5, 6, "ephemeral_storage"),
            saved(1, 2, "memory")
            | {
                "raw_allocatable_ephemeral_storage": None,
                "amplified_allocatable_ephemeral_storage": None,
            },
        ),
        ("ratios and floors are anybody's", X2 | {FLOOR: "1"}, X4 | {"disabled": "true"}, {}),
    ],
)
def test_metadata_written(
    what: str,
    before: dict[str, str],
    after: dict[str, str],
    changed: dict[str, str | None],
) -> None:
    """What is saved stays as it was, whatever the writer says."""
    found = amend_annotations(cpu("4", after), cpu("4", before))
    assert found == Amended(prefixed(changed), {}), what  # type: ignore[arg-type]  # None too
    assert amend_annotations(cpu("4", before), cpu("4", before)) == NOTHING


def test_all_six_are_kept() -> None:
    """Two of each resource."""
    keys = [key for each in RESOURCES for key in (each.raw.key, each.amplified.key)]
    assert len(set(keys)) == 6
    before = decode_node(
        json.dumps({"metadata": {"annotations": dict.fromkeys(keys, "1")}}).encode()
    )
    assert amend_annotations(decode_node(b"{}"), before).annotations == dict.fromkeys(keys, "1")
