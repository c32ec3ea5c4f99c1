"""Writers of nodes at random, each of a kind that a cluster has, and what they may bring about."""

from __future__ import annotations

import copy
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from fractions import Fraction
from http import HTTPStatus
from typing import NamedTuple

from tests.e2e.api import ApiError, Object, path
from tests.e2e.bulk import Bulk
from tests.e2e.objects import PREFIX, node
from tests.e2e.overcommit_steps import STRATEGIC, is_saved

MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"

# The first ones count, the others count as 1.
COUNTING = 8
RATIOS = ("1.01", "1.05", "1.2", "1.5", "2", "4.0", "16.0", "999.999", "0.5", "4,0", None)
WORDS = {"cpu": "cpu", "ram": "memory", "disk": "ephemeral_storage"}
REMEMBERED = 50


class Machine(NamedTuple):
    """A node's own amounts, in milli-cores and bytes, and the floors that it may be given."""

    name: str
    own: Mapping[str, int]
    floors: Mapping[str, tuple[int, ...]]

    def written(self) -> dict[str, str]:
        """What its kubelet writes as allocatable."""
        return {
            "cpu": f"{self.own['cpu']}m",
            "memory": str(self.own["memory"]),
            "ephemeral-storage": str(self.own["disk"]),
        }

    def node(self) -> Object:
        """Itself, amplified from the start; with reserves, so capacity is above allocatable."""
        ratios = {f"{PREFIX}{word}_allocation_ratio": "2" for word in WORDS}
        made = node(self.name, "64", "512Gi", "2Ti", annotations=ratios, ready=False)
        made["status"]["allocatable"] = self.written()
        return made


def machine(chance: random.Random, number: int) -> Machine:
    """One whose amounts are no round ones."""
    own = {
        "cpu": 30_000 + chance.randint(0, 9_999),
        "memory": 200 * 2**30 + chance.randint(0, 2**30),
        "disk": 10**12 + chance.randint(0, 2**30),
    }
    floors = {name: (0, amount // 2, amount + 1, amount * 3) for name, amount in own.items()}
    return Machine(f"storm-{number}", own, floors)


def allowed(own: int, floors: tuple[int, ...]) -> set[int]:
    """What may be allocatable: the own amount times a ratio that counts, or a floor above it."""
    counting = [Fraction(text) for text in RATIOS[:COUNTING] if text is not None]
    wanted = [own, *(own * ratio.numerator // ratio.denominator for ratio in counting)]
    return {max(amount, floor) for amount in wanted for floor in floors}


class Storm:
    """Writers of the same nodes, each with its own sequence of chance.

    Args:
        bulk: Their connections.
        machines: The nodes.
        seed: Of the chance.
    """

    def __init__(self, bulk: Bulk, machines: list[Machine], seed: int) -> None:
        self.writes: Counter[str] = Counter()
        self.conflicts = 0
        self.errors: list[Exception] = []
        self._bulk = bulk
        self._machines = machines
        self._seed = seed
        self._lock = threading.Lock()
        self._older: dict[str, deque[Object]] = {
            each.name: deque(maxlen=REMEMBERED) for each in machines
        }

    def run(self, writers: int, seconds: float) -> None:
        """Lets them write; returns when all have ended."""
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._write, args=(number, until)) for number in range(writers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _write(self, number: int, until: float) -> None:
        chance = random.Random(self._seed + number)  # noqa: S311 - not for secrets
        kinds: tuple[Callable[[random.Random, Machine], None], ...] = (
            self._kubelet,
            self._condition,
            self._applied_condition,
            self._conditional_put,
            self._older_status,
            self._older_node,
            self._without_saved,
            self._ratio,
            self._floor,
            self._annotations,
        )
        while time.monotonic() < until and not self.errors:
            kind = chance.choice(kinds)
            try:
                kind(chance, chance.choice(self._machines))
                written = True
            except ApiError as error:
                written = False
                if error.status != HTTPStatus.CONFLICT:
                    self.errors.append(error)
            except Exception as error:  # noqa: BLE001 - told by the test, not by a thread
                self.errors.append(error)
                return
            with self._lock:
                self.writes[kind.__name__.strip("_")] += written
                self.conflicts += not written

    def _kubelet(self, _: random.Random, machine: Machine) -> None:
        self._patch_status(
            machine,
            {"allocatable": machine.written()},
            Impersonate_User=f"system:node:{machine.name}",
            Impersonate_Group="system:nodes",
        )

    def _condition(self, chance: random.Random, machine: Machine) -> None:
        self._patch_status(machine, {"conditions": [_condition("Patched", chance)]})

    def _applied_condition(self, chance: random.Random, machine: Machine) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": machine.name},
            "status": {"conditions": [_condition("Applied", chance)]},
        }
        where = f"{_status(machine)}?fieldManager=applier&force=true"
        self._bulk.call("PATCH", where, body, Content_Type=APPLY)

    def _conditional_put(self, chance: random.Random, machine: Machine) -> None:
        obj = self._read(machine)
        obj["status"]["conditions"] = [_condition("Put", chance)]
        self._bulk.call("PUT", _status(machine), obj)

    def _older_status(self, chance: random.Random, machine: Machine) -> None:
        self._bulk.call("PUT", _status(machine), self._an_older(chance, machine))

    def _older_node(self, chance: random.Random, machine: Machine) -> None:
        self._bulk.call("PUT", path("Node", machine.name), self._an_older(chance, machine))

    def _without_saved(self, chance: random.Random, machine: Machine) -> None:
        """Writes the node as it is, without what is saved; to one or the other."""
        obj = self._read(machine)
        kept = {k: v for k, v in obj["metadata"]["annotations"].items() if not is_saved(k)}
        obj["metadata"]["annotations"] = kept
        where = chance.choice((path("Node", machine.name), _status(machine)))
        self._bulk.call("PUT", where, obj)

    def _ratio(self, chance: random.Random, machine: Machine) -> None:
        word = chance.choice(list(WORDS))
        self._annotate(machine, {f"{word}_allocation_ratio": chance.choice(RATIOS)})

    def _floor(self, chance: random.Random, machine: Machine) -> None:
        short = chance.choice(list(machine.floors))
        id_ = "ephemeral_storage" if short == "disk" else short
        floor = str(chance.choice(machine.floors[short]))
        self._annotate(machine, {f"allocatable_floor_{id_}": floor})

    def _annotations(self, chance: random.Random, machine: Machine) -> None:
        """Deletes or forges what is saved, or edits something else."""
        kind = chance.choice(("raw", "amplified"))
        key = f"{kind}_allocatable_{chance.choice(list(WORDS.values()))}"
        edited: dict[str, str | None] = {key: chance.choice((None, "1", "x", "64000"))}
        other: dict[str, str | None] = {"disabled_reason": str(chance.random())}
        self._annotate(machine, chance.choice((edited, other)))

    def _annotate(self, machine: Machine, annotations: dict[str, str | None]) -> None:
        keyed = {PREFIX + name: value for name, value in annotations.items()}
        body: Object = {"metadata": {"annotations": keyed}}
        self._bulk.call("PATCH", path("Node", machine.name), body, Content_Type=MERGE)

    def _patch_status(self, machine: Machine, status: Object, **headers: str) -> None:
        self._bulk.call(
            "PATCH", _status(machine), {"status": status}, Content_Type=STRATEGIC, **headers
        )

    def _read(self, machine: Machine) -> Object:
        obj = self._bulk.call("GET", path("Node", machine.name))
        with self._lock:
            self._older[machine.name].append(copy.deepcopy(obj))
        return obj

    def _an_older(self, chance: random.Random, machine: Machine) -> Object:
        """Some state that the node had, without a word of when."""
        with self._lock:
            older = list(self._older[machine.name])
        obj = copy.deepcopy(chance.choice(older)) if older else self._read(machine)
        for server_owned in ("resourceVersion", "managedFields"):
            obj["metadata"].pop(server_owned, None)
        return obj


def _status(machine: Machine) -> str:
    return f"{path('Node', machine.name)}/status"


def _condition(kind: str, chance: random.Random) -> Object:
    return {"type": kind, "status": "True", "message": str(chance.random())}
