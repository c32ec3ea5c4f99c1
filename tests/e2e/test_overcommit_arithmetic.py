"""CEL, Python and plain fractions agree on what a node's allocatable becomes."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest

from extender.translate import quantity
from extender.translate.admission import Ratios, amend_status
from extender.translate.objects import decode_node
from tests.e2e.api import Object
from tests.e2e.bulk import Bulk
from tests.e2e.chart import install_overcommit, uninstall_overcommit
from tests.e2e.controlplane import ControlPlane
from tests.e2e.objects import PREFIX
from tests.e2e.overcommit_cases import DEFAULTS, RESOURCES, Case, case

SEED = 6
NODES = 4_000
PAIRS = 10_000
CONNECTIONS = 6
MILLI = quantity.NANO // 1000
RATIOS = Ratios({name: Fraction(text) for name, text in DEFAULTS.items()}, True)


@pytest.fixture
def amplifying(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """The control plane with the chart's policy."""
    values = {"delivery": "policy", "defaultRatios": DEFAULTS, "allowMemoryOvercommit": True}
    install_overcommit(control_plane, values)
    yield control_plane
    uninstall_overcommit(control_plane)


def test_cel_and_python_agree(amplifying: ControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    """On 10,000 distinct pairs: the same annotations and the same amounts, by all three."""
    chance = random.Random(SEED)  # noqa: S311 - not for secrets
    cases = [case(chance, number) for number in range(NODES)]
    pairs = {(name, part.amount, part.ratio) for each in cases for name, part in each.parts.items()}
    assert len(pairs) >= PAIRS
    with Bulk(amplifying.api) as bulk, ThreadPoolExecutor(CONNECTIONS) as pool:
        began = time.monotonic()
        made = list(
            pool.map(lambda each: bulk.call("POST", "api/v1/nodes?dryRun=All", each.node), cases)
        )
        took = time.monotonic() - began
    for each, answered in zip(cases, made, strict=True):
        by_cel = _outcome(answered)
        assert by_cel == _by_python(each.node), each
        assert by_cel == _by_hand(each), each
    with capsys.disabled():
        print(f"\n{len(pairs)} pairs on {NODES} nodes in {took:.1f} s")


def _outcome(node: Object) -> tuple[Object, Object]:
    """All annotations of ours, and allocatable in nano units."""
    annotations = node["metadata"].get("annotations", {})
    allocatable = node["status"]["allocatable"]
    return (
        {key: text for key, text in annotations.items() if key.startswith(PREFIX)},
        {name: quantity.parse(text) for name, text in allocatable.items()},
    )


def _by_python(node: Object) -> tuple[Object, Object]:
    """What the webhook would make of the node."""
    amended = amend_status(decode_node(json.dumps(node).encode()), None, "admin", RATIOS)
    annotations = {**node["metadata"]["annotations"], **amended.annotations}
    allocatable = {**node["status"]["allocatable"], **amended.allocatable}
    return (
        {key: text for key, text in annotations.items() if text is not None},
        {name: _kept(text) for name, text in allocatable.items()},
    )


def _by_hand(each: Case) -> tuple[Object, Object]:
    """What the case was made to become."""
    annotations = dict(each.node["metadata"]["annotations"])
    allocatable = {}
    for name, _, id_, scale in RESOURCES:
        part = each.parts[name]
        keys = [f"{PREFIX}{kind}_allocatable_{id_}" for kind in ("raw", "amplified")]
        for key in keys if part.readable else ():
            annotations.pop(key, None)
        if part.expected is not None:
            annotations |= dict(zip(keys, map(str, part.expected), strict=True))
        allocatable[name] = min(part.becomes * quantity.NANO // scale, quantity.LARGEST)
        if part.becomes == part.written:
            # Left as it is, fractions of a unit included.
            allocatable[name] = _kept(part.amount)
    return annotations, allocatable


def _kept(text: str) -> int:
    """A node's quantity as the API server stores it: in thousandths, rounded up."""
    nano = quantity.parse(text)
    return -(-nano // MILLI) * MILLI
